//! The customers' map: open addressing over ahash, a bucket to a cache line.
//!
//! A key stands in the first bucket with room from where its hash points.

use super::bucket::{Bucket, Hashed, Keyed, Line, WORDS};
use super::key::Key;
use super::memory;
use super::prefetch::prefetch;
use super::slot::{Address, Slot};
use crate::age::GroupId;
use crate::error::Result;
use ahash::RandomState;
use memmap2::MmapMut;
use zerocopy::FromBytes;

/// Bytes in a huge page, where there are any.
const HUGE_PAGE: usize = 2 << 20;

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
    /// The buckets are [`Keyed`], otherwise [`Hashed`].
    keyed: bool,
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
        let usual = if keyed { Keyed::USUAL } else { Hashed::USUAL };
        let bytes = (keys.max(32) * 10).div_ceil(usual) * size_of::<Line>();
        // Whole huge pages: a size that is no multiple of theirs is not aligned to them.
        let bytes = if bytes < HUGE_PAGE { bytes } else { bytes.next_multiple_of(HUGE_PAGE) };
        Ok(Self { memory: memory::populated(bytes, threads)?, hasher: RandomState::new(), len: 0, keyed })
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The slots, for looking up and for marking customers as matched.
    pub(crate) fn slots(&mut self) -> Slots<'_> {
        let keyed = self.keyed;
        // Proof: a map begins at a page, and its length is that of whole words.
        let words = <[_]>::mut_from_bytes(&mut self.memory).expect("whole words");
        let (lines, _) = words.as_chunks();
        Slots { lines, keyed }
    }

    /// The customers, in no order that means anything.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = Slot> {
        let first = if self.keyed { Keyed::FIRST } else { Hashed::FIRST };
        self.slots().lines.iter().flat_map(move |line| &line[first..]).filter_map(Slot::read)
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
        let full = if self.keyed { Keyed::FULL } else { Hashed::FULL };
        if (self.len + 1) * 10 > self.slots().lines.len() * full {
            self.grow(keys)?;
        }
        let slots = self.slots();
        if let Some(found) = slots.find_either(key, same) {
            return Ok(Some(found.slot.address()));
        }
        let hint = if slots.keyed { Keyed::hint(key) } else { Hashed::hint(key) };
        slots.put(key, Slot::new(hint, group, address));
        self.len += 1;
        Ok(None)
    }

    #[cold]
    fn grow(&mut self, keys: &impl Keys) -> Result<()> {
        let memory = memory::zeroed(self.memory.len() * 2)?;
        let mut grown = Self { memory, hasher: self.hasher.clone(), len: self.len, keyed: self.keyed };
        let slots = grown.slots();
        for slot in self.all() {
            slots.put(keys.key_at(slot.address()), slot);
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
    keyed: bool,
}

impl Slots<'_> {
    /// Whether [`find_keyed`](Self::find_keyed) is the one to ask, otherwise [`find`](Self::find).
    #[inline(always)]
    pub(crate) fn is_keyed(&self) -> bool {
        self.keyed
    }

    /// Asks for the cache line a look-up will need.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        prefetch(self.lines, home(hash, self.lines.len()));
    }

    /// The first customer that may have this key, by what is known of its hash, and that `same`, which is given its address,
    /// takes for the one looked for.
    #[inline(always)]
    pub(crate) fn find(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        debug_assert!(!self.keyed);
        self.find_in::<Hashed>(key, same)
    }

    /// The customer with this key; `same` decides for long keys, of which only the hash stands there.
    #[inline(always)]
    pub(crate) fn find_keyed(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        debug_assert!(self.keyed);
        self.find_in::<Keyed>(key, same)
    }

    /// The one of the two that is to be asked.
    fn find_either(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        if self.keyed { self.find_keyed(key, same) } else { self.find(key, same) }
    }

    #[inline(always)]
    fn find_in<B: Bucket>(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        let bucket = home(key.hash, self.lines.len());
        let line = &self.lines[bucket];
        match B::find(line, key, &same) {
            Some((slot, word)) => Some(Found { slot, place: bucket * WORDS + word }),
            None if B::is_full(line) => self.find_behind::<B>(bucket, key, same),
            None => None,
        }
    }

    /// The same in the buckets behind a full one.
    #[inline(never)]
    fn find_behind<B: Bucket>(&self, mut bucket: usize, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        loop {
            bucket = after(bucket, self.lines.len());
            let line = &self.lines[bucket];
            if let Some((slot, word)) = B::find(line, key, &same) {
                return Some(Found { slot, place: bucket * WORDS + word });
            }
            if !B::is_full(line) {
                return None;
            }
        }
    }

    /// Marks a customer that was found as matched.
    #[inline(always)]
    pub(crate) fn set_matched(&self, found: Found) {
        // Most are marked already: a look does not take the cache line away from the other workers.
        if !found.slot.is_matched() {
            found.slot.matched().write(&self.lines[found.place / WORDS][found.place % WORDS]);
        }
    }

    fn put(&self, key: Key, slot: Slot) {
        if self.keyed { self.put_in::<Keyed>(key, slot) } else { self.put_in::<Hashed>(key, slot) }
    }

    /// Puts a slot into the first free word from where its key's hash points.
    fn put_in<B: Bucket>(&self, key: Key, slot: Slot) {
        let mut bucket = home(key.hash, self.lines.len());
        loop {
            let line = &self.lines[bucket];
            if let Some(word) = (B::FIRST..WORDS).find(|&word| Slot::read(&line[word]).is_none()) {
                return B::put(line, word, key, slot);
            }
            bucket = after(bucket, self.lines.len());
        }
    }
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
