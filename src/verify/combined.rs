//! What the rows of the combined data say, held against the report.

use super::Check;
use super::scan::{Row, Scan};
use crate::config::Join;
use crate::error::{Result, escape};
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::ledger::invariants::{join_of, rows_with_a_purchase, units};
use crate::model::age_group::UNKNOWN;
use crate::model::amount::{self, Amount};
use crate::model::dialect::Dialect;
use crate::output::file_names::{COMBINED, REPORT};
use crate::output::report::{OptionsInfo, Report};
use ahash::AHashMap;

/// Which columns are looked at, from 0.
struct Columns<'r> {
    /// The index of each group in the report's list.
    groups: AHashMap<&'r [u8], usize>,
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
        // In the report, bytes that are not UTF-8 are replaced.
        let is = |found: &[u8], name: &str| String::from_utf8_lossy(found) == name;
        let places = |name: &str| {
            let found = header.names.iter().enumerate().filter(|(_, found)| is(found, name));
            found.map(|(place, _)| place).collect::<Vec<_>>()
        };
        let amount = report.combined.amount_column.checked_sub(1);
        let is_amount = |place: &usize| header.names.get(*place).is_some_and(|name| is(name, &options.amount));
        let mut groups = AHashMap::new();
        for (place, group) in report.age_groups.iter().enumerate() {
            groups.entry(group.age_group.as_bytes()).or_insert(place);
        }
        Self {
            groups,
            count: report.combined.columns,
            amount: amount.filter(is_amount),
            // Nothing else can have its name: purchases claim theirs first, and it stands once among them. Two
            // may look alike when their bytes are replaced.
            key: match places(&options.purchases_key).as_slice() {
                [one] => Some(*one),
                _ => None,
            },
            // Beside a column with the prefix, either could be a purchase's.
            age: match (places(&options.age).as_slice(), places(&format!("customer_{}", options.age)).as_slice()) {
                ([one], []) if options.age != options.customers_key => Some(*one),
                _ => None,
            },
        }
    }
}

/// What a row says.
struct Said {
    /// Its group's place in the report's list.
    group: usize,
    units: i128,
    fraction: u8,
    /// An amount that is missing: by its value, and without any byte.
    amount_missing: bool,
    amount_bare: bool,
    key_missing: bool,
    /// No age, no name, and `Unknown`: as a purchase without a customer is written.
    ageless: bool,
}

/// The sums of the rows.
#[derive(Default)]
struct Tally {
    /// Purchases and amounts by the report's groups.
    groups: Vec<(u64, i128)>,
    /// The most fraction digits.
    fraction: u8,
    key_missing: u64,
    amount_missing: u64,
    /// Customers without purchases, and without a key.
    customers_key_missing: u64,
    /// Purchases that look as if they had no customer, and their amounts.
    ageless: (u64, i128),
}

