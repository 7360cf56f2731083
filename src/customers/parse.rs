//! A chunk of customers → what the table needs to know of them (see [`super::build_side`]).

use super::batch::{AgeStatus, CustomerBatch, NewCustomer};
use super::entry::Shape;
use crate::input::cursor::{Next, RecordCursor};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Form, Record};
use crate::input::record_fault::record_fault;
use crate::input::structural_index::StructuralIndex;
use crate::model::age_group::{Age, AgeGroups, GroupId};
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::reject::Reject;
use ahash::RandomState;
use std::ops::Range;

/// What a worker keeps from chunk to chunk.
#[derive(Debug, Default)]
pub(crate) struct ParseScratch {
    index: StructuralIndex,
    fields: Vec<Field>,
    name: Vec<u8>,
}

/// Prepares customers; a pure function of a chunk.
///
/// A line with regular quoting at most, no bare CR and the right number of fields takes the fast path; everything else
/// is read by the exact automaton.
#[derive(Debug)]
pub(crate) struct CustomerParser<'a> {
    dialect: Dialect,
    columns: CustomerColumns,
    groups: &'a AgeGroups,
    hasher: RandomState,
    max_record: usize,
    /// Keep what rows end with; without rows nobody reads it.
    pub(crate) tails: bool,
}

impl<'a> CustomerParser<'a> {
    pub(crate) fn new(
        dialect: Dialect,
        columns: CustomerColumns,
        groups: &'a AgeGroups,
        hasher: RandomState,
        max_record: usize,
    ) -> Self {
        Self { dialect, columns, groups, hasher, max_record, tails: true }
    }

    /// Parses every record of a chunk.
    pub(crate) fn parse(&self, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
        self.start(bytes, scratch, out);
        let ParseScratch { index, name, .. } = scratch;
        let mut cursor = RecordCursor::default();
        loop {
            while let Some(record) = cursor.plain(bytes, index.view(), self.columns.count) {
                let line = cursor.line(index.view(), record.start);
                if !self.plain_record(bytes, record, line, name, out) {
                    break;
                }
                cursor.advance(index.view());
            }
            if !self.slow_record(bytes, &mut cursor, index, &mut scratch.fields, name, out) {
                return;
            }
        }
    }

    /// Prepares the buffers for a chunk and indexes it.
    fn start(&self, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
        out.clear();
        scratch.index.find(bytes, self.dialect);
        out.lines = scratch.index.line_feeds();
    }

    /// The slow path: one record or blank line of any form; `false` at the end of the chunk and for a fatal record.
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
            Some(Next::Record(record, line)) => {
                out.records += 1;
                match record_fault(&record, fields, self.columns.count) {
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

    /// The fast path: accepts a plain record; `false` if it needs the slow path.
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
        // Without any of these, the others tell whether it is a record at all.
        if key.len() + first.len() + last.len() + age.len() == 0 || end - start > self.max_record {
            return false;
        }
        out.records += 1;
        // Two fields without a quote make a name without one, unless the blank between them delimits or quotes.
        let without = |names: [&Range<usize>; 2]| {
            let quote = record.quote.unwrap_or_default();
            names.iter().all(|name| memchr::memchr(quote, &bytes[name.start.saturating_sub(1)..name.end]).is_none())
        };
        let bare = self.dialect.delimiter != b' '
            && self.dialect.quote != Some(b' ')
            && (record.quote.is_none() || without([&first, &last]));
        let hashed = Key::at(bytes, key.start, key.len(), &self.hasher);
        let key = range(record.field(columns.key));
        let accepted = Accepted { record: start..end, line, doubled: false, key, hashed };
        match accepted.full_name(columns, &first, &last).filter(|_| bare) {
            Some(name) => self.accept(bytes, &accepted, age, name, &[], out),
            None => self.accept_named(bytes, &accepted, age, [&bytes[first], &bytes[last]], name, out),
        }
        true
    }

    /// Accepts a well-formed record.
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
        let key = fields[self.columns.key];
        let accepted = Accepted {
            record: record.start as usize..record.end as usize,
            line,
            doubled: key.form == Form::Doubled,
            key: key.start as usize..key.end as usize,
            hashed: Key::new(&value(self.columns.key), &self.hasher),
        };
        let names = [self.columns.first_name, self.columns.last_name].map(value);
        self.accept_named(bytes, &accepted, &value(self.columns.age), [&names[0], &names[1]], name, out);
    }

