//! Parses a chunk of customers into a [`CustomerBatch`]: a pure function, without I/O or locks.
//!
//! The fast path reads plain records from the structural index: regular quoting, no bare CR, the right number of
//! fields. Every other record takes the slow path, the exact automaton.

use super::batch::{AgeStatus, CustomerBatch, ParsedCustomer};
use super::entry::Shape;
use crate::input::cursor::{Next, RecordCursor};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Record};
use crate::input::record_fault::record_fault;
use crate::input::repeated_header::RepeatedHeader;
use crate::input::structural_index::StructuralIndex;
use crate::model::age_group::{Age, AgeGroups, GroupId};
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::mode::Mode;
use crate::model::reject::{DetailedReason, Reject};
use crate::model::sides::Sides;
use ahash::RandomState;
use std::ops::Range;

/// Buffers that a worker reuses from chunk to chunk.
#[derive(Debug, Default)]
pub struct ParseScratch {
    index: StructuralIndex,
    fields: Vec<Field>,
    /// A full name that must be appended to the fields, or all fields written in another dialect.
    name: Vec<u8>,
}

/// Parses chunks of customers.
#[derive(Debug)]
pub struct CustomerParser<'a> {
    dialect: Dialect,
    /// The dialect of the entries, which is that of the combined data.
    entry_dialect: Dialect,
    /// The number of fields of a record on the fast path. 0, which no record has, if every record takes the slow path,
    /// because its fields are written in another dialect, or the dialect is not plain.
    plain_count: usize,
    columns: CustomerColumns,
    header: RepeatedHeader<'a>,
    groups: &'a AgeGroups,
    hasher: RandomState,
    /// Longest record accepted, in bytes without the line ending.
    max_record: usize,
    mode: Mode,
}

impl<'a> CustomerParser<'a> {
    /// The entries are written in the dialect of the purchases.
    pub fn new(
        dialects: Sides<Dialect>,
        columns: CustomerColumns,
        groups: &'a AgeGroups,
        hasher: RandomState,
        max_record: usize,
        mode: Mode,
    ) -> Self {
        let (dialect, entry_dialect) = (dialects.customers, dialects.purchases.without_comments());
        let plain_count = if dialect == entry_dialect && dialect.is_plain() { columns.count } else { 0 };
        let header = RepeatedHeader::default();
        Self { dialect, entry_dialect, plain_count, columns, header, groups, hasher, max_record, mode }
    }

    /// Rejects records that repeat this header.
    pub fn with_header(self, header: RepeatedHeader<'a>) -> Self {
        Self { header, ..self }
    }

    /// Parses every record of a chunk.
    pub fn parse(&self, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
        self.start(bytes, scratch, out);
        let ParseScratch { index, name, .. } = scratch;
        let mut cursor = RecordCursor::default();
        loop {
            while let Some(record) = cursor.plain(bytes, index.view(), self.plain_count) {
                let line = cursor.line(index.view(), record.start);
                if !self.plain_record(bytes, record, line, name, out) {
                    break;
                }
                cursor.advance_plain(self.plain_count);
            }
            if !self.slow_record(bytes, &mut cursor, index, &mut scratch.fields, name, out) {
                return;
            }
        }
    }

    /// Clears the buffers and indexes the chunk.
    fn start(&self, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
        out.clear();
        scratch.index.find(bytes, self.dialect);
        out.lines = scratch.index.line_feeds();
    }

    /// The slow path: reads one record or blank line of any form. Returns `false` at the end of the chunk and at a
    /// fatal record.
    fn slow_record(
        &self,
        bytes: &[u8],
        cursor: &mut RecordCursor,
        index: &StructuralIndex,
        fields: &mut Vec<Field>,
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) -> bool {
        match cursor.next(bytes, index, self.dialect, self.max_record, fields) {
            None => return false,
            Some(Next::Fatal(fatal)) => {
                out.fatal = Some(fatal);
                return false;
            }
            Some(Next::BlankLine) => out.blank_lines += 1,
            Some(Next::Comment) => out.comments += 1,
            Some(Next::Record(record, line)) => {
                out.records += 1;
                let fault = record_fault(bytes, &record, fields, self.dialect, self.columns.count, self.header);
                match fault.or_else(|| self.unwritable(bytes, fields)) {
                    Some((reason, fault)) => {
                        let Record { start, end, .. } = record;
                        out.rejects.push(Reject { start, end, line, fault, reason });
                    }
                    None => self.accept_parsed(bytes, fields, &record, line, name, out),
                }
            }
        }
        true
    }

    /// The fault of a record with a value that the dialect of the entries cannot express, and its offset in the chunk.
    fn unwritable(&self, bytes: &[u8], fields: &[Field]) -> Option<(DetailedReason, u32)> {
        if self.dialect.writes_like(self.entry_dialect) {
            return None;
        }
        let field = fields.iter().find(|field| !self.entry_dialect.can_write(&field.value(bytes, self.dialect)))?;
        Some((DetailedReason::CannotBeWritten, field.start))
    }

