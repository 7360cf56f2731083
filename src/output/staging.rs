//! The staging directory: a directory in the output directory in which a set is written before it is published.
//!
//! [`Staging::prepare`] opens and locks the output directory, checks the names of the set and clears the leftovers of a
//! killed run. From then on all access is relative to the two open descriptors, so the run keeps writing into the
//! directory that it locked, even if its path changes (TOCTOU). Dropping [`Staging`] removes the staging directory.

use super::file_names::{REPORT, STAGING_DIR};
use super::leftovers;
use super::lock::{CreatedDir, open_and_lock};
use super::mover::Mover;
use super::publish::{Moves, Publication, StagedName};
use super::report_json::{MAX_REPORT_BYTES, listed_outputs};
use super::staged_file::StagedFile;
use super::staging_owner;
use crate::crash::{self, Cleanup};
use crate::error::{Error, ErrorKind, Place, Result, Setting, escape_path, words};
use crate::fs::directory::{Dir, Entry, FileId, kind_name};
use crate::input::file::InputFile;
use crate::model::inputs::Inputs;
use crate::monitor::Monitor;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// Maximum number of pinned staged files; each pin holds a descriptor. Only `generate` may make more files.
const MAX_PINNED: usize = 64;

/// A locked output directory and its staging directory, for one run.
#[derive(Debug)]
pub(crate) struct Staging {
    /// Removes the staged files if the process ends without unwinding (SIGBUS, out of memory). `None` from the first
    /// move on.
    cleanup: Option<Cleanup>,
    /// The output directory. The lock is held as long as it is open.
    out: Dir,
    staging: Dir,
    /// The directories that this run created, outermost first. They are removed unless the set is published.
    created: Vec<CreatedDir>,
    /// The staged files created so far.
    files: Vec<StagedName>,
    no_clobber: bool,
    published: bool,
    /// Whether the staging directory may hold the only copy of an old file. It is then not removed.
    keep: bool,
    /// The name under which the old commit marker is kept, if a killed run had moved it away.
    kept_marker: Option<String>,
}

impl Staging {
    /// Creates the output directory if needed, locks it, clears the leftovers of a killed run, and checks that the
    /// `names` of the set (the commit marker last) can be used.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`] for a path that is not a directory, a name that is not a regular file, an existing
    /// file under `no_clobber`, and an input in a leftover staging directory; [`ErrorKind::Locked`] while another run
    /// holds the lock; [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn prepare<'a>(
        out_dir: &Path,
        names: &[Cow<'static, str>],
        no_clobber: bool,
        inputs: impl Iterator<Item = &'a Path>,
    ) -> Result<Self> {
        crash::enter_staged();
        let mut created = Vec::new();
        let prepared = open_and_lock(out_dir, &mut created).and_then(|out| {
            for name in names {
                check_name(&out, name, no_clobber)?;
            }
            leftovers::refuse_inputs_inside(&out, inputs)?;
            staging_owner::refuse_foreign(&out, STAGING_DIR)?;
            let kept_marker = names.last().map_or(Ok(None), |marker| leftovers::keep_old_marker(&out, marker))?;
            leftovers::remove_staging(&out)?;
            let staging = create_staging(&out)?;
            Ok((out, staging, kept_marker))
        });
        let (out, staging, kept_marker) =
            prepared.inspect_err(|_| created.iter().rev().for_each(CreatedDir::remove))?;
        let dirs = created.iter().rev().map(|dir| (&dir.parent, dir.name.as_os_str()));
        let dirs = std::iter::once((&out, STAGING_DIR.as_ref())).chain(dirs);
        let files = names.iter().map(|name| &**name).chain([staging_owner::NAME]);
        let cleanup = Some(Cleanup::new(&staging, files, dirs));
        let files = vec![];
        let prepared =
            Self { cleanup, out, staging, created, files, no_clobber, published: false, keep: false, kept_marker };
        // From here on, dropping the value cleans up.
        staging_owner::record(&prepared.out, &prepared.staging)?;
        Ok(prepared)
    }

    /// The output directory.
    pub(crate) fn out(&self) -> &Dir {
        &self.out
    }

