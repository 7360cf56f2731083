//! The answer key: what a run must report for a generated pair.

use super::age_groups::{CONFIGURED, GROUPS, UNKNOWN};
use super::options::GenerateOptions;
use super::tally::{Tally, UNMATCHED};
use crate::config::Config;
use crate::ledger::report_assembly;
use crate::model::amount;
use crate::output::report_dialects::InputDialect;
use crate::output::report_json::rejects_object;
use crate::output::report_parts::{AgeGroupTotal, CombinedSummary, CustomersSummary, PurchasesSummary, ReportOptions};
use serde::{Deserialize, Serialize};

/// The contents of `expected.json`: the parts of a run's report that follow from the inputs. It holds for a
/// `spendfold run` with default options.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The options for which this answer holds.
    pub options: ReportOptions<String>,
    /// The customers file.
    pub customers: CustomersSummary,
    /// All purchases files together.
    pub purchases: PurchasesSummary<String>,
    /// The combined data.
    pub combined: CombinedSummary,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<AgeGroupTotal<String>>,
    /// The sum of the groups' totals.
    pub total_spending: String,
    /// Rejected records by reason; only reasons that occur.
    pub rejects: serde_json::Map<String, serde_json::Value>,
}

impl Answer {
    /// Assembles the answer from the counts of all records. `with_purchases`: customers who bought something.
    pub(crate) fn new(options: &GenerateOptions, counts: &Tally, with_purchases: u64) -> Self {
        let money = |units| amount::format(units, counts.fraction);
        let mut customers = counts.customers.clone();
        customers.with_purchases = with_purchases;
        customers.without_purchases = customers.accepted - with_purchases;
        let unmatched = counts.group_purchases[UNMATCHED];
        let matched = counts.group_purchases[..UNMATCHED].iter().sum::<u64>();
        let age_groups = GROUPS.iter().enumerate().map(|(group, name)| {
            let unknown = group == UNKNOWN;
            AgeGroupTotal {
                name: (*name).to_owned(),
                total_spending: money(counts.units[group] + if unknown { counts.units[UNMATCHED] } else { 0 }),
                purchases: counts.group_purchases[group] + if unknown { unmatched } else { 0 },
                customers: counts.group_customers[group],
            }
        });
        let extra = options.extra_columns as usize;
        Self {
            options: report_assembly::options(&Config::new("", "", ""), &InputDialect::given(',', Some('"'))),
            combined: CombinedSummary {
                rows: matched + unmatched + customers.without_purchases,
                // The purchases' columns, the customers' columns without the key, full name and age group.
                columns: (3 + extra) + (4 + extra) + 2,
                amount_column: 3,
            },
            customers,
            purchases: PurchasesSummary {
                records: counts.purchases,
                matched,
                unmatched,
                rejected: counts.purchases - matched - unmatched,
                key_missing: counts.key_missing,
                amount_missing: counts.amount_missing,
                unmatched_spending: money(counts.units[UNMATCHED]),
                blank_lines: counts.blank_lines,
                comments: 0,
                skipped_lines: 0,
            },
            age_groups: age_groups
                .enumerate()
                .filter(|(group, info)| *group < CONFIGURED || info.purchases > 0 || info.customers > 0)
                .map(|(_, info)| info)
                .collect(),
            total_spending: money(counts.units.iter().sum()),
            rejects: rejects_object(counts.rejects.occurred()),
        }
    }

    /// The text of `expected.json`.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Proof: plain fields with string keys always have a JSON form.
        let mut text = serde_json::to_vec_pretty(self).expect("an answer is plain data");
        text.push(b'\n');
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::*;

    #[test]
    fn empty_groups_are_left_out_and_unmatched_purchases_count_as_unknown() {
        let mut tally = Tally { fraction: 2, purchases: 5, ..Tally::default() };
        (tally.group_purchases[0], tally.units[0]) = (2, 1_500_000_000);
        let options = GenerateOptions::new(1, Volume::Purchases(1), 1, "o");
        let names =
            |answer: &Answer| answer.age_groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&Answer::new(&options, &tally, 0)), "Young Middle-aged Senior");
        (tally.group_purchases[UNMATCHED], tally.units[UNMATCHED]) = (1, -20_000_000);
        let answer = Answer::new(&options, &tally, 0);
        assert_eq!(names(&answer), "Young Middle-aged Senior Unknown");
        assert_eq!((answer.total_spending.as_str(), answer.purchases.rejected), ("1.48", 2));
        assert_eq!(answer.purchases.unmatched_spending, "-0.02");
    }
}
