//! Deliberate faults for the tests, chosen by `SPENDFOLD_FAULT`. Only with the cargo feature `fault-injection`, never in
//! a release.

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

/// Asks for more memory than there is after N moves of the publication, under `no-memory-after-move:N`.
pub(crate) fn after_move(moves: usize) {
    if number_of("no-memory-after-move") == Some(moves as u64) {
        drop(std::hint::black_box(Vec::<u8>::with_capacity(isize::MAX as usize / 2)));
    }
}
