//! The answer key: what a run must report for the pair, counted while the pair is made.
//!
//! Law: an empty [`Tally`] is the identity of `merge`, which is associative and commutative, so any split of
//! the work gives the same answer.

use super::ages::{CONFIGURED, GROUPS, UNKNOWN};
use super::amounts::UNITS_PER_CENT;
use super::dirt::{FLAWS, Flaw};
use super::options::GenerateOptions;
use crate::config::Config;
use crate::ledger::assembly;
use crate::model::amount;
use crate::model::reject::REASON_NAMES;
use crate::output::report::{CombinedInfo, CustomersInfo, GroupInfo, OptionsInfo, PurchasesInfo};
use serde::{Deserialize, Serialize};

/// `expected.json`: a report without what only a run can know. The options are those of a plain
/// `spendfold run`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The options under which this is the answer.
    pub options: OptionsInfo,
    /// The customers file.
    pub customers: CustomersInfo,
    /// The purchases files together.
    pub purchases: PurchasesInfo,
    /// The combined data.
    pub combined: CombinedInfo,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<GroupInfo>,
    /// The sum of the groups' totals.
    pub total_spending: String,
    /// Rejected records by reason; only reasons that occur.
    pub rejects: serde_json::Map<String, serde_json::Value>,
}

/// Where purchases without a customer are counted: behind the groups, whose last they will be added to.
pub(crate) const UNMATCHED: usize = GROUPS.len();

/// Accepted purchases of whole cents and their sum by group, those without a customer apart. A sum of as many as
/// there can be in a block is far from the end of 64 bits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sums {
    pub(crate) counts: [u64; GROUPS.len() + 1],
    pub(crate) cents: [i64; GROUPS.len() + 1],
}

/// Counts and sums over some records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) customers: CustomersInfo,
    /// Customers by group.
    pub(crate) group_customers: [u64; GROUPS.len()],
    /// Records of purchases, rejected ones too.
    pub(crate) purchases: u64,
    pub(crate) key_missing: u64,
    pub(crate) amount_missing: u64,
    pub(crate) blank_lines: u64,
    /// Accepted purchases and their sum (units of 10⁻⁹) by group, those without a customer apart.
    pub(crate) group_purchases: [u64; GROUPS.len() + 1],
    pub(crate) units: [i128; GROUPS.len() + 1],
    /// The longest fraction among accepted amounts.
    pub(crate) fraction: u8,
    /// Rejected records by reason.
    pub(crate) rejects: [u64; FLAWS],
}

impl Tally {
    pub(crate) fn reject(&mut self, flaw: Flaw) {
        self.rejects[flaw as usize] += 1;
    }

    /// Adds purchases with two digits of cents.
    pub(crate) fn add(&mut self, sums: &Sums) {
        for (group, (count, cents)) in sums.counts.iter().zip(sums.cents).enumerate() {
            self.group_purchases[group] += count;
            self.units[group] += i128::from(cents) * i128::from(UNITS_PER_CENT);
            if *count > 0 {
                self.fraction = self.fraction.max(2);
            }
        }
    }

    /// Adds those of other records. No sum overflows: 10¹¹ purchases of less than 10²⁷ units stay below 2¹²⁷.
    pub(crate) fn merge(&mut self, other: &Self) {
        let (own, others) = (&mut self.customers, &other.customers);
        own.records += others.records;
        own.accepted += others.accepted;
        own.rejected += others.rejected;
        own.key_missing += others.key_missing;
        own.age_missing += others.age_missing;
        own.age_invalid += others.age_invalid;
        own.blank_lines += others.blank_lines;
        self.purchases += other.purchases;
        self.key_missing += other.key_missing;
        self.amount_missing += other.amount_missing;
        self.blank_lines += other.blank_lines;
        self.fraction = self.fraction.max(other.fraction);
        add(&mut self.group_customers, &other.group_customers);
        add(&mut self.group_purchases, &other.group_purchases);
        add(&mut self.rejects, &other.rejects);
        self.units.iter_mut().zip(other.units).for_each(|(own, other)| *own += other);
    }

