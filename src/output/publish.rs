//! The moves that make a staged set appear (SPEC: "Promises", 2).
//!
//! A set's commit mark is the last of its names: the report of a run, the answer key of a generated pair. The
//! old mark is taken away first and the new one put there last, so a directory with a mark is always a whole
//! set. In between each file is *exchanged* with its old one in a single step, so each name always holds a
//! whole old or a whole new file. What was moved is moved back on an error or a signal.

use super::report::listed_outputs;
use super::set::{COMBINED, NAMES, REPORT};
use crate::error::{Error, ErrorKind, Result};
use crate::monitor::Monitor;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What a publication changes in the output directory.
#[derive(Clone, Debug)]
pub(crate) struct Moves {
    /// The files of the set, the commit mark last; at least one.
    pub(crate) names: Vec<Cow<'static, str>>,
    /// Files of the old set that the new one does not have: taken away.
    pub(crate) stale: Vec<String>,
}

impl Moves {
    /// The set of a run. Without combined data, a `combined_data.csv` goes away when the old report lists it.
    /// `lost` are the files of a report that a killed run had taken away.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when the old report cannot be read.
    pub(crate) fn of_run(out_dir: &Path, combined: bool, lost: &[String]) -> Result<Self> {
        let listed = listed_outputs(&out_dir.join(REPORT))?;
        let old = !combined && listed.iter().chain(lost).any(|name| name == COMBINED);
        let stale = if old { vec![COMBINED.to_owned()] } else { vec![] };
        let names = NAMES.into_iter().filter(|&name| combined || name != COMBINED).map(Cow::Borrowed).collect();
        Ok(Self { names, stale })
    }
}

/// How a publication ended.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) outcome: Result<()>,
    /// The new set stands, or the old one as it was.
    pub(crate) whole: bool,
}

/// A move that was made: `old` holds what stood at `path` before, or nothing did.
#[derive(Debug)]
struct Moved {
    path: PathBuf,
    old: Option<PathBuf>,
}

/// Where an old file waits while the set is moved.
pub(super) fn away(staging: &Path, name: &str) -> PathBuf {
    staging.join(format!("old-{name}"))
}

/// Moves the files of the set from `staging` to their names in `out_dir`.
pub(crate) fn publish(out_dir: &Path, staging: &Path, moves: &Moves, sync: bool, monitor: &Monitor) -> Published {
    let mut moved = Vec::new();
    let outcome = make_moves(out_dir, staging, moves, sync, monitor, &mut moved);
    let Err(error) = outcome else { return Published { outcome: Ok(()), whole: true } };
    let whole = roll_back(&moved, &out_dir.join(moves.names.last().map_or("", |mark| mark)));
    if sync {
        let _ = sync_dir(out_dir);
    }
    let error = match whole {
        true => error,
        false => error.hint(format!(
            "the old set could not be put back in full, `spendfold verify` tells; its other files are in {} until the next run takes them away: copy them first",
            crate::error::escape_path(staging)
        )),
    };
    Published { outcome: Err(error), whole }
}

fn make_moves(
    out_dir: &Path,
    staging: &Path,
    moves: &Moves,
    sync: bool,
    monitor: &Monitor,
    moved: &mut Vec<Moved>,
) -> Result<()> {
    let Some((mark, files)) = moves.names.split_last() else { return Ok(()) };
    let sync_step = || if sync { sync_dir(staging).and_then(|()| sync_dir(out_dir)) } else { Ok(()) };
    take_away(&out_dir.join(&**mark), &away(staging, mark), moved)?;
    sync_step()?;
    for name in files {
        monitor.check()?;
        put(&staging.join(&**name), &out_dir.join(&**name), moved)?;
    }
    for name in &moves.stale {
        take_away(&out_dir.join(name), &away(staging, name), moved)?;
    }
    sync_step()?;
    monitor.check()?;
    put(&staging.join(&**mark), &out_dir.join(&**mark), moved)?;
    sync_step()
}

/// Puts a staged file at its name; what stood there takes its place in the staging folder.
fn put(staged: &Path, path: &Path, moved: &mut Vec<Moved>) -> Result<()> {
    let cannot = |error: io::Error| Error::io(ErrorKind::Output, path, "cannot move the new file to its name", error);
    match rename(staged, path, RenameFlags::EXCHANGE) {
        Ok(()) => moved.push(Moved { path: path.to_owned(), old: Some(staged.to_owned()) }),
        Err(Errno::NOENT) => {
            // Under the lock nothing comes to stand there, so where the flag is unknown none is needed.
            rename_or_plainly(staged, path, RenameFlags::NOREPLACE).map_err(|error| cannot(error.into()))?;
            moved.push(Moved { path: path.to_owned(), old: None });
        }
        // A file system that cannot exchange: for a moment nothing stands at the name.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            take_away(path, &staged.with_extension("old"), moved)?;
            fs::rename(staged, path).map_err(cannot)?;
            if moved.last().is_none_or(|last| last.path != path) {
                moved.push(Moved { path: path.to_owned(), old: None });
            }
        }
        Err(error) => return Err(cannot(error.into())),
    }
    Ok(())
}

