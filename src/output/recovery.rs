//! Rolls back a publication whose process was killed between its moves.
//!
//! The old report is then in the staging directory, and each file of the set is in the output directory or in the
//! staging directory. The two reports list the size and the checksum of every file, so the old files are found by their
//! content, moved back to their names, and followed by their report. The next run then starts from the complete old set,
//! whatever it does with its own set.

use super::file_names::{NAMES, REPORT, STAGING_DIR};
use super::mover::{away_name, is_unsupported, replaced_name};
use super::report_json::MAX_REPORT_BYTES;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::fingerprint::Fingerprint;
use crate::fs::directory::Dir;
use rustix::fs::RenameFlags;
use rustix::io::Errno;
use serde::Deserialize;
use std::fs::File;
use std::io::Read;

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
/// [`ErrorKind::Output`] when the system refuses a move. Nothing is lost then, and the next run tries again.
pub(super) fn roll_back_killed(out: &Dir) -> Result<()> {
    let Ok(staging) = out.child(STAGING_DIR) else { return Ok(()) };
    let old_report = away_name(REPORT);
    if out.entry(REPORT) != Ok(None) {
        // The publication had not begun, or was complete.
        return Ok(());
    }
    let Some(old) = listing(&staging, &old_report) else { return Ok(()) };
    let new = listing(&staging, REPORT).unwrap_or_default();
    let mut places = vec![];
    for listed in &old.outputs {
        if !NAMES.contains(&listed.path.as_str()) || listed.path == REPORT {
            return Ok(());
        }
        match find(out, &staging, listed) {
            Some(place) => places.push((listed.path.as_str(), place)),
            // It is gone: the old set cannot be restored.
            None => return Ok(()),
        }
    }
    let cannot = |name: &str, error: Errno| {
        let what = "cannot restore the file of the old set after a killed run";
        Error::io(ErrorKind::Output, &out.path_of(name), what, error.into())
    };
    // New files at names that the old set does not have.
    for listed in new.outputs.iter().filter(|new| !places.iter().any(|(name, _)| *name == new.path)) {
        if NAMES.contains(&listed.path.as_str()) && is_listed(out, &listed.path, listed) {
            swap_in(out, &staging, &listed.path, &listed.path).map_err(|error| cannot(&listed.path, error))?;
        }
    }
    for (name, place) in &places {
        if let Place::Staging(staged) = place {
            swap_in(out, &staging, staged, name).map_err(|error| cannot(name, error))?;
        }
    }
    // The report comes last, on the disk too: beside it there must be a complete set.
    let sync = || staging.sync().and_then(|()| out.sync()).map_err(|error| cannot(REPORT, error));
    sync()?;
    staging.rename(&old_report, out, REPORT).map_err(|error| cannot(REPORT, error))?;
    sync()
}

/// The files that a report in the staging directory lists; `None` if there is no such report.
fn listing(staging: &Dir, report: &str) -> Option<Listing> {
    let text = staging.read_file(report, MAX_REPORT_BYTES, ErrorKind::Output, "cannot read").ok()??;
    serde_json::from_slice(&text).ok()
}

/// Finds a listed file by its content.
fn find(out: &Dir, staging: &Dir, listed: &Listed) -> Option<Place> {
    let name = &listed.path;
    if is_listed(out, name, listed) {
        return Some(Place::Out);
    }
    let staged = [name.clone(), replaced_name(name), away_name(name)];
    staged.into_iter().find(|staged| is_listed(staging, staged, listed)).map(Place::Staging)
}

/// Whether a file has the listed size and checksum.
fn is_listed(dir: &Dir, name: &str, listed: &Listed) -> bool {
    let Ok(Some(file)) = dir.open_file(name, ErrorKind::Output, "cannot open") else { return false };
    let has_size = file.metadata().is_ok_and(|metadata| metadata.len() == listed.bytes);
    has_size && crc32(file).is_some_and(|crc32| crc32 == listed.crc32)
}

/// The CRC-32 of a file; `None` if it cannot be read.
fn crc32(mut file: File) -> Option<String> {
    let (mut fingerprint, mut buffer) = (Fingerprint::new(None), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Some(fingerprint.finish().crc32),
            Ok(len) => fingerprint.update(&buffer[..len]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

/// Moves `staged` to `name` in the output directory, and what is there, if anything, to the staging directory. If
/// `staged` does not exist, only the latter.
fn swap_in(out: &Dir, staging: &Dir, staged: &str, name: &str) -> Result<(), Errno> {
    if staging.entry(staged)?.is_none() {
        return out.rename(name, staging, staged);
    }
    match staging.rename_with(staged, out, name, RenameFlags::EXCHANGE) {
        // The name is free.
        Err(Errno::NOENT) => staging.rename(staged, out, name),
        Err(error) if is_unsupported(error) => {
            if out.entry(name)?.is_some() {
                // A kill between the two moves leaves the name free, and the next run continues.
                out.rename(name, staging, &format!("{name}.new"))?;
            }
            staging.rename(staged, out, name)
        }
        outcome => outcome,
    }
}

#[cfg(test)]
#[path = "recovery_tests.rs"]
mod tests;
