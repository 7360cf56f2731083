//! Handles the leftovers of a killed run: its staging directory, which may contain the old commit marker.

use super::file_names::{HELD_DIR, REPORT, STAGING_DIR};
use super::hold;
use super::mover::away_name;
use crate::error::{Error, ErrorKind, Place, Result, Setting, words};
use crate::fs::directory::{Dir, Entry, FileId};
use rustix::fs::FileType;
use rustix::io::Errno;
use std::path::{Path, PathBuf};

/// Refuses inputs inside a leftover staging directory, which is about to be removed, and inside the held set, which the
/// run may replace.
///
/// # Errors
/// [`ErrorKind::OutputName`], naming the input.
pub(super) fn refuse_inputs_inside<'a>(out: &Dir, inputs: impl Iterator<Item = &'a Path>) -> Result<()> {
    const STAGING: &str = "is in the staging directory of a run that was killed, which is cleared before a new run";
    const HELD: &str = "is in the held set, which the run may replace";
    let id_of = |name| match out.entry(name) {
        Ok(Some(Entry { id, kind: FileType::Directory, .. })) => Some(id),
        _ => None,
    };
    let removed = [(id_of(STAGING_DIR), STAGING), (id_of(HELD_DIR), HELD)];
    if removed.iter().all(|(id, _)| id.is_none()) {
        return Ok(());
    }
    for input in inputs {
        let Ok(path) = std::fs::canonicalize(input) else { continue };
        for dir in path.ancestors().skip(1).filter_map(|dir| FileId::at(dir).ok()) {
            if let Some((_, text)) = removed.iter().find(|(id, _)| *id == Some(dir)) {
                return Err(Error::new(ErrorKind::OutputName, *text)
                    .at(Place::file(input))
                    .hint_words(words!["move it elsewhere, or choose another ", Setting::OutDir]));
            }
        }
    }
    Ok(())
}

/// Moves a held set back that a killed run had moved into the staging directory.
///
/// # Errors
/// [`ErrorKind::Output`] when the system refuses.
pub(super) fn restore_held(out: &Dir) -> Result<()> {
    match out.child(STAGING_DIR) {
        Ok(staging) => hold::restore(out, &staging),
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => Ok(()),
        Err(error) => Err(Error::io(ErrorKind::Output, &out.path_of(STAGING_DIR), "cannot open", error.into())),
    }
}

/// The name in the output directory under which an old commit marker is kept.
fn kept_name(marker: &str) -> String {
    format!(".spendfold-old-{marker}")
}

/// Where the old report of a killed run may be: in the staging directory, or else kept in the output directory.
pub(crate) fn old_report_paths(out: &Path) -> [PathBuf; 2] {
    [out.join(STAGING_DIR).join(away_name(REPORT)), out.join(kept_name(REPORT))]
}

/// Saves the old commit marker if a killed run had moved it to the staging directory. The marker lists the files of the
/// old set, which this program may remove. It is kept in the output directory until a set is published. The other files
/// in the staging directory belong to no complete set. Returns the name of the kept marker, if there is one.
///
/// # Errors
/// [`ErrorKind::Output`] when the system refuses.
pub(super) fn keep_old_marker(out: &Dir, marker: &str) -> Result<Option<String>> {
    let kept = kept_name(marker);
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.kind == FileType::RegularFile);
    let cannot = |path: &Path, what, error: Errno| Error::io(ErrorKind::Output, path, what, error.into());
    let staging = match out.child(STAGING_DIR) {
        Ok(staging) => Some(staging),
        // There is no staging directory, or its name is that of a file or symbolic link not made by this program.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => None,
        Err(error) => return Err(cannot(&out.path_of(STAGING_DIR), "cannot open", error)),
    };
    // A marker at its name belongs to a complete set, so the old one is of no use.
    let is_complete = is_file(out.entry(marker).map_err(|error| cannot(&out.path_of(marker), "cannot check", error))?);
    if let Some(staging) = staging.filter(|_| !is_complete) {
        let away = away_name(marker);
        let cannot_check = |error| cannot(&staging.path_of(&away), "cannot check", error);
        if is_file(staging.entry(&away).map_err(cannot_check)?) {
            let cannot_move = |error| cannot(&out.path_of(&kept), "cannot move the old report there", error);
            staging.rename(&away, out, &kept).map_err(cannot_move)?;
        }
    }
    let cannot_check = |error| cannot(&out.path_of(&kept), "cannot check", error);
    Ok(is_file(out.entry(&kept).map_err(cannot_check)?).then_some(kept))
}

/// Removes whatever is at the name of the staging directory; symbolic links are not followed.
///
/// # Errors
/// [`ErrorKind::Output`] when the system refuses.
pub(super) fn remove_staging(out: &Dir) -> Result<()> {
    let removed = match out.entry(STAGING_DIR) {
        Ok(None) => Ok(()),
        Ok(Some(Entry { kind: FileType::Directory, .. })) => {
            let cleared = out.child(STAGING_DIR).and_then(|staging| staging.clear());
            cleared.and_then(|()| out.remove_dir(STAGING_DIR))
        }
        Ok(Some(_)) => out.remove_file(STAGING_DIR),
        Err(error) => Err(error),
    };
    let path = out.path_of(STAGING_DIR);
    removed.map_err(|error| Error::io(ErrorKind::Output, &path, "cannot clear a leftover", error.into()))
}
