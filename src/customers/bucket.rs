//! A bucket of the customers' map: one cache line, in one of two forms.
//!
//! [`FingerprintBucket`] holds seven customers and none of their keys. A slot says where the customer's entry stands, and the entry,
//! which a row needs anyway, has the key. What a look-up compares first are 19 bits of the hash: 8 of each slot in one
//! word, the others in the slot. Whatever agrees in these is held against the entry's key by the caller; of the entries
//! asked for in vain there are a few in a million. A customer takes some 18 bytes so, and many of them stay in the caches.
//!
//! [`KeyBucket`] is for runs that write no rows and need no entries: fetching them for their keys alone would be the larger
//! part of a look-up. It holds four customers, each with the eight bytes of its key beside the slot.
//!
//! There are fewer customers than slots, by as much as was found to be fastest: one that found its bucket full stands in
//! the next, and nobody has asked for that one in time.

use super::slot::{Address, Slot};
use crate::model::key::{Key, LONG};
use ahash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of a cache line.
pub(super) const WORDS: usize = 8;
pub(super) type CacheLine = [AtomicU64; WORDS];

/// What a line's words are. Slots are filled from the front.
pub(super) trait Bucket {
    /// Customers that ten buckets are made for.
    const USUAL: usize;
    /// Customers for each ten buckets beyond which the table grows.
    const FULL: usize;
    /// Whether the bucket stores keys beside its slots.
    const HAS_KEYS: bool;
    /// The first word that is a slot; all behind it are slots too.
    const FIRST: usize;

    /// What the slot of a key has for a hint.
    fn hint(key: Key) -> u64;

    /// The slot of a key, and its word; `same` tells whether the entry at an address has that very key.
    fn find(line: &CacheLine, key: Key, same: &impl Fn(Address) -> bool) -> Option<(Slot, usize)>;

    /// The key of the slot in a word; `None` if the bucket stores no keys.
    fn key(line: &CacheLine, word: usize, slot: Slot, hasher: &RandomState) -> Option<Key>;

    /// Puts a key's slot into the word, which is the first free one.
    fn put(line: &CacheLine, word: usize, key: Key, slot: Slot);

    /// Whether no slot is free, so that others may stand in the next bucket.
    #[inline(always)]
    fn is_full(line: &CacheLine) -> bool {
        line[WORDS - 1].load(Ordering::Relaxed) != 0
    }
}

/// The first word has a byte for each slot, from the lowest: some bits of the hash, and 0 where the slot is free.
#[derive(Debug)]
pub(super) struct FingerprintBucket;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
/// Of the bytes that mark slots; the last byte of the word marks none.
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;

/// The byte that marks a slot of this hash; never 0.
#[inline(always)]
fn mark(hash: u64) -> u64 {
    (hash & 0xff).max(1)
}

impl Bucket for FingerprintBucket {
    // One customer in ninety stands in another bucket then.
    const USUAL: usize = 35;
    const FULL: usize = 56;
    const HAS_KEYS: bool = false;
    const FIRST: usize = 1;

    #[inline(always)]
    fn hint(key: Key) -> u64 {
        key.hash >> 8
    }

    #[inline(always)]
    fn find(line: &CacheLine, key: Key, same: &impl Fn(Address) -> bool) -> Option<(Slot, usize)> {
        let differs = line[0].load(Ordering::Relaxed) ^ (mark(key.hash) * LOW_BITS);
        // The high bit of each byte that is zero; above the lowest of them it may be set in vain, which the hint tells.
        let mut hits = differs.wrapping_sub(LOW_BITS) & !differs & HIGH_BITS;
        while hits != 0 {
            // The remainder changes nothing, and spares a check.
            let word = (hits.trailing_zeros() / 8 + 1) as usize % WORDS;
            match Slot::read(&line[word]) {
                Some(slot) if slot.may_be(Self::hint(key)) && same(slot.address()) => return Some((slot, word)),
                _ => hits &= hits - 1,
            }
        }
        None
    }

    fn key(_: &CacheLine, _: usize, _: Slot, _: &RandomState) -> Option<Key> {
        None
    }

    fn put(line: &CacheLine, word: usize, key: Key, slot: Slot) {
        let marks = line[0].load(Ordering::Relaxed) | mark(key.hash) << (8 * (word - Self::FIRST));
        line[0].store(marks, Ordering::Relaxed);
        slot.write(&line[word]);
    }

    #[inline(always)]
    fn is_full(line: &CacheLine) -> bool {
        // The word that was looked at already.
        line[0].load(Ordering::Relaxed) >> (8 * (WORDS - Self::FIRST - 1)) != 0
    }
}

/// The first words are the words of the keys whose slots stand in the others, in the same order. The keys' tags are in the
/// slots.
#[derive(Debug)]
pub(super) struct KeyBucket;

impl Bucket for KeyBucket {
    // One customer in fifty stands in another bucket then.
    const USUAL: usize = 16;
    const FULL: usize = 32;
    const HAS_KEYS: bool = true;
    const FIRST: usize = WORDS / 2;

    #[inline(always)]
    fn hint(key: Key) -> u64 {
        u64::from(key.tag)
    }

    #[inline(always)]
    fn find(line: &CacheLine, key: Key, same: &impl Fn(Address) -> bool) -> Option<(Slot, usize)> {
        // All are compared, whichever is the one: that cannot be guessed.
        let hit = |place: usize| u32::from(line[place].load(Ordering::Relaxed) == key.word) << place;
        let mut hits = (0..Self::FIRST).fold(0, |hits, place| hits | hit(place));
        while hits != 0 {
            let word = Self::FIRST + hits.trailing_zeros() as usize % Self::FIRST;
            match Slot::read(&line[word]) {
                Some(slot) if slot.may_be(Self::hint(key)) && (key.tag != LONG || same(slot.address())) => {
                    return Some((slot, word));
                }
                _ => hits &= hits - 1,
            }
        }
        None
    }

    #[inline(always)]
    fn key(line: &CacheLine, word: usize, slot: Slot, hasher: &RandomState) -> Option<Key> {
        Some(Key::of_word(line[word - Self::FIRST].load(Ordering::Relaxed), slot.hint() as u8, hasher))
    }

    fn put(line: &CacheLine, word: usize, key: Key, slot: Slot) {
        line[word - Self::FIRST].store(key.word, Ordering::Relaxed);
        slot.write(&line[word]);
    }
}
