//! Why a publication failed, as values that need no allocation: an [`Error`] allocates, so it is built only after the
//! rollback.

use crate::error::{Error, ErrorKind, Place, Setting, words};
use crate::fs::directory::{Dir, kind_name};
use crate::monitor::Monitor;
use rustix::fs::FileType;
use rustix::io::Errno;

/// Why a file could not be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    System(Errno),
    /// Something other than a regular file appeared at the name during the run.
    NotRegular(FileType),
    /// A file appeared at the name during the run, and `--no-clobber` is given.
    Exists,
    /// Another program replaced the file at the name during the move.
    Replaced,
    /// The staged file is no longer the one that was created.
    StagedLost,
}

impl From<Errno> for Cause {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

/// Which step failed, on which name of the set, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault<'p> {
    MoveAway(&'p str, Cause),
    MoveIn(&'p str, Cause),
    SyncStaging(Errno),
    SyncOut(Errno),
    Interrupted,
}

impl Fault<'_> {
    /// The error for the user. `complete` is whether the old set is unchanged. Allocates, so it is called after the
    /// rollback.
    pub(super) fn error(self, out: &Dir, staging: &Dir, monitor: &Monitor, complete: bool) -> Error {
        let then = if complete { "; nothing was published" } else { "" };
        let system = |dir: &Dir, name: &str, what, error: Errno| {
            Error::io(ErrorKind::Output, &dir.path_of(name), what, error.into())
        };
        let sync = |dir: &Dir, error: Errno| {
            Error::io(ErrorKind::Output, dir.path(), "cannot sync the directory", error.into())
        };
        let (name, cause) = match self {
            Self::MoveAway(name, Cause::System(error)) => {
                return system(out, name, "cannot move the old file away", error);
            }
            Self::MoveIn(name, Cause::System(error)) => {
                return system(out, name, "cannot move the new file to its name", error);
            }
            Self::SyncStaging(error) => return sync(staging, error),
            Self::SyncOut(error) => return sync(out, error),
            Self::Interrupted => {
                let stopped = || Error::new(ErrorKind::Panic, format!("stopped without a reason{then}"));
                return monitor.interruption(then).unwrap_or_else(stopped);
            }
            Self::MoveAway(name, cause) | Self::MoveIn(name, cause) => (name, cause),
        };
        let choose_another = words!["move it away and run again, or choose another ", Setting::OutDir];
        let (dir, text, hint) = match cause {
            Cause::NotRegular(kind) => {
                let text = format!("became {} during the run{then}", kind_name(kind)).into();
                (out, text, choose_another)
            }
            Cause::Exists => {
                let text = words!["was created during the run, and ", Setting::NoClobber, format!(" is given{then}")];
                (out, text, choose_another)
            }
            Cause::StagedLost => {
                let text = format!("was replaced or removed by another program{then}").into();
                (staging, text, "run again when nothing else writes into the directory".into())
            }
            // System errors are handled above.
            Cause::Replaced | Cause::System(_) => {
                let text = format!("was replaced by another program during the publication{then}").into();
                (out, text, "run again when nothing else writes into the directory".into())
            }
        };
        Error::from_words(ErrorKind::Output, text).at(Place::file(&dir.path_of(name))).hint_words(hint)
    }
}
