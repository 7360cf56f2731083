//! Parses a chunk of customers into a [`CustomerBatch`]: a pure function, without I/O or locks.
//!
//! The fast path reads plain records from the structural index: regular quoting, no bare CR, the right number of
//! fields. Every other record takes the slow path, the exact automaton. An [`EntryMaker`] makes the entries.

use super::accepted_record::AcceptedRecord;
use super::batch::CustomerBatch;
use super::entry_maker::EntryMaker;
use super::entry_rewriter::EntryRewriter;
use crate::input::arranged_fields::ArrangedFields;
use crate::input::cursor::{Next, RecordCursor};
use crate::input::plain_record::PlainRecord;
use crate::input::record::{Field, Record};
use crate::input::record_fault::record_fault;
use crate::input::repeated_header::RepeatedHeader;
use crate::input::structural_index::StructuralIndex;
use crate::model::age_group::AgeGroups;
use crate::model::column_order::ColumnOrder;
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::model::mode::Mode;
use crate::model::ragged::Ragged;
use crate::model::reject::Reject;
use crate::model::sides::Sides;
use ahash::RandomState;
use std::ops::Range;

/// After a record on the slow path, a batch ends, even within its chunk, if its entries have at least this many bytes.
/// This bounds the memory for padded records, whose entries may be much larger than the records. Of other records, only
/// very long ones reach the limit.
const MAX_ENTRY_BYTES: usize = 4 << 20;

/// Buffers that a worker reuses from chunk to chunk.
#[derive(Debug, Default)]
pub struct ParseScratch {
    index: StructuralIndex,
    fields: Vec<Field>,
    /// A full name that must be appended to the fields, or all fields of a rewritten record.
    name: Vec<u8>,
}

/// Parses chunks of customers.
#[derive(Debug)]
pub struct CustomerParser<'a> {
    maker: EntryMaker<'a>,
    /// The number of fields of a record on the fast path. 0, which no record has, if every record takes the slow path,
    /// because its fields are written in another dialect, or the dialect is not plain.
    plain_count: usize,
    header: RepeatedHeader<'a>,
    ragged: Ragged,
    /// Longest record accepted, in bytes without the line ending.
    max_record: usize,
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
        let rewriter = EntryRewriter { from: dialect, to: entry_dialect };
        let maker = EntryMaker { dialect, rewriter, columns, groups, hasher, mode };
        Self { maker, plain_count, header: RepeatedHeader::default(), ragged: Ragged::default(), max_record }
    }

    /// Rejects records that repeat this header.
    pub fn with_header(self, header: RepeatedHeader<'a>) -> Self {
        Self { header, ..self }
    }

    /// Sets what happens to records whose number of fields is not that of the header. Default: they are rejected.
    pub(crate) fn ragged(mut self, ragged: Ragged) -> Self {
        self.ragged = ragged;
        self
    }

    /// Parses the records of a chunk: all of them, unless the entries become very large. `order` is the order of the
    /// columns in the chunk's file; `None` if it is that of the first file.
    pub fn parse(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        scratch: &mut ParseScratch,
        out: &mut CustomerBatch,
    ) {
        self.start(bytes, scratch, out);
        self.parse_from(RecordCursor::default(), bytes, order, scratch, out);
    }

    /// Continues with the rest of a chunk, if there is one: replaces the customers of the batch, and adds to its rejects
    /// and counts. Returns `false` if there is no rest.
    pub(crate) fn parse_rest(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        scratch: &mut ParseScratch,
        out: &mut CustomerBatch,
    ) -> bool {
        let Some(cursor) = out.rest.take() else { return false };
        out.clear_customers();
        scratch.index.find(bytes, self.maker.dialect);
        self.parse_from(cursor, bytes, order, scratch, out);
        true
    }

    fn parse_from(
        &self,
        mut cursor: RecordCursor,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        scratch: &mut ParseScratch,
        out: &mut CustomerBatch,
    ) {
        let plain_count = if order.is_some() { 0 } else { self.plain_count };
        loop {
            let ParseScratch { index, name, .. } = &mut *scratch;
            while let Some(record) = cursor.plain(bytes, index.view(), plain_count) {
                let line = cursor.line(index.view(), record.start);
                if !self.plain_record(bytes, record, line, name, out) {
                    break;
                }
                cursor.advance_plain(plain_count);
            }
            if !self.slow_record(bytes, order, &mut cursor, scratch, out) {
                return;
            }
            if out.entries.len() >= MAX_ENTRY_BYTES {
                out.rest = Some(cursor);
                return;
            }
        }
    }

    /// Clears the buffers and indexes the chunk.
    fn start(&self, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
        out.clear();
        scratch.index.find(bytes, self.maker.dialect);
        out.lines = scratch.index.line_feeds();
    }

    /// The slow path: reads one record or blank line of any form. Returns `false` at the end of the chunk and at a
    /// fatal record.
    fn slow_record(
        &self,
        bytes: &[u8],
        order: Option<&ColumnOrder>,
        cursor: &mut RecordCursor,
        scratch: &mut ParseScratch,
        out: &mut CustomerBatch,
    ) -> bool {
        let ParseScratch { index, fields, name } = scratch;
        match cursor.next(bytes, index, self.maker.dialect, self.max_record, fields) {
            None => return false,
            Some(Next::Fatal(fatal)) => {
                out.fatal = Some(fatal);
                return false;
            }
            Some(Next::BlankLine) => out.blank_lines += 1,
            Some(Next::Comment) => out.comments += 1,
            Some(Next::Record(record, line)) => {
                out.records += 1;
                let Record { start, end, .. } = record;
                let reject = |(reason, fault)| Reject { start, end, line, fault, reason };
                if let Some(fault) = record_fault(&record, fields, self.maker.columns.count, self.ragged) {
                    out.rejects.push(reject(fault));
                    return true;
                }
                let arranged = ArrangedFields::new(&record, fields, self.maker.columns.count, order);
                out.padded += u64::from(arranged.is_padded());
                out.trimmed += u64::from(arranged.is_trimmed());
                let repeated = self.header.fault(bytes, &record, &arranged, self.maker.dialect);
                match repeated.or_else(|| self.maker.rewriter.unwritable(bytes, fields)) {
                    Some(fault) => out.rejects.push(reject(fault)),
                    None => self.maker.accept_parsed(bytes, &arranged, &record, line, name, out),
                }
            }
        }
        true
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
        let columns = &self.maker.columns;
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
        if self.header.may_repeat(columns.key, &bytes[key.clone()]) {
            return false;
        }
        out.records += 1;
        // If neither name contains a quote, the full name needs no quoting, unless a space is the delimiter or the
        // quote.
        let without_quote = |names: [&Range<usize>; 2]| {
            let quote = record.quote.unwrap_or_default();
            names.iter().all(|name| memchr::memchr(quote, &bytes[name.start.saturating_sub(1)..name.end]).is_none())
        };
        let unquoted = self.maker.dialect.delimiter != b' '
            && self.maker.dialect.quote != Some(b' ')
            && (record.quote.is_none() || without_quote([&first, &last]));
        let hashed_key = Key::at(bytes, key.start, key.len(), &self.maker.hasher);
        let key = range(record.field(columns.key));
        let accepted = AcceptedRecord { record: start..end, line, escaped: false, key, hashed_key };
        match accepted.full_name(columns, &first, &last).filter(|_| unquoted) {
            Some(name) => self.maker.accept(bytes, &accepted, age, name, &[], out),
            None => self.maker.accept_with_name(bytes, &accepted, age, [&bytes[first], &bytes[last]], name, out),
        }
        true
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
