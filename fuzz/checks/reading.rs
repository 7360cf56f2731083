//! All records of a text as plain values, and the program's reading of a text in chunks.

use spendfold::internals::Dialect;
use spendfold::internals::{Chunks, FatalRecordKind, InputFile, InputReader, Next, RecordCursor, StructuralIndex};
use std::path::Path;

/// A field of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) raw: Vec<u8>,
    pub(crate) value: Vec<u8>,
    /// Whether the value is empty, determined without making it.
    pub(crate) empty: bool,
}

/// A record. All positions are bytes of the whole text, from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) start: usize,
    /// Line feeds of the text before it.
    pub(crate) line: usize,
    /// Without the line ending.
    pub(crate) raw: Vec<u8>,
    pub(crate) fields: Vec<Field>,
    /// Where text follows a closing quote.
    pub(crate) after_quote: Option<usize>,
    pub(crate) bare_cr: Option<usize>,
    /// Where an escape byte is at the end of the text.
    pub(crate) last_escape: Option<usize>,
    /// Whether it is a comment, which the program only counts.
    pub(crate) is_comment: bool,
}

/// A record that ends the run, with its position or that of its quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    OpenQuote(usize),
    TooLong(usize),
    TooLongInQuote(usize),
}

/// The content of a text, up to the first fatal record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) records: Vec<Record>,
    pub(crate) blank_lines: usize,
    pub(crate) comments: usize,
    pub(crate) stop: Option<Stop>,
}

/// Reads a text with the program's code, in chunks of these target sizes in turn. Each size must be at least 1.
pub(crate) fn read(text: &[u8], dialect: Dialect, max_record: usize, sizes: &[usize]) -> Reading {
    let file = InputFile::open(Path::new("/dev/null"), true).expect("/dev/null can be opened");
    let mut reading = Reading::default();
    // Reused from chunk to chunk, as a worker does.
    let (mut index, mut fields) = (StructuralIndex::default(), Vec::new());
    let (mut base, mut line_base) = (0, 0);
    for size in sizes.iter().cycle() {
        let rest = vec![InputReader::of_memory(&file, &text[base..])];
        let chunk = Chunks::new(rest, *size, max_record, dialect).next().expect("memory can be read");
        let Some(chunk) = chunk else { break };
        let bytes = &*chunk.bytes;
        index.find(bytes, dialect);
        let mut cursor = RecordCursor::default();
        while let Some(next) = cursor.next(bytes, &index, dialect, max_record, &mut fields) {
            let position = |at: u32| base + at as usize;
            let (record, line) = match next {
                Next::BlankLine => {
                    reading.blank_lines += 1;
                    continue;
                }
                Next::Comment => {
                    reading.comments += 1;
                    continue;
                }
                Next::Fatal(fatal) => {
                    let stop = match fatal.kind {
                        FatalRecordKind::OpenQuote => Stop::OpenQuote,
                        FatalRecordKind::TooLong => Stop::TooLong,
                        FatalRecordKind::TooLongInQuote => Stop::TooLongInQuote,
                    };
                    reading.stop = Some(stop(position(fatal.place)));
                    return reading;
                }
                Next::Record(record, line) => (record, line_base + line as usize),
            };
            reading.records.push(Record {
                start: position(record.start),
                line,
                raw: bytes[record.start as usize..record.end as usize].to_vec(),
                fields: fields
                    .iter()
                    .map(|field| Field {
                        raw: field.raw(bytes).to_vec(),
                        value: field.value(bytes, dialect).into_owned(),
                        empty: field.is_empty(),
                    })
                    .collect(),
                after_quote: record.flaws.after_quote.map(position),
                bare_cr: record.flaws.bare_cr.map(position),
                last_escape: record.flaws.last_escape.map(position),
                is_comment: false,
            });
        }
        line_base += index.line_feeds() as usize;
        base += bytes.len();
    }
    reading
}