    /// Adds a customer whose full name must be written behind the fields: first name, one blank, last name; one of them
    /// empty: the other alone.
    #[inline(never)]
    fn accept_named(
        &self,
        bytes: &[u8],
        accepted: &Accepted,
        age: &[u8],
        [first, last]: [&[u8]; 2],
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        let blank: &[u8] = if first.is_empty() || last.is_empty() { b"" } else { b" " };
        let whole = [first, blank, last].concat();
        name.clear();
        self.dialect.write_field(&whole, name);
        let place = Name { start: accepted.fields_len(), len: name.len(), blank_at: 0 };
        self.accept(bytes, accepted, age, place, name, out);
    }

    /// Adds a customer and the entry: `name` is where the full name stands, `written` what follows the fields.
    #[inline(always)]
    fn accept(
        &self,
        bytes: &[u8],
        accepted: &Accepted,
        age: &[u8],
        name: Name,
        written: &[u8],
        out: &mut CustomerBatch,
    ) {
        let Accepted { record, key, line, hashed, doubled } = accepted.clone();
        let (group, age) = self.place(age);
        let entries = &mut out.entries;
        let entry = entries.len() as u32;
        // All below 2³²: a record has at most 512 MiB, and a name at most the record and twice both names.
        let key_len = key.len() as u32;
        if self.tails {
            let Name { start, len, blank_at } = name;
            let (name_start, name_len, blank_at) = (start as u32, len as u32, blank_at as u32);
            let fields_len = accepted.fields_len() as u32;
            Shape { key_len, fields_len, name_start, name_len, blank_at }.write(line, doubled, entries);
            entries.extend_from_slice(&bytes[key.clone()]);
            if key.start > record.start {
                entries.push(self.dialect.delimiter);
                entries.extend_from_slice(&bytes[record.start..key.start - 1]);
            }
            entries.extend_from_slice(&bytes[key.end..record.end]);
            entries.extend_from_slice(written);
        } else {
            Shape { key_len, ..Shape::default() }.write(line, doubled, entries);
            entries.extend_from_slice(&bytes[key.clone()]);
        }
        let (start, end, key_start) = (record.start as u32, record.end as u32, key.start as u32);
        out.customers.push(NewCustomer { key: hashed, entry, start, end, key_start, line, group, age });
    }

    /// The group of an age, and what the age counts as.
    #[inline(always)]
    fn place(&self, age: &[u8]) -> (GroupId, AgeStatus) {
        match self.groups.read(age) {
            Age::In(group) => (group, AgeStatus::Valid),
            Age::Missing => (self.groups.unknown(), AgeStatus::Missing),
            Age::Invalid => (self.groups.unknown(), AgeStatus::Invalid),
        }
    }
}

/// An accepted record, in the chunk.
#[derive(Clone, Debug)]
struct Accepted {
    /// Its line ending not counted.
    record: Range<usize>,
    /// The key's exact bytes.
    key: Range<usize>,
    /// Its value, hashed.
    hashed: Key,
    line: u32,
    /// Quotes are doubled in the key.
    doubled: bool,
}

/// Where a full name stands in an entry, from the fields' first byte.
#[derive(Clone, Copy, Debug)]
struct Name {
    start: usize,
    len: usize,
    /// Where in it a blank takes the place of a delimiter; 0 where none does.
    blank_at: usize,
}

impl Accepted {
    /// Bytes of the fields but the key, each with the delimiter before it.
    #[inline(always)]
    fn fields_len(&self) -> usize {
        self.key.start - self.record.start + self.record.end - self.key.end
    }

    /// Where the full name stands among the fields, where it stands there in one piece: both names side by side, or
    /// one of them alone.
    #[inline(always)]
    fn full_name(&self, columns: &CustomerColumns, first: &Range<usize>, last: &Range<usize>) -> Option<Name> {
        if columns.first_name == columns.key || columns.last_name == columns.key {
            return None;
        }
        // In the entry the fields behind the key follow those before it.
        let place = |field: &Range<usize>| match field.start < self.key.start {
            true => field.start + 1 - self.record.start,
            false => field.start - self.key.end + self.key.start - self.record.start,
        };
        let (start, behind) = (place(first), place(last));
        match (first.len(), last.len()) {
            (0, len) => Some(Name { start: behind, len, blank_at: 0 }),
            (len, 0) => Some(Name { start, len, blank_at: 0 }),
            (blank_at, len) if start + blank_at + 1 == behind => {
                Some(Name { start, len: blank_at + 1 + len, blank_at })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