    /// The answer, once everything is counted; so many customers have bought something.
    pub(crate) fn answer(&self, options: &GenerateOptions, buyers: u64) -> Answer {
        let money = |units| amount::format(units, self.fraction);
        let mut customers = self.customers.clone();
        customers.with_purchases = buyers;
        customers.without_purchases = customers.accepted - buyers;
        let unmatched = self.group_purchases[UNMATCHED];
        let matched = self.group_purchases[..UNMATCHED].iter().sum::<u64>();
        let age_groups = GROUPS.iter().enumerate().map(|(group, name)| {
            let unknown = group == UNKNOWN;
            GroupInfo {
                age_group: (*name).to_owned(),
                total_spending: money(self.units[group] + if unknown { self.units[UNMATCHED] } else { 0 }),
                purchases: self.group_purchases[group] + if unknown { unmatched } else { 0 },
                customers: self.group_customers[group],
            }
        });
        let extra = options.extra_columns as usize;
        let rejects = REASON_NAMES.iter().zip(self.rejects).filter(|(_, count)| *count > 0);
        Answer {
            options: assembly::options(&Config::new("", "", "")),
            combined: CombinedInfo {
                rows: matched + unmatched + customers.without_purchases,
                // The purchases' columns, the customers' but for the key, full name and age group.
                columns: (3 + extra) + (4 + extra) + 2,
                amount_column: 3,
            },
            customers,
            purchases: PurchasesInfo {
                records: self.purchases,
                matched,
                unmatched,
                rejected: self.purchases - matched - unmatched,
                key_missing: self.key_missing,
                amount_missing: self.amount_missing,
                unmatched_spending: money(self.units[UNMATCHED]),
                blank_lines: self.blank_lines,
            },
            age_groups: age_groups
                .enumerate()
                .filter(|(group, info)| *group < CONFIGURED || info.purchases > 0 || info.customers > 0)
                .map(|(_, info)| info)
                .collect(),
            total_spending: money(self.units.iter().sum()),
            rejects: rejects.map(|(name, count)| ((*name).to_owned(), count.into())).collect(),
        }
    }
}

impl Answer {
    /// The text of the file.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Proof: plain fields with string keys always have a JSON form.
        let mut text = serde_json::to_vec_pretty(self).expect("an answer is plain data");
        text.push(b'\n');
        text
    }
}

fn add<const N: usize>(own: &mut [u64; N], others: &[u64; N]) {
    own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::*;

    fn tally(number: u64) -> Tally {
        let mut tally = Tally { purchases: number, fraction: (number % 5) as u8, ..Tally::default() };
        tally.customers.records = number;
        tally.group_purchases[number as usize % 6] = number;
        tally.units[number as usize % 6] = -i128::from(number);
        tally.rejects[number as usize % 8] = number;
        tally
    }

    fn merged(a: &Tally, b: &Tally) -> Tally {
        let mut sum = a.clone();
        sum.merge(b);
        sum
    }

    #[test]
    fn merge_obeys_its_law() {
        let (a, b, c) = (tally(3), tally(10), tally(9));
        assert_eq!(merged(&a, &b), merged(&b, &a));
        assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        assert_eq!(merged(&a, &Tally::default()), a);
    }

    #[test]
    fn groups_without_anybody_are_left_out_and_the_unmatched_are_unknown() {
        let mut tally = Tally { fraction: 2, purchases: 5, ..Tally::default() };
        (tally.group_purchases[0], tally.units[0]) = (2, 1_500_000_000);
        let options = GenerateOptions::new(1, Volume::Purchases(1), 1, "o");
        let names = |answer: &Answer| {
            answer.age_groups.iter().map(|group| group.age_group.clone()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names(&tally.answer(&options, 0)), "Young Middle-aged Senior");
        (tally.group_purchases[UNMATCHED], tally.units[UNMATCHED]) = (1, -20_000_000);
        let answer = tally.answer(&options, 0);
        assert_eq!(names(&answer), "Young Middle-aged Senior Unknown");
        assert_eq!((answer.total_spending.as_str(), answer.purchases.rejected), ("1.48", 2));
        assert_eq!(answer.purchases.unmatched_spending, "-0.02");
    }
}
