//! The join itself: a chunk of purchases → rows, totals and rejects. A pure function; no I/O, no locks.
//!
//! A line with regular quoting at most, no bare CR and the right number of fields takes the fast path; everything
//! else is read by the exact automaton. Rows are looked up a batch at a time, in steps, so that the cache
//! misses of the batch overlap: hash and ask for the slot, read the slot and ask for the tail, copy.

use super::amount::{self, Amount};
use super::customers::{Matched, Probe};
use super::joined::{Deferred, Joined};
use super::key::{Key, LONG};
use super::layout::PurchaseColumns;
use super::reason::{Reason, Reject, judge};
use super::rows::Rows;
use super::table::Found;
use crate::dialect::Dialect;
use crate::input::marks::{Marks, SPECIAL};
use crate::input::plain::Plain;
use crate::input::records::{Field, Form, Record, fatal, read_line};

/// Rows looked up together: enough to overlap their cache misses, few enough to stay in the first cache.
const BATCH: usize = 64;

/// What to do with rows, by kind of join and options.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Write rows at all.
    pub(crate) emit: bool,
    /// Keep purchases without a customer.
    pub(crate) keep_unmatched: bool,
    /// The group of purchases without a customer.
    pub(crate) unknown: usize,
    /// What the row of a purchase without a customer ends with, LF included.
    pub(crate) unmatched_tail: Vec<u8>,
}

/// Everything a worker needs to join any chunk.
#[derive(Debug)]
pub(crate) struct Kernel<'c> {
    pub(crate) dialect: Dialect,
    pub(crate) columns: PurchaseColumns,
    pub(crate) max_record: usize,
    pub(crate) probe: Probe<'c>,
    pub(crate) matched: &'c Matched,
    pub(crate) policy: Policy,
    /// Send every line the exact way: the oracle of the fast one.
    pub(crate) exact_only: bool,
}

/// What a worker keeps from chunk to chunk.
#[derive(Debug, Default)]
pub(crate) struct JoinScratch {
    marks: Marks,
    fields: Vec<Field>,
    batch: Vec<Row>,
    /// Values of keys that do not stand in the chunk as they are: long, with doubled quotes.
    values: Vec<u8>,
}

/// An accepted purchase on its way through a batch.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u32,
    end: u32,
    units: i128,
    key: Key,
    /// The key's value: in the chunk, or in the scratch's values.
    value_start: u32,
    value_len: u32,
    value_in_chunk: bool,
    found: Option<Found>,
}

