//! What a chunk of purchases gives: rows, sums, counts, rejects.

use super::row_buffer::RowBuffer;
use super::totals::Totals;
use crate::customers::slot::Slot;
use crate::input::fatal_record::FatalRecord;
use crate::model::reject::Reject;

/// What the ledger counts in a chunk of purchases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PurchaseCounts {
    pub(crate) records: u64,
    pub(crate) matched: u64,
    pub(crate) unmatched: u64,
    pub(crate) key_missing: u64,
    pub(crate) amount_missing: u64,
    pub(crate) blank_lines: u64,
    /// Rows written, or that would have been.
    pub(crate) kept: u64,
    /// LFs.
    pub(crate) lines: u64,
}

/// A row for which the buffer had no room: what it is made of. Whoever writes puts it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeferredRow {
    /// The purchase, in the chunk.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The customer, where there is one.
    pub(crate) customer: Option<Slot>,
}

/// What one chunk gives. Its size is bounded by the chunk's, whatever the customers hold.
#[derive(Debug)]
pub(crate) struct ChunkOutput {
    pub(crate) rows: RowBuffer,
    /// The rows that come after `rows`.
    pub(crate) deferred: Vec<DeferredRow>,
    pub(crate) totals: Totals,
    pub(crate) counts: PurchaseCounts,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) fatal: Option<FatalRecord>,
}

impl ChunkOutput {
    /// Nothing yet, for so many groups, and with room for `most_rows` bytes of rows.
    pub(crate) fn new(groups: usize, most_rows: usize) -> Self {
        Self {
            rows: RowBuffer::new(most_rows),
            deferred: Vec::new(),
            totals: Totals::new(groups),
            counts: PurchaseCounts::default(),
            rejects: Vec::new(),
            fatal: None,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.deferred.clear();
        self.totals.clear();
        self.counts = PurchaseCounts::default();
        self.rejects.clear();
        self.fatal = None;
    }
}
