//! The customer map against `AHashMap` and hashbrown's `HashTable`, which hold the same entries: key → arena address,
//! group and matched flag. `cargo bench --features internals --bench customer_map`
//!
//! | case | entry | key is compared in |
//! |---|---|---|
//! | `customer map, fingerprints` | 8-byte slot | the arena |
//! | `customer map, keys` | 8-byte slot and 8-byte key | the bucket |
//! | `HashTable` | 8-byte slot | the arena |
//! | `AHashMap` | 8-byte slot and 8-byte key | the bucket |
//!
//! All hash with ahash, and hashing is part of every lookup. `, grouped` cases work as the lookup pipeline does, in
//! groups of eight with a prefetch distance of two groups: buckets are prefetched by hash, then probed, then the arena
//! is prefetched, then read. hashbrown and `AHashMap` offer no prefetch by hash, so their grouped cases prefetch only
//! the arena; with `HashTable` even that is late, because it compares keys in the arena while it probes. `build`
//! inserts into a map of the final capacity; the customer map prefetches sixteen keys ahead, as loading does.
//!
//! The arena is a list of keys, in the order of insertion. Every case reads the key of each hit from it, because a row
//! needs the entry anyway. Before anything is timed, all cases must return the same hits, groups and matched flags.

#[path = "common/random.rs"]
mod random;

use ahash::{AHashMap, RandomState};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hashbrown::HashTable;
use random::Random;
use spendfold::internals::{Address, BucketKind, CustomerMap, Key, KeySource, LookupHit, MapView, prefetch};
use std::sync::atomic::{AtomicU64, Ordering};

/// All keys have eight bytes, so they are equal if and only if their words are.
const KEY_LEN: u8 = 8;
const LOOKUPS: usize = 2_000_000;
/// As in the lookup pipeline.
const GROUP: usize = 8;
/// Prefetch distance, in groups.
const DISTANCE: usize = 2;
/// Prefetch distance of `build`, as in loading.
const BUILD_AHEAD: usize = 16;

/// The keys of the customers, as words of eight digits. The address of a key is its index plus 1.
struct Arena {
    keys: Vec<u64>,
    hasher: RandomState,
}

impl Arena {
    fn key(&self, word: u64) -> Key {
        Key::of_word(word, KEY_LEN, &self.hasher)
    }

    fn is(&self, address: Address, word: u64) -> bool {
        self.keys[address as usize - 1] == word
    }

    fn group(address: Address) -> u16 {
        (address % 5) as u16
    }
}

impl KeySource for Arena {
    fn key_at(&self, address: Address) -> Key {
        self.key(self.keys[address as usize - 1])
    }

    fn prefetch_key(&self, address: Address) {
        prefetch(&self.keys, address as usize - 1);
    }
}

/// Distinct keys in random order.
fn customer_keys(count: u64) -> Vec<u64> {
    let mut random = Random(1);
    let mut keys: Vec<u64> = (1..=count).map(key_word).collect();
    for index in (1..keys.len()).rev() {
        keys.swap(index, random.below(index as u64 + 1) as usize);
    }
    keys
}

/// Keys of purchases; one in a hundred has no customer.
fn purchase_keys(customers: u64) -> Vec<u64> {
    let mut random = Random(2);
    (0..LOOKUPS).map(|_| key_word(1 + random.below(customers + customers / 100))).collect()
}

fn key_word(number: u64) -> u64 {
    let digits = format!("{number:08}");
    u64::from_le_bytes(digits.as_bytes().try_into().expect("at most 10⁸ keys"))
}

/// The sums that all cases must agree on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    hits: u64,
    groups: u64,
    addresses: u64,
}

impl Sums {
    fn add(&mut self, group: usize, address: Address) {
        self.hits += 1;
        self.groups += group as u64;
        self.addresses += address;
    }

    fn merge(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            groups: self.groups + other.groups,
            addresses: self.addresses + other.addresses,
        }
    }
}

