//! Verifies a published or held set: re-reads its files and compares them with the report.
//!
//! [`verify`] checks the report's invariants, its list of files (the manifest), and the size and checksum of each file.
//! It recomputes the age groups from the combined data (`combined`) and counts the rejects again (`rejects`); both
//! files are parsed in parallel (`scan`), and compressed combined data is decompressed on the way (`row_file`). Not
//! covered: the sizes, blank lines, comments, skipped lines, padded and trimmed records of the inputs and the report's
//! object `run`, which no other file of the set shows, and the examples and patterns in the report.
//!
//! On request, `inputs` also checks the inputs, joins them again and renders the report page again; `first_difference`
//! then names the first row that differs. `held_notes` says whether this set was held, and whether another set is held
//! now. [`compare`] is
//! the comparison alone, which an acceptance uses too.
//!
//! [`verifier`] is the public builder. [`answer_key`] compares the report with the answer key of generated inputs.

pub(crate) mod answer_key;
mod check;
mod combined;
mod difference;
mod first_difference;
mod held_notes;
mod inputs;
mod rejects;
mod row_file;
mod scan;
pub(crate) mod verifier;

pub use difference::{Against, Difference, InputsChecked, Verification};

use crate::error::{Error, ErrorKind, Result, escape};
use crate::fs::directory::Dir;
use crate::ledger::invariants::violated_invariants;
use crate::monitor::work_plan::WorkPlan;
use crate::monitor::{Monitor, Phase};
use crate::output::file_names::{
    COMBINED, COMBINED_GZ, COMBINED_ZST, NAMES, PAGE, REJECTS, REPORT, SPENDING, SUMS, combined_name,
};
use crate::output::report_json::Report;
use crate::output::report_limits::Outcome;
use crate::output::report_parts::OutputFile;
use crate::output::sha256_sums::sha256_sums;
use crate::output::spending;
use check::{CANNOT_OPEN, Check};
use row_file::format_of;
use rustix::fs::FileType;
use std::collections::HashSet;
use std::path::Path;

/// A file that is larger than the report says is still parsed, to name the row that differs, unless its size exceeds
/// twice the reported size by more than this many bytes.
const MAX_EXCESS: u64 = 1 << 20;

/// Compares the set in `dir` with its report: sizes, checksums, row counts, the age groups recomputed from the combined
/// data, the rejects counted again, and the report's invariants. Returns all differences; none if they agree. Notices
/// say whether the set was held and accepted, and whether another set is held beside it.
///
/// # Errors
/// [`ErrorKind::NoReport`] when there is no readable report, [`ErrorKind::Input`] when a file cannot be read.
pub(crate) fn verify(path: &Path, depth: Depth, threads: usize, monitor: &Monitor) -> Result<Verification> {
    monitor.enter(Phase::Verifying);
    let (dir, report) = match Report::open(&path.join(REPORT)) {
        Err(error) if error.os_error() == Some(libc::ENOENT) => {
            return Err(held_notes::only_held(path).unwrap_or(error));
        }
        outcome => outcome?,
    };
    let held = held_notes::is_held(path, &report);
    let mut verification = compare(&dir, &report, depth, threads, monitor)?;
    if report.outcome == Outcome::Held && report.acceptance.is_none() && !held {
        let what = "the run held this set, and it was not accepted".to_owned();
        verification.differences.push(Difference { path: path.join(REPORT), what, against: Against::Report });
    }
    held_notes::add_notices(path, &report, monitor);
    Ok(verification)
}

/// How much of a set is compared with its report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// The list of files and their sizes, and the invariants.
    Sizes,
    /// Also the contents of the files.
    Contents,
    /// Also the inputs: whether they are still those of the report, and whether joining them again gives the set.
    Inputs,
}

/// Compares the set in an open directory with its report.
///
/// # Errors
/// [`ErrorKind::Input`] when a file cannot be read.
pub(crate) fn compare(
    dir: &Dir,
    report: &Report,
    depth: Depth,
    threads: usize,
    monitor: &Monitor,
) -> Result<Verification> {
    let mut check =
        Check { dir, threads: threads.max(1), monitor, report, differences: vec![], damaged: false, inputs: None };
    // Compressed data is read twice: first as it is stored, then decompressed.
    let plain = |output: &OutputFile| output.plain.as_ref().map_or(0, |plain| plain.bytes);
    let sizes = report.outputs.iter().map(|output| output.bytes.saturating_add(plain(output)));
    // The inputs are read twice: first to check them, then to join them.
    let inputs = report.inputs.iter().filter(|_| depth == Depth::Inputs);
    let read = inputs.map(|input| input.bytes.saturating_mul(2));
    let bytes = sizes.chain(read).fold(0, u64::saturating_add);
    monitor.plan(|plan| *plan = WorkPlan::of_bytes(bytes));
    for invariant in violated_invariants(report) {
        check.differs(REPORT, format!("the ledger does not add up: {invariant}"));
    }
    for output in check.manifest() {
        check.file(output, depth)?;
    }
    if depth >= Depth::Contents {
        check.spending()?;
        check.digests();
    }
    if depth >= Depth::Inputs {
        check.inputs()?;
    }
    Ok(Verification { differences: check.differences, inputs: check.inputs })
}

