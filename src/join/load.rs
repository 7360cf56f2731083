//! A chunk of customers → entries ready to be stored (see [`super::customers`]).

use super::entry;
use super::key::Key;
use super::layout::CustomerColumns;
use super::reason::{Reason, Reject, judge};
use crate::age::{Age, AgeGroups, GroupId};
use crate::dialect::Dialect;
use crate::input::marks::Marks;
use crate::input::records::{Fatal, Field, fatal, read_record};
use ahash::RandomState;

/// What the age of a new customer counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewAge {
    Valid,
    Missing,
    Invalid,
}

/// A customer without a fault of its own; whether its key is taken is seen when it is stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewCustomer {
    pub(crate) key: Key,
    /// Where its entry begins in [`Loaded::entries`].
    pub(crate) entry: u32,
    /// Lines of the chunk before the record.
    pub(crate) line: u32,
    pub(crate) group: GroupId,
    pub(crate) age: NewAge,
    /// What would be rejected if its key is taken.
    pub(crate) record: Reject,
}

/// What one chunk of customers gives.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) entries: Vec<u8>,
    pub(crate) customers: Vec<NewCustomer>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) fatal: Option<Fatal>,
    pub(crate) records: u64,
    pub(crate) blank_lines: u64,
    /// LFs in the chunk.
    pub(crate) lines: u64,
}

impl Loaded {
    fn clear(&mut self) {
        self.entries.clear();
        self.customers.clear();
        self.rejects.clear();
        self.fatal = None;
        (self.records, self.blank_lines, self.lines) = (0, 0, 0);
    }
}

/// What a worker keeps from chunk to chunk.
#[derive(Debug, Default)]
pub(crate) struct LoadScratch {
    marks: Marks,
    fields: Vec<Field>,
    name: Vec<u8>,
}

/// Prepares customers; a pure function of a chunk.
#[derive(Debug)]
pub(crate) struct Loader<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) columns: CustomerColumns,
    pub(crate) groups: &'a AgeGroups,
    pub(crate) hasher: RandomState,
    pub(crate) max_record: usize,
    /// The groups' names as fields, by number.
    pub(crate) group_fields: Vec<Vec<u8>>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(
        dialect: Dialect,
        columns: CustomerColumns,
        groups: &'a AgeGroups,
        hasher: RandomState,
        max_record: usize,
    ) -> Self {
        let field = |name: &str| {
            let mut field = Vec::new();
            dialect.write_field(name.as_bytes(), &mut field);
            field
        };
        let group_fields = groups.names().map(field).collect();
        Self { dialect, columns, groups, hasher, max_record, group_fields }
    }

    /// Reads every record of a chunk.
    pub(crate) fn load(&self, bytes: &[u8], scratch: &mut LoadScratch, out: &mut Loaded) {
        out.clear();
        let LoadScratch { marks, fields, name } = scratch;
        marks.find(bytes, self.dialect);
        out.lines = marks.line_feeds(bytes);
        let (mut before, mut line) = (0, 0);
        while line < marks.lines.len() {
            let record = read_record(bytes, marks, before, line, self.dialect, fields);
            let at_line = line as u32;
            (before, line) = (record.last_mark, record.next_line);
            if record.is_blank() {
                out.blank_lines += 1;
                continue;
            }
            if let Some(fatal) = fatal(bytes, &record, self.max_record, self.dialect) {
                out.fatal = Some(fatal);
                return;
            }
            out.records += 1;
            let place = Reject {
                start: record.start,
                end: record.end,
                line: at_line,
                fault: record.start,
                reason: Reason::Duplicate { first_line: 0 },
            };
            match judge(&record, fields, self.columns.count) {
                Some((reason, fault)) => out.rejects.push(Reject { reason, fault, ..place }),
                None => {
                    let fault = fields[self.columns.key].start;
                    self.accept(bytes, fields, name, Reject { fault, ..place }, out);
                }
            }
        }
    }

    /// Writes the entry of a record whose form is right.
    fn accept(&self, bytes: &[u8], fields: &[Field], name: &mut Vec<u8>, record: Reject, out: &mut Loaded) {
        let value = |column: usize| fields[column].value(bytes, self.dialect);
        let key_field = &fields[self.columns.key];
        let key = Key::new(&key_field.value(bytes, self.dialect), &self.hasher);
        let (group, age) = match self.groups.read(&value(self.columns.age)) {
            Age::In(group) => (group, NewAge::Valid),
            Age::Missing => (self.groups.unknown(), NewAge::Missing),
            Age::Invalid => (self.groups.unknown(), NewAge::Invalid),
        };
        let entries = &mut out.entries;
        let at = entry::begin(entries);
        // The fields around the key are one run each, delimiters included.
        let delimiter = self.dialect.delimiter;
        let mut run = |from: usize, to: usize| {
            if from < to {
                entries.push(delimiter);
                entries.extend_from_slice(&bytes[fields[from].start as usize..fields[to - 1].end as usize]);
            }
        };
        run(0, self.columns.key);
        run(self.columns.key + 1, fields.len());
        entries.push(delimiter);
        full_name(&value(self.columns.first_name), &value(self.columns.last_name), name);
        self.dialect.write_field(name, entries);
        entries.push(delimiter);
        entries.extend_from_slice(&self.group_fields[usize::from(group)]);
        entries.push(b'\n');
        entry::end(entries, at, key_field.raw(bytes));
        let line = record.line;
        out.customers.push(NewCustomer { key, entry: at as u32, line, group, age, record });
    }
}

/// First name, one blank, last name; one of them empty: the other alone.
fn full_name(first: &[u8], last: &[u8], name: &mut Vec<u8>) {
    name.clear();
    name.extend_from_slice(first);
    if !first.is_empty() && !last.is_empty() {
        name.push(b' ');
    }
    name.extend_from_slice(last);
}
