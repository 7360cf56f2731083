//! The ledger accounts for every record. [`tally`] counts during the run, [`assembly`] builds the report from the
//! counts, and [`invariants`] checks it before publication.

mod input_tally;
pub(crate) mod invariants;
pub(crate) mod limits;
mod notices;
mod observations;
pub(crate) mod report_assembly;
pub(crate) mod tally;
