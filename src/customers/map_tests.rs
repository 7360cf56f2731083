//! The table against the standard library's map, and what it promises of slots, marks and collisions.

use super::*;
use crate::customers::capacity::MOST_GROWTH;
use crate::model::key::{Key, LONG};
use proptest::prelude::*;
use std::collections::HashMap;

/// Keys whose addresses are their places, counted from 1.
struct Listed<'a> {
    keys: &'a [Vec<u8>],
    hasher: RandomState,
}

impl KeySource for Listed<'_> {
    fn key_at(&self, address: Address) -> Key {
        Key::new(&self.keys[address as usize - 1], &self.hasher)
    }

    fn prefetch_key(&self, _: Address) {}
}

/// A table of keys, and what each insertion returned.
fn table_of(keys: &[Vec<u8>], keyed: bool) -> (CustomerMap, Vec<Option<Address>>) {
    let mut table = CustomerMap::with_capacity(0, 1, keyed).expect("memory");
    let listed = Listed { keys, hasher: table.hasher().clone() };
    let insert = |(number, key): (usize, &Vec<u8>)| {
        let address = number as Address + 1;
        let same = |at: Address| keys[at as usize - 1] == *key;
        table.insert(listed.key_at(address), 7, address, same, &listed).expect("memory")
    };
    let before = keys.iter().enumerate().map(insert).collect();
    (table, before)
}

fn find(table: &mut CustomerMap, keys: &[Vec<u8>], key: &[u8]) -> Option<LookupHit> {
    let (hashed, same) = (Key::new(key, &table.hasher().clone()), |at: Address| keys[at as usize - 1] == *key);
    table.slots().find_either(hashed, same)
}

proptest! {
    #[test]
    fn it_is_a_map_that_keeps_the_first(keys in prop::collection::vec(prop_oneof!["[ab]{1,4}", "[ab]{1,12}", "[a-z]{8,9}", "a?\0{1,8}"], 0..300), keyed in any::<bool>()) {
        let keys: Vec<Vec<u8>> = keys.into_iter().map(String::into_bytes).collect();
        let (mut table, before) = table_of(&keys, keyed);
        let mut oracle: HashMap<&[u8], Address> = HashMap::new();
        for (number, (key, before)) in keys.iter().zip(before).enumerate() {
            prop_assert_eq!(before, oracle.get(key.as_slice()).copied());
            oracle.entry(key).or_insert(number as Address + 1);
        }
        for key in keys.iter().map(Vec::as_slice).chain([b"".as_slice(), b"c", b"cccccccccccc"]) {
            let found = find(&mut table, &keys, key);
            prop_assert_eq!(found.map(|found| found.slot.address()), oracle.get(key).copied());
            prop_assert!(found.is_none_or(|found| found.slot.group() == 7 && !found.slot.is_matched()));
        }
        let mut all: Vec<Address> = table.all().map(Slot::address).collect();
        all.sort_unstable();
        let mut expected: Vec<Address> = oracle.into_values().collect();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
    }

    #[test]
    fn who_is_marked_stays_marked(count in 1usize..2000, step in 1usize..50, keyed in any::<bool>()) {
        let keys: Vec<Vec<u8>> = (0..count).map(|number| number.to_string().into_bytes()).collect();
        let (mut table, _) = table_of(&keys, keyed);
        for key in keys.iter().step_by(step).chain(keys.iter().step_by(step)) {
            let found = find(&mut table, &keys, key).expect("there");
            table.slots().set_matched(found);
        }
        for (number, key) in keys.iter().enumerate() {
            let slot = find(&mut table, &keys, key).expect("there").slot;
            prop_assert_eq!((slot.is_matched(), slot.address()), (number % step == 0, number as Address + 1));
        }
    }
}

/// Whatever is expected, through several growths, each key is found and none is there twice.
fn grows_like_the_map(keys: &[Vec<u8>], first: usize, expected: &[Option<usize>], keyed: bool) {
    let mut table = CustomerMap::with_capacity(first, 2, keyed).expect("memory");
    let listed = Listed { keys, hasher: table.hasher().clone() };
    let (mut oracle, mut growths, mut bytes) = (HashMap::new(), 0, table.memory.len());
    for (number, key) in keys.iter().enumerate() {
        if number % 100 == 0 && !expected.is_empty() {
            table.expect(expected[number / 100 % expected.len()]);
        }
        let (address, len) = (number as Address + 1, oracle.len());
        let same = |at: Address| keys[at as usize - 1] == *key;
        let before = table.insert(listed.key_at(address), 7, address, same, &listed).expect("memory");
        assert_eq!(before, oracle.get(key).copied());
        oracle.entry(key).or_insert(address);
        if table.memory.len() != bytes {
            growths += 1;
            let most = MOST_GROWTH * len;
            assert!(table.memory.len() <= bytes_for(most, keyed), "{} bytes for {most} keys", table.memory.len());
            assert!(table.memory.len() > bytes && table.len() == oracle.len());
            bytes = table.memory.len();
        }
    }
    assert!(growths >= 2, "{growths}");
    for (key, address) in &oracle {
        let found = find(&mut table, keys, key).expect("there");
        assert_eq!((found.slot.address(), found.slot.group()), (*address, 7));
    }
    assert!(table.all().count() == oracle.len() && find(&mut table, keys, b"no such key").is_none());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn every_key_survives_growth(
        keys in prop::collection::vec(prop_oneof!["[a-e]{1,6}", "[a-e]{7,10}", "[a-z]{20}", "a?\0{1,8}"], 5_000..8_000),
        expected in prop::collection::vec(prop::option::of(0usize..20_000), 0..9),
        first in 0usize..100,
        keyed in any::<bool>(),
    ) {
        let keys: Vec<Vec<u8>> = keys.into_iter().map(String::into_bytes).collect();
        grows_like_the_map(&keys, first, &expected, keyed);
    }
}