/// The slot of the hashbrown cases: matched flag, group, address. The flag is set like that of the customer map.
struct Word(AtomicU64);

impl Word {
    const MATCHED: u64 = 1;

    fn new(address: Address) -> Self {
        Self(AtomicU64::new(address << 24 | u64::from(Arena::group(address)) << 12))
    }

    fn address(&self) -> Address {
        self.0.load(Ordering::Relaxed) >> 24
    }

    /// Marks the customer as matched; returns group and address.
    fn visit(&self) -> (usize, Address) {
        let word = self.0.load(Ordering::Relaxed);
        if word & Self::MATCHED == 0 {
            self.0.store(word | Self::MATCHED, Ordering::Relaxed);
        }
        ((word >> 12 & 0xfff) as usize, word >> 24)
    }

    fn is_matched(&self) -> bool {
        self.0.load(Ordering::Relaxed) & Self::MATCHED != 0
    }
}

fn build_customer_map(keys: &[u64], kind: BucketKind) -> (CustomerMap, Arena) {
    let mut map = CustomerMap::with_capacity(keys.len(), 1, kind).expect("memory");
    let arena = Arena { keys: keys.to_vec(), hasher: map.hasher().clone() };
    // Keys are hashed once, by the parser.
    let hashed: Vec<Key> = keys.iter().map(|&word| arena.key(word)).collect();
    for (index, key) in hashed.iter().enumerate() {
        if let Some(later) = hashed.get(index + BUILD_AHEAD) {
            map.view().prefetch(later.hash);
        }
        let address = index as Address + 1;
        let is_key = |other| arena.is(other, keys[index]);
        let existing = map.insert(*key, Arena::group(address), address, is_key, &arena).expect("memory");
        debug_assert_eq!(existing, None);
    }
    (map, arena)
}

fn build_ahash_map(keys: &[u64]) -> AHashMap<u64, Word> {
    let mut map = AHashMap::with_capacity(keys.len());
    for (index, &word) in keys.iter().enumerate() {
        map.entry(word).or_insert_with(|| Word::new(index as Address + 1));
    }
    map
}

fn build_hash_table(keys: &[u64], arena: &Arena) -> HashTable<Word> {
    let mut table = HashTable::with_capacity(keys.len());
    for (index, &word) in keys.iter().enumerate() {
        let is_key = |slot: &Word| arena.is(slot.address(), word);
        let hash_of = |slot: &Word| arena.key_at(slot.address()).hash;
        table.entry(arena.key(word).hash, is_key, hash_of).or_insert_with(|| Word::new(index as Address + 1));
    }
    table
}

/// Verifies a hit of the customer map, marks it and adds it.
fn take_hit(map: MapView<'_>, hit: Option<LookupHit>, word: u64, arena: &Arena, sums: &mut Sums) {
    let Some(hit) = hit.filter(|hit| arena.is(hit.slot.address(), word)) else { return };
    map.set_matched(hit);
    sums.add(hit.slot.group(), hit.slot.address());
}

fn look_up(map: MapView<'_>, kind: BucketKind, words: &[u64], arena: &Arena) -> Sums {
    let mut sums = Sums::default();
    for &word in words {
        let (key, is_key) = (arena.key(word), |address| arena.is(address, word));
        let hit = match kind {
            BucketKind::Fingerprints => map.find(key, is_key),
            BucketKind::Keys => map.find_with_key(key, is_key),
        };
        take_hit(map, hit, word, arena, &mut sums);
    }
    sums
}

