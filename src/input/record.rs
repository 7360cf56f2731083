//! The slow path: parses the fields of one record with the automaton of RFC 4180 and the rules of
//! docs/contract.md#records.
//!
//! The hot loops use [`super::plain_record`] for plain records and this module for all others.

use super::plain_record::PlainRecord;
use super::structural_index::{SLOW_PATH, StructuralIndex};
use crate::model::dialect::{Dialect, undouble};
use std::borrow::Cow;

/// One field: the range of its bytes in the chunk, enclosing quotes included, and its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The offset of the first byte in the chunk.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
    /// The number of blanks at the start that do not belong to the value.
    pub(crate) blanks: u32,
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
    pub fn raw<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    /// The value: without enclosing quotes, and with doubled quotes reduced to single ones.
    #[inline]
    pub fn value<'b>(&self, bytes: &'b [u8], dialect: Dialect) -> Cow<'b, [u8]> {
        let raw = &self.raw(bytes)[self.blanks as usize..];
        match (self.form, dialect.quote) {
            (Form::Quoted, _) => Cow::Borrowed(&raw[1..raw.len() - 1]),
            (Form::Doubled, Some(quote)) => Cow::Owned(undouble(&raw[1..raw.len() - 1], quote)),
            _ => Cow::Borrowed(raw),
        }
    }

    /// The range of the value in the chunk; for [`Form::Doubled`], quotes in it are still doubled.
    #[inline]
    pub(crate) fn value_range(&self) -> (u32, u32) {
        let quote = u32::from(self.form != Form::Plain);
        (self.start + self.blanks + quote, self.end - quote)
    }

    /// Whether the value is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.end - self.start - self.blanks == if self.form == Form::Plain { 0 } else { 2 }
    }
}

/// Malformations of a record: the offset in the chunk of the first of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// Text after a closing quote.
    pub after_quote: Option<u32>,
    /// A CR outside quotes that no LF follows.
    pub bare_cr: Option<u32>,
}

/// One record or blank line. All positions are offsets in the chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// The first byte.
    pub start: u32,
    /// One past the last byte, without the line ending.
    pub end: u32,
    /// Its malformations.
    pub flaws: Flaws,
    /// The opening quote, if it never closes in this chunk.
    pub(crate) open_quote: Option<u32>,
}

impl Record {
    /// Whether this is a comment, which is not a record. `bytes` are those of the chunk.
    #[inline]
    pub(crate) fn is_comment(&self, bytes: &[u8], dialect: Dialect) -> bool {
        is_comment(bytes, self.start as usize, dialect)
    }

    /// Whether the record has no malformation and no open quote.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.flaws == Flaws::default() && self.open_quote.is_none()
    }

    /// Whether this is a blank line, which is not a record.
    pub(crate) fn is_blank(&self) -> bool {
        self.start == self.end && self.open_quote.is_none()
    }
}

/// Parses the record that is entry `record` of the index's `lines` and begins after entry `before` of its `positions`.
/// Fills `fields` with at least one field.
pub(super) fn parse_indexed(
    bytes: &[u8],
    index: &StructuralIndex,
    before: usize,
    record: usize,
    dialect: Dialect,
    fields: &mut Vec<Field>,
) -> Record {
    let last = index.lines[record];
    let start = index.positions[before].wrapping_add(1);
    if last & SLOW_PATH != 0 {
        let record = parse_record(bytes, start as usize, dialect, fields);
        debug_assert!(
            index.positions[(last & !SLOW_PATH) as usize].wrapping_sub(record.end) < 2,
            "the structural index has another record end"
        );
        return record;
    }
    let plain = PlainRecord::new(bytes, index.view(), before, last as usize - before);
    fields.clear();
    fields.extend((0..plain.count()).map(|column| {
        let (start, end) = plain.field(column);
        Field { start, end, blanks: 0, form: if plain.is_quoted(column) { Form::Quoted } else { Form::Plain } }
    }));
    Record { start, end: plain.end, flaws: Flaws::default(), open_quote: None }
}

/// Parses the record that begins at offset `start`, without an index. Fills `fields` with at least one field.
pub(crate) fn parse_record(bytes: &[u8], start: usize, dialect: Dialect, fields: &mut Vec<Field>) -> Record {
    fields.clear();
    let mut flaws = Flaws::default();
    let record = |end, flaws, open_quote| Record { start: start as u32, end, flaws, open_quote };
    if is_comment(bytes, start, dialect) {
        let line = &bytes[start..];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        let end = (start + line.strip_suffix(b"\r").unwrap_or(line).len()) as u32;
        fields.push(Field { start: start as u32, end, blanks: 0, form: Form::Plain });
        return record(end, flaws, None);
    }
    let mut field_start = start;
    loop {
        let mut form = Form::Plain;
        let blanks = dialect.initial_blanks(&bytes[field_start..]);
        let mut at = field_start + blanks;
        let blanks = blanks as u32;
        if let Some(quote) = dialect.quote
            && bytes.get(at) == Some(&quote)
        {
            let Some((after, doubled)) = after_closing_quote(bytes, at + 1, quote) else {
                let end = bytes.len() as u32;
                fields.push(Field { start: field_start as u32, end, blanks, form });
                return record(end, flaws, Some(field_start as u32 + blanks));
            };
            at = after;
            let ended = match bytes[at..] {
                [] | [b'\n', ..] | [b'\r', b'\n', ..] => true,
                [byte, ..] => byte == dialect.delimiter,
            };
            match (ended, doubled) {
                (true, false) => form = Form::Quoted,
                (true, true) => form = Form::Doubled,
                (false, _) => _ = flaws.after_quote.get_or_insert(at as u32),
            }
        }
        // An unquoted field: a quote is an ordinary byte.
        let (end, delimiter) = loop {
            at += memchr::memchr3(dialect.delimiter, b'\n', b'\r', &bytes[at..]).unwrap_or(bytes.len() - at);
            match bytes[at..] {
                [b'\r', b'\n', ..] | [b'\n', ..] | [] => break (at as u32, false),
                [b'\r', ..] => _ = flaws.bare_cr.get_or_insert(at as u32),
                _ => break (at as u32, true),
            }
            at += 1;
        };
        fields.push(Field { start: field_start as u32, end, blanks, form });
        if !delimiter {
            return record(end, flaws, None);
        }
        field_start = at + 1;
    }
}

/// Whether a comment begins at offset `start`, which must be the start of a record.
#[inline]
fn is_comment(bytes: &[u8], start: usize, dialect: Dialect) -> bool {
    dialect.comment.is_some_and(|comment| bytes.get(start) == Some(&comment))
}

/// The offset after the quote that closes the quoted region at offset `at`, and whether doubled quotes precede it;
/// `None` if the quote never closes.
fn after_closing_quote(bytes: &[u8], mut at: usize, quote: u8) -> Option<(usize, bool)> {
    let mut doubled = false;
    loop {
        at += memchr::memchr(quote, &bytes[at..])? + 1;
        if bytes.get(at) != Some(&quote) {
            return Some((at, doubled));
        }
        doubled = true;
        at += 1;
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
