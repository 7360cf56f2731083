//! Makes the entries of accepted customers. Usually the bytes of a record are copied into its entry
//! ([`AcceptedRecord`]); if they cannot be, its fields are written one by one ([`EntryRewriter`]).

use super::accepted_record::{AcceptedRecord, NameRange};
use super::batch::{AgeStatus, CustomerBatch, ParsedCustomer};
use super::entry::Shape;
use super::entry_rewriter::{EntryRewriter, full_name};
use crate::input::arranged_fields::ArrangedFields;
use crate::input::record::Record;
use crate::model::age_group::{Age, AgeGroups, GroupId};
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::mode::Mode;
use ahash::RandomState;

/// Makes entries.
#[derive(Debug)]
pub(super) struct EntryMaker<'a> {
    /// The dialect of the file.
    pub(super) dialect: Dialect,
    /// Writes entries in the dialect of the combined data.
    pub(super) rewriter: EntryRewriter,
    /// The columns of the first file.
    pub(super) columns: CustomerColumns,
    pub(super) groups: &'a AgeGroups,
    pub(super) hasher: RandomState,
    pub(super) mode: Mode,
}

impl EntryMaker<'_> {
    /// Accepts a well-formed record that the automaton has parsed.
    pub(super) fn accept_parsed(
        &self,
        bytes: &[u8],
        fields: &ArrangedFields<'_>,
        record: &Record,
        line: u32,
        name: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        if !self.rewriter.copies() || fields.contiguous_end() != Some(record.end) {
            return self.accept_rewritten(bytes, fields, record, line, name, out);
        }
        let value = |column: usize| fields.get(column).value(bytes, self.dialect);
        let key = fields.get(self.columns.key);
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

    /// Accepts a record that cannot be copied: its fields are written one by one.
    fn accept_rewritten(
        &self,
        bytes: &[u8],
        fields: &ArrangedFields<'_>,
        record: &Record,
        line: u32,
        rewritten: &mut Vec<u8>,
        out: &mut CustomerBatch,
    ) {
        let columns = &self.columns;
        rewritten.clear();
        let (shape, escaped) = self.rewriter.write(bytes, fields, columns, self.mode, rewritten);
        let entry = out.entries.len() as u32;
        shape.write(line, escaped, &mut out.entries);
        out.entries.extend_from_slice(rewritten);
        let key = fields.get(columns.key);
        let value = |column: usize| fields.get(column).value(bytes, self.dialect);
        let (group, age) = self.classify_age(&value(columns.age));
        let (start, end, key_start) = (record.start, record.end, key.start);
        let key = Key::new(&value(columns.key), &self.hasher);
        out.customers.push(ParsedCustomer { key, entry, start, end, key_start, line, group, age });
    }

    /// Adds a customer whose full name must be appended to the fields.
    #[inline(never)]
    pub(super) fn accept_with_name(
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
    pub(super) fn accept(
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
