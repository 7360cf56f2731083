//! The ledger accounts for every record. [`tally`] counts during the run, [`assembly`] builds the report from the
//! counts, and [`invariants`] checks it before publication.

pub(crate) mod assembly;
pub(crate) mod invariants;
pub(crate) mod tally;
