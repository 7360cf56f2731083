//! Fault injection: whatever fails, the output directory holds the complete old set or the complete new set.
//!
//! [`rules`] has the assertions that hold after every fault. `SPENDFOLD_SOAK=N` runs N times as many random faults.
//! Parts that need root, strace, Python or a loop mount print `SKIPPED` and the reason if these are missing.

#[allow(dead_code, reason = "shared with the command-line tests, which use more of it")]
#[path = "../common/mod.rs"]
mod common;

mod calls;
mod compressed;
mod customers;
mod disk;
mod fuse;
mod generated;
mod hangups;
mod held;
mod inputs;
mod json;
mod kills;
mod limits;
mod memory;
mod names;
mod odd_calls;
mod outputs;
mod panics;
mod publication;
mod recovery;
mod resident;
mod rules;
mod sets;
mod signals;
mod streams;
mod sync;
mod values;
mod verified;
