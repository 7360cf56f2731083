//! Deliberate faults for the tests, chosen by `SPENDFOLD_FAULT`. Only with the cargo feature `fault-injection`, never in
//! a release.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the fault of this name is chosen.
pub(crate) fn is(name: &str) -> bool {
    std::env::var("SPENDFOLD_FAULT").is_ok_and(|fault| fault == name)
}

/// The number after the name of the chosen fault, as in `panic-at-chunk:3`.
fn number_of(name: &str) -> Option<u64> {
    let fault = std::env::var("SPENDFOLD_FAULT").ok()?;
    fault.strip_prefix(name)?.strip_prefix(':')?.parse().ok()
}

/// Under `panic-at-chunk:N`, panics in the worker that has chunk N of its stage, from 0.
pub(crate) fn at_chunk(number: u64) {
    assert!(number_of("panic-at-chunk") != Some(number), "deliberate fault at chunk {number}");
}

/// Set while allocations must fail.
static NO_MEMORY: AtomicBool = AtomicBool::new(false);

/// Whether the program's allocator must fail.
pub fn memory_is_out() -> bool {
    NO_MEMORY.load(Ordering::Relaxed)
}

/// Lets memory run out while the files of a set are moved to their names. Reads the setting before the first move.
pub(crate) struct Moves {
    out_after: Option<u64>,
}

impl Moves {
    /// Under `no-memory-while-moving` and `no-memory-after-move:N`, every allocation fails while this lives; the latter
    /// also attempts one after N moves.
    pub(crate) fn begin() -> Self {
        let out_after = number_of("no-memory-after-move");
        NO_MEMORY.store(out_after.is_some() || is("no-memory-while-moving"), Ordering::Relaxed);
        Self { out_after }
    }

    pub(crate) fn after(&self, moves: usize) {
        if self.out_after == Some(moves as u64) {
            drop(std::hint::black_box(Vec::<u8>::with_capacity(4096)));
        }
    }
}

impl Drop for Moves {
    fn drop(&mut self) {
        NO_MEMORY.store(false, Ordering::Relaxed);
    }
}
