//! Moves one file between the staging directory and the output directory, and back.
//!
//! Other programs may change the output directory meanwhile. So before and after each move both names are checked against
//! the recorded file identities. Anything but a regular file, and under `--no-clobber` any existing file, is left in
//! place, even if it appeared during the run. No move replaces a file that was not checked: it is an exchange, whose
//! result is checked and can be reversed, or it fails if the name is taken. Only on file systems that support neither
//! renameat2(2) with flags nor hard links are the check and the move two separate calls.
//!
//! Nothing here allocates, apart from growing `done`, which has room for [`MOST_MOVES_PER_STEP`] more.

use super::publish_error::Cause;
use crate::fs::directory::{Dir, FileId, Pinned};
use rustix::fs::{FileType, RenameFlags};
use rustix::io::Errno;

/// Maximum number of attempts at a name that other programs keep changing.
const ATTEMPTS: usize = 100;

/// Where names cannot be exchanged, an old file is moved away before the new one is moved to its name.
pub(super) const MOST_MOVES_PER_STEP: usize = 2;

/// The two directories, and whether existing files may be replaced.
#[derive(Clone, Copy)]
pub(super) struct Mover<'a> {
    pub(super) out: &'a Dir,
    pub(super) staging: &'a Dir,
    pub(super) no_clobber: bool,
}

/// A name of the set, and the name in the staging directory that its old file gets if it is moved there.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) away: String,
}

/// The name in the staging directory to which an old file is moved.
pub(super) fn away_name(name: &str) -> String {
    format!("old-{name}")
}

/// A move that was made and can be undone.
#[derive(Debug)]
pub(super) struct Done<'p> {
    pub(super) name: &'p Name,
    kind: DoneKind,
}

#[derive(Debug)]
enum DoneKind {
    /// The new file is at its name; the old one has the same name in the staging directory.
    Exchanged(FileId),
    /// The new file is at its name, which was free.
    Put { id: FileId, _pin: Option<Pinned> },
    /// The old file is in the staging directory.
    TakenAway,
}

impl Done<'_> {
    pub(super) fn is_taken_away(&self) -> bool {
        matches!(self.kind, DoneKind::TakenAway)
    }
}

