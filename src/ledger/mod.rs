//! The ledger accounts for every record.
//!
//! [`tally`] counts during the run, with an `input_tally` for each input; its `observations` are what the examples and
//! the notices need beyond the counts. From the tally, [`report_assembly`] builds the report: it adds the `notices`,
//! and [`limits`] decides which limits are exceeded and what becomes of the set. [`invariants`] checks the report
//! before publication.

mod input_notices;
mod input_tally;
pub(crate) mod invariants;
pub(crate) mod limits;
mod notices;
mod observations;
pub(crate) mod report_assembly;
pub(crate) mod tally;
