//! The closing messages of a run that exceeded a limit: which limit, the first records that count against it, what
//! happened to the set, and what to do.

use spendfold::report::{ExceededLimit, LimitName, RejectPattern};
use spendfold::text::{escape_path, shell_word};
use spendfold::{Outcome, Report};
use std::collections::HashSet;
use std::path::Path;

/// How many records are shown for each limit.
const EXAMPLES: usize = 3;

/// The message about one exceeded limit.
pub(crate) struct OverLimit<'r> {
    pub(crate) limit: &'r ExceededLimit,
    /// How many records count against the limit, and how many it allows.
    pub(crate) message: String,
    /// The first records that count against the limit, with their places, and what they look like.
    pub(crate) examples: Vec<String>,
    /// The option that would allow these records.
    pub(crate) would_allow: String,
}

/// The messages about all exceeded limits.
pub(crate) fn exceeded(report: &Report) -> Vec<OverLimit<'_>> {
    report.exceeded.iter().map(|limit| one(limit, report)).collect()
}

fn one<'r>(limit: &'r ExceededLimit, report: &Report) -> OverLimit<'r> {
    let found = limit.found;
    let (examples, would_allow) = match limit.limit {
        LimitName::MaxUnmatched => {
            let first = report.unmatched_samples.iter().take(EXAMPLES);
            (first.map(ToString::to_string).collect(), format!("--max-unmatched {found}"))
        }
        _ => {
            let first = report.reject_samples.iter().take(EXAMPLES).map(ToString::to_string);
            // `hint` shows the patterns that have an option.
            let without_option = report.main_patterns().filter(|pattern| pattern.option.is_none());
            let patterns = without_option.take(EXAMPLES).map(RejectPattern::sentence);
            (first.chain(patterns).collect(), format!("--max-rejects {found}"))
        }
    };
    OverLimit { limit, message: limit.to_string(), examples, would_allow }
}

/// What happened to the set.
pub(crate) fn outcome(dir: &Path, report: &Report) -> String {
    let dir = escape_path(dir);
    match report.outcome {
        Outcome::Published => format!("the set was published all the same, in {dir}"),
        Outcome::Held => format!("the set is held in {dir}/held and was not published"),
        Outcome::Discarded => "the set was discarded; nothing was published".to_owned(),
    }
}

/// What to do next.
pub(crate) fn hint(dir: &Path, report: &Report) -> String {
    let would_allow: Vec<String> = exceeded(report).into_iter().map(|limit| limit.would_allow).collect();
    let again = format!("fix the inputs or the options and run again ({} would allow this)", would_allow.join(" "));
    let what_to_do = match report.outcome {
        Outcome::Held => format!("{again}, or accept the set: spendfold accept {} --note TEXT", shell_word(dir)),
        _ => again,
    };
    helpful_patterns(report).map(|pattern| format!("{pattern}\n")).collect::<String>() + &what_to_do
}

/// The patterns that name an option; of those that name the same one, the first.
fn helpful_patterns(report: &Report) -> impl Iterator<Item = &RejectPattern> {
    let mut options = HashSet::new();
    let helpful = report.main_patterns().filter(move |pattern| match &pattern.option {
        Some(option) => options.insert(option.clone()),
        None => false,
    });
    helpful.take(EXAMPLES)
}
