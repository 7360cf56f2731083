//! The join you can sign off on.
//!
//! spendfold joins a purchases export of any size with a customers export. It writes every combined row in file order,
//! the exact spending of each age group, a chart, every rejected record with its place and reason, a report that
//! accounts for every record, and the report as a page. All files of an output set are published, or none. A set that
//! exceeds a limit on rejected or unmatched records is held instead, until somebody accepts it.
//!
//! [`Job`] configures and runs a join; [`Job::run`] returns its [`Report`], whose [`notices`](Report::notices) point
//! out results that may be wrong. [`Verifier`] re-reads a set and compares it with its report and, on request, with its
//! inputs. [`Acceptor`] publishes a held set. [`generate`] writes synthetic inputs and an answer key.
//! `docs/contract.md` specifies the inputs and outputs.
//!
//! ```
//! use spendfold::Job;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let path = |name: &str| dir.path().join(name);
//! std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
//! std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n1,\"Ink,\nblue\",0.20\n")?;
//!
//! let report = Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results")).run()?;
//!
//! assert_eq!(report.total_spending.to_string(), "0.30");
//! assert_eq!(report.combined.rows, 2);
//! assert!(report.within_limits());
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//! Functions fail with an [`Error`]: an [`ErrorKind`] to match on, a message and, if known, a [`Place`] in a file and a
//! hint. [`Error::config_error`] gives the invalid [`Setting`] as data, and [`Error::others`] the further faults of the
//! headers.
//!
//! # Mapped files
//! By default, regular files that need no decoding are mapped into memory, read-only. Another program may change a
//! mapped file at any time, so the bytes are treated as untrusted data, and a run on a file that changed fails with
//! [`ErrorKind::Changed`].
//! There is one exception: if a mapped file is *truncated* during the run, or the disk cannot read a page of it, an
//! access to it raises SIGBUS, which by default ends the process. A program can install a handler that writes a message
//! first ([`process::install_crash_handlers`]), or turn mapping off ([`Job::mmap`]).
//!
//! # Side effects
//! The library does not print. It installs no signal handlers and keeps no process-wide state, unless a function in
//! [`process`] is called.

mod accept;
mod config;
mod crash;
mod customers;
mod error;
mod exec;
#[cfg(feature = "fault-injection")]
mod fault_injection;
mod fs;
pub mod generate;
mod input;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod job;
mod ledger;
mod model;
mod monitor;
mod output;
mod purchases;
pub mod report;
mod run;
mod verify;

pub use accept::{Accepted, Acceptor};
pub use error::{ConfigError, Error, ErrorKind, Place, Result, Setting};
pub use job::Job;
pub use model::age_group::AgeGroups;
pub use model::compression::{Compression, CompressionFormat};
pub use model::csv_format::CsvFormat;
pub use model::digest::Digest;
pub use model::encoding::Encoding;
pub use model::join::Join;
pub use model::limit::{Limit, OverLimit};
pub use model::money::{Money, ParseMoneyError};
pub use model::ragged::Ragged;
pub use monitor::{CancelToken, Monitor, Phase, Progress};
pub use report::{Outcome, RejectReason, Report};
pub use verify::verifier::Verifier;
pub use verify::{Against, Difference, InputsChecked, Verification};

/// Opt-in handling of events that end the process without an error: SIGBUS in a mapped file, SIGABRT and memory
/// exhaustion.
///
/// For programs, not libraries: the handlers are process-wide. With them, the process writes a message to standard
/// error, removes its staged files and exits with status 1.
pub mod process {
    pub use crate::crash::{
        MessageFormat, PublicationState, end_out_of_memory, install_handlers as install_crash_handlers,
        publication_state, set_last_words_format, set_status_line,
    };
    #[cfg(feature = "fault-injection")]
    #[doc(hidden)]
    pub use crate::fault_injection::allocations_must_fail;
}

/// Text for display: escapes data for a terminal and formats numbers.
pub mod text {
    pub use crate::error::{escape, escape_path, shell_word};
    pub use crate::model::readable_numbers::{bytes as readable_bytes, grouped};
}
