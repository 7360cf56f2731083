//! The laws of the ledger, asserted before anything is published (docs/contract.md#invariants), and again when a set is
//! verified.

use crate::config::Join;
use crate::error::{Error, ErrorKind, Result};
use crate::model::age_group::{AgeGroups, OTHER, UNKNOWN};
use crate::model::amount;
use crate::model::reject::{AMOUNTS, DUPLICATE, REASON_NAMES};
use crate::output::report::Report;

/// What was counted where the bytes went in and out, apart from the report's own numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObservedTotals {
    /// Rows handed to the combined file, or that would have been.
    pub(crate) rows: u64,
    /// Lines in the rejects file.
    pub(crate) reject_rows: u64,
    /// Bytes consumed of each input, and its size where it has one.
    pub(crate) consumed: Vec<(u64, Option<u64>)>,
    /// Sums of the groups and in all, units of 10⁻⁹.
    pub(crate) group_units: Vec<i128>,
    pub(crate) total_units: i128,
}

/// Asserts every law.
///
/// # Errors
/// [`ErrorKind::Law`], naming the law that does not hold; [`ErrorKind::Changed`] is for the caller to tell
/// first, as a changed input breaks laws too.
pub(crate) fn check_invariants(join: Join, report: &Report, witness: &ObservedTotals) -> Result<()> {
    let mut laws = Invariants(violated_invariants(report));
    laws.holds("the join is that of the options", report.options.join == join.name());
    laws.same("rows written = combined rows", witness.rows, report.combined.rows);
    laws.same("rows of rejects = rejected records", witness.reject_rows, report.rejected());
    let sum = witness.group_units.iter().try_fold(0i128, |sum, units| sum.checked_add(*units));
    laws.holds("totals of the groups = total spending", sum == Some(witness.total_units));
    for (consumed, size) in &witness.consumed {
        laws.same("bytes consumed = size of the input", *consumed, size.unwrap_or(*consumed));
    }
    match laws.0.into_iter().next() {
        None => Ok(()),
        Some(law) => {
            Err(Error::new(ErrorKind::Law, format!("the ledger does not add up: {law}; nothing was published"))
                .hint("this is a bug; please report it with the options used"))
        }
    }
}

/// The laws that a report breaks by itself, whatever stands in the other files.
///
/// The report may have come from anywhere: sums are made in 128 bits, which no list of 64-bit numbers fills.
pub(crate) fn violated_invariants(report: &Report) -> Vec<String> {
    let mut laws = Invariants(vec![]);
    laws.customers(report);
    laws.purchases(report);
    laws.groups(report);
    laws.money(report);
    laws.rejects(report);
    laws.inputs(report);
    laws.0
}

/// How a join leaves out records; none for a word that is no kind of join.
pub(crate) fn join_of(report: &Report) -> Option<Join> {
    [Join::Full, Join::Left, Join::Inner].into_iter().find(|join| join.name() == report.options.join)
}

/// Rows of combined data that carry a purchase.
pub(crate) fn rows_with_a_purchase(report: &Report) -> u128 {
    let purchases = &report.purchases;
    let unmatched = if join_of(report) == Some(Join::Inner) { 0 } else { purchases.unmatched };
    u128::from(purchases.matched) + u128::from(unmatched)
}

/// A total as units of 10⁻⁹ and its number of fraction digits; none when it is not written as totals are.
pub(crate) fn units(text: &str) -> Option<(i128, u8)> {
    let fraction = text.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let fraction = u8::try_from(fraction).ok().filter(|digits| u32::from(*digits) <= amount::FRACTION_DIGITS)?;
    let scale = 10i128.pow(amount::FRACTION_DIGITS - u32::from(fraction));
    let units = text.replace('.', "").parse::<i128>().ok()?.checked_mul(scale)?;
    (amount::format(units, fraction) == text).then_some((units, fraction))
}

/// The laws found broken so far.
struct Invariants(Vec<String>);

impl Invariants {
    fn holds(&mut self, law: &str, holds: bool) {
        if !holds {
            self.0.push(law.to_owned());
        }
    }

    fn same(&mut self, law: &str, left: impl Into<u128>, right: impl Into<u128>) {
        let (left, right) = (left.into(), right.into());
        if left != right {
            self.0.push(format!("{law} ({left} against {right})"));
        }
    }

    fn at_most(&mut self, law: &str, left: impl Into<u128>, right: impl Into<u128>) {
        let (left, right) = (left.into(), right.into());
        if left > right {
            self.0.push(format!("{law} ({left} against {right})"));
        }
    }

