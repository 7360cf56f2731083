//! Checks the names of a set in the output directory before a run.

use super::file_names::REPORT;
use super::report_json::{MAX_REPORT_BYTES, is_report};
use crate::error::{Error, ErrorKind, Place, Result, Setting, words};
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
    let text = match out.entry(name).map_err(cannot)? {
        None => return Ok(()),
        Some(Entry { kind: FileType::RegularFile, .. }) if no_clobber => {
            words!["exists, and ", Setting::NoClobber, " is given"]
        }
        Some(Entry { kind: FileType::RegularFile, size, .. }) if size > MAX_REPORT_BYTES && name == REPORT => {
            words!["is too large for a report; move it away or choose another ", Setting::OutDir]
        }
        Some(Entry { kind: FileType::RegularFile, .. }) if name == REPORT => {
            match out.read_file(name, MAX_REPORT_BYTES, ErrorKind::Output, "cannot check")? {
                Some(text) if !is_report(&text) => {
                    words!["is not a report of spendfold; move it away or choose another ", Setting::OutDir]
                }
                _ => return Ok(()),
            }
        }
        Some(Entry { kind: FileType::RegularFile, .. }) => return Ok(()),
        Some(Entry { kind, .. }) => {
            let text = format!("is {}, not a regular file; move it away or choose another ", kind_name(kind));
            words![text, Setting::OutDir]
        }
    };
    Err(Error::from_words(ErrorKind::OutputName, text).at(Place::file(&path)))
}
