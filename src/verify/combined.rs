//! Checks the rows of the combined data against the report.

use super::MAX_EXCESS;
use super::check::Check;
use super::row_file::{RowFile, format_of};
use super::scan::{Row, Scan, ScanResult};
use crate::error::{Result, escape};
use crate::exec::fingerprint::FinishedFingerprint;
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::ledger::invariants::{join_of, rows_with_a_purchase, units};
use crate::model::age_group::UNKNOWN;
use crate::model::amount::{self, Amount};
use crate::model::dialect::Dialect;
use crate::model::join::Join;
use crate::output::file_names::{REPORT, combined_name};
use crate::output::report_json::Report;
use crate::output::report_parts::{OutputFile, PlainContent};
use ahash::AHashMap;

/// The columns that are checked, as indexes from 0.
struct Columns<'r> {
    /// The index of each group in the report's list.
    groups: AHashMap<&'r [u8], usize>,
    /// The number of all columns.
    count: usize,
    amount: Option<usize>,
    /// The purchases' key.
    key: Option<usize>,
    /// The customers' age.
    age: Option<usize>,
}

impl<'r> Columns<'r> {
    fn find(header: &Header, report: &'r Report) -> Self {
        let options = &report.options;
        // The report is JSON: bytes that are not UTF-8 were replaced.
        let is = |found: &[u8], name: &str| String::from_utf8_lossy(found) == name;
        let indexes = |name: &str| {
            let columns = header.names.iter().enumerate().filter(|(_, found)| is(found, name));
            columns.map(|(index, _)| index).collect::<Vec<_>>()
        };
        let amount = report.combined.amount_column.checked_sub(1);
        let is_amount = |index: &usize| header.names.get(*index).is_some_and(|name| is(name, &options.amount));
        let mut groups = AHashMap::new();
        for (index, group) in report.age_groups.iter().enumerate() {
            groups.entry(group.name.as_bytes()).or_insert(index);
        }
        Self {
            groups,
            count: report.combined.columns,
            amount: amount.filter(is_amount),
            // The name is unique: the purchases claim their names first, and the key occurs once among them. After the
            // replacement of bytes, though, two names may look alike.
            key: match indexes(&options.purchases_key).as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            // If there is also a column with the prefix, either may be a column of the purchases.
            age: match (indexes(&options.age).as_slice(), indexes(&format!("customer_{}", options.age)).as_slice()) {
                ([one], []) if options.age != options.customers_key => Some(*one),
                _ => None,
            },
        }
    }
}

/// The content of a row.
struct CombinedRow {
    /// The index of the group in the report's list.
    group: usize,
    units: i128,
    fraction: u8,
    /// Whether the amount is missing, as the contract defines it.
    amount_missing: bool,
    /// Whether the amount has no bytes, or there is no amount column.
    amount_zero_length: bool,
    key_missing: bool,
    /// Whether the row looks like a purchase without a customer: no age, no name, and the group `Unknown`.
    looks_unmatched: bool,
}

/// The totals of the rows.
#[derive(Default)]
struct Tally {
    /// Purchases and spending of each group, in the order of the report.
    groups: Vec<(u64, i128)>,
    /// The largest number of fraction digits.
    fraction: u8,
    key_missing: u64,
    amount_missing: u64,
    /// Customers without purchases whose key is missing.
    customers_key_missing: u64,
    /// Number and spending of the purchases that look as if they had no customer.
    looks_unmatched: (u64, i128),
}