impl<'a> Check<'a> {
    /// Checks that the report lists each file of the set exactly once, and that no unlisted file of that name exists.
    /// Returns the listed files, each once.
    fn manifest(&mut self) -> Vec<&'a OutputFile> {
        let report = self.report;
        let (mut listed, mut files) = (HashSet::new(), vec![]);
        for output in &report.outputs {
            let name = escape(output.path.as_bytes());
            if !NAMES.contains(&output.path.as_str()) || output.path == REPORT {
                self.differs(REPORT, format!("lists {name}, which is not a file of a set"));
            } else if !listed.insert(output.path.as_str()) {
                self.differs(REPORT, format!("lists {name} twice"));
            } else {
                files.push(output);
            }
        }
        for name in NAMES.into_iter().filter(|name| *name != REPORT) {
            let listed = listed.contains(name);
            let wanted = match name {
                COMBINED | COMBINED_ZST | COMBINED_GZ => {
                    report.options.combined && name == combined_name(report.options.compress)
                }
                PAGE => report.options.html,
                SUMS => report.options.digest.is_some(),
                _ => true,
            };
            if wanted && !listed {
                self.differs(REPORT, format!("does not list {name}"));
            } else if listed && !wanted {
                self.differs(REPORT, format!("lists {name}, and says that none was written"));
            } else if !listed && !matches!(self.dir.entry(name), Ok(None)) {
                // A reader would take it for a part of this set.
                self.differs(name, "exists, but the report does not list it".to_owned());
            }
        }
        files
    }

    /// Checks the size of a file and, unless only sizes are wanted, its checksum and the rows of the combined data and
    /// the rejects.
    fn file(&mut self, output: &OutputFile, depth: Depth) -> Result<()> {
        let name = output.path.as_str();
        let file = match self.open(name) {
            Ok(file) => file,
            Err(error) => {
                self.differs(name, error.message().to_owned());
                return Ok(());
            }
        };
        let size = file.size().unwrap_or(0);
        self.same(name, "size in bytes", size, output.bytes);
        // A file that is much too large is not read.
        if depth == Depth::Sizes || size > output.bytes.saturating_mul(2).saturating_add(MAX_EXCESS) {
            return Ok(());
        }
        match (&output.plain, format_of(name)) {
            (None, Some(_)) => self.differs(REPORT, format!("has no uncompressed size of {name}")),
            (Some(_), None) => {
                self.differs(REPORT, format!("has an uncompressed size of {name}, which is not compressed"))
            }
            _ => {}
        }
        let found = match name {
            COMBINED | COMBINED_ZST | COMBINED_GZ => self.combined(&file, output),
            REJECTS => self.rejects(&file),
            _ => self.fingerprint(&file),
        };
        let found = match found {
            Err(error) if error.kind() == ErrorKind::Malformed => {
                self.differs(name, format!("cannot be read as CSV{}: {}", position(&error), error.message()));
                self.fingerprint(&file)?
            }
            found => found?,
        };
        self.same(name, "CRC-32", &found.crc32, &output.crc32);
        if let (Some(found), Some(reported)) = (&found.sha256, &output.sha256) {
            self.same(name, "SHA-256", found, reported);
        }
        Ok(())
    }

    /// Checks that the spending table is the one that the report describes.
    fn spending(&mut self) -> Result<()> {
        let expected = spending::to_csv(&self.report.age_groups)?;
        self.content(SPENDING, &expected, "its rows are not those of the report");
        Ok(())
    }

    /// Checks that the report has the digests that its options ask for, and that `SHA256SUMS` lists them.
    fn digests(&mut self) {
        let report = self.report;
        let inputs = report.inputs.iter().map(|input| (&input.path, &input.sha256));
        let outputs = report.outputs.iter().map(|output| (&output.path, &output.sha256));
        for (path, sha256) in inputs.chain(outputs) {
            match (report.options.digest, sha256) {
                (Some(_), None) => self.differs(REPORT, format!("has no SHA-256 of {path}")),
                (None, Some(_)) => self.differs(REPORT, format!("has a SHA-256 of {path}, which its options exclude")),
                _ => {}
            }
        }
        if report.options.digest.is_some() {
            self.content(SUMS, sha256_sums(&report.outputs).as_bytes(), "its lines are not those of the report");
        }
    }

    /// Adds a difference unless a file has exactly this content.
    fn content(&mut self, name: &str, expected: &[u8], what: &str) {
        // A longer file differs in any case. A file that cannot be read has already been reported.
        let found = self.dir.read_file(name, expected.len() as u64, ErrorKind::Input, CANNOT_OPEN);
        let is_file = matches!(self.dir.entry(name), Ok(Some(entry)) if entry.kind == FileType::RegularFile);
        if is_file && !matches!(found, Ok(Some(found)) if found == expected) {
            self.differs(name, what.to_owned());
        }
    }
}

/// The line and column of an error, for a message that already names the file.
fn position(error: &Error) -> String {
    let place = error.place().and_then(|place| place.line_column);
    place.map_or_else(String::new, |(line, column)| format!(" at {line}:{column}"))
}
