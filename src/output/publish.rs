//! Publishes a staged set: moves its files to their names, all or nothing.
//!
//! A set's commit marker is the last of its names: the report of a run, the answer key of a generated pair. The old
//! marker is moved away first and the new one is moved to its name last, so a directory with a commit marker always
//! holds a complete set. In between, each file is *exchanged* with its old one atomically (`RENAME_EXCHANGE`), so each
//! name always holds a complete old or new file. On an error or a signal the moves are rolled back.
//!
//! [`Plan`] decides which moves are made and in which order; [`Mover`] makes a single one and undoes it.
//!
//! Nothing allocates between the first move and the last, or during a rollback: running out of memory must not leave a
//! set half published.

use super::file_names::{COMBINED, NAMES};
use super::mover::{Done, MOST_MOVES_PER_STEP, Mover, Name, away_name};
use super::publish_error::Fault;
use crate::crash::Moving;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::fs::directory::{FileId, Pinned};
use crate::monitor::Monitor;
use std::borrow::Cow;

/// What a publication changes in the output directory.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    /// The files of the set, the commit marker last; at least one.
    pub(crate) names: Vec<Cow<'static, str>>,
    /// Files of the old set that the new one lacks; they are moved away.
    pub(crate) stale: Vec<String>,
}

impl Moves {
    /// The moves of a run. Without combined data, `combined_data.csv` is moved away if it is among the `old` outputs,
    /// those that the old report lists.
    pub(crate) fn of_run(combined: bool, old: &[String]) -> Self {
        let stale = !combined && old.iter().any(|name| name == COMBINED);
        let stale = if stale { vec![COMBINED.to_owned()] } else { vec![] };
        let names = NAMES.into_iter().filter(|&name| combined || name != COMBINED).map(Cow::Borrowed).collect();
        Self { names, stale }
    }
}

/// A file in the staging directory, with its identity when it was created.
#[derive(Debug)]
pub(super) struct StagedName {
    pub(super) name: Cow<'static, str>,
    pub(super) id: FileId,
    /// Keeps the identity valid.
    pub(super) _pin: Option<Pinned>,
}

/// A publication to be made.
#[derive(Clone, Copy)]
pub(super) struct Publication<'a> {
    pub(super) mover: Mover<'a>,
    pub(super) files: &'a [StagedName],
    pub(super) sync: bool,
    pub(super) monitor: &'a Monitor,
}

/// How a publication ended.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) outcome: Result<()>,
    /// The new set is published, or the old one is as it was.
    pub(super) whole: bool,
}

/// One step of a publication.
enum Step {
    /// Moves the old file, if there is one, into the staging directory.
    TakeAway(Name),
    /// Moves the staged file to its name.
    Put(Name, FileId),
    /// Writes both directories to the disk.
    Sync,
}

impl<'a> Publication<'a> {
    /// Prepares all steps, so that executing them needs no memory.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] for a file that was never staged.
    pub(super) fn plan(self, moves: &Moves) -> Result<Plan<'a>> {
        let name = |name: &str, away| Name { name: name.to_owned(), away };
        let put = |wanted: &Cow<'static, str>| {
            let staged = self.files.iter().find(|staged| staged.name == *wanted).ok_or_else(|| {
                Error::new(ErrorKind::Output, "was not made").at(Place::file(&self.mover.staging.path_of(&**wanted)))
            })?;
            Ok(Step::Put(name(wanted, format!("{wanted}.old")), staged.id))
        };
        let Some((mark, files)) = moves.names.split_last() else {
            return Ok(Plan { publication: self, steps: vec![] });
        };
        let mut steps = vec![Step::TakeAway(name(mark, away_name(mark))), Step::Sync];
        for file in files {
            steps.push(put(file)?);
        }
        steps.extend(moves.stale.iter().map(|stale| Step::TakeAway(name(stale, away_name(stale)))));
        steps.extend([Step::Sync, put(mark)?, Step::Sync]);
        Ok(Plan { publication: self, steps })
    }
}

/// The steps of a publication.
pub(super) struct Plan<'a> {
    publication: Publication<'a>,
    steps: Vec<Step>,
}

impl Plan<'_> {
    /// Makes all moves, or none: rolls back on failure.
    pub(super) fn run(&self) -> Published {
        let Publication { mover, monitor, .. } = self.publication;
        let mut done = Vec::with_capacity(MOST_MOVES_PER_STEP * self.steps.len());
        let moving = Moving::begin();
        #[cfg(feature = "fault-injection")]
        let memory = crate::fault::Moves::begin();
        let made = self.make(
            &mut done,
            #[cfg(feature = "fault-injection")]
            &memory,
        );
        let Err(fault) = made else {
            moving.published();
            return Published { outcome: Ok(()), whole: true };
        };
        let whole = self.roll_back(&done);
        #[cfg(feature = "fault-injection")]
        drop(memory);
        if whole {
            moving.rolled_back();
        }
        // From here on, building messages may allocate.
        let error = fault.error(mover.out, mover.staging, monitor, whole);
        let error = if whole {
            error
        } else {
            error.hint(format!(
                "the old set could not be restored completely: see `spendfold verify`; its other files are in {} until the next run clears it, so copy them first",
                escape_path(&mover.staging.current_path())
            ))
        };
        Published { outcome: Err(error), whole }
    }

    fn make<'p>(
        &'p self,
        done: &mut Vec<Done<'p>>,
        #[cfg(feature = "fault-injection")] memory: &crate::fault::Moves,
    ) -> Result<(), Fault<'p>> {
        let Publication { mover, monitor, sync, .. } = self.publication;
        for step in &self.steps {
            match step {
                Step::TakeAway(name) => {
                    mover.take_away(name, done).map_err(|cause| Fault::TakeAway(&name.name, cause))?;
                }
                Step::Put(name, id) => {
                    if monitor.must_end() {
                        return Err(Fault::Interrupted);
                    }
                    mover.put(name, *id, done).map_err(|cause| Fault::Put(&name.name, cause))?;
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

    /// Undoes the moves in reverse order; returns whether the old set is complete again.
    ///
    /// A report must never be next to files that it does not describe: the new one is removed before any other file,
    /// and the old one is restored only after all others. With `sync` the disk sees the same order. A sync that fails
    /// here changes nothing: it may be why the publication failed, and the old set is worth restoring all the same.
    fn roll_back(&self, done: &[Done<'_>]) -> bool {
        let Publication { mover: Mover { out, staging, .. }, sync, .. } = self.publication;
        let is_mark = |name: &Name| matches!(self.steps.first(), Some(Step::TakeAway(mark)) if mark.name == name.name);
        let sync_both = || {
            if sync {
                let _ = staging.sync();
                let _ = out.sync();
            }
        };
        let mut whole = true;
        for done in done.iter().rev() {
            if !is_mark(done.name) {
                whole &= self.publication.mover.put_back(done);
                continue;
            }
            // Either all files are back and the old mark follows, or the new mark is removed and they follow.
            if done.is_taken_away() {
                sync_both();
            }
            if !whole || !self.publication.mover.put_back(done) {
                return false;
            }
            if !done.is_taken_away() {
                sync_both();
            }
        }
        sync_both();
        whole
    }
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
