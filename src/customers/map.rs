//! The customers' map: open addressing over ahash, a bucket to a cache line.
//!
//! A key stands in the first bucket with room from where its hash points.

use super::bucket::{Bucket, CacheLine, FingerprintBucket, KeyBucket, WORDS};
use super::capacity::{Capacity, bytes_for};
use super::memory;
use super::slot::{Address, Slot};
use crate::error::Result;
use crate::exec::prefetch::prefetch;
use crate::model::age_group::GroupId;
use crate::model::key::Key;
use ahash::RandomState;
use memmap2::MmapMut;
use zerocopy::FromBytes;

/// A customer that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LookupHit {
    pub(crate) slot: Slot,
    /// Which of the table's words the slot is.
    place: usize,
}

/// Key → where the entry stands, and the group.
#[derive(Debug)]
pub(crate) struct CustomerMap {
    memory: MmapMut,
    hasher: RandomState,
    len: usize,
    capacity: Capacity,
    /// Threads that populate its memory.
    threads: usize,
    /// The buckets are [`KeyBucket`], otherwise [`FingerprintBucket`].
    keyed: bool,
}

/// What the table must ask of the entries.
pub(crate) trait KeySource {
    /// The key of the entry at an address.
    fn key_at(&self, address: Address) -> Key;

    /// Asks for the cache lines that [`key_at`](Self::key_at) will need.
    fn prefetch_key(&self, address: Address);
}

impl CustomerMap {
    /// A table with room for `keys` keys, whose pages are taken as it fills; when it grows, so many threads take them.
    /// `keyed`: with the keys beside the slots.
    pub(crate) fn with_capacity(keys: usize, threads: usize, keyed: bool) -> Result<Self> {
        let memory = memory::zeroed(bytes_for(keys, keyed))?;
        let capacity = Capacity::of(memory.len() / size_of::<CacheLine>(), keyed, None);
        Ok(Self { memory, hasher: RandomState::new(), len: 0, capacity, threads, keyed })
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Says how many keys there will be in the end, where that can be told.
    pub(crate) fn expect(&mut self, keys: Option<usize>) {
        self.capacity = Capacity::of(self.memory.len() / size_of::<CacheLine>(), self.keyed, keys);
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The slots, for looking up and for marking customers as matched.
    pub(crate) fn slots(&mut self) -> MapView<'_> {
        let keyed = self.keyed;
        // Proof: a map begins at a page, and its length is that of whole words.
        let words = <[_]>::mut_from_bytes(&mut self.memory).expect("whole words");
        let (lines, _) = words.as_chunks();
        MapView { lines, keyed }
    }

    /// The customers, in no order that means anything.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = Slot> {
        self.slots().all().map(|(slot, _, _)| slot)
    }

    /// Adds a customer. Where its key is there already nothing changes, and the address of the first one is returned.
    /// `same` tells whether the entry at an address has that very key.
    pub(crate) fn insert(
        &mut self,
        key: Key,
        group: GroupId,
        address: Address,
        same: impl Fn(Address) -> bool,
        keys: &impl KeySource,
    ) -> Result<Option<Address>> {
        if self.len >= self.capacity.limit {
            self.grow(keys)?;
        }
        let slots = self.slots();
        if let Some(found) = slots.find_either(key, same) {
            return Ok(Some(found.slot.address()));
        }
        let hint = if slots.keyed { KeyBucket::hint(key) } else { FingerprintBucket::hint(key) };
        slots.put(key, Slot::new(hint, group, address));
        self.len += 1;
        Ok(None)
    }

