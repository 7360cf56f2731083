//! Storing batches: duplicates, line numbers, keys in every form, and unmatched customers.

use super::*;
use crate::customers::entry_pieces::fields_and_name;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::model::age_group::AgeGroups;
use crate::model::columns::CustomerColumns;
use crate::model::key::Key;
use crate::model::sides::Sides;
use std::cell::Cell;

fn empty_build_side() -> BuildSide {
    BuildSide::new(Dialect::default(), AgeGroups::default().names().len(), 0, 1, Mode::Rows).expect("memory")
}

/// Adds each text as a chunk. Returns all rejects with their absolute lines.
fn add(customers: &mut BuildSide, texts: &[String], max_record: usize) -> Vec<(u64, DetailedReason)> {
    let groups = AgeGroups::default();
    let columns = CustomerColumns { count: 3, key: 0, first_name: 1, last_name: 1, age: 2 };
    let hasher = customers.hasher().clone();
    let parser = CustomerParser::new(Sides::both(Dialect::default()), columns, &groups, hasher, max_record, Mode::Rows);
    let block_pool = BuildSide::block_pool(1);
    let (mut line, mut rejects) = (2, vec![]);
    for text in texts {
        let mut batch = CustomerBatch::default();
        parser.parse(text.as_bytes(), None, &mut ParseScratch::default(), &mut batch);
        customers.add(&mut batch, Origin { file: 0, line }, &Forecast::default(), &block_pool).expect("memory");
        rejects.extend(batch.rejects.iter().map(|reject| (line + u64::from(reject.line), reject.reason)));
        line += batch.lines;
    }
    rejects
}

/// Entries of a chunk that exceed a block get a longer block.
#[test]
fn entries_longer_than_a_block_are_found() {
    let mut customers = empty_build_side();
    let chunk = |keys: std::ops::Range<u32>| keys.map(|key| format!("{key},,30\n")).collect();
    let long = format!("long,{},30\n", "x".repeat(70 << 20));
    let texts = [chunk(0..1), chunk(1..600_000), long, chunk(600_000..600_010)];
    assert_eq!(add(&mut customers, &texts, 80 << 20), []);
    let hasher = customers.hasher().clone();
    let (map, arena) = customers.view();
    let middle_aged = 1;
    for key in (0..600_010).map(|key| key.to_string()) {
        let is_key = |address| arena.key_is(address, key.as_bytes());
        let slot = map.find(Key::new(key.as_bytes(), &hasher), is_key).expect("the key was added").slot;
        assert_eq!(fields_and_name(&arena.entry(slot.address())), (b",,30".to_vec(), vec![]));
        assert_eq!(slot.group(), middle_aged);
    }
}

#[test]
fn duplicates_name_the_line_of_the_first_customer() {
    let mut customers = empty_build_side();
    let texts = ["a,,1\n\n\nb,,2\nb,,3\n", "\"c\",x,1\n\"c\nd\",x,1\n\na,,9\n", "c,,1\n\"c\nd\",,1\nb,,1\ne,,1\n"];
    let rejects = add(&mut customers, &texts.map(str::to_owned), 1000);
    let first = |line| DetailedReason::DuplicateCustomer { file: 0, line };
    assert_eq!(rejects, [(6, first(5)), (11, first(2)), (12, first(7)), (13, first(8)), (15, first(5))]);
    assert_eq!(customers.counts.accepted, 5);
}

/// When the map grows, each key is read again from its entry: short or long, quoted or not.
#[test]
fn keys_of_all_forms_are_found_after_growth() {
    let forms: [fn(u32) -> [String; 2]; 5] = [
        |n| [n.to_string(), n.to_string()],
        |n| [format!("\"q{n}\""), format!("q{n}")],
        |n| [format!("\"d\"\"{n}\""), format!("d\"{n}")],
        |n| [format!("a long key {n}"), format!("a long key {n}")],
        |n| [format!("\"{}{n}\"", "k".repeat(300)), format!("{}{n}", "k".repeat(300))],
    ];
    let keys: Vec<[String; 2]> = (0..4_000).flat_map(|number| forms.map(|form| form(number))).collect();
    let texts: Vec<String> =
        keys.chunks(500).map(|keys| keys.iter().map(|[raw, _]| format!("{raw},x,30\n")).collect()).collect();
    let mut customers = empty_build_side();
    assert_eq!(add(&mut customers, &texts, 1000), []);
    let hasher = customers.hasher().clone();
    let (map, arena) = customers.view();
    for [_, value] in &keys {
        let is_key = |address| arena.key_is(address, value.as_bytes());
        assert!(map.find(Key::new(value.as_bytes(), &hasher), is_key).is_some(), "{value}");
    }
}

