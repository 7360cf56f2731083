//! Compares the map with the standard library's, and tests growth, matched flags and collisions.

use super::*;
use crate::customers::capacity::MAX_GROWTH;
use crate::model::key::{Key, LONG};
use proptest::prelude::*;
use std::collections::HashMap;

const KINDS: [BucketKind; 2] = [BucketKind::Fingerprints, BucketKind::Keys];

/// A source of keys in which the address of a key is its index plus 1.
struct KeyList<'a> {
    keys: &'a [Vec<u8>],
    hasher: RandomState,
}

impl KeySource for KeyList<'_> {
    fn key_at(&self, address: Address) -> Key {
        Key::new(&self.keys[address as usize - 1], &self.hasher)
    }

    fn prefetch_key(&self, _: Address) {}
}

/// A map of the keys, and the result of each insertion.
fn map_of(keys: &[Vec<u8>], kind: BucketKind) -> (CustomerMap, Vec<Option<Address>>) {
    let mut map = CustomerMap::with_capacity(0, 1, kind).expect("memory");
    let key_list = KeyList { keys, hasher: map.hasher().clone() };
    let insert = |(number, key): (usize, &Vec<u8>)| {
        let address = number as Address + 1;
        let is_key = |at: Address| keys[at as usize - 1] == *key;
        map.insert(key_list.key_at(address), 7, address, is_key, &key_list).expect("memory")
    };
    let before = keys.iter().enumerate().map(insert).collect();
    (map, before)
}

fn find(map: &mut CustomerMap, keys: &[Vec<u8>], key: &[u8]) -> Option<LookupHit> {
    let (hashed, is_key) = (Key::new(key, &map.hasher().clone()), |at: Address| keys[at as usize - 1] == *key);
    map.view().find_either(hashed, is_key)
}

