//! Accepts a held set: publishes it although it exceeds a limit, and records the acceptance in its report.
//!
//! [`Acceptor`] compares the set with its report, links its files into a staging directory and publishes them from
//! there like those of a run. The held set stays whole until the commit marker is in place, and only then is it
//! removed. If the process is killed in between, the next acceptance completes what it began.

use crate::error::{Error, ErrorKind, Place, Result, escape_path, shell_word};
use crate::exec::fingerprint::crc32_text;
use crate::fs::directory::Dir;
use crate::monitor::{Monitor, Phase};
use crate::output::file_names::{HELD_DIR, NAMES, REPORT, STAGING_DIR};
use crate::output::held::HeldSet;
use crate::output::publish_set::publish_set;
use crate::output::report_json::{self as json, MAX_REPORT_BYTES};
use crate::output::report_limits::{Acceptance, Outcome};
use crate::output::staging::Staging;
use crate::report::Report;
use crate::verify::{Depth, Difference, compare};
use rustix::io::Errno;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Accepts the held set of an output directory: checks it, publishes it, and records the acceptance in its report.
///
/// ```
/// use spendfold::{Acceptor, Job, Outcome};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let path = |name: &str| dir.path().join(name);
/// # std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
/// # std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n1,Ink,free\n")?;
/// let report = Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results")).run()?;
/// assert_eq!(report.outcome, Outcome::Held);
///
/// let accepted = Acceptor::new(path("results")).note("free samples, agreed with sales").run()?;
/// let report = accepted.report().expect("the held set agrees with its report");
/// assert!(report.acceptance.is_some() && path("results/report.json").exists());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is accepted until it is run"]
pub struct Acceptor {
    dir: PathBuf,
    note: Option<String>,
    verify: bool,
    threads: usize,
    sync: bool,
}

/// The result of an acceptance.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Accepted {
    /// The set was published; this is its report, with the acceptance.
    Published(Box<Report>),
    /// The set does not agree with its report. Nothing was changed.
    Differs(Vec<Difference>),
}

impl Accepted {
    /// The report of the published set; `None` if the set does not agree with its report.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Published(report) => Some(report),
            Self::Differs(_) => None,
        }
    }
}

impl Acceptor {
    /// The longest [`note`](Self::note), in bytes.
    pub const MAX_NOTE_BYTES: usize = 4096;

