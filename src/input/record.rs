//! The slow path: parses the fields of one record with the automaton of RFC 4180 and the rules of
//! docs/contract.md#records.
//!
//! The hot loops use [`super::plain_record`] for plain records and this module for all others.

use super::plain_record::PlainRecord;
use super::structural_index::{SLOW_PATH, StructuralIndex};
use crate::model::dialect::{Dialect, decode, find_special};
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
    /// Not enclosed in quotes, with escapes inside.
    Escaped,
    /// Enclosed in quotes.
    Quoted,
    /// Enclosed in quotes, with doubled quotes or escapes inside.
    QuotedEscaped,
}

impl Form {
    /// Whether the value is not a slice of the field's bytes.
    #[inline]
    pub(crate) fn is_escaped(self) -> bool {
        matches!(self, Self::Escaped | Self::QuotedEscaped)
    }

    #[inline]
    fn is_quoted(self) -> bool {
        matches!(self, Self::Quoted | Self::QuotedEscaped)
    }
}

impl Field {
    /// The exact bytes.
    #[inline]
    pub fn raw<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.start as usize..self.end as usize]
    }

    /// The value: without enclosing quotes, with doubled quotes reduced to single ones, and without escape bytes.
    #[inline]
    pub fn value<'b>(&self, bytes: &'b [u8], dialect: Dialect) -> Cow<'b, [u8]> {
        let raw = &self.raw(bytes)[self.blanks as usize..];
        match self.form {
            Form::Plain => Cow::Borrowed(raw),
            Form::Escaped => decode(raw, None, dialect.escape),
            Form::Quoted => Cow::Borrowed(&raw[1..raw.len() - 1]),
            Form::QuotedEscaped => decode(&raw[1..raw.len() - 1], dialect.quote, dialect.escape),
        }
    }

    /// The range of the value in the chunk; if the form [is escaped](Form::is_escaped), the value still has to be
    /// decoded.
    #[inline]
    pub(crate) fn value_range(&self) -> (u32, u32) {
        let quote = u32::from(self.form.is_quoted());
        (self.start + self.blanks + quote, self.end - quote)
    }

    /// Whether the value is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.end - self.start - self.blanks == if self.form.is_quoted() { 2 } else { 0 }
    }
}

/// Malformations of a record: the offset in the chunk of the first of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flaws {
    /// Text after a closing quote.
    pub after_quote: Option<u32>,
    /// A CR outside quotes that no LF follows.
    pub bare_cr: Option<u32>,
    /// An escape byte at the end of the input.
    pub last_escape: Option<u32>,
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
            let Some((after, escaped)) = after_closing_quote(bytes, at + 1, quote, dialect.escape) else {
                let end = bytes.len() as u32;
                fields.push(Field { start: field_start as u32, end, blanks, form });
                return record(end, flaws, Some(field_start as u32 + blanks));
            };
            at = after;
            let ended = match bytes[at..] {
                [] | [b'\n', ..] | [b'\r', b'\n', ..] => true,
                [byte, ..] => byte == dialect.delimiter,
            };
            match (ended, escaped) {
                (true, false) => form = Form::Quoted,
                (true, true) => form = Form::QuotedEscaped,
                (false, _) => _ = flaws.after_quote.get_or_insert(at as u32),
            }
        }
        // An unquoted field: a quote is an ordinary byte.
        let (unquoted, mut escaped) = (at == field_start + blanks as usize, false);
        let (end, delimiter) = loop {
            at += unquoted_run(&bytes[at..], dialect);
            match bytes[at..] {
                [b'\r', b'\n', ..] | [b'\n', ..] | [] => break (at as u32, false),
                [b'\r', ..] => _ = flaws.bare_cr.get_or_insert(at as u32),
                [byte] if Some(byte) == dialect.escape => flaws.last_escape = Some(at as u32),
                [byte, _, ..] if Some(byte) == dialect.escape => {
                    escaped = true;
                    at += 1;
                }
                _ => break (at as u32, true),
            }
            at += 1;
        };
        if unquoted && escaped && !dialect.is_null_marker(&bytes[field_start + blanks as usize..end as usize]) {
            form = Form::Escaped;
        }
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

/// The number of bytes before the first that is special in an unquoted field.
#[inline]
fn unquoted_run(bytes: &[u8], dialect: Dialect) -> usize {
    let special = match dialect.escape {
        None => memchr::memchr3(dialect.delimiter, b'\n', b'\r', bytes),
        Some(escape) => {
            let is_special = |&byte: &u8| byte == dialect.delimiter || byte == escape || matches!(byte, b'\n' | b'\r');
            bytes.iter().position(is_special)
        }
    };
    special.unwrap_or(bytes.len())
}

/// The offset after the quote that closes the quoted region at offset `at`, and whether doubled quotes or escapes
/// precede it; `None` if the quote never closes.
fn after_closing_quote(bytes: &[u8], mut at: usize, quote: u8, escape: Option<u8>) -> Option<(usize, bool)> {
    let mut escaped = false;
    loop {
        let rest = bytes.get(at..)?;
        at += find_special(rest, Some(quote), escape)?;
        if bytes[at] == quote && bytes.get(at + 1) != Some(&quote) {
            return Some((at + 1, escaped));
        }
        // A doubled quote, or an escape byte and the byte after it.
        escaped = true;
        at += 2;
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
