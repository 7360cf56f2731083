//! The closing messages of a run that exceeded a limit: which limit, the first records that count against it, what
//! happened to the set, and what to do.

use spendfold::report::{ExceededLimit, LimitName};
use spendfold::text::{escape_path, shell_word};
use spendfold::{Outcome, RejectReason, Report};
use std::path::Path;

/// How many records are shown for each limit.
const EXAMPLES: usize = 3;

/// The message about one exceeded limit.
pub(crate) struct OverLimit<'r> {
    pub(crate) limit: &'r ExceededLimit,
    /// How many records count against the limit, and how many it allows.
    pub(crate) message: String,
    /// The first records that count against the limit, with their places.
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
            let first = report.reject_samples.iter().take(EXAMPLES);
            (first.map(ToString::to_string).collect(), format!("--max-rejects {found}"))
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
    match backslash_hint(report) {
        Some(hint) => format!("{hint}\n{what_to_do}"),
        None => what_to_do,
    }
}

/// The hint for records in which a quote seems to close a field because the backslash before it is read as data.
fn backslash_hint(report: &Report) -> Option<String> {
    let customers = report.inputs.first().map(|input| escape_path(Path::new(&input.path)));
    let side = report.reject_samples.iter().find_map(|sample| {
        let (side, read) = match customers.as_deref() == Some(&*sample.place.path) {
            true => ("customers", &report.dialects.customers),
            false => ("purchases", &report.dialects.purchases),
        };
        let escaped_quote = format!("\\{}", read.quote.filter(|_| read.escape.is_none())?);
        let is_text_after_quote = sample.reason == RejectReason::TextAfterClosingQuote.name();
        (is_text_after_quote && sample.value.contains(&escaped_quote)).then_some(side)
    })?;
    Some(format!("the quotes after backslashes may be escaped; try --{side}-escape '\\'"))
}