    /// Accepts the set that is held in this output directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { dir: dir.into(), note: None, verify: false, threads, sync: false }
    }

    /// A note for the report, such as a name and a reason; at most [`MAX_NOTE_BYTES`](Self::MAX_NOTE_BYTES). An empty
    /// note is none. Default: none.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into()).filter(|note| !note.is_empty());
        self
    }

    /// Whether the contents of all files are compared with the report before they are published, as by
    /// [`Verifier`](crate::Verifier), and not only their sizes. Default off.
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// The number of workers of [`verify`](Self::verify), at least 1. Default: the number of processors.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Whether the published set is durable, so that it survives a power loss. Default off.
    pub fn sync(mut self, sync: bool) -> Self {
        self.sync = sync;
        self
    }

    /// Accepts the set. If an earlier acceptance of the same set was interrupted, it is completed.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if nothing is held, [`ErrorKind::Stale`] if another set has been published since,
    /// [`ErrorKind::Config`] for a note that is too long, [`ErrorKind::Locked`] while a run uses the directory,
    /// [`ErrorKind::Input`] if a file of the set cannot be read, [`ErrorKind::OutputName`] and [`ErrorKind::Output`] as
    /// for [`Job::run`](crate::Job::run). Nothing is published then, and the set is still held.
    pub fn run(&self) -> Result<Accepted> {
        self.run_monitored(&Monitor::new())
    }

    /// Accepts the set, watched by a monitor.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_monitored(&self, monitor: &Monitor) -> Result<Accepted> {
        monitor.enter(Phase::Opening);
        if self.note.as_ref().is_some_and(|note| note.len() > Self::MAX_NOTE_BYTES) {
            return Err(Error::config(crate::Setting::Note, "longer than 4096 bytes", None));
        }
        self.refuse_without_held()?;
        let mut staging = Staging::prepare(&self.dir, &NAMES.map(Cow::Borrowed), false, std::iter::empty(), monitor)?;
        let held = HeldSet::open(staging.out(), ErrorKind::OutputName)?.ok_or_else(|| self.nothing_held())?;
        let path = held.dir.path_of(REPORT);
        let text = held.dir.read_file(REPORT, MAX_REPORT_BYTES, ErrorKind::NoReport, "no report")?;
        let text = text.ok_or_else(|| self.nothing_held())?;
        let crc = crc32_text(&text);
        if let Some(report) = self.already_accepted(&staging, &crc) {
            staging.remove_kept_marker();
            staging.remove_held(monitor);
            return Ok(Accepted::Published(Box::new(report)));
        }
        let report = json::Report::parse(&path, &text)?;
        self.refuse_stale(&staging, &report)?;
        if self.verify {
            monitor.enter(Phase::Verifying);
        }
        let depth = if self.verify { Depth::Contents } else { Depth::Sizes };
        let mut differences = compare(&held.dir, &report, depth, self.threads, monitor)?.differences;
        if report.outcome != Outcome::Held || report.acceptance.is_some() {
            let what = "is not the report of a held set".to_owned();
            differences.push(Difference { path, what, against: crate::Against::Report });
        }
        if !differences.is_empty() {
            return Ok(Accepted::Differs(differences));
        }
        let report = self.publish(&mut staging, &held, report, crc, monitor)?;
        Report::try_from(report)
            .map(|report| Accepted::Published(Box::new(report)))
            .map_err(|what| Error::new(ErrorKind::Panic, format!("internal error: {what}")))
    }

    /// Publishes the held set with a report that records the acceptance.
    fn publish(
        &self,
        staging: &mut Staging,
        held: &HeldSet,
        mut report: json::Report,
        held_report_crc32: String,
        monitor: &Monitor,
    ) -> Result<json::Report> {
        monitor.enter(Phase::Publishing);
        for output in &report.outputs {
            monitor.check()?;
            staging.adopt(&held.dir, output, self.sync, monitor)?;
        }
        let time = json::timestamp(SystemTime::now());
        report.acceptance = Some(Acceptance::new(report.exceeded.clone(), self.note.clone(), time, held_report_crc32));
        let mut file = staging.create(REPORT)?;
        file.write(&report.to_json())?;
        file.finish(self.sync)?;
        let names = report.outputs.iter().map(|output| Cow::Owned(output.path.clone()));
        publish_set(staging, names.chain([Cow::Borrowed(REPORT)]).collect(), self.sync, monitor)?;
        Ok(report)
    }

    /// The published report, if it records the acceptance of this held set. Then an earlier acceptance was interrupted
    /// before it removed the held set.
    fn already_accepted(&self, staging: &Staging, held_report_crc32: &str) -> Option<Report> {
        let path = staging.out().path_of(REPORT);
        let text = staging.out().read_file(REPORT, MAX_REPORT_BYTES, ErrorKind::Output, "cannot read").ok()??;
        let report = json::Report::parse(&path, &text).ok()?;
        let accepted = report.acceptance.as_ref()?;
        (accepted.held_report_crc32 == held_report_crc32).then(|| Report::try_from(report).ok())?
    }

    /// Fails if another set has been published since this one was held.
    fn refuse_stale(&self, staging: &Staging, report: &json::Report) -> Result<()> {
        let published = staging.published_crc32()?;
        if published == report.run.held_against {
            return Ok(());
        }
        let text = match (&published, &report.run.held_against) {
            (None, Some(_)) => "the set that was published when this one was held is no longer there",
            _ => "another set has been published since this one was held",
        };
        let out = shell_word(&self.dir);
        let hint = format!(
            "run again to hold a set of the present inputs; see what is published with `spendfold verify {out}`"
        );
        Err(Error::new(ErrorKind::Stale, text).at(Place::file(&staging.out().path_of(HELD_DIR))).hint(hint))
    }

    /// Fails if there is nothing to accept or to complete, so that nothing is created or locked there. A killed process
    /// may have left a held set in the staging directory.
    fn refuse_without_held(&self) -> Result<()> {
        let out = match Dir::open(&self.dir) {
            Ok(out) => out,
            Err(Errno::NOENT | Errno::NOTDIR) => return Err(self.nothing_held()),
            Err(error) => return Err(cannot_open(&self.dir, error)),
        };
        for name in [HELD_DIR, STAGING_DIR] {
            if out.entry(name).map_err(|error| cannot_open(&out.path_of(name), error))?.is_some() {
                return Ok(());
            }
        }
        Err(self.nothing_held())
    }

    fn nothing_held(&self) -> Error {
        let published = Report::read(&self.dir).ok().and_then(|report| report.acceptance);
        let text = match published {
            Some(acceptance) => format!("no set is held; the published set was {acceptance}"),
            None => "no set is held".to_owned(),
        };
        let dir = escape_path(&self.dir);
        let hint =
            format!("name the output directory of a run that exceeded a limit; its set would be in {dir}/{HELD_DIR}");
        Error::new(ErrorKind::NoReport, text).at(Place::file(&self.dir)).hint(hint)
    }
}

fn cannot_open(path: &Path, error: Errno) -> Error {
    Error::io(ErrorKind::Output, path, "cannot open", error.into())
}