impl Check<'_> {
    /// Reads the combined data; its checksum comes back.
    pub(super) fn combined(&mut self, opened: &InputFile) -> Result<u32> {
        let report = self.report;
        let Some(dialect) = dialect(&report.options) else {
            self.differs(REPORT, "its delimiter and quote cannot be".to_owned());
            return self.checksum(opened);
        };
        let scan = Scan::new(opened, self.monitor, dialect)?;
        let columns = Columns::find(&scan.header, report);
        self.same(COMBINED, "columns", scan.header.names.len(), columns.count);
        if columns.amount.is_none() {
            let what = format!("combined.amount_column: {} is not there", report.combined.amount_column);
            self.differs(REPORT, format!("{what} the column {}", report.options.amount));
        }
        let with_purchase = rows_with_a_purchase(report);
        let mut tally = Tally { groups: vec![(0, 0); report.age_groups.len()], ..Tally::default() };
        let scanned = scan.rows(
            self.threads,
            columns.count,
            |row| read(row, &columns),
            |number, said| tally.add(&said, u128::from(number) < with_purchase),
        )?;
        if let Some((at, what)) = scanned.odd {
            self.differs(COMBINED, format!("at byte {at}: {what}"));
        }
        self.same(COMBINED, "rows", scanned.rows, report.combined.rows);
        self.sums(&tally);
        self.counts(&tally, &columns);
        Ok(scanned.crc)
    }

    /// The groups as summed anew against the groups as reported.
    fn sums(&mut self, tally: &Tally) {
        let report = self.report;
        for (group, (purchases, units)) in report.age_groups.iter().zip(&tally.groups) {
            let of = |what: &str| format!("{what} of {}", group.age_group);
            self.same(COMBINED, &of("purchases"), *purchases, group.purchases);
            self.money(&of("total spending"), *units, tally.fraction, &group.total_spending);
        }
        let total = tally.groups.iter().fold(0i128, |sum, (_, units)| sum.saturating_add(*units));
        self.money("total spending", total, tally.fraction, &report.total_spending);
    }

    fn money(&mut self, what: &str, found: i128, fraction: u8, reported: &str) {
        let written = units(reported);
        if written.is_none_or(|(units, _)| units != found) {
            let fraction = written.map_or(fraction, |(_, digits)| digits.max(fraction));
            self.same(COMBINED, what, amount::format(found, fraction).as_str(), reported);
        }
    }

    /// What is missing in the rows, and what looks like a purchase without a customer.
    fn counts(&mut self, tally: &Tally, columns: &Columns<'_>) {
        let (customers, purchases) = (&self.report.customers, &self.report.purchases);
        if join_of(self.report) == Some(Join::Inner) {
            // Unmatched purchases are not among the rows: these are only a part.
            if tally.amount_missing > purchases.amount_missing {
                self.same(COMBINED, "purchases without an amount", tally.amount_missing, purchases.amount_missing);
            }
            return;
        }
        self.same(COMBINED, "purchases without an amount", tally.amount_missing, purchases.amount_missing);
        if columns.key.is_some() {
            self.same(COMBINED, "purchases without a key", tally.key_missing, purchases.key_missing);
        }
        // Only a full join has rows of all of them: without a key, a customer is one without purchases.
        if columns.key.is_some() && join_of(self.report) == Some(Join::Full) {
            self.same(COMBINED, "customers without a key", tally.customers_key_missing, customers.key_missing);
        }
        if columns.age.is_none() {
            return;
        }
        // Every purchase without a customer is ageless. Where every customer has an age, nothing else is;
        // where one has none and no name either, its purchases look the same, and the set does not tell which
        // are which: then there may be more of them, and their spending cannot be summed anew.
        let (count, spending) = tally.ageless;
        if count < purchases.unmatched || (customers.age_missing == 0 && count > purchases.unmatched) {
            self.same(COMBINED, "purchases without a customer", count, purchases.unmatched);
        }
        if count == purchases.unmatched {
            let what = "spending without a customer";
            self.money(what, spending, tally.fraction, &purchases.unmatched_spending);
        }
    }
}

impl Tally {
    fn add(&mut self, said: &Said, with_purchase: bool) -> Result<(), String> {
        if !with_purchase {
            self.customers_key_missing += u64::from(said.key_missing);
            let what = "a row behind the last purchase, of a customer without one, has an amount";
            return if said.amount_bare { Ok(()) } else { Err(what.to_owned()) };
        }
        if let Some(sum) = self.groups.get_mut(said.group) {
            sum.0 += 1;
            sum.1 = sum.1.saturating_add(said.units);
        }
        self.fraction = self.fraction.max(said.fraction);
        self.key_missing += u64::from(said.key_missing);
        self.amount_missing += u64::from(said.amount_missing);
        if said.ageless {
            self.ageless.0 += 1;
            self.ageless.1 = self.ageless.1.saturating_add(said.units);
        }
        Ok(())
    }
}

/// Reads one row; a pure function. Its columns are as many as the report says.
fn read(row: Row<'_>, columns: &Columns<'_>) -> Result<Said, String> {
    let name = row.value(columns.count - 1);
    let group = columns
        .groups
        .get(&*name)
        .copied()
        .ok_or_else(|| format!("the age group {} is not in the report", escape(&name)))?;
    let place = columns.amount.filter(|place| *place < columns.count);
    let value = place.map(|place| row.value(place)).unwrap_or_default();
    let (units, fraction, amount_missing) = match amount::parse(&value) {
        Amount::Exact { units, fraction } => (units, fraction, false),
        Amount::Missing => (0, 0, true),
        _ => return Err(format!("the amount is none: {}", escape(&value))),
    };
    let bare = |place: Option<usize>| place.is_some_and(|place| place < columns.count && row.is_bare(place));
    Ok(Said {
        group,
        units,
        fraction,
        amount_missing,
        amount_bare: place.is_none() || bare(place),
        key_missing: columns.key.is_some_and(|place| place < columns.count && row.value(place).is_empty()),
        ageless: &*name == UNKNOWN.as_bytes() && bare(columns.age) && bare(columns.count.checked_sub(2)),
    })
}

/// The dialect of the combined data; none for one that a run would refuse.
fn dialect(options: &OptionsInfo) -> Option<Dialect> {
    let byte = |character: char| u8::try_from(u32::from(character)).ok().filter(|byte| !matches!(byte, b'\r' | b'\n'));
    let delimiter = byte(options.delimiter)?;
    let quote = match options.quote {
        Some(quote) => Some(byte(quote)?),
        None => None,
    };
    (quote != Some(delimiter)).then_some(Dialect { delimiter, quote })
}
