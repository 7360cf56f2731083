//! Holds a staged set: moves it into the output directory under the name `held`, in one exchange of directories.
//!
//! The staged files are first gathered in a directory inside the staging directory. One `renameat2` then exchanges that
//! directory with an older `held`, or moves it to the free name, so `held` is always a complete set, old or new. The
//! older set ends up in the staging directory and is removed with it. The published set is not touched.
//!
//! On a file system that cannot exchange two names, the older set is moved aside first. A run that is killed in between
//! leaves it in the staging directory, and the next run moves it back ([`restore`]).

use super::file_names::{HELD_DIR, REPORT};
use super::held::HeldSet;
use super::mover::is_unsupported;
use super::publish::StagedName;
use crate::error::{Error, ErrorKind, Place, Result, Setting, words};
use crate::fs::directory::{Dir, FileId};
use crate::monitor::Monitor;
use rustix::fs::RenameFlags;
use rustix::io::Errno;

/// The name in the staging directory of an older held set that was moved aside before the new one takes its name.
const ASIDE: &str = "held-aside";
/// The name in the staging directory of an older held set that a publication removes.
const REMOVED: &str = "held-removed";

/// A staged set that is about to be held.
pub(super) struct Hold<'a> {
    pub(super) out: &'a Dir,
    pub(super) staging: &'a Dir,
    pub(super) no_clobber: bool,
    pub(super) sync: bool,
}

/// How the new set got its name.
enum Entered {
    /// There was no older set.
    Moved,
    /// The older set is at the same name in the staging directory.
    Exchanged,
    /// The older set is at [`ASIDE`] in the staging directory.
    MovedAside,
}

impl Hold<'_> {
    /// Moves the staged files into `held` inside the staging directory.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when the system refuses, or if another program has replaced a staged file.
    pub(super) fn gather(&self, files: &[StagedName]) -> Result<HeldSet> {
        let path = self.staging.path_of(HELD_DIR);
        let cannot = |what, error: Errno| Error::io(ErrorKind::Output, &path, what, error.into());
        // The default mode, reduced by the umask, like that of an output directory.
        self.staging.make_dir(HELD_DIR, 0o777).map_err(|error| cannot("cannot create", error))?;
        let dir = self.staging.child(HELD_DIR).map_err(|error| cannot("cannot open", error))?;
        let id = dir.id().map_err(|error| cannot("cannot open", error))?;
        // The commit marker is moved last, as in a publication, although no reader looks here before the exchange.
        let (markers, others): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.name == REPORT);
        for StagedName { name, id, .. } in others.into_iter().chain(markers) {
            let cannot_move = |error: Errno| cannot("cannot move a staged file there", error);
            self.staging.rename(name, &dir, name).map_err(cannot_move)?;
            if !dir.leads_to(name, *id).map_err(cannot_move)? {
                let text = "was replaced by another program; nothing was held";
                return Err(Error::new(ErrorKind::Output, text).at(Place::file(&self.staging.path_of(&**name))));
            }
        }
        if self.sync {
            dir.sync().map_err(|error| cannot("cannot sync the directory", error))?;
        }
        Ok(HeldSet { dir, id })
    }

    /// Moves the gathered set to the name `held` in the output directory.
    ///
    /// # Errors
    /// [`ErrorKind::Output`], and the error of `monitor` if the run is cancelled or interrupted. The older held set is
    /// then as it was.
    pub(super) fn enter(&self, new: &HeldSet, monitor: &Monitor) -> Result<()> {
        let older = HeldSet::open(self.out, ErrorKind::Output)?;
        if older.is_some() && self.no_clobber {
            let text = words!["was created during the run, and ", Setting::NoClobber, " is given; nothing was held"];
            return Err(Error::from_words(ErrorKind::Output, text).at(Place::file(&self.out.path_of(HELD_DIR))));
        }
        monitor.check()?;
        let entered = match &older {
            None => self.move_to_free()?,
            Some(_) => self.exchange()?,
        };
        let checked = self.check(new.id, older.map(|older| older.id), &entered);
        checked.inspect_err(|_| self.undo(&entered))
    }

    fn move_to_free(&self) -> Result<Entered> {
        let Self { out, staging, .. } = self;
        let moved = match staging.rename_with(HELD_DIR, out, HELD_DIR, RenameFlags::NOREPLACE) {
            // A plain rename replaces no directory but an empty one, and no file.
            Err(error) if is_unsupported(error) => staging.rename(HELD_DIR, out, HELD_DIR),
            outcome => outcome,
        };
        moved.map(|()| Entered::Moved).map_err(|error| self.cannot("cannot move the held set to its name", error))
    }

    fn exchange(&self) -> Result<Entered> {
        let Self { out, staging, .. } = self;
        match staging.rename_with(HELD_DIR, out, HELD_DIR, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(Entered::Exchanged),
            Err(error) if is_unsupported(error) => {}
            Err(error) => return Err(self.cannot("cannot replace the older held set", error)),
        }
        let aside = out.rename(HELD_DIR, staging, ASIDE);
        aside.map_err(|error| self.cannot("cannot move the older held set away", error))?;
        match staging.rename(HELD_DIR, out, HELD_DIR) {
            Ok(()) => Ok(Entered::MovedAside),
            Err(error) => {
                // If this fails too, the next run moves it back.
                let _ = staging.rename(ASIDE, out, HELD_DIR);
                Err(self.cannot("cannot move the held set to its name", error))
            }
        }
    }

    /// Checks that the new set has its name, and that no foreign file appeared in the older set at the last moment.
    /// Syncs both directories if the run asks for it.
    fn check(&self, new: FileId, older: Option<FileId>, entered: &Entered) -> Result<()> {
        let Self { out, staging, sync, .. } = self;
        let replaced = || {
            let text = "was replaced by another program during the run; nothing was held";
            Error::new(ErrorKind::Output, text).at(Place::file(&out.path_of(HELD_DIR)))
        };
        let system = |error| self.cannot("cannot check the held set", error);
        let moved_away = match entered {
            Entered::Moved => None,
            Entered::Exchanged => Some(HELD_DIR),
            Entered::MovedAside => Some(ASIDE),
        };
        if let Some(name) = moved_away {
            let found = HeldSet::open_at(staging, name, ErrorKind::Output)?;
            if found.map(|found| found.id) != older {
                return Err(replaced());
            }
        }
        if !out.leads_to(HELD_DIR, new).map_err(system)? {
            return Err(replaced());
        }
        if *sync {
            staging
                .sync()
                .and_then(|()| out.sync())
                .map_err(|error| self.cannot("cannot sync the directory", error))?;
        }
        Ok(())
    }

    /// Moves the new set back into the staging directory, and the older one back to its name.
    fn undo(&self, entered: &Entered) {
        let Self { out, staging, .. } = self;
        let _ = match entered {
            Entered::Moved => out.rename(HELD_DIR, staging, HELD_DIR),
            Entered::Exchanged => staging.rename_with(HELD_DIR, out, HELD_DIR, RenameFlags::EXCHANGE),
            Entered::MovedAside => {
                out.rename(HELD_DIR, staging, HELD_DIR).and_then(|()| staging.rename(ASIDE, out, HELD_DIR))
            }
        };
    }

    fn cannot(&self, what: &str, error: Errno) -> Error {
        Error::io(ErrorKind::Output, &self.out.path_of(HELD_DIR), what, error.into())
    }
}