    /// The fast path: accepts a plain record. Returns `false` if it needs the slow path.
    #[inline(always)]
    fn plain_record(
        &self,
        bytes: &[u8],
        record: PlainRecord<'_>,
        line: u32,
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) -> bool {
        let columns = &self.columns;
        let range = |(from, to): (u32, u32)| from as usize..to as usize;
        let value = |column: usize| range(record.value(column));
        let (start, end) = (record.start as usize, record.end as usize);
        let (first, last) = (value(columns.first_name), value(columns.last_name));
        let (key, age) = (value(columns.key), &bytes[value(columns.age)]);
        // If these four fields are empty, the whole record may be; the slow path decides.
        if key.len() + first.len() + last.len() + age.len() == 0 || end - start > self.max_record {
            return false;
        }
        // The record may repeat the header; the slow path decides.
        if self.header.name(columns.key).is_some_and(|name| *name == bytes[key.clone()]) {
            return false;
        }
        out.records += 1;
        // If neither name contains a quote, the full name needs no quoting, unless a space is the delimiter or the
        // quote.
        let without_quote = |names: [&Range<usize>; 2]| {
            let quote = record.quote.unwrap_or_default();
            names.iter().all(|name| memchr::memchr(quote, &bytes[name.start.saturating_sub(1)..name.end]).is_none())
        };
        let unquoted = self.dialect.delimiter != b' '
            && self.dialect.quote != Some(b' ')
            && (record.quote.is_none() || without_quote([&first, &last]));
        let hashed_key = Key::at(bytes, key.start, key.len(), &self.hasher);
        let key = range(record.field(columns.key));
        let accepted = AcceptedRecord { record: start..end, line, escaped: false, key, hashed_key };
        match accepted.full_name(columns, &first, &last).filter(|_| unquoted) {
            Some(name) => self.accept(bytes, &accepted, age, name, &[], out),
            None => self.accept_with_name(bytes, &accepted, age, [&bytes[first], &bytes[last]], name, out),
        }
        true
    }

    /// Accepts a well-formed record that the automaton has parsed.
    fn accept_parsed(
        &self,
        bytes: &[u8],
        fields: &[Field],
        record: &Record,
        line: u32,
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        let value = |column: usize| fields[column].value(bytes, self.dialect);
        if !self.dialect.writes_like(self.entry_dialect) {
            return self.accept_rewritten(bytes, fields, record, line, name, out);
        }
        let key = fields[self.columns.key];
        let accepted = AcceptedRecord {
            record: record.start as usize..record.end as usize,
            line,
            escaped: key.form.is_escaped() || key.blanks > 0,
            key: key.start as usize..key.end as usize,
            hashed_key: Key::new(&value(self.columns.key), &self.hasher),
        };
        let names = [self.columns.first_name, self.columns.last_name].map(value);
        self.accept_with_name(bytes, &accepted, &value(self.columns.age), [&names[0], &names[1]], name, out);
    }

    /// Accepts a record whose dialect differs from that of the entries: the fields are written anew, quoted only if
    /// necessary.
    fn accept_rewritten(
        &self,
        bytes: &[u8],
        fields: &[Field],
        record: &Record,
        line: u32,
        rewritten: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        let CustomerColumns { key, first_name, last_name, age, .. } = self.columns;
        let value = |column: usize| fields[column].value(bytes, self.dialect);
        rewritten.clear();
        let key_value = value(key);
        self.entry_dialect.write_field(&key_value, rewritten);
        let key_len = rewritten.len();
        for column in (0..fields.len()).filter(|&column| column != key) {
            rewritten.push(self.entry_dialect.delimiter);
            self.entry_dialect.write_field(&value(column), rewritten);
        }
        let name_start = rewritten.len() - key_len;
        self.entry_dialect.write_field(&full_name([&value(first_name), &value(last_name)]), rewritten);
        let (group, age) = self.classify_age(&value(age));
        let entry = out.entries.len() as u32;
        // All lengths are below 2³²: a record has at most 512 MiB, and its fields take at most three times as many
        // bytes when they are quoted.
        let fields_len = name_start as u32;
        let name_len = (rewritten.len() - key_len - name_start) as u32;
        let key_len = key_len as u32;
        let escaped = !self.entry_dialect.is_slice(&key_value);
        if self.mode == Mode::Rows {
            let shape = Shape { key_len, fields_len, name_start: fields_len, name_len, space_at: 0 };
            shape.write(line, escaped, &mut out.entries);
            out.entries.extend_from_slice(rewritten);
        } else {
            Shape { key_len, ..Shape::default() }.write(line, escaped, &mut out.entries);
            out.entries.extend_from_slice(&rewritten[..key_len as usize]);
        }
        let key_start = fields[key].start;
        let (start, end, key) = (record.start, record.end, Key::new(&key_value, &self.hasher));
        out.customers.push(ParsedCustomer { key, entry, start, end, key_start, line, group, age });
    }

