//! Whether a run writes rows.

/// What a run produces from the purchases. Chosen once per run, so the hot loops do not test it per record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Combined rows and totals.
    Rows,
    /// Totals only. Rows are not written, so the build side does not store the customers' fields.
    TotalsOnly,
}
