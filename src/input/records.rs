//! The fields of one record, exactly: the automaton of the contract (SPEC: "Reading CSV"), walking from
//! mark to mark.
//!
//! This is the exact path. Plain lines (no quote, no bare CR, the right number of fields) never come
//! here on the hot way; whatever does not look plain does.

use super::marks::{Marks, SPECIAL};
use crate::dialect::{Dialect, undouble};
use crate::error::{Error, ErrorKind, Place};
use std::borrow::Cow;

/// One field: its exact bytes (`start..end`, enclosing quotes included) and how to get its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) form: Form,
}

/// How a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// The value is the field's bytes.
    Plain,
    /// Enclosed in quotes.
    Quoted,
    /// Enclosed in quotes, with doubled quotes inside.
    Doubled,
}

impl Field {
    /// The exact bytes.
    #[inline]
    pub(crate) fn raw<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    /// The value: without enclosing quotes, doubled quotes made single.
    #[inline]
    pub(crate) fn value<'b>(&self, bytes: &'b [u8], dialect: Dialect) -> Cow<'b, [u8]> {
        let raw = self.raw(bytes);
        match (self.form, dialect.quote) {
            (Form::Quoted, _) => Cow::Borrowed(&raw[1..raw.len() - 1]),
            (Form::Doubled, Some(quote)) => Cow::Owned(undouble(&raw[1..raw.len() - 1], quote)),
            _ => Cow::Borrowed(raw),
        }
    }

    /// Where the value stands; for [`Form::Doubled`], with its quotes still doubled.
    #[inline]
    pub(crate) fn value_range(&self) -> (u32, u32) {
        let quote = u32::from(self.form != Form::Plain);
        (self.start + quote, self.end - quote)
    }

    /// Whether the value is empty.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.end - self.start == if self.form == Form::Plain { 0 } else { 2 }
    }
}

/// Faults of form, by the place of the first of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Flaws {
    /// Where text follows a closing quote.
    pub(crate) after_quote: Option<u32>,
    /// Where a CR outside quotes is not followed by LF.
    pub(crate) bare_cr: Option<u32>,
}

/// One record as it stands in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// First byte.
    pub(crate) start: u32,
    /// One past the last byte, the line ending not counted.
    pub(crate) end: u32,
    /// Index in [`Marks::at`] of the LF (or end of the chunk) that ends it.
    pub(crate) last_mark: usize,
    /// Index in [`Marks::lines`] of the line after it.
    pub(crate) next_line: usize,
    pub(crate) flaws: Flaws,
    /// Where a quote opened that never closes in this chunk.
    pub(crate) open_quote: Option<u32>,
}

impl Record {
    /// An empty line: no record at all.
    pub(crate) fn is_blank(&self) -> bool {
        self.start == self.end && self.open_quote.is_none()
    }
}

