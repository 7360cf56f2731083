//! Faults: whatever fails, the set in the directory is the whole old one or the whole new one.
//!
//! The rules every test holds the program to stand in [`rules`]. `SPENDFOLD_SOAK=N` runs N times as many of
//! the random ones. Parts that need root, strace, Python or a loop mount print `SKIPPED` and why when those are
//! missing.

#[allow(dead_code, reason = "shared with the command-line tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;

mod calls;
mod customers;
mod disk;
mod fuse;
mod generated;
mod hangups;
mod inputs;
mod json;
mod kills;
mod limits;
mod memory;
mod names;
mod outputs;
mod panics;
mod publication;
mod resident;
mod rules;
mod sets;
mod streams;
mod sync;
mod values;
mod verified;
