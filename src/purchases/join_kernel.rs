//! The join kernel: turns a chunk of purchases into rows, totals and rejects. It does no I/O and takes no locks; its
//! only side effect is to set the matched flags of customers.
//!
//! The fast path reads plain records from the structural index: regular quoting, no bare CR, the right number of
//! fields, an amount that the SWAR parser accepts. Every other record takes the slow path, the exact automaton.
//! Accepted purchases enter the lookup pipeline ([`super::lookup_pipeline`]).

use super::chunk_output::{ChunkOutput, DeferredRow};
use super::lookup::Lookup;
use super::lookup_pipeline::LookupPipeline;
use super::lookup_ring::{KeyRef, LookupRing, PendingPurchase};
use super::unmatched_policy::UnmatchedPolicy;
use crate::exec::cpu::{Cpu, CpuWork, dispatch};
use crate::input::cursor::{Next, RecordCursor};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Record};
use crate::input::record_fault::record_fault;
use crate::input::repeated_header::RepeatedHeader;
use crate::input::structural_index::{IndexView, StructuralIndex};
use crate::model::amount::{self, Amount};
use crate::model::columns::PurchaseColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::reject::{DetailedReason, Reject};

/// The settings of the join and access to the build side, shared by all workers.
#[derive(Debug)]
pub struct JoinKernel<'c> {
    pub dialect: Dialect,
    pub columns: PurchaseColumns,
    /// Records that repeat this header are rejected.
    pub header: RepeatedHeader<'c>,
    /// Longest record accepted, in bytes without the line ending.
    pub max_record: usize,
    pub lookup: Lookup<'c>,
    pub policy: UnmatchedPolicy,
}

/// Buffers that a worker reuses from chunk to chunk.
#[derive(Debug, Default)]
pub struct KernelScratch {
    index: StructuralIndex,
    fields: Vec<Field>,
    ring: LookupRing,
    /// Values of keys with doubled quotes or escapes. The chunk does not contain these values as such.
    unescaped: Vec<u8>,
}

