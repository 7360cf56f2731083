//! Opens the output directory, creates it if needed, and locks it for one run.

use crate::error::{Error, ErrorKind, Place, Result, Setting, words};
use crate::fs::directory::{Dir, FileId};
use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, retry_on_intr};
use std::ffi::OsString;
use std::path::{Component, Path};

/// Maximum number of attempts to lock the directory while other programs keep replacing it.
const ATTEMPTS: usize = 100;

/// A directory that this run created. It is removed unless the set is published.
#[derive(Debug)]
pub(super) struct CreatedDir {
    pub(super) parent: Dir,
    pub(super) name: OsString,
    id: Option<FileId>,
}

impl CreatedDir {
    /// Removes the directory if it is still empty and was not replaced.
    pub(super) fn remove(&self) {
        let entry = self.parent.entry(&self.name).ok().flatten();
        if self.id.is_none() || self.id == entry.map(|entry| entry.id) {
            let _ = self.parent.remove_dir(&self.name);
        }
    }
}

/// Opens the output directory and takes an exclusive advisory lock on it (flock(2)). Created directories are added to
/// `created`, outermost first; none if another run holds the lock.
///
/// The lock is on the directory itself, so there is no lock file.
///
/// # Errors
/// [`ErrorKind::OutputName`] for a path that is not a directory, [`ErrorKind::Locked`] while another run holds the
/// lock, [`ErrorKind::Output`] when the system refuses.
pub(super) fn open_and_lock(path: &Path, created: &mut Vec<CreatedDir>) -> Result<Dir> {
    for _ in 0..ATTEMPTS {
        let dir = open_or_create(path, created)?;
        if lock(&dir, path, created)? {
            return Ok(dir);
        }
    }
    Err(Error::new(ErrorKind::Output, "the output directory keeps being replaced").at(Place::file(path)))
}

/// Locks the open directory. Returns `false` if `path` no longer refers to it. Clears `created` if another run holds the
/// lock.
///
/// # Errors
/// As [`open_and_lock`].
fn lock(dir: &Dir, path: &Path, created: &mut Vec<CreatedDir>) -> Result<bool> {
    match retry_on_intr(|| flock(dir, FlockOperation::NonBlockingLockExclusive)) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => {
            // The other run needs the directory and its parents, even if this run created them.
            created.clear();
            return Err(Error::new(ErrorKind::Locked, "another run is writing into this directory")
                .at(Place::file(path))
                .hint_words(words!["wait for it to end, or choose another ", Setting::OutDir]));
        }
        Err(error) => return Err(cannot(path, "cannot lock the output directory", error)),
    }
    // TOCTOU: another run may have removed or replaced the directory between the two calls. A lock on a directory that
    // the path no longer refers to does not exclude other runs.
    let cannot_check = |error| cannot(path, "cannot check the output directory", error);
    let locked = dir.id().map_err(cannot_check)?;
    match FileId::at(path) {
        Ok(found) => Ok(found == locked),
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
        Err(error) => Err(cannot_check(error)),
    }
}

fn cannot(path: &Path, what: &str, error: Errno) -> Error {
    Error::io(ErrorKind::Output, path, what, error.into())
}

fn open_or_create(path: &Path, created: &mut Vec<CreatedDir>) -> Result<Dir> {
    match Dir::open(path) {
        Ok(dir) => return Ok(dir),
        Err(Errno::NOENT) => {}
        Err(Errno::NOTDIR) if path.symlink_metadata().is_ok() => {
            return Err(Error::new(ErrorKind::OutputName, "is not a directory")
                .at(Place::file(path))
                .hint_words(words!["choose another ", Setting::OutDir]));
        }
        Err(error) => return Err(cannot(path, "cannot open the output directory", error)),
    }
    // From the innermost existing directory, one component at a time.
    let (mut dir, missing) = innermost_existing(path)?;
    for component in missing.components() {
        let name = component.as_os_str();
        let cannot_make = |error| cannot(&dir.path_of(name), "cannot create the output directory", error);
        // The default mode, reduced by the umask.
        dir = match dir.make_dir(name, 0o777) {
            Ok(()) => {
                let child = dir.child(name).map_err(|error| {
                    let _ = dir.remove_dir(name);
                    cannot_make(error)
                })?;
                created.push(CreatedDir { parent: dir, name: name.to_owned(), id: child.id().ok() });
                child
            }
            // Another process created it meanwhile, or it is `..` or a symbolic link.
            Err(Errno::EXIST) => dir.child_or_link(name).map_err(cannot_make)?,
            Err(error) => return Err(cannot_make(error)),
        };
    }
    Ok(dir)
}

/// The innermost existing directory of a path, and the rest of the path.
fn innermost_existing(path: &Path) -> Result<(Dir, &Path)> {
    let mut components = path.components();
    loop {
        let before = components.clone();
        if !matches!(components.next_back(), Some(Component::Normal(_) | Component::ParentDir)) {
            // Only the root or the current directory is left.
            let base = before.as_path();
            let dir = Dir::open(base).map_err(|error| cannot(base, "cannot open the output directory", error))?;
            return Ok((dir, rest(path, base)));
        }
        let base = components.as_path();
        match Dir::open(base) {
            Ok(dir) => return Ok((dir, rest(path, base))),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(cannot(base, "cannot open the output directory", error)),
        }
    }
}

/// The part of `path` after its prefix `base`.
fn rest<'a>(path: &'a Path, base: &Path) -> &'a Path {
    path.strip_prefix(base).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn missing_directories_are_created_and_removed_again() {
        let place = tempfile::tempdir().expect("a directory");
        fs::create_dir(place.path().join("there")).expect("made");
        for (path, first) in [("there/a/b/c", "there/a"), ("x", "x"), ("y/../z/", "y"), ("there", "none")] {
            let mut created = vec![];
            let dir = open_and_lock(&place.path().join(path), &mut created).expect("made");
            assert_eq!(dir.id(), FileId::at(&place.path().join(path)));
            let again = open_and_lock(&place.path().join(path), &mut vec![]).expect_err("locked");
            assert_eq!(again.kind(), ErrorKind::Locked);
            created.iter().rev().for_each(CreatedDir::remove);
            assert!(!place.path().join(first).exists());
        }
        assert!(place.path().join("there").exists());
    }

    /// Two runs find no directory. One creates it, the other opens and locks it first.
    #[test]
    fn a_directory_that_another_run_has_locked_is_not_removed() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("new/out");
        let mut created = vec![];
        let dir = open_or_create(&path, &mut created).expect("made");
        assert_eq!(created.len(), 2);
        let _other = open_and_lock(&path, &mut vec![]).expect("locked");
        let error = lock(&dir, &path, &mut created).expect_err("locked by the other");
        assert!(error.kind() == ErrorKind::Locked && created.is_empty());
        created.iter().rev().for_each(CreatedDir::remove);
        assert!(path.exists());
    }

    #[test]
    fn a_replaced_directory_is_not_removed() {
        let place = tempfile::tempdir().expect("a directory");
        let mut created = vec![];
        open_and_lock(&place.path().join("out"), &mut created).expect("made");
        fs::rename(place.path().join("out"), place.path().join("moved")).expect("moved");
        fs::create_dir(place.path().join("out")).expect("made");
        created.iter().for_each(CreatedDir::remove);
        assert!(place.path().join("out").exists());
    }
}
