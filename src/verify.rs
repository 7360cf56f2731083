//! Re-reads an output set and holds it against its report.

use crate::config::DEFAULT_CHUNK_BYTES;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Result, escape, escape_line, escape_path};
use crate::input::bytes::Bytes;
use crate::input::chunks::{Chunk, Chunks};
use crate::input::header::Header;
use crate::input::marks::Marks;
use crate::input::opened::Opened;
use crate::input::records::{Field, read_record};
use crate::join::amount::{self, Amount};
use crate::monitor::{Monitor, Phase};
use crate::output::report::Report;
use crate::output::set::{CHART, COMBINED, REJECTS, REPORT, SPENDING};
use crate::output::spending;
use crate::pipeline::ordered;
use std::fmt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A row of the combined data may be this long: a purchase and a customer with their longest records.
const MOST_ROW_BYTES: usize = 1 << 31;
/// The dialect of the small files.
const COMMA: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

/// Something in which a set and its report differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file, as a path.
    pub path: PathBuf,
    /// What differs.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", escape_path(&self.path), self.what)
    }
}

/// Holds the set in `dir` against its report: sizes, checksums, row counts, and the groups recomputed from
/// the combined data. No difference means that they agree.
///
/// # Errors
/// [`ErrorKind::NoReport`] when there is no report to hold it against, [`ErrorKind::Input`] when a file
/// cannot be read.
pub fn verify(dir: &Path, threads: usize, monitor: &Monitor) -> Result<Vec<Difference>> {
    monitor.enter(Phase::Verifying);
    let report = Report::read(&dir.join(REPORT))?;
    let mut check = Check { dir, threads: threads.max(1), monitor, report: &report, differences: vec![] };
    monitor.expect_total(report.outputs.iter().map(|output| output.bytes).sum());
    for output in &report.outputs {
        // A report is a file like any other: its names lead nowhere but into its own directory.
        if Path::new(&output.path).components().count() != 1 || output.path.starts_with('.') {
            check.differs(REPORT, format!("lists {}, which is no file of a set", escape(output.path.as_bytes())));
            continue;
        }
        check.file(&output.path, output.bytes, &output.crc32)?;
    }
    for name in [COMBINED, SPENDING, CHART, REJECTS] {
        let listed = report.outputs.iter().any(|output| output.path == name);
        if !listed && (name != COMBINED || report.options.combined) {
            check.differs(REPORT, format!("does not list {name}"));
        }
    }
    check.spending()?;
    Ok(check.differences)
}

struct Check<'a> {
    dir: &'a Path,
    threads: usize,
    monitor: &'a Monitor,
    report: &'a Report,
    differences: Vec<Difference>,
}

/// What the rows of a file say, as far as the report says it too.
#[derive(Debug, Default)]
struct Rows {
    /// A row's group (its place in the report's list), and its amount; for combined data only.
    seen: Vec<(usize, i128)>,
    count: u64,
    crc: crc32fast::Hasher,
    odd: Option<(u32, String)>,
}

