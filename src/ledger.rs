//! The laws of the ledger, asserted before anything is published (SPEC: "Output set").

use crate::config::Join;
use crate::error::{Error, ErrorKind, Result};
use crate::output::report::Report;

/// What was counted where the bytes went in and out, apart from the report's own numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness {
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
pub(crate) fn assert_laws(join: Join, report: &Report, witness: &Witness) -> Result<()> {
    let (customers, purchases) = (&report.customers, &report.purchases);
    let law = |holds: bool, name: &str| match holds {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Law, format!("the ledger does not add up: {name}; nothing was published"))
            .hint("this is a bug; please report it with the options used")),
    };
    law(customers.records == customers.accepted + customers.rejected, "customers = accepted + rejected")?;
    law(
        customers.accepted == customers.with_purchases + customers.without_purchases,
        "accepted customers = with + without purchases",
    )?;
    law(
        purchases.records == purchases.matched + purchases.unmatched + purchases.rejected,
        "purchases = matched + unmatched + rejected",
    )?;
    let with_purchase = match join {
        Join::Full | Join::Left => purchases.matched + purchases.unmatched,
        Join::Inner => purchases.matched,
    };
    let alone = if join == Join::Full { customers.without_purchases } else { 0 };
    law(report.combined.rows == with_purchase + alone, "combined rows = purchases kept + customers appended")?;
    law(witness.rows == report.combined.rows, "rows written = combined rows")?;
    law(witness.reject_rows == report.rejected(), "rows of rejects = rejected records")?;
    let counted: u64 = report.age_groups.iter().map(|group| group.purchases).sum();
    law(counted == with_purchase, "purchases of the groups = purchases kept")?;
    let counted: u64 = report.age_groups.iter().map(|group| group.customers).sum();
    law(counted == customers.accepted, "customers of the groups = accepted customers")?;
    let sum = witness.group_units.iter().try_fold(0i128, |sum, units| sum.checked_add(*units));
    law(sum == Some(witness.total_units), "totals of the groups = total spending")?;
    let by_input: u64 = report.inputs.iter().map(|input| input.records).sum();
    law(by_input == report.records(), "records of the inputs = records")?;
    for (consumed, size) in &witness.consumed {
        law(size.is_none_or(|size| size == *consumed), "bytes consumed = size of the input")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::report::*;

    fn balanced() -> (Report, Witness) {
        let report = Report {
            run: RunInfo { spendfold: String::new(), started: String::new(), seconds: 0.0, threads: 1 },
            options: OptionsInfo {
                join: "full".into(),
                delimiter: ',',
                quote: None,
                age_groups: String::new(),
                customers_key: String::new(),
                purchases_key: String::new(),
                first_name: String::new(),
                last_name: String::new(),
                age: String::new(),
                amount: String::new(),
                max_rejects: String::new(),
                combined: true,
                max_record_bytes: 1,
            },
            customers: CustomersInfo {
                records: 5,
                accepted: 4,
                rejected: 1,
                with_purchases: 3,
                without_purchases: 1,
                ..CustomersInfo::default()
            },
            purchases: PurchasesInfo { records: 10, matched: 6, unmatched: 2, rejected: 2, ..PurchasesInfo::default() },
            combined: CombinedInfo { rows: 9, ..CombinedInfo::default() },
            age_groups: vec![GroupInfo {
                age_group: "A".into(),
                total_spending: "7".into(),
                purchases: 8,
                customers: 4,
            }],
            total_spending: "7".into(),
            rejects: serde_json::Map::new(),
            inputs: vec![InputInfo { path: "p".into(), path_lossy: false, bytes: 1, records: 15 }],
            outputs: vec![],
        };
        let witness = Witness {
            rows: 9,
            reject_rows: 3,
            consumed: vec![(1, Some(1)), (5, None)],
            group_units: vec![3, 4],
            total_units: 7,
        };
        (report, witness)
    }

    #[test]
    fn a_ledger_that_adds_up_passes() {
        let (report, witness) = balanced();
        assert!(assert_laws(Join::Full, &report, &witness).is_ok());
    }

    #[test]
    fn each_law_is_asserted() {
        let breaks: [fn(&mut Report, &mut Witness); 10] = [
            |report, _| report.customers.accepted += 1,
            |report, _| report.customers.with_purchases += 1,
            |report, _| report.purchases.matched += 1,
            |report, _| report.combined.rows += 1,
            |_, witness| witness.rows -= 1,
            |_, witness| witness.reject_rows -= 1,
            |report, _| report.age_groups[0].purchases += 1,
            |_, witness| witness.total_units += 1,
            |report, _| report.inputs[0].records -= 1,
            |_, witness| witness.consumed[0].0 += 1,
        ];
        for (number, broken) in breaks.into_iter().enumerate() {
            let (mut report, mut witness) = balanced();
            broken(&mut report, &mut witness);
            let error = assert_laws(Join::Full, &report, &witness).expect_err("a law is broken");
            assert_eq!(error.kind(), ErrorKind::Law, "law {number}");
        }
        let (report, witness) = balanced();
        assert!(assert_laws(Join::Left, &report, &witness).is_err());
    }
}
