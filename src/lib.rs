//! The join you can sign off on.
//!
//! spendfold joins a purchases export of any size with a customers export. It writes every combined row in file order,
//! the exact spending of each age group, a chart, every rejected record with its place and reason, and a report that
//! accounts for every record. An output set is published as a whole or not at all.
//!
//! A [`Job`] is a join; [`Job::run`] returns its [`Report`]. [`Verifier`] re-reads a published set and compares it with
//! its report. [`generate`] makes synthetic inputs with an answer key. The rules for inputs and outputs are in
//! `docs/contract.md`.
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
//! assert!(report.within_max_rejects());
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//! Every failure is an [`Error`]: an [`ErrorKind`] to match on, a [`Place`] in a file where there is one, a message and
//! often a hint. Errors about settings name the [`Setting`] as data ([`Error::config_error`]).
//!
//! # Mapped files
//! Regular files are mapped into memory, read-only. Another program may change a mapped file at any time: spendfold
//! treats the bytes as untrusted data, and a run over a file that changed fails with [`ErrorKind::Changed`]. But
//! reading a page behind the end of a file that was *truncated* meanwhile, or that the disk cannot read, raises SIGBUS,
//! and its default action ends the process. A program can install a handler that ends it with a message instead
//! ([`process::install_crash_handlers`]), or do without mapping ([`Job::mmap`]).
//!
//! The library does not print, and without such a call it neither installs signal handlers nor keeps process-wide
//! state.

mod config;
mod crash;
mod customers;
mod error;
mod exec;
#[cfg(feature = "fault-injection")]
mod fault;
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

pub use config::Join;
pub use error::{ConfigError, Error, ErrorKind, Place, Result, Setting};
pub use job::Job;
pub use model::age_group::AgeGroups;
pub use model::max_rejects::MaxRejects;
pub use model::money::{Money, ParseMoneyError};
pub use monitor::{CancelToken, Monitor, Phase, Progress};
pub use report::{RejectReason, Report};
pub use verify::verifier::Verifier;
pub use verify::{Against, Difference};

/// For programs: what happens when the process must end without returning an error.
///
/// A library call installs no signal handler and keeps no process-wide state. A program may ask for more: an input that
/// is truncated while it is mapped, an abort, or memory that has run out then ends the process with a message on
/// standard error, and with no staged file left behind.
pub mod process {
    pub use crate::crash::{
        MessageFormat, PublicationState, end_out_of_memory, install_handlers as install_crash_handlers,
        publication_state, set_last_words_format,
    };
    #[cfg(feature = "fault-injection")]
    #[doc(hidden)]
    pub use crate::fault::allocations_must_fail;
}

/// Texts for people: data made safe for a terminal, and readable numbers.
pub mod text {
    pub use crate::error::{escape, escape_path};
    pub use crate::model::readable::{bytes as readable_bytes, grouped};
}
