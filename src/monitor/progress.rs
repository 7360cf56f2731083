//! The progress of a job at one moment.

use std::time::Duration;

/// The phase of a job. A join passes through the first seven in order, [`Syncing`](Self::Syncing) only on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Opening the inputs and reading their headers.
    Opening,
    /// Loading the customers; progress in input bytes.
    Customers,
    /// Joining the purchases; progress in input bytes.
    Purchases,
    /// Appending the customers without purchases.
    UnmatchedCustomers,
    /// Checking the invariants and writing totals, chart, page and report.
    Finishing,
    /// Writing totals, chart, page and report, and syncing all files to disk. Only with
    /// [`Job::sync`](crate::Job::sync).
    Syncing,
    /// Moving the staged files to their final names.
    Publishing,
    /// Re-reading an output set; progress in bytes read.
    Verifying,
    /// Generating synthetic inputs; progress in bytes written.
    Generating,
}

impl Phase {
    pub(super) const ALL: [Self; 9] = [
        Self::Opening,
        Self::Customers,
        Self::Purchases,
        Self::UnmatchedCustomers,
        Self::Finishing,
        Self::Syncing,
        Self::Publishing,
        Self::Verifying,
        Self::Generating,
    ];
}

/// The progress of a job at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The current phase.
    pub phase: Phase,
    /// Bytes processed since the start, over all phases.
    pub bytes_done: u64,
    /// Bytes to process in total; `None` if unknown, for example if an input is a pipe. The size of a customers pipe
    /// is known once it has been read.
    pub bytes_total: Option<u64>,
    /// Rows of the combined data so far, even if they are not written. 0 unless the job is a join.
    pub rows: u64,
    /// Time since the start of the job. Stands still during [`Phase::Publishing`] of a join, so that it ends with the
    /// duration that the report states.
    pub elapsed: Duration,
    /// Work done and total work, in nanoseconds of a reference machine; `None` if unknown. All phases are comparable in
    /// this unit, so the time left is about the remaining work divided by the speed. The total may change: the growth
    /// of the customers' map is estimated until the customers are loaded, and the customers that a full join appends
    /// are estimated until the purchases are joined. With [`Job::sync`](crate::Job::sync), purchases are done once
    /// their rows are on the disk.
    pub work: Option<(u64, u64)>,
    /// The share of the work that is done, from 0 to 1; `None` if unknown. Never decreases.
    pub fraction: Option<f64>,
}
