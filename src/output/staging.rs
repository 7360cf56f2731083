//! The staging directory, a directory in the output directory where a set is made before it is published.
//!
//! [`Staging::prepare`] opens and locks the output directory, checks the names of the set and clears what a killed run
//! left. From then on all access goes through the two open descriptors, so the run keeps writing into the directory it
//! locked, even if its path changes. Dropping the stage removes the staging directory.

use super::file_names::REPORT;
use super::lock::{CreatedDir, open_and_lock};
use super::mover::{Mover, away_name};
use super::owner;
use super::publish::{Moves, Publication, StagedName};
use super::report::{MOST_REPORT_BYTES, listed_outputs};
use super::staged_file::StagedFile;
use crate::crash::{self, Cleanup};
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::fs::directory::{Dir, Entry, FileId, kind_name};
use crate::input::file::InputFile;
use crate::model::inputs::Inputs;
use crate::monitor::Monitor;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// The name of the staging directory.
pub(super) const STAGING: &str = ".spendfold-staging";

/// The most staged files whose inodes are kept in use, each by a descriptor. Only `generate` may make more.
const MOST_PINNED: usize = 64;

/// An output directory held for one run.
#[derive(Debug)]
pub(crate) struct Staging {
    /// What an exit without unwinding (SIGBUS, out of memory) removes; `None` from the first move on.
    cleanup: Option<Cleanup>,
    /// The output directory; the lock is held as long as it is open.
    out: Dir,
    staging: Dir,
    /// Directories made by this run, outermost first; removed if nothing is published.
    made: Vec<CreatedDir>,
    /// The files created so far.
    files: Vec<StagedName>,
    no_clobber: bool,
    published: bool,
    /// Set when the staging directory may hold the only copy of an old file, which must not be deleted.
    keep: bool,
    /// The name under which a commit marker is kept that a killed run had moved away.
    kept_mark: Option<String>,
}

