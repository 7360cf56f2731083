//! The place where a set is made before it is published: a folder inside the output directory, held under a
//! lock, gone when the run ends in whatever way.

use super::publish::{self, Moves, Published};
use super::report::listed_outputs;
use super::staged_file::StagedFile;
use crate::emergency::Cleanup;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::input::opened::Opened;
use crate::monitor::Monitor;
use std::borrow::Cow;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt};
use std::path::{Path, PathBuf};

/// The folder a set is staged in.
const STAGING: &str = ".spendfold-staging";

/// An output directory held for one run.
#[derive(Debug)]
pub(crate) struct Stage {
    out_dir: PathBuf,
    /// The names of the set, the commit mark last.
    names: Vec<Cow<'static, str>>,
    dir: PathBuf,
    /// Directories that did not exist before, outermost first; taken away again when nothing is published.
    made: Vec<PathBuf>,
    published: bool,
    /// The staging folder holds the only copy of an old file that could not be put back.
    keep: bool,
    /// Where the commit mark is kept that a run killed between its moves had taken away.
    kept_mark: Option<PathBuf>,
    /// What an end by SIGBUS takes away; none any more once the moves begin.
    cleanup: Option<Cleanup>,
    /// The lock is on the directory itself, so that no lock file is left behind.
    _lock: File,
}

impl Stage {
    /// Makes the output directory where needed, locks it, clears what a killed run left, and refuses those
    /// `names` of the set that cannot be taken.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`] for a directory that is none, a name that is not a regular file, and under
    /// `no_clobber` a file that exists; [`ErrorKind::Locked`] while another run holds the directory;
    /// [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn prepare(out_dir: &Path, names: Vec<Cow<'static, str>>, no_clobber: bool) -> Result<Self> {
        let mut made = Vec::new();
        let outcome = Self::prepare_dir(out_dir, &names, no_clobber, &mut made);
        if outcome.is_err() {
            remove_made(&made);
        }
        let (lock, kept_mark) = outcome?;
        let dir = out_dir.join(STAGING);
        let files: Vec<PathBuf> = names.iter().map(|name| dir.join(&**name)).collect();
        let dirs: Vec<PathBuf> = std::iter::once(&dir).chain(made.iter().rev()).cloned().collect();
        let cleanup = Some(Cleanup::of(&files, &dirs));
        Ok(Self {
            out_dir: out_dir.to_owned(),
            names,
            dir,
            made,
            published: false,
            keep: false,
            kept_mark,
            cleanup,
            _lock: lock,
        })
    }

    fn prepare_dir(
        out_dir: &Path,
        names: &[Cow<'static, str>],
        no_clobber: bool,
        made: &mut Vec<PathBuf>,
    ) -> Result<(File, Option<PathBuf>)> {
        let cannot = |what, error| Error::io(ErrorKind::Output, out_dir, what, error);
        make_dirs(out_dir, made)?;
        let lock = File::open(out_dir).map_err(|error| cannot("cannot open the output directory", error))?;
        let locked = loop {
            match lock.try_lock() {
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                locked => break locked,
            }
        };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(ErrorKind::Locked, "another run is writing into this directory")
                    .at(Place::file(out_dir))
                    .hint("wait for it to end, or choose another --out-dir"));
            }
            Err(TryLockError::Error(error)) => return Err(cannot("cannot lock the output directory", error)),
        }
        for name in names {
            check_name(&out_dir.join(&**name), no_clobber)?;
        }
        let staging = out_dir.join(STAGING);
        let kept_mark = names.last().map_or(Ok(None), |mark| keep_mark(out_dir, mark))?;
        clear_leftovers(out_dir)?;
        // For the owner alone while it is incomplete.
        let made_staging = uninterrupted(|| DirBuilder::new().mode(0o700).create(&staging));
        made_staging.map_err(|error| Error::io(ErrorKind::Output, &staging, "cannot create", error))?;
        Ok((lock, kept_mark))
    }

    /// Refuses an output name that is one of the inputs.
    pub(crate) fn refuse_inputs(&self, inputs: &[Opened]) -> Result<()> {
        for path in self.names.iter().map(|name| self.out_dir.join(&**name)) {
            let Ok(stat) = rustix::fs::stat(&path) else { continue };
            if let Some(input) = inputs.iter().find(|input| input.is_same_file(&stat)) {
                let text = format!("would overwrite the input {}", escape_path(&input.path));
                return Err(Error::new(ErrorKind::OutputName, text)
                    .at(Place::file(&path))
                    .hint("choose another --out-dir"));
            }
        }
        Ok(())
    }

    /// Files of the old set whose report a killed run had taken away.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when that report cannot be read.
    pub(crate) fn lost(&self) -> Result<Vec<String>> {
        self.kept_mark.as_deref().map_or(Ok(vec![]), listed_outputs)
    }

    /// Whether a run killed between its moves had taken away a set's commit mark.
    pub(crate) fn had_mark(&self) -> bool {
        self.kept_mark.is_some()
    }

    /// Begins a file of the set.
    pub(crate) fn create(&self, name: impl Into<Cow<'static, str>>) -> Result<StagedFile> {
        StagedFile::create(&self.dir, name)
    }

    /// Moves the staged set to its names, all or nothing.
    pub(crate) fn publish(&mut self, moves: &Moves, sync: bool, monitor: &Monitor) -> Result<()> {
        if sync {
            // A directory made by this run must itself outlive a power loss.
            for dir in &self.made {
                let parent = dir.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
                publish::sync_dir(parent)?;
            }
        }
        self.cleanup = None;
        let Published { outcome, whole } = publish::publish(&self.out_dir, &self.dir, moves, sync, monitor);
        self.keep = !whole;
        outcome?;
        self.published = true;
        if let Some(kept) = &self.kept_mark {
            // Whatever cannot be removed now tells the next run of files that are gone, no more.
            let _ = fs::remove_file(kept);
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // Whatever cannot be removed now is cleared by the next run.
        let _ = uninterrupted(|| fs::remove_dir_all(&self.dir));
        if !self.published {
            remove_made(&self.made);
        }
    }
}

