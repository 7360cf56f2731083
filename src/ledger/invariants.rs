//! The ledger invariants (docs/contract.md#invariants). They are checked before publication, and again when a set is
//! verified.

use super::limits::judge;
use crate::error::{Error, ErrorKind, Result};
use crate::model::age_group::{AgeGroups, OTHER, UNKNOWN};
use crate::model::join::Join;
use crate::model::money::Money;
use crate::model::ragged::Ragged;
use crate::model::reject::MAX_SAMPLES;
use crate::model::reject_reason::RejectReason;
use crate::model::sides::Side;
use crate::output::report_json::Report;
use crate::output::report_limits::Outcome;

/// Totals observed at the inputs and outputs, independent of the numbers in the report.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObservedTotals {
    /// Rows passed to the ordered writer, whether or not the combined data is written.
    pub(crate) rows: u64,
    /// Records written to the rejects file.
    pub(crate) reject_rows: u64,
    /// Bytes consumed from each input, and its size in bytes if known.
    pub(crate) consumed: Vec<(u64, Option<u64>)>,
    /// Sum of each age group, in units of 10⁻⁹.
    pub(crate) group_units: Vec<i128>,
    /// Sum of all age groups, in units of 10⁻⁹.
    pub(crate) total_units: i128,
}

/// Checks every invariant of a run.
///
/// # Errors
/// [`ErrorKind::Invariant`] with the first invariant that does not hold. An input that changed during the run can
/// violate invariants too; the caller reports [`ErrorKind::Changed`] instead in that case.
pub(crate) fn check_invariants(join: Join, report: &Report, observed: &ObservedTotals) -> Result<()> {
    let mut violations = Violations(violated_invariants(report));
    violations.require("the join is that of the options", report.options.join == join.name());
    violations.require_equal("rows written = combined rows", observed.rows, report.combined.rows);
    violations.require_equal("rows of rejects = rejected records", observed.reject_rows, report.rejected());
    let sum = observed.group_units.iter().try_fold(0i128, |sum, units| sum.checked_add(*units));
    violations.require("totals of the groups = total spending", sum == Some(observed.total_units));
    for (consumed, size) in &observed.consumed {
        violations.require_equal("bytes consumed = size of the input", *consumed, size.unwrap_or(*consumed));
    }
    match violations.0.into_iter().next() {
        None => Ok(()),
        Some(violation) => {
            let text = format!("the ledger does not add up: {violation}; nothing was published");
            let hint = "this is a bug; please report it with the options used";
            Err(Error::new(ErrorKind::Invariant, text).hint(hint))
        }
    }
}

/// The invariants that a report violates on its own, without regard to the other files of the set.
///
/// The report is untrusted, so sums use 128 bits: no list of 64-bit numbers that fits in memory overflows them.
pub(crate) fn violated_invariants(report: &Report) -> Vec<String> {
    let mut violations = Violations(vec![]);
    violations.check_customers(report);
    violations.check_purchases(report);
    violations.check_groups(report);
    violations.check_money(report);
    violations.check_rejects(report);
    violations.check_inputs(report);
    violations.check_limits(report);
    violations.0
}

/// The kind of join in a report; `None` if the name is unknown.
pub(crate) fn join_of(report: &Report) -> Option<Join> {
    [Join::Full, Join::Left, Join::Inner].into_iter().find(|join| join.name() == report.options.join)
}

/// The number of rows of the combined data that have a purchase.
pub(crate) fn rows_with_a_purchase(report: &Report) -> u128 {
    let purchases = &report.purchases;
    let unmatched = if join_of(report) == Some(Join::Inner) { 0 } else { purchases.unmatched };
    u128::from(purchases.matched) + u128::from(unmatched)
}

/// Parses a total into units of 10⁻⁹ and its number of fraction digits. `None` unless formatting them gives the same
/// text again.
pub(crate) fn units(text: &str) -> Option<(i128, u8)> {
    let money: Money = text.parse().ok()?;
    Some((money.nanos(), money.fraction_digits()))
}

/// Descriptions of the violated invariants, in the order of the checks.
struct Violations(Vec<String>);

impl Violations {
    fn require(&mut self, invariant: &str, holds: bool) {
        if !holds {
            self.0.push(invariant.to_owned());
        }
    }

