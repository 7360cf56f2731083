//! The fields of one record: from its bytes by the automaton of the contract (docs/contract.md#records), or from its
//! marks where these say all.
//!
//! The hot loops over plain lines do not come here; whatever does not look plain does.

use super::plain_record::PlainRecord;
use super::structural_index::{SLOW_PATH, StructuralIndex};
use crate::model::dialect::{Dialect, undouble};
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

/// Reads the record that is `lines[line]` of the marks and begins after mark `before`. Its fields are put into
/// `fields`; there is always at least one.
pub(super) fn parse_indexed(
    bytes: &[u8],
    marks: &StructuralIndex,
    before: usize,
    line: usize,
    dialect: Dialect,
    fields: &mut Vec<Field>,
) -> Record {
    let mark = marks.lines[line];
    let start = marks.at[before].wrapping_add(1);
    if mark & SLOW_PATH != 0 {
        let record = parse_record(bytes, start as usize, dialect, fields);
        debug_assert!(
            marks.at[(mark & !SLOW_PATH) as usize].wrapping_sub(record.end) < 2,
            "the marks end a record elsewhere"
        );
        return record;
    }
    let plain = PlainRecord::new(bytes, marks.view(), before, mark as usize - before);
    fields.clear();
    fields.extend((0..plain.count()).map(|column| {
        let (start, end) = plain.field(column);
        Field { start, end, form: if plain.is_quoted(column) { Form::Quoted } else { Form::Plain } }
    }));
    Record { start, end: plain.end, flaws: Flaws::default(), open_quote: None }
}

/// Reads the record that begins at `start`, from its bytes alone. Its fields are put into `fields`; there is always at
/// least one.
pub(crate) fn parse_record(bytes: &[u8], start: usize, dialect: Dialect, fields: &mut Vec<Field>) -> Record {
    fields.clear();
    let mut flaws = Flaws::default();
    let record = |end, flaws, open_quote| Record { start: start as u32, end, flaws, open_quote };
    let mut field_start = start;
    loop {
        let mut form = Form::Plain;
        let mut place = field_start;
        if let Some(quote) = dialect.quote
            && bytes.get(place) == Some(&quote)
        {
            let Some((after, doubled)) = after_closing_quote(bytes, place + 1, quote) else {
                let end = bytes.len() as u32;
                fields.push(Field { start: field_start as u32, end, form });
                return record(end, flaws, Some(field_start as u32));
            };
            place = after;
            let ended = match bytes[place..] {
                [] | [b'\n', ..] | [b'\r', b'\n', ..] => true,
                [byte, ..] => byte == dialect.delimiter,
            };
            match (ended, doubled) {
                (true, false) => form = Form::Quoted,
                (true, true) => form = Form::Doubled,
                (false, _) => _ = flaws.after_quote.get_or_insert(place as u32),
            }
        }
        // Outside quotes: a quote is an ordinary byte.
        let (end, delimiter) = loop {
            place += memchr::memchr3(dialect.delimiter, b'\n', b'\r', &bytes[place..]).unwrap_or(bytes.len() - place);
            match bytes[place..] {
                [b'\r', b'\n', ..] | [b'\n', ..] | [] => break (place as u32, false),
                [b'\r', ..] => _ = flaws.bare_cr.get_or_insert(place as u32),
                _ => break (place as u32, true),
            }
            place += 1;
        };
        fields.push(Field { start: field_start as u32, end, form });
        if !delimiter {
            return record(end, flaws, None);
        }
        field_start = place + 1;
    }
}

/// Inside quotes at `place`: the place after the quote that closes them, and whether a doubled one stands before it.
fn after_closing_quote(bytes: &[u8], mut place: usize, quote: u8) -> Option<(usize, bool)> {
    let mut doubled = false;
    loop {
        place += memchr::memchr(quote, &bytes[place..])? + 1;
        if bytes.get(place) != Some(&quote) {
            return Some((place, doubled));
        }
        doubled = true;
        place += 1;
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
