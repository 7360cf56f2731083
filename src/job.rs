//! The builder of a join.

use crate::config::{Config, Join};
use crate::error::Result;
use crate::model::age_group::AgeGroups;
use crate::model::max_rejects::MaxRejects;
use crate::monitor::{CancelToken, Monitor, Progress};
use crate::report::Report;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often [`Job::on_progress`] is called.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

type ProgressHandler = Box<dyn FnMut(&Progress) + Send>;

/// A join of purchases with customers, to be configured and run.
///
/// ```
/// use spendfold::{Job, Join};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = |name: &str| dir.path().join(name);
/// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
/// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n9,Ink,0.20\n")?;
/// let report = Job::new(path("customers.csv"), [path("purchases.csv")])
///     .out_dir(path("results"))
///     .join(Join::Left)
///     .threads(2)
///     .run()?;
/// assert_eq!(report.total_spending.to_string(), "0.30");
/// assert_eq!((report.purchases.matched, report.purchases.unmatched), (1, 1));
/// # Ok(())
/// # }
/// ```
#[must_use = "a job does nothing until it is run"]
pub struct Job {
    config: Config,
    on_progress: Option<ProgressHandler>,
    cancel: CancelToken,
}

impl Job {
    /// The default of [`chunk_bytes`](Self::chunk_bytes).
    pub const DEFAULT_CHUNK_BYTES: usize = crate::config::DEFAULT_CHUNK_BYTES;
    /// The default of [`max_record_bytes`](Self::max_record_bytes).
    pub const DEFAULT_MAX_RECORD_BYTES: usize = crate::config::DEFAULT_MAX_RECORD_BYTES;
    /// The greatest number of [`threads`](Self::threads).
    pub const MAX_THREADS: usize = crate::config::MAX_THREADS;

    /// A job over a customers file and one or more purchases files, with every setting at its default. The purchases
    /// are read in this order and must have the same header. The path `-` is standard input.
    pub fn new<P: Into<PathBuf>>(customers: impl Into<PathBuf>, purchases: impl IntoIterator<Item = P>) -> Self {
        let mut config = Config::new(customers, "", "results");
        config.purchases = purchases.into_iter().map(Into::into).collect();
        Self { config, on_progress: None, cancel: CancelToken::new() }
    }

