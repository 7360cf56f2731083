//! The customers' map: open addressing over ahash, seven slots to a bucket of one cache line.
//!
//! A slot does not hold its key: it says where the customer's entry stands, and the entry, which a row needs anyway,
//! has the key. So a customer takes 8 bytes here, and many more of them stay in the caches. What a look-up compares
//! first are 19 bits of the hash: 8 of each slot of the bucket in one word, the others in the slot. Whatever agrees in
//! these is held against the entry's key by the caller; of the entries asked for in vain there are a few in a million.
//!
//! A key stands in the first bucket with room from where its hash points.

use super::memory;
use super::prefetch::prefetch;
use crate::age::GroupId;
use crate::error::Result;
use ahash::RandomState;
use memmap2::MmapMut;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use zerocopy::FromBytes;

/// Where an entry begins in the customers' memory: at most 40 bits, and never 0.
pub(crate) type Address = u64;

/// What a slot holds, from its lowest bit: whether a purchase named the customer (1 bit), bits of the hash (11), the
/// group (12), the address (40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(NonZeroU64);

const MATCHED: u64 = 1;
const HASH_SHIFT: u32 = 1;
const HASH_BITS: u64 = 0x7ff;
const GROUP_SHIFT: u32 = 12;
const GROUP_BITS: u64 = 0xfff;
const ADDRESS_SHIFT: u32 = 24;

impl Slot {
    /// A customer without purchases.
    pub(crate) fn new(hash: u64, group: GroupId, address: Address) -> Self {
        debug_assert!(address >> (u64::BITS - ADDRESS_SHIFT) == 0 && u64::from(group) <= GROUP_BITS);
        let hash = (hash >> 8 & HASH_BITS) << HASH_SHIFT;
        let word = hash | u64::from(group) << GROUP_SHIFT | address << ADDRESS_SHIFT;
        // Proof: no address is 0.
        Self(NonZeroU64::new(word).expect("an address"))
    }

    /// What a word of the table holds, where it is not free.
    #[inline(always)]
    fn read(word: &AtomicU64) -> Option<Self> {
        NonZeroU64::new(word.load(Ordering::Relaxed)).map(Self)
    }

    #[inline(always)]
    pub(crate) fn address(self) -> Address {
        self.0.get() >> ADDRESS_SHIFT
    }

    #[inline(always)]
    pub(crate) fn group(self) -> usize {
        (self.0.get() >> GROUP_SHIFT & GROUP_BITS) as usize
    }

    /// Whether a purchase named the customer.
    #[inline(always)]
    pub(crate) fn is_matched(self) -> bool {
        self.0.get() & MATCHED != 0
    }

    #[inline(always)]
    fn may_be(self, hash: u64) -> bool {
        (self.0.get() >> HASH_SHIFT ^ hash >> 8) & HASH_BITS == 0
    }
}

/// Words of a bucket: first the marks of its slots, a byte each from the lowest, 0 for a free slot; then the slots,
/// filled from the front.
const WORDS: usize = SLOTS + 1;
const SLOTS: usize = 7;
/// Bytes of a bucket.
const BUCKET: usize = WORDS * size_of::<u64>();
/// Buckets in a huge page, where these have 2 MiB.
const HUGE_PAGE: usize = (2 << 20) / BUCKET;

/// Customers that ten buckets are made for: one bucket in thirty has then more of them than slots.
const USUAL: usize = 45;
/// Customers for each ten buckets beyond which the table grows.
const FULL: usize = 56;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
/// Of the bytes that mark slots; the last byte of the word marks none.
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;

/// The byte that marks a slot of this hash; never 0.
#[inline(always)]
fn mark(hash: u64) -> u64 {
    (hash & 0xff).max(1)
}

/// A customer that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    /// Which of the table's words the slot is.
    place: usize,
}

/// Key → where the entry stands, and the group.
#[derive(Debug)]
pub(crate) struct Table {
    memory: MmapMut,
    hasher: RandomState,
    len: usize,
}

/// What the table must ask of the entries.
pub(crate) trait Keys {
    /// The hash of the key of the entry at an address.
    fn hash_at(&self, address: Address) -> u64;
}

impl Table {
    /// A table for about `keys` keys, its memory made by so many threads; it grows when there are more.
    pub(crate) fn with_capacity(keys: usize, threads: usize) -> Result<Self> {
        let buckets = (keys.max(32) * 10).div_ceil(USUAL);
        // Whole huge pages, where there are any: a size that is no multiple of theirs is not aligned to them.
        let buckets = if buckets < HUGE_PAGE { buckets } else { buckets.next_multiple_of(HUGE_PAGE) };
        Ok(Self { memory: memory::populated(buckets * BUCKET, threads)?, hasher: RandomState::new(), len: 0 })
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Asks for the cache line that an insertion will need.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        prefetch(&self.memory, home(hash, self.memory.len() / BUCKET) * BUCKET);
    }

