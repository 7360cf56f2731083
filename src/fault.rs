//! Deliberate faults for the tests. Only with the cargo feature `fault-injection`, never in a release.

/// Panics in the worker that has the chunk numbered N of its stage, from 0, when `SPENDFOLD_FAULT` is
/// `panic-at-chunk:N`.
pub(crate) fn at_chunk(number: u64) {
    let Ok(fault) = std::env::var("SPENDFOLD_FAULT") else { return };
    let wanted = fault.strip_prefix("panic-at-chunk:").and_then(|wanted| wanted.parse().ok());
    assert!(wanted != Some(number), "deliberate fault at chunk {number}");
}
