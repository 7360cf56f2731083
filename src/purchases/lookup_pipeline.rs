//! The lookup pipeline: looks purchases up with group prefetching and writes their rows.
//!
//! Group prefetching (Chen et al., "Improving hash join performance through prefetching", ICDE 2004) overlaps the cache
//! misses of independent lookups. Purchases advance in groups through three stages:
//!
//! 1. The buckets of a group are prefetched.
//! 2. The buckets are probed, and the entries of the hits are prefetched. The lookup is speculative: it takes the first
//!    customer with the fingerprint.
//! 3. The keys are verified in the arena, and the purchases are counted and written.
//!
//! In maps that store keys ([`BucketKind::Keys`], used if no rows are written), stage 2 verifies a key of at most eight
//! bytes in the bucket and counts its purchase. Only the entries of longer keys are prefetched.
//!
//! The group size and the prefetch distance were found by measurement. Without groups, each lookup waits for its page
//! walk; with groups of 16 or more, the processor drops prefetches.

use super::chunk_output::{ChunkOutput, DeferredRow};
use super::lookup::Lookup;
use super::lookup_ring::{LookupRing, PendingPurchase, RING};
use super::row_buffer::RowBuffer;
use super::unmatched_policy::UnmatchedPolicy;
use crate::customers::bucket::BucketKind;
use crate::customers::entry::Entry;
use crate::customers::map::LookupHit;
use crate::customers::slot::Slot;
use crate::model::key::LONG;
use std::ops::Range;

/// Purchases per group.
const GROUP: usize = 8;
/// Prefetch distance, in purchases. Two groups, because a memory access takes longer than writing the rows of one.
const AHEAD: usize = 2 * GROUP;
const _: () = assert!(2 * AHEAD + GROUP <= RING, "the ring must hold all purchases of the pipeline");

/// The pipeline for one chunk. `REWRITES`: rows may begin with a rewritten record, whose fields are in another order or
/// number than in the chunk. It is a constant, so that other runs have no branch for it.
#[derive(Clone, Copy)]
pub(super) struct LookupPipeline<'a, 'c, const REWRITES: bool> {
    pub(super) lookup: &'a Lookup<'c>,
    pub(super) policy: &'a UnmatchedPolicy,
    pub(super) chunk: &'a [u8],
    /// Unescaped values of keys with doubled quotes or escapes.
    pub(super) unescaped: &'a [u8],
    /// The rewritten records.
    pub(super) rewritten: &'a [u8],
}

impl<const REWRITES: bool> LookupPipeline<'_, '_, REWRITES> {
    /// Advances each stage by one group if a group is complete. Call it after each purchase.
    #[inline(always)]
    pub(super) fn advance(&self, ring: &mut LookupRing, out: &mut ChunkOutput) {
        if ring.accepted - ring.prefetched < GROUP {
            return;
        }
        self.request_buckets(ring);
        if self.lookup.map.kind() == BucketKind::Keys {
            if ring.prefetched - ring.looked_up > AHEAD {
                self.count_with_keys(ring, GROUP, out);
            }
            if ring.looked_up - ring.finished > AHEAD {
                self.count_long(ring, GROUP, out);
            }
            return;
        }
        if ring.prefetched - ring.looked_up > AHEAD {
            self.look_up(ring, GROUP);
        }
        if ring.looked_up - ring.finished > AHEAD {
            self.finish(ring, GROUP, out);
            out.rows.update_checksum_if_large();
        }
    }

    /// Runs all stages for all purchases in the ring.
    #[inline(never)]
    pub(super) fn drain(&self, ring: &mut LookupRing, out: &mut ChunkOutput) {
        self.request_buckets(ring);
        if self.lookup.map.kind() == BucketKind::Keys {
            self.count_with_keys(ring, ring.prefetched - ring.looked_up, out);
            return self.count_long(ring, ring.looked_up - ring.finished, out);
        }
        self.look_up(ring, ring.prefetched - ring.looked_up);
        self.finish(ring, ring.looked_up - ring.finished, out);
        out.rows.update_checksum();
    }