/// Removes the held set, which a publication has made out of date: moves it into the staging directory, which is
/// cleared later.
///
/// # Errors
/// As [`HeldSet::open`]; the held set is then left where it is.
pub(super) fn remove(out: &Dir, staging: &Dir) -> Result<()> {
    let Some(held) = HeldSet::open(out, ErrorKind::Output)? else { return Ok(()) };
    let cannot =
        |error: Errno| Error::io(ErrorKind::Output, &out.path_of(HELD_DIR), "cannot remove the held set", error.into());
    out.rename(HELD_DIR, staging, REMOVED).map_err(cannot)?;
    match HeldSet::open_at(staging, REMOVED, ErrorKind::Output) {
        Ok(Some(found)) if found.id == held.id => Ok(()),
        outcome => {
            staging.rename(REMOVED, out, HELD_DIR).map_err(cannot)?;
            outcome.map(|_| ())
        }
    }
}

/// Whether an older held set is still moved aside, because it could not be moved back.
pub(super) fn is_aside(staging: &Dir) -> bool {
    !matches!(staging.entry(ASIDE), Ok(None))
}

/// Moves a held set back that a killed run had moved aside, if nothing is at its name.
///
/// # Errors
/// [`ErrorKind::Output`] when the system refuses.
pub(super) fn restore(out: &Dir, staging: &Dir) -> Result<()> {
    let cannot = |error: Errno| {
        let what = "cannot move the held set of a killed run back";
        Error::io(ErrorKind::Output, &out.path_of(HELD_DIR), what, error.into())
    };
    let is_aside = staging.entry(ASIDE).map_err(cannot)?.is_some();
    if is_aside && out.entry(HELD_DIR).map_err(cannot)?.is_none() {
        staging.rename(ASIDE, out, HELD_DIR).map_err(cannot)?;
    }
    Ok(())
}
