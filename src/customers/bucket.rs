//! Buckets of the customers' map. A bucket is one cache line, in one of two layouts.
//!
//! [`FingerprintBucket`] has seven slots and stores no keys. Its first word holds one control byte per slot, as in
//! SwissTable (Abseil, hashbrown): 8 bits of the hash, or 0 if the slot is empty. All control bytes are compared at
//! once with SWAR arithmetic. A slot holds 11 more bits of the hash, so 19 bits are compared before the caller reads
//! the key from the arena; a few lookups in a million read a key that differs. A customer takes about 18 bytes of the
//! map.
//!
//! [`KeyBucket`] has four slots, each with a [`Key::word`]: the bytes of a short key, or the hash of a long one. It
//! serves runs that write no rows. Such a run needs only the key of an entry, and reading entries just to compare keys
//! would dominate the lookup.
//!
//! Slots are filled from the front and never freed. A customer whose home bucket is full is stored in the next bucket
//! with an empty slot (linear probing by bucket). Overflow buckets are not prefetched, so the target loads, found by
//! measurement, are low.

use super::slot::{Address, Slot};
use crate::model::key::{Key, LONG};
use crate::model::mode::Mode;
use ahash::RandomState;
use std::sync::atomic::{AtomicU64, Ordering};

/// Number of words in a cache line.
pub(super) const WORDS: usize = 8;
pub(super) type CacheLine = [AtomicU64; WORDS];

/// The layout of the buckets of a map; all buckets of a map have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketKind {
    /// [`FingerprintBucket`]
    Fingerprints,
    /// [`KeyBucket`]
    Keys,
}

impl BucketKind {
    /// The faster layout for a mode.
    pub(crate) fn for_mode(mode: Mode) -> Self {
        match mode {
            Mode::Rows => Self::Fingerprints,
            Mode::TotalsOnly => Self::Keys,
        }
    }
}

/// A layout of the words of a cache line.
pub(super) trait Bucket {
    /// Target load: customers per ten buckets.
    const TARGET_LOAD: usize;
    /// Maximum load: customers per ten buckets at which the map must grow.
    const MAX_LOAD: usize;
    /// Whether the bucket stores [`Key::word`] beside each slot.
    const STORES_KEYS: bool;
    /// Index of the word of the first slot. All words from it on are slots.
    const FIRST_SLOT: usize;

    /// The fingerprint stored in the slot of a key.
    fn fingerprint(key: Key) -> u64;

    /// The slot of a key, and the index of its word. `is_key` returns whether the entry at an address has the key.
    fn find(line: &CacheLine, key: Key, is_key: &impl Fn(Address) -> bool) -> Option<(Slot, usize)>;

    /// The key of the slot in word `word`; `None` if the bucket stores no keys.
    fn key(line: &CacheLine, word: usize, slot: Slot, hasher: &RandomState) -> Option<Key>;

    /// Stores a slot in `word`, the first empty one.
    fn write(line: &CacheLine, word: usize, key: Key, slot: Slot);

    /// Whether no slot is empty. The probe sequence then continues in the next bucket.
    #[inline(always)]
    fn is_full(line: &CacheLine) -> bool {
        line[WORDS - 1].load(Ordering::Relaxed) != 0
    }
}

/// Word 0: the control bytes of slots 1 to 7, from the lowest byte; the highest byte is unused. Words 1 to 7: slots.
#[derive(Debug)]
pub(super) struct FingerprintBucket;

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
/// The high bits of the seven control bytes.
const HIGH_BITS: u64 = 0x0080_8080_8080_8080;

/// The control byte of a hash; never 0, which means empty.
#[inline(always)]
fn control_byte(hash: u64) -> u64 {
    (hash & 0xff).max(1)
}

impl Bucket for FingerprintBucket {
    // At this load, one customer in ninety is in an overflow bucket.
    const TARGET_LOAD: usize = 35;
    const MAX_LOAD: usize = 56;
    const STORES_KEYS: bool = false;
    const FIRST_SLOT: usize = 1;

