//! The customers' map: open addressing over ahash, 16 bytes a slot, four slots to a bucket of one cache line.
//!
//! A key stands in the first bucket with room from where its hash points. The four slots of a bucket are compared
//! without a branch: which of them it is cannot be foretold, and a wrong guess costs more than the comparisons.
//!
//! A slot holds what most look-ups need: short keys in full, the group, and where the customer's tail is.
//! A look-up therefore costs one cache line here and, when rows are written, those of the tail.

use super::key::{Key, LONG};
use super::memory;
use super::prefetch::prefetch;
use crate::age::GroupId;
use crate::error::Result;
use ahash::RandomState;
use memmap2::MmapMut;

/// Where an entry begins in the customers' memory.
pub(crate) type Address = u64;

/// Bits of a slot's second word: 4 of tag, 12 of group, 48 of address.
const GROUP_SHIFT: u32 = 4;
const ADDRESS_SHIFT: u32 = 16;

/// The word, then tag, group and address; all zero when empty (no key's tag is 0).
type Slot = [u64; 2];

/// One cache line; filled from the front, so that it is full when the last slot is taken.
type Bucket = [Slot; SLOTS];
const SLOTS: usize = 4;

/// Buckets in a huge page, where these have 2 MiB.
const HUGE_PAGE: usize = (2 << 20) / size_of::<Bucket>();

/// What a look-up found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// The slot, which no later look-up changes: a dense number for the customer.
    pub(crate) slot: usize,
    pub(crate) group: GroupId,
    pub(crate) address: Address,
}

/// Key → group and address.
#[derive(Debug)]
pub(crate) struct Table {
    slots: MmapMut,
    hasher: RandomState,
    len: usize,
}

impl Table {
    /// A table for about `keys` keys, its memory made by so many threads; it grows when there are more.
    pub(crate) fn with_capacity(keys: usize, threads: usize) -> Result<Self> {
        // Half full: one bucket in twenty has more keys than slots.
        let half_full = (keys.max(32) * 2).div_ceil(SLOTS);
        // Whole huge pages, where there are any: a size that is no multiple of theirs is not aligned to them.
        let buckets = if half_full < HUGE_PAGE { half_full } else { half_full.next_multiple_of(HUGE_PAGE) };
        Ok(Self {
            slots: memory::populated(buckets * size_of::<Bucket>(), threads)?,
            hasher: RandomState::new(),
            len: 0,
        })
    }

    pub(crate) fn hasher(&self) -> &RandomState {
        &self.hasher
    }

    /// Number of slots.
    pub(crate) fn capacity(&self) -> usize {
        self.slots().0.len() * SLOTS
    }

