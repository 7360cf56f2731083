//! The options of `spendfold accept`.

use super::origin::Origins;
use super::{JsonArgs, ProgressArgs, parse_value};
use clap::Args;
use spendfold::{Acceptor, Result};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The output directory, whose held set is in DIR/held
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// A note for the report, such as who accepts the set and why
    #[arg(long, value_name = "TEXT", env = "SPENDFOLD_ACCEPT_NOTE")]
    note: Option<String>,
    /// First compare the contents of all files with the report, not only their sizes
    #[arg(long, env = "SPENDFOLD_ACCEPT_VERIFY")]
    verify: bool,
    /// Make the published set safe against power loss
    #[arg(long, env = "SPENDFOLD_SYNC")]
    sync: bool,
    /// Worker threads of --verify, 1 to 1024 [default: all cores]
    #[arg(short, long, value_name = "N", env = "SPENDFOLD_THREADS", allow_hyphen_values = true)]
    threads: Option<String>,
    #[command(flatten)]
    pub(crate) output: JsonArgs,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    #[arg(skip)]
    origins: Origins,
}

impl AcceptArgs {
    /// Resolves options that conflict: a flag overrides a variable.
    pub(super) fn resolve_conflicts(&mut self, origins: Origins) {
        self.progress.resolve_conflicts(&origins);
        self.origins = origins;
    }

    /// Parses and validates the options.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`]. The message names the flag or the variable that set the invalid value.
    pub(crate) fn acceptor(&self) -> Result<Acceptor> {
        let threads = parse_value::threads(self.threads.as_deref());
        let threads = threads.map_err(|error| self.origins.with_origin_names(error))?;
        let acceptor = Acceptor::new(&self.dir).verify(self.verify).sync(self.sync).threads(threads);
        Ok(match &self.note {
            Some(note) => acceptor.note(note),
            None => acceptor,
        })
    }
}