impl Check<'_> {
    fn differs(&mut self, name: &str, what: String) {
        // A report is data like any other: what it says may have come from anywhere.
        let what = escape_line(&what);
        self.differences.push(Difference { path: self.dir.join(name), what });
    }

    fn same<T: PartialEq + fmt::Display>(&mut self, name: &str, what: &str, found: T, reported: T) {
        if found != reported {
            self.differs(name, format!("{what}: found {found}, the report says {reported}"));
        }
    }

    /// Size, checksum, and for the two large files what their rows say.
    fn file(&mut self, name: &str, bytes: u64, crc32: &str) -> Result<()> {
        let path = self.dir.join(name);
        // Opening a FIFO would be waiting for whoever writes into it.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            self.differs(name, "is not a regular file".to_owned());
            return Ok(());
        }
        let opened = match Opened::open_to_verify(&path) {
            Ok(opened) => opened,
            Err(error) => {
                self.differs(name, format!("{error}").replacen(&format!("{}: ", escape_path(&path)), "", 1));
                return Ok(());
            }
        };
        self.same(name, "size in bytes", opened.size().unwrap_or(0), bytes);
        let options = &self.report.options;
        let byte = |character: Option<char>| character.and_then(|character| u8::try_from(u32::from(character)).ok());
        let (dialect, columns) = match name {
            COMBINED => {
                let Some(delimiter) = byte(Some(options.delimiter)) else {
                    self.differs(REPORT, "the delimiter is not one byte".to_owned());
                    return Ok(());
                };
                let dialect = Dialect { delimiter, quote: byte(options.quote) };
                (dialect, Some((self.report.combined.columns, self.report.combined.amount_column)))
            }
            REJECTS => (COMMA, None),
            _ => return self.checksum(name, &opened, crc32),
        };
        match self.rows(name, &opened, dialect, columns, crc32) {
            Err(error) if error.kind() == ErrorKind::Malformed => {
                self.differs(name, format!("cannot be read as CSV: {error}"));
                self.checksum(name, &opened, crc32)
            }
            other => other,
        }
    }

    fn checksum(&mut self, name: &str, opened: &Opened, crc32: &str) -> Result<()> {
        let mut crc = crc32fast::Hasher::new();
        let mut bytes = Bytes::new(opened, self.monitor);
        loop {
            let len = bytes.peek(DEFAULT_CHUNK_BYTES)?.0.len().min(DEFAULT_CHUNK_BYTES);
            if len == 0 {
                break;
            }
            crc.update(&bytes.take(len));
            self.monitor.advance(len as u64);
        }
        self.same(name, "CRC-32", format!("{:08x}", crc.finalize()).as_str(), crc32);
        Ok(())
    }

    /// Reads a file's rows on all threads.
    fn rows(
        &mut self,
        name: &str,
        opened: &Opened,
        dialect: Dialect,
        columns: Option<(usize, usize)>,
        crc32: &str,
    ) -> Result<()> {
        let mut input = Bytes::new(opened, self.monitor);
        let header = Header::read(&mut input, dialect, MOST_ROW_BYTES)?;
        let mut crc = crc32fast::Hasher::new();
        // The header has been taken; its bytes are read once more, mapped or not.
        let mut taken = vec![0; input.offset() as usize];
        let cannot = |error| Error::io(ErrorKind::Input, &opened.path, "cannot read", error);
        opened.file().read_exact_at(&mut taken, 0).map_err(cannot)?;
        crc.update(&taken);
        let reader = RowReader {
            dialect,
            columns: columns.unwrap_or((header.names.len(), 0)),
            combined: columns.is_some(),
            report: self.report,
        };
        let mut chunks = Chunks::new(vec![input], DEFAULT_CHUNK_BYTES, MOST_ROW_BYTES, dialect);
        let mut tally = Tally::new(self.report);
        let mut first_odd = None;
        let monitor = self.monitor;
        ordered(
            self.threads,
            monitor,
            || chunks.next(),
            <(Marks, Vec<Field>)>::default,
            Rows::default,
            |chunk, (marks, fields), rows| reader.read(&chunk.bytes, marks, fields, rows),
            |chunk: Chunk<'_>, rows: &mut Rows| {
                crc.combine(&rows.crc);
                tally.add(rows);
                if let (Some((at, what)), None) = (rows.odd.take(), &first_odd) {
                    first_odd = Some((chunk.offset + u64::from(at), what));
                }
                let end = chunk.offset + chunk.bytes.len() as u64;
                if let Some(mapped) = opened.mapped() {
                    mapped.release(end as usize);
                }
                monitor.advance(chunk.bytes.len() as u64);
                Ok(())
            },
        )?;
        opened.check_unchanged()?;
        self.same(name, "CRC-32", format!("{:08x}", crc.finalize()).as_str(), crc32);
        if let Some((at, what)) = first_odd {
            self.differs(name, format!("at byte {at}: {what}"));
        }
        if columns.is_some() {
            self.same(name, "rows", tally.rows, self.report.combined.rows);
            self.groups(&tally);
        } else {
            self.same(name, "rows", tally.rows, self.report.rejected());
        }
        Ok(())
    }

    /// The groups as recomputed against the groups as reported.
    fn groups(&mut self, tally: &Tally) {
        let (_, fraction) = crate::account::exact_totals(self.report);
        let report = self.report;
        for (group, (purchases, units)) in report.age_groups.iter().zip(&tally.groups) {
            let of = |what: &str| format!("{what} of {}", group.age_group);
            self.same(COMBINED, &of("purchases"), *purchases, group.purchases);
            let total = amount::format(*units, fraction as u8);
            self.same(COMBINED, &of("total spending"), total.as_str(), &group.total_spending);
        }
        let total = amount::format(tally.groups.iter().map(|(_, units)| units).sum(), fraction as u8);
        self.same(COMBINED, "total spending", total.as_str(), &report.total_spending);
    }

    /// The totals file holds what the report says.
    fn spending(&mut self) -> Result<()> {
        let path = self.dir.join(SPENDING);
        let Ok(found) = std::fs::read(&path) else { return Ok(()) };
        if found != spending::to_csv(&self.report.age_groups)? {
            self.differs(SPENDING, "its rows are not those of the report".to_owned());
        }
        Ok(())
    }
}

