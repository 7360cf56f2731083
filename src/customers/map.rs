//! [`CustomerMap`]: an open-addressing hash map from key to arena address and age group, one cache line per bucket.
//!
//! It is used instead of `ahash::AHashMap`, with the same hash function, for three reasons: a lookup can be prefetched
//! by its hash, a customer takes one 8-byte slot (with a key word only in runs without rows), and all workers set
//! matched flags without a lock. An earlier layout had 16-byte slots with the key; together with smaller entries, the
//! present layout cut a run with 10 million customers from 6.9 to 2.8 s and from 1,233 to 757 MiB (docs/performance.md,
//! "Small slots and entries").
//! `benches/customer_map.rs` compares it with `AHashMap` and hashbrown's `HashTable`.
//!
//! The probe sequence of a key starts at its home bucket, which the high bits of its hash select, and continues bucket
//! by bucket. A key is inserted into the first bucket of its probe sequence that has an empty slot. Keys are never
//! removed, so a bucket that is not full ends the search. See [`super::bucket`] for the two layouts of a bucket and
//! [`super::capacity`] for growth.

use super::bucket::{Bucket, BucketKind, CacheLine, FingerprintBucket, KeyBucket, WORDS};
use super::capacity::{Capacity, bytes_for};
use super::huge_pages;
use super::slot::{Address, Slot};
use crate::error::Result;
use crate::exec::prefetch::prefetch;
use crate::model::age_group::GroupId;
use crate::model::key::Key;
use crate::monitor::map_growth::{Growth, GrowthCounter};
use ahash::RandomState;
use memmap2::MmapMut;
use zerocopy::FromBytes;

/// The result of a successful lookup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupHit {
    pub slot: Slot,
    /// Index of the slot's word in the map.
    word: usize,
}

/// Maps a key to the address of its entry and its age group. Built by one thread, then read by all.
#[derive(Debug)]
pub struct CustomerMap {
    memory: MmapMut,
    /// Keyed at random, so that input cannot provoke collisions.
    hasher: RandomState,
    /// Number of keys.
    len: usize,
    capacity: Capacity,
    /// Threads that populate the memory when the map grows.
    threads: usize,
    kind: BucketKind,
    /// Counts the work of growing.
    growth: GrowthCounter,
}

/// Access to the keys that the map does not store.
pub trait KeySource {
    /// The key of the entry at an address.
    fn key_at(&self, address: Address) -> Key;

    /// Prefetches the cache lines that [`key_at`](Self::key_at) reads.
    fn prefetch_key(&self, address: Address);
}

impl CustomerMap {
    /// An empty map with room for `keys` keys. `threads` threads populate its memory when it grows.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources) if memory runs out.
    pub fn with_capacity(keys: usize, threads: usize, kind: BucketKind) -> Result<Self> {
        let memory = huge_pages::zeroed(bytes_for(keys, kind))?;
        let capacity = Capacity::of(memory.len() / size_of::<CacheLine>(), kind, None);
        Ok(Self {
            memory,
            hasher: RandomState::new(),
            len: 0,
            capacity,
            threads,
            kind,
            growth: GrowthCounter::default(),
        })
    }

    /// Number of keys.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Sets the expected final number of keys; `None` if unknown.
    pub fn expect(&mut self, keys: Option<usize>) {
        self.capacity = Capacity::of(self.memory.len() / size_of::<CacheLine>(), self.kind, keys);
    }

    /// Counts the work of growing in `counter` from now on.
    pub(crate) fn count_growth(&mut self, counter: &GrowthCounter) {
        self.growth = counter.clone();
    }

    /// The growth until the map holds the expected number of keys.
    pub(crate) fn growth_ahead(&self) -> Growth {
        self.capacity.growth_ahead(self.kind)
    }

