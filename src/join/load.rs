//! A chunk of customers → entries ready to be stored (see [`super::customers`]).

use super::entry;
use super::key::Key;
use super::layout::CustomerColumns;
use super::reason::{Reason, Reject, judge};
use crate::age::{Age, AgeGroups, GroupId};
use crate::dialect::Dialect;
use crate::input::marks::{Marks, SPECIAL};
use crate::input::plain::Plain;
use crate::input::records::{Fatal, Field, fatal, read_line};
use ahash::RandomState;

/// What the age of a new customer counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NewAge {
    Valid,
    Missing,
    Invalid,
}

/// A customer without a fault of its own; whether its key is taken is seen when it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Debug, Default, PartialEq, Eq)]
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
///
/// A line with regular quoting at most, no bare CR and the right number of fields takes the fast path; everything else
/// is read by the exact automaton.
#[derive(Debug)]
pub(crate) struct Loader<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) columns: CustomerColumns,
    pub(crate) groups: &'a AgeGroups,
    pub(crate) hasher: RandomState,
    pub(crate) max_record: usize,
    /// The groups' names as fields, by number.
    group_fields: Vec<Vec<u8>>,
    /// Keep what rows end with; without rows nobody reads it.
    pub(crate) tails: bool,
    /// Send every line the exact way: the oracle of the fast one.
    pub(crate) exact_only: bool,
}

