//! The steps of accepted purchases to their rows, a few dozen at a time, so that cache misses overlap. They go in small
//! groups: the buckets of one group are asked for while those of a group before it are looked into, and the entries
//! found there asked for, while those of a group before that are held against their purchases' keys and their rows
//! are written.
//!
//! Where no rows are written, keys of at most eight bytes stand in the buckets and are counted at once; of longer ones the
//! entries are asked for too.
//!
//! The size of a group was found by measuring. One at a time, each waits for the page of the memory it asks for; 16 and
//! more in one go are more requests than the processor takes.

use super::chunk_output::{ChunkOutput, DeferredRow};
use super::kernel::UnmatchedPolicy;
use super::lookup::Lookup;
use super::lookup_ring::{LookupRing, PendingPurchase, RING};
use super::row_buffer::RowBuffer;
use crate::customers::entry::Entry;
use crate::customers::map::LookupHit;
use crate::customers::slot::Slot;
use crate::model::key::LONG;
use std::ops::Range;

/// Purchases that take a step together.
const GROUP: usize = 8;
/// How many more, at least, are asked for before those that were asked for first are looked at: what they wait for takes
/// longer than one group of rows.
const AHEAD: usize = 2 * GROUP;
const _: () = assert!(2 * AHEAD + GROUP <= RING, "rows would be overwritten");

/// What purchases are looked up in, and what becomes of them.
#[derive(Clone, Copy)]
pub(super) struct LookupPipeline<'a, 'c> {
    pub(super) lookup: &'a Lookup<'c>,
    pub(super) policy: &'a UnmatchedPolicy,
    /// The chunk the purchases stand in, and the values that had to be made of them.
    pub(super) chunk: &'a [u8],
    pub(super) unescaped: &'a [u8],
}

impl LookupPipeline<'_, '_> {
    /// After one more was read: when a group is full, a step for it and for those before it. Rows are written where the
    /// table is not keyed.
    #[inline(always)]
    pub(super) fn advance(&self, ring: &mut LookupRing, out: &mut ChunkOutput) {
        if ring.accepted - ring.requested < GROUP {
            return;
        }
        self.request_buckets(ring);
        if self.lookup.map.is_keyed() {
            if ring.requested - ring.looked_up > AHEAD {
                self.count_keyed(ring, GROUP, out);
            }
            if ring.looked_up - ring.finished > AHEAD {
                self.count_long(ring, GROUP, out);
            }
            return;
        }
        if ring.requested - ring.looked_up > AHEAD {
            self.look_up(ring, GROUP);
        }
        if ring.looked_up - ring.finished > AHEAD {
            self.finish(ring, GROUP, out);
            out.rows.sum_up_when_much();
        }
    }

    /// All steps for all that were read.
    #[inline(never)]
    pub(super) fn drain(&self, ring: &mut LookupRing, out: &mut ChunkOutput) {
        self.request_buckets(ring);
        if self.lookup.map.is_keyed() {
            self.count_keyed(ring, ring.requested - ring.looked_up, out);
            return self.count_long(ring, ring.looked_up - ring.finished, out);
        }
        self.look_up(ring, ring.requested - ring.looked_up);
        self.finish(ring, ring.looked_up - ring.finished, out);
        out.rows.sum_up();
    }

    /// Asks for the buckets of those that were read.
    #[inline(always)]
    fn request_buckets(&self, ring: &mut LookupRing) {
        for number in ring.requested..ring.accepted {
            self.lookup.map.prefetch(ring.slots[number % RING].key.hash);
        }
        ring.requested = ring.accepted;
    }

    /// Looks the next `count` up where the keys stand beside the slots, and counts them: no row of theirs is written. Of
    /// long keys the hashes stand there, so for these the entries are asked for.
    #[inline(always)]
    fn count_keyed(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        for number in ring.looked_up..ring.looked_up + count {
            let row = &mut ring.slots[number % RING];
            let found = self.lookup.map.find_keyed(row.key, |_| true);
            if row.key.tag != LONG {
                self.count(row, found, out);
                continue;
            }
            ring.long = number + 1;
            row.hit = found;
            if let Some(found) = found {
                self.lookup.arena.prefetch(found.slot.address());
            }
        }
        ring.looked_up += count;
    }

    /// Counts those of the next `count` that have long keys.
    #[inline(always)]
    fn count_long(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        if ring.long > ring.finished {
            self.count_long_ones(&ring.slots, ring.finished..ring.finished + count, out);
        }
        ring.finished += count;
    }