impl Staging {
    /// Makes the output directory if needed, locks it, clears what a killed run left, and checks that the `names` of
    /// the set (the commit marker last) can be used.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`] for a path that is not a directory, a name that is not a regular file, under
    /// `no_clobber` a file that exists, and an input in the staging directory; [`ErrorKind::Locked`] while another run
    /// holds the lock; [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn prepare<'a>(
        out_dir: &Path,
        names: &[Cow<'static, str>],
        no_clobber: bool,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<Self> {
        crash::enter_staged();
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
        let (out, staging, kept_mark) = prepared.inspect_err(|_| made.iter().rev().for_each(CreatedDir::remove))?;
        let dirs = made.iter().rev().map(|made| (&made.parent, made.name.as_os_str()));
        let dirs = std::iter::once((&out, STAGING.as_ref())).chain(dirs);
        let files = names.iter().map(|name| &**name).chain([owner::NAME]);
        let cleanup = Some(Cleanup::new(&staging, files, dirs));
        let files = vec![];
        let stage = Self { cleanup, out, staging, made, files, no_clobber, published: false, keep: false, kept_mark };
        // From here on, dropping the stage cleans up.
        owner::mark(&stage.out, &stage.staging)?;
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
    pub(crate) fn refuse_inputs(&self, names: &[Cow<'static, str>], inputs: &Inputs<InputFile>) -> Result<()> {
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

    /// The files listed by the old report, and by a report that a killed run had moved away.
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

    /// Whether a run that was killed during publication had moved a commit marker away.
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
        // Without a pin the identity is as stable as the file system keeps it.
        let pin = if self.files.len() < MOST_PINNED { self.staging.pin(&name).ok().flatten() } else { None };
        self.files.push(StagedName { name, id, _pin: pin });
        Ok(file)
    }

    /// Moves the staged set to its names, all or nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Output`], and [`ErrorKind::Interrupted`] for a signal before the last move; then the old set has
    /// been restored, or the error says what could not be restored.
    pub(crate) fn publish(&mut self, moves: &Moves, sync: bool, monitor: &Monitor) -> Result<()> {
        if sync {
            // A directory made by this run must itself outlive a power loss.
            for CreatedDir { parent, .. } in &self.made {
                let cannot = |error: Errno| {
                    Error::io(ErrorKind::Output, parent.path(), "cannot sync the directory", error.into())
                };
                parent.sync().map_err(cannot)?;
            }
        }
        let Self { out, staging, files, no_clobber, cleanup, keep, .. } = self;
        let mover = Mover { out, staging, no_clobber: *no_clobber };
        let publication = Publication { mover, files, sync, monitor };
        let plan = publication.plan(moves)?;
        *cleanup = None;
        // If a bug ends the run between two moves, the old files are kept.
        *keep = true;
        let published = plan.run();
        *keep = !published.whole;
        published.outcome?;
        self.published = true;
        if let Some(kept) = &self.kept_mark {
            // If this fails, the next run reads a list of files that no longer exist, which does no harm.
            let _ = self.out.remove_file(kept);
        }
        if let Some(now) = self.moved_to() {
            let (path, now) = (escape_path(self.out.path()), escape_path(&now));
            monitor.notice(format!("{path}: was moved or replaced during the run; the set is in {now}"));
        }
        Ok(())
    }

    /// The current path of the output directory, if its former path no longer leads to it.
    fn moved_to(&self) -> Option<PathBuf> {
        let id = self.out.id().ok()?;
        match FileId::at(self.out.path()) {
            Ok(found) if found != id => {}
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            // It has not moved, or this cannot be determined.
            _ => return None,
        }
        Some(self.out.current_path())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.keep {
            return;
        }
        // Whatever cannot be removed now is cleared by the next run.
        let _ = self.staging.clear();
        // The name may refer to something else by now.
        if self.staging.id().and_then(|id| self.out.leads_to(STAGING, id)) == Ok(true) {
            let _ = self.out.remove_dir(STAGING);
        }
        if !self.published {
            self.made.iter().rev().for_each(CreatedDir::remove);
        }
    }
}

/// Checks that a name is free or is a regular file that may be replaced.
fn check_name(out: &Dir, name: &str, no_clobber: bool) -> Result<()> {
    let path = out.path_of(name);
    let cannot = |error: Errno| Error::io(ErrorKind::Output, &path, "cannot check", error.into());
    let text = match out.entry(name).map_err(cannot)? {
        None => return Ok(()),
        Some(Entry { kind: FileType::RegularFile, .. }) if no_clobber => "exists, and --no-clobber is given".to_owned(),
        Some(Entry { kind: FileType::RegularFile, size, .. }) if size > MOST_REPORT_BYTES && name == REPORT => {
            "is too large for a report; move it away or choose another --out-dir".to_owned()
        }
        Some(Entry { kind: FileType::RegularFile, .. }) => return Ok(()),
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

/// Keeps a commit marker that a killed run had moved away until a set is published: it lists the files that this
/// program may remove. Everything else that the killed run left is a copy or incomplete.
fn keep_mark(out: &Dir, mark: &str) -> Result<Option<String>> {
    let kept = format!(".spendfold-old-{mark}");
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.kind == FileType::RegularFile);
    let staging = match out.child(STAGING) {
        Ok(staging) => Some(staging),
        // There is none, or a symbolic link or a file, which is not this program's.
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => None,
        Err(error) => return Err(Error::io(ErrorKind::Output, &out.path_of(STAGING), "cannot open", error.into())),
    };
    if let Some(staging) = staging {
        let away = away_name(mark);
        let cannot_check =
            |error: Errno| Error::io(ErrorKind::Output, &staging.path_of(&away), "cannot check", error.into());
        if is_file(staging.entry(&away).map_err(cannot_check)?) {
            let cannot = |error: Errno| {
                Error::io(ErrorKind::Output, &out.path_of(&kept), "cannot move the old report there", error.into())
            };
            staging.rename(&away, out, &kept).map_err(cannot)?;
        }
    }
    let cannot_check = |error: Errno| Error::io(ErrorKind::Output, &out.path_of(&kept), "cannot check", error.into());
    Ok(is_file(out.entry(&kept).map_err(cannot_check)?).then_some(kept))
}

/// Removes the staging directory of a killed run, and nothing else, and makes a new one.
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
    // Only the owner has access while the set is incomplete.
    out.make_dir(STAGING, 0o700).map_err(|error| cannot("cannot create", error))?;
    out.child(STAGING).map_err(|error| {
        let _ = out.remove_dir(STAGING);
        cannot("cannot open", error)
    })
}
