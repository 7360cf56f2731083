//! The customers' map: open addressing over ahash, seven slots to a bucket of one cache line.
//!
//! A slot does not hold its key: it says where the customer's entry stands, and the entry, which a row needs anyway,
//! has the key. So a customer takes 8 bytes here, and many more of them stay in the caches. What a look-up compares
//! first are 19 bits of the hash: 8 of each slot of the bucket in one word, the others in the slot. Whatever agrees in
//! these is held against the entry's key by the caller; of the entries asked for in vain there are a few in a million.
//!
//! Where no rows are written nobody needs entries, and fetching them for their keys alone would be the larger part of a
//! look-up. Then a second line stands beside each bucket, with the keys of its slots.
//!
//! A key stands in the first bucket with room from where its hash points.

use super::key::{Key, LONG};
use super::memory;
use super::prefetch::prefetch;
use crate::age::GroupId;
use crate::error::Result;
use ahash::RandomState;
use memmap2::MmapMut;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use zerocopy::FromBytes;

/// Where an entry begins in the customers' memory: at most [`ADDRESS_BITS`], and never 0.
pub(crate) type Address = u64;
/// What is left of a slot's word beside the other parts.
pub(crate) const ADDRESS_BITS: u32 = u64::BITS - ADDRESS_SHIFT;

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
        debug_assert!(address >> ADDRESS_BITS == 0 && u64::from(group) <= GROUP_BITS);
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

/// Words of a cache line. That of a bucket has first the marks of its slots, a byte each from the lowest, 0 for a free
/// slot; then the slots, filled from the front. The line with their keys has the keys' tags and words in these places.
const WORDS: usize = SLOTS + 1;
const SLOTS: usize = 7;
type Line = [AtomicU64; WORDS];
/// Bytes in a huge page, where there are any.
const HUGE_PAGE: usize = 2 << 20;

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
    /// Lines of a bucket: 2 where the keys stand beside the slots, otherwise 1.
    lines: usize,
}

/// What the table must ask of the entries.
pub(crate) trait Keys {
    /// The key of the entry at an address.
    fn key_at(&self, address: Address) -> Key;
}

impl Table {
    /// A table for about `keys` keys, its memory made by so many threads; it grows when there are more. `keyed`: with the
    /// keys beside the slots.
    pub(crate) fn with_capacity(keys: usize, threads: usize, keyed: bool) -> Result<Self> {
        let lines = if keyed { 2 } else { 1 };
        let bytes = (keys.max(32) * 10).div_ceil(USUAL) * lines * size_of::<Line>();
        // Whole huge pages: a size that is no multiple of theirs is not aligned to them.
        let bytes = if bytes < HUGE_PAGE { bytes } else { bytes.next_multiple_of(HUGE_PAGE) };
        Ok(Self { memory: memory::populated(bytes, threads)?, hasher: RandomState::new(), len: 0, lines })
    }

    fn buckets(&self) -> usize {
        self.memory.len() / (self.lines * size_of::<Line>())
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The slots, for looking up and for marking customers as matched.
    pub(crate) fn slots(&mut self) -> Slots<'_> {
        let (buckets, keyed) = (self.buckets(), self.lines == 2);
        // Proof: a map begins at a page, and its length is that of whole words.
        let words = <[AtomicU64]>::mut_from_bytes(&mut self.memory).expect("whole words");
        let (lines, _) = words.as_chunks();
        Slots { lines, buckets, keyed }
    }

