//! The ring of purchases that are in the lookup pipeline ([`super::lookup_pipeline`]).

use crate::customers::map::LookupHit;
use crate::model::key::Key;
use std::ops::Range;

/// Capacity of the ring: more than the largest number of purchases in the pipeline.
pub(super) const RING: usize = 64;

/// The purchases in the lookup pipeline. Four counters give the number of purchases of the chunk that have passed each
/// stage: `finished <= looked_up <= prefetched <= accepted`. Purchase number `n`, from 0, is in slot `n % RING`.
#[derive(Debug)]
pub(super) struct LookupRing {
    pub(super) slots: [PendingPurchase; RING],
    /// Start and length, in the buffer of rewritten records, of the purchases in `slots` that are rewritten.
    pub(super) rewritten: [(u32, u32); RING],
    /// Parsed and accepted.
    pub(super) accepted: usize,
    /// Bucket prefetched.
    pub(super) prefetched: usize,
    /// Looked up, and entry prefetched.
    pub(super) looked_up: usize,
    /// Counted, and row written.
    pub(super) finished: usize,
    /// One more than the number of the last purchase with a long key. Used only with maps that store keys.
    pub(super) after_last_long: usize,
}

impl Default for LookupRing {
    fn default() -> Self {
        Self {
            slots: [PendingPurchase::default(); RING],
            rewritten: [(0, 0); RING],
            accepted: 0,
            prefetched: 0,
            looked_up: 0,
            finished: 0,
            after_last_long: 0,
        }
    }
}

impl LookupRing {
    /// Empties the ring.
    pub(super) fn clear(&mut self) {
        (self.accepted, self.prefetched, self.looked_up, self.finished, self.after_last_long) = (0, 0, 0, 0, 0);
    }

    /// Adds a parsed purchase.
    #[inline(always)]
    pub(super) fn push(&mut self, purchase: PendingPurchase) {
        self.slots[self.accepted % RING] = purchase;
        self.accepted += 1;
    }

    /// Adds a parsed purchase whose row begins with `rewritten`, a range in the buffer of rewritten records, instead of
    /// the bytes of its record. Only for a pipeline that rewrites.
    pub(super) fn push_rewritten(&mut self, purchase: PendingPurchase, rewritten: Range<usize>) {
        // A record has at most 512 MiB, and rewriting adds at most one byte for each column of the header, which has at
        // most as many.
        self.rewritten[self.accepted % RING] = (rewritten.start as u32, rewritten.len() as u32);
        self.push(PendingPurchase { end: purchase.end | REWRITTEN, ..purchase });
    }
}

/// Flag in [`PendingPurchase::end`]: the purchase is rewritten. Chunks are shorter than 2³¹ bytes.
const REWRITTEN: u32 = 1 << 31;

/// An accepted purchase in the pipeline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PendingPurchase {
    /// First byte of the record in the chunk.
    pub(super) start: u32,
    /// One past the last byte, without the line ending; with [`REWRITTEN`] if the row begins with other bytes.
    pub(super) end: u32,
    /// The amount, in units of 10⁻⁹.
    pub(super) units: i128,
    pub(super) key: Key,
    pub(super) value: KeyRef,
    /// The speculative hit: the fingerprint (with stored keys, the hash) matches, but the key is not verified yet.
    pub(super) hit: Option<LookupHit>,
}

impl PendingPurchase {
    /// Whether the row begins with a rewritten record.
    #[inline(always)]
    pub(super) fn is_rewritten(&self) -> bool {
        self.end & REWRITTEN != 0
    }

    /// The record in the chunk: its first byte, and one past its last.
    pub(super) fn record(&self) -> (u32, u32) {
        (self.start, self.end & !REWRITTEN)
    }
}

/// The location of a key's value: in the chunk, or in the buffer of unescaped values.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyRef {
    start: u32,
    len: u32,
}

impl KeyRef {
    /// Flag in `start`: the value is in the buffer of unescaped values. Chunks are shorter than 2³¹ bytes.
    const UNESCAPED: u32 = 1 << 31;

    #[inline(always)]
    pub(super) fn in_chunk(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    pub(super) fn unescaped(start: usize, len: usize) -> Self {
        Self { start: start as u32 | Self::UNESCAPED, len: len as u32 }
    }

    /// The value's bytes.
    #[inline(always)]
    pub(super) fn of<'b>(self, chunk: &'b [u8], unescaped: &'b [u8]) -> &'b [u8] {
        let (start, len) = ((self.start & !Self::UNESCAPED) as usize, self.len as usize);
        let from = if self.start & Self::UNESCAPED == 0 { chunk } else { unescaped };
        &from[start..start + len]
    }
}
