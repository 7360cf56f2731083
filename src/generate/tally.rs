//! Counts and sums of generated records: what the answer key is made of.
//!
//! Invariant: [`Tally::default`] is the identity of [`Tally::merge`], which is associative and commutative, so the
//! result does not depend on how the records are split into blocks.

use super::age_groups::GROUPS;
use crate::model::reject_reason::{RejectCounts, RejectReason};
use crate::output::report_parts::CustomersSummary;

/// Units of 10⁻⁹ per cent of money.
pub(crate) const UNITS_PER_CENT: i64 = 10_000_000;

/// The index behind the groups under which purchases without a customer are counted. The answer adds them to `Unknown`.
pub(crate) const UNMATCHED: usize = GROUPS.len();

/// Counts and sums over a number of records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The customers file; the counts with and without purchases stay 0.
    pub(crate) customers: CustomersSummary,
    /// Accepted customers by group.
    pub(crate) group_customers: [u64; GROUPS.len()],
    /// Purchase records, rejected ones included.
    pub(crate) purchases: u64,
    pub(crate) key_missing: u64,
    pub(crate) amount_missing: u64,
    pub(crate) blank_lines: u64,
    /// Accepted purchases by group, then unmatched ones.
    pub(crate) group_purchases: [u64; GROUPS.len() + 1],
    /// Sums of their amounts, in units of 10⁻⁹.
    pub(crate) units: [i128; GROUPS.len() + 1],
    /// The most fraction digits of an accepted amount.
    pub(crate) fraction: u8,
    /// Rejected records of both files.
    pub(crate) rejects: RejectCounts,
}

impl Tally {
    /// Counts a rejected record.
    pub(crate) fn reject(&mut self, flaw: RejectReason) {
        self.rejects.add(flaw);
    }

    /// Adds accepted purchases with amounts in whole cents.
    pub(crate) fn add_cents(&mut self, sums: &CentSums) {
        for (group, (count, cents)) in sums.counts.iter().zip(sums.cents).enumerate() {
            self.group_purchases[group] += count;
            self.units[group] += i128::from(cents) * i128::from(UNITS_PER_CENT);
            if *count > 0 {
                self.fraction = self.fraction.max(2);
            }
        }
    }

    /// Adds the counts of other records. No sum overflows: 10¹¹ purchases below 10²⁷ units stay below 2¹²⁷.
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
        self.rejects.merge(&other.rejects);
        self.units.iter_mut().zip(other.units).for_each(|(own, other)| *own += other);
    }
}

/// Accepted purchases of one block with amounts in whole cents, by group, then unmatched ones. 64 bits suffice for the
/// sum of a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct CentSums {
    counts: [u64; GROUPS.len() + 1],
    cents: [i64; GROUPS.len() + 1],
}

impl CentSums {
    /// Adds one purchase. Branch-free in `refund`, which is unpredictable.
    #[inline]
    pub(crate) fn add(&mut self, group: usize, cents: u32, refund: bool) {
        self.counts[group] += 1;
        self.cents[group] += (1 - 2 * i64::from(refund)) * i64::from(cents);
    }
}

fn add<const N: usize>(own: &mut [u64; N], others: &[u64; N]) {
    own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(number: u64) -> Tally {
        let mut tally = Tally { purchases: number, fraction: (number % 5) as u8, ..Tally::default() };
        tally.customers.records = number;
        tally.group_purchases[number as usize % 6] = number;
        tally.units[number as usize % 6] = -i128::from(number);
        (0..number).for_each(|_| tally.rejects.add(RejectReason::ALL[number as usize % 8]));
        tally
    }

    fn merged(a: &Tally, b: &Tally) -> Tally {
        let mut sum = a.clone();
        sum.merge(b);
        sum
    }

    #[test]
    fn merge_is_associative_and_commutative_with_an_identity() {
        let (a, b, c) = (tally(3), tally(10), tally(9));
        assert_eq!(merged(&a, &b), merged(&b, &a));
        assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        assert_eq!(merged(&a, &Tally::default()), a);
    }
}
