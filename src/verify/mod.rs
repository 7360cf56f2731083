//! Verifies a published set: re-reads its files and compares them with the report.
//!
//! [`verify`] checks the report's invariants, its list of files (the manifest), and the size and checksum of each file.
//! It recomputes the age groups from the combined data (`combined`) and counts the rejects again (`rejects`); both
//! files are parsed in parallel (`scan`). Not covered, as no file of the set records them: the sizes and blank lines of
//! the inputs, and the report's object `run`.
//!
//! [`answer_key`] compares the report with the answer key of generated inputs.

pub(crate) mod answer_key;
mod check;
mod combined;
mod difference;
mod rejects;
mod scan;
pub(crate) mod verifier;

pub use difference::{Against, Difference};

use crate::error::{Error, ErrorKind, Result, escape};
use crate::ledger::invariants::violated_invariants;
use crate::monitor::work_plan::WorkPlan;
use crate::monitor::{Monitor, Phase};
use crate::output::file_names::{CHART, COMBINED, REJECTS, REPORT, SPENDING};
use crate::output::report_json::Report;
use crate::output::report_parts::OutputFile;
use crate::output::spending;
use check::{CANNOT_OPEN, Check};
use rustix::fs::FileType;
use std::collections::HashSet;
use std::path::Path;

/// A file that is larger than the report says is still parsed, to name the row that differs, unless its size exceeds
/// twice the reported size by more than this many bytes.
const MAX_EXCESS: u64 = 1 << 20;

/// Compares the set in `dir` with its report: sizes, checksums, row counts, the age groups recomputed from the combined
/// data, the rejects counted again, and the report's invariants. Returns all differences; none if they agree.
///
/// # Errors
/// [`ErrorKind::NoReport`] when there is no readable report, [`ErrorKind::Input`] when a file cannot be read.
pub(crate) fn verify(dir: &Path, threads: usize, monitor: &Monitor) -> Result<Vec<Difference>> {
    monitor.enter(Phase::Verifying);
    let (dir, report) = Report::open(&dir.join(REPORT))?;
    let mut check = Check { dir, threads: threads.max(1), monitor, report: &report, differences: vec![] };
    let sizes = report.outputs.iter().map(|output| output.bytes);
    let bytes = sizes.fold(0, u64::saturating_add);
    monitor.plan(|plan| *plan = WorkPlan::of_bytes(bytes));
    for invariant in violated_invariants(&report) {
        check.differs(REPORT, format!("the ledger does not add up: {invariant}"));
    }
    for output in check.manifest() {
        check.file(output)?;
    }
    check.spending()?;
    Ok(check.differences)
}

/// Whether a name in a report, which is untrusted, refers to a file in the directory of the report.
fn is_own_name(name: &str) -> bool {
    Path::new(name).components().count() == 1 && !name.starts_with('.')
}

impl<'a> Check<'a> {
    /// Checks that the report lists each file of the set exactly once, and that no unlisted file of that name exists.
    /// Returns the listed files, each once.
    fn manifest(&mut self) -> Vec<&'a OutputFile> {
        let report = self.report;
        let (mut listed, mut files) = (HashSet::new(), vec![]);
        for output in &report.outputs {
            let name = escape(output.path.as_bytes());
            if !is_own_name(&output.path) {
                self.differs(REPORT, format!("lists {name}, which is no file of a set"));
            } else if !listed.insert(output.path.as_str()) {
                self.differs(REPORT, format!("lists {name} twice"));
            } else {
                files.push(output);
            }
        }
        for name in [COMBINED, SPENDING, CHART, REJECTS] {
            let listed = listed.contains(name);
            let wanted = name != COMBINED || self.report.options.combined;
            if wanted && !listed {
                self.differs(REPORT, format!("does not list {name}"));
            } else if listed && !wanted {
                self.differs(REPORT, format!("lists {name}, and says that none was written"));
            } else if !listed && !matches!(self.dir.entry(name), Ok(None)) {
                // A reader would take it for a part of this set.
                self.differs(name, "is there, and the report does not list it".to_owned());
            }
        }
        files
    }

    /// Checks the size and checksum of a file, and the rows of the combined data and the rejects.
    fn file(&mut self, output: &OutputFile) -> Result<()> {
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
        if size > output.bytes.saturating_mul(2).saturating_add(MAX_EXCESS) {
            return Ok(());
        }
        let crc = match name {
            COMBINED => self.combined(&file),
            REJECTS => self.rejects(&file),
            _ => self.checksum(&file),
        };
        let crc = match crc {
            Err(error) if error.kind() == ErrorKind::Malformed => {
                self.differs(name, format!("cannot be read as CSV{}: {}", position(&error), error.message()));
                self.checksum(&file)?
            }
            crc => crc?,
        };
        self.same(name, "CRC-32", format!("{crc:08x}").as_str(), &output.crc32);
        Ok(())
    }

    /// Checks that the spending table is the one that the report describes.
    fn spending(&mut self) -> Result<()> {
        let expected = spending::to_csv(&self.report.age_groups)?;
        // A longer file differs in any case. A file that cannot be read has already been reported.
        let limit = expected.len() as u64;
        let found = self.dir.read_file(SPENDING, limit, ErrorKind::Input, CANNOT_OPEN);
        let is_file = matches!(self.dir.entry(SPENDING), Ok(Some(entry)) if entry.kind == FileType::RegularFile);
        if is_file && !matches!(found, Ok(Some(found)) if found == expected) {
            self.differs(SPENDING, "its rows are not those of the report".to_owned());
        }
        Ok(())
    }
}

/// The line and column of an error, for a message that already names the file.
fn position(error: &Error) -> String {
    let place = error.place().and_then(|place| place.line_column);
    place.map_or_else(String::new, |(line, column)| format!(" at {line}:{column}"))
}
