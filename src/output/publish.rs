//! Publishes a staged set: moves its files to their names, all or nothing.
//!
//! The last name of a set is its commit marker: the report of a run, the answer key of a generated pair. The old marker
//! is moved away first, and the new marker is moved to its name last, so a directory with a commit marker always holds
//! a complete set. In between, each file is exchanged with its old version atomically (`RENAME_EXCHANGE`), so each name
//! always holds a complete old or new file. On an error or a signal the moves are rolled back.
//!
//! [`Plan`] holds the steps in order; [`Mover`] makes a single move and undoes it.
//!
//! Nothing allocates between the first move and the last, nor during a rollback: running out of memory must not leave
//! a set half published.

use super::file_names::NAMES;
use super::mover::{CompletedMove, MAX_MOVES_PER_STEP, Mover, Name, away_name, replaced_name};
use super::publish_error::Fault;
use crate::crash::Moving;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::fs::directory::{FileId, Pinned};
use crate::monitor::Monitor;
use std::borrow::Cow;

/// The changes that a publication makes in the output directory.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    /// The files of the set, the commit marker last; at least one.
    pub(crate) names: Vec<Cow<'static, str>>,
    /// Files of the old set that the new set does not contain. They are moved away.
    pub(crate) stale: Vec<String>,
}

impl Moves {
    /// The moves that publish a set with these files, the commit marker last. `old` are the files that the old report
    /// lists. Those of them that are names of a set, and that the new set lacks, are moved away.
    pub(crate) fn of_set(names: Vec<Cow<'static, str>>, old: &[String]) -> Self {
        let is_stale = |name: &&str| old.iter().any(|old| old == name) && !names.iter().any(|new| new == name);
        let stale = NAMES.iter().filter(|name| is_stale(name)).map(|&name| name.to_owned()).collect();
        Self { names, stale }
    }
}

/// The name of a file in the staging directory, and its identity when it was created.
#[derive(Debug)]
pub(super) struct StagedName {
    pub(super) name: Cow<'static, str>,
    pub(super) id: FileId,
    /// Keeps the inode number in use, so that `id` stays valid.
    pub(super) _pin: Option<Pinned>,
}

/// A publication: the staged files and where to move them.
#[derive(Clone, Copy)]
pub(super) struct Publication<'a> {
    pub(super) mover: Mover<'a>,
    pub(super) files: &'a [StagedName],
    pub(super) sync: bool,
    pub(super) monitor: &'a Monitor,
}

/// The result of a publication.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<()>,
    /// Whether the directory holds a complete set: the new one, or the old one as it was.
    pub(super) complete: bool,
}

/// One step of a publication.
enum Step {
    /// Moves the old file, if there is one, into the staging directory.
    MoveAway(Name),
    /// Moves the staged file to its name.
    MoveIn(Name, FileId),
    /// Syncs both directories, if the run asks for it.
    Sync,
}

impl<'a> Publication<'a> {
    /// Allocates all steps, so that running them needs no memory.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] for a file that was never staged.
    pub(super) fn plan(self, moves: &Moves) -> Result<Plan<'a>> {
        let name = |name: &str, away| Name { name: name.to_owned(), away };
        let move_in = |wanted: &Cow<'static, str>| {
            let staged = self.files.iter().find(|staged| staged.name == *wanted).ok_or_else(|| {
                Error::new(ErrorKind::Output, "was not staged").at(Place::file(&self.mover.staging.path_of(&**wanted)))
            })?;
            Ok(Step::MoveIn(name(wanted, replaced_name(wanted)), staged.id))
        };
        let Some((marker, files)) = moves.names.split_last() else {
            return Ok(Plan { publication: self, steps: vec![] });
        };
        let mut steps = vec![Step::MoveAway(name(marker, away_name(marker))), Step::Sync];
        for file in files {
            steps.push(move_in(file)?);
        }
        steps.extend(moves.stale.iter().map(|stale| Step::MoveAway(name(stale, away_name(stale)))));
        steps.extend([Step::Sync, move_in(marker)?, Step::Sync]);
        Ok(Plan { publication: self, steps })
    }
}