    pub fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// The view through which all workers look customers up and mark them as matched.
    pub fn view(&mut self) -> MapView<'_> {
        let kind = self.kind;
        // Proof: a mapping begins at a page, and its length is a multiple of a word.
        let words = <[_]>::mut_from_bytes(&mut self.memory).expect("whole words");
        let (buckets, _) = words.as_chunks();
        MapView { buckets, kind }
    }

    /// The slots of all customers, in the order of their buckets.
    pub fn iter(&mut self) -> impl Iterator<Item = Slot> {
        self.view().iter().map(|(slot, _, _)| slot)
    }

    /// Inserts a customer. If the key exists, the map does not change and the address of the existing customer is
    /// returned. `is_key` returns whether the entry at an address has the key; `keys` gives the keys that the map does
    /// not store, for growth.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources) if memory runs out.
    pub fn insert(
        &mut self,
        key: Key,
        group: GroupId,
        address: Address,
        is_key: impl Fn(Address) -> bool,
        keys: &impl KeySource,
    ) -> Result<Option<Address>> {
        if self.len >= self.capacity.limit {
            self.grow(keys)?;
        }
        let view = self.view();
        if let Some(hit) = view.find_either(key, is_key) {
            return Ok(Some(hit.slot.address()));
        }
        let fingerprint = match view.kind {
            BucketKind::Fingerprints => FingerprintBucket::fingerprint(key),
            BucketKind::Keys => KeyBucket::fingerprint(key),
        };
        view.push(key, Slot::new(fingerprint, group, address));
        self.len += 1;
        Ok(None)
    }

    /// Moves all keys into a larger map.
    ///
    /// The new memory is populated at once, since the keys touch all of it: the hash spreads them evenly, and their
    /// number is at least the target load divided by [`MAX_GROWTH`](super::capacity::MAX_GROWTH). So a page of 4 KiB,
    /// which is 64 buckets, gets at least 56 keys on average with [`FingerprintBucket`] and 25 with [`KeyBucket`]; the
    /// probability that it gets none is at most e⁻⁵⁶ and e⁻²⁵.
    #[cold]
    fn grow(&mut self, keys: &impl KeySource) -> Result<()> {
        let [least, best] = self.capacity.next(self.len);
        let growth = self.growth.clone();
        let advance = |bytes| growth.add_bytes(bytes as u64);
        let memory = |room| huge_pages::populated(bytes_for(room, self.kind), self.threads, &advance);
        // If there is too little memory for the best size, the smallest useful size may still fit.
        let memory = memory(best).or_else(|error| if best > least { memory(least) } else { Err(error) })?;
        let capacity = Capacity::of(memory.len() / size_of::<CacheLine>(), self.kind, self.capacity.expected);
        let hasher = self.hasher.clone();
        let mut grown = Self { memory, hasher: hasher.clone(), capacity, growth: growth.clone(), ..*self };
        match self.kind {
            BucketKind::Fingerprints => grown.view().push_all::<FingerprintBucket>(self.view(), &hasher, keys, &growth),
            BucketKind::Keys => grown.view().push_all::<KeyBucket>(self.view(), &hasher, keys, &growth),
        }
        *self = grown;
        Ok(())
    }
}

/// The home bucket of a hash.
#[inline(always)]
fn home(hash: u64, buckets: usize) -> usize {
    // Maps the hash to a bucket by its high bits, which are better mixed than the low ones (Lemire, "A fast alternative
    // to the modulo reduction").
    ((u128::from(hash) * buckets as u128) >> 64) as usize
}

/// The next bucket of a probe sequence, which wraps around at the end.
#[inline(always)]
fn next_bucket(index: usize, buckets: usize) -> usize {
    if index + 1 == buckets { 0 } else { index + 1 }
}

/// The buckets of a map, shared by all workers.
///
/// All accesses are relaxed atomics. After the map is built, only the matched flags change, and all workers that set
/// the flag of a slot write the same word. So a store suffices instead of a read-modify-write, and no flag is lost.
#[derive(Clone, Copy, Debug)]
pub struct MapView<'t> {
    buckets: &'t [CacheLine],
    kind: BucketKind,
}

impl<'t> MapView<'t> {
    /// All slots in the order of their buckets, each with its bucket and the index of its word there.
    fn iter(self) -> impl Iterator<Item = (Slot, &'t CacheLine, usize)> {
        let first = match self.kind {
            BucketKind::Fingerprints => FingerprintBucket::FIRST_SLOT,
            BucketKind::Keys => KeyBucket::FIRST_SLOT,
        };
        let words = move |line: &'t CacheLine| (first..WORDS).map(move |word| (line, word));
        self.buckets.iter().flat_map(words).filter_map(|(line, word)| Some((Slot::read(&line[word])?, line, word)))
    }

    /// The layout of the buckets. It decides between [`find`](Self::find) and [`find_with_key`](Self::find_with_key).
    #[inline(always)]
    pub(crate) fn kind(&self) -> BucketKind {
        self.kind
    }

