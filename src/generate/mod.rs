//! Synthetic pairs of inputs with an answer key.
//!
//! [`generate()`] writes a customers file, a purchases file (or its parts) and `expected.json`, the [`Answer`] that a
//! run must report for them. The answer is counted while records are made, without a join.
//!
//! Every record is a pure function of the seed and its index (`random`), so blocks of records (`block`) are made on
//! any thread and in any order. `customers` decides who a customer is and writes the customers file; `purchases`
//! decides who buys what at which price and writes the purchases file; `dirt` decides which records are rejected or
//! unusual. `text` turns fields into CSV. `pair` runs the worker pool and writes the blocks in order into the staged
//! set (`files`), which is published as a whole. `tally` holds the counts that become the answer (`answer`).

mod age_groups;
mod answer;
mod block;
mod customers;
mod dirt;
mod files;
mod keys;
mod options;
mod pair;
mod purchases;
mod random;
mod share;
mod tally;
mod text;

pub use answer::Answer;
pub use options::{Ages, GenerateOptions, Habits, Keys, Pricing, RowOrder, Volume};
pub use share::{Share, fixed_point};

use crate::error::Result;
use crate::monitor::work_plan::WorkPlan;
use crate::monitor::{Monitor, Phase};
use crate::output::report_parts::OutputFile;
use crate::output::staging::Staging;
use pair::Pair;
use tally::Tally;

/// A published pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The files in the order they were written; the answer key is the last.
    pub files: Vec<OutputFile>,
    /// The answer key.
    pub answer: Answer,
}

/// Makes a synthetic pair of inputs and its answer key, and publishes them as one set in
/// [`GenerateOptions::out_dir`]: `customers.csv`, `purchases.csv` (or its parts) and `expected.json`.
///
/// The same options give the same bytes, on every machine and with any number of threads. Memory use is one bit per
/// customer plus a few blocks of records per thread.
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) for invalid options; otherwise the errors of
/// [`Job::run`](crate::Job::run) for files that cannot be written. After an error nothing has been published.
///
/// ```
/// use spendfold::generate::{GenerateOptions, Volume, generate};
/// use spendfold::{Job, Monitor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let options = GenerateOptions::new(100, Volume::Purchases(1000), 7, dir.path().join("pair"));
/// let made = generate(&options, &Monitor::new())?;
///
/// let pair = |name: &str| options.out_dir.join(name);
/// let job = Job::new(pair("customers.csv"), [pair("purchases.csv")]).out_dir(dir.path().join("results"));
/// let report = job.run()?;
/// assert_eq!(report.total_spending.to_string(), made.answer.total_spending);
/// assert_eq!(report.customers, made.answer.customers);
/// # Ok(())
/// # }
/// ```
pub fn generate(options: &GenerateOptions, monitor: &Monitor) -> Result<Generated> {
    options.validate()?;
    monitor.enter(Phase::Opening);
    let pair = Pair::new(options, monitor)?;
    let plan = pair.plan()?;
    let mut staging =
        Staging::prepare(&options.out_dir, &files::names(options), options.no_clobber, std::iter::empty(), monitor)?;
    monitor.enter(Phase::Generating);
    monitor.plan(|work| *work = WorkPlan::of_bytes(plan.bytes));
    let mut tally = Tally::default();
    let mut files = vec![pair.write_customers(&mut staging, &mut tally)?];
    files.extend(pair.write_purchases(&mut staging, plan.purchases, &mut tally)?);
    let answer = Answer::new(options, &tally, pair.buyer_count());
    let mut expected = staging.create(files::EXPECTED)?;
    expected.write(&answer.to_json())?;
    files.push(expected.finish(options.sync)?.listed());
    monitor.stop_clock();
    monitor.enter(Phase::Publishing);
    let moves = files::moves(staging.out(), options, staging.had_moved_marker());
    staging.publish(&moves, options.sync, monitor)?;
    Ok(Generated { files, answer })
}