impl JoinKernel<'_> {
    /// Joins every record of a chunk.
    pub fn join(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        dispatch(JoinChunk { kernel: self, bytes, scratch, out });
    }

    #[inline(always)]
    fn join_records(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        self.start(bytes, scratch, out);
        let pipeline = LookupPipeline { lookup: &self.lookup, policy: &self.policy, chunk: bytes, unescaped: &[] };
        let mut cursor = RecordCursor::default();
        let count = self.plain_count();
        loop {
            // The pipeline is drained after each unescaped key, so no purchase in it refers to `unescaped`.
            debug_assert!(scratch.unescaped.is_empty());
            self.plain_records(count, &pipeline, &mut cursor, scratch.index.view(), &mut scratch.ring, out);
            if !self.slow_record(bytes, &mut cursor, scratch, out) {
                return self.finish(pipeline, scratch, out);
            }
            let KernelScratch { ring, unescaped, .. } = &mut *scratch;
            if unescaped.is_empty() {
                pipeline.advance(ring, out);
            } else {
                LookupPipeline { unescaped, ..pipeline }.drain(ring, out);
                unescaped.clear();
            }
        }
    }

    /// Clears the buffers and indexes the chunk.
    #[inline(always)]
    fn start(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        out.clear();
        // After a fatal record in an earlier chunk, purchases may be left in the ring.
        scratch.ring.clear();
        scratch.unescaped.clear();
        scratch.index.find(bytes, self.dialect);
        out.counts.lines = scratch.index.line_feeds();
    }

    /// Drains the pipeline, unless a fatal record ends the run here.
    fn finish(&self, pipeline: LookupPipeline<'_, '_>, scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        if out.fatal.is_none() {
            pipeline.drain(&mut scratch.ring, out);
        }
        // The highest bit set: the most fraction digits that an amount has.
        out.totals.fraction = (u16::BITS - 1).saturating_sub(out.fraction_digits.leading_zeros()) as u8;
    }

    /// The number of fields of a record on the fast path. 0, which no record has, if every record takes the slow path:
    /// because the dialect is not plain, or because the name of the amount column is an amount. Otherwise a record that
    /// repeats the header takes the slow path for its amount.
    fn plain_count(&self) -> usize {
        let name = self.header.name(self.columns.amount);
        let is_amount = name.is_some_and(|name| matches!(amount::parse(name), Amount::Exact { .. } | Amount::Missing));
        if self.dialect.is_plain() && !is_amount { self.columns.count } else { 0 }
    }

    /// The fast path: joins all records of `count` fields before the next one that needs the slow path.
    #[inline(always)]
    fn plain_records(
        &self,
        count: usize,
        pipeline: &LookupPipeline<'_, '_>,
        cursor: &mut RecordCursor,
        index: IndexView<'_>,
        ring: &mut LookupRing,
        out: &mut ChunkOutput,
    ) {
        let mut at = *cursor;
        while let Some(record) = at.plain(pipeline.chunk, index, count) {
            if !self.plain_record(pipeline.chunk, record, ring, out) {
                break;
            }
            at.advance_plain(count);
            pipeline.advance(ring, out);
        }
        *cursor = at;
    }

    /// Accepts a plain record. Returns `false` if it needs the slow path.
    #[inline(always)]
    fn plain_record(
        &self,
        bytes: &[u8],
        record: PlainRecord<'_>,
        ring: &mut LookupRing,
        out: &mut ChunkOutput,
    ) -> bool {
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
        note_fraction(units, fraction, start, end, out);
        let key = Key::at(bytes, key_start as usize, (key_end - key_start) as usize, &self.lookup.hasher);
        let value = KeyRef::in_chunk(key_start, key_end - key_start);
        ring.push(PendingPurchase { start, end, units, key, value, hit: None });
        true
    }

    /// The slow path: reads one record or blank line of any form. Returns `false` at the end of the chunk and at a
    /// fatal record.
    fn slow_record(
        &self,
        bytes: &[u8],
        cursor: &mut RecordCursor,
        scratch: &mut KernelScratch,
        out: &mut ChunkOutput,
    ) -> bool {
        let KernelScratch { index, fields, .. } = scratch;
        match cursor.next(bytes, index, self.dialect, self.max_record, fields) {
            None => return false,
            Some(Next::Fatal(fatal)) => {
                out.fatal = Some(fatal);
                return false;
            }
            Some(Next::BlankLine) => out.counts.blank_lines += 1,
            Some(Next::Comment) => out.counts.comments += 1,
            Some(Next::Record(record, line)) => self.parsed_record(bytes, scratch, &record, line, out),
        }
        true
    }

    /// Accepts or rejects a record that the automaton has parsed into the fields of `scratch`.
    fn parsed_record(
        &self,
        bytes: &[u8],
        scratch: &mut KernelScratch,
        record: &Record,
        line: u32,
        out: &mut ChunkOutput,
    ) {
        out.counts.records += 1;
        let fields = &scratch.fields;
        let reject = |reason, fault| Reject { start: record.start, end: record.end, line, fault, reason };
        if let Some((reason, fault)) =
            record_fault(bytes, record, fields, self.dialect, self.columns.count, self.header)
        {
            out.rejects.push(reject(reason, fault));
            return;
        }
        let amount = &fields[self.columns.amount];
        let (start, end) = amount.value_range();
        let short = match amount.form.is_escaped() {
            true => None,
            false => amount::parse_short_at(bytes, end as usize, (end - start) as usize),
        };
        let amount_of = |(units, fraction)| Amount::Exact { units, fraction };
        let units = match short.map_or_else(|| amount::parse(&amount.value(bytes, self.dialect)), amount_of) {
            Amount::Exact { units, fraction } => {
                note_fraction(units, fraction, record.start, record.end, out);
                units
            }
            Amount::Missing => {
                out.counts.amount_missing += 1;
                0
            }
            Amount::NotDecimal => return out.rejects.push(reject(DetailedReason::AmountNotDecimal, amount.start)),
            Amount::FractionTooLong => {
                return out.rejects.push(reject(DetailedReason::AmountFractionTooLong, amount.start));
            }
            Amount::IntegerTooLong => {
                return out.rejects.push(reject(DetailedReason::AmountIntegerTooLong, amount.start));
            }
        };
        let field = fields[self.columns.key];
        let (start, end) = field.value_range();
        let (key, value, len) = if field.form.is_escaped() {
            let value = field.value(bytes, self.dialect);
            let unescaped = KeyRef::unescaped(scratch.unescaped.len(), value.len());
            scratch.unescaped.extend_from_slice(&value);
            (Key::new(&value, &self.lookup.hasher), unescaped, value.len() as u32)
        } else {
            let len = end - start;
            (Key::at(bytes, start as usize, len as usize, &self.lookup.hasher), KeyRef::in_chunk(start, len), len)
        };
        out.counts.key_missing += u64::from(len == 0);
        let Record { start, end, .. } = *record;
        scratch.ring.push(PendingPurchase { start, end, units, key, value, hit: None });
    }

    /// Appends the suffix of a deferred row.
    pub(crate) fn write_suffix(&self, row: &DeferredRow, suffix: &mut Vec<u8>) {
        match row.customer {
            Some(slot) => self.lookup.suffixes.write(&self.lookup.arena.entry(slot.address()), slot.group(), suffix),
            None => suffix.extend_from_slice(&self.policy.unmatched_suffix),
        }
    }
}

/// Notes the number of fraction digits of an accepted amount, of the record at `start..end`.
#[inline(always)]
fn note_fraction(units: i128, fraction: u8, start: u32, end: u32, out: &mut ChunkOutput) {
    out.fraction_digits |= 1 << fraction;
    if fraction == 3 {
        out.three_digits.add(units, start, end);
    }
}

/// One call of the kernel, as work for CPU dispatch.
struct JoinChunk<'a, 'c> {
    kernel: &'a JoinKernel<'c>,
    bytes: &'a [u8],
    scratch: &'a mut KernelScratch,
    out: &'a mut ChunkOutput,
}

impl CpuWork for JoinChunk<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: impl Cpu) {
        self.kernel.join_records(self.bytes, self.scratch, self.out);
    }
}

#[cfg(test)]
#[path = "join_kernel_tests.rs"]
mod tests;