proptest! {
    #[test]
    fn the_first_customer_with_a_key_wins(keys in prop::collection::vec(prop_oneof!["[ab]{1,4}", "[ab]{1,12}", "[a-z]{8,9}", "a?\0{1,8}"], 0..300), kind in prop::sample::select(&KINDS)) {
        let keys: Vec<Vec<u8>> = keys.into_iter().map(String::into_bytes).collect();
        let (mut map, before) = map_of(&keys, kind);
        let mut oracle: HashMap<&[u8], Address> = HashMap::new();
        for (number, (key, before)) in keys.iter().zip(before).enumerate() {
            prop_assert_eq!(before, oracle.get(key.as_slice()).copied());
            oracle.entry(key).or_insert(number as Address + 1);
        }
        for key in keys.iter().map(Vec::as_slice).chain([b"".as_slice(), b"c", b"cccccccccccc"]) {
            let hit = find(&mut map, &keys, key);
            prop_assert_eq!(hit.map(|hit| hit.slot.address()), oracle.get(key).copied());
            prop_assert!(hit.is_none_or(|hit| hit.slot.group() == 7 && !hit.slot.is_matched()));
        }
        let mut all: Vec<Address> = map.iter().map(Slot::address).collect();
        all.sort_unstable();
        let mut expected: Vec<Address> = oracle.into_values().collect();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn matched_flags_persist(count in 1usize..2000, step in 1usize..50, kind in prop::sample::select(&KINDS)) {
        let keys: Vec<Vec<u8>> = (0..count).map(|number| number.to_string().into_bytes()).collect();
        let (mut map, _) = map_of(&keys, kind);
        for key in keys.iter().step_by(step).chain(keys.iter().step_by(step)) {
            let hit = find(&mut map, &keys, key).expect("there");
            map.view().set_matched(hit);
        }
        for (number, key) in keys.iter().enumerate() {
            let slot = find(&mut map, &keys, key).expect("there").slot;
            prop_assert_eq!((slot.is_matched(), slot.address()), (number % step == 0, number as Address + 1));
        }
    }
}

/// Inserts keys under changing forecasts, through several growths, and compares with the standard library's map.
fn check_growth(keys: &[Vec<u8>], first: usize, expected: &[Option<usize>], kind: BucketKind) {
    let mut map = CustomerMap::with_capacity(first, 2, kind).expect("memory");
    let key_list = KeyList { keys, hasher: map.hasher().clone() };
    let (mut oracle, mut growths, mut bytes) = (HashMap::new(), 0, map.memory.len());
    for (number, key) in keys.iter().enumerate() {
        if number % 100 == 0 && !expected.is_empty() {
            map.expect(expected[number / 100 % expected.len()]);
        }
        let (address, len) = (number as Address + 1, oracle.len());
        let is_key = |at: Address| keys[at as usize - 1] == *key;
        let before = map.insert(key_list.key_at(address), 7, address, is_key, &key_list).expect("memory");
        assert_eq!(before, oracle.get(key).copied());
        oracle.entry(key).or_insert(address);
        if map.memory.len() != bytes {
            growths += 1;
            let most = MAX_GROWTH * len;
            assert!(map.memory.len() <= bytes_for(most, kind), "{} bytes for {most} keys", map.memory.len());
            assert!(map.memory.len() > bytes && map.len() == oracle.len());
            bytes = map.memory.len();
        }
    }
    assert!(growths >= 2, "{growths}");
    for (key, address) in &oracle {
        let hit = find(&mut map, keys, key).expect("there");
        assert_eq!((hit.slot.address(), hit.slot.group()), (*address, 7));
    }
    assert!(map.iter().count() == oracle.len() && find(&mut map, keys, b"no such key").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_key_survives_growth(
        keys in prop::collection::vec(prop_oneof!["[a-e]{1,6}", "[a-e]{7,10}", "[a-z]{20}", "a?\0{1,8}"], 5_000..8_000),
        expected in prop::collection::vec(prop::option::of(0usize..20_000), 0..9),
        first in 0usize..100,
        kind in prop::sample::select(&KINDS),
    ) {
        let keys: Vec<Vec<u8>> = keys.into_iter().map(String::into_bytes).collect();
        check_growth(&keys, first, &expected, kind);
    }
}

/// A forecast that is far too high does not make the map larger than a few times its keys.
#[test]
fn room_is_bounded_by_the_keys_under_any_forecast() {
    let keys: Vec<Vec<u8>> = (0..200_000u32).map(|number| number.to_string().into_bytes()).collect();
    for kind in KINDS {
        for expected in [None, Some(0), Some(5_000_000), Some(1 << 40), Some(usize::MAX)] {
            check_growth(&keys, 1_000, &[expected], kind);
        }
    }
}

/// If the forecast is right, the growth that is counted in the end is the one that was foreseen at the start.
#[test]
fn growth_is_foreseen_and_counted() {
    for kind in KINDS {
        for (count, grows) in [(5_000, false), (40_000, true), (400_000, true)] {
            let mut map = CustomerMap::with_capacity(5_000, 2, kind).expect("memory");
            let counter = GrowthCounter::default();
            map.count_growth(&counter);
            map.expect(Some(count));
            let foreseen = map.growth_ahead();
            let keys: Vec<Vec<u8>> = (0..count).map(|number| number.to_string().into_bytes()).collect();
            let key_list = KeyList { keys: &keys, hasher: map.hasher().clone() };
            for address in 1..=count as Address {
                map.insert(key_list.key_at(address), 7, address, |_| false, &key_list).expect("memory");
                if address % 1000 == 0 {
                    assert_eq!(counter.done() + map.growth_ahead(), foreseen, "{count} keys, {address} inserted");
                }
            }
            assert_eq!((counter.done(), map.growth_ahead()), (foreseen, Growth::default()));
            assert_eq!((foreseen.bytes > 0, foreseen.keys > 0), (grows, grows), "{count} keys");
        }
    }
}

/// With a correct forecast, the map takes its final size early.
#[test]
fn a_correct_forecast_leads_to_the_final_size() {
    let keys: Vec<Vec<u8>> = (0..300_000u32).map(|number| number.to_string().into_bytes()).collect();
    for kind in KINDS {
        let mut map = CustomerMap::with_capacity(10_000, 1, kind).expect("memory");
        let key_list = KeyList { keys: &keys, hasher: map.hasher().clone() };
        let mut moved = 0;
        for address in 1..=keys.len() as Address {
            map.expect(Some(keys.len()));
            let before = map.memory.len();
            assert_eq!(map.insert(key_list.key_at(address), 0, address, |_| false, &key_list).expect("memory"), None);
            if map.memory.len() != before {
                moved = map.len();
            }
        }
        assert_eq!(map.memory.len(), bytes_for(keys.len(), kind));
        // A small map is rounded up to huge pages, so it grows later than at a quarter of its keys.
        assert!((keys.len() / MAX_GROWTH..keys.len() / 2).contains(&moved), "{moved} keys moved into the final map");
    }
}

/// Threads set the flags of overlapping sets of customers concurrently.
#[test]
fn no_matched_flag_is_lost() {
    let keys: Vec<Vec<u8>> = (0..5000u32).map(|number| number.to_string().into_bytes()).collect();
    for kind in KINDS {
        let (mut map, _) = map_of(&keys, kind);
        let hasher = map.hasher().clone();
        let view = map.view();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (keys, hasher) = (&keys, &hasher);
                scope.spawn(move || {
                    for key in keys.iter().skip(thread).step_by(2) {
                        let (hashed, is_key) = (Key::new(key, hasher), |at: Address| keys[at as usize - 1] == *key);
                        view.set_matched(view.find_either(hashed, is_key).expect("there"));
                    }
                });
            }
        });
        assert!(map.iter().all(Slot::is_matched) && map.iter().count() == keys.len());
    }
}

