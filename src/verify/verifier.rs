//! The builder of a verification.

use super::answer_key::compare;
use super::{Depth, Difference, Verification, verify};
use crate::error::Result;
use crate::monitor::Monitor;
use std::path::PathBuf;

/// Re-reads a published output set and compares it with its report, and the report with itself.
///
/// Sizes, checksums and row counts of the files are checked, the age groups are summed again from the combined data,
/// the rejects are counted again, and the report must satisfy the invariants of the ledger.
///
/// ```
/// use spendfold::{Job, Verifier};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = |name: &str| dir.path().join(name);
/// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
/// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n")?;
/// Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results")).run()?;
/// assert!(Verifier::new(path("results")).run()?.is_empty());
///
/// std::fs::write(path("results/rejects.csv"), "")?;
/// for difference in Verifier::new(path("results")).run()? {
///     eprintln!("{difference}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a verification does nothing until it is run"]
pub struct Verifier {
    dir: PathBuf,
    answer_key: Option<PathBuf>,
    inputs: bool,
    threads: usize,
}

impl Verifier {
    /// A verification of the output set in a directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { dir: dir.into(), answer_key: None, inputs: false, threads }
    }

    /// Compares the report also with an answer key, as [`generate`](crate::generate) writes it: every value of the key
    /// must be in the report. Age groups and reject reasons that the key lacks are differences; anything else that only
    /// the report has is not.
    pub fn answer_key(mut self, path: impl Into<PathBuf>) -> Self {
        self.answer_key = Some(path.into());
        self
    }

    /// Whether the inputs that the report names are checked too: their sizes and checksums, and, if they are unchanged,
    /// whether joining them again under the options of the report gives the combined data, the rejects, the report
    /// page and the numbers of the report. Relative paths start from the current directory. Nothing is written. An input that cannot be read
    /// again, such as standard input, gives a notice ([`Monitor::notices`]) and no difference. Default off.
    pub fn inputs(mut self, inputs: bool) -> Self {
        self.inputs = inputs;
        self
    }

    /// The number of workers, at least 1. Default: the number of processors.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Verifies the set. No difference means that the files, the report and the answer key agree.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`](crate::ErrorKind::NoReport) if there is no report or no answer key to compare with,
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if a file cannot be read.
    pub fn run(&self) -> Result<Vec<Difference>> {
        self.run_monitored(&Monitor::new())
    }

    /// Verifies the set, watched by a monitor.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_monitored(&self, monitor: &Monitor) -> Result<Vec<Difference>> {
        self.verify(monitor).map(|verification| verification.differences)
    }

    /// Verifies the set, watched by a monitor, and tells what was done with the inputs.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn verify(&self, monitor: &Monitor) -> Result<Verification> {
        let depth = if self.inputs { Depth::Inputs } else { Depth::Contents };
        let mut verification = verify(&self.dir, depth, self.threads, monitor)?;
        if let Some(key) = &self.answer_key {
            verification.differences.extend(compare(&self.dir, key, monitor)?);
        }
        Ok(verification)
    }
}
