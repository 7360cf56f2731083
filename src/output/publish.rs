//! The moves that make a staged set appear, all or nothing.
//!
//! A set's commit mark is the last of its names: the report of a run, the answer key of a generated pair. The old mark
//! is taken away first and the new one put there last, so a directory with a mark is always a whole set. In between each
//! file is *exchanged* with its old one in a single step (`RENAME_EXCHANGE`), so each name always holds a whole old or a
//! whole new file. What was moved is moved back on an error or a signal.
//!
//! Other programs may change the directory meanwhile. So before and after each move both names are compared with the
//! files that were recorded; what is not a regular file, and under `--no-clobber` whatever exists, is left where it is,
//! also when it came there during the run.
//!
//! Nothing allocates between the first move and the last, or the end of the roll-back: memory that runs out must not
//! leave half of the moves.

use super::publish_error::{Cause, Fault};
use super::set::{COMBINED, NAMES};
use super::stage::away_name;
use crate::directory::{Dir, FileId};
use crate::emergency::Moving;
use crate::error::{Error, ErrorKind, Place, Result, escape_path};
use crate::monitor::Monitor;
use rustix::fs::{FileType, RenameFlags};
use rustix::io::Errno;
use std::borrow::Cow;

/// Looks at a name whose file others replace, before it is given up.
const ATTEMPTS: usize = 100;

/// What a publication changes in the output directory.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    /// The files of the set, the commit mark last; at least one.
    pub(crate) names: Vec<Cow<'static, str>>,
    /// Files of the old set that the new one does not have: taken away.
    pub(crate) stale: Vec<String>,
}

impl Moves {
    /// The set of a run. Without combined data, a `combined_data.csv` is taken away when it is among the `old` outputs,
    /// those that the old report lists.
    pub(crate) fn of_run(combined: bool, old: &[String]) -> Self {
        let stale = !combined && old.iter().any(|name| name == COMBINED);
        let stale = if stale { vec![COMBINED.to_owned()] } else { vec![] };
        let names = NAMES.into_iter().filter(|&name| combined || name != COMBINED).map(Cow::Borrowed).collect();
        Self { names, stale }
    }
}

/// A file in the staging directory, as it was made.
#[derive(Clone, Debug)]
pub(super) struct StagedName {
    pub(super) name: Cow<'static, str>,
    pub(super) id: FileId,
}

/// A publication to be made.
#[derive(Clone, Copy)]
pub(super) struct Publication<'a> {
    pub(super) out: &'a Dir,
    pub(super) staging: &'a Dir,
    pub(super) files: &'a [StagedName],
    pub(super) no_clobber: bool,
    pub(super) sync: bool,
    pub(super) monitor: &'a Monitor,
}

/// How a publication ended.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) outcome: Result<()>,
    /// The new set stands, or the old one as it was.
    pub(super) whole: bool,
}

/// One step of a publication.
enum Step {
    /// Takes the old file away, where there is one.
    TakeAway(Name),
    /// Puts the staged file at its name.
    Put(Name, FileId),
    /// Writes both directories to the disk.
    Sync,
}

/// A name of the set, and where in the staging directory its old file waits if it is moved there.
struct Name {
    name: String,
    away: String,
}

/// A move that was made, and can be undone.
struct Done<'p> {
    name: &'p Name,
    kind: DoneKind,
}

enum DoneKind {
    /// Our file stands at the name; the old one has its name in the staging directory.
    Exchanged(FileId),
    /// Our file stands at the name, where nothing was before.
    Put(FileId),
    /// The old file waits in the staging directory.
    TakenAway,
}

