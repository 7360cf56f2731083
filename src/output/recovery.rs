//! Rolls back a publication whose process was killed between its moves.
//!
//! The old report is then in the staging directory, and each file of the set is in the output directory or in the
//! staging directory. The two reports list the size and the checksum of every file, so the old files are found by their
//! content, moved back to their names, and followed by their report. The next run then starts from the complete old
//! set, whatever it does with its own set.

use super::file_names::{NAMES, REPORT, STAGING_DIR};
use super::mover::{away_name, is_unsupported, replaced_name};
use super::report_json::MAX_REPORT_BYTES;
use crate::error::{Error, ErrorKind, Result, escape_path};
use crate::exec::fingerprint::Fingerprint;
use crate::fs::directory::{Dir, Entry};
use crate::monitor::Monitor;
use rustix::fs::{FileType, RenameFlags};
use rustix::io::Errno;
use serde::Deserialize;
use std::io::{self, Read};
use std::path::Path;

const CANNOT_READ: &str = "cannot read the old set after a killed run";
const CANNOT_RESTORE: &str = "cannot restore the file of the old set after a killed run";

/// The part of a report that lists the files of its set.
#[derive(Default, Deserialize)]
struct Listing {
    outputs: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    path: String,
    bytes: u64,
    crc32: String,
}

/// Where the old version of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// At its name in the output directory.
    Out,
    /// In the staging directory, under this name.
    Staging(String),
}

/// Restores the old set if a publication was killed between its moves and all old files are still there. Otherwise
/// changes nothing.
///
/// # Errors
/// [`ErrorKind::Output`] when the system refuses to read or move a file, and the error of `monitor` if it is cancelled
/// or interrupted. The caller must then leave the staging directory as it is, because it may have the only copy of an
/// old file; the next run tries again.
pub(super) fn roll_back_killed(out: &Dir, monitor: &Monitor) -> Result<()> {
    match out.child(STAGING_DIR) {
        Ok(staging) => Recovery { out, staging: &staging, monitor }.run(),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
        Err(error) => Err(Error::io(ErrorKind::Output, &out.path_of(STAGING_DIR), "cannot open", error.into())),
    }
}

/// The output directory, and the staging directory of the killed process.
struct Recovery<'a> {
    out: &'a Dir,
    staging: &'a Dir,
    monitor: &'a Monitor,
}