    /// Stage 1: prefetches the buckets of all purchases accepted since the last call.
    #[inline(always)]
    fn request_buckets(&self, ring: &mut LookupRing) {
        for number in ring.prefetched..ring.accepted {
            self.lookup.map.prefetch(ring.slots[number % RING].key.hash);
        }
        ring.prefetched = ring.accepted;
    }

    /// Stage 2 without rows: looks up the next `count` purchases and counts those with short keys. For a long key the
    /// map stores only the hash, so the entry of the hit is prefetched for verification.
    #[inline(always)]
    fn count_with_keys(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        for number in ring.looked_up..ring.looked_up + count {
            let purchase = &mut ring.slots[number % RING];
            let hit = self.lookup.map.find_with_key(purchase.key, |_| true);
            if purchase.key.tag != LONG {
                self.count(purchase, hit, out);
                continue;
            }
            ring.after_last_long = number + 1;
            purchase.hit = hit;
            if let Some(hit) = hit {
                self.lookup.arena.prefetch(hit.slot.address());
            }
        }
        ring.looked_up += count;
    }

    /// Stage 3 without rows: verifies and counts the purchases with long keys among the next `count`.
    #[inline(always)]
    fn count_long(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        if ring.after_last_long > ring.finished {
            self.count_long_keys(&ring.slots, ring.finished..ring.finished + count, out);
        }
        ring.finished += count;
    }

    #[inline(never)]
    fn count_long_keys(&self, slots: &[PendingPurchase; RING], numbers: Range<usize>, out: &mut ChunkOutput) {
        for purchase in numbers.map(|number| &slots[number % RING]).filter(|purchase| purchase.key.tag == LONG) {
            let value = purchase.value.of(self.chunk, self.unescaped);
            let is_key = |address| self.lookup.arena.key_is(address, value);
            // The speculative hit is nearly always right, so it is verified first. Always searching again takes 5 %
            // longer.
            let hit = purchase.hit.filter(|hit| is_key(hit.slot.address()));
            let hit = hit.or_else(|| purchase.hit.and_then(|_| self.lookup.map.find_with_key(purchase.key, is_key)));
            self.count(purchase, hit, out);
        }
    }

    /// Stage 2: probes the buckets of the next `count` purchases and prefetches the entries.
    #[inline(always)]
    fn look_up(&self, ring: &mut LookupRing, count: usize) {
        for number in ring.looked_up..ring.looked_up + count {
            let purchase = &mut ring.slots[number % RING];
            // Speculative: the key is verified in stage 3.
            purchase.hit = self.lookup.map.find(purchase.key, |_| true);
        }
        for number in ring.looked_up..ring.looked_up + count {
            if let Some(hit) = ring.slots[number % RING].hit {
                self.lookup.arena.prefetch(hit.slot.address());
            }
        }
        ring.looked_up += count;
    }

    /// Stage 3: verifies the keys of the next `count` purchases, counts them and writes their rows.
    #[inline(always)]
    fn finish(&self, ring: &mut LookupRing, count: usize, out: &mut ChunkOutput) {
        for number in ring.finished..ring.finished + count {
            self.finish_one(ring, number, out);
        }
        ring.finished += count;
    }

    /// Bytes that begin with the record of purchase `number`, rewritten if its row needs that, and the length of this
    /// record.
    #[inline(always)]
    fn record(&self, ring: &LookupRing, number: usize) -> (&[u8], usize) {
        let purchase = &ring.slots[number % RING];
        if REWRITES && purchase.is_rewritten() {
            let (start, len) = ring.rewritten[number % RING];
            return (&self.rewritten[start as usize..], len as usize);
        }
        (&self.chunk[purchase.start as usize..], (purchase.end - purchase.start) as usize)
    }

    /// Stage 3 for one purchase. This is the fast path: the speculative hit is right and its entry is short.
    #[inline(always)]
    fn finish_one(&self, ring: &LookupRing, number: usize, out: &mut ChunkOutput) {
        let (arena, purchase) = (self.lookup.arena, &ring.slots[number % RING]);
        if let Some(hit) = purchase.hit
            && let Some(entry) = Entry::read_short(arena.at(hit.slot.address()))
        {
            let (start, len) = entry.key_value(arena.dialect.quote);
            if purchase.key.matches(purchase.value.of(self.chunk, self.unescaped), entry.bytes, start, len) {
                self.count(purchase, Some(hit), out);
                let (record, len) = self.record(ring, number);
                let group = hit.slot.group();
                // After the first deferred row all others are deferred too, which keeps their order.
                if !(out.deferred.is_empty()
                    && self.lookup.suffixes.push_short_row(record, len, &entry, group, &mut out.rows))
                {
                    self.write(ring, number, Some(hit.slot), out);
                }
                return;
            }
        }
        self.finish_slowly(ring, number, out);
    }

