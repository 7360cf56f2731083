//! Checks the rows of `rejects.csv` against the report.

use super::check::Check;
use super::row_file::RowFile;
use super::scan::{Row, Scan};
use crate::error::{Result, escape};
use crate::exec::fingerprint::FinishedFingerprint;
use crate::input::file::InputFile;
use crate::model::dialect::Dialect;
use crate::model::reject_reason::{RejectCounts, RejectReason};
use crate::model::sides::Side;
use crate::output::file_names::REJECTS;
use crate::output::report_json::Report;
use ahash::AHashSet;

/// `file,line,byte,reason,record`.
const COLUMNS: usize = 5;

/// The content of a row. The same path may be both the customers and a purchases file.
struct RejectRow {
    reason: RejectReason,
    /// Whether the path is that of the customers, and whether it is that of a purchases file.
    customers: bool,
    purchases: bool,
}

impl RejectRow {
    /// Whether a record of the customers, or else of the purchases, can be rejected for this reason.
    fn fits(&self, of_customers: bool) -> bool {
        match of_customers {
            true => self.customers && self.reason.applies_to_customers(),
            false => self.purchases && self.reason.applies_to_purchases(),
        }
    }
}

impl Check<'_> {
    /// Checks the rejects. Returns the fingerprint of the file.
    pub(super) fn rejects(&mut self, file: &InputFile) -> Result<FinishedFingerprint> {
        let report = self.report;
        let file = RowFile::new(file, REJECTS, u64::MAX);
        let scan = Scan::new(&file, self.monitor, Dialect::default(), report.options.digest)?;
        let mut counts = RejectCounts::default();
        let inputs = Inputs::of(report);
        let scanned = scan.rows(
            self.threads,
            COLUMNS,
            |row| read(row, &inputs, report.options.customers_key.as_bytes()),
            |number, row: RejectRow| {
                counts.add(row.reason);
                let of_customers = number < report.customers.rejected;
                let side = if of_customers { "customers" } else { "purchases" };
                if row.fits(of_customers) { Ok(()) } else { Err(format!("not a reject of the {side}")) }
            },
        )?;
        if let Some((at, what)) = scanned.first_fault {
            self.differs(REJECTS, format!("at byte {at}: {what}"));
        }
        self.same(REJECTS, "rows", scanned.rows, report.rejected());
        for (reason, count) in counts.iter() {
            self.same(REJECTS, reason.name(), count, report.rejected_for(reason));
        }
        Ok(scanned.fingerprint)
    }
}

/// The paths of the inputs in the report.
struct Inputs<'r> {
    customers: AHashSet<&'r str>,
    purchases: AHashSet<&'r str>,
}

impl<'r> Inputs<'r> {
    fn of(report: &'r Report) -> Self {
        let paths = |side| report.inputs_of(side).map(|input| input.path.as_str()).collect();
        Self { customers: paths(Side::Customers), purchases: paths(Side::Purchases) }
    }
}

/// Parses a row.
fn read(row: Row<'_>, inputs: &Inputs<'_>, key: &[u8]) -> Result<RejectRow, String> {
    let (file, reason) = (row.value(0), row.value(3));
    // The report is JSON: bytes that are not UTF-8 were replaced.
    let file = String::from_utf8_lossy(&file);
    let (customers, purchases) = (inputs.customers.contains(&*file), inputs.purchases.contains(&*file));
    if !customers && !purchases {
        return Err(format!("the file {} is not an input of the report", escape(file.as_bytes())));
    }
    let reason = parse_reason(&String::from_utf8_lossy(&reason), key, &inputs.customers)
        .ok_or_else(|| format!("not a reject reason: {}", escape(&reason)))?;
    Ok(RejectRow { reason, customers, purchases })
}

/// The reason that a row states. If there are several `customers` files, the reason for a duplicate names one of them.
fn parse_reason(text: &str, key: &[u8], customers: &AHashSet<&str>) -> Option<RejectReason> {
    let number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if let Some(rest) = text.as_bytes().strip_prefix(b"duplicate ") {
        let line = rest.strip_prefix(key)?.strip_prefix(b", first at line ")?;
        let (line, file) = line.split_at(line.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let named = match std::str::from_utf8(file).ok()?.strip_prefix(" of ") {
            Some(file) => customers.contains(file),
            None => file.is_empty() && customers.len() == 1,
        };
        return (number(line) && named).then_some(RejectReason::DuplicateCustomer);
    }
    if let Some(rest) = text.as_bytes().strip_prefix(b"expected ") {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (expected, rest) = rest.split_at(digits);
        let found = rest.strip_prefix(b" fields, found ")?;
        return (number(expected) && number(found)).then_some(RejectReason::WrongFieldCount);
    }
    RejectReason::from_name(text).filter(|reason| *reason != RejectReason::WrongFieldCount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reject::{DetailedReason, ReasonNames};

    #[test]
    fn every_reason_is_recognised() {
        for reason in [
            DetailedReason::TextAfterClosingQuote,
            DetailedReason::BareCarriageReturn,
            DetailedReason::LastEscape,
            DetailedReason::WrongFieldCount { expected: 3, found: 17 },
            DetailedReason::EmptyRecord,
            DetailedReason::RepeatedHeader,
            DetailedReason::AmountNotDecimal,
            DetailedReason::AmountFractionTooLong,
            DetailedReason::AmountIntegerTooLong,
            DetailedReason::DuplicateCustomer { file: 1, line: 12 },
        ] {
            let key = b"the, first at line 1 of a".to_vec();
            for files in [vec![], vec!["a".into(), "b of c".into()]] {
                let mut text = vec![];
                let names = ReasonNames { key: key.clone(), files };
                reason.write(&names, &mut text);
                let text = std::str::from_utf8(&text).expect("UTF-8");
                let mut listed: AHashSet<&str> = names.files.iter().filter_map(|file| file.to_str()).collect();
                if listed.is_empty() {
                    listed.insert("a");
                }
                assert_eq!(parse_reason(text, &key, &listed), Some(reason.kind()), "{reason:?}");
            }
        }
        for text in [
            "",
            "wrong number of fields",
            "duplicate customer",
            "duplicate id, first at line ",
            "duplicate other, first at line 3",
            "duplicate id, first at line 3 of c",
            "duplicate id, first at line 3",
            "expected  fields, found 3",
            "expected 3 fields, found x",
            "empty record ",
        ] {
            assert_eq!(parse_reason(text, b"id", &["a", "b"].into()), None, "{text}");
        }
    }
}