    /// Adds a customer whose full name must be appended to the fields.
    #[inline(never)]
    fn accept_with_name(
        &self,
        bytes: &[u8],
        accepted: &AcceptedRecord,
        age: &[u8],
        names: [&[u8]; 2],
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        name.clear();
        self.dialect.write_field(&full_name(names), name);
        let name_range = NameRange { start: accepted.fields_len(), len: name.len(), space_at: 0 };
        self.accept(bytes, accepted, age, name_range, name, out);
    }

    /// Adds a customer and its entry. `name` is the position of the full name in the entry; `appended` is written after
    /// the fields.
    #[inline(always)]
    fn accept(
        &self,
        bytes: &[u8],
        accepted: &AcceptedRecord,
        age: &[u8],
        name: NameRange,
        appended: &[u8],
        out: &mut CustomerBatch,
    ) {
        let AcceptedRecord { record, key, line, hashed_key, escaped } = accepted.clone();
        let (group, age) = self.classify_age(age);
        let entries = &mut out.entries;
        let entry = entries.len() as u32;
        // All lengths are below 2³²: a record has at most 512 MiB, and quoting at most doubles the names.
        let key_len = key.len() as u32;
        if self.mode == Mode::Rows {
            let NameRange { start, len, space_at } = name;
            let (name_start, name_len, space_at) = (start as u32, len as u32, space_at as u32);
            let fields_len = accepted.fields_len() as u32;
            Shape { key_len, fields_len, name_start, name_len, space_at }.write(line, escaped, entries);
            entries.extend_from_slice(&bytes[key.clone()]);
            if key.start > record.start {
                entries.push(self.dialect.delimiter);
                entries.extend_from_slice(&bytes[record.start..key.start - 1]);
            }
            entries.extend_from_slice(&bytes[key.end..record.end]);
            entries.extend_from_slice(appended);
        } else {
            Shape { key_len, ..Shape::default() }.write(line, escaped, entries);
            entries.extend_from_slice(&bytes[key.clone()]);
        }
        let (start, end, key_start) = (record.start as u32, record.end as u32, key.start as u32);
        out.customers.push(ParsedCustomer { key: hashed_key, entry, start, end, key_start, line, group, age });
    }

    /// The group of an age, and how the age counts in the report.
    #[inline(always)]
    fn classify_age(&self, age: &[u8]) -> (GroupId, AgeStatus) {
        match self.groups.read(age) {
            Age::In(group) => (group, AgeStatus::Valid),
            Age::Missing => (self.groups.unknown(), AgeStatus::Missing),
            Age::Invalid => (self.groups.unknown(), AgeStatus::Invalid),
        }
    }
}

/// The full name: first name, space, last name; if one of them is empty, the other.
fn full_name([first, last]: [&[u8]; 2]) -> Vec<u8> {
    let space: &[u8] = if first.is_empty() || last.is_empty() { b"" } else { b" " };
    [first, space, last].concat()
}

/// A record that becomes a customer. Ranges are offsets in the chunk.
#[derive(Clone, Debug)]
struct AcceptedRecord {
    /// Without the line ending.
    record: Range<usize>,
    /// The key's raw bytes.
    key: Range<usize>,
    hashed_key: Key,
    /// Lines of the chunk before the record.
    line: u32,
    /// Whether the key contains doubled quotes or escapes, or begins with blanks that do not belong to its value.
    escaped: bool,
}

/// The position of the full name in an entry, from the first byte of the fields.
#[derive(Clone, Copy, Debug)]
struct NameRange {
    start: usize,
    len: usize,
    /// Position in the name of the delimiter that a space replaces; 0 if none.
    space_at: usize,
}

impl AcceptedRecord {
    /// Length of the fields without the key, each with the delimiter before it, in bytes.
    #[inline(always)]
    fn fields_len(&self) -> usize {
        self.key.start - self.record.start + self.record.end - self.key.end
    }

    /// The position of the full name in the fields if it is contiguous there: both names are adjacent, or one of them
    /// is empty.
    #[inline(always)]
    fn full_name(&self, columns: &CustomerColumns, first: &Range<usize>, last: &Range<usize>) -> Option<NameRange> {
        if columns.first_name == columns.key || columns.last_name == columns.key {
            return None;
        }
        // In the entry, the fields after the key directly follow those before it.
        let position = |field: &Range<usize>| match field.start < self.key.start {
            true => field.start + 1 - self.record.start,
            false => field.start - self.key.end + self.key.start - self.record.start,
        };
        let (start, last_start) = (position(first), position(last));
        match (first.len(), last.len()) {
            (0, len) => Some(NameRange { start: last_start, len, space_at: 0 }),
            (len, 0) => Some(NameRange { start, len, space_at: 0 }),
            (space_at, len) if start + space_at + 1 == last_start => {
                Some(NameRange { start, len: space_at + 1 + len, space_at })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
