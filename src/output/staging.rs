//! The staging directory: a directory in the output directory in which a set is written before it is published.
//!
//! [`Staging::prepare`] opens and locks the output directory, checks the names of the set and clears the leftovers of a
//! killed run. From then on all access is relative to the two open descriptors, so the run keeps writing into the
//! directory that it locked, even if its path changes (TOCTOU). Dropping [`Staging`] removes the staging directory.

use super::check_name::check_name;
use super::file_names::{REPORT, STAGING_DIR};
use super::held;
use super::hold::{self, Hold};
use super::leftovers;
use super::lock::{CreatedDir, open_and_lock};
use super::mover::Mover;
use super::publish::{Moves, Publication, StagedName};
use super::recovery;
use super::report_json::{MAX_REPORT_BYTES, listed_outputs};
use super::staged_file::StagedFile;
use super::staging_owner;
use crate::crash::{self, Cleanup};
use crate::error::{Error, ErrorKind, Place, Result, Setting, escape_path, words};
use crate::exec::fingerprint::crc32_text;
use crate::fs::directory::{Dir, FileId};
use crate::input::file::InputFile;
use crate::model::inputs::Inputs;
use crate::monitor::Monitor;
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
    pub(super) staging: Dir,
    /// The directories that this run created, outermost first. They are removed unless the set is published.
    created: Vec<CreatedDir>,
    /// The staged files created so far.
    pub(super) files: Vec<StagedName>,
    no_clobber: bool,
    /// Whether the set was published or held.
    committed: bool,
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
    /// holds the lock; [`ErrorKind::Output`] when the system refuses; the error of `monitor` if it is cancelled or
    /// interrupted.
    pub(crate) fn prepare<'a>(
        out_dir: &Path,
        names: &[Cow<'static, str>],
        no_clobber: bool,
        inputs: impl Iterator<Item = &'a Path>,
        monitor: &Monitor,
    ) -> Result<Self> {
        crash::enter_staged();
        let mut created = Vec::new();
        let prepared = open_and_lock(out_dir, &mut created).and_then(|out| {
            for name in names {
                check_name(&out, name, no_clobber)?;
            }
            leftovers::refuse_inputs_inside(&out, inputs)?;
            staging_owner::refuse_foreign(&out, STAGING_DIR)?;
            leftovers::restore_held(&out)?;
            recovery::roll_back_killed(&out, monitor)?;
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
            Self { cleanup, out, staging, created, files, no_clobber, committed: false, keep: false, kept_marker };
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
            self.sync_created()?;
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
        self.committed = true;
        self.remove_kept_marker();
        self.notice_move(monitor);
        Ok(())
    }

    /// Holds the staged set instead of publishing it: moves it into the directory `held` of the output directory and
    /// removes an older held set.
    ///
    /// # Errors
    /// [`ErrorKind::Output`], [`ErrorKind::Interrupted`] or [`ErrorKind::Cancelled`]. An older held set is then as it
    /// was.
    pub(crate) fn hold(&mut self, sync: bool, monitor: &Monitor) -> Result<()> {
        if sync {
            self.sync_created()?;
        }
        // The staged files are about to get other names.
        self.cleanup = None;
        let hold = Hold { out: &self.out, staging: &self.staging, no_clobber: self.no_clobber, sync };
        let set = hold.gather(&self.files)?;
        hold.enter(&set, monitor).inspect_err(|_| {
            // The next run moves it back.
            self.keep = hold::is_aside(&self.staging);
        })?;
        crash::enter_held();
        self.committed = true;
        self.notice_move(monitor);
        Ok(())
    }

    /// Removes a held set, which a publication has made out of date. If it cannot be removed, it stays, with a notice;
    /// it can no longer be accepted.
    pub(crate) fn remove_held(&self, monitor: &Monitor) {
        if let Err(error) = hold::remove(&self.out, &self.staging) {
            let text = error.with_setting_names(|setting| setting.to_string()).to_string();
            let line = text.lines().next().unwrap_or_default();
            monitor.notice(format!("{line}; the held set is out of date and was left where it is"));
        }
    }

    /// Removes the old commit marker that a killed run had moved away, because a complete set is published.
    pub(crate) fn remove_kept_marker(&self) {
        if let Some(kept) = &self.kept_marker {
            // If this fails, the next run reads an outdated list of files, which is harmless.
            let _ = self.out.remove_file(kept);
        }
    }

    /// Fails unless a set can be held: `held` is free, or is a held set that may be replaced.
    ///
    /// # Errors
    /// [`ErrorKind::OutputName`] if it is something else, or exists under `no_clobber`; [`ErrorKind::Output`] when the
    /// system refuses.
    pub(crate) fn check_held(&self) -> Result<()> {
        held::check(&self.out, self.no_clobber)
    }

    /// The CRC-32 of the published report, or of the old one that a killed run had moved away; `None` if there is
    /// neither.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if it cannot be read.
    pub(crate) fn published_crc32(&self) -> Result<Option<String>> {
        for name in [Some(REPORT), self.kept_marker.as_deref()].into_iter().flatten() {
            let text = self.out.read_file(name, MAX_REPORT_BYTES, ErrorKind::Output, "cannot read the old report")?;
            if let Some(text) = text {
                return Ok(Some(crc32_text(&text)));
            }
        }
        Ok(None)
    }

    /// Syncs the directories that hold the created directories, which must survive a power loss themselves.
    fn sync_created(&self) -> Result<()> {
        for CreatedDir { parent, .. } in &self.created {
            let cannot =
                |error: Errno| Error::io(ErrorKind::Output, parent.path(), "cannot sync the directory", error.into());
            parent.sync().map_err(cannot)?;
        }
        Ok(())
    }

    /// Adds a notice if the path of the output directory no longer refers to it.
    fn notice_move(&self, monitor: &Monitor) {
        if let Some(current) = self.moved_to() {
            let (path, current) = (escape_path(self.out.path()), escape_path(&current));
            monitor.notice(format!("{path}: was moved or replaced during the run; the set is in {current}"));
        }
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
        if !self.committed {
            self.created.iter().rev().for_each(CreatedDir::remove);
        }
    }
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
