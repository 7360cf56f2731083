//! Every invariant has a report that violates it.

use super::*;
use crate::model::limit::{Limit, OverLimit};
use crate::model::reject_pattern::PatternName;
use crate::output::report_limits::*;
use crate::output::report_parts::*;
use crate::output::report_patterns::RejectPattern;
use crate::output::report_samples::*;

fn group(name: &str, total: &str, purchases: u64, customers: u64) -> AgeGroupTotal<String> {
    AgeGroupTotal { name: name.into(), total_spending: total.into(), purchases, customers }
}

fn input(side: Side, records: u64) -> InputSummary {
    InputSummary {
        side,
        path: "p".into(),
        path_lossy: false,
        bytes: 1,
        decoded: None,
        records,
        padded: 0,
        trimmed: 0,
        crc32: "00000000".into(),
        sha256: None,
    }
}

fn place() -> SamplePlace {
    SamplePlace { path: "p".into(), line: 2, column: 1 }
}

fn sample(reason: &str) -> RejectSample {
    RejectSample { reason: reason.into(), text: reason.into(), place: place(), value: String::new() }
}

fn unmatched() -> UnmatchedSample {
    UnmatchedSample { place: place(), key: "9".into() }
}

/// A report and totals that satisfy every invariant.
fn consistent() -> (Report, ObservedTotals) {
    let report = Report {
        run: RunSummary {
            spendfold: String::new(),
            started: String::new(),
            seconds: 0.0,
            threads: 1,
            held_against: None,
        },
        options: ReportOptions {
            match_columns: false,
            customers_encoding: "auto".into(),
            purchases_encoding: "auto".into(),
            join: "full".into(),
            delimiter: ',',
            quote: None,
            age_groups: "A=0-50,B=50+".into(),
            customers_key: String::new(),
            purchases_key: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            age: String::new(),
            amount: String::new(),
            max_rejects: "3".into(),
            max_unmatched: None,
            over_limit: OverLimit::Hold,
            combined: true,
            compress: None,
            digest: None,
            max_record_bytes: 1,
            chart_title: None,
            currency: None,
            html: true,
        },
        dialects: None,
        outcome: Outcome::Published,
        exceeded: vec![],
        acceptance: None,
        customers: CustomersSummary {
            records: 5,
            accepted: 4,
            rejected: 1,
            with_purchases: 3,
            without_purchases: 1,
            key_missing: 1,
            age_missing: 1,
            ..CustomersSummary::default()
        },
        purchases: PurchasesSummary {
            records: 10,
            matched: 6,
            unmatched: 2,
            rejected: 2,
            key_missing: 1,
            amount_missing: 1,
            unmatched_spending: "4.00".into(),
            blank_lines: 0,
            comments: 0,
            skipped_lines: 0,
        },
        combined: CombinedSummary { rows: 9, ..CombinedSummary::default() },
        age_groups: vec![group("A", "3.50", 5, 2), group("B", "-1.00", 0, 1), group(UNKNOWN, "4.50", 3, 1)],
        total_spending: "7.00".into(),
        rejects: [("empty record", 1), ("amount is not a decimal number", 1), ("duplicate customer", 1)]
            .map(|(reason, count)| (reason.to_owned(), count.into()))
            .into_iter()
            .collect(),
        reject_samples: vec![
            sample("duplicate customer"),
            sample("amount is not a decimal number"),
            sample("empty record"),
        ],
        reject_patterns: vec![],
        unmatched_samples: vec![unmatched(), unmatched()],
        notices: vec![],
        inputs: vec![input(Side::Customers, 5), input(Side::Purchases, 4), input(Side::Purchases, 6)],
        outputs: vec![],
    };
    let observed = ObservedTotals {
        rows: 9,
        reject_rows: 3,
        consumed: vec![(1, Some(1)), (5, None)],
        group_units: vec![3, 4],
        total_units: 7,
    };
    (report, observed)
}

#[test]
fn a_consistent_ledger_passes() {
    let (report, observed) = consistent();
    assert!(check_invariants(Join::Full, &report, &observed).is_ok());
}

type Edit = fn(&mut Report, &mut ObservedTotals);

