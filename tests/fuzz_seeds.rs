//! Runs the checks of the fuzz targets on all their seeds, which include every input that found a fault.
#![cfg(feature = "internals")]

use std::fs;
use std::path::Path;

#[allow(unreachable_pub, reason = "in fuzz/, the same files are a crate")]
#[path = "../fuzz/checks/lib.rs"]
mod checks;

/// Runs a check on all seeds of a target and lists those that fail.
fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let mut seeds = 0;
    let mut failed = vec![];
    for entry in fs::read_dir(folder).expect("the target has seeds") {
        let path = entry.expect("a seed").path();
        let data = fs::read(&path).expect("readable");
        // The panic has printed its message.
        if std::panic::catch_unwind(|| check(&data)).is_err() {
            failed.push(path);
        }
        seeds += 1;
    }
    assert!(seeds > 10, "{target}: only {seeds} seeds were found");
    assert!(failed.is_empty(), "{target}: {failed:?}");
}

#[test]
fn records() {
    replay("records", checks::records::check);
}

#[test]
fn amounts() {
    replay("amounts", checks::amounts::check);
}

#[test]
fn run() {
    replay("run", checks::run::check);
}

#[test]
fn stored() {
    replay("stored", checks::stored::check);
}