    /// The slots to look up in; once for many look-ups.
    pub(crate) fn slots(&self) -> Slots<'_> {
        Slots(bytemuck::cast_slice(&self.slots))
    }

    /// Adds a key that is not empty. Where it is there already, nothing changes and the place of the
    /// first one is returned. `same` tells whether a long key is that of the entry at an address.
    pub(crate) fn insert(
        &mut self,
        key: Key,
        group: GroupId,
        address: Address,
        same: impl Fn(Address) -> bool,
    ) -> Result<Option<Address>> {
        if (self.len + 1) * 10 > self.capacity() * 7 {
            self.grow()?;
        }
        if let Some(found) = self.slots().find(key, same) {
            return Ok(Some(found.address));
        }
        let entry = u64::from(key.tag) | u64::from(group) << GROUP_SHIFT | address << ADDRESS_SHIFT;
        Self::place(bytemuck::cast_slice_mut(&mut self.slots), key.hash, [key.word, entry]);
        self.len += 1;
        Ok(None)
    }

    /// Puts a slot into the first free place from where its hash points.
    fn place(buckets: &mut [Bucket], hash: u64, slot: Slot) {
        let mut index = home(hash, buckets.len());
        loop {
            if let Some(free) = buckets[index].iter_mut().find(|slot| slot[1] == 0) {
                *free = slot;
                return;
            }
            index = after(index, buckets.len());
        }
    }

    fn grow(&mut self) -> Result<()> {
        let mut grown = memory::zeroed(self.slots.len() * 2)?;
        let buckets: &mut [Bucket] = bytemuck::cast_slice_mut(&mut grown);
        for slot in self.slots().0.as_flattened().iter().filter(|slot| slot[1] != 0) {
            // A long key's word is its hash; a short one's gives it.
            let long = slot[1] as u8 & 15 == LONG;
            let hash = if long { slot[0] } else { self.hasher.hash_one(slot[0]) };
            Self::place(buckets, hash, *slot);
        }
        self.slots = grown;
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

/// The slots of a table, for looking up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slots<'t>(&'t [Bucket]);

impl Slots<'_> {
    /// Asks for the cache line a look-up will need.
    #[inline(always)]
    pub(crate) fn prefetch(&self, hash: u64) {
        prefetch(self.0, home(hash, self.0.len()));
    }

    /// Looks a key up; the empty key is never found. `same` decides for long keys with equal hashes.
    #[inline(always)]
    pub(crate) fn find(&self, key: Key, same: impl Fn(Address) -> bool) -> Option<Found> {
        let mut index = home(key.hash, self.0.len());
        loop {
            let bucket = &self.0[index];
            let mut hits = 0u32;
            for (place, [word, entry]) in bucket.iter().enumerate() {
                let differs = (word ^ key.word) | ((entry ^ u64::from(key.tag)) & 15);
                hits |= u32::from(differs == 0) << place;
            }
            // An empty slot looks like the empty key.
            while hits != 0 && key.tag != 0 {
                let place = hits.trailing_zeros() as usize % SLOTS;
                let entry = bucket[place][1];
                let address = entry >> ADDRESS_SHIFT;
                if key.tag != LONG || same(address) {
                    let group = (entry >> GROUP_SHIFT & 0xfff) as GroupId;
                    return Some(Found { slot: index * SLOTS + place, group, address });
                }
                hits &= hits - 1;
            }
            if bucket[SLOTS - 1][1] == 0 {
                return None;
            }
            index = after(index, self.0.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        #[test]
        fn it_is_a_map_that_keeps_the_first(keys in prop::collection::vec(prop_oneof!["[ab]{1,4}", "[ab]{1,12}", "[a-z]{8,9}"], 0..300)) {
            let mut table = Table::with_capacity(0, 1).expect("memory");
            let mut oracle: HashMap<&str, u64> = HashMap::new();
            for (number, key) in keys.iter().enumerate() {
                let hashed = Key::new(key.as_bytes(), table.hasher());
                let before = table.insert(hashed, 7, number as u64, |at| keys[at as usize] == *key).expect("memory");
                prop_assert_eq!(before, oracle.get(key.as_str()).copied());
                oracle.entry(key).or_insert(number as u64);
            }
            for key in keys.iter().map(String::as_str).chain(["", "c", "cccccccccccc"]) {
                let found = table.slots().find(Key::new(key.as_bytes(), table.hasher()), |at| keys[at as usize] == key);
                prop_assert_eq!(found.map(|found| found.address), oracle.get(key).copied());
                prop_assert!(found.is_none_or(|found| found.group == 7));
            }
        }
    }

    /// Keys chosen to look alike stay near the place their hash points at, so that nothing takes quadratic time; and
    /// each table hashes in its own way, so that keys cannot be chosen for it.
    #[test]
    fn keys_that_are_alike_do_not_gather() {
        let alike: [fn(u64) -> Vec<u8>; 6] = [
            |n| n.to_string().into_bytes(),
            |n| n.to_le_bytes().to_vec(),
            |n| (n << 40).to_le_bytes().to_vec(),
            |n| format!("{n:064b}").into_bytes(),
            |n| (n << 40).to_string().into_bytes(),
            |n| format!("{}{n}", "x".repeat(100)).into_bytes(),
        ];
        for make in alike {
            let mut table = Table::with_capacity(0, 1).expect("memory");
            let keys: Vec<Vec<u8>> = (0..50_000).map(make).collect();
            let mut far = 0;
            for (number, key) in keys.iter().enumerate() {
                let hashed = Key::new(key, table.hasher());
                table.insert(hashed, 0, number as u64, |at| keys[at as usize] == *key).expect("memory");
            }
            for key in &keys {
                let hashed = Key::new(key, table.hasher());
                let found = table.slots().find(hashed, |at| keys[at as usize] == *key).expect("there");
                let buckets = table.capacity() / SLOTS;
                far += (found.slot / SLOTS + buckets - home(hashed.hash, buckets)) % buckets;
            }
            // At most seven of ten slots are taken: a key is then a tenth of a bucket away on average.
            assert!(far < keys.len(), "{far}");
        }
        let hash = |key: &[u8]| Key::new(key, Table::with_capacity(0, 1).expect("memory").hasher()).hash;
        assert!(hash(b"7") != hash(b"7") && hash(b"a long key") != hash(b"a long key"));
    }

    #[test]
    fn long_keys_with_one_hash_stay_apart() {
        let mut table = Table::with_capacity(0, 1).expect("memory");
        let key = Key { hash: 5, word: 5, tag: LONG };
        assert_eq!(table.insert(key, 0, 1, |_| false).expect("memory"), None);
        assert_eq!(table.insert(key, 0, 2, |_| false).expect("memory"), None);
        let second = table.slots().find(key, |at| at == 2).expect("there");
        assert_eq!(second.address, 2);
        assert_eq!(table.slots().find(key, |_| false), None);
    }
}
