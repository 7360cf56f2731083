//! The staging directory: where a set is made before it is published, inside the output directory.
//!
//! [`Stage::prepare`] opens and locks the output directory, checks the names of the set and clears what a killed run
//! left. From then on everything is reached through the two open descriptors, so the run keeps writing into the
//! directory it locked, whatever happens to its path. Dropping the stage removes the staging directory.

use super::lock::{MadeDir, open_and_lock};
use super::owner;
use super::publish::{Moves, Publication, StagedName};
use super::report::{MOST_REPORT_BYTES, listed_outputs};
use super::staged_file::StagedFile;
use crate::directory::{Dir, Entry, FileId, kind_name};
use crate::emergency::Cleanup;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::input::opened::Opened;
use crate::monitor::Monitor;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::borrow::Cow;
use std::os::fd::{AsFd, AsRawFd};
use std::path::{Path, PathBuf};

/// The name of the staging directory.
pub(super) const STAGING: &str = ".spendfold-staging";

/// An output directory held for one run.
#[derive(Debug)]
pub(crate) struct Stage {
    /// What an end without unwinding (SIGBUS, out of memory) removes; `None` from the first move on.
    cleanup: Option<Cleanup>,
    /// The output directory, locked as long as it is open.
    out: Dir,
    staging: Dir,
    /// Directories that did not exist before, outermost first; removed when nothing is published.
    made: Vec<MadeDir>,
    /// The files begun so far.
    files: Vec<StagedName>,
    no_clobber: bool,
    published: bool,
    /// The staging directory holds the only copy of an old file that could not be put back.
    keep: bool,
    /// The name under which the commit mark is kept that a run killed between its moves had taken away.
    kept_mark: Option<String>,
}

impl Stage {
    /// Makes the output directory where needed, locks it, clears what a killed run left, and refuses those `names` of
    /// the set (the commit mark last) that cannot be taken.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`] for a path that is no directory, a name that is not a regular file, under `no_clobber`
    /// a file that exists, and an input in the staging directory; [`ErrorKind::Locked`] while another run holds the
    /// directory; [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn prepare<'a>(
        out_dir: &Path,
        names: &[Cow<'static, str>],
        no_clobber: bool,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<Self> {
        let mut made = Vec::new();
        let prepared = open_and_lock(out_dir, &mut made).and_then(|out| {
            for name in names {
                check_name(&out, name, no_clobber)?;
            }
            refuse_staged(&out, inputs)?;
            owner::refuse_foreign(&out, STAGING)?;
            let kept_mark = names.last().map_or(Ok(None), |mark| keep_mark(&out, mark))?;
            let staging = fresh_staging(&out)?;
            Ok((out, staging, kept_mark))
        });
        let (out, staging, kept_mark) = prepared.inspect_err(|_| made.iter().rev().for_each(MadeDir::remove))?;
        let dirs = made.iter().rev().map(|made| (&made.parent, made.name.as_os_str()));
        let dirs = std::iter::once((&out, STAGING.as_ref())).chain(dirs);
        let files = names.iter().map(|name| &**name).chain([owner::NAME]);
        let cleanup = Some(Cleanup::new(&staging, files, dirs));
        let files = vec![];
        let mut stage =
            Self { cleanup, out, staging, made, files, no_clobber, published: false, keep: false, kept_mark };
        owner::mark(&mut stage)?;
        Ok(stage)
    }

    /// The output directory.
    pub(crate) fn out(&self) -> &Dir {
        &self.out
    }

    /// Refuses an output name that is one of the inputs.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`], naming both.
    pub(crate) fn refuse_inputs(&self, names: &[Cow<'static, str>], inputs: &[Opened]) -> Result<()> {
        for name in names {
            let Ok(Some(entry)) = self.out.entry(&**name) else { continue };
            if let Some(input) = inputs.iter().find(|input| input.id() == Some(entry.id)) {
                let text = format!("would overwrite the input {}", escape_path(&input.path));
                return Err(Error::new(ErrorKind::OutputName, text)
                    .at(Place::file(&self.out.path_of(&**name)))
                    .hint("choose another --out-dir"));
            }
        }
        Ok(())
    }

    /// The files that the old report lists, and those of a report that a killed run had taken away.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when a report is there and cannot be read.
    pub(crate) fn old_outputs(&self, report: &str) -> Result<Vec<String>> {
        let mut listed = listed_outputs(&self.out, report)?;
        if let Some(kept) = &self.kept_mark {
            listed.extend(listed_outputs(&self.out, kept)?);
        }
        Ok(listed)
    }

    /// Whether a run killed between its moves had taken away a set's commit mark.
    pub(crate) fn had_mark(&self) -> bool {
        self.kept_mark.is_some()
    }

    /// Begins a file of the set.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn create(&mut self, name: impl Into<Cow<'static, str>>) -> Result<StagedFile> {
        let name = name.into();
        let (file, id) = StagedFile::create(&self.staging, name.clone())?;
        self.files.push(StagedName { name, id });
        Ok(file)
    }

    /// Moves the staged set to its names, all or nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Output`], and [`ErrorKind::Interrupted`] for a signal before the last move; the old set is back then
    /// or the error says what could not be put back.
    pub(crate) fn publish(&mut self, moves: &Moves, sync: bool, monitor: &Monitor) -> Result<()> {
        if sync {
            // A directory made by this run must itself outlive a power loss.
            for MadeDir { parent, .. } in &self.made {
                let cannot = |error: Errno| {
                    Error::io(ErrorKind::Output, parent.path(), "cannot sync the directory", error.into())
                };
                parent.sync().map_err(cannot)?;
            }
        }
        let Self { out, staging, files, no_clobber, cleanup, keep, .. } = self;
        let publication = Publication { out, staging, files, no_clobber: *no_clobber, sync, monitor };
        let plan = publication.plan(moves)?;
        *cleanup = None;
        // Should a bug end the run between two moves, the old files are kept.
        *keep = true;
        let published = plan.run();
        *keep = !published.whole;
        published.outcome?;
        self.published = true;
        if let Some(kept) = &self.kept_mark {
            // If it stays, the next run learns of files that are gone; no more.
            let _ = self.out.remove_file(kept);
        }
        if let Some(now) = self.moved_to() {
            let (path, now) = (escape_path(self.out.path()), escape_path(&now));
            monitor.notice(format!("{path}: was moved or replaced during the run; the set is in {now}"));
        }
        Ok(())
    }

    /// Where the output directory is now, when its path does not lead to it any more.
    fn moved_to(&self) -> Option<PathBuf> {
        let id = self.out.id().ok()?;
        match FileId::at(self.out.path()) {
            Ok(found) if found != id => {}
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            // It is where it was, or the system cannot tell.
            _ => return None,
        }
        std::fs::read_link(format!("/proc/self/fd/{}", self.out.as_fd().as_raw_fd())).ok()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // Whatever cannot be removed now is cleared by the next run.
        let _ = self.staging.clear();
        // The name may have been given to something else.
        if self.staging.id().and_then(|id| self.out.leads_to(STAGING, id)) == Ok(true) {
            let _ = self.out.remove_dir(STAGING);
        }
        if !self.published {
            self.made.iter().rev().for_each(MadeDir::remove);
        }
    }
}

/// A name can be taken when nothing stands there, or a regular file.
fn check_name(out: &Dir, name: &str, no_clobber: bool) -> Result<()> {
    let path = out.path_of(name);
    let cannot = |error: Errno| Error::io(ErrorKind::Output, &path, "cannot check", error.into());
    let text = match out.entry(name).map_err(cannot)? {
        None => return Ok(()),
        Some(Entry { kind: FileType::RegularFile, .. }) if no_clobber => "exists, and --no-clobber is given".to_owned(),
        Some(Entry { kind: FileType::RegularFile, size, .. }) => {
            match size > MOST_REPORT_BYTES && name == super::set::REPORT {
                false => return Ok(()),
                true => "is too large for a report; move it away or choose another --out-dir".to_owned(),
            }
        }
        Some(Entry { kind, .. }) => {
            format!("is {}, not a regular file; move it away or choose another --out-dir", kind_name(kind))
        }
    };
    Err(Error::new(ErrorKind::OutputName, text).at(Place::file(&path)))
}

/// Refuses inputs in the staging directory of a killed run, which is about to be cleared.
fn refuse_staged<'a>(out: &Dir, inputs: impl Iterator<Item = &'a Path>) -> Result<()> {
    let Ok(Some(Entry { id: staging, kind: FileType::Directory, .. })) = out.entry(STAGING) else { return Ok(()) };
    let is_staging = |dir: &Path| FileId::at(dir) == Ok(staging);
    for input in inputs {
        if std::fs::canonicalize(input).is_ok_and(|path| path.ancestors().skip(1).any(is_staging)) {
            return Err(Error::new(
                ErrorKind::OutputName,
                "is in the staging directory of a run that was killed, which is cleared before a new run",
            )
            .at(Place::file(input))
            .hint("move it elsewhere, or choose another --out-dir"));
        }
    }
    Ok(())
}