impl Check<'_> {
    /// Checks the combined data. Returns the fingerprint of the file.
    pub(super) fn combined(&mut self, file: &InputFile, output: &OutputFile) -> Result<FinishedFingerprint> {
        let Some(dialect) = self.report.combined_dialect() else {
            self.differs(REPORT, "its delimiter and quote cannot be used".to_owned());
            return self.fingerprint(file);
        };
        if format_of(&output.path).is_none() {
            let rows = RowFile::new(file, &output.path, u64::MAX);
            return self.scan(&rows, dialect)?.map_or_else(|| self.fingerprint(file), |rows| Ok(rows.fingerprint));
        }
        // The file is read twice, because what is checksummed is not what is parsed.
        let stored = self.fingerprint(file)?;
        // If it is missing, this has been reported.
        let Some(plain) = &output.plain else { return Ok(stored) };
        let rows = RowFile::new(file, &output.path, plain.bytes.saturating_mul(2).saturating_add(MAX_EXCESS));
        if let Some(found) = self.scan(&rows, dialect)? {
            self.plain(&output.path, &found, plain);
        } else {
            self.damaged = true;
            self.differs(&output.path, rows.damage().unwrap_or_default().to_owned());
        }
        Ok(stored)
    }

    /// Compares what a compressed file contains.
    fn plain(&mut self, name: &str, found: &ScanResult, reported: &PlainContent) {
        self.same(name, "uncompressed size in bytes", found.bytes, reported.bytes);
        self.same(name, "uncompressed CRC-32", &found.fingerprint.crc32, &reported.crc32);
    }

    /// Checks the rows; `None` if the file cannot be decompressed to its end.
    fn scan(&mut self, file: &RowFile<'_>, dialect: Dialect) -> Result<Option<ScanResult>> {
        let report = self.report;
        let name = self.combined_name();
        let scan = match Scan::new(file, self.monitor, dialect, report.options.digest) {
            // Damage in the first frame leaves no header.
            Err(_) if file.damage().is_some() => return Ok(None),
            scan => scan?,
        };
        let columns = Columns::find(&scan.header, report);
        let found_columns = scan.header.names.len();
        let with_purchase = rows_with_a_purchase(report);
        let mut tally = Tally { groups: vec![(0, 0); report.age_groups.len()], ..Tally::default() };
        let scanned = scan.rows(
            self.threads,
            columns.count,
            |row| read(row, &columns),
            |number, row| tally.add(&row, u128::from(number) < with_purchase),
        )?;
        if file.damage().is_some() {
            return Ok(None);
        }
        self.same(name, "columns", found_columns, columns.count);
        if columns.amount.is_none() {
            let what = format!("combined.amount_column: column {} is not called", report.combined.amount_column);
            self.differs(REPORT, format!("{what} {}", report.options.amount));
        }
        if let Some((at, what)) = &scanned.first_fault {
            self.differs(name, format!("at byte {at}: {what}"));
        }
        self.same(name, "rows", scanned.rows, report.combined.rows);
        self.sums(&tally);
        self.counts(&tally, &columns);
        Ok(Some(scanned))
    }

    /// The name of the combined data.
    fn combined_name(&self) -> &'static str {
        combined_name(self.report.options.compress)
    }

    /// Compares the recomputed groups with the reported groups.
    fn sums(&mut self, tally: &Tally) {
        let report = self.report;
        for (group, (purchases, units)) in report.age_groups.iter().zip(&tally.groups) {
            let of = |what: &str| format!("{what} of {}", group.name);
            self.same(self.combined_name(), &of("purchases"), *purchases, group.purchases);
            self.money(&of("total spending"), *units, tally.fraction, &group.total_spending);
        }
        let total = tally.groups.iter().fold(0i128, |sum, (_, units)| sum.saturating_add(*units));
        self.money("total spending", total, tally.fraction, &report.total_spending);
    }

    fn money(&mut self, what: &str, found: i128, fraction: u8, reported: &str) {
        let parsed = units(reported);
        if parsed.is_none_or(|(units, _)| units != found) {
            let fraction = parsed.map_or(fraction, |(_, digits)| digits.max(fraction));
            self.same(self.combined_name(), what, amount::format(found, fraction).as_str(), reported);
        }
    }

    /// Compares the counts of missing values and of purchases without a customer.
    fn counts(&mut self, tally: &Tally, columns: &Columns<'_>) {
        let (customers, purchases) = (&self.report.customers, &self.report.purchases);
        if join_of(self.report) == Some(Join::Inner) {
            // An inner join has no rows for unmatched purchases, so its counts are lower bounds.
            if tally.amount_missing > purchases.amount_missing {
                self.same(
                    self.combined_name(),
                    "purchases without an amount",
                    tally.amount_missing,
                    purchases.amount_missing,
                );
            }
            return;
        }
        self.same(self.combined_name(), "purchases without an amount", tally.amount_missing, purchases.amount_missing);
        if columns.key.is_some() {
            self.same(self.combined_name(), "purchases without a key", tally.key_missing, purchases.key_missing);
        }
        // A customer without a key has no purchases, and only a full join has rows for customers without purchases.
        if columns.key.is_some() && join_of(self.report) == Some(Join::Full) {
            self.same(
                self.combined_name(),
                "customers without a key",
                tally.customers_key_missing,
                customers.key_missing,
            );
        }
        if columns.age.is_none() {
            return;
        }
        // Every purchase without a customer looks unmatched. If all customers have an age, no other purchase does. But
        // the purchases of a customer without age and name look the same, and the set does not tell them apart: then
        // the count is an upper bound, and the spending cannot be recomputed.
        let (count, spending) = tally.looks_unmatched;
        if count < purchases.unmatched || (customers.age_missing == 0 && count > purchases.unmatched) {
            self.same(self.combined_name(), "purchases without a customer", count, purchases.unmatched);
        }
        if count == purchases.unmatched {
            let what = "spending without a customer";
            self.money(what, spending, tally.fraction, &purchases.unmatched_spending);
        }
    }
}

