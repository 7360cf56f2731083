//! Re-reads an output set and holds it against its report, and the report against itself.
//!
//! Files are held against their sizes and checksums, and the two large ones are read once more (`scan`): the
//! groups are summed anew from the combined data (`combined`), the rejects counted anew (`rejects`). The report
//! must obey the laws of the ledger, as it did when it was made. What no file of the set tells stays out of
//! sight: the sizes and blank lines of the inputs, and the object `run`.

pub(crate) mod answer_key;
mod combined;
mod rejects;
mod scan;
pub(crate) mod verifier;

use crate::config::DEFAULT_CHUNK_BYTES;
use crate::error::{Error, ErrorKind, Result, escape, escape_line, escape_path};
use crate::fs::directory::Dir;
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::ledger::invariants::violated_invariants;
use crate::monitor::{Monitor, Phase};
use crate::output::file_names::{CHART, COMBINED, REJECTS, REPORT, SPENDING};
use crate::output::report::{OutputInfo, Report};
use crate::output::spending;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

/// A file of another size than reported is still read, to say in which row it differs, unless it exceeds twice the
/// reported size by more than this many bytes.
const READ_BEYOND: u64 = 1 << 20;

const CANNOT_OPEN: &str = "cannot open";

/// Something in which a set and its report differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The file, as a path.
    pub path: PathBuf,
    /// What differs.
    pub what: String,
    /// With what the set was compared.
    pub against: Against,
}

/// With what a set is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Against {
    /// Its report.
    Report,
    /// An answer key.
    AnswerKey,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", escape_path(&self.path), self.what)
    }
}

/// Holds the set in `dir` against its report: sizes, checksums, row counts, the groups recomputed from the
/// combined data, the rejects recounted, and the laws of the ledger. No difference means that they agree.
///
/// # Errors
/// [`ErrorKind::NoReport`] when there is no report to hold it against, [`ErrorKind::Input`] when a file
/// cannot be read.
pub(crate) fn verify(dir: &Path, threads: usize, monitor: &Monitor) -> Result<Vec<Difference>> {
    monitor.enter(Phase::Verifying);
    let (dir, report) = Report::open(&dir.join(REPORT))?;
    let mut check = Check { dir, threads: threads.max(1), monitor, report: &report, differences: vec![] };
    let sizes = report.outputs.iter().map(|output| output.bytes);
    monitor.expect_total(sizes.fold(0, u64::saturating_add));
    for law in violated_invariants(&report) {
        check.differs(REPORT, format!("the ledger does not add up: {law}"));
    }
    for output in check.manifest() {
        check.file(output)?;
    }
    check.spending()?;
    Ok(check.differences)
}

/// A report is a file like any other: its names lead nowhere but into its own directory.
fn is_own_name(name: &str) -> bool {
    Path::new(name).components().count() == 1 && !name.starts_with('.')
}

struct Check<'a> {
    dir: Dir,
    threads: usize,
    monitor: &'a Monitor,
    report: &'a Report,
    differences: Vec<Difference>,
}

impl<'a> Check<'a> {
    fn differs(&mut self, name: &str, what: String) {
        // A report is data like any other: what it says may have come from anywhere.
        let what = escape_line(&what);
        self.differences.push(Difference { path: self.dir.path_of(name), what, against: Against::Report });
    }

    fn same<T: PartialEq + fmt::Display>(&mut self, name: &str, what: &str, found: T, reported: T) {
        if found != reported {
            self.differs(name, format!("{what}: found {found}, the report says {reported}"));
        }
    }

    /// The files of a set are listed, once, and no others; combined data that is not listed is not there. Returns the
    /// files to be checked, each one once.
    fn manifest(&mut self) -> Vec<&'a OutputInfo> {
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
                // Whoever finds it there takes it for a part of this set.
                self.differs(name, "is there, and the report does not list it".to_owned());
            }
        }
        files
    }

    /// Size, checksum, and for the two large files what their rows say.
    fn file(&mut self, output: &OutputInfo) -> Result<()> {
        let name = output.path.as_str();
        let opened = match self.open(name) {
            Ok(opened) => opened,
            Err(error) => {
                self.differs(name, error.message().to_owned());
                return Ok(());
            }
        };
        let size = opened.size().unwrap_or(0);
        self.same(name, "size in bytes", size, output.bytes);
        // A file that is much too large is not read, as it may be huge.
        if size > output.bytes.saturating_mul(2).saturating_add(READ_BEYOND) {
            return Ok(());
        }
        let crc = match name {
            COMBINED => self.combined(&opened),
            REJECTS => self.rejects(&opened),
            _ => self.checksum(&opened),
        };
        let crc = match crc {
            Err(error) if error.kind() == ErrorKind::Malformed => {
                self.differs(name, format!("cannot be read as CSV{}: {}", position(&error), error.message()));
                self.checksum(&opened)?
            }
            crc => crc?,
        };
        self.same(name, "CRC-32", format!("{crc:08x}").as_str(), &output.crc32);
        Ok(())
    }

    /// Opens a file of the set; the error says what is there instead.
    fn open(&self, name: &str) -> Result<InputFile> {
        let path = self.dir.path_of(name);
        let missing = || Error::io(ErrorKind::Input, &path, CANNOT_OPEN, Errno::NOENT.into());
        let file = self.dir.open_file(name, ErrorKind::Input, CANNOT_OPEN)?.ok_or_else(missing)?;
        InputFile::to_verify(&path, file, true)
    }

    fn checksum(&self, opened: &InputFile) -> Result<u32> {
        let mut crc = crc32fast::Hasher::new();
        let mut bytes = InputReader::new(opened, self.monitor);
        loop {
            self.monitor.check()?;
            let len = bytes.peek(DEFAULT_CHUNK_BYTES)?.0.len().min(DEFAULT_CHUNK_BYTES);
            if len == 0 {
                opened.check_unchanged()?;
                return Ok(crc.finalize());
            }
            crc.update(&bytes.take(len));
            self.monitor.advance(len as u64);
            if let Some(mapped) = opened.mapped() {
                mapped.release(bytes.offset() as usize);
            }
        }
    }

    /// The totals file holds what the report says.
    fn spending(&mut self) -> Result<()> {
        let wanted = spending::to_csv(&self.report.age_groups)?;
        // A longer file differs in any case. A file that cannot be read has already been reported.
        let limit = wanted.len() as u64;
        let found = self.dir.read_file(SPENDING, limit, ErrorKind::Input, CANNOT_OPEN);
        let is_file = matches!(self.dir.entry(SPENDING), Ok(Some(entry)) if entry.kind == FileType::RegularFile);
        if is_file && !matches!(found, Ok(Some(found)) if found == wanted) {
            self.differs(SPENDING, "its rows are not those of the report".to_owned());
        }
        Ok(())
    }
}

/// Where in its file an error stands; the file itself is named already.
fn position(error: &Error) -> String {
    let place = error.place().and_then(|place| place.line_column);
    place.map_or_else(String::new, |(line, column)| format!(" at {line}:{column}"))
}