/// Keeps the commit mark that a run killed between its moves had taken away, until a set is published: it lists the
/// files that are this program's. Everything else the killed run left is copies and half files.
fn keep_mark(out: &Dir, mark: &str) -> Result<Option<String>> {
    let kept = format!(".spendfold-old-{mark}");
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.kind == FileType::RegularFile);
    // Never through a link.
    if let Ok(staging) = out.child(STAGING) {
        let away = away_name(mark);
        if is_file(staging.entry(&away).unwrap_or_default()) {
            let cannot = |error: Errno| {
                Error::io(ErrorKind::Output, &out.path_of(&kept), "cannot move the old report there", error.into())
            };
            staging.rename(&away, out, &kept).map_err(cannot)?;
        }
    }
    Ok(is_file(out.entry(&kept).unwrap_or_default()).then_some(kept))
}

/// Where an old file waits in the staging directory while the set is moved.
pub(super) fn away_name(name: &str) -> String {
    format!("old-{name}")
}

/// Removes what a killed run left, which is the staging directory and nothing else, and makes a new one.
fn fresh_staging(out: &Dir) -> Result<Dir> {
    let path = out.path_of(STAGING);
    let cannot = |what, error: Errno| Error::io(ErrorKind::Output, &path, what, error.into());
    let cannot_clear = |error| cannot("cannot clear a leftover", error);
    match out.entry(STAGING).map_err(cannot_clear)? {
        None => {}
        Some(Entry { kind: FileType::Directory, .. }) => {
            let cleared = out.child(STAGING).and_then(|staging| staging.clear());
            cleared.and_then(|()| out.remove_dir(STAGING)).map_err(cannot_clear)?;
        }
        Some(_) => out.remove_file(STAGING).map_err(cannot_clear)?,
    }
    // For the owner alone while it is incomplete.
    out.make_dir(STAGING, 0o700).map_err(|error| cannot("cannot create", error))?;
    out.child(STAGING).map_err(|error| cannot("cannot open", error))
}
