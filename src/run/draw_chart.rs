//! The chart of a report: its bars, and the texts around them.

use crate::config::Config;
use crate::ledger::report_assembly::exact_totals;
use crate::model::age_group::UNKNOWN;
use crate::model::currency::with_currency;
use crate::model::readable_numbers::{counted, grouped, percent};
use crate::output::chart::{Bar, Captions, Chart, DEFAULT_TITLE};
use crate::output::report_json::Report;
use crate::output::report_parts::AgeGroupTotal;
use std::iter::repeat_with;

/// Lays out the chart of the age groups.
pub(super) fn draw_chart(config: &Config, report: &Report) -> Result<Chart, String> {
    let (totals, fraction) = exact_totals(report);
    // The configured groups come first and are never left out; `Other` and `Unknown` have no bounds.
    let bounds: Vec<Option<String>> =
        config.age_groups.bounds().chain(repeat_with(|| None)).take(totals.len()).collect();
    let bars: Vec<Bar<'_>> = (report.age_groups.iter().zip(&totals).zip(&bounds))
        .map(|((group, &total), bounds)| Bar { label: &group.name, bounds: bounds.as_deref(), total })
        .collect();
    let currency = config.currency.as_deref();
    let counts = format!(
        "{}, {}, total spending {}",
        counted(report.age_groups.iter().map(|group| group.purchases).sum(), "purchase"),
        counted(report.customers.accepted, "customer"),
        // The labels of the bars have this minus sign too.
        with_currency(&grouped(&report.total_spending).replace('-', "−"), currency),
    );
    let notes: Vec<String> =
        [Some(counts), share_without_age(&report.age_groups, &totals)].into_iter().flatten().collect();
    let title = config.chart_title.as_deref().unwrap_or(DEFAULT_TITLE);
    Chart::new(&bars, fraction, &Captions { title, notes: &notes, currency })
}

/// The share of the group `Unknown`, if it has any: of the spending or, since negative totals have no shares, of the
/// purchases.
fn share_without_age(groups: &[AgeGroupTotal<String>], totals: &[i128]) -> Option<String> {
    let unknown = groups.iter().position(|group| group.name == UNKNOWN)?;
    let (part, whole, what) = if totals.iter().all(|&total| total >= 0) {
        let sum = totals.iter().map(|total| total.unsigned_abs()).sum();
        (totals[unknown].unsigned_abs(), sum, "spending")
    } else {
        let purchases = groups.iter().map(|group| u128::from(group.purchases));
        (groups[unknown].purchases.into(), purchases.sum(), "purchases")
    };
    (part > 0).then(|| format!("Unknown age: {} of the {what}", percent(part, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_without_age_is_that_of_the_spending_unless_a_total_is_negative() {
        let share = |totals: [i128; 2]| {
            let group = |name: &str, purchases| AgeGroupTotal {
                name: name.to_owned(),
                total_spending: String::new(),
                purchases,
                customers: 1,
            };
            share_without_age(&[group("Young", 3), group(UNKNOWN, 1)], &totals)
        };
        assert_eq!(share([900, 100]).as_deref(), Some("Unknown age: 10.0 % of the spending"));
        assert_eq!(share([900, 0]), None);
        assert_eq!(share([-900, 100]).as_deref(), Some("Unknown age: 25.0 % of the purchases"));
        assert_eq!(share_without_age(&[], &[]), None);
    }
}
