//! The join kernel: turns a chunk of purchases into rows, totals and rejects. It does no I/O and takes no locks; its
//! only side effect is to set the matched flags of customers.
//!
//! The fast path reads plain records from the structural index: regular quoting, no bare CR, the right number of
//! fields, an amount that the SWAR parser accepts. Every other record takes the slow path, the exact automaton.
//! Accepted purchases enter the lookup pipeline ([`super::lookup_pipeline`]).
//!
//! A record that has its fields in another order, or too few of them, is rewritten for its row, unless no rows are written.

use super::chunk_output::ChunkOutput;
use super::lookup::Lookup;
use super::lookup_pipeline::LookupPipeline;
use super::lookup_ring::{KeyRef, LookupRing, PendingPurchase};
use super::unmatched_policy::UnmatchedPolicy;
use crate::customers::bucket::BucketKind;
use crate::exec::cpu::{Cpu, CpuWork, dispatch};
use crate::input::arranged_fields::ArrangedFields;
use crate::input::cursor::{Next, RecordCursor};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Record};
use crate::input::record_fault::record_fault;
use crate::input::repeated_header::RepeatedHeader;
use crate::input::structural_index::{IndexView, StructuralIndex};
use crate::model::amount::{self, Amount};
use crate::model::column_order::ColumnOrder;
use crate::model::columns::PurchaseColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::ragged::Ragged;
use crate::model::reject::{DetailedReason, Reject};

/// The pipeline is drained once this many bytes of records have been rewritten. This bounds the memory for rewritten
/// records, each of which may have many more bytes than in the chunk.
const MAX_REWRITTEN: usize = 64 * 1024;

/// The settings of the join and access to the build side, shared by all workers.
#[derive(Debug)]
pub struct JoinKernel<'c> {
    pub dialect: Dialect,
    pub ragged: Ragged,
    /// The columns of the first file.
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
    /// The rewritten records of the purchases in the ring.
    rewritten: Vec<u8>,
}