/// Sums in row order.
struct Tally {
    rows: u64,
    /// Rows that carry a purchase; those behind them are customers without one.
    with_purchase: u64,
    /// Purchases and amounts by the report's groups.
    groups: Vec<(u64, i128)>,
}

impl Tally {
    fn new(report: &Report) -> Self {
        let appended = if report.options.join == "full" { report.customers.without_purchases } else { 0 };
        let with_purchase = report.combined.rows.saturating_sub(appended);
        Self { rows: 0, with_purchase, groups: vec![(0, 0); report.age_groups.len()] }
    }

    fn add(&mut self, rows: &Rows) {
        for (number, &(group, units)) in (self.rows..).zip(&rows.seen) {
            if let (true, Some(sum)) = (number < self.with_purchase, self.groups.get_mut(group)) {
                sum.0 += 1;
                sum.1 = sum.1.saturating_add(units);
            }
        }
        self.rows += rows.count;
    }
}

/// Reads the rows of a chunk; a pure function.
struct RowReader<'r> {
    dialect: Dialect,
    /// How many columns there are, and the amount's, from 1.
    columns: (usize, usize),
    combined: bool,
    report: &'r Report,
}

impl RowReader<'_> {
    fn read(&self, bytes: &[u8], marks: &mut Marks, fields: &mut Vec<Field>, rows: &mut Rows) {
        rows.seen.clear();
        rows.crc = crc32fast::Hasher::new();
        rows.crc.update(bytes);
        (rows.count, rows.odd) = (0, None);
        marks.find(bytes, self.dialect);
        let (mut before, mut line) = (0, 0);
        while line < marks.lines.len() {
            let record = read_record(bytes, marks, before, line, self.dialect, fields);
            (before, line) = (record.last_mark, record.next_line);
            rows.count += 1;
            let flawed =
                record.open_quote.is_some() || record.flaws.after_quote.is_some() || record.flaws.bare_cr.is_some();
            let mut odd = |what: String| {
                rows.odd.get_or_insert((record.start, what));
            };
            if flawed || fields.len() != self.columns.0 {
                odd(format!("a row that is malformed or has {} fields instead of {}", fields.len(), self.columns.0));
                rows.seen.push((usize::MAX, 0));
                continue;
            }
            if !self.combined {
                continue;
            }
            let name = fields[self.columns.0 - 1].value(bytes, self.dialect);
            let group = self.report.age_groups.iter().position(|group| group.age_group.as_bytes() == &*name);
            if group.is_none() {
                odd(format!("the age group {} is not in the report", escape(&name)));
            }
            let units = match self.columns.1.checked_sub(1).and_then(|column| fields.get(column)) {
                Some(field) => match amount::parse(&field.value(bytes, self.dialect)) {
                    Amount::Exact { units, .. } => units,
                    _ => 0,
                },
                None => 0,
            };
            rows.seen.push((group.unwrap_or(usize::MAX), units));
        }
    }
}