    fn require_equal(&mut self, invariant: &str, left: impl Into<u128>, right: impl Into<u128>) {
        let (left, right) = (left.into(), right.into());
        if left != right {
            self.0.push(format!("{invariant} ({left} against {right})"));
        }
    }

    fn require_at_most(&mut self, invariant: &str, left: impl Into<u128>, right: impl Into<u128>) {
        let (left, right) = (left.into(), right.into());
        if left > right {
            self.0.push(format!("{invariant} ({left} against {right})"));
        }
    }

    fn check_customers(&mut self, report: &Report) {
        let customers = &report.customers;
        let sum = u128::from(customers.accepted) + u128::from(customers.rejected);
        self.require_equal("customers = accepted + rejected", customers.records, sum);
        let sum = u128::from(customers.with_purchases) + u128::from(customers.without_purchases);
        self.require_equal("accepted customers = with + without purchases", customers.accepted, sum);
        // An empty key matches no purchase.
        let invariant = "customers without a key are without purchases";
        self.require_at_most(invariant, customers.key_missing, customers.without_purchases);
        let without_age = u128::from(customers.age_missing) + u128::from(customers.age_invalid);
        let unknown = report.age_groups.iter().find(|group| group.name == UNKNOWN);
        let invariant = "customers in Unknown = ages missing + ages invalid";
        self.require_equal(invariant, unknown.map_or(0, |group| group.customers), without_age);
    }

    fn check_purchases(&mut self, report: &Report) {
        let (customers, purchases) = (&report.customers, &report.purchases);
        let accepted = u128::from(purchases.matched) + u128::from(purchases.unmatched);
        let sum = accepted + u128::from(purchases.rejected);
        self.require_equal("purchases = matched + unmatched + rejected", purchases.records, sum);
        self.require_at_most("purchases without a key are unmatched", purchases.key_missing, purchases.unmatched);
        self.require_at_most("purchases without an amount are accepted", purchases.amount_missing, accepted);
        self.require_at_most(
            "customers with purchases ≤ matched purchases",
            customers.with_purchases,
            purchases.matched,
        );
        let consistent = (purchases.matched == 0) == (customers.with_purchases == 0);
        self.require("matched purchases have customers with purchases", consistent);
        let join = join_of(report);
        self.require("the join is full, left or inner", join.is_some());
        let appended = if join == Some(Join::Full) { customers.without_purchases } else { 0 };
        let rows = rows_with_a_purchase(report) + u128::from(appended);
        self.require_equal("combined rows = purchases kept + customers appended", report.combined.rows, rows);
    }

    fn check_groups(&mut self, report: &Report) {
        let groups = &report.age_groups;
        let counted: u128 = groups.iter().map(|group| u128::from(group.purchases)).sum();
        self.require_equal("purchases of the groups = purchases kept", counted, rows_with_a_purchase(report));
        let counted: u128 = groups.iter().map(|group| u128::from(group.customers)).sum();
        self.require_equal("customers of the groups = accepted customers", counted, report.customers.accepted);
        let listed = |name: &str| groups.iter().any(|group| group.name == name);
        let as_configured = AgeGroups::parse(&report.options.age_groups).is_ok_and(|configured| {
            let names = configured.names().enumerate();
            let names = names.filter(|(number, name)| *number < configured.configured() || listed(name));
            names.map(|(_, name)| name).eq(groups.iter().map(|group| group.name.as_str()))
        });
        self.require("the groups are those of the options, in their order", as_configured);
        let empty = groups.iter().find(|group| {
            matches!(group.name.as_str(), OTHER | UNKNOWN) && group.purchases == 0 && group.customers == 0
        });
        self.require("Other and Unknown are listed only if they are not empty", empty.is_none());
    }

    fn check_money(&mut self, report: &Report) {
        let texts = report.age_groups.iter().map(|group| &group.total_spending);
        let texts = texts.chain([&report.total_spending, &report.purchases.unmatched_spending]);
        let Some(totals) = texts.map(|text| units(text)).collect::<Option<Vec<_>>>() else {
            return self.require("totals are decimals with nine fraction digits at most", false);
        };
        self.require("totals have the same fraction digits", totals.windows(2).all(|pair| pair[0].1 == pair[1].1));
        let (groups, rest) = totals.split_at(report.age_groups.len());
        let sum = groups.iter().try_fold(0i128, |sum, (units, _)| sum.checked_add(*units));
        self.require("totals of the groups = total spending", sum == Some(rest[0].0));
        let spending_without_purchases = report.purchases.unmatched == 0 && rest[1].0 != 0;
        self.require("without unmatched purchases there is no unmatched spending", !spending_without_purchases);
    }