/// Number of buckets between the home bucket of a key and its slot.
fn probe_length(view: MapView, key: Key, hit: LookupHit) -> usize {
    let buckets = view.buckets.len();
    (hit.word / WORDS + buckets - home(key.hash, buckets)) % buckets
}

/// Similar keys do not cluster, so no input takes quadratic time. Each map hashes with its own random state, so keys
/// cannot be chosen to collide.
#[test]
fn similar_keys_do_not_cluster() {
    let patterns: [fn(u64) -> Vec<u8>; 6] = [
        |n| n.to_string().into_bytes(),
        |n| n.to_le_bytes().to_vec(),
        |n| (n << 40).to_le_bytes().to_vec(),
        |n| format!("{n:064b}").into_bytes(),
        |n| (n << 40).to_string().into_bytes(),
        |n| format!("{}{n}", "x".repeat(100)).into_bytes(),
    ];
    for pattern in patterns {
        let keys: Vec<Vec<u8>> = (0..50_000).map(pattern).collect();
        let (mut map, _) = map_of(&keys, BucketKind::Fingerprints);
        let hasher = map.hasher().clone();
        let (mut distance, mut false_hits) = (0, 0);
        let view = map.view();
        for (number, key) in keys.iter().enumerate() {
            let (key, compared) = (Key::new(key, &hasher), std::cell::Cell::new(0));
            let is_key = |at| {
                compared.set(compared.get() + 1);
                at == number as Address + 1
            };
            distance += probe_length(view, key, view.find(key, is_key).expect("there"));
            false_hits += compared.get() - 1;
        }
        // At the maximum load of 0.8, a key is a quarter of a bucket away on average.
        assert!(distance < keys.len(), "{distance}");
        // One in 2¹⁹ other keys of a bucket has the same 19 bits of hash.
        assert!(false_hits < 20, "{false_hits}");
        let (mut map, _) = map_of(&keys, BucketKind::Keys);
        let hasher = map.hasher().clone();
        let distance: usize = keys
            .iter()
            .map(|key| {
                let hit = find(&mut map, &keys, key).expect("there");
                probe_length(map.view(), Key::new(key, &hasher), hit)
            })
            .sum();
        // Buckets of four slots overflow more often.
        assert!(distance < 2 * keys.len(), "{distance}");
    }
    let hash = |key: &[u8]| {
        Key::new(key, CustomerMap::with_capacity(0, 1, BucketKind::Fingerprints).expect("memory").hasher()).hash
    };
    assert!(hash(b"7") != hash(b"7") && hash(b"a long key") != hash(b"a long key"));
}

/// Keys with equal hashes are distinguished by comparing the keys, also when the probe sequence wraps around.
#[test]
fn keys_with_equal_hashes_are_distinguished() {
    struct OneKey(Key);
    impl KeySource for OneKey {
        fn key_at(&self, _: Address) -> Key {
            self.0
        }

        fn prefetch_key(&self, _: Address) {}
    }
    for (kind, hash) in KINDS.into_iter().flat_map(|kind| [(kind, 5), (kind, u64::MAX)]) {
        let key = Key { hash, word: hash, tag: LONG };
        let mut map = CustomerMap::with_capacity(0, 1, kind).expect("memory");
        for address in 1..=100 {
            assert_eq!(map.insert(key, 0, address, |at| at == address, &OneKey(key)).expect("memory"), None);
        }
        for address in 1..=100 {
            let hit = map.view().find_either(key, |at| at == address).expect("there");
            assert_eq!(hit.slot.address(), address);
            let again = map.insert(key, 0, 101, |at| at == address, &OneKey(key)).expect("memory");
            assert_eq!(again, Some(address));
        }
        assert_eq!(map.view().find_either(key, |_| false), None);
    }
}