impl Tally {
    fn add(&mut self, row: &CombinedRow, with_purchase: bool) -> Result<(), String> {
        if !with_purchase {
            self.customers_key_missing += u64::from(row.key_missing);
            let what = "a row of a customer without purchases has an amount";
            return if row.amount_zero_length { Ok(()) } else { Err(what.to_owned()) };
        }
        if let Some(sum) = self.groups.get_mut(row.group) {
            sum.0 += 1;
            sum.1 = sum.1.saturating_add(row.units);
        }
        self.fraction = self.fraction.max(row.fraction);
        self.key_missing += u64::from(row.key_missing);
        self.amount_missing += u64::from(row.amount_missing);
        if row.looks_unmatched {
            self.looks_unmatched.0 += 1;
            self.looks_unmatched.1 = self.looks_unmatched.1.saturating_add(row.units);
        }
        Ok(())
    }
}

/// Parses a row of `columns.count` fields.
fn read(row: Row<'_>, columns: &Columns<'_>) -> Result<CombinedRow, String> {
    let name = row.value(columns.count - 1);
    let group = columns
        .groups
        .get(&*name)
        .copied()
        .ok_or_else(|| format!("the age group {} is not in the report", escape(&name)))?;
    let amount_column = columns.amount.filter(|column| *column < columns.count);
    let value = amount_column.map(|column| row.value(column)).unwrap_or_default();
    let (units, fraction, amount_missing) = match amount::parse(&value) {
        Amount::Exact { units, fraction } => (units, fraction, false),
        Amount::Missing => (0, 0, true),
        _ => return Err(format!("not an amount: {}", escape(&value))),
    };
    let zero_length =
        |column: Option<usize>| column.is_some_and(|column| column < columns.count && row.is_zero_length(column));
    Ok(CombinedRow {
        group,
        units,
        fraction,
        amount_missing,
        amount_zero_length: amount_column.is_none() || zero_length(amount_column),
        key_missing: columns.key.is_some_and(|column| column < columns.count && row.value(column).is_empty()),
        looks_unmatched: &*name == UNKNOWN.as_bytes()
            && zero_length(columns.age)
            && zero_length(columns.count.checked_sub(2)),
    })
}