    /// The slow path of stage 3: there is no hit, the speculative hit is wrong, or its entry is long.
    #[inline(never)]
    fn finish_slowly(&self, ring: &LookupRing, number: usize, out: &mut ChunkOutput) {
        let purchase = &ring.slots[number % RING];
        let value = purchase.value.of(self.chunk, self.unescaped);
        let is_key = |address| self.lookup.arena.key_is(address, value);
        // An empty key matches nothing.
        let hit = purchase.hit.and_then(|_| self.lookup.map.find(purchase.key, is_key)).filter(|_| !value.is_empty());
        self.count(purchase, hit, out);
        if hit.is_some() || self.policy.keep_unmatched {
            self.write(ring, number, hit.map(|hit| hit.slot), out);
        }
    }

    /// Adds a purchase to the counts and totals, and marks its customer as matched.
    #[inline(always)]
    fn count(&self, purchase: &PendingPurchase, hit: Option<LookupHit>, out: &mut ChunkOutput) {
        let group = match hit {
            Some(hit) => {
                self.lookup.map.set_matched(hit);
                if !self.lookup.placeholders.is_empty() {
                    self.count_placeholder(hit.slot, out);
                }
                out.counts.matched += 1;
                hit.slot.group()
            }
            None => {
                out.counts.unmatched += 1;
                if out.first_unmatched.wants(purchase.start) {
                    let (start, end) = purchase.record();
                    out.first_unmatched.add(start, end);
                }
                out.totals.unmatched += purchase.units;
                if !self.policy.keep_unmatched {
                    return;
                }
                self.policy.unknown
            }
        };
        // No sum overflows: a chunk has fewer than 2³² amounts, each below 10²⁷ units.
        out.counts.kept += 1;
        let total = &mut out.totals.groups[group];
        total.units += purchase.units;
        total.purchases += 1;
    }

    /// Counts a matched purchase whose key usually means a missing value.
    #[inline(never)]
    fn count_placeholder(&self, slot: Slot, out: &mut ChunkOutput) {
        if let Some(position) = self.lookup.placeholders.position(slot) {
            if out.placeholder_purchases.len() <= position {
                out.placeholder_purchases.resize(position + 1, 0);
            }
            out.placeholder_purchases[position] += 1;
        }
    }

    /// Writes a row of any length, or defers it if there is no room or an earlier row was deferred.
    #[inline(never)]
    fn write(&self, ring: &LookupRing, number: usize, customer: Option<Slot>, out: &mut ChunkOutput) {
        if !(out.deferred.is_empty() && self.push_row(self.record(ring, number), customer, &mut out.rows)) {
            let (start, end) = ring.slots[number % RING].record();
            out.deferred.push(DeferredRow { start, end, customer });
        }
    }

    /// Appends a row of any length, which begins with the first `len` bytes of `record`. Returns `false` if there is no
    /// room for it.
    fn push_row(&self, (record, len): (&[u8], usize), customer: Option<Slot>, rows: &mut RowBuffer) -> bool {
        let (suffixes, unmatched) = (self.lookup.suffixes, &self.policy.unmatched_suffix);
        let customer = customer.map(|slot| (self.lookup.arena.entry(slot.address()), slot.group()));
        let suffix_len = customer.map_or(unmatched.len(), |(entry, group)| suffixes.len(&entry, group));
        let has_room = rows.reserve(len + suffix_len);
        if has_room {
            rows.push(record, 0, len);
            match customer {
                Some((entry, group)) => suffixes.push(&entry, group, rows),
                None => rows.push(unmatched, 0, unmatched.len()),
            }
        }
        has_room
    }
}

#[cfg(test)]
#[path = "lookup_pipeline_tests.rs"]
mod tests;