/// Group prefetching in three stages: buckets prefetched, probed, keys verified; [`DISTANCE`] groups apart.
fn look_up_grouped(map: MapView<'_>, kind: BucketKind, words: &[u64], arena: &Arena) -> Sums {
    const RING: usize = DISTANCE + 1;
    let mut sums = Sums::default();
    let mut keys = [[Key::default(); GROUP]; RING];
    let mut hits: [[Option<LookupHit>; GROUP]; RING] = [[None; GROUP]; RING];
    let (groups, rest) = words.as_chunks::<GROUP>();
    for number in 0..groups.len() + 2 * DISTANCE {
        if let Some(group) = number.checked_sub(2 * DISTANCE) {
            for (hit, &word) in hits[group % RING].iter().zip(&groups[group]) {
                let verified = hit.filter(|hit| arena.is(hit.slot.address(), word));
                // A wrong speculative hit is rare: search again, comparing keys.
                let verified = verified.or_else(|| {
                    hit.filter(|_| kind == BucketKind::Fingerprints)
                        .and_then(|_| map.find(arena.key(word), |address| arena.is(address, word)))
                });
                take_hit(map, verified, word, arena, &mut sums);
            }
        }
        if let Some(group) = number.checked_sub(DISTANCE).filter(|&group| group < groups.len()) {
            for (hit, &key) in hits[group % RING].iter_mut().zip(&keys[group % RING]) {
                *hit = match kind {
                    BucketKind::Fingerprints => map.find(key, |_| true),
                    BucketKind::Keys => map.find_with_key(key, |_| true),
                };
                if let Some(hit) = hit {
                    arena.prefetch_key(hit.slot.address());
                }
            }
        }
        if let Some(group) = groups.get(number) {
            for (key, &word) in keys[number % RING].iter_mut().zip(group) {
                *key = arena.key(word);
                map.prefetch(key.hash);
            }
        }
    }
    sums.merge(look_up(map, kind, rest, arena))
}

/// Reads the arena for the hit of a hashbrown map, marks it and adds it.
fn take_word(slot: Option<&Word>, word: u64, arena: &Arena, sums: &mut Sums) {
    let Some(slot) = slot else { return };
    let (group, address) = slot.visit();
    assert!(arena.is(address, word));
    sums.add(group, address);
}

fn look_up_with<'m>(words: &[u64], arena: &Arena, find: impl Fn(u64) -> Option<&'m Word>) -> Sums {
    let mut sums = Sums::default();
    for &word in words {
        take_word(find(word), word, arena, &mut sums);
    }
    sums
}

/// Two stages, [`DISTANCE`] groups apart: probed and the arena prefetched; the arena read.
fn look_up_with_grouped<'m>(words: &[u64], arena: &Arena, find: impl Fn(u64) -> Option<&'m Word>) -> Sums {
    const RING: usize = DISTANCE + 1;
    let mut sums = Sums::default();
    let mut hits: [[Option<&Word>; GROUP]; RING] = [[None; GROUP]; RING];
    let (groups, rest) = words.as_chunks::<GROUP>();
    for number in 0..groups.len() + DISTANCE {
        if let Some(group) = number.checked_sub(DISTANCE) {
            for (hit, &word) in hits[group % RING].iter().zip(&groups[group]) {
                take_word(*hit, word, arena, &mut sums);
            }
        }
        if let Some(group) = groups.get(number) {
            for (hit, &word) in hits[number % RING].iter_mut().zip(group) {
                *hit = find(word);
                if let Some(slot) = hit {
                    arena.prefetch_key(slot.address());
                }
            }
        }
    }
    sums.merge(look_up_with(rest, arena, find))
}

fn customer_map(criterion: &mut Criterion) {
    // Criterion times only under `cargo bench` without `--test`; otherwise each case runs once, to check its answers.
    let is_given = |flag| std::env::args().any(|argument| argument == flag);
    let is_timed = is_given("--bench") && !is_given("--test");
    let counts: &[u64] = if is_timed { &[1_000_000, 10_000_000] } else { &[10_000] };
    for &count in counts {
        let (keys, words) = (customer_keys(count), purchase_keys(count));
        build(criterion, count, &keys);
        lookups(criterion, count, &keys, &words);
    }
}