/// What an accepted record gives to its entry.
struct Accepted<'b> {
    key: Key,
    /// The key's exact bytes.
    raw_key: &'b [u8],
    /// The fields around the key are one run each, delimiters included.
    runs: [Option<&'b [u8]>; 2],
    age: Age,
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
        Self { dialect, columns, groups, hasher, max_record, group_fields, tails: true, exact_only: false }
    }

    /// Reads every record of a chunk.
    pub(crate) fn load(&self, bytes: &[u8], scratch: &mut LoadScratch, out: &mut Loaded) {
        out.clear();
        let LoadScratch { marks, fields, name } = scratch;
        marks.find(bytes, self.dialect);
        out.lines = marks.line_feeds();
        let plain_fields = if self.exact_only { u32::MAX } else { self.columns.count as u32 };
        let mut before = 0;
        for line in 0..marks.lines.len() {
            let mark = marks.lines[line];
            let at = before;
            before = (mark & !SPECIAL) as usize;
            // The flag makes the difference huge, so a special line never looks plain.
            if mark.wrapping_sub(at as u32) == plain_fields && self.plain(bytes, marks, at, line, name, out) {
                continue;
            }
            let record = read_line(bytes, marks, at, line, self.dialect, fields);
            if record.is_blank() {
                out.blank_lines += 1;
                continue;
            }
            if let Some(fatal) = fatal(bytes, &record, self.max_record, self.dialect) {
                out.fatal = Some(fatal);
                return;
            }
            out.records += 1;
            let line = marks.lines_before(line, record.start);
            let place = taken(record.start, record.end, line, record.start);
            match judge(&record, fields, self.columns.count) {
                Some((reason, fault)) => out.rejects.push(Reject { reason, fault, ..place }),
                None => {
                    let fault = fields[self.columns.key].start;
                    self.exact(bytes, fields, name, Reject { fault, ..place }, out);
                }
            }
        }
    }

    /// A line whose fields stand between its marks; `false` where it needs the exact way.
    #[inline(always)]
    fn plain(
        &self,
        bytes: &[u8],
        marks: &mut Marks,
        before: usize,
        line: usize,
        name: &mut Vec<u8>,
        out: &mut Loaded,
    ) -> bool {
        let columns = &self.columns;
        let record = Plain::new(bytes, marks, before, columns.count);
        let Plain { start, end, .. } = record;
        let part = |(from, to): (u32, u32)| &bytes[from as usize..to as usize];
        let first = part(record.value(columns.first_name));
        let last = part(record.value(columns.last_name));
        let age = part(record.value(columns.age));
        let (key_start, key_end) = record.value(columns.key);
        let key_len = (key_end - key_start) as usize;
        // Without any of these, the others tell whether it is a record at all.
        if key_len + first.len() + last.len() + age.len() == 0 || (end - start) as usize > self.max_record {
            return false;
        }
        let raw_key = record.field(columns.key);
        let accepted = Accepted {
            key: Key::at(bytes, key_start as usize, key_len, &self.hasher),
            raw_key: part(raw_key),
            runs: [
                (columns.key > 0).then(|| part((start, raw_key.0 - 1))),
                (columns.key + 1 < columns.count).then(|| part((raw_key.1 + 1, end))),
            ],
            age: self.groups.read(age),
        };
        out.records += 1;
        // Two fields without a quote make a name without one, unless the blank between them delimits or quotes.
        let bare = marks.quote.is_none() && self.dialect.delimiter != b' ' && self.dialect.quote != Some(b' ');
        let record = taken(start, end, marks.lines_before(line, start), raw_key.0);
        let write_name = |entries: &mut Vec<u8>| {
            if bare {
                full_name(first, last, entries);
            } else {
                name.clear();
                full_name(first, last, name);
                self.dialect.write_field(name, entries);
            }
        };
        self.accept(&accepted, write_name, record, out);
        true
    }

    /// Any record whose form is right.
    fn exact(&self, bytes: &[u8], fields: &[Field], name: &mut Vec<u8>, record: Reject, out: &mut Loaded) {
        let value = |column: usize| fields[column].value(bytes, self.dialect);
        let run = |from: usize, to: usize| {
            (from < to).then(|| &bytes[fields[from].start as usize..fields[to - 1].end as usize])
        };
        let key = self.columns.key;
        let accepted = Accepted {
            key: Key::new(&value(key), &self.hasher),
            raw_key: fields[key].raw(bytes),
            runs: [run(0, key), run(key + 1, fields.len())],
            age: self.groups.read(&value(self.columns.age)),
        };
        let write_name = |entries: &mut Vec<u8>| {
            name.clear();
            full_name(&value(self.columns.first_name), &value(self.columns.last_name), name);
            self.dialect.write_field(name, entries);
        };
        self.accept(&accepted, write_name, record, out);
    }

    /// Writes the entry of a record.
    #[inline(always)]
    fn accept(&self, accepted: &Accepted<'_>, write_name: impl FnOnce(&mut Vec<u8>), record: Reject, out: &mut Loaded) {
        let (group, age) = match accepted.age {
            Age::In(group) => (group, NewAge::Valid),
            Age::Missing => (self.groups.unknown(), NewAge::Missing),
            Age::Invalid => (self.groups.unknown(), NewAge::Invalid),
        };
        let entries = &mut out.entries;
        let at = entry::begin(entries);
        if self.tails {
            let delimiter = self.dialect.delimiter;
            for run in accepted.runs.into_iter().flatten() {
                entries.push(delimiter);
                entries.extend_from_slice(run);
            }
            entries.push(delimiter);
            write_name(entries);
            entries.push(delimiter);
            entries.extend_from_slice(&self.group_fields[usize::from(group)]);
            entries.push(b'\n');
        }
        entry::end(entries, at, accepted.raw_key);
        out.customers.push(NewCustomer { key: accepted.key, entry: at as u32, line: record.line, group, age, record });
    }
}

/// What a record is rejected as where its key is taken.
fn taken(start: u32, end: u32, line: u32, fault: u32) -> Reject {
    Reject { start, end, line, fault, reason: Reason::Duplicate { first_line: 0 } }
}

/// Adds first name, one blank, last name; one of them empty: the other alone.
fn full_name(first: &[u8], last: &[u8], name: &mut Vec<u8>) {
    name.extend_from_slice(first);
    if !first.is_empty() && !last.is_empty() {
        name.push(b' ');
    }
    name.extend_from_slice(last);
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