impl<'a> Publication<'a> {
    /// Prepares all steps, so that none of them needs memory.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] for a file that was never staged.
    pub(super) fn plan(self, moves: &Moves) -> Result<Plan<'a>> {
        let name = |name: &str, away| Name { name: name.to_owned(), away };
        let put = |wanted: &Cow<'static, str>| {
            let staged = self.files.iter().find(|staged| staged.name == *wanted).ok_or_else(|| {
                Error::new(ErrorKind::Output, "was not made").at(Place::file(&self.staging.path_of(&**wanted)))
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

    /// What stands at a name that is about to be taken: nothing, or a regular file that may be replaced.
    fn replaceable(&self, name: &str) -> Result<Option<FileId>, Cause> {
        match self.out.entry(name)? {
            None => Ok(None),
            Some(entry) if entry.kind != FileType::RegularFile => Err(Cause::NotRegular(entry.kind)),
            Some(_) if self.no_clobber => Err(Cause::Exists),
            Some(entry) => Ok(Some(entry.id)),
        }
    }

    /// Puts a staged file at its name; what stood there takes its name in the staging directory.
    fn put<'p>(&self, name: &'p Name, id: FileId, done: &mut Vec<Done<'p>>) -> Result<(), Cause> {
        for _ in 0..ATTEMPTS {
            if !self.staging.leads_to(&name.name, id)? {
                return Err(Cause::StagedLost);
            }
            let Some(old) = self.replaceable(&name.name)? else {
                match self.move_to_free(&name.name) {
                    Ok(()) => {}
                    // Something came to stand there: look again.
                    Err(Errno::EXIST) => continue,
                    Err(error) => return Err(error.into()),
                }
                done.push(Done { name, kind: DoneKind::Put(id) });
                return if self.out.leads_to(&name.name, id)? { Ok(()) } else { Err(Cause::Replaced) };
            };
            match self.staging.rename_with(&name.name, self.out, &name.name, RenameFlags::EXCHANGE) {
                Ok(()) => {}
                Err(Errno::NOENT) => continue,
                // A file system that cannot exchange: for a moment nothing stands at the name.
                Err(error) if is_unsupported(error) => {
                    self.take_away(name, done)?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            done.push(Done { name, kind: DoneKind::Exchanged(id) });
            let arrived = self.out.leads_to(&name.name, id)? && self.staging.leads_to(&name.name, old)?;
            return if arrived { Ok(()) } else { Err(Cause::Replaced) };
        }
        Err(Cause::Replaced)
    }

    /// Moves a staged file to its name, where nothing stands; [`Errno::EXIST`] otherwise.
    fn move_to_free(&self, name: &str) -> Result<(), Errno> {
        let Self { out, staging, .. } = self;
        match staging.rename_with(name, out, name, RenameFlags::NOREPLACE) {
            Err(error) if is_unsupported(error) => {}
            outcome => return outcome,
        }
        // A second name replaces nothing either; the first one goes with the staging directory.
        match staging.link(name, out, name) {
            Err(error) if is_unsupported(error) || error == Errno::PERM => {}
            outcome => return outcome,
        }
        // A file system with neither: the check and the move are two calls.
        match out.entry(name)? {
            None => staging.rename(name, out, name),
            Some(_) => Err(Errno::EXIST),
        }
    }

    /// Moves an old file into the staging directory, where there is one.
    fn take_away<'p>(&self, name: &'p Name, done: &mut Vec<Done<'p>>) -> Result<(), Cause> {
        let Some(old) = self.replaceable(&name.name)? else { return Ok(()) };
        let moved = match self.out.rename_with(&name.name, self.staging, &name.away, RenameFlags::NOREPLACE) {
            // The name it gets in the staging directory is free: nobody else makes names there.
            Err(error) if is_unsupported(error) => self.out.rename(&name.name, self.staging, &name.away),
            outcome => outcome,
        };
        match moved {
            Ok(()) => done.push(Done { name, kind: DoneKind::TakenAway }),
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        if self.staging.leads_to(&name.away, old)? { Ok(()) } else { Err(Cause::Replaced) }
    }

    /// Undoes a move; whether what stood at the name is back.
    ///
    /// The calls differ from those that made the move, and there is a second way, so that what made a move fail need
    /// not make this fail. A file that another program put at the name meanwhile is left alone.
    fn put_back(&self, done: &Done<'_>) -> bool {
        let Self { out, staging, .. } = self;
        let Name { name, away } = done.name;
        match done.kind {
            // Where the system cannot tell, the file at the name is ours: we put it there.
            DoneKind::Exchanged(id) if out.leads_to(name, id) != Ok(false) => staging
                .rename(name, out, name)
                // A directory cannot be renamed over a file.
                .or_else(|_| staging.rename_with(name, out, name, RenameFlags::EXCHANGE))
                .or_else(|_| {
                    let _ = out.remove_file(name);
                    staging.link(name, out, name)
                })
                .is_ok(),
            DoneKind::Exchanged(_) => false,
            DoneKind::Put(id) => out.leads_to(name, id) == Ok(false) || out.remove_file(name).is_ok(),
            DoneKind::TakenAway => match out.entry(name) {
                Ok(Some(_)) => false,
                _ => staging
                    .link(away, out, name)
                    .or_else(|_| staging.rename_with(away, out, name, RenameFlags::NOREPLACE))
                    .or_else(|_| staging.rename(away, out, name))
                    .is_ok(),
            },
        }
    }
}

/// The steps of a publication.
pub(super) struct Plan<'a> {
    publication: Publication<'a>,
    steps: Vec<Step>,
}

impl Plan<'_> {
    /// Makes the moves, or none.
    pub(super) fn run(&self) -> Published {
        let Publication { out, staging, monitor, sync, .. } = self.publication;
        // Two moves for one step at most, where names cannot be exchanged.
        let mut done = Vec::with_capacity(2 * self.steps.len());
        let moving = Moving::begin();
        #[cfg(feature = "fault-injection")]
        let memory = crate::fault::Moves::begin();
        let made = self.make(
            &mut done,
            #[cfg(feature = "fault-injection")]
            &memory,
        );
        let Err(fault) = made else { return Published { outcome: Ok(()), whole: true } };
        let whole = self.roll_back(&done);
        if sync {
            let _ = out.sync();
        }
        #[cfg(feature = "fault-injection")]
        drop(memory);
        drop(moving);
        // From here on there may be memory for words.
        let error = fault.error(out, staging, monitor);
        let error = if whole {
            error
        } else {
            error.hint(format!(
                "the old set could not be put back in full: see `spendfold verify`; its other files are in {} until the next run clears it, so copy them first",
                escape_path(staging.path())
            ))
        };
        Published { outcome: Err(error), whole }
    }

    fn make<'p>(
        &'p self,
        done: &mut Vec<Done<'p>>,
        #[cfg(feature = "fault-injection")] memory: &crate::fault::Moves,
    ) -> Result<(), Fault<'p>> {
        let Publication { out, staging, monitor, sync, .. } = self.publication;
        for step in &self.steps {
            match step {
                Step::TakeAway(name) => {
                    let taken = self.publication.take_away(name, done);
                    taken.map_err(|cause| Fault::TakeAway(&name.name, cause))?;
                }
                Step::Put(name, id) => {
                    if monitor.must_end() {
                        return Err(Fault::Interrupted);
                    }
                    let put = self.publication.put(name, *id, done);
                    put.map_err(|cause| Fault::Put(&name.name, cause))?;
                }
                Step::Sync if sync => {
                    staging.sync().map_err(Fault::SyncStaging)?;
                    out.sync().map_err(Fault::SyncOut)?;
                }
                Step::Sync => {}
            }
            #[cfg(feature = "fault-injection")]
            memory.after(done.len());
        }
        Ok(())
    }

    /// Undoes the moves, the last one first; whether the old set is whole again.
    ///
    /// A report must never stand beside files it does not describe: the new one is removed before any other file, and the
    /// old one only comes back when all others have.
    fn roll_back(&self, done: &[Done<'_>]) -> bool {
        let is_mark = |name: &Name| matches!(self.steps.first(), Some(Step::TakeAway(mark)) if mark.name == name.name);
        let mut whole = true;
        for done in done.iter().rev() {
            if is_mark(done.name) && !whole {
                return false;
            }
            let back = self.publication.put_back(done);
            if is_mark(done.name) && !back {
                return false;
            }
            whole &= back;
        }
        whole
    }
}

/// Whether a file system, or the system, does not know the call or the flag.
fn is_unsupported(error: Errno) -> bool {
    matches!(error, Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP)
}

#[cfg(test)]
#[path = "publish_tests.rs"]
mod tests;
