//! The context of a verification: the set, its report, and the differences found so far.

use super::difference::{Against, Difference, InputsChecked};
use crate::config::DEFAULT_CHUNK_BYTES;
use crate::error::{Error, ErrorKind, Result, escape_line};
use crate::exec::fingerprint::{Fingerprint, FinishedFingerprint};
use crate::fs::directory::Dir;
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::monitor::Monitor;
use crate::output::report_json::Report;
use rustix::io::Errno;
use std::fmt;

pub(super) const CANNOT_OPEN: &str = "cannot open";

/// A verification in progress. The checks of single files are methods in files of their own.
pub(super) struct Check<'a> {
    pub(super) dir: &'a Dir,
    pub(super) threads: usize,
    pub(super) monitor: &'a Monitor,
    pub(super) report: &'a Report,
    pub(super) differences: Vec<Difference>,
    /// Whether the combined data cannot be decompressed.
    pub(super) damaged: bool,
    /// What was done with the inputs.
    pub(super) inputs: Option<InputsChecked>,
}

impl Check<'_> {
    /// Adds a difference in the file `name`.
    pub(super) fn differs(&mut self, name: &str, what: String) {
        // Values from a report or a file are untrusted text.
        let what = escape_line(&what);
        self.differences.push(Difference { path: self.dir.path_of(name), what, against: Against::Report });
    }

    /// Adds a difference in the file `name` unless the two values are equal.
    pub(super) fn same<T: PartialEq + fmt::Display>(&mut self, name: &str, what: &str, found: T, reported: T) {
        if found != reported {
            self.differs(name, format!("{what}: found {found}, the report says {reported}"));
        }
    }

    /// Opens a file of the set.
    ///
    /// # Errors
    /// [`ErrorKind::Input`] if there is no regular file of this name.
    pub(super) fn open(&self, name: &str) -> Result<InputFile> {
        let path = self.dir.path_of(name);
        let missing = || Error::io(ErrorKind::Input, &path, CANNOT_OPEN, Errno::NOENT.into());
        let file = self.dir.open_file(name, ErrorKind::Input, CANNOT_OPEN)?.ok_or_else(missing)?;
        InputFile::open_for_verification(&path, file)
    }

    /// The fingerprint of a file.
    pub(super) fn fingerprint(&self, file: &InputFile) -> Result<FinishedFingerprint> {
        let mut fingerprint = Fingerprint::new(self.report.options.digest);
        let mut reader = InputReader::new(file, self.monitor)?;
        loop {
            self.monitor.check()?;
            let len = reader.peek(DEFAULT_CHUNK_BYTES)?.0.len().min(DEFAULT_CHUNK_BYTES);
            if len == 0 {
                file.check_unchanged()?;
                return Ok(fingerprint.finish());
            }
            fingerprint.update(&reader.take(len));
            self.monitor.advance(len as u64);
            reader.release();
        }
    }
}
