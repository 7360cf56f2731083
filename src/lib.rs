//! The join you can sign off on.
//!
//! spendfold joins a customers export with a purchases export of any size, writes every combined row in
//! order, the exact spending of each age group and a chart of it, and accounts for every record it read.
//!
//! The way of a byte: `input` opens files and cuts them into chunks of whole records, `join` turns a chunk
//! into rows, totals and rejects against the customers in memory, `output` writes rows in order into a
//! staged set and publishes it as a whole. `pipeline` is the wiring, `run` the story, `ledger` the laws.
//! `generate` makes synthetic inputs with their answer key.
//!
//! ```
//! use spendfold::{Config, Monitor};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let dir = tempfile::tempdir()?;
//! let path = |name: &str| dir.path().join(name);
//! std::fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n")?;
//! std::fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n1,\"Ink,\nblue\",0.20\n")?;
//!
//! let config = Config::new(path("customers.csv"), path("purchases.csv"), path("results"));
//! let report = spendfold::run(&config, &Monitor::new())?;
//!
//! assert_eq!(report.total_spending, "0.30");
//! assert_eq!(report.combined.rows, 2);
//! assert!(spendfold::within_max_rejects(&config, &report));
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "bench-internals")]
#[doc(hidden)]
pub mod bench_support;
mod config;
mod crash;
mod customers;
mod error;
mod exec;
#[cfg(feature = "fault-injection")]
mod fault;
#[cfg(feature = "fault-injection")]
#[doc(hidden)]
pub use fault::memory_is_out;
mod fs;
#[cfg(feature = "fuzz-internals")]
#[doc(hidden)]
#[allow(missing_docs, reason = "the names are those of the stages")]
pub mod fuzz_support;
mod generate;
mod input;
mod ledger;
mod model;
mod monitor;
mod output;
mod purchases;
mod run;
mod verify;

pub use config::{Columns, Config, DEFAULT_CHUNK_BYTES, DEFAULT_MAX_RECORD_BYTES, Join, MOST_THREADS};
pub use crash::{
    MessageFormat, PublicationState, catch_sudden_ends, end_out_of_memory, publication_state, set_last_words_format,
};
pub use error::{ConfigError, Error, ErrorKind, Place, Result, Setting, escape, escape_path};
pub use generate::{
    Ages, Answer, GenerateOptions, Generated, Habits, Keys, Pricing, RowOrder, Share, Volume, fixed_point, generate,
};
pub use model::age_group::AgeGroups;
pub use model::dialect::Dialect;
pub use model::max_rejects::MaxRejects;
pub use model::readable::{bytes as readable_bytes, grouped};
pub use monitor::{Monitor, Phase};
pub use output::report::{
    CombinedInfo, CustomersInfo, GroupInfo, InputInfo, OptionsInfo, OutputInfo, PurchasesInfo, Report, RunInfo,
};
pub use run::run;
pub use verify::answer_key::compare;
pub use verify::{Difference, verify};

/// Whether no more records were rejected than the configuration allows.
pub fn within_max_rejects(config: &Config, report: &Report) -> bool {
    config.max_rejects.allows(report.rejected(), report.records())
}