    /// Moves all keys into a larger table.
    ///
    /// Its memory is populated, because moving the keys touches all of it: a hash spreads them evenly, and a full table is a
    /// [`MOST_GROWTH`]th full at least after the move. So a page of 4 KiB, which is 64 buckets, gets 56 keys on average
    /// ([`FingerprintBucket`]; 25 of [`KeyBucket`]), and the chance that it gets none is e⁻⁵⁶ (e⁻²⁵).
    #[cold]
    fn grow(&mut self, keys: &impl KeySource) -> Result<()> {
        let [least, best] = self.capacity.next(self.len);
        let memory = |room| memory::populated(bytes_for(room, self.keyed), self.threads);
        // A forecast that asks for more memory than there is does not end the run.
        let memory = memory(best).or_else(|error| if best > least { memory(least) } else { Err(error) })?;
        let capacity = Capacity::of(memory.len() / size_of::<CacheLine>(), self.keyed, self.capacity.expected);
        let mut grown = Self { memory, hasher: self.hasher.clone(), capacity, ..*self };
        let hasher = self.hasher.clone();
        match self.keyed {
            true => grown.slots().put_all::<KeyBucket>(self.slots(), &hasher, keys),
            false => grown.slots().put_all::<FingerprintBucket>(self.slots(), &hasher, keys),
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
pub(crate) struct MapView<'t> {
    lines: &'t [CacheLine],
    keyed: bool,
}

impl<'t> MapView<'t> {
    /// All customers in the order of their buckets, each with its bucket and the word it is in it.
    fn all(self) -> impl Iterator<Item = (Slot, &'t CacheLine, usize)> {
        let first = if self.keyed { KeyBucket::FIRST } else { FingerprintBucket::FIRST };
        let of_line = move |line: &'t CacheLine| (first..WORDS).map(move |word| (line, word));
        self.lines.iter().flat_map(of_line).filter_map(|(line, word)| Some((Slot::read(&line[word])?, line, word)))
    }

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
    pub(crate) fn find(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<LookupHit> {
        debug_assert!(!self.keyed);
        self.find_in::<FingerprintBucket>(key, same)
    }

    /// The customer with this key; `same` decides for long keys, of which only the hash stands there.
    #[inline(always)]
    pub(crate) fn find_keyed(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<LookupHit> {
        debug_assert!(self.keyed);
        self.find_in::<KeyBucket>(key, same)
    }

    /// The one of the two that is to be asked.
    fn find_either(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<LookupHit> {
        if self.keyed { self.find_keyed(key, same) } else { self.find(key, same) }
    }

    #[inline(always)]
    fn find_in<B: Bucket>(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<LookupHit> {
        let bucket = home(key.hash, self.lines.len());
        let line = &self.lines[bucket];
        match B::find(line, key, &same) {
            Some((slot, word)) => Some(LookupHit { slot, place: bucket * WORDS + word }),
            None if B::is_full(line) => self.find_behind::<B>(bucket, key, same),
            None => None,
        }
    }

    /// The same in the buckets behind a full one.
    #[inline(never)]
    fn find_behind<B: Bucket>(&self, mut bucket: usize, key: Key, same: impl Fn(Address) -> bool) -> Option<LookupHit> {
        loop {
            bucket = after(bucket, self.lines.len());
            let line = &self.lines[bucket];
            if let Some((slot, word)) = B::find(line, key, &same) {
                return Some(LookupHit { slot, place: bucket * WORDS + word });
            }
            if !B::is_full(line) {
                return None;
            }
        }
    }

    /// Marks a customer that was found as matched.
    #[inline(always)]
    pub(crate) fn set_matched(&self, found: LookupHit) {
        // Most are marked already: a look does not take the cache line away from the other workers.
        if !found.slot.is_matched() {
            found.slot.matched().write(&self.lines[found.place / WORDS][found.place % WORDS]);
        }
    }

    fn put(&self, key: Key, slot: Slot) {
        if self.keyed { self.put_in::<KeyBucket>(key, slot) } else { self.put_in::<FingerprintBucket>(key, slot) }
    }

    /// Inserts all slots of another table, with group prefetching in three stages: the entries of one group are prefetched
    /// for their keys (unless the buckets store keys) and the buckets of the group before it, while the group before that
    /// is inserted.
    fn put_all<B: Bucket>(&self, from: MapView, hasher: &RandomState, keys: &impl KeySource) {
        const GROUP: usize = 16;
        let mut all = from.all();
        let (mut asked, mut next) = (Vec::new(), Vec::new());
        let mut ready: Vec<(Key, Slot)> = Vec::new();
        loop {
            next.extend(all.by_ref().take(GROUP));
            if !B::HAS_KEYS {
                next.iter().for_each(|(slot, _, _)| keys.prefetch_key(slot.address()));
            }
            ready.drain(..).for_each(|(key, slot)| self.put_in::<B>(key, slot));
            ready.extend(asked.drain(..).map(|(slot, line, word)| {
                let key = B::key(line, word, slot, hasher).unwrap_or_else(|| keys.key_at(slot.address()));
                self.prefetch(key.hash);
                (key, slot)
            }));
            if ready.is_empty() && next.is_empty() {
                return;
            }
            std::mem::swap(&mut asked, &mut next);
        }
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
#[path = "map_tests.rs"]
mod tests;
