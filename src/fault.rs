//! Deliberate faults for the tests, chosen by `SPENDFOLD_FAULT`. Only with the cargo feature `fault-injection`, never in
//! a release.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the fault of this name is chosen.
pub(crate) fn is(name: &str) -> bool {
    std::env::var("SPENDFOLD_FAULT").is_ok_and(|fault| fault == name)
}

/// The number behind the name of the chosen fault, as in `panic-at-chunk:3`.
fn number_of(name: &str) -> Option<u64> {
    let fault = std::env::var("SPENDFOLD_FAULT").ok()?;
    fault.strip_prefix(name)?.strip_prefix(':')?.parse().ok()
}

/// Panics in the worker that has the chunk numbered N of its stage, from 0, under `panic-at-chunk:N`.
pub(crate) fn at_chunk(number: u64) {
    assert!(number_of("panic-at-chunk") != Some(number), "deliberate fault at chunk {number}");
}

/// Set while no memory is to be had.
static NO_MEMORY: AtomicBool = AtomicBool::new(false);

/// Whether the program's allocator must refuse.
pub fn memory_is_out() -> bool {
    NO_MEMORY.load(Ordering::Relaxed)
}

/// Memory that runs out while the files of a set are moved to their names, read before the first move.
pub(crate) struct Moves {
    out_after: Option<u64>,
}

impl Moves {
    /// Under `no-memory-while-moving` every request is refused while this lives, under `no-memory-after-move:N` there is
    /// one after N moves.
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