    /// Where the output set is published; created if needed. Default `results`.
    pub fn out_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.config.out_dir = dir.into();
        self
    }

    /// Which rows the combined data has. Default [`Join::Full`].
    pub fn join(mut self, join: Join) -> Self {
        self.config.join = join;
        self
    }

    /// The age groups. Default `Young=18-30,Middle-aged=30-45,Senior=45+`.
    pub fn age_groups(mut self, groups: AgeGroups) -> Self {
        self.config.age_groups = groups;
        self
    }

    /// The key column of both sides, compared byte for byte. Default `customer_id`.
    pub fn key(self, column: impl Into<Vec<u8>>) -> Self {
        let column = column.into();
        self.customers_key(column.clone()).purchases_key(column)
    }

    /// The key column of the customers. Default `customer_id`.
    pub fn customers_key(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.customers_key = column.into();
        self
    }

    /// The key column of the purchases. Default `customer_id`.
    pub fn purchases_key(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.purchases_key = column.into();
        self
    }

    /// The customers' first name column. Default `first_name`.
    pub fn first_name(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.first_name = column.into();
        self
    }

    /// The customers' last name column. Default `last_name`.
    pub fn last_name(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.last_name = column.into();
        self
    }

    /// The customers' age column, in years. Default `age`.
    pub fn age(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.age = column.into();
        self
    }

    /// The purchases' amount column. Default `price`.
    pub fn amount(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.amount = column.into();
        self
    }

    /// The byte between two fields, for all inputs and the combined data. Default `,`.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.config.dialect.delimiter = delimiter;
        self
    }

    /// The byte that encloses a field, for all inputs and the combined data. Default `"`.
    pub fn quote(mut self, quote: u8) -> Self {
        self.config.dialect.quote = Some(quote);
        self
    }

    /// Quotes mean nothing: every byte but the delimiter and the line ending is data.
    pub fn no_quoting(mut self) -> Self {
        self.config.dialect.quote = None;
        self
    }

    /// The longest accepted record, in bytes without its line ending. Default 16 MiB.
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.config.max_record_bytes = bytes;
        self
    }

    /// How many records may be rejected before [`Report::within_max_rejects`] is false. The set is published all the
    /// same. Default none.
    pub fn max_rejects(mut self, limit: MaxRejects) -> Self {
        self.config.max_rejects = limit;
        self
    }

    /// Stops at the first rejected record and publishes nothing. Default off.
    pub fn strict(mut self, strict: bool) -> Self {
        self.config.strict = strict;
        self
    }

    /// Whether the combined data is written; totals, chart, rejects and report always are. Default on.
    pub fn combined(mut self, combined: bool) -> Self {
        self.config.combined = combined;
        self
    }

    /// The number of workers, at least 1. Default: the number of processors. Changes no output.
    pub fn threads(mut self, threads: usize) -> Self {
        self.config.threads = threads;
        self
    }

    /// Bytes of input in one unit of work, at least 1. Default 96 KiB. Changes no output.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.config.chunk_bytes = bytes;
        self
    }

    /// Maps regular files into memory instead of reading them through a buffer. Default on. Changes no output.
    ///
    /// A mapped file is read through the page cache without a copy. If another program truncates it during the run, the
    /// system sends SIGBUS, which ends the process unless a handler is installed; see
    /// [`install_crash_handlers`](crate::process::install_crash_handlers). If another program changes it, the run
    /// notices by the file's size and times and fails with [`ErrorKind::Changed`](crate::ErrorKind::Changed). Without
    /// mapping, a truncated file is such an error too, and never a signal.
    pub fn mmap(mut self, mmap: bool) -> Self {
        self.config.mmap = mmap;
        self
    }

    /// Makes the published set durable: it survives a power loss after [`run`](Self::run) returns. Default off.
    pub fn sync(mut self, sync: bool) -> Self {
        self.config.sync = sync;
        self
    }

    /// Refuses to replace any file of a set in the output directory. Default off.
    pub fn no_clobber(mut self, no_clobber: bool) -> Self {
        self.config.no_clobber = no_clobber;
        self
    }

    /// Calls a function about ten times a second while the job runs, on a thread of its own, and once at the end.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = |name: &str| dir.path().join(name);
    /// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
    /// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n")?;
    /// # let job = spendfold::Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results"));
    /// job.on_progress(|progress| match progress.bytes_total {
    ///     Some(total) => eprintln!("{:?}: {} of {total} bytes", progress.phase, progress.bytes_done),
    ///     None => eprintln!("{:?}: {} bytes", progress.phase, progress.bytes_done),
    /// })
    /// .run()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, handler: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(handler));
        self
    }

    /// A token with which another thread can cancel the job. A cancelled job publishes nothing, removes what it staged
    /// and fails with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
    ///
    /// ```
    /// use spendfold::{ErrorKind, Job};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = |name: &str| dir.path().join(name);
    /// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
    /// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n")?;
    /// let job = Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results"));
    /// let token = job.cancel_token();
    /// std::thread::spawn(move || token.cancel()).join().unwrap();
    /// assert_eq!(job.run().unwrap_err().kind(), ErrorKind::Cancelled);
    /// assert!(!path("results").exists());
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// Checks what can be checked without opening a file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config); [`Error::config_error`](crate::Error::config_error) tells which
    /// setting is refused.
    pub fn validate(&self) -> Result<()> {
        self.config.validate()
    }

    /// Joins the inputs and publishes the output set, all of it or nothing.
    ///
    /// # Errors
    /// An [`Error`](crate::Error) with a kind and, where there is one, a place. The set that was in the output
    /// directory is then as it was, unless the error says what could not be restored.
    pub fn run(self) -> Result<Report> {
        let monitor = Monitor::with_cancel_token(&self.cancel);
        let Some(mut handler) = self.on_progress else { return crate::run::run(&self.config, &monitor) };
        thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            let monitor = &monitor;
            let report = move || {
                while ended.recv_timeout(PROGRESS_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    handler(&monitor.progress());
                }
                handler(&monitor.progress());
            };
            // Without a thread there is no progress to see; the job does not need it.
            drop(thread::Builder::new().name("progress".into()).spawn_scoped(scope, report));
            let outcome = crate::run::run(&self.config, monitor);
            drop(end);
            outcome
        })
    }

    /// Runs the job as [`run`](Self::run) does, watched by a monitor of the caller's instead of the progress function
    /// and the token.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_monitored(&self, monitor: &Monitor) -> Result<Report> {
        crate::run::run(&self.config, monitor)
    }

    /// Whether the combined data is written.
    pub fn writes_combined(&self) -> bool {
        self.config.combined
    }

    /// The output directory.
    pub fn out_dir_path(&self) -> &std::path::Path {
        &self.config.out_dir
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("config", &self.config).finish_non_exhaustive()
    }
}