impl Kernel<'_> {
    /// Joins every record of a chunk.
    pub(crate) fn join(&self, bytes: &[u8], scratch: &mut JoinScratch, out: &mut Joined) {
        out.clear();
        // A record that ends the run leaves a batch behind.
        scratch.batch.clear();
        scratch.values.clear();
        scratch.marks.find(bytes, self.dialect);
        out.counts.lines = scratch.marks.line_feeds();
        let plain_fields = if self.exact_only { u32::MAX } else { self.columns.count as u32 };
        let mut before = 0;
        for line in 0..scratch.marks.lines.len() {
            let mark = scratch.marks.lines[line];
            // The flag makes the difference huge, so a special line never looks plain.
            if mark.wrapping_sub(before as u32) == plain_fields {
                self.plain(bytes, scratch, before, line, out);
            } else {
                self.unplain(bytes, scratch, before, line, out);
            }
            if out.fatal.is_some() {
                return;
            }
            before = (mark & !SPECIAL) as usize;
            if scratch.batch.len() == BATCH {
                self.flush(bytes, scratch, out);
            }
        }
        self.flush(bytes, scratch, out);
        out.rows.sum_up();
    }

    /// A line whose fields stand between its marks.
    #[inline(always)]
    fn plain(&self, bytes: &[u8], scratch: &mut JoinScratch, before: usize, line: usize, out: &mut Joined) {
        let record = Plain::new(bytes, &scratch.marks, before, self.columns.count);
        let Plain { start, end, .. } = record;
        let (key_start, key_end) = record.value(self.columns.key);
        let (amount_start, amount_end) = record.value(self.columns.amount);
        let len = amount_end - amount_start;
        let short = amount::parse_short_at(bytes, amount_end as usize, len as usize);
        let Some((units, fraction)) = short.filter(|_| (end - start) as usize <= self.max_record) else {
            return self.unplain(bytes, scratch, before, line, out);
        };
        out.counts.records += 1;
        out.counts.key_missing += u64::from(key_start == key_end);
        out.totals.fraction = out.totals.fraction.max(fraction);
        let key = Key::at(bytes, key_start as usize, (key_end - key_start) as usize, self.probe.hasher);
        self.probe.slots.prefetch(key.hash);
        scratch.batch.push(Row {
            start,
            end,
            units,
            key,
            value_start: key_start,
            value_len: key_end - key_start,
            value_in_chunk: true,
            found: None,
        });
    }

    /// Any other line, and a plain one with an amount that is not short digits or too long.
    fn unplain(&self, bytes: &[u8], scratch: &mut JoinScratch, before: usize, line: usize, out: &mut Joined) {
        let record = read_line(bytes, &scratch.marks, before, line, self.dialect, &mut scratch.fields);
        if record.is_blank() {
            out.counts.blank_lines += 1;
            return;
        }
        out.fatal = fatal(bytes, &record, self.max_record, self.dialect);
        if out.fatal.is_none() {
            let line = scratch.marks.lines_before(line, record.start);
            self.exact(bytes, scratch, &record, line, out);
        }
    }

    /// Any record.
    fn exact(&self, bytes: &[u8], scratch: &mut JoinScratch, record: &Record, line: u32, out: &mut Joined) {
        out.counts.records += 1;
        let fields = &scratch.fields;
        let reject = |reason, fault| Reject { start: record.start, end: record.end, line, fault, reason };
        if let Some((reason, fault)) = judge(record, fields, self.columns.count) {
            out.rejects.push(reject(reason, fault));
            return;
        }
        let amount = &fields[self.columns.amount];
        let (start, end) = amount.value_range();
        let short = match amount.form {
            Form::Doubled => None,
            _ => amount::parse_short_at(bytes, end as usize, (end - start) as usize),
        };
        let amount_of = |(units, fraction)| Amount::Exact { units, fraction };
        let units = match short.map_or_else(|| amount::parse(&amount.value(bytes, self.dialect)), amount_of) {
            Amount::Exact { units, fraction } => {
                out.totals.fraction = out.totals.fraction.max(fraction);
                units
            }
            Amount::Missing => {
                out.counts.amount_missing += 1;
                0
            }
            Amount::NotDecimal => return out.rejects.push(reject(Reason::NotDecimal, amount.start)),
            Amount::FractionTooLong => return out.rejects.push(reject(Reason::FractionTooLong, amount.start)),
            Amount::IntegerTooLong => return out.rejects.push(reject(Reason::IntegerTooLong, amount.start)),
        };
        let field = fields[self.columns.key];
        let (start, end) = field.value_range();
        let (key, value_start, value_len) = if field.form == Form::Doubled {
            let value = field.value(bytes, self.dialect);
            let start = scratch.values.len() as u32;
            scratch.values.extend_from_slice(&value);
            (Key::new(&value, self.probe.hasher), start, value.len() as u32)
        } else {
            let len = end - start;
            (Key::at(bytes, start as usize, len as usize, self.probe.hasher), start, len)
        };
        let value_in_chunk = field.form != Form::Doubled;
        out.counts.key_missing += u64::from(value_len == 0);
        self.probe.slots.prefetch(key.hash);
        let Record { start, end, .. } = *record;
        scratch.batch.push(Row { start, end, units, key, value_start, value_len, value_in_chunk, found: None });
    }

    /// Looks the batch up, adds it up and writes its rows.
    fn flush(&self, bytes: &[u8], scratch: &mut JoinScratch, out: &mut Joined) {
        let JoinScratch { batch, values, .. } = scratch;
        for row in batch.iter_mut() {
            // A long key is compared in the next step, when its bytes have come: equal hashes go for equal.
            row.found = self.probe.slots.find(row.key, |_| true);
            if let (Some(found), true) = (row.found, self.policy.emit || row.key.tag == LONG) {
                self.probe.prefetch(found.address);
            }
        }
        for row in batch.iter_mut().filter(|row| row.key.tag == LONG) {
            let from = if row.value_in_chunk { bytes } else { values.as_slice() };
            let value = &from[row.value_start as usize..][..row.value_len as usize];
            if row.found.is_some_and(|found| !self.probe.key_is(found.address, value)) {
                row.found = self.probe.slots.find(row.key, |address| self.probe.key_is(address, value));
            }
        }
        for row in batch.iter() {
            let group = match row.found {
                Some(found) => {
                    self.matched.set(found.slot);
                    out.counts.matched += 1;
                    usize::from(found.group)
                }
                None => {
                    out.counts.unmatched += 1;
                    out.totals.unmatched += row.units;
                    if !self.policy.keep_unmatched {
                        continue;
                    }
                    self.policy.unknown
                }
            };
            // A chunk has below 2³² amounts below 10²⁷ units each: no sum of it leaves 128 bits.
            out.counts.kept += 1;
            let total = &mut out.totals.groups[group];
            total.units += row.units;
            total.purchases += 1;
        }
        if self.policy.emit {
            let mut rows = batch.iter();
            // Behind a deferred row every other is deferred too: they stay in order.
            let first_late = match out.deferred.is_empty() {
                true => rows.find(|row| !self.emit(bytes, row, &mut out.rows)),
                false => None,
            };
            self.defer(first_late.into_iter().chain(rows), &mut out.deferred);
        }
        batch.clear();
        values.clear();
    }

    /// Writes a row; `false` where there is no room for it.
    #[inline(always)]
    fn emit(&self, bytes: &[u8], row: &Row, rows: &mut Rows) -> bool {
        let (block, tail, tail_len) = match row.found {
            Some(found) => {
                let entry = self.probe.entry(found.address);
                (entry.block, entry.tail(), entry.tail_len)
            }
            None if self.policy.keep_unmatched => {
                (self.policy.unmatched_tail.as_slice(), 0, self.policy.unmatched_tail.len())
            }
            None => return true,
        };
        let (start, len) = (row.start as usize, (row.end - row.start) as usize);
        let room = rows.reserve(len + tail_len);
        if room {
            rows.put(bytes, start, len);
            rows.put(block, tail, tail_len);
        }
        room
    }

    /// Notes what rows are made of.
    fn defer<'r>(&self, rows: impl Iterator<Item = &'r Row>, deferred: &mut Vec<Deferred>) {
        let kept = rows.filter(|row| row.found.is_some() || self.policy.keep_unmatched);
        deferred.extend(kept.map(|row| Deferred {
            start: row.start,
            end: row.end,
            customer: row.found.map(|found| found.address),
        }));
    }

    /// What a deferred row has behind its purchase.
    pub(crate) fn tail(&self, row: &Deferred) -> &[u8] {
        match row.customer {
            Some(address) => self.probe.entry(address).tail_bytes(),
            None => &self.policy.unmatched_tail,
        }
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