    /// Prefetches the home bucket of a hash.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        prefetch(self.buckets, home(hash, self.buckets.len()));
    }

    /// The first customer whose fingerprint matches and whose address `is_key` accepts. For
    /// [`BucketKind::Fingerprints`].
    #[inline(always)]
    pub fn find(&self, key: Key, is_key: impl Fn(Address) -> bool) -> Option<LookupHit> {
        debug_assert_eq!(self.kind, BucketKind::Fingerprints);
        self.find_in::<FingerprintBucket>(key, is_key)
    }

    /// The customer with this key. `is_key` is called only for long keys, of which the map stores only the hash. For
    /// [`BucketKind::Keys`].
    #[inline(always)]
    pub fn find_with_key(&self, key: Key, is_key: impl Fn(Address) -> bool) -> Option<LookupHit> {
        debug_assert_eq!(self.kind, BucketKind::Keys);
        self.find_in::<KeyBucket>(key, is_key)
    }

    /// The customer with this key, in either layout.
    fn find_either(&self, key: Key, is_key: impl Fn(Address) -> bool) -> Option<LookupHit> {
        match self.kind {
            BucketKind::Fingerprints => self.find(key, is_key),
            BucketKind::Keys => self.find_with_key(key, is_key),
        }
    }

    #[inline(always)]
    fn find_in<B: Bucket>(&self, key: Key, is_key: impl Fn(Address) -> bool) -> Option<LookupHit> {
        let bucket = home(key.hash, self.buckets.len());
        let line = &self.buckets[bucket];
        match B::find(line, key, &is_key) {
            Some((slot, word)) => Some(LookupHit { slot, word: bucket * WORDS + word }),
            None if B::is_full(line) => self.find_overflow::<B>(bucket, key, is_key),
            None => None,
        }
    }

    /// Continues the search in the buckets after a full home bucket.
    #[inline(never)]
    fn find_overflow<B: Bucket>(
        &self,
        mut bucket: usize,
        key: Key,
        is_key: impl Fn(Address) -> bool,
    ) -> Option<LookupHit> {
        loop {
            bucket = next_bucket(bucket, self.buckets.len());
            let line = &self.buckets[bucket];
            if let Some((slot, word)) = B::find(line, key, &is_key) {
                return Some(LookupHit { slot, word: bucket * WORDS + word });
            }
            if !B::is_full(line) {
                return None;
            }
        }
    }

    /// Sets the matched flag of a customer.
    #[inline(always)]
    pub fn set_matched(&self, hit: LookupHit) {
        // Most flags are set already. Skipping the store then keeps the cache line shared between the cores.
        if !hit.slot.is_matched() {
            hit.slot.matched().write(&self.buckets[hit.word / WORDS][hit.word % WORDS]);
        }
    }

    fn push(&self, key: Key, slot: Slot) {
        match self.kind {
            BucketKind::Fingerprints => self.push_in::<FingerprintBucket>(key, slot),
            BucketKind::Keys => self.push_in::<KeyBucket>(key, slot),
        }
    }

    /// Inserts all slots of another map with group prefetching. Each group passes three stages: its entries are
    /// prefetched, unless the buckets store keys; its keys are read and their buckets prefetched; its slots are
    /// inserted.
    fn push_all<B: Bucket>(&self, from: MapView, hasher: &RandomState, keys: &impl KeySource, growth: &GrowthCounter) {
        const GROUP: usize = 16;
        let mut slots = from.iter();
        let (mut prefetched, mut next) = (Vec::new(), Vec::new());
        let mut ready: Vec<(Key, Slot)> = Vec::new();
        loop {
            next.extend(slots.by_ref().take(GROUP));
            if !B::STORES_KEYS {
                next.iter().for_each(|(slot, _, _)| keys.prefetch_key(slot.address()));
            }
            growth.add_keys(ready.len() as u64);
            ready.drain(..).for_each(|(key, slot)| self.push_in::<B>(key, slot));
            ready.extend(prefetched.drain(..).map(|(slot, line, word)| {
                let key = B::key(line, word, slot, hasher).unwrap_or_else(|| keys.key_at(slot.address()));
                self.prefetch(key.hash);
                (key, slot)
            }));
            if ready.is_empty() && next.is_empty() {
                return;
            }
            std::mem::swap(&mut prefetched, &mut next);
        }
    }

    /// Writes a slot into the first empty word of the key's probe sequence.
    fn push_in<B: Bucket>(&self, key: Key, slot: Slot) {
        let mut bucket = home(key.hash, self.buckets.len());
        loop {
            let line = &self.buckets[bucket];
            if let Some(word) = (B::FIRST_SLOT..WORDS).find(|&word| Slot::read(&line[word]).is_none()) {
                return B::write(line, word, key, slot);
            }
            bucket = next_bucket(bucket, self.buckets.len());
        }
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
