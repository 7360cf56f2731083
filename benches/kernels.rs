//! Records and bytes a second of each stage, on one thread:
//! `cargo bench --features bench-internals`, then `target/criterion/report/index.html`.
//!
//! cut → marks → look_up → fold → join; and for customers prepare → load. `fold` adds up and writes no rows, on the table
//! with keys beside the slots; `join` is everything, on the table without: what it takes longer is fetching entries,
//! making rows and their checksum. A case has short keys of digits, or long ones that only their entries hold whole.

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use spendfold::AgeGroups;
use spendfold::bench_support::{Stages, count_chunks, count_loaded, mark, prepare};
use std::fmt::Write;
use std::hint::black_box;

/// A map that fits in the second cache, and one that fits in none.
const CUSTOMERS: [u64; 2] = [10_000, 1_000_000];
const PURCHASES: u64 = 1_000_000;

/// Splitmix64: the same data every time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((u128::from(mixed ^ (mixed >> 31)) * u128::from(end)) >> 64) as u64
    }
}

/// About 50 bytes a record, keys from 1 in an order that the table cannot profit from.
fn customers(count: u64, prefix: &str) -> Vec<u8> {
    let mut random = Random(1);
    let mut text = String::new();
    // Any odd step that shares no factor with the count visits every key once.
    for number in (0..count).map(|place| place * 7_777_777 % count + 1) {
        let age = 18 + random.below(73);
        writeln!(text, "{prefix}{number},Katja,Zimmermann,katja.{number}@mx.example.org,{age}").expect("memory");
    }
    text.into_bytes()
}

/// About 21 bytes a record, one key in a hundred without a customer.
fn purchases(customers: u64, prefix: &str, quoted: bool) -> Vec<u8> {
    let mut random = Random(2);
    let mut text = String::new();
    for _ in 0..PURCHASES {
        let key = 1 + random.below(customers + customers / 100);
        let (units, cents) = (1 + random.below(99), random.below(100));
        match quoted {
            true => writeln!(text, r#""{prefix}{key}","calculator","{units}.{cents:02}""#),
            false => writeln!(text, "{prefix}{key},calculator,{units}.{cents:02}"),
        }
        .expect("memory");
    }
    text.into_bytes()
}

/// Benchmarks one function, its time per byte or per record.
fn measure(criterion: &mut Criterion, stage: &str, case: &str, records: u64, bytes: usize, mut run: impl FnMut()) {
    let mut group = criterion.benchmark_group(stage);
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.throughput(Throughput::ElementsAndBytes { elements: records, bytes: bytes as u64 });
    group.bench_function(BenchmarkId::from_parameter(case), |bencher| bencher.iter(&mut run));
    group.finish();
}

fn kernels(criterion: &mut Criterion) {
    let groups = AgeGroups::default();
    for count in CUSTOMERS {
        let customers = customers(count, "");
        let mut stages = Stages::load(&customers).expect("memory");
        assert_eq!(stages.customers(), count);
        let case = format!("{count} customers");
        measure(criterion, "prepare", &case, count, customers.len(), || {
            assert_eq!(prepare(&customers, &groups) as u64, count);
        });
        measure(criterion, "load", &case, count, customers.len(), || {
            assert_eq!(count_loaded(&customers).expect("memory"), count);
        });
        for quoted in [false, true] {
            let case = format!("{count} customers, {}", if quoted { "quoted" } else { "plain" });
            let purchases = purchases(count, "", quoted);
            let mut buffers = stages.buffers();
            let mut stage = |name, run: &mut dyn FnMut()| {
                measure(criterion, name, &case, PURCHASES, purchases.len(), run);
            };
            if count == CUSTOMERS[0] {
                stage("cut", &mut || assert!(black_box(count_chunks(&purchases)) > 1));
                stage("marks", &mut || assert_eq!(mark(&purchases, &mut buffers) as u64, PURCHASES));
            }
            if !quoted {
                let keys = stages.keys(&purchases);
                stage("look_up", &mut || assert!(stages.look_up(&keys) > 0));
            }
            stage("fold", &mut || assert_eq!(stages.join(&purchases, &mut buffers, false), 0));
            stage("join", &mut || assert!(stages.join(&purchases, &mut buffers, true) > purchases.len()));
        }
        long_keys(criterion, count);
    }
}

/// Keys of more than eight bytes.
fn long_keys(criterion: &mut Criterion, count: u64) {
    const PREFIX: &str = "550e8400-e29b-";
    let mut stages = Stages::load(&customers(count, PREFIX)).expect("memory");
    let (purchases, mut buffers) = (purchases(count, PREFIX, false), stages.buffers());
    for (name, emit) in [("fold", false), ("join", true)] {
        let case = format!("{count} customers, long keys");
        measure(criterion, name, &case, PURCHASES, purchases.len(), || {
            assert_eq!(stages.join(&purchases, &mut buffers, emit) > 0, emit);
        });
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