fn build(criterion: &mut Criterion, count: u64, keys: &[u64]) {
    let mut group = criterion.benchmark_group("build");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(count));
    for kind in [BucketKind::Fingerprints, BucketKind::Keys] {
        let name = format!("customer map, {kind:?}").to_lowercase();
        group.bench_function(BenchmarkId::new(name, count), |bencher| bencher.iter(|| build_customer_map(keys, kind)));
    }
    group.bench_function(BenchmarkId::new("AHashMap", count), |bencher| bencher.iter(|| build_ahash_map(keys)));
    group.bench_function(BenchmarkId::new("HashTable", count), |bencher| {
        bencher.iter(|| {
            let arena = Arena { keys: keys.to_vec(), hasher: RandomState::new() };
            (build_hash_table(keys, &arena), arena)
        });
    });
    group.finish();
}

fn lookups(criterion: &mut Criterion, count: u64, keys: &[u64], words: &[u64]) {
    let ahash_map = build_ahash_map(keys);
    let (mut fingerprints, fingerprints_arena) = build_customer_map(keys, BucketKind::Fingerprints);
    let (mut with_keys, with_keys_arena) = build_customer_map(keys, BucketKind::Keys);
    let arena = &fingerprints_arena;
    let hash_table = build_hash_table(keys, arena);
    let find_in_table = |word| hash_table.find(arena.key(word).hash, |slot: &Word| arena.is(slot.address(), word));
    let find_in_ahash_map = |word| ahash_map.get(&word);

    let fingerprints_view = fingerprints.view();
    let with_keys_view = with_keys.view();
    let by_fingerprints = (fingerprints_view, BucketKind::Fingerprints, arena);
    let by_keys = (with_keys_view, BucketKind::Keys, &with_keys_arena);
    type Case<'c> = (&'static str, Box<dyn Fn() -> Sums + 'c>);
    let cases: [Case<'_>; 8] = [
        (
            "customer map, fingerprints, grouped",
            Box::new(move || look_up_grouped(by_fingerprints.0, by_fingerprints.1, words, by_fingerprints.2)),
        ),
        (
            "customer map, fingerprints",
            Box::new(move || look_up(by_fingerprints.0, by_fingerprints.1, words, by_fingerprints.2)),
        ),
        ("customer map, keys, grouped", Box::new(move || look_up_grouped(by_keys.0, by_keys.1, words, by_keys.2))),
        ("customer map, keys", Box::new(move || look_up(by_keys.0, by_keys.1, words, by_keys.2))),
        ("AHashMap, grouped", Box::new(move || look_up_with_grouped(words, arena, find_in_ahash_map))),
        ("AHashMap", Box::new(move || look_up_with(words, arena, find_in_ahash_map))),
        ("HashTable, grouped", Box::new(move || look_up_with_grouped(words, arena, find_in_table))),
        ("HashTable", Box::new(move || look_up_with(words, arena, find_in_table))),
    ];

    let expected = cases[0].1();
    assert!(expected.hits > 0 && expected.hits < words.len() as u64);
    for (name, run) in &cases {
        assert_eq!(run(), expected, "{name}");
    }
    let mut group = criterion.benchmark_group("look up");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(words.len() as u64));
    for (name, run) in &cases {
        group.bench_function(BenchmarkId::new(*name, count), |bencher| bencher.iter(run));
    }
    group.finish();
    drop(cases);

    let matched = fingerprints.iter().filter(|slot| slot.is_matched()).count();
    assert!(matched > 0);
    assert_eq!(with_keys.iter().filter(|slot| slot.is_matched()).count(), matched);
    assert_eq!(ahash_map.values().filter(|slot| slot.is_matched()).count(), matched);
    assert_eq!(hash_table.iter().filter(|slot| slot.is_matched()).count(), matched);
}

criterion_group!(benches, customer_map);
criterion_main!(benches);
