//! The held set: a complete set in the directory `held` that exceeds a limit and waits to be accepted or replaced.
//!
//! This program replaces and removes the directory only if it holds nothing but the files that its report lists.

use super::check_name::replace_or_move;
use super::file_names::{HELD_DIR, NAMES, REPORT};
use super::report_json::{MAX_REPORT_BYTES, is_report, listed_in};
use crate::error::{Error, ErrorKind, Place, Result, Setting, Words, escape_path, words};
use crate::fs::directory::{Dir, Entry, FileId, kind_name};
use rustix::fs::FileType;
use rustix::io::Errno;
use std::ffi::OsString;
use std::path::Path;

/// Maximum number of foreign files that a message names.
const MAX_NAMED: usize = 5;

/// A directory that holds a held set and nothing else, or nothing at all.
#[derive(Debug)]
pub(crate) struct HeldSet {
    pub(crate) dir: Dir,
    pub(super) id: FileId,
}

impl HeldSet {
    /// Opens the entry `name` of `parent` as a held set; `None` if there is none.
    ///
    /// # Errors
    /// An error of kind `kind` if it is not a directory, has no report of this program, or has a file that its report
    /// does not list. [`ErrorKind::Output`] when the system refuses.
    pub(super) fn open_at(parent: &Dir, name: &str, kind: ErrorKind) -> Result<Option<Self>> {
        let path = parent.path_of(name);
        let cannot = |error: Errno| Error::io(ErrorKind::Output, &path, "cannot open", error.into());
        match parent.entry(name).map_err(cannot)? {
            None => return Ok(None),
            Some(Entry { kind: FileType::Directory, .. }) => {}
            Some(entry) => {
                let text = format!("is {}, not the directory of a held set", kind_name(entry.kind));
                return Err(foreign(kind, text.into(), &path));
            }
        }
        let dir = parent.child(name).map_err(cannot)?;
        let id = dir.id().map_err(cannot)?;
        let held = Self { dir, id };
        held.refuse_foreign(kind)?;
        Ok(Some(held))
    }

    /// Opens the held set in an output directory; `None` if there is none.
    ///
    /// # Errors
    /// As [`open_at`](Self::open_at).
    pub(crate) fn open(out: &Dir, kind: ErrorKind) -> Result<Option<Self>> {
        Self::open_at(out, HELD_DIR, kind)
    }

    /// Fails if the directory holds anything but a held set.
    fn refuse_foreign(&self, kind: ErrorKind) -> Result<()> {
        let cannot = |error: Errno| Error::io(ErrorKind::Output, self.dir.path(), "cannot read", error.into());
        let names = self.dir.names().map_err(cannot)?;
        if names.is_empty() {
            return Ok(());
        }
        let report = self.dir.path_of(REPORT);
        let Some(text) = self.dir.read_file(REPORT, MAX_REPORT_BYTES, kind, "cannot read")? else {
            return Err(foreign(kind, "is not a held set of spendfold: it has no report.json".into(), self.dir.path()));
        };
        if !is_report(&text) {
            return Err(foreign(kind, "is not a report of spendfold".into(), &report));
        }
        let mut listed = listed_in(&text);
        if listed.is_empty() {
            // A power loss may have left a report without content. Then all files with the name of a file of a set
            // belong to the set.
            listed = NAMES.map(str::to_owned).to_vec();
        }
        let is_listed = |name: &OsString| name == REPORT || listed.iter().any(|listed| name == listed.as_str());
        let (listed, mut others): (Vec<OsString>, Vec<OsString>) = names.into_iter().partition(is_listed);
        if !others.is_empty() {
            others.sort_unstable();
            let shown: Vec<String> = others.iter().take(MAX_NAMED).map(|name| escape_path(name.as_ref())).collect();
            let more = others.len().saturating_sub(MAX_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let text = format!("has files that are not part of the held set: {}{more}", shown.join(", "));
            return Err(foreign(kind, text.into(), self.dir.path()));
        }
        for name in listed {
            match self.dir.entry(&name).map_err(cannot)? {
                Some(entry) if entry.kind != FileType::RegularFile => {
                    let text = format!("is {}, not a regular file", kind_name(entry.kind));
                    return Err(foreign(kind, text.into(), &self.dir.path_of(&name)));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Fails unless the run may hold a set: `held` is free, or is a held set that may be replaced.
///
/// # Errors
/// [`ErrorKind::OutputName`], and [`ErrorKind::Output`] when the system refuses.
pub(super) fn check(out: &Dir, no_clobber: bool) -> Result<()> {
    match HeldSet::open(out, ErrorKind::OutputName)? {
        Some(_) if no_clobber => {
            let text = words!["exists, and ", Setting::NoClobber, " is given"];
            let place = Place::file(&out.path_of(HELD_DIR));
            Err(Error::from_words(ErrorKind::OutputName, text).at(place).hint_words(replace_or_move()))
        }
        _ => Ok(()),
    }
}

/// The error for something that is not part of a held set.
fn foreign(kind: ErrorKind, text: Words, path: &Path) -> Error {
    Error::from_words(kind, text).at(Place::file(path)).hint_words(words![
        "move it away, or choose another ",
        Setting::OutDir,
        " for the run: a run replaces or removes a held set"
    ])
}
