//! What the fuzz targets check: each module has a `check` that takes any bytes and panics when the program and
//! an independent reading of the contract differ. `tests/fuzz_seeds.rs` runs the same checks on all seeds.

pub mod amounts;
mod choices;
pub mod records;
pub mod run;