/// Duplicates leave no bytes in the arena, wherever they are in a chunk, and the customers after them are found.
#[test]
fn duplicates_take_no_memory() {
    let without: String = (0..1_000).map(|number| format!("{number},{number},30\n")).collect();
    let mut with = "x,,1\n".repeat(3);
    for (number, record) in without.split_inclusive('\n').enumerate() {
        let duplicate = format!("{},,1\n", number / 2);
        with.push_str(record);
        with.push_str(&duplicate.repeat(number % 4));
    }
    let [mut expected, mut in_one_chunk, mut in_many_chunks] = [(); 3].map(|()| empty_build_side());
    assert_eq!(add(&mut expected, &["x,,1\n".to_owned() + &without], 1000), []);
    let rejects = add(&mut in_one_chunk, &[with.clone()], 1000);
    assert_eq!(rejects.len(), 2 + 250 * (1 + 2 + 3));
    let parts: Vec<String> = with.split_inclusive('\n').map(str::to_owned).collect();
    assert_eq!(add(&mut in_many_chunks, &parts, 1000), rejects);
    let (size, lines) = (|of: &BuildSide| (of.bytes(), of.counts.clone()), with.lines().count() as u64 + 2);
    assert!(size(&in_one_chunk) == size(&expected) && size(&in_many_chunks) == size(&expected));
    // The entries are contiguous, and their line numbers are right.
    for customers in [&mut in_one_chunk, &mut in_many_chunks] {
        let line = |slot: &Slot, customers: &BuildSide| customers.arena.origin(slot.address()).line;
        let mut slots: Vec<Slot> = customers.map.iter().collect();
        slots.sort_unstable_by_key(|slot| slot.address());
        assert_eq!(slots.len(), 1_001);
        assert!(slots.iter().map(|slot| line(slot, customers)).is_sorted_by(|one, next| one < next));
        assert!(slots.iter().all(|slot| (2..lines).contains(&line(slot, customers))));
        let keys = slots.iter().skip(1).map(|slot| customers.arena.entry(slot.address()).key());
        assert!(keys.zip(0..).all(|(key, number): (_, u32)| key == number.to_string().as_bytes()));
    }
}

#[test]
fn unmatched_customers_are_in_the_order_of_their_parts() {
    let mut customers = empty_build_side();
    let texts: Vec<String> = (0..100_000).map(|number| format!("{number},{number},30\n")).collect();
    add(&mut customers, &[texts.concat(), ",keyless,20\n".to_owned()], 1000);
    let hasher = customers.hasher().clone();
    let (map, arena) = customers.view();
    for key in (0..100_000).filter(|number| number % 3 > 0).map(|number: u32| number.to_string()) {
        let is_key = |address| arena.key_is(address, key.as_bytes());
        map.set_matched(map.find(Key::new(key.as_bytes(), &hasher), is_key).expect("the key was added"));
    }
    assert_eq!(customers.matched_and_unmatched(), [66_666, 33_335]);
    let (mut unmatched, advanced): (Vec<Slot>, _) = (vec![], Cell::new(0));
    for mut part in customers.unmatched_parts(|customers| advanced.set(advanced.get() + customers)) {
        part.sort_unstable();
        unmatched.extend(part);
    }
    assert_eq!((unmatched.len(), advanced.get()), (33_335, 2 * 33_335));
    assert!(unmatched.is_sorted());
    let keys: Vec<&[u8]> = unmatched.iter().map(|slot| customers.arena.entry(slot.address()).key()).collect();
    let expected: Vec<String> = (0..100_000).step_by(3).map(|number| number.to_string()).collect();
    assert_eq!(keys.len(), expected.len() + 1);
    assert!(
        keys.iter().zip(&expected).all(|(key, expected)| *key == expected.as_bytes())
            && keys.last() == Some(&b"".as_slice())
    );
}
