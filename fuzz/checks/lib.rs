//! The checks of the fuzz targets. Each target has a module with a function `check` that takes any bytes and panics if
//! the program and an independent implementation of the contract differ. `tests/fuzz_seeds.rs` runs the checks on all
//! seeds.

pub mod amounts;
mod choices;
mod reading;
pub mod records;
pub mod run;
pub mod stored;