fn make_dirs(dir: &Path, made: &mut Vec<PathBuf>) -> Result<()> {
    let missing: Vec<&Path> = dir
        .ancestors()
        .filter(|dir| !dir.as_os_str().is_empty())
        .take_while(|dir| {
            uninterrupted(|| fs::symlink_metadata(dir)).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        })
        .collect();
    for dir in missing.into_iter().rev() {
        match uninterrupted(|| fs::create_dir(dir)) {
            Ok(()) => made.push(dir.to_owned()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io(ErrorKind::Output, dir, "cannot make the output directory", error)),
        }
    }
    match uninterrupted(|| fs::metadata(dir)) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::OutputName, "is not a directory")
            .at(Place::file(dir))
            .hint("choose another --out-dir")),
        Err(error) => Err(Error::io(ErrorKind::Output, dir, "cannot open the output directory", error)),
    }
}

fn remove_made(made: &[PathBuf]) {
    for dir in made.iter().rev() {
        // Not empty: someone else uses it by now.
        let _ = fs::remove_dir(dir);
    }
}

/// A name can be taken when nothing stands there, or a regular file.
fn check_name(path: &Path, no_clobber: bool) -> Result<()> {
    let refuse = |text: &str| Err(Error::new(ErrorKind::OutputName, text).at(Place::file(path)));
    let kind = match uninterrupted(|| fs::symlink_metadata(path)) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Error::io(ErrorKind::Output, path, "cannot check", error)),
    };
    let what = match () {
        () if kind.is_file() => {
            return if no_clobber { refuse("exists, and --no-clobber is given") } else { Ok(()) };
        }
        () if kind.is_symlink() => "a symbolic link",
        () if kind.is_dir() => "a directory",
        () if kind.is_fifo() => "a FIFO",
        () => "a device or socket",
    };
    refuse(&format!("is {what}, not a regular file; move it away or choose another --out-dir"))
}

/// The standard library does not repeat calls on directories that a signal interrupted.
pub(super) fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

/// Refuses inputs in the folder that is about to be cleared.
///
/// # Errors
/// [`ErrorKind::OutputName`], naming the input.
pub(crate) fn refuse_staged<'a>(out_dir: &Path, inputs: impl Iterator<Item = &'a Path>) -> Result<()> {
    let Ok(staging) = fs::canonicalize(out_dir.join(STAGING)) else { return Ok(()) };
    for input in inputs {
        if fs::canonicalize(input).is_ok_and(|path| path.starts_with(&staging)) {
            return Err(Error::new(
                ErrorKind::OutputName,
                "stands in the folder that a run makes its set in and clears",
            )
            .at(Place::file(input))
            .hint("move it elsewhere, or choose another --out-dir"));
        }
    }
    Ok(())
}

/// The commit mark that a run killed between its moves had taken away. It is kept until a set is published, as it
/// tells which files are this program's; everything else the run left is only copies and half files.
fn keep_mark(out_dir: &Path, mark: &str) -> Result<Option<PathBuf>> {
    let (staging, kept) = (out_dir.join(STAGING), out_dir.join(format!(".spendfold-old-{mark}")));
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    // Never through a link.
    if fs::symlink_metadata(&staging).is_ok_and(|found| found.is_dir()) && is_file(&publish::away(&staging, mark)) {
        let moved = fs::rename(publish::away(&staging, mark), &kept);
        moved.map_err(|error| Error::io(ErrorKind::Output, &kept, "cannot move the old report there", error))?;
    }
    Ok(is_file(&kept).then_some(kept))
}

/// Removes what a killed run left: the staging folder and nothing else, never followed, only under the lock.
fn clear_leftovers(out_dir: &Path) -> Result<()> {
    let path = out_dir.join(STAGING);
    let cannot = |error| Error::io(ErrorKind::Output, &path, "cannot clear a leftover", error);
    let kind = match uninterrupted(|| fs::symlink_metadata(&path)) {
        Ok(found) => found.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(cannot(error)),
    };
    uninterrupted(|| if kind.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) }).map_err(cannot)
}