impl Mover<'_> {
    /// The regular file that a move to this name would replace; `None` if the name is free.
    fn replaceable(&self, name: &str) -> Result<Option<Pinned>, Cause> {
        match self.out.pin(name)? {
            None => Ok(None),
            Some(found) if found.entry.kind != FileType::RegularFile => Err(Cause::NotRegular(found.entry.kind)),
            Some(_) if self.no_clobber => Err(Cause::Exists),
            found => Ok(found),
        }
    }

    /// Moves a staged file to its name; an old file takes its place in the staging directory.
    pub(super) fn put<'p>(&self, name: &'p Name, id: FileId, done: &mut Vec<Done<'p>>) -> Result<(), Cause> {
        let mut taken_away = false;
        for _ in 0..ATTEMPTS {
            if !self.staging.leads_to(&name.name, id)? {
                return Err(Cause::StagedLost);
            }
            let Some(old) = self.replaceable(&name.name)? else {
                match self.move_to_free(&name.name, id) {
                    Ok((id, pin)) => {
                        done.push(Done { name, kind: DoneKind::Put { id, _pin: pin } });
                        return if self.out.leads_to(&name.name, id)? { Ok(()) } else { Err(Cause::Replaced) };
                    }
                    // Another program took the name: check again.
                    Err(Errno::EXIST) => continue,
                    Err(error) => return Err(error.into()),
                }
            };
            match self.staging.rename_with(&name.name, self.out, &name.name, RenameFlags::EXCHANGE) {
                Ok(()) => {}
                Err(Errno::NOENT) => continue,
                // The file system cannot exchange names: this one is briefly free. If another program takes it in that
                // moment, its file stays.
                Err(error) if is_unsupported(error) && !taken_away => {
                    taken_away = true;
                    self.take_away(name, done)?;
                    continue;
                }
                Err(error) if is_unsupported(error) => return Err(Cause::Replaced),
                Err(error) => return Err(error.into()),
            }
            done.push(Done { name, kind: DoneKind::Exchanged(id) });
            let arrived = self.out.leads_to(&name.name, id)? && self.staging.leads_to(&name.name, old.entry.id)?;
            return if arrived { Ok(()) } else { Err(Cause::Replaced) };
        }
        Err(Cause::Replaced)
    }

    /// Moves a staged file to a free name, and returns its identity there; fails with [`Errno::EXIST`] if the name is
    /// taken.
    fn move_to_free(&self, name: &str, id: FileId) -> Result<(FileId, Option<Pinned>), Errno> {
        let Self { out, staging, .. } = self;
        match staging.rename_with(name, out, name, RenameFlags::NOREPLACE) {
            Err(error) if is_unsupported(error) => {}
            outcome => return outcome.map(|()| (id, None)),
        }
        // A hard link replaces nothing either; the first name is removed with the staging directory. Some FUSE file
        // systems give the second name an inode number of its own.
        match staging.link(name, out, name) {
            Ok(()) => {
                let pin = out.pin(name).unwrap_or_default();
                return Ok((pin.as_ref().map_or(id, |pin| pin.entry.id), pin));
            }
            Err(error) if is_unsupported(error) || error == Errno::PERM => {}
            Err(error) => return Err(error),
        }
        // A file system with neither: checking and renaming are two calls.
        match out.entry(name)? {
            None => staging.rename(name, out, name).map(|()| (id, None)),
            Some(_) => Err(Errno::EXIST),
        }
    }

    /// Moves an old file, if there is one, into the staging directory.
    pub(super) fn take_away<'p>(&self, name: &'p Name, done: &mut Vec<Done<'p>>) -> Result<(), Cause> {
        let Some(old) = self.replaceable(&name.name)? else { return Ok(()) };
        let moved = match self.out.rename_with(&name.name, self.staging, &name.away, RenameFlags::NOREPLACE) {
            // A plain rename replaces nothing: only this run creates names in the staging directory, and this one once.
            Err(error) if is_unsupported(error) => self.out.rename(&name.name, self.staging, &name.away),
            outcome => outcome,
        };
        match moved {
            Ok(()) => done.push(Done { name, kind: DoneKind::TakenAway }),
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if self.staging.leads_to(&name.away, old.entry.id)? { Ok(()) } else { Err(Cause::Replaced) }
    }

    /// Undoes a move; returns whether the old file, if there was one, is back at its name.
    ///
    /// There are fallbacks for each system call, so that the cause of a failed move need not make the rollback fail too.
    /// A file that another program placed at the name meanwhile is left alone.
    pub(super) fn put_back(&self, done: &Done<'_>) -> bool {
        let Name { name, away } = done.name;
        match done.kind {
            DoneKind::Exchanged(id) => self.exchange_back(name, id),
            // If the identity cannot be read, the file is assumed to be ours: we moved it there.
            DoneKind::Put { id, .. } => self.out.leads_to(name, id) == Ok(false) || self.out.remove_file(name).is_ok(),
            DoneKind::TakenAway => self.return_to_free(away, name),
        }
    }

    /// Undoes an exchange of a staged file.
    fn exchange_back(&self, name: &str, id: FileId) -> bool {
        let Self { out, staging, .. } = self;
        if out.leads_to(name, id) == Ok(false) {
            return false;
        }
        if staging.rename_with(name, out, name, RenameFlags::EXCHANGE).is_ok() {
            if staging.leads_to(name, id) != Ok(false) {
                return true;
            }
            // Another program replaced our file just before: its file goes back.
            let _ = staging.rename_with(name, out, name, RenameFlags::EXCHANGE);
            return false;
        }
        staging.rename(name, out, name).is_ok()
            || (out.leads_to(name, id) != Ok(false)
                && out.remove_file(name).is_ok()
                && staging.link(name, out, name).is_ok())
    }

    /// Moves an old file back to its name if that is free.
    fn return_to_free(&self, away: &str, name: &str) -> bool {
        let Self { out, staging, .. } = self;
        match staging.link(away, out, name) {
            Ok(()) => return true,
            Err(Errno::EXIST) => return false,
            Err(_) => {}
        }
        match staging.rename_with(away, out, name, RenameFlags::NOREPLACE) {
            Ok(()) => return true,
            Err(Errno::EXIST) => return false,
            Err(_) => {}
        }
        out.entry(name) == Ok(None) && staging.rename(away, out, name).is_ok()
    }
}

/// Whether the error means that the file system or the kernel does not support the call or the flag.
fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}