/// The message for the first violated invariant.
fn violation(join: Join, edit: impl FnOnce(&mut Report, &mut ObservedTotals)) -> String {
    let (mut report, mut observed) = consistent();
    edit(&mut report, &mut observed);
    let error = check_invariants(join, &report, &observed).expect_err("a violated invariant");
    assert_eq!(error.kind(), ErrorKind::Invariant);
    error.message().to_owned()
}

#[test]
fn each_invariant_is_checked() {
    let cases: [(&str, Edit); 45] = [
        ("customers = accepted + rejected (6 against 5)", |report, _| report.customers.records += 1),
        ("customers = accepted + rejected", |report, _| report.customers.accepted += 1),
        ("accepted customers = with + without", |report, _| report.customers.with_purchases += 1),
        ("customers without a key", |report, _| report.customers.key_missing += 1),
        ("customers in Unknown", |report, _| report.customers.age_missing -= 1),
        ("customers in Unknown", |report, _| report.customers.age_invalid += 1),
        ("purchases = matched", |report, _| report.purchases.matched += 1),
        ("purchases = matched", |report, _| report.purchases.records = u64::MAX),
        ("purchases without a key", |report, _| report.purchases.key_missing = 3),
        ("purchases without an amount", |report, _| report.purchases.amount_missing = 9),
        ("customers with purchases ≤ matched", |report, _| {
            (report.purchases.matched, report.purchases.unmatched) = (2, 6);
        }),
        ("matched purchases have", |report, _| {
            (report.customers.with_purchases, report.customers.without_purchases) = (0, 4);
        }),
        ("the join is full", |report, _| report.options.join = "outer".into()),
        ("combined rows =", |report, _| report.combined.rows += 1),
        ("purchases of the groups", |report, _| report.age_groups[0].purchases += 1),
        ("customers of the groups", |report, _| report.age_groups[0].customers += 1),
        ("the groups are those", |report, _| report.age_groups.swap(0, 1)),
        ("the groups are those", |report, _| report.options.age_groups = "A=0-50,C=50+".into()),
        ("Other and Unknown are", |report, _| report.age_groups.insert(2, group(OTHER, "0.00", 0, 0))),
        ("totals are decimals", |report, _| report.total_spending = "7.0e0".into()),
        ("totals are decimals", |report, _| report.age_groups[1].total_spending = "-01.00".into()),
        ("totals are decimals", |report, _| report.total_spending = "9".repeat(60)),
        ("totals have the same", |report, _| report.purchases.unmatched_spending = "4".into()),
        ("totals of the groups = total", |report, _| report.age_groups[0].total_spending = "3.51".into()),
        ("the rejects are counts", |report, _| drop(report.rejects.insert("whatever".into(), 0.into()))),
        ("the rejects are counts", |report, _| drop(report.rejects.insert("empty record".into(), "1".into()))),
        ("rejects by reason = rejected", |report, _| drop(report.rejects.remove("empty record"))),
        ("rejects for their amount", |report, _| {
            report.rejects.remove("empty record");
            report.rejects.remove("duplicate customer");
            report.rejects.insert("amount is not a decimal number".into(), 3.into());
        }),
        ("records of the customers' inputs", |report, _| report.inputs[0].records -= 1),
        ("records of the purchases' inputs", |report, _| report.inputs[2].records -= 1),
        ("padded + trimmed records", |report, _| (report.inputs[1].padded, report.inputs[1].trimmed) = (3, 2)),
        ("records are padded and trimmed only", |report, _| report.inputs[1].trimmed = 1),
        ("there are inputs of both sides, the customers first", |report, _| report.inputs.clear()),
        ("there are inputs of both sides, the customers first", |report, _| report.inputs.reverse()),
        ("there are inputs of both sides, the customers first", |report, _| report.inputs.truncate(1)),
        ("records with a pattern", |report, _| {
            let pattern = |records| RejectPattern {
                side: Side::Purchases,
                reason: "empty record".into(),
                pattern: PatternName::MissingFields,
                records,
                place: place(),
                value: String::new(),
                option: None,
            };
            report.reject_patterns = vec![pattern(1), pattern(1)];
        }),
        ("examples of rejects", |report, _| drop(report.reject_samples.pop())),
        ("examples of unmatched", |report, _| report.unmatched_samples.push(unmatched())),
        ("the exceeded limits and the outcome", |report, _| report.options.max_rejects = "2".into()),
        ("the exceeded limits and the outcome", |report, _| report.options.max_unmatched = Some("24.9%".into())),
        ("the exceeded limits and the outcome", |report, _| report.outcome = Outcome::Held),
        ("what was accepted is", |report, _| {
            let accepted = ExceededLimit::check(LimitName::MaxRejects, &Limit::Count(0), 3, 15).into_iter().collect();
            report.acceptance = Some(Acceptance::new(accepted, None, String::new(), String::new()));
        }),
        ("only a held set", |report, _| {
            report.acceptance = Some(Acceptance::new(vec![], None, String::new(), String::new()))
        }),
        ("rows written", |_, observed| observed.rows -= 1),
        ("rows of rejects", |_, observed| observed.reject_rows -= 1),
    ];
    for (invariant, edit) in cases {
        let text = violation(Join::Full, edit);
        assert!(text.starts_with(&format!("the ledger does not add up: {invariant}")), "{invariant}: {text}");
    }
    assert!(violation(Join::Full, |_, observed| observed.total_units += 1).contains("totals of the groups"));
    assert!(violation(Join::Full, |_, observed| observed.consumed[0].0 += 1).contains("bytes consumed"));
    assert!(violation(Join::Left, |_, _| {}).contains("the join is that of the options"));
    let unmatched_spending = violation(Join::Full, |report, _| {
        (report.purchases.matched, report.purchases.unmatched, report.purchases.key_missing) = (8, 0, 0);
    });
    assert!(unmatched_spending.contains("no unmatched spending"), "{unmatched_spending}");
}