/// A forecast that is far too high makes no table of more than a few times the keys that are there.
#[test]
fn room_is_bounded_by_the_keys_whatever_is_expected() {
    let keys: Vec<Vec<u8>> = (0..200_000u32).map(|number| number.to_string().into_bytes()).collect();
    for keyed in [false, true] {
        for expected in [None, Some(0), Some(5_000_000), Some(1 << 40), Some(usize::MAX)] {
            grows_like_the_map(&keys, 1_000, &[expected], keyed);
        }
    }
}

/// With a forecast that is right the table takes its final size early, and only that.
#[test]
fn a_table_ends_with_the_room_that_was_forecast() {
    let keys: Vec<Vec<u8>> = (0..300_000u32).map(|number| number.to_string().into_bytes()).collect();
    for keyed in [false, true] {
        let mut table = CustomerMap::with_capacity(10_000, 1, keyed).expect("memory");
        let listed = Listed { keys: &keys, hasher: table.hasher().clone() };
        let mut made = 0;
        for address in 1..=keys.len() as Address {
            table.expect(Some(keys.len()));
            let before = table.memory.len();
            assert_eq!(table.insert(listed.key_at(address), 0, address, |_| false, &listed).expect("memory"), None);
            if table.memory.len() != before {
                made = table.len();
            }
        }
        assert_eq!(table.memory.len(), bytes_for(keys.len(), keyed));
        // A table of few huge pages is rounded up, and grows only when it is full.
        assert!((keys.len() / MOST_GROWTH..keys.len() / 2).contains(&made), "{made} keys moved into the last table");
    }
}

/// All threads mark customers at once, many of them the same.
#[test]
fn no_mark_is_lost() {
    let keys: Vec<Vec<u8>> = (0..5000u32).map(|number| number.to_string().into_bytes()).collect();
    for keyed in [false, true] {
        let (mut table, _) = table_of(&keys, keyed);
        let hasher = table.hasher().clone();
        let slots = table.slots();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (keys, hasher) = (&keys, &hasher);
                scope.spawn(move || {
                    for key in keys.iter().skip(thread).step_by(2) {
                        let (hashed, same) = (Key::new(key, hasher), |at: Address| keys[at as usize - 1] == *key);
                        slots.set_matched(slots.find_either(hashed, same).expect("there"));
                    }
                });
            }
        });
        assert!(table.all().all(Slot::is_matched) && table.all().count() == keys.len());
    }
}

/// How far a key stands from the bucket its hash points at.
fn buckets_off(slots: MapView, key: Key, found: LookupHit) -> usize {
    let buckets = slots.lines.len();
    (found.place / WORDS + buckets - home(key.hash, buckets)) % buckets
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
        let keys: Vec<Vec<u8>> = (0..50_000).map(make).collect();
        let (mut table, _) = table_of(&keys, false);
        let hasher = table.hasher().clone();
        let (mut far, mut in_vain) = (0, 0);
        let slots = table.slots();
        for (number, key) in keys.iter().enumerate() {
            let (key, asked) = (Key::new(key, &hasher), std::cell::Cell::new(0));
            let same = |at| {
                asked.set(asked.get() + 1);
                at == number as Address + 1
            };
            far += buckets_off(slots, key, slots.find(key, same).expect("there"));
            in_vain += asked.get() - 1;
        }
        // At most eight of ten slots are taken: a key is then a quarter of a bucket away on average.
        assert!(far < keys.len(), "{far}");
        // Of 2¹⁹ that differ, one looks equal; there are a few in a bucket.
        assert!(in_vain < 20, "{in_vain}");
        let (mut table, _) = table_of(&keys, true);
        let hasher = table.hasher().clone();
        let far: usize = keys
            .iter()
            .map(|key| {
                let found = find(&mut table, &keys, key).expect("there");
                buckets_off(table.slots(), Key::new(key, &hasher), found)
            })
            .sum();
        // Here too, but four slots are full more often: two buckets away.
        assert!(far < 2 * keys.len(), "{far}");
    }
    let hash = |key: &[u8]| Key::new(key, CustomerMap::with_capacity(0, 1, false).expect("memory").hasher()).hash;
    assert!(hash(b"7") != hash(b"7") && hash(b"a long key") != hash(b"a long key"));
}

/// Whatever agrees in all bits of the hash is told apart by its key, behind the last bucket too.
#[test]
fn keys_with_one_hash_stay_apart() {
    struct Same(Key);
    impl KeySource for Same {
        fn key_at(&self, _: Address) -> Key {
            self.0
        }

        fn prefetch_key(&self, _: Address) {}
    }
    for (keyed, hash) in [(false, 5), (true, 5), (false, u64::MAX), (true, u64::MAX)] {
        let key = Key { hash, word: hash, tag: LONG };
        let mut table = CustomerMap::with_capacity(0, 1, keyed).expect("memory");
        for address in 1..=100 {
            assert_eq!(table.insert(key, 0, address, |at| at == address, &Same(key)).expect("memory"), None);
        }
        for address in 1..=100 {
            let found = table.slots().find_either(key, |at| at == address).expect("there");
            assert_eq!(found.slot.address(), address);
            let again = table.insert(key, 0, 101, |at| at == address, &Same(key)).expect("memory");
            assert_eq!(again, Some(address));
        }
        assert_eq!(table.slots().find_either(key, |_| false), None);
    }
}
