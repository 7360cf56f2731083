//! The public builder of a join.

use crate::config::Config;
use crate::error::Result;
use crate::model::age_group::AgeGroups;
use crate::model::compression::Compression;
use crate::model::csv_format::CsvFormat;
use crate::model::digest::Digest;
use crate::model::encoding::Encoding;
use crate::model::join::Join;
use crate::model::limit::{Limit, OverLimit};
use crate::monitor::{CancelToken, Monitor, Progress};
use crate::report::Report;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// The time between two calls of the handler of [`Job::on_progress`].
const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

type ProgressHandler = Box<dyn FnMut(&Progress) + Send>;

/// Configures and runs a join of purchases with customers.
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
    /// The default of [`chunk_bytes`](Self::chunk_bytes), in bytes: 96 KiB.
    pub const DEFAULT_CHUNK_BYTES: usize = crate::config::DEFAULT_CHUNK_BYTES;
    /// The default of [`max_record_bytes`](Self::max_record_bytes), in bytes: 16 MiB.
    pub const DEFAULT_MAX_RECORD_BYTES: usize = crate::config::DEFAULT_MAX_RECORD_BYTES;
    /// The largest allowed number of [`threads`](Self::threads).
    pub const MAX_THREADS: usize = crate::config::MAX_THREADS;

    /// Creates a job with default settings for a customers file and one or more purchases files.
    ///
    /// The files of a side are read in the given order and must have the same header, or the same columns with
    /// [`match_columns`](Self::match_columns). Of a directory, the files are read that end in `.csv`, `.tsv`,
    /// `.tab`, `.psv` or `.txt`, compressed or not, and a path that does not exist and contains `*`, `?` or `[` is a
    /// pattern for paths; both are read in natural order. The path `-` is standard input; it can be used once.
    pub fn new<P: Into<PathBuf>>(customers: impl Into<PathBuf>, purchases: impl IntoIterator<Item = P>) -> Self {
        let mut config = Config::new(customers, "", "results");
        config.purchases = purchases.into_iter().map(Into::into).collect();
        Self { config, on_progress: None, cancel: CancelToken::new() }
    }

    /// The customers files, in place of the one given to [`new`](Self::new).
    ///
    /// ```
    /// use spendfold::Job;
    ///
    /// let job = Job::new("", ["purchases/"]).customers(["customers-1.csv", "customers-2.csv"]);
    /// assert!(job.validate().is_ok());
    /// ```
    pub fn customers<P: Into<PathBuf>>(mut self, files: impl IntoIterator<Item = P>) -> Self {
        self.config.customers = files.into_iter().map(Into::into).collect();
        self
    }

    /// The directory in which the output set is published. It is created if it does not exist. Default `results`.
    pub fn out_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.config.out_dir = dir.into();
        self
    }

    /// The kind of join: which rows the combined data has. Default [`Join::Full`].
    pub fn join(mut self, join: Join) -> Self {
        self.config.join = join;
        self
    }

    /// The age groups. Default `Young=18-30,Middle-aged=30-45,Senior=45+`.
    pub fn age_groups(mut self, groups: AgeGroups) -> Self {
        self.config.age_groups = groups;
        self
    }

    /// The name of the key column of both sides. Names and keys are compared byte for byte. Default `customer_id`.
    pub fn key(self, column: impl Into<Vec<u8>>) -> Self {
        let column = column.into();
        self.customers_key(column.clone()).purchases_key(column)
    }

    /// The name of the key column of the customers. Default `customer_id`.
    pub fn customers_key(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.customers_key = column.into();
        self
    }

    /// The name of the key column of the purchases. Default `customer_id`.
    pub fn purchases_key(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.purchases_key = column.into();
        self
    }

    /// The name of the customers' first name column. Default `first_name`.
    pub fn first_name(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.first_name = column.into();
        self
    }

    /// The name of the customers' last name column. Default `last_name`.
    pub fn last_name(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.last_name = column.into();
        self
    }

    /// The name of the customers' age column. Ages are in years, from 0 to 150. Default `age`.
    pub fn age(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.age = column.into();
        self
    }

    /// The name of the purchases' amount column. Default `price`.
    pub fn amount(mut self, column: impl Into<Vec<u8>>) -> Self {
        self.config.columns.amount = column.into();
        self
    }

    /// How the files of both sides are written. The combined data has the dialect of the purchases. Default
    /// [`CsvFormat::new`].
    pub fn format(self, format: CsvFormat) -> Self {
        self.customers_format(format.clone()).purchases_format(format)
    }

    /// How the customers file is written. If its dialect differs from that of the purchases, the customers' fields are
    /// rewritten in the dialect of the purchases. Default [`CsvFormat::new`].
    pub fn customers_format(mut self, format: CsvFormat) -> Self {
        self.config.formats.customers = format;
        self
    }

    /// How the purchases files are written.
    pub fn purchases_format(mut self, format: CsvFormat) -> Self {
        self.config.formats.purchases = format;
        self
    }

    /// The delimiter of both sides: [`CsvFormat::delimiter`].
    pub fn delimiter(self, delimiter: u8) -> Self {
        self.map_formats(|format| format.delimiter(delimiter))
    }

    /// The quote of both sides: [`CsvFormat::quote`].
    pub fn quote(self, quote: u8) -> Self {
        self.map_formats(|format| format.quote(quote))
    }

    /// Turns quoting off for both sides: quotes in the inputs are ordinary data, and the combined data is written
    /// without quotes. Default: quoting with [`quote`](Self::quote).
    pub fn no_quoting(self) -> Self {
        self.map_formats(CsvFormat::no_quoting)
    }

    fn map_formats(mut self, map: impl FnMut(CsvFormat) -> CsvFormat) -> Self {
        self.config.formats = self.config.formats.map(map);
        self
    }

    /// Whether the files of a side after its first may have the columns in another order. Their fields are then written
    /// in the order of the first file and keep their bytes. Default off: such a file fails the run with
    /// [`ErrorKind::Header`](crate::ErrorKind::Header).
    pub fn match_columns(mut self, match_columns: bool) -> Self {
        self.config.match_columns = match_columns;
        self
    }

    /// The encoding of all inputs, which are converted to UTF-8 while they are read. Default [`Encoding::Auto`].
    pub fn encoding(self, encoding: Encoding) -> Self {
        self.customers_encoding(encoding).purchases_encoding(encoding)
    }

    /// The encoding of the customers. Default [`Encoding::Auto`].
    pub fn customers_encoding(mut self, encoding: Encoding) -> Self {
        self.config.encodings.customers = encoding;
        self
    }

    /// The encoding of the purchases. Default [`Encoding::Auto`].
    pub fn purchases_encoding(mut self, encoding: Encoding) -> Self {
        self.config.encodings.purchases = encoding;
        self
    }

    /// The longest accepted record, in bytes without its line ending: from 1 byte to 512 MiB. A longer record fails the
    /// run with [`ErrorKind::Malformed`](crate::ErrorKind::Malformed). Default 16 MiB.
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.config.max_record_bytes = bytes;
        self
    }

    /// The limit on rejected records, of all inputs together; a percentage refers to all records. If more are rejected,
    /// the set is handled as [`over_limit`](Self::over_limit) says. Default: no rejected record.
    pub fn max_rejects(mut self, limit: Limit) -> Self {
        self.config.max_rejects = limit;
        self
    }

    /// The limit on purchases without a customer; a percentage refers to the accepted purchases. If more are unmatched,
    /// the set is handled as [`over_limit`](Self::over_limit) says. Default: no limit.
    pub fn max_unmatched(mut self, limit: Limit) -> Self {
        self.config.max_unmatched = Some(limit);
        self
    }

    /// What happens to a set that exceeds a limit. [`Report::outcome`] says what was done, and [`Report::exceeded`]
    /// names the limits. Default [`OverLimit::Hold`]: the set is kept in the directory `held` inside the output
    /// directory until it is accepted ([`Acceptor`](crate::Acceptor)) or replaced, and the published set stays as it
    /// is.
    pub fn over_limit(mut self, over_limit: OverLimit) -> Self {
        self.config.over_limit = over_limit;
        self
    }

    /// Whether the first rejected record fails the run with [`ErrorKind::Strict`](crate::ErrorKind::Strict), so that
    /// nothing is published. Default off.
    pub fn strict(mut self, strict: bool) -> Self {
        self.config.strict = strict;
        self
    }

    /// Whether the combined data is written. The other files of the set are always written. Default on.
    pub fn combined(mut self, combined: bool) -> Self {
        self.config.combined = combined;
        self
    }

    /// Compresses the combined data, which is then called `combined_data.csv.zst` or `combined_data.csv.gz`. The
    /// workers compress it in blocks of 1 MiB, each to a zstd frame or a gzip member of its own, so the bytes do not
    /// depend on threads or chunks. Cannot be used without [`combined`](Self::combined) data. Default: no compression.
    ///
    /// ```
    /// use spendfold::{Compression, CompressionFormat, Job};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let dir = tempfile::tempdir()?;
    /// # let path = |name: &str| dir.path().join(name);
    /// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
    /// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n")?;
    /// let report = Job::new(path("customers.csv"), [path("purchases.csv")])
    ///     .out_dir(path("results"))
    ///     .compress(Compression::new(CompressionFormat::Zstd))
    ///     .run()?;
    /// let rows = &report.outputs[0];
    /// assert_eq!(rows.path, "combined_data.csv.zst");
    /// assert!(rows.plain.as_ref().is_some_and(|plain| plain.bytes > rows.bytes));
    /// # Ok(())
    /// # }
    /// ```
    pub fn compress(mut self, compression: Compression) -> Self {
        self.config.compress = Some(compression);
        self
    }

    /// Computes a digest of each input and each output for the report, and writes `SHA256SUMS`: the digests of all
    /// files of the set except the report, in the format of `sha256sum`. Default: no digest, only CRC-32.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.config.digest = Some(digest);
        self
    }

    /// The title of the chart and of the report page: 1 to 100 characters without control characters. Default `Total
    /// spending by age group`.
    pub fn chart_title(mut self, title: impl Into<String>) -> Self {
        self.config.chart_title = Some(title.into());
        self
    }

    /// The currency of the amounts, such as `EUR` or `€`, which the chart and the report page then name: 1 to 16
    /// characters without digits, control characters and outer blanks. Default: none is named.
    pub fn currency(mut self, currency: impl Into<String>) -> Self {
        self.config.currency = Some(currency.into());
        self
    }

    /// Whether the report page `report.html` is written. Default on.
    pub fn html(mut self, html: bool) -> Self {
        self.config.html = html;
        self
    }

    /// The number of worker threads, from 1 to [`MAX_THREADS`](Self::MAX_THREADS). Does not affect the output. Default:
    /// the number of processors.
    pub fn threads(mut self, threads: usize) -> Self {
        self.config.threads = threads;
        self
    }

    /// The chunk size: how many bytes of input a worker processes at a time, at least 1. Does not affect the output.
    /// Default 96 KiB.
    pub fn chunk_bytes(mut self, bytes: usize) -> Self {
        self.config.chunk_bytes = bytes;
        self
    }

    /// Whether regular files are mapped into memory instead of read through a buffer. Does not affect the output.
    /// Default on.
    ///
    /// A mapped file is read through the page cache without a copy. If another program truncates it during the run, the
    /// system sends SIGBUS, which ends the process unless a handler is installed; see
    /// [`install_crash_handlers`](crate::process::install_crash_handlers). If another program changes it otherwise, the
    /// run detects this from the file's size and times and fails with
    /// [`ErrorKind::Changed`](crate::ErrorKind::Changed). Without mapping, a truncated file fails the run with the same
    /// error, and there is no signal.
    pub fn mmap(mut self, mmap: bool) -> Self {
        self.config.mmap = mmap;
        self
    }

    /// Whether the published or held set is durable, so that it survives a power loss after [`run`](Self::run) returns.
    /// Default off.
    pub fn sync(mut self, sync: bool) -> Self {
        self.config.sync = sync;
        self
    }

    /// Whether the run fails with [`ErrorKind::OutputName`](crate::ErrorKind::OutputName) if the output directory
    /// already has a file of the set or a held set, or with [`ErrorKind::Output`](crate::ErrorKind::Output) if one
    /// appears during the run. Default off: such files, and a held set, are replaced.
    pub fn no_clobber(mut self, no_clobber: bool) -> Self {
        self.config.no_clobber = no_clobber;
        self
    }

    /// Calls `handler` on a separate thread, about ten times per second while the job runs and once at its end. Used by
    /// [`run`](Self::run) only. Default: no handler.
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

    /// A token with which another thread can cancel [`run`](Self::run). A cancelled job publishes nothing, removes its
    /// staged files and fails with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled).
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

    /// Checks the settings that can be checked without opening a file. [`run`](Self::run) does this first.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config). [`Error::config_error`](crate::Error::config_error) gives the
    /// invalid settings, except if standard input is used twice.
    pub fn validate(&self) -> Result<()> {
        self.config.validate()
    }

    /// Joins the inputs and publishes the output set: all of its files or none. A set that exceeds a limit is handled
    /// as [`over_limit`](Self::over_limit) says; that is no error.
    ///
    /// # Errors
    /// An [`Error`](crate::Error) of any kind except [`ErrorKind::NoReport`](crate::ErrorKind::NoReport) and
    /// [`ErrorKind::Stale`](crate::ErrorKind::Stale). Older sets in the output directory are then unchanged, unless the
    /// hint of the error says that the old set could not be restored.
    pub fn run(self) -> Result<Report> {
        let monitor = Monitor::with_cancel_token(&self.cancel);
        let Some(mut handler) = self.on_progress else { return crate::run::run(&self.config, &monitor) };
        thread::scope(|scope| {
            let (end, ended) = channel::<()>();
            let monitor = &monitor;
            let report_progress = move || {
                while ended.recv_timeout(PROGRESS_INTERVAL) == Err(RecvTimeoutError::Timeout) {
                    handler(&monitor.progress());
                }
                handler(&monitor.progress());
            };
            // If the thread cannot be started, the job runs without progress.
            drop(thread::Builder::new().name("progress".into()).spawn_scoped(scope, report_progress));
            let outcome = crate::run::run(&self.config, monitor);
            drop(end);
            outcome
        })
    }

    /// Runs the job as [`run`](Self::run) does, but with the caller's monitor for progress and cancellation. The
    /// handler of [`on_progress`](Self::on_progress) and the token of [`cancel_token`](Self::cancel_token) are not
    /// used.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_monitored(&self, monitor: &Monitor) -> Result<Report> {
        crate::run::run(&self.config, monitor)
    }

    /// The configured output directory.
    pub fn out_dir_path(&self) -> &std::path::Path {
        &self.config.out_dir
    }
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("config", &self.config).finish_non_exhaustive()
    }
}