    fn check_rejects(&mut self, report: &Report) {
        let (customers, purchases) = (report.customers.rejected, report.purchases.rejected);
        let known = RejectReason::ALL.iter().filter(|reason| report.rejected_for(**reason) > 0).count();
        self.require("the rejects are counts of known reasons", known == report.rejects.len());
        let sum = |of: fn(RejectReason) -> bool| {
            let counts = RejectReason::ALL.into_iter().filter(|reason| of(*reason));
            counts.map(|reason| u128::from(report.rejected_for(reason))).sum::<u128>()
        };
        let rejected = u128::from(customers) + u128::from(purchases);
        let (only_customers, only_purchases) =
            (sum(|reason| !reason.applies_to_purchases()), sum(|reason| !reason.applies_to_customers()));
        self.require_equal("rejects by reason = rejected records", sum(|_| true), rejected);
        self.require_at_most("rejects of customers alone ≤ rejected customers", only_customers, customers);
        let samples = |count: u64| count.min(MAX_SAMPLES as u64);
        let wanted: u64 = RejectReason::ALL.into_iter().map(|reason| samples(report.rejected_for(reason))).sum();
        for reason in RejectReason::ALL {
            let of_reason = report.reject_patterns.iter().filter(|pattern| pattern.reason == reason.name());
            let records = of_reason.map(|pattern| u128::from(pattern.records)).sum::<u128>();
            self.require_at_most(
                "records with a pattern ≤ rejects of the reason",
                records,
                report.rejected_for(reason),
            );
        }
        self.require_equal("examples of rejects", report.reject_samples.len() as u64, wanted);
        let wanted = samples(report.purchases.unmatched);
        self.require_equal("examples of unmatched purchases", report.unmatched_samples.len() as u64, wanted);
        self.require_at_most("rejects for their amount ≤ rejected purchases", only_purchases, purchases);
    }

    fn check_limits(&mut self, report: &Report) {
        let as_judged =
            judge(report).is_ok_and(|(exceeded, outcome)| (&exceeded, outcome) == (&report.exceeded, report.outcome));
        self.require("the exceeded limits and the outcome follow from the counts and the options", as_judged);
        let accepted = report.acceptance.as_ref().is_none_or(|acceptance| acceptance.accepted == report.exceeded);
        self.require("what was accepted is what was exceeded", accepted);
        let only_held = report.outcome == Outcome::Held || report.acceptance.is_none();
        self.require("only a held set is accepted", only_held);
    }

    fn check_inputs(&mut self, report: &Report) {
        let in_order = report.inputs.is_sorted_by_key(|input| input.side == Side::Purchases);
        let both = Side::ALL.into_iter().all(|side| report.inputs_of(side).next().is_some());
        self.require("there are inputs of both sides, the customers first", in_order && both);
        let records = |side| report.inputs_of(side).map(|input| u128::from(input.records)).sum::<u128>();
        let (customers, purchases) = (records(Side::Customers), records(Side::Purchases));
        self.require_equal("records of the customers' inputs = customers", customers, report.customers.records);
        let (read, options) = (report.dialects().purchases, &report.options);
        let as_read = (options.delimiter, options.quote) == (read.delimiter, read.quote);
        self.require("the delimiter and quote of the combined data are those of the purchases", as_read);
        self.require_equal("records of the purchases' inputs = purchases", purchases, report.purchases.records);
        let dialects = report.dialects();
        for input in &report.inputs {
            let arranged = u128::from(input.padded) + u128::from(input.trimmed);
            self.require_at_most("padded + trimmed records of an input ≤ its records", arranged, input.records);
            let as_configured = arranged == 0 || dialects.of(input.side).ragged == Ragged::Pad;
            self.require("records are padded and trimmed only if the options say so", as_configured);
        }
    }
}

#[cfg(test)]
#[path = "invariants_tests.rs"]
mod tests;
