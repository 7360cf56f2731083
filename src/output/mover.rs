//! Moves one file between the staging directory and the output directory, and back.
//!
//! Other programs may change the output directory at any time. So each move compares both names with the recorded file
//! identities, before and after (TOCTOU). Anything but a regular file, and under `--no-clobber` any existing file, is
//! left in place, even if it appeared during the run. No move replaces an unchecked file: a move is an exchange
//! (`RENAME_EXCHANGE`), which is checked afterwards and can be reversed, or it fails if the name is taken
//! (`RENAME_NOREPLACE`, or a hard link). Only on file systems that support none of these are checking and moving two
//! separate calls.
//!
//! Nothing here allocates, except that `done` may grow. To prevent that, the caller reserves room for
//! [`MAX_MOVES_PER_STEP`] moves per step.

use super::publish_error::Cause;
use crate::fs::directory::{Dir, FileId, Pinned};
use rustix::fs::{FileType, RenameFlags};
use rustix::io::Errno;

/// Maximum number of attempts to move a file to a name that other programs keep changing.
const ATTEMPTS: usize = 100;

/// Maximum number of moves in a step: without `RENAME_EXCHANGE`, the old file is moved away before the new one is moved
/// to its name.
pub(super) const MAX_MOVES_PER_STEP: usize = 2;

/// Moves files between the output directory and the staging directory.
#[derive(Clone, Copy)]
pub(super) struct Mover<'a> {
    pub(super) out: &'a Dir,
    pub(super) staging: &'a Dir,
    pub(super) no_clobber: bool,
}

/// The name of a file of the set, and the name that its old file gets if it is moved to the staging directory.
#[derive(Debug)]
pub(super) struct Name {
    pub(super) name: String,
    pub(super) away: String,
}

/// The name in the staging directory of an old file that a step of its own moves away.
pub(super) fn away_name(name: &str) -> String {
    format!("old-{name}")
}

/// The name in the staging directory of an old file that a new one replaces, on a file system without an exchange.
pub(super) fn replaced_name(name: &str) -> String {
    // Not `away_name`: the first step may already have given that name to the old commit marker.
    format!("{name}.old")
}

/// A completed move, which can be undone.
#[derive(Debug)]
pub(super) struct CompletedMove<'p> {
    pub(super) name: &'p Name,
    kind: MoveKind,
}

#[derive(Debug)]
enum MoveKind {
    /// The new file is at its name. The old file has the same name in the staging directory.
    Exchanged(FileId),
    /// The new file is at its name, which was free.
    MovedIn { id: FileId, _pin: Option<Pinned> },
    /// The old file is in the staging directory.
    MovedAway,
}

impl CompletedMove<'_> {
    pub(super) fn is_moved_away(&self) -> bool {
        matches!(self.kind, MoveKind::MovedAway)
    }
}

impl Mover<'_> {
    /// The regular file that a move to this name may replace; `None` if the name is free.
    fn replaceable(&self, name: &str) -> Result<Option<Pinned>, Cause> {
        match self.out.pin(name)? {
            None => Ok(None),
            Some(found) if found.entry.kind != FileType::RegularFile => Err(Cause::NotRegular(found.entry.kind)),
            Some(_) if self.no_clobber => Err(Cause::Exists),
            found => Ok(found),
        }
    }

    /// Moves a staged file to its name, and an old file to the staging directory.
    pub(super) fn move_in<'p>(
        &self,
        name: &'p Name,
        id: FileId,
        done: &mut Vec<CompletedMove<'p>>,
    ) -> Result<(), Cause> {
        let mut moved_away = false;
        for _ in 0..ATTEMPTS {
            if !self.staging.leads_to(&name.name, id)? {
                return Err(Cause::StagedLost);
            }
            let Some(old) = self.replaceable(&name.name)? else {
                match self.move_to_free(&name.name, id) {
                    Ok((id, pin)) => {
                        done.push(CompletedMove { name, kind: MoveKind::MovedIn { id, _pin: pin } });
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
                // Without RENAME_EXCHANGE the name is briefly free. If another program takes it then, its file stays.
                Err(error) if is_unsupported(error) && !moved_away => {
                    moved_away = true;
                    self.move_away(name, done)?;
                    continue;
                }
                Err(error) if is_unsupported(error) => return Err(Cause::Replaced),
                Err(error) => return Err(error.into()),
            }
            done.push(CompletedMove { name, kind: MoveKind::Exchanged(id) });
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
        // A hard link never replaces a file. Its name in the staging directory is removed with that directory. On some
        // FUSE file systems the two names have different inode numbers.
        match staging.link(name, out, name) {
            Ok(()) => {
                let pin = out.pin(name).unwrap_or_default();
                return Ok((pin.as_ref().map_or(id, |pin| pin.entry.id), pin));
            }
            Err(error) if is_unsupported(error) || error == Errno::PERM => {}
            Err(error) => return Err(error),
        }
        // If neither is supported, checking and renaming are two calls.
        match out.entry(name)? {
            None => staging.rename(name, out, name).map(|()| (id, None)),
            Some(_) => Err(Errno::EXIST),
        }
    }

    /// Moves an old file, if there is one, into the staging directory.
    pub(super) fn move_away<'p>(&self, name: &'p Name, done: &mut Vec<CompletedMove<'p>>) -> Result<(), Cause> {
        let Some(old) = self.replaceable(&name.name)? else { return Ok(()) };
        let moved = match self.out.rename_with(&name.name, self.staging, &name.away, RenameFlags::NOREPLACE) {
            // A plain rename is safe: only this run creates names in the staging directory, and this one only once.
            Err(error) if is_unsupported(error) => self.out.rename(&name.name, self.staging, &name.away),
            outcome => outcome,
        };
        match moved {
            Ok(()) => done.push(CompletedMove { name, kind: MoveKind::MovedAway }),
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if self.staging.leads_to(&name.away, old.entry.id)? { Ok(()) } else { Err(Cause::Replaced) }
    }

    /// Undoes a move. Returns whether the old file, if there was one, is back at its name.
    ///
    /// Each system call has fallbacks, so that the cause of a failed move does not also make the rollback fail. A file
    /// that another program moved to the name is not touched.
    pub(super) fn undo(&self, done: &CompletedMove<'_>) -> bool {
        let Name { name, away } = done.name;
        match done.kind {
            MoveKind::Exchanged(id) => self.exchange_back(name, id),
            // If the identity cannot be read, the file is assumed to be the one that this run moved there.
            MoveKind::MovedIn { id, .. } => {
                self.out.leads_to(name, id) == Ok(false) || self.out.remove_file(name).is_ok()
            }
            MoveKind::MovedAway => self.move_back(away, name),
        }
    }

    /// Undoes an exchange.
    fn exchange_back(&self, name: &str, id: FileId) -> bool {
        let Self { out, staging, .. } = self;
        if out.leads_to(name, id) == Ok(false) {
            return false;
        }
        if staging.rename_with(name, out, name, RenameFlags::EXCHANGE).is_ok() {
            if staging.leads_to(name, id) != Ok(false) {
                return true;
            }
            // Another program replaced this run's file just before: restore that program's file.
            let _ = staging.rename_with(name, out, name, RenameFlags::EXCHANGE);
            return false;
        }
        staging.rename(name, out, name).is_ok()
            || (out.leads_to(name, id) != Ok(false)
                && out.remove_file(name).is_ok()
                && staging.link(name, out, name).is_ok())
    }

    /// Moves an old file back to its name if the name is free.
    fn move_back(&self, away: &str, name: &str) -> bool {
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

/// Whether the file system or the kernel does not support the call or the flag.
pub(super) fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}