/// The steps of a publication.
pub(super) struct Plan<'a> {
    publication: Publication<'a>,
    steps: Vec<Step>,
}

impl Plan<'_> {
    /// Makes all moves, or rolls them back.
    pub(super) fn run(&self) -> Outcome {
        let Publication { mover, monitor, .. } = self.publication;
        let mut done = Vec::with_capacity(MAX_MOVES_PER_STEP * self.steps.len());
        let moving = Moving::begin();
        #[cfg(feature = "fault-injection")]
        let memory = crate::fault_injection::Moves::begin();
        let moved = self.make_moves(
            &mut done,
            #[cfg(feature = "fault-injection")]
            &memory,
        );
        let Err(fault) = moved else {
            moving.published();
            return Outcome { result: Ok(()), complete: true };
        };
        let complete = self.roll_back(&done);
        #[cfg(feature = "fault-injection")]
        drop(memory);
        if complete {
            moving.rolled_back();
        }
        // No more moves follow, so allocating is safe.
        let error = fault.error(mover.out, mover.staging, monitor, complete);
        let error = if complete {
            error
        } else {
            error.hint(format!(
                "the old set could not be restored completely: see `spendfold verify`; its other files are in {} until the next run clears it, so copy them first",
                escape_path(&mover.staging.current_path())
            ))
        };
        Outcome { result: Err(error), complete }
    }

    fn make_moves<'p>(
        &'p self,
        done: &mut Vec<CompletedMove<'p>>,
        #[cfg(feature = "fault-injection")] memory: &crate::fault_injection::Moves,
    ) -> Result<(), Fault<'p>> {
        let Publication { mover, monitor, sync, .. } = self.publication;
        for step in &self.steps {
            match step {
                Step::MoveAway(name) => {
                    mover.move_away(name, done).map_err(|cause| Fault::MoveAway(&name.name, cause))?;
                }
                Step::MoveIn(name, id) => {
                    if monitor.should_stop() {
                        return Err(Fault::Interrupted);
                    }
                    mover.move_in(name, *id, done).map_err(|cause| Fault::MoveIn(&name.name, cause))?;
                }
                Step::Sync if sync => {
                    mover.staging.sync().map_err(Fault::SyncStaging)?;
                    mover.out.sync().map_err(Fault::SyncOut)?;
                }
                Step::Sync => {}
            }
            #[cfg(feature = "fault-injection")]
            memory.after(done.len());
        }
        Ok(())
    }

    /// Undoes the moves in reverse order. Returns whether the old set is complete again.
    ///
    /// A commit marker must never be next to files that it does not describe: the new marker is removed before any
    /// other file, and the old marker is restored after all other files. With `sync`, the same order holds on disk. A
    /// failed sync is ignored here: it may be why the publication failed, and the old set should be restored anyway.
    fn roll_back(&self, done: &[CompletedMove<'_>]) -> bool {
        let Publication { mover: Mover { out, staging, .. }, sync, .. } = self.publication;
        let is_marker =
            |name: &Name| matches!(self.steps.first(), Some(Step::MoveAway(marker)) if marker.name == name.name);
        let sync_both = || {
            if sync {
                let _ = staging.sync();
                let _ = out.sync();
            }
        };
        let mut complete = true;
        for done in done.iter().rev() {
            if !is_marker(done.name) {
                complete &= self.publication.mover.undo(done);
                continue;
            }
            // The old marker is restored after all other files, or the new marker is removed before them.
            if done.is_moved_away() {
                sync_both();
            }
            if !complete || !self.publication.mover.undo(done) {
                return false;
            }
            if !done.is_moved_away() {
                sync_both();
            }
        }
        sync_both();
        complete
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
