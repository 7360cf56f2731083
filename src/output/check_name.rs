//! Checks the names of a set in the output directory before a run.

use super::file_names::REPORT;
use super::report_json::{MAX_REPORT_BYTES, is_report};
use crate::error::{Error, ErrorKind, Place, Result, Setting, Words, words};
use crate::fs::directory::{Dir, Entry, kind_name};
use rustix::fs::FileType;
use rustix::io::Errno;

/// Checks that a name is free, or that of a regular file that may be replaced. A `report.json` may be replaced only if
/// this program wrote it.
///
/// # Errors
/// [`ErrorKind::OutputName`], and [`ErrorKind::Output`] when the system refuses.
pub(super) fn check_name(out: &Dir, name: &str, no_clobber: bool) -> Result<()> {
    let path = out.path_of(name);
    let cannot = |error: Errno| Error::io(ErrorKind::Output, &path, "cannot check", error.into());
    let elsewhere = words!["move it away or choose another ", Setting::OutDir];
    let (text, hint) = match out.entry(name).map_err(cannot)? {
        None => return Ok(()),
        Some(Entry { kind: FileType::RegularFile, .. }) if no_clobber => {
            (words!["exists, and ", Setting::NoClobber, " is given"], replace_or_move())
        }
        Some(Entry { kind: FileType::RegularFile, size, .. }) if size > MAX_REPORT_BYTES && name == REPORT => {
            ("is too large for a report".into(), elsewhere)
        }
        Some(Entry { kind: FileType::RegularFile, .. }) if name == REPORT => {
            match out.read_file(name, MAX_REPORT_BYTES, ErrorKind::Output, "cannot check")? {
                Some(text) if !is_report(&text) => ("is not a report of spendfold".into(), elsewhere),
                _ => return Ok(()),
            }
        }
        Some(Entry { kind: FileType::RegularFile, .. }) => return Ok(()),
        Some(Entry { kind, .. }) => (format!("is {}, not a regular file", kind_name(kind)).into(), elsewhere),
    };
    Err(Error::from_words(ErrorKind::OutputName, text).at(Place::file(&path)).hint_words(hint))
}

/// The hint for an existing file or held set under `--no-clobber`.
pub(super) fn replace_or_move() -> Words {
    words!["leave out ", Setting::NoClobber, " to replace it, or choose another ", Setting::OutDir]
}
