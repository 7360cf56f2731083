//! The join itself: a chunk of purchases → rows, totals and rejects. A pure function; no I/O, no locks.
//!
//! A line with regular quoting at most, no bare CR and the right number of fields takes the fast path; everything
//! else is read by the exact automaton. Accepted purchases go on from there ([`super::lookup_pipeline`]).

use super::chunk_output::{ChunkOutput, DeferredRow};
use super::lookup_pipeline::LookupPipeline;
use super::lookup_ring::{KeyRef, LookupRing, PendingPurchase};
use crate::customers::build_side::Lookup;
use crate::exec::cpu::{Work, fastest};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Form, Record, fatal, read_line};
use crate::input::structural_index::{IndexView, SLOW_PATH, StructuralIndex};
use crate::model::amount::{self, Amount};
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::reject::{Reject, RejectReason, judge};
use crate::run::layout::PurchaseColumns;

/// What to do with rows, by kind of join and options.
#[derive(Clone, Debug)]
pub(crate) struct UnmatchedPolicy {
    /// Keep purchases without a customer.
    pub(crate) keep_unmatched: bool,
    /// The group of purchases without a customer.
    pub(crate) unknown: usize,
    /// What the row of a purchase without a customer ends with, LF included.
    pub(crate) unmatched_tail: Vec<u8>,
}

/// Everything a worker needs to join any chunk.
#[derive(Debug)]
pub(crate) struct JoinKernel<'c> {
    pub(crate) dialect: Dialect,
    pub(crate) columns: PurchaseColumns,
    pub(crate) max_record: usize,
    pub(crate) probe: Lookup<'c>,
    pub(crate) policy: UnmatchedPolicy,
    /// Send every line the exact way: the oracle of the fast one.
    pub(crate) exact_only: bool,
}

/// What a worker keeps from chunk to chunk.
#[derive(Debug, Default)]
pub(crate) struct KernelScratch {
    marks: StructuralIndex,
    fields: Vec<Field>,
    in_flight: LookupRing,
    /// Values of keys that do not stand in the chunk as they are: with doubled quotes.
    values: Vec<u8>,
}

