//! Records and bytes per second of single stages, on one thread: `cargo bench --features internals --bench kernels`,
//! then `target/criterion/report/index.html`.
//!
//! Purchases: `cut`, `index` (structural index), `look_up`, `totals` (join without rows; keys in the buckets), `rows`
//! (join with rows; keys in the arena). Customers: `parse`, `load` (parse and store). Keys are short (digits) or long
//! (more than eight bytes), fields plain or quoted.

mod data;
#[path = "../common/random.rs"]
mod random;
mod stages;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use data::{customers, purchases};
use spendfold::AgeGroups;
use spendfold::internals::{Mode, StructuralIndex};
use stages::{Stages, count_chunks, index, load, parse};
use std::hint::black_box;

/// A map that fits in the second-level cache, and one that exceeds every cache.
const CUSTOMERS: [u64; 2] = [10_000, 1_000_000];
const PURCHASES: u64 = 1_000_000;

/// Measures one stage in one case.
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
        let case = format!("{count} customers");
        measure(criterion, "parse", &case, count, customers.len(), || {
            assert_eq!(parse(&customers, &groups) as u64, count);
        });
        measure(criterion, "load", &case, count, customers.len(), || {
            assert_eq!(load(&customers, Mode::Rows).expect("memory").counts.accepted, count);
        });
        for quoted in [false, true] {
            let case = format!("{count} customers, {}", if quoted { "quoted" } else { "plain" });
            let purchases = purchases(PURCHASES, count, "", quoted);
            let mut structural_index = StructuralIndex::default();
            let mut stage = |name, run: &mut dyn FnMut()| {
                measure(criterion, name, &case, PURCHASES, purchases.len(), run);
            };
            if count == CUSTOMERS[0] {
                stage("cut", &mut || assert!(black_box(count_chunks(&purchases)) > 1));
                stage("index", &mut || assert_eq!(index(&purchases, &mut structural_index), PURCHASES));
            }
            if !quoted {
                let keys = stages.keys(&purchases);
                stage("look_up", &mut || assert!(stages.look_up(&keys) > 0));
            }
            stage("totals", &mut || assert_eq!(stages.join(&purchases, Mode::TotalsOnly), 0));
            stage("rows", &mut || assert!(stages.join(&purchases, Mode::Rows) > purchases.len()));
        }
        long_keys(criterion, count);
    }
}

/// Keys of more than eight bytes, which the buckets do not hold as a whole.
fn long_keys(criterion: &mut Criterion, count: u64) {
    const PREFIX: &str = "550e8400-e29b-";
    let mut stages = Stages::load(&customers(count, PREFIX)).expect("memory");
    let purchases = purchases(PURCHASES, count, PREFIX, false);
    for (name, mode) in [("totals", Mode::TotalsOnly), ("rows", Mode::Rows)] {
        let case = format!("{count} customers, long keys");
        measure(criterion, name, &case, PURCHASES, purchases.len(), || {
            assert_eq!(stages.join(&purchases, mode) > 0, mode == Mode::Rows);
        });
    }
}

criterion_group!(benches, kernels);
criterion_main!(benches);