    #[inline(never)]
    fn count_long_ones(&self, ring: &[PendingPurchase; RING], numbers: Range<usize>, out: &mut ChunkOutput) {
        for row in numbers.map(|number| &ring[number % RING]).filter(|row| row.key.tag == LONG) {
            let value = row.value.of(self.chunk, self.unescaped);
            let same = |address| self.lookup.arena.key_is(address, value);
            // The first one with this hash, nearly always, is the one looked for; to search again at once takes 5 % longer.
            let found = row.hit.filter(|found| same(found.slot.address()));
            let found = found.or_else(|| row.hit.and_then(|_| self.lookup.map.find_keyed(row.key, same)));
            self.count(row, found, out);
        }
    }

    /// Looks into the buckets of the next `count`, and asks for the entries.
    #[inline(always)]
    fn look_up(&self, ring: &mut LookupRing, count: usize) {
        for number in ring.looked_up..ring.looked_up + count {
            let row = &mut ring.slots[number % RING];
            // Whoever has this hash, nearly always, is the one looked for.
            row.hit = self.lookup.map.find(row.key, |_| true);
        }
        for number in ring.looked_up..ring.looked_up + count {
            if let Some(found) = ring.slots[number % RING].hit {
                self.lookup.arena.prefetch(found.slot.address());
            }
        }
        ring.looked_up += count;
    }

    /// Counts the next `count` and writes their rows.
    #[inline(always)]
    fn finish(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        for number in ring.finished..ring.finished + count {
            self.finish_one(&ring.slots[number % RING], out);
        }
        ring.finished += count;
    }

    #[inline(always)]
    fn finish_one(&self, row: &PendingPurchase, out: &mut ChunkOutput) {
        let arena = self.lookup.arena;
        if let Some(found) = row.hit
            && let Some(entry) = Entry::read_short(arena.at(found.slot.address()))
        {
            let (start, len) = entry.key_value(arena.dialect.quote);
            if row.key.is(row.value.of(self.chunk, self.unescaped), entry.bytes, start, len) {
                self.count(row, Some(found), out);
                let (purchase, len) = (&self.chunk[row.start as usize..], (row.end - row.start) as usize);
                let group = found.slot.group();
                // Behind a deferred row every other is deferred too: they stay in order.
                if !(out.deferred.is_empty()
                    && self.lookup.suffixes.put_short(purchase, len, &entry, group, &mut out.rows))
                {
                    self.write(row, Some(found.slot), out);
                }
                return;
            }
        }
        self.finish_slowly(row, out);
    }

    /// The same for those without a customer, and for whatever is rare.
    #[inline(never)]
    fn finish_slowly(&self, row: &PendingPurchase, out: &mut ChunkOutput) {
        let value = row.value.of(self.chunk, self.unescaped);
        let same = |address| self.lookup.arena.key_is(address, value);
        // Nobody has the empty key.
        let found = row.hit.and_then(|_| self.lookup.map.find(row.key, same)).filter(|_| !value.is_empty());
        self.count(row, found, out);
        if found.is_some() || self.policy.keep_unmatched {
            self.write(row, found.map(|found| found.slot), out);
        }
    }

    #[inline(always)]
    fn count(&self, row: &PendingPurchase, found: Option<LookupHit>, out: &mut ChunkOutput) {
        let group = match found {
            Some(found) => {
                self.lookup.map.set_matched(found);
                out.counts.matched += 1;
                found.slot.group()
            }
            None => {
                out.counts.unmatched += 1;
                out.totals.unmatched += row.units;
                if !self.policy.keep_unmatched {
                    return;
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

    /// Writes a row of any kind, or notes what it is made of where there is no room for it.
    #[inline(never)]
    fn write(&self, row: &PendingPurchase, customer: Option<Slot>, out: &mut ChunkOutput) {
        if !(out.deferred.is_empty() && self.put(row, customer, &mut out.rows)) {
            out.deferred.push(DeferredRow { start: row.start, end: row.end, customer });
        }
    }

    /// Adds a row; `false` where there is no room for it.
    fn put(&self, row: &PendingPurchase, customer: Option<Slot>, rows: &mut RowBuffer) -> bool {
        let (start, len) = (row.start as usize, (row.end - row.start) as usize);
        let (tails, unmatched) = (self.lookup.suffixes, &self.policy.unmatched_suffix);
        let customer = customer.map(|slot| (self.lookup.arena.entry(slot.address()), slot.group()));
        let tail = customer.map_or(unmatched.len(), |(entry, group)| tails.len(&entry, group));
        let room = rows.reserve(len + tail);
        if room {
            rows.put(self.chunk, start, len);
            match customer {
                Some((entry, group)) => tails.put(&entry, group, rows),
                None => rows.put(unmatched, 0, unmatched.len()),
            }
        }
        room
    }
}

#[cfg(test)]
#[path = "lookup_pipeline_tests.rs"]
mod tests;