    /// Refuses an output file that is one of the inputs.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`], naming both files.
    pub(crate) fn refuse_inputs(&self, names: &[Cow<'static, str>], inputs: &Inputs<InputFile>) -> Result<()> {
        for name in names {
            let Ok(Some(entry)) = self.out.entry(&**name) else { continue };
            if let Some(input) = inputs.iter().find(|input| input.id() == Some(entry.id)) {
                let text = format!("would overwrite the input {}", escape_path(&input.path));
                return Err(Error::new(ErrorKind::OutputName, text)
                    .at(Place::file(&self.out.path_of(&**name)))
                    .hint_words(words!["choose another ", Setting::OutDir]));
            }
        }
        Ok(())
    }

    /// The files that the old report lists, including a report that a killed run had moved away.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when a report exists and cannot be read.
    pub(crate) fn old_outputs(&self, report: &str) -> Result<Vec<String>> {
        let mut listed = listed_outputs(&self.out, report)?;
        if let Some(kept) = &self.kept_marker {
            listed.extend(listed_outputs(&self.out, kept)?);
        }
        Ok(listed)
    }

    /// Whether a run that was killed during its publication had moved the commit marker away.
    pub(crate) fn had_moved_marker(&self) -> bool {
        self.kept_marker.is_some()
    }

    /// Creates a file of the set.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when the system refuses.
    pub(crate) fn create(&mut self, name: impl Into<Cow<'static, str>>) -> Result<StagedFile> {
        let name = name.into();
        let (file, id) = StagedFile::create(&self.staging, name.clone())?;
        // Without a pin, some FUSE file systems may change the identity.
        let pin = if self.files.len() < MAX_PINNED { self.staging.pin(&name).ok().flatten() } else { None };
        self.files.push(StagedName { name, id, _pin: pin });
        Ok(file)
    }

    /// Publishes the staged set: moves its files to their names, all or nothing.
    ///
    /// # Errors
    /// [`ErrorKind::Output`], and [`ErrorKind::Interrupted`] or [`ErrorKind::Cancelled`] before the last move. The old
    /// set has then been restored, or the hint of the error says that it could not be and where its files are.
    pub(crate) fn publish(&mut self, moves: &Moves, sync: bool, monitor: &Monitor) -> Result<()> {
        if sync {
            // The created directories themselves must survive a power loss.
            for CreatedDir { parent, .. } in &self.created {
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
        // A panic between two moves must not delete the old files.
        *keep = true;
        let outcome = plan.run();
        *keep = !outcome.complete;
        outcome.result?;
        self.published = true;
        if let Some(kept) = &self.kept_marker {
            // If this fails, the next run reads an outdated list of files, which is harmless.
            let _ = self.out.remove_file(kept);
        }
        if let Some(current) = self.moved_to() {
            let (path, current) = (escape_path(self.out.path()), escape_path(&current));
            monitor.notice(format!("{path}: was moved or replaced during the run; the set is in {current}"));
        }
        Ok(())
    }

    /// The current path of the output directory, if its original path no longer refers to it.
    fn moved_to(&self) -> Option<PathBuf> {
        let id = self.out.id().ok()?;
        match FileId::at(self.out.path()) {
            Ok(found) if found != id => {}
            Err(Errno::NOENT | Errno::NOTDIR) => {}
            // It was not moved, or this is unknown.
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
        // The next run removes what cannot be removed now.
        let _ = self.staging.clear();
        // Another program may have replaced the directory.
        if self.staging.id().and_then(|id| self.out.leads_to(STAGING_DIR, id)) == Ok(true) {
            let _ = self.out.remove_dir(STAGING_DIR);
        }
        if !self.published {
            self.created.iter().rev().for_each(CreatedDir::remove);
        }
    }
}

/// Checks that a name is free, or is that of a regular file that may be replaced.
fn check_name(out: &Dir, name: &str, no_clobber: bool) -> Result<()> {
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
        Some(Entry { kind: FileType::RegularFile, .. }) => return Ok(()),
        Some(Entry { kind, .. }) => {
            let text = format!("is {}, not a regular file; move it away or choose another ", kind_name(kind));
            words![text, Setting::OutDir]
        }
    };
    Err(Error::from_words(ErrorKind::OutputName, text).at(Place::file(&path)))
}

/// Creates the staging directory. Only the owner has access while the set is incomplete.
fn create_staging(out: &Dir) -> Result<Dir> {
    let path = out.path_of(STAGING_DIR);
    let cannot = |what, error: Errno| Error::io(ErrorKind::Output, &path, what, error.into());
    out.make_dir(STAGING_DIR, 0o700).map_err(|error| cannot("cannot create", error))?;
    out.child(STAGING_DIR).map_err(|error| {
        let _ = out.remove_dir(STAGING_DIR);
        cannot("cannot open", error)
    })
}