impl JoinKernel<'_> {
    /// Joins every record of a chunk.
    pub(crate) fn join(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        fastest(JoinChunk { kernel: self, bytes, scratch, out });
    }

    #[inline(always)]
    fn join_here(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        out.clear();
        // A record that ends the run leaves some behind.
        scratch.in_flight.clear();
        scratch.values.clear();
        scratch.marks.find(bytes, self.dialect);
        out.counts.lines = scratch.marks.line_feeds();
        let steps = LookupPipeline { probe: &self.probe, policy: &self.policy, chunk: bytes, made: &[] };
        let (mut line, mut before) = (0, 0);
        loop {
            // So the purchases on their way need none that were made, now and until the next that is not plain.
            debug_assert!(scratch.values.is_empty());
            (line, before) =
                self.plain_lines(&steps, scratch.marks.seen(), (line, before), &mut scratch.in_flight, out);
            let Some(mark) = scratch.marks.lines.get(line) else {
                return steps.drain(&mut scratch.in_flight, out);
            };
            let after = (mark & !SLOW_PATH) as usize;
            self.unplain(bytes, scratch, before, line, out);
            if out.fatal.is_some() {
                return;
            }
            (line, before) = (line + 1, after);
            let KernelScratch { in_flight, values, .. } = &mut *scratch;
            if values.is_empty() {
                steps.go_on(in_flight, out);
            } else {
                LookupPipeline { made: values, ..steps }.drain(in_flight, out);
                values.clear();
            }
        }
    }

    /// All lines up to the next that needs the exact way, from `line`, whose record begins after mark `before`; where
    /// it came to.
    #[inline(always)]
    fn plain_lines(
        &self,
        steps: &LookupPipeline,
        marks: IndexView,
        (mut line, mut before): (usize, usize),
        in_flight: &mut LookupRing,
        out: &mut ChunkOutput,
    ) -> (usize, usize) {
        let fields = if self.exact_only { u32::MAX } else { self.columns.count as u32 };
        while let Some(&mark) = marks.lines.get(line) {
            // The flag makes the difference huge, so a special line never looks plain.
            if mark.wrapping_sub(before as u32) != fields || !self.plain(steps.chunk, marks, before, in_flight, out) {
                break;
            }
            (line, before) = (line + 1, mark as usize);
            steps.go_on(in_flight, out);
        }
        (line, before)
    }

    /// A line whose fields stand between its marks; `false` where it needs the exact way.
    #[inline(always)]
    fn plain(
        &self,
        bytes: &[u8],
        marks: IndexView,
        before: usize,
        in_flight: &mut LookupRing,
        out: &mut ChunkOutput,
    ) -> bool {
        let record = PlainRecord::new(bytes, marks, before, self.columns.count);
        let PlainRecord { start, end, .. } = record;
        let (key_start, key_end) = record.value(self.columns.key);
        let (amount_start, amount_end) = record.value(self.columns.amount);
        let len = amount_end - amount_start;
        let short = amount::parse_short_at(bytes, amount_end as usize, len as usize);
        let Some((units, fraction)) = short.filter(|_| (end - start) as usize <= self.max_record) else {
            return false;
        };
        out.counts.records += 1;
        out.counts.key_missing += u64::from(key_start == key_end);
        out.totals.fraction = out.totals.fraction.max(fraction);
        let key = Key::at(bytes, key_start as usize, (key_end - key_start) as usize, &self.probe.hasher);
        let value = KeyRef::in_chunk(key_start, key_end - key_start);
        in_flight.push(PendingPurchase { start, end, units, key, value, found: None });
        true
    }

    /// Any other line, and a plain one with an amount that is not short digits or too long.
    fn unplain(&self, bytes: &[u8], scratch: &mut KernelScratch, before: usize, line: usize, out: &mut ChunkOutput) {
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
    fn exact(&self, bytes: &[u8], scratch: &mut KernelScratch, record: &Record, line: u32, out: &mut ChunkOutput) {
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
            Amount::NotDecimal => return out.rejects.push(reject(RejectReason::NotDecimal, amount.start)),
            Amount::FractionTooLong => return out.rejects.push(reject(RejectReason::FractionTooLong, amount.start)),
            Amount::IntegerTooLong => return out.rejects.push(reject(RejectReason::IntegerTooLong, amount.start)),
        };
        let field = fields[self.columns.key];
        let (start, end) = field.value_range();
        let (key, value, len) = if field.form == Form::Doubled {
            let value = field.value(bytes, self.dialect);
            let made = KeyRef::made(scratch.values.len(), value.len());
            scratch.values.extend_from_slice(&value);
            (Key::new(&value, &self.probe.hasher), made, value.len() as u32)
        } else {
            let len = end - start;
            (Key::at(bytes, start as usize, len as usize, &self.probe.hasher), KeyRef::in_chunk(start, len), len)
        };
        out.counts.key_missing += u64::from(len == 0);
        let Record { start, end, .. } = *record;
        scratch.in_flight.push(PendingPurchase { start, end, units, key, value, found: None });
    }

    /// Adds what a deferred row has behind its purchase.
    pub(crate) fn write_tail(&self, row: &DeferredRow, tail: &mut Vec<u8>) {
        match row.customer {
            Some(slot) => self.probe.tails.write(&self.probe.store.entry(slot.address()), slot.group(), tail),
            None => tail.extend_from_slice(&self.policy.unmatched_tail),
        }
    }
}

/// Joining a chunk, compiled for whatever runs it.
struct JoinChunk<'a, 'c> {
    kernel: &'a JoinKernel<'c>,
    bytes: &'a [u8],
    scratch: &'a mut KernelScratch,
    out: &'a mut ChunkOutput,
}

impl Work for JoinChunk<'_, '_> {
    #[inline(always)]
    fn run(self) {
        self.kernel.join_here(self.bytes, self.scratch, self.out);
    }
}

#[cfg(test)]
#[path = "kernel_tests.rs"]
mod tests;