    fn customers(&mut self, report: &Report) {
        let customers = &report.customers;
        let sum = u128::from(customers.accepted) + u128::from(customers.rejected);
        self.same("customers = accepted + rejected", customers.records, sum);
        let sum = u128::from(customers.with_purchases) + u128::from(customers.without_purchases);
        self.same("accepted customers = with + without purchases", customers.accepted, sum);
        // An empty key matches nothing.
        let law = "customers without a key are without purchases";
        self.at_most(law, customers.key_missing, customers.without_purchases);
        let ageless = u128::from(customers.age_missing) + u128::from(customers.age_invalid);
        let unknown = report.age_groups.iter().find(|group| group.age_group == UNKNOWN);
        let law = "customers in Unknown = ages missing + ages invalid";
        self.same(law, unknown.map_or(0, |group| group.customers), ageless);
    }

    fn purchases(&mut self, report: &Report) {
        let (customers, purchases) = (&report.customers, &report.purchases);
        let accepted = u128::from(purchases.matched) + u128::from(purchases.unmatched);
        let sum = accepted + u128::from(purchases.rejected);
        self.same("purchases = matched + unmatched + rejected", purchases.records, sum);
        self.at_most("purchases without a key are unmatched", purchases.key_missing, purchases.unmatched);
        self.at_most("purchases without an amount are accepted", purchases.amount_missing, accepted);
        self.at_most("customers with purchases ≤ matched purchases", customers.with_purchases, purchases.matched);
        let both = (purchases.matched == 0) == (customers.with_purchases == 0);
        self.holds("matched purchases have customers with purchases", both);
        let join = join_of(report);
        self.holds("the join is full, left or inner", join.is_some());
        let alone = if join == Some(Join::Full) { customers.without_purchases } else { 0 };
        let rows = rows_with_a_purchase(report) + u128::from(alone);
        self.same("combined rows = purchases kept + customers appended", report.combined.rows, rows);
    }

    fn groups(&mut self, report: &Report) {
        let groups = &report.age_groups;
        let counted: u128 = groups.iter().map(|group| u128::from(group.purchases)).sum();
        self.same("purchases of the groups = purchases kept", counted, rows_with_a_purchase(report));
        let counted: u128 = groups.iter().map(|group| u128::from(group.customers)).sum();
        self.same("customers of the groups = accepted customers", counted, report.customers.accepted);
        let listed = |name: &str| groups.iter().any(|group| group.age_group == name);
        let as_configured = AgeGroups::parse(&report.options.age_groups).is_ok_and(|configured| {
            let names = configured.names().enumerate();
            let names = names.filter(|(number, name)| *number < configured.configured() || listed(name));
            names.map(|(_, name)| name).eq(groups.iter().map(|group| group.age_group.as_str()))
        });
        self.holds("the groups are those of the options, in their order", as_configured);
        let empty = groups.iter().find(|group| {
            matches!(group.age_group.as_str(), OTHER | UNKNOWN) && group.purchases == 0 && group.customers == 0
        });
        self.holds("Other and Unknown are listed only when they hold something", empty.is_none());
    }

    fn money(&mut self, report: &Report) {
        let texts = report.age_groups.iter().map(|group| &group.total_spending);
        let texts = texts.chain([&report.total_spending, &report.purchases.unmatched_spending]);
        let Some(totals) = texts.map(|text| units(text)).collect::<Option<Vec<_>>>() else {
            return self.holds("totals are decimals with nine fraction digits at most", false);
        };
        self.holds("totals have the same fraction digits", totals.windows(2).all(|pair| pair[0].1 == pair[1].1));
        let (groups, rest) = totals.split_at(report.age_groups.len());
        let sum = groups.iter().try_fold(0i128, |sum, (units, _)| sum.checked_add(*units));
        self.holds("totals of the groups = total spending", sum == Some(rest[0].0));
        let nothing = report.purchases.unmatched == 0 && rest[1].0 != 0;
        self.holds("without unmatched purchases there is no unmatched spending", !nothing);
    }

    fn rejects(&mut self, report: &Report) {
        let (customers, purchases) = (report.customers.rejected, report.purchases.rejected);
        let known = REASON_NAMES.iter().filter(|name| report.rejected_for(name) > 0).count();
        self.holds("the rejects are counts of known reasons", known == report.rejects.len());
        let sum = |names: &[&str]| names.iter().map(|name| u128::from(report.rejected_for(name))).sum::<u128>();
        let rejected = u128::from(customers) + u128::from(purchases);
        self.same("rejects by reason = rejected records", sum(&REASON_NAMES), rejected);
        self.at_most("duplicate customers ≤ rejected customers", sum(&REASON_NAMES[DUPLICATE..]), customers);
        self.at_most("rejects for their amount ≤ rejected purchases", sum(&REASON_NAMES[AMOUNTS]), purchases);
    }

    fn inputs(&mut self, report: &Report) {
        let Some((customers, purchases)) = report.inputs.split_first() else {
            return self.holds("there are inputs", false);
        };
        self.same("records of the customers' input = customers", customers.records, report.customers.records);
        let records: u128 = purchases.iter().map(|input| u128::from(input.records)).sum();
        self.same("records of the purchases' inputs = purchases", records, report.purchases.records);
    }
}

#[cfg(test)]
#[path = "invariants_tests.rs"]
mod tests;