/// Reads the record that begins after mark `before` (an LF, or 0 for the start of the chunk), on line
/// `line` of the marks. Its fields are put into `fields`; there is always at least one.
pub(crate) fn read_record(
    bytes: &[u8],
    marks: &Marks,
    before: usize,
    mut line: usize,
    dialect: Dialect,
    fields: &mut Vec<Field>,
) -> Record {
    fields.clear();
    let byte_at = |place: u32| bytes.get(place as usize).copied();
    let start = marks.at[before].wrapping_add(1);
    let mut flaws = Flaws::default();
    let mut next = before + 1;
    let mut field_start = start;
    loop {
        // At the start of a field; `next` is the first mark at or after it.
        let mut form = Form::Plain;
        if dialect.quote.is_some() && byte_at(field_start) == dialect.quote {
            form = Form::Quoted;
            next += 1;
            let closing = loop {
                let place = marks.at[next];
                match byte_at(place) {
                    None => {
                        // The end of the chunk inside quotes.
                        fields.push(Field { start: field_start, end: place, form: Form::Plain });
                        let open_quote = Some(field_start);
                        return Record {
                            start,
                            end: place,
                            last_mark: next,
                            next_line: marks.lines.len(),
                            flaws,
                            open_quote,
                        };
                    }
                    byte if byte == dialect.quote => {
                        if byte_at(place + 1) != dialect.quote {
                            break place;
                        }
                        form = Form::Doubled;
                        next += 2;
                    }
                    byte => {
                        line += usize::from(byte == Some(b'\n'));
                        next += 1;
                        // An LF that is the chunk's last byte: no mark follows it.
                        if next == marks.at.len() {
                            let end = bytes.len() as u32;
                            fields.push(Field { start: field_start, end, form: Form::Plain });
                            let open_quote = Some(field_start);
                            return Record {
                                start,
                                end,
                                last_mark: next - 1,
                                next_line: marks.lines.len(),
                                flaws,
                                open_quote,
                            };
                        }
                    }
                }
            };
            next += 1;
            let after = closing + 1;
            let ends = match byte_at(after) {
                None | Some(b'\n') => true,
                Some(b'\r') => byte_at(after + 1) == Some(b'\n'),
                Some(byte) => byte == dialect.delimiter,
            };
            if !ends {
                flaws.after_quote.get_or_insert(after);
                form = Form::Plain;
            }
        }
        // Outside quotes: a quote is an ordinary byte.
        let place = loop {
            let place = marks.at[next];
            match byte_at(place) {
                Some(b'\r') => {
                    flaws.bare_cr.get_or_insert(place);
                }
                Some(byte) if byte == dialect.delimiter || byte == b'\n' => break place,
                None => break place,
                Some(_) => {}
            }
            next += 1;
        };
        if byte_at(place) == Some(dialect.delimiter) {
            fields.push(Field { start: field_start, end: place, form });
            field_start = place + 1;
            next += 1;
            continue;
        }
        // The record's end. A CR right before the LF belongs to the line ending.
        let has_lf = byte_at(place) == Some(b'\n');
        let crlf = has_lf && place > field_start && bytes[place as usize - 1] == b'\r';
        let end = place - u32::from(crlf);
        fields.push(Field { start: field_start, end, form });
        debug_assert_eq!((marks.lines[line] & !SPECIAL) as usize, next);
        return Record { start, end, last_mark: next, next_line: line + 1, flaws, open_quote: None };
    }
}

/// A record that ends the run: nothing after it can be read for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fatal {
    /// Where the quote, or else the record, opened.
    pub(crate) place: u32,
    pub(crate) kind: FatalKind,
}

/// Why a record ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FatalKind {
    /// A quote is still open at the end of the input.
    OpenQuote,
    /// The record is longer than the limit, with no quote open there.
    TooLong,
    /// The record is longer than the limit, and a quote is open there.
    TooLongInQuote,
}

/// Whether a record is longer than `max_record` bytes (its line ending not counted) or never ends.
#[inline]
pub(crate) fn fatal(bytes: &[u8], record: &Record, max_record: usize, dialect: Dialect) -> Option<Fatal> {
    if (record.end - record.start) as usize > max_record {
        let start = record.start as usize;
        return Some(match open_quote(&bytes[start..], max_record + 1, dialect) {
            Some(place) => Fatal { place: record.start + place as u32, kind: FatalKind::TooLongInQuote },
            None => Fatal { place: record.start, kind: FatalKind::TooLong },
        });
    }
    record.open_quote.map(|place| Fatal { place, kind: FatalKind::OpenQuote })
}

/// Where the quote opened that is open after the first `len` of these bytes, which begin a record. The byte
/// behind them is looked at: it may double the last one.
fn open_quote(bytes: &[u8], len: usize, dialect: Dialect) -> Option<usize> {
    let quote = dialect.quote?;
    let mut opened = None;
    let mut place = 0;
    while place < len {
        let starts_field = place == 0 || bytes[place - 1] == dialect.delimiter;
        match opened {
            None if bytes[place] == quote && starts_field => opened = Some(place),
            Some(_) if bytes[place] == quote && bytes.get(place + 1) == Some(&quote) => place += 1,
            Some(_) if bytes[place] == quote => opened = None,
            _ => {}
        }
        place += 1;
    }
    opened
}

impl Fatal {
    /// The error it means, at its place.
    pub(crate) fn error(&self, place: Place, max_record: usize) -> Error {
        const MEND: &str = "if quotes mean nothing in this file, use --no-quoting";
        let error = |text: String| Error::new(ErrorKind::Malformed, text).at(place);
        match self.kind {
            FatalKind::OpenQuote => error("the quote that opens here never closes".to_owned()).hint(MEND),
            FatalKind::TooLong => error(format!("the record that begins here is longer than {max_record} bytes"))
                .hint("if that is right, allow it with --max-record-bytes"),
            FatalKind::TooLongInQuote => {
                error(format!("the quote that opens here makes the record longer than {max_record} bytes"))
                    .hint(format!("{MEND}; if the record is right, allow it with --max-record-bytes"))
            }
        }
    }
}

#[cfg(test)]
#[path = "records_tests.rs"]
mod tests;
