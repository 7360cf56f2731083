//! The result of joining a chunk of purchases: rows, totals, counts, rejects.

use super::first_unmatched::FirstUnmatched;
use super::row_buffer::RowBuffer;
use super::three_digits::ThreeDigits;
use super::totals::Totals;
use crate::customers::slot::Slot;
use crate::input::fatal_record::FatalRecord;
use crate::model::reject::Reject;

/// Counts of a chunk for the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PurchaseCounts {
    pub(crate) records: u64,
    pub(crate) matched: u64,
    pub(crate) unmatched: u64,
    pub(crate) key_missing: u64,
    pub(crate) amount_missing: u64,
    pub(crate) blank_lines: u64,
    pub(crate) comments: u64,
    /// Records whose missing fields were filled, and records whose surplus fields were dropped.
    pub(crate) padded: u64,
    pub(crate) trimmed: u64,
    /// Purchases that the join keeps: the number of rows, whether or not rows are written.
    pub(crate) kept: u64,
    /// Line feeds in the chunk.
    pub(crate) lines: u64,
}

/// A row for which the buffer had no room. The sink assembles it when it writes it: see
/// [`super::deferred_rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeferredRow {
    /// First byte of the purchase in the chunk.
    pub(crate) start: u32,
    /// One past the last byte of the record, or of its last field that the row has.
    pub(crate) end: u32,
    /// `None` if no customer matches.
    pub(crate) customer: Option<Slot>,
}

/// The result of joining one chunk. The size of the chunk and the limit on rows bound its memory, however long the
/// customers' fields are. Reused from chunk to chunk.
#[derive(Debug)]
pub struct ChunkOutput {
    pub rows: RowBuffer,
    /// The rows after `rows`, in order.
    pub(crate) deferred: Vec<DeferredRow>,
    pub(crate) totals: Totals,
    pub(crate) counts: PurchaseCounts,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) first_unmatched: FirstUnmatched,
    /// The bit `1 << n` is set if an accepted amount has n fraction digits.
    pub(crate) fraction_digits: u16,
    pub(crate) three_digits: ThreeDigits,
    /// Matched purchases of each customer in [`Lookup::placeholders`](super::lookup::Lookup); empty if there are none.
    pub(crate) placeholder_purchases: Vec<u64>,
    pub(crate) fatal: Option<FatalRecord>,
    /// The CRC-32 of the chunk. Computed by the stage, not by the kernel.
    pub(crate) chunk_crc32: u32,
}

impl ChunkOutput {
    /// An empty result for `groups` age groups, with at most `max_row_bytes` bytes of rows.
    pub fn new(groups: usize, max_row_bytes: usize) -> Self {
        Self {
            rows: RowBuffer::new(max_row_bytes),
            deferred: Vec::new(),
            totals: Totals::new(groups),
            counts: PurchaseCounts::default(),
            rejects: Vec::new(),
            first_unmatched: FirstUnmatched::default(),
            fraction_digits: 0,
            three_digits: ThreeDigits::default(),
            placeholder_purchases: Vec::new(),
            fatal: None,
            chunk_crc32: 0,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.deferred.clear();
        self.totals.clear();
        self.counts = PurchaseCounts::default();
        self.rejects.clear();
        self.first_unmatched = FirstUnmatched::default();
        self.fraction_digits = 0;
        self.three_digits = ThreeDigits::default();
        self.placeholder_purchases.clear();
        self.fatal = None;
    }
}
