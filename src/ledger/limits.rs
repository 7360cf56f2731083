//! Compares the counts of a run with its limits (docs/contract.md#limits-of-a-run).

use crate::error::{Result, Setting};
use crate::model::limit::{Limit, OverLimit};
use crate::output::report_json::Report;
use crate::output::report_limits::{ExceededLimit, LimitName, Outcome};

/// The limits that a report exceeds, and what becomes of the set according to the options in the report.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) if a limit in the report is invalid. This cannot happen for a report
/// that this run assembled.
pub(crate) fn judge(report: &Report) -> Result<(Vec<ExceededLimit>, Outcome)> {
    let (options, purchases) = (&report.options, &report.purchases);
    let max_rejects = Limit::parse(Setting::MaxRejects, &options.max_rejects)?;
    let rejects = ExceededLimit::check(LimitName::MaxRejects, &max_rejects, report.rejected(), report.records());
    let unmatched = match &options.max_unmatched {
        None => None,
        Some(text) => {
            let limit = Limit::parse(Setting::MaxUnmatched, text)?;
            let accepted = purchases.matched.saturating_add(purchases.unmatched);
            ExceededLimit::check(LimitName::MaxUnmatched, &limit, purchases.unmatched, accepted)
        }
    };
    let exceeded: Vec<ExceededLimit> = rejects.into_iter().chain(unmatched).collect();
    let outcome = match options.over_limit {
        _ if exceeded.is_empty() => Outcome::Published,
        OverLimit::Hold => Outcome::Held,
        OverLimit::Publish => Outcome::Published,
        OverLimit::Discard => Outcome::Discarded,
    };
    Ok((exceeded, outcome))
}