    /// The customers, in no order that means anything.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = Slot> {
        let lines = self.lines;
        let slots = self.slots().lines.iter().step_by(lines).flat_map(|line| &line[1..]);
        slots.filter_map(Slot::read)
    }

    /// Adds a customer. Where its key is there already nothing changes, and the address of the first one is returned.
    /// `same` tells whether the entry at an address has that very key.
    pub(crate) fn insert(
        &mut self,
        key: Key,
        group: GroupId,
        address: Address,
        same: impl Fn(Address) -> bool,
        keys: &impl Keys,
    ) -> Result<Option<Address>> {
        if (self.len + 1) * 10 > self.buckets() * FULL {
            self.grow(keys)?;
        }
        let slots = self.slots();
        if let Some(found) = slots.find(key.hash, same) {
            return Ok(Some(found.slot.address()));
        }
        slots.place(key, Slot::new(key.hash, group, address));
        self.len += 1;
        Ok(None)
    }

    #[cold]
    fn grow(&mut self, keys: &impl Keys) -> Result<()> {
        let memory = memory::zeroed(self.memory.len() * 2)?;
        let mut grown = Self { memory, hasher: self.hasher.clone(), len: self.len, lines: self.lines };
        let slots = grown.slots();
        for slot in self.all() {
            slots.place(keys.key_at(slot.address()), slot);
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
pub(crate) struct Slots<'t> {
    lines: &'t [Line],
    buckets: usize,
    /// The line behind that of a bucket has the keys of its slots.
    keyed: bool,
}

impl Slots<'_> {
    /// Whether [`find_keyed`](Self::find_keyed) can be asked.
    #[inline(always)]
    pub(crate) fn is_keyed(&self) -> bool {
        self.keyed
    }

    /// The line that a bucket begins with.
    #[inline(always)]
    fn line(&self, bucket: usize) -> usize {
        bucket << u32::from(self.keyed)
    }

    /// Asks for the cache lines a look-up will need.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        let line = self.line(home(hash, self.buckets));
        prefetch(self.lines, line);
        if self.keyed {
            prefetch(self.lines, line + 1);
        }
    }

    /// The first customer with this hash that `same`, which is given its address, takes for the one looked for.
    #[inline(always)]
    pub(crate) fn find(&self, hash: u64, same: impl Fn(Address) -> bool) -> Option<Found> {
        self.find_where(hash, |_, _, slot| same(slot.address()))
    }

    /// The customer with this key; `same` decides for long keys with equal hashes.
    #[inline(always)]
    pub(crate) fn find_keyed(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        self.find_where(key.hash, |line, word, slot| {
            let keys = &self.lines[line + 1];
            let tag = keys[0].load(Ordering::Relaxed) >> (8 * (word - 1)) & 0xff;
            let equal = keys[word].load(Ordering::Relaxed) == key.word && tag == u64::from(key.tag);
            equal && (key.tag != LONG || same(slot.address()))
        })
    }

    /// The first customer with this hash that is `right`, given the bucket's line and the slot's word in it.
    #[inline(always)]
    fn find_where(&self, hash: u64, right: impl Fn(usize, usize, Slot) -> bool) -> Option<Found> {
        let mut bucket = home(hash, self.buckets);
        loop {
            let line = self.line(bucket);
            let words = &self.lines[line];
            let marks = words[0].load(Ordering::Relaxed);
            let differs = marks ^ (mark(hash) * LOW_BITS);
            // The high bit of each byte that is zero; above the lowest of them it may be set in vain, which the
            // bits in the slot tell.
            let mut hits = differs.wrapping_sub(LOW_BITS) & !differs & HIGH_BITS;
            while hits != 0 {
                // The remainder changes nothing, and spares a check.
                let word = (hits.trailing_zeros() / 8 + 1) as usize % WORDS;
                match Slot::read(&words[word]) {
                    Some(slot) if slot.may_be(hash) && right(line, word, slot) => {
                        return Some(Found { slot, place: line * WORDS + word });
                    }
                    _ => {}
                }
                hits &= hits - 1;
            }
            if marks >> (8 * (SLOTS - 1)) == 0 {
                return None;
            }
            bucket = after(bucket, self.buckets);
        }
    }

    /// Marks a customer that was found as matched.
    #[inline(always)]
    pub(crate) fn set_matched(&self, found: Found) {
        // Most are marked already: a look does not take the cache line away from the other workers.
        if !found.slot.is_matched() {
            self.lines[found.place / WORDS][found.place % WORDS].store(found.slot.0.get() | MATCHED, Ordering::Relaxed);
        }
    }

    /// Puts a slot into the first free place from where its key's hash points.
    fn place(&self, key: Key, slot: Slot) {
        let mut bucket = home(key.hash, self.buckets);
        loop {
            let line = self.line(bucket);
            let words = &self.lines[line];
            let marks = words[0].load(Ordering::Relaxed);
            let taken = (u64::BITS - marks.leading_zeros()).div_ceil(8) as usize;
            if taken < SLOTS {
                words[0].store(marks | mark(key.hash) << (8 * taken), Ordering::Relaxed);
                words[taken + 1].store(slot.0.get(), Ordering::Relaxed);
                if self.keyed {
                    let keys = &self.lines[line + 1];
                    let tags = keys[0].load(Ordering::Relaxed) | u64::from(key.tag) << (8 * taken);
                    keys[0].store(tags, Ordering::Relaxed);
                    keys[taken + 1].store(key.word, Ordering::Relaxed);
                }
                return;
            }
            bucket = after(bucket, self.buckets);
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