    /// The slots, for looking up and for marking customers as matched.
    pub(crate) fn slots(&mut self) -> Slots<'_> {
        // Proof: a map begins at a page, and its length is that of whole buckets.
        let words = <[AtomicU64]>::mut_from_bytes(&mut self.memory).expect("whole buckets");
        let (buckets, _) = words.as_chunks();
        Slots(buckets)
    }

    /// The customers, in no order that means anything.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = Slot> {
        let slots = self.slots().0.iter().flat_map(|bucket| &bucket[1..]);
        slots.filter_map(Slot::read)
    }

    /// Adds a customer. Where its key is there already nothing changes, and the address of the first one is returned.
    /// `same` tells whether the entry at an address has that very key.
    pub(crate) fn insert(
        &mut self,
        hash: u64,
        group: GroupId,
        address: Address,
        same: impl Fn(Address) -> bool,
        keys: &impl Keys,
    ) -> Result<Option<Address>> {
        let buckets = self.memory.len() / BUCKET;
        if (self.len + 1) * 10 > buckets * FULL {
            self.grow(keys)?;
        }
        let slots = self.slots();
        if let Some(found) = slots.find(hash, same) {
            return Ok(Some(found.slot.address()));
        }
        slots.place(hash, Slot::new(hash, group, address));
        self.len += 1;
        Ok(None)
    }

    #[cold]
    fn grow(&mut self, keys: &impl Keys) -> Result<()> {
        let mut grown =
            Self { memory: memory::zeroed(self.memory.len() * 2)?, hasher: self.hasher.clone(), len: self.len };
        let slots = grown.slots();
        for slot in self.all() {
            slots.place(keys.hash_at(slot.address()), slot);
        }
        *self = grown;
        Ok(())
    }
}

/// The bucket a hash points at.
#[inline(always)]
fn home(hash: u64, buckets: usize) -> usize {
    // The high bits: the low ones of a multiplicative hash are the weaker.
    ((u128::from(hash) * buckets as u128) >> 64) as usize
}

/// The bucket that is looked at next; the last one is followed by the first.
#[inline(always)]
fn after(index: usize, buckets: usize) -> usize {
    if index + 1 == buckets { 0 } else { index + 1 }
}

/// The slots of a table.
///
/// Words are read and written by all workers, without an order between them. After the table is made only one thing
/// changes: a customer is marked as matched, and whoever writes the mark writes the very word that every other would
/// write. So a mark needs no exchange, and none is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots<'t>(&'t [[AtomicU64; WORDS]]);

impl Slots<'_> {
    /// Asks for the cache line a look-up will need.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        prefetch(self.0, home(hash, self.0.len()));
    }

    /// The first customer with this hash that `same`, which is given its address, takes for the one looked for.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, same: impl Fn(Address) -> bool) -> Option<Found> {
        let mut index = home(hash, self.0.len());
        loop {
            let bucket = &self.0[index];
            let marks = bucket[0].load(Ordering::Relaxed);
            let differs = marks ^ (mark(hash) * LOW_BITS);
            // The high bit of each byte that is zero; above the lowest of them it may be set in vain, which the
            // bits in the slot tell.
            let mut hits = differs.wrapping_sub(LOW_BITS) & !differs & HIGH_BITS;
            while hits != 0 {
                // The remainder changes nothing, and spares a check.
                let word = (hits.trailing_zeros() / 8 + 1) as usize % WORDS;
                match Slot::read(&bucket[word]) {
                    Some(slot) if slot.may_be(hash) && same(slot.address()) => {
                        return Some(Found { slot, place: index * WORDS + word });
                    }
                    _ => {}
                }
                hits &= hits - 1;
            }
            if marks >> (8 * (SLOTS - 1)) == 0 {
                return None;
            }
            index = after(index, self.0.len());
        }
    }

    /// Marks a customer that was found as matched.
    #[inline(always)]
    pub(crate) fn set_matched(&self, found: Found) {
        // Most are marked already: a look does not take the cache line away from the other workers.
        if !found.slot.is_matched() {
            self.0[found.place / WORDS][found.place % WORDS].store(found.slot.0.get() | MATCHED, Ordering::Relaxed);
        }
    }

    /// Puts a slot into the first free place from where its hash points.
    fn place(&self, hash: u64, slot: Slot) {
        let mut index = home(hash, self.0.len());
        loop {
            let bucket = &self.0[index];
            let marks = bucket[0].load(Ordering::Relaxed);
            let taken = (u64::BITS - marks.leading_zeros()).div_ceil(8) as usize;
            if taken < SLOTS {
                bucket[0].store(marks | mark(hash) << (8 * taken), Ordering::Relaxed);
                bucket[taken + 1].store(slot.0.get(), Ordering::Relaxed);
                return;
            }
            index = after(index, self.0.len());
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