/// Moves an old file away, where there is one.
fn take_away(path: &Path, away: &Path, moved: &mut Vec<Moved>) -> Result<()> {
    match rename_or_plainly(path, away, RenameFlags::empty()) {
        Ok(()) => moved.push(Moved { path: path.to_owned(), old: Some(away.to_owned()) }),
        Err(Errno::NOENT) => {}
        Err(error) => return Err(Error::io(ErrorKind::Output, path, "cannot move the old file away", error.into())),
    }
    Ok(())
}

/// Renames with flags, or without any where the system does not know the call or the flags.
fn rename_or_plainly(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), Errno> {
    match rename(from, to, flags) {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::io::retry_on_intr(|| rustix::fs::rename(from, to))
        }
        outcome => outcome,
    }
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), Errno> {
    rustix::io::retry_on_intr(|| renameat_with(CWD, from, CWD, to, flags))
}

/// Undoes the moves, the last one first; whether the old set is whole again.
///
/// A report must never stand beside files it does not describe: the new one goes before any other file, and
/// the old one only comes back when all others have.
fn roll_back(moved: &[Moved], report: &Path) -> bool {
    let mut whole = true;
    for done in moved.iter().rev() {
        let is_report = done.path == report;
        if is_report && !whole {
            return false;
        }
        let back = put_back(done).is_ok();
        if is_report && !back {
            return false;
        }
        whole &= back;
    }
    whole
}

/// Undoes a move. The calls differ from those that made it, and there is a second way, so that what made a
/// move fail need not make this fail.
fn put_back(moved: &Moved) -> io::Result<()> {
    match &moved.old {
        Some(old) => fs::rename(old, &moved.path).or_else(|_| {
            let _ = fs::remove_file(&moved.path);
            fs::hard_link(old, &moved.path)
        }),
        None => fs::remove_file(&moved.path),
    }
}

pub(crate) fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(|error| Error::io(ErrorKind::Output, dir, "cannot sync the directory", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(dir: &Path, text: &str) {
        for name in NAMES {
            fs::write(dir.join(name), text).expect("written");
        }
    }

    fn texts(dir: &Path) -> Vec<Option<String>> {
        NAMES.map(|name| fs::read_to_string(dir.join(name)).ok()).to_vec()
    }

    fn moves(out: &Path) -> Moves {
        Moves::of_run(out, true, &[]).expect("readable")
    }

    fn staged(out: &Path) -> PathBuf {
        let staging = out.join("staging");
        fs::create_dir(&staging).expect("made");
        set(&staging, "new");
        staging
    }

    #[test]
    fn a_failure_at_each_file_puts_the_old_set_back() {
        for sync in [false, true] {
            for missing in NAMES {
                let out = tempfile::tempdir().expect("a directory");
                set(out.path(), "old");
                let staging = staged(out.path());
                fs::remove_file(staging.join(missing)).expect("removed");
                let error = publish(out.path(), &staging, &moves(out.path()), sync, &Monitor::new())
                    .outcome
                    .expect_err("fails");
                assert_eq!(error.kind(), ErrorKind::Output);
                assert_eq!(texts(out.path()), vec![Some("old".to_owned()); 5], "{missing}");
            }
        }
    }

    #[test]
    fn a_failure_leaves_absent_names_absent() {
        let out = tempfile::tempdir().expect("a directory");
        let staging = staged(out.path());
        fs::remove_file(staging.join(REPORT)).expect("removed");
        publish(out.path(), &staging, &moves(out.path()), false, &Monitor::new()).outcome.expect_err("fails");
        assert_eq!(texts(out.path()), vec![None; 5]);
    }

    #[test]
    fn a_signal_before_the_last_move_puts_the_old_set_back() {
        let out = tempfile::tempdir().expect("a directory");
        set(out.path(), "old");
        let staging = staged(out.path());
        let monitor = Monitor::new();
        monitor.signal().store(2, std::sync::atomic::Ordering::Relaxed);
        let error =
            publish(out.path(), &staging, &moves(out.path()), false, &monitor).outcome.expect_err("interrupted");
        assert_eq!(error.exit_status(), 130);
        assert_eq!(texts(out.path()), vec![Some("old".to_owned()); 5]);
    }

    #[test]
    fn everything_is_new_when_nothing_fails() {
        let out = tempfile::tempdir().expect("a directory");
        set(out.path(), "old");
        let staging = staged(out.path());
        publish(out.path(), &staging, &moves(out.path()), true, &Monitor::new()).outcome.expect("published");
        assert_eq!(texts(out.path()), vec![Some("new".to_owned()); 5]);
    }
}
