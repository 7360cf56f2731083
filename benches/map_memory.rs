//! Peak memory of the customer map, `AHashMap` and hashbrown's `HashTable` while they are filled, growth included. The
//! entries are those of `customer_map`: an 8-byte slot, and beside it the 8-byte key in `keys` and `AHashMap`.
//! `cargo bench --features internals --bench map_memory`
//!
//! Each map is filled in a process of its own, which prints the peak of its resident memory above that at its start.
//! After the first 10,000 keys, the customer map gets their final number, which a run forecasts from the first
//! customers; `, no forecast` cases do not get it. Linux only.

use ahash::{AHashMap, RandomState};
use hashbrown::HashTable;
use spendfold::internals::{Address, BucketKind, CustomerMap, Key, KeySource};
use std::process::Command;

const KEY_LEN: u8 = 8;
/// Keys after which the customer map knows the final number.
const FORECAST_AFTER: u64 = 10_000;

/// The customer at an address has the address as its key.
struct Keys(RandomState);

impl KeySource for Keys {
    fn key_at(&self, address: Address) -> Key {
        Key::of_word(address, KEY_LEN, &self.0)
    }

    fn prefetch_key(&self, _: Address) {}
}

const CASES: [&str; 6] = [
    "customer map, fingerprints",
    "customer map, keys",
    "customer map, fingerprints, no forecast",
    "customer map, keys, no forecast",
    "AHashMap",
    "HashTable",
];

/// Fills a map with `count` customers and returns the number of its keys.
fn fill(case: &str, count: u64) -> usize {
    match case {
        "AHashMap" => {
            let mut map = AHashMap::new();
            (1..=count).for_each(|word| _ = map.insert(word, word << 24));
            map.len()
        }
        "HashTable" => {
            let (mut table, hasher) = (HashTable::new(), RandomState::new());
            let hash = |slot: &u64| hasher.hash_one(slot >> 24);
            for word in 1..=count {
                let slot = word << 24;
                table.entry(hash(&slot), |other| *other == slot, hash).or_insert(slot);
            }
            table.len()
        }
        _ => {
            let kind = if case.contains("keys") { BucketKind::Keys } else { BucketKind::Fingerprints };
            let mut map = CustomerMap::with_capacity(0, 1, kind).expect("memory");
            let keys = Keys(map.hasher().clone());
            for address in 1..=count {
                let same = |other: Address| other == address;
                map.insert(keys.key_at(address), 0, address, same, &keys).expect("memory");
                if address == FORECAST_AFTER && !case.ends_with("no forecast") {
                    map.expect(Some(count as usize));
                }
            }
            map.iter().count()
        }
    }
}

/// A line of /proc/self/status, in KiB.
fn status(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let value = status.lines().find_map(|line| line.strip_prefix(name)).expect("the line");
    value.trim_matches(|c: char| !c.is_ascii_digit()).parse().expect("a number")
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let [_, flag, case, count] = &args[..]
        && flag == "--fill"
    {
        let count = count.parse().expect("a number");
        let before = status("VmRSS:");
        assert_eq!(fill(case, count), count as usize);
        println!("{}", status("VmHWM:").saturating_sub(before));
        return;
    }
    // Without `--bench`, and with `--test`, each case is only tried.
    let is_given = |flag| args.iter().any(|arg| arg == flag);
    let is_measured = is_given("--bench") && !is_given("--test");
    let counts: &[u64] = if is_measured { &[1_000_000, 10_000_000] } else { &[20_000] };
    println!("{:42}{:>12}{:>12}{:>18}", "map", "customers", "peak MiB", "bytes a customer");
    for &count in counts {
        for case in CASES {
            let mut command = Command::new(std::env::current_exe().expect("its path"));
            let output = command.args(["--fill", case, &count.to_string()]).output().expect("starts");
            assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
            let kib: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
            let (mib, each) = (kib as f64 / 1024.0, kib as f64 * 1024.0 / count as f64);
            println!("{case:42}{count:>12}{mib:>12.1}{each:>18.1}");
        }
    }
}
