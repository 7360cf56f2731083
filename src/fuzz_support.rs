//! Inner functions on bytes, for the checks in `fuzz/`. No public interface: it changes with the stages, and
//! only the feature `fuzz-internals` opens it.

use crate::error::Result;
use crate::input::chunks::Chunks;
use crate::input::cursor::{Next, RecordCursor};
use crate::input::fatal_record::FatalRecordKind;
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::input::record_end;
use crate::input::structural_index::StructuralIndex;
use crate::model::amount;
pub use crate::model::dialect::Dialect;
use crate::purchases::totals::Totals;
use std::path::Path;

/// A field of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub raw: Vec<u8>,
    pub value: Vec<u8>,
    /// Whether the value is empty, found without making it.
    pub empty: bool,
}

/// A record; all places are bytes of the whole text, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    pub start: usize,
    /// LFs of the text before it.
    pub line: usize,
    /// Its bytes without the line ending.
    pub raw: Vec<u8>,
    pub fields: Vec<Field>,
    pub after_quote: Option<usize>,
    pub bare_cr: Option<usize>,
}

/// What ends the reading of a text, and the place it is told with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    OpenQuote(usize),
    TooLong(usize),
    TooLongInQuote(usize),
}

/// All that a text holds, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    pub records: Vec<Record>,
    pub blank_lines: usize,
    pub stop: Option<Stop>,
}

/// Reads a text in chunks of these sizes, in turns; each must be at least 1.
pub fn read(text: &[u8], dialect: Dialect, max_record: usize, sizes: &[usize]) -> Result<Reading> {
    let opened = InputFile::open(Path::new("/dev/null"), true)?;
    let mut reading = Reading::default();
    // Kept from chunk to chunk, as a worker does.
    let (mut marks, mut fields) = (StructuralIndex::default(), Vec::new());
    let (mut base, mut line_base) = (0, 0);
    for size in sizes.iter().cycle() {
        let rest = vec![InputReader::of_memory(&opened, &text[base..])];
        let Some(chunk) = Chunks::new(rest, *size, max_record, dialect).next()? else { break };
        let bytes = &*chunk.bytes;
        marks.find(bytes, dialect);
        let mut cursor = RecordCursor::default();
        while let Some(next) = cursor.next(bytes, &marks, dialect, max_record, &mut fields) {
            let place = |at: u32| base + at as usize;
            let (record, first_line) = match next {
                Next::BlankLine => {
                    reading.blank_lines += 1;
                    continue;
                }
                Next::Fatal(fatal) => {
                    let stop = match fatal.kind {
                        FatalRecordKind::OpenQuote => Stop::OpenQuote,
                        FatalRecordKind::TooLong => Stop::TooLong,
                        FatalRecordKind::TooLongInQuote => Stop::TooLongInQuote,
                    };
                    reading.stop = Some(stop(place(fatal.place)));
                    return Ok(reading);
                }
                Next::Record(record, line) => (record, line_base + line as usize),
            };
            reading.records.push(Record {
                start: place(record.start),
                line: first_line,
                raw: bytes[record.start as usize..record.end as usize].to_vec(),
                fields: fields
                    .iter()
                    .map(|field| Field {
                        raw: field.raw(bytes).to_vec(),
                        value: field.value(bytes, dialect).into_owned(),
                        empty: field.is_empty(),
                    })
                    .collect(),
                after_quote: record.flaws.after_quote.map(place),
                bare_cr: record.flaws.bare_cr.map(place),
            });
        }
        line_base += marks.line_feeds() as usize;
        base += bytes.len();
    }
    Ok(reading)
}

/// The first record end at or after `want` bytes; none where the bytes end before.
pub fn cut(bytes: &[u8], want: usize, dialect: Dialect) -> Option<usize> {
    record_end::cut(bytes, want, dialect)
}

/// The value of a well-formed field.
pub fn value(raw: &[u8], dialect: Dialect) -> Vec<u8> {
    dialect.value(raw).into_owned()
}

/// A value as a field.
pub fn written(value: &[u8], dialect: Dialect) -> Vec<u8> {
    let mut out = Vec::new();
    dialect.write_field(value, &mut out);
    out
}

/// What an amount's value turned out to be; units of 10⁻⁹.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Exact { units: i128, fraction: u8 },
    Missing,
    NotDecimal,
    FractionTooLong,
    IntegerTooLong,
}

/// Reads any amount.
pub fn amount(value: &[u8]) -> Amount {
    match amount::parse(value) {
        amount::Amount::Exact { units, fraction } => Amount::Exact { units, fraction },
        amount::Amount::Missing => Amount::Missing,
        amount::Amount::NotDecimal => Amount::NotDecimal,
        amount::Amount::FractionTooLong => Amount::FractionTooLong,
        amount::Amount::IntegerTooLong => Amount::IntegerTooLong,
    }
}

/// Reads the `len` bytes before `end` the short way, where that is possible: units and fraction digits.
pub fn short_amount(bytes: &[u8], end: usize, len: usize) -> Option<(i128, u8)> {
    amount::parse_short_at(bytes, end, len)
}

/// An amount as it is written with so many fraction digits.
pub fn amount_text(units: i128, fraction: u8) -> String {
    amount::format(units, fraction)
}

/// Sums up parts, each of one group and with the fraction digits of its longest amount: units and fraction of
/// the whole, or nothing when it leaves 128 bits.
pub fn sum(parts: &[(i128, u8)]) -> Option<(i128, u8)> {
    let mut all = Totals::new(1);
    for &(units, fraction) in parts {
        let mut part = Totals::new(1);
        part.groups[0].units = units;
        part.fraction = fraction;
        all.merge(&part).ok()?;
    }
    Some((all.total().ok()?, all.fraction))
}