/// An invariant that is too strict would block the publication of a correct set.
#[test]
fn other_and_unknown_are_listed_with_purchases_or_customers_alone() {
    let (mut report, _) = consistent();
    // Other has a customer but no purchases.
    report.options.age_groups = "A=0-50,B=50-150".into();
    report.age_groups[1].customers = 0;
    report.age_groups.insert(2, group(OTHER, "0.00", 0, 1));
    assert_eq!(violated_invariants(&report), [""; 0]);
    // Unknown has purchases but no customers.
    report.customers.age_missing = 0;
    report.age_groups[2].customers = 2;
    report.age_groups[3].customers = 0;
    assert_eq!(violated_invariants(&report), [""; 0]);
}

#[test]
fn duplicates_are_at_most_the_rejected_customers() {
    let text = violation(Join::Full, |report, _| {
        report.rejects.remove("empty record");
        report.rejects.insert("duplicate customer".into(), 2.into());
    });
    assert!(text.contains("rejects of customers alone ≤ rejected customers (2 against 1)"), "{text}");
}

#[test]
fn each_kind_of_join_has_its_own_row_count() {
    for (join, rows, kept) in [(Join::Full, 9, 8), (Join::Left, 8, 8), (Join::Inner, 6, 6)] {
        let (mut report, mut observed) = consistent();
        report.options.join = join.name().into();
        (report.combined.rows, observed.rows) = (rows, rows);
        report.age_groups[2].purchases -= 8 - kept;
        assert!(check_invariants(join, &report, &observed).is_ok(), "{join:?}: {:?}", violated_invariants(&report));
        report.combined.rows -= 1;
        assert!(check_invariants(join, &report, &observed).is_err(), "{join:?}");
    }
}

#[test]
fn totals_are_parsed_only_in_canonical_form() {
    for (text, wanted) in [
        ("0", Some((0, 0))),
        ("-1.50", Some((-1_500_000_000, 2))),
        ("0.000000001", Some((1, 9))),
        ("0.0000000001", None),
        ("00", None),
        ("+1", None),
        ("-0", None),
        (".5", None),
        ("5.", None),
        ("1.2.3", None),
        ("", None),
    ] {
        assert_eq!(units(text), wanted, "{text}");
    }
}

/// The chart is drawn from these totals.
#[test]
fn exact_totals_are_in_units_of_the_last_fraction_digit() {
    let (mut report, _) = consistent();
    assert_eq!(crate::ledger::report_assembly::exact_totals(&report), (vec![350, -100, 450], 2));
    report.total_spending = "7".into();
    for (group, total) in report.age_groups.iter_mut().zip(["3", "-1", "5"]) {
        group.total_spending = total.into();
    }
    assert_eq!(crate::ledger::report_assembly::exact_totals(&report), (vec![3, -1, 5], 0));
}