    #[inline(always)]
    fn fingerprint(key: Key) -> u64 {
        key.hash >> 8
    }

    #[inline(always)]
    fn find(line: &CacheLine, key: Key, is_key: &impl Fn(Address) -> bool) -> Option<(Slot, usize)> {
        let difference = line[0].load(Ordering::Relaxed) ^ (control_byte(key.hash) * LOW_BITS);
        // SWAR search for zero bytes (Mycroft): sets the high bit of each zero byte. Bytes above the lowest hit may be
        // false positives; they are no worse than hits on another key with this control byte.
        let mut hits = difference.wrapping_sub(LOW_BITS) & !difference & HIGH_BITS;
        while hits != 0 {
            // The remainder changes nothing; it removes a bounds check.
            let word = (hits.trailing_zeros() / 8 + 1) as usize % WORDS;
            match Slot::read(&line[word]) {
                Some(slot) if slot.has_fingerprint(Self::fingerprint(key)) && is_key(slot.address()) => {
                    return Some((slot, word));
                }
                _ => hits &= hits - 1,
            }
        }
        None
    }

    fn key(_: &CacheLine, _: usize, _: Slot, _: &RandomState) -> Option<Key> {
        None
    }

    fn write(line: &CacheLine, word: usize, key: Key, slot: Slot) {
        let shift = 8 * (word - Self::FIRST_SLOT);
        let control_bytes = line[0].load(Ordering::Relaxed) | control_byte(key.hash) << shift;
        line[0].store(control_bytes, Ordering::Relaxed);
        slot.write(&line[word]);
    }

    #[inline(always)]
    fn is_full(line: &CacheLine) -> bool {
        // Tests the control byte of the last slot instead of the slot, since word 0 is already in a register.
        line[0].load(Ordering::Relaxed) >> (8 * (WORDS - Self::FIRST_SLOT - 1)) != 0
    }
}

/// Words 0 to 3: [`Key::word`] of each slot. Words 4 to 7: slots, in the same order. The fingerprint of a slot is the
/// tag of its key.
#[derive(Debug)]
pub(super) struct KeyBucket;

impl Bucket for KeyBucket {
    // At this load, one customer in fifty is in an overflow bucket.
    const TARGET_LOAD: usize = 16;
    const MAX_LOAD: usize = 32;
    const STORES_KEYS: bool = true;
    const FIRST_SLOT: usize = WORDS / 2;

    #[inline(always)]
    fn fingerprint(key: Key) -> u64 {
        u64::from(key.tag)
    }

    #[inline(always)]
    fn find(line: &CacheLine, key: Key, is_key: &impl Fn(Address) -> bool) -> Option<(Slot, usize)> {
        // Compares all four words without branching, since it is unpredictable which of them is equal.
        let hit = |place: usize| u32::from(line[place].load(Ordering::Relaxed) == key.word) << place;
        let mut hits = (0..Self::FIRST_SLOT).fold(0, |hits, place| hits | hit(place));
        while hits != 0 {
            let word = Self::FIRST_SLOT + hits.trailing_zeros() as usize % Self::FIRST_SLOT;
            match Slot::read(&line[word]) {
                Some(slot)
                    if slot.has_fingerprint(Self::fingerprint(key)) && (key.tag != LONG || is_key(slot.address())) =>
                {
                    return Some((slot, word));
                }
                _ => hits &= hits - 1,
            }
        }
        None
    }

    #[inline(always)]
    fn key(line: &CacheLine, word: usize, slot: Slot, hasher: &RandomState) -> Option<Key> {
        let key_word = line[word - Self::FIRST_SLOT].load(Ordering::Relaxed);
        Some(Key::of_word(key_word, slot.fingerprint() as u8, hasher))
    }

    fn write(line: &CacheLine, word: usize, key: Key, slot: Slot) {
        line[word - Self::FIRST_SLOT].store(key.word, Ordering::Relaxed);
        slot.write(&line[word]);
    }
}