impl Recovery<'_> {
    fn run(&self) -> Result<()> {
        let Self { out, staging, .. } = self;
        let old_report = away_name(REPORT);
        if self.entry(out, REPORT)?.is_some() {
            // The publication had not begun, or was complete.
            return Ok(());
        }
        let Some(old) = self.listing(&old_report)? else { return Ok(()) };
        let new = self.listing(REPORT)?.unwrap_or_default();
        let mut places = vec![];
        for listed in &old.outputs {
            if !NAMES.contains(&listed.path.as_str()) || listed.path == REPORT {
                return Ok(());
            }
            match self.find(listed)? {
                Some(place) => places.push((listed.path.as_str(), place)),
                // It is gone: the old set cannot be restored.
                None => return Ok(()),
            }
        }
        let cannot = |name: &str, error: Errno| self.cannot(&out.path_of(name), CANNOT_RESTORE, error.into());
        // New files at names that the old set does not have.
        for listed in new.outputs.iter().filter(|new| !places.iter().any(|(name, _)| *name == new.path)) {
            let name = &*listed.path;
            if NAMES.contains(&name) && self.is_listed(out, name, listed)? {
                let removed = match self.foreign(name)? {
                    Some(foreign) => self.swap_in(&foreign, name),
                    None => out.rename(name, staging, &new_name(name)),
                };
                removed.map_err(|error| cannot(name, error))?;
            }
        }
        for (name, place) in &places {
            if let Place::Staging(staged) = place {
                self.swap_in(staged, name).map_err(|error| cannot(name, error))?;
            }
        }
        // The report comes last, on the disk too: beside it there must be a complete set.
        self.sync().map_err(|error| cannot(REPORT, error))?;
        staging.rename(&old_report, out, REPORT).map_err(|error| cannot(REPORT, error))?;
        self.sync().map_err(|error| cannot(REPORT, error))
    }

    /// The files that a report in the staging directory lists; `None` if there is no such report.
    fn listing(&self, report: &str) -> Result<Option<Listing>> {
        if self.size(self.staging, report)?.is_none() {
            return Ok(None);
        }
        let text = self.staging.read_file(report, MAX_REPORT_BYTES, ErrorKind::Output, CANNOT_READ);
        let text = text.map_err(|error| error.hint(self.hint()))?;
        Ok(text.and_then(|text| serde_json::from_slice(&text).ok()))
    }

    /// Finds a listed file by its content.
    fn find(&self, listed: &Listed) -> Result<Option<Place>> {
        let name = &listed.path;
        if self.is_listed(self.out, name, listed)? {
            return Ok(Some(Place::Out));
        }
        for staged in [name.clone(), replaced_name(name), away_name(name)] {
            if self.is_listed(self.staging, &staged, listed)? {
                return Ok(Some(Place::Staging(staged)));
            }
        }
        Ok(None)
    }

    /// The staged name of the file that a new file replaced, although the old set does not have such a file.
    fn foreign(&self, name: &str) -> Result<Option<String>> {
        let replaced = replaced_name(name);
        if self.entry(self.staging, &replaced)?.is_some() {
            return Ok(Some(replaced));
        }
        // A new file that came to its name as a hard link has its staged name too.
        let (new, staged) = (self.entry(self.out, name)?, self.entry(self.staging, name)?);
        let is_other = staged.is_some_and(|staged| new.is_none_or(|new| new.id != staged.id));
        Ok(is_other.then(|| name.to_owned()))
    }

    /// Whether a file has the listed size and checksum.
    fn is_listed(&self, dir: &Dir, name: &str, listed: &Listed) -> Result<bool> {
        if self.size(dir, name)? != Some(listed.bytes) {
            return Ok(false);
        }
        let opened = dir.open_file(name, ErrorKind::Output, CANNOT_READ).map_err(|error| error.hint(self.hint()))?;
        let Some(mut file) = opened else { return Ok(false) };
        let (mut fingerprint, mut buffer) = (Fingerprint::new(None), vec![0; 1 << 20]);
        loop {
            self.monitor.check()?;
            match file.read(&mut buffer) {
                Ok(0) => return Ok(fingerprint.finish().crc32 == listed.crc32),
                Ok(len) => fingerprint.update(&buffer[..len]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Not taken for another file: the staging directory would be cleared, and the old set lost.
                Err(error) => return Err(self.cannot(&dir.path_of(name), CANNOT_READ, error)),
            }
        }
    }

    /// The size of a regular file; `None` if there is none of this name.
    fn size(&self, dir: &Dir, name: &str) -> Result<Option<u64>> {
        let entry = self.entry(dir, name)?.filter(|entry| entry.kind == FileType::RegularFile);
        Ok(entry.map(|entry| entry.size))
    }

    fn entry(&self, dir: &Dir, name: &str) -> Result<Option<Entry>> {
        dir.entry(name).map_err(|error| self.cannot(&dir.path_of(name), CANNOT_READ, error.into()))
    }

    /// Moves `staged` to `name` in the output directory, and what is there, if anything, to the staging directory.
    fn swap_in(&self, staged: &str, name: &str) -> Result<(), Errno> {
        let Self { out, staging, .. } = self;
        match staging.rename_with(staged, out, name, RenameFlags::EXCHANGE) {
            // The name is free.
            Err(Errno::NOENT) => staging.rename(staged, out, name),
            Err(error) if is_unsupported(error) => {
                if out.entry(name)?.is_some() {
                    // A kill between the two moves leaves the name free, and the next run continues.
                    out.rename(name, staging, &new_name(name))?;
                }
                staging.rename(staged, out, name)
            }
            outcome => outcome,
        }
    }

    /// Syncs both directories, if the file system can.
    fn sync(&self) -> Result<(), Errno> {
        match self.staging.sync().and_then(|()| self.out.sync()) {
            Err(error) if is_unsupported(error) => Ok(()),
            outcome => outcome,
        }
    }

    fn cannot(&self, path: &Path, what: &str, error: io::Error) -> Error {
        Error::io(ErrorKind::Output, path, what, error).hint(self.hint())
    }

    fn hint(&self) -> String {
        let staging = escape_path(self.staging.path());
        format!("try again; to give up the old set instead, remove {staging}, which contains some of its files")
    }
}

/// The name in the staging directory of a new file that is moved away from its name.
fn new_name(name: &str) -> String {
    format!("{name}.new")
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