impl JoinKernel<'_> {
    /// Joins every record of a chunk. `order` is the order of the columns in the chunk's file; `None` if it is that of
    /// the first file.
    pub fn join(&self, bytes: &[u8], order: Option<&ColumnOrder>, scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        let is_arranged = order.is_some() || self.ragged == Ragged::Pad;
        if is_arranged && self.lookup.map.kind() != BucketKind::Keys {
            dispatch(JoinChunk::<true> { kernel: self, bytes, order, scratch, out });
        } else {
            dispatch(JoinChunk::<false> { kernel: self, bytes, order, scratch, out });
        }
    }

    #[inline(always)]
    fn join_records<const REWRITES: bool>(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        scratch: &mut KernelScratch,
        out: &mut ChunkOutput,
    ) {
        self.start(bytes, scratch, out);
        let columns = self.columns.in_order(order);
        // No record has 0 fields: if each record is rewritten, all take the slow path.
        let count = if REWRITES && order.is_some() { 0 } else { self.plain_count(&columns) };
        let columns = PurchaseColumns { count, ..columns };
        let mut cursor = RecordCursor::default();
        loop {
            // The pipeline is drained after each unescaped key, so no purchase in it refers to `unescaped`.
            debug_assert!(scratch.unescaped.is_empty());
            let KernelScratch { index, ring, rewritten, .. } = &mut *scratch;
            let pipeline = self.pipeline::<REWRITES>(bytes, &[], rewritten);
            self.plain_records(&pipeline, &columns, &mut cursor, index.view(), ring, out);
            if !self.slow_record::<REWRITES>(bytes, order, &mut cursor, scratch, out) {
                return self.finish::<REWRITES>(bytes, scratch, out);
            }
            let KernelScratch { ring, unescaped, rewritten, .. } = &mut *scratch;
            let pipeline = self.pipeline::<REWRITES>(bytes, unescaped, rewritten);
            if unescaped.is_empty() && rewritten.len() < MAX_REWRITTEN {
                pipeline.advance(ring, out);
            } else {
                pipeline.drain(ring, out);
                unescaped.clear();
                rewritten.clear();
            }
        }
    }

    #[inline(always)]
    fn pipeline<'a, const REWRITES: bool>(
        &'a self,
        chunk: &'a [u8],
        unescaped: &'a [u8],
        rewritten: &'a [u8],
    ) -> LookupPipeline<'a, 'a, REWRITES> {
        LookupPipeline { lookup: &self.lookup, policy: &self.policy, chunk, unescaped, rewritten }
    }

    /// Clears the buffers and indexes the chunk.
    #[inline(always)]
    fn start(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        out.clear();
        // After a fatal record in an earlier chunk, purchases may be left in the ring.
        scratch.ring.clear();
        scratch.unescaped.clear();
        scratch.rewritten.clear();
        scratch.index.find(bytes, self.dialect);
        out.counts.lines = scratch.index.line_feeds();
    }

    /// Drains the pipeline, unless a fatal record ends the run here.
    fn finish<const REWRITES: bool>(&self, bytes: &[u8], scratch: &mut KernelScratch, out: &mut ChunkOutput) {
        if out.fatal.is_none() {
            let KernelScratch { ring, rewritten, .. } = scratch;
            self.pipeline::<REWRITES>(bytes, &[], rewritten).drain(ring, out);
        }
        // The highest bit set: the most fraction digits that an amount has.
        out.totals.fraction = (u16::BITS - 1).saturating_sub(out.fraction_digits.leading_zeros()) as u8;
    }

    /// The number of fields of a record on the fast path. 0, which no record has, sends every record to the slow path:
    /// if the dialect is not plain, or if a name in the amount column is itself an amount, so that the fast path would
    /// take a repeated header for a purchase. Otherwise a repeated header takes the slow path, as its amount is not a
    /// number. `columns` are those of the file.
    fn plain_count(&self, columns: &PurchaseColumns) -> usize {
        // The name in the amount column of the file, in a header with the order of the file and of the first file.
        let names = [self.columns.amount, columns.amount].map(|column| self.header.name(column));
        let is_amount = |name: &[u8]| matches!(amount::parse(name), Amount::Exact { .. } | Amount::Missing);
        let has_amount = names.into_iter().flatten().any(is_amount);
        if self.dialect.is_plain() && !has_amount { self.columns.count } else { 0 }
    }

    /// The fast path: joins all records before the next one that needs the slow path. `columns` are those of the file.
    #[inline(always)]
    fn plain_records<const REWRITES: bool>(
        &self,
        pipeline: &LookupPipeline<'_, '_, REWRITES>,
        columns: &PurchaseColumns,
        cursor: &mut RecordCursor,
        index: IndexView<'_>,
        ring: &mut LookupRing,
        out: &mut ChunkOutput,
    ) {
        let mut at = *cursor;
        let columns = *columns;
        while let Some(record) = at.plain(pipeline.chunk, index, columns.count) {
            if !self.plain_record(pipeline.chunk, record, columns, ring, out) {
                break;
            }
            at.advance_plain(columns.count);
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
        columns: PurchaseColumns,
        ring: &mut LookupRing,
        out: &mut ChunkOutput,
    ) -> bool {
        let PlainRecord { start, end, .. } = record;
        let (key_start, key_end) = record.value(columns.key);
        let (amount_start, amount_end) = record.value(columns.amount);
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
    fn slow_record<const REWRITES: bool>(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
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
            Some(Next::Record(record, line)) => {
                self.parsed_record::<REWRITES>(bytes, order, scratch, &record, line, out);
            }
        }
        true
    }

    /// Accepts or rejects a record that the automaton has parsed into the fields of `scratch`.
    fn parsed_record<const REWRITES: bool>(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        scratch: &mut KernelScratch,
        record: &Record,
        line: u32,
        out: &mut ChunkOutput,
    ) {
        out.counts.records += 1;
        let reject = |reason, fault| Reject { start: record.start, end: record.end, line, fault, reason };
        if let Some((reason, fault)) = record_fault(record, &scratch.fields, self.columns.count, self.ragged) {
            out.rejects.push(reject(reason, fault));
            return;
        }
        let fields = ArrangedFields::new(record, &scratch.fields, self.columns.count, order);
        out.counts.padded += u64::from(fields.is_padded());
        out.counts.trimmed += u64::from(fields.is_trimmed());
        if let Some((reason, fault)) = self.header.fault(bytes, record, &fields, self.dialect) {
            out.rejects.push(reject(reason, fault));
            return;
        }
        let amount = fields.get(self.columns.amount);
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
        let field = fields.get(self.columns.key);
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
        let purchase = PendingPurchase { start: record.start, end: record.end, units, key, value, hit: None };
        match fields.contiguous_end() {
            Some(end) => scratch.ring.push(PendingPurchase { end, ..purchase }),
            // After the first deferred row all others are deferred too, and the sink rewrites their records.
            None if !REWRITES || !out.deferred.is_empty() => scratch.ring.push(purchase),
            None => {
                let start = scratch.rewritten.len();
                fields.write(bytes, self.dialect.delimiter, &mut scratch.rewritten);
                scratch.ring.push_rewritten(purchase, start..scratch.rewritten.len());
            }
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
struct JoinChunk<'a, 'c, const REWRITES: bool> {
    kernel: &'a JoinKernel<'c>,
    bytes: &'a [u8],
    order: Option<&'a ColumnOrder>,
    scratch: &'a mut KernelScratch,
    out: &'a mut ChunkOutput,
}

impl<const REWRITES: bool> CpuWork for JoinChunk<'_, '_, REWRITES> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: impl Cpu) {
        self.kernel.join_records::<REWRITES>(self.bytes, self.order, self.scratch, self.out);
    }
}

#[cfg(test)]
#[path = "join_kernel_tests.rs"]
mod tests;
