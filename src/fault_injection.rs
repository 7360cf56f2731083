//! Fault injection for the tests. The variable `SPENDFOLD_FAULT` selects a fault. Compiled only with the cargo feature
//! `fault-injection`, never in a release.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the named fault is selected.
pub(crate) fn is(name: &str) -> bool {
    std::env::var("SPENDFOLD_FAULT").is_ok_and(|fault| fault == name)
}

/// The number after the name of the selected fault, as in `panic-at-chunk:3`.
fn parameter_of(name: &str) -> Option<u64> {
    let fault = std::env::var("SPENDFOLD_FAULT").ok()?;
    fault.strip_prefix(name)?.strip_prefix(':')?.parse().ok()
}

/// With `panic-at-chunk:N`, panics in the worker that processes chunk N of its stage, counted from 0.
pub(crate) fn at_chunk(number: u64) {
    assert!(parameter_of("panic-at-chunk") != Some(number), "deliberate fault at chunk {number}");
}

/// Set while every allocation must fail.
static ALLOCATIONS_FAIL: AtomicBool = AtomicBool::new(false);

/// Whether the allocator of the program must fail.
pub fn allocations_must_fail() -> bool {
    ALLOCATIONS_FAIL.load(Ordering::Relaxed)
}

/// Simulates memory exhaustion while the files of a set are moved to their names. The fault is read before the first
/// move, because reading it allocates.
pub(crate) struct Moves {
    /// The number of moves after which an allocation is attempted.
    allocate_after: Option<u64>,
}

impl Moves {
    /// With `no-memory-while-moving` or `no-memory-after-move:N`, every allocation fails until this value is dropped.
    /// The latter also attempts an allocation after N moves.
    pub(crate) fn begin() -> Self {
        let allocate_after = parameter_of("no-memory-after-move");
        ALLOCATIONS_FAIL.store(allocate_after.is_some() || is("no-memory-while-moving"), Ordering::Relaxed);
        Self { allocate_after }
    }

    /// Called after each move with the number of moves so far.
    pub(crate) fn after(&self, moves: usize) {
        if self.allocate_after == Some(moves as u64) {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(4096)));
        }
    }
}

impl Drop for Moves {
    fn drop(&mut self) {
        ALLOCATIONS_FAIL.store(false, Ordering::Relaxed);
    }
}
