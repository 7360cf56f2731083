//! The account of every record: counted during the run, and held against the invariants before anything is published.

pub(crate) mod assembly;
pub(crate) mod invariants;
pub(crate) mod tally;
