//! Accepted purchases on their way to their rows, in a slots: [`super::lookup_pipeline`] takes them on.

use crate::customers::map::LookupHit;
use crate::model::key::Key;

/// More than are ever on their way.
pub(super) const RING: usize = 64;

/// The purchases on their way. Their numbers count from the chunk's first one.
#[derive(Debug)]
pub(super) struct LookupRing {
    pub(super) slots: [PendingPurchase; RING],
    /// How many were read, had their buckets requested for, were looked up, and were written or counted.
    pub(super) accepted: usize,
    pub(super) requested: usize,
    pub(super) looked_up: usize,
    pub(super) finished: usize,
    /// One more than the last that has a long key and was looked up where the keys stand beside the slots.
    pub(super) long: usize,
}

impl Default for LookupRing {
    fn default() -> Self {
        Self {
            slots: [PendingPurchase::default(); RING],
            accepted: 0,
            requested: 0,
            looked_up: 0,
            finished: 0,
            long: 0,
        }
    }
}

impl LookupRing {
    /// Back to none.
    pub(super) fn clear(&mut self) {
        (self.accepted, self.requested, self.looked_up, self.finished, self.long) = (0, 0, 0, 0, 0);
    }

    /// One more that was read.
    #[inline(always)]
    pub(super) fn push(&mut self, row: PendingPurchase) {
        self.slots[self.accepted % RING] = row;
        self.accepted += 1;
    }
}

/// An accepted purchase.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PendingPurchase {
    /// The record, in the chunk.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) units: i128,
    pub(super) key: Key,
    /// Where the key's value stands.
    pub(super) value: KeyRef,
    pub(super) hit: Option<LookupHit>,
}

/// Where the value of a key stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KeyRef {
    start: u32,
    len: u32,
}

impl KeyRef {
    /// Set in `start`: in the values that had to be made, not in the chunk, all of which end before it.
    const UNESCAPED: u32 = 1 << 31;

    #[inline(always)]
    pub(super) fn in_chunk(start: u32, len: u32) -> Self {
        Self { start, len }
    }

    pub(super) fn unescaped(start: usize, len: usize) -> Self {
        Self { start: start as u32 | Self::UNESCAPED, len: len as u32 }
    }

    #[inline(always)]
    pub(super) fn of<'b>(self, chunk: &'b [u8], made: &'b [u8]) -> &'b [u8] {
        let (start, len) = ((self.start & !Self::UNESCAPED) as usize, self.len as usize);
        let from = if self.start & Self::UNESCAPED == 0 { chunk } else { made };
        &from[start..start + len]
    }
}
