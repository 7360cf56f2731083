//! Synthetic pairs of inputs with their answer key.
//!
//! Every record is a function of the seed and its number (`random`): who a customer is (`people`, `ages`), what
//! the record looks like (`customers`, `names`), who buys what for how much (`keys`, `habits`, `catalogue`, `prices`,
//! `purchases`, `plain`, `amounts`; many at once in `batch`, `lanes`, `texts`) and what is wrong with it
//! (`dirt`, `record`). So blocks of records are made on any thread (`rows`), written in order, and counted on the way
//! (`answer`, `buyers`): what a run must report is known without a join. The set is staged and published like any
//! other (`set`).

mod ages;
mod amounts;
mod answer;
mod batch;
mod buyers;
mod catalogue;
mod customers;
mod dirt;
mod habits;
mod keys;
mod lanes;
mod names;
mod options;
mod people;
mod permutation;
mod plain;
mod prices;
mod purchases;
mod random;
mod record;
mod rows;
mod set;
mod share;
mod texts;

pub use answer::Answer;
pub use options::{Ages, GenerateOptions, Habits, Keys, Pricing, RowOrder, Volume};
pub use share::{Share, fixed_point};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::monitor::{Monitor, Phase};
use crate::output::report::OutputInfo;
use crate::output::staged_file::{FinishedFile, StagedFile};
use crate::output::staging::Staging;
use answer::Tally;
use buyers::Buyers;
use customers::CustomersFile;
use purchases::PurchasesFile;
use rows::Rows;
use std::ops::Range;

/// Records in one unit of work, some 190 kB: more is written at less cost, less stays in the cache until then.
const BLOCK: u64 = 8 * 1024;
/// Records made to learn how long they are.
const SAMPLE: u64 = 64 * 1024;

/// What was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The files, the answer key last.
    pub files: Vec<OutputInfo>,
    /// The answer key.
    pub answer: Answer,
}

/// Makes a synthetic pair of inputs and the answer key for it, and publishes them as one set in the options'
/// directory: `customers.csv`, `purchases.csv` (or its parts) and `expected.json`.
///
/// The same options give the same bytes, on every machine and with any number of threads. Memory holds a bit for
/// each customer and a few blocks for each thread.
///
/// # Errors
/// [`ErrorKind::Config`] for options that cannot be carried out, and the same as [`run`](crate::run()) where
/// files cannot be written; nothing has been published then.
///
/// ```
/// use spendfold::{Config, GenerateOptions, Monitor, Volume};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dir = tempfile::tempdir()?;
/// let options = GenerateOptions::new(100, Volume::Purchases(1000), 7, dir.path().join("pair"));
/// let made = spendfold::generate(&options, &Monitor::new())?;
///
/// let pair = |name: &str| options.out_dir.join(name);
/// let config = Config::new(pair("customers.csv"), pair("purchases.csv"), dir.path().join("results"));
/// let report = spendfold::run(&config, &Monitor::new())?;
/// assert_eq!(report.total_spending, made.answer.total_spending);
/// assert_eq!(report.customers, made.answer.customers);
/// # Ok(())
/// # }
/// ```
pub fn generate(options: &GenerateOptions, monitor: &Monitor) -> Result<Generated> {
    options.validate()?;
    monitor.enter(Phase::Opening);
    let pair = Pair {
        options,
        monitor,
        customers: CustomersFile::new(options),
        purchases: PurchasesFile::new(options),
        buyers: Buyers::new(options.customers, options.buyers())?,
    };
    let plan = pair.plan()?;
    let mut stage = Staging::prepare(&options.out_dir, &set::names(options), options.no_clobber, std::iter::empty())?;
    monitor.enter(Phase::Generating);
    monitor.expect_total(plan.bytes);
    let mut tally = Tally::default();
    let mut files = vec![pair.make_customers(&mut stage, &mut tally)?];
    files.extend(pair.make_purchases(&mut stage, plan.purchases, &mut tally)?);
    let answer = tally.answer(options, pair.buyers.count());
    let mut expected = stage.create(set::EXPECTED)?;
    expected.write(&answer.to_json())?;
    files.push(expected.finish(options.sync)?.listed());
    monitor.enter(Phase::Publishing);
    let moves = set::moves(stage.out(), options, stage.had_mark());
    stage.publish(&moves, options.sync, monitor)?;
    Ok(Generated { files, answer })
}

/// What ends a line, inside quoted fields too.
fn line_end(options: &GenerateOptions) -> &'static str {
    if options.crlf { "\r\n" } else { "\n" }
}

/// What a file begins with.
fn byte_order_mark(options: &GenerateOptions) -> &'static str {
    if options.bom { "\u{feff}" } else { "" }
}

/// How much is to be made.
#[derive(Clone, Copy, Debug)]
struct Plan {
    purchases: u64,
    /// Bytes of the whole set, nearly.
    bytes: u64,
}

/// Everything that makes a pair.
struct Pair<'a> {
    options: &'a GenerateOptions,
    monitor: &'a Monitor,
    customers: CustomersFile,
    purchases: PurchasesFile,
    buyers: Buyers,
}

/// A block of records, made.
#[derive(Debug, Default)]
struct Block {
    rows: Rows,
    crc: crc32fast::Hasher,
    tally: Tally,
}

impl Block {
    /// Makes the block anew.
    fn make(&mut self, write: impl FnOnce(&mut Rows, &mut Tally)) {
        self.rows.clear();
        self.tally = Tally::default();
        write(&mut self.rows, &mut self.tally);
        self.crc.reset();
        self.crc.update(self.rows.written());
    }
}

impl Pair<'_> {
    /// How many purchases there will be, and about how many bytes: some records are made to see how long they
    /// are.
    fn plan(&self) -> Result<Plan> {
        let options = self.options;
        let mut block = Block::default();
        // Spread over the file, as keys get longer.
        let step = options.customers.div_ceil(SAMPLE / 256).max(256);
        let mut bytes = 0u128;
        for start in (0..options.customers).step_by(step as usize) {
            let end = (start + 256).min(options.customers);
            block.make(|rows, tally| self.customers.write(start..end, rows, tally));
            let piece = (start + step).min(options.customers) - start;
            bytes += block.rows.written().len() as u128 * u128::from(piece) / u128::from(end - start);
        }
        let headers =
            options.parts.unwrap_or(1) as usize * self.purchases.header().len() + self.customers.header().len();
        let mut bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(headers as u64);
        if options.volume == Volume::Purchases(0) {
            return Ok(Plan { purchases: 0, bytes });
        }
        // Purchases are alike from the first to the last. Who buys in the sample is not remembered.
        let nobody = Buyers::new(options.customers, options.buyers())?;
        block.make(|rows, tally| self.purchases.write(0..SAMPLE, &nobody, rows, tally));
        let sampled = block.rows.written().len() as u128;
        let purchases = match options.volume {
            Volume::Purchases(purchases) => purchases,
            Volume::Bytes(size) => {
                let Some(rest) = size.checked_sub(bytes) else {
                    let text = format!("--size: the customers alone take about {bytes} bytes of {size}");
                    return Err(Error::new(ErrorKind::Config, text).hint("raise --size or lower --customers"));
                };
                (u128::from(rest) * u128::from(SAMPLE) / sampled) as u64
            }
        };
        bytes = bytes.saturating_add((u128::from(purchases) * sampled / u128::from(SAMPLE)) as u64);
        Ok(Plan { purchases, bytes })
    }

    fn make_customers(&self, stage: &mut Staging, all: &mut Tally) -> Result<OutputInfo> {
        let mut file = self.begin(stage, set::CUSTOMERS.to_owned(), &self.customers.header())?;
        let mut blocks = blocks(0..self.options.customers);
        WorkerPool::new(self.options.threads).run(
            self.monitor,
            || Ok(blocks.next()),
            &BlockStage(|places: Range<u64>, rows: &mut Rows, tally: &mut Tally| {
                self.customers.write(places, rows, tally)
            }),
            |_, block: &mut Block| self.consume(block, &mut file, all),
        )?;
        file.finish(self.options.sync).map(FinishedFile::listed)
    }

    /// Each part takes its share of the purchases, one after the other.
    fn make_purchases(&self, stage: &mut Staging, purchases: u64, all: &mut Tally) -> Result<Vec<OutputInfo>> {
        let names = set::purchases_names(self.options);
        let parts = names.len() as u64;
        let start = |part: u64| (u128::from(purchases) * u128::from(part) / u128::from(parts)) as u64;
        let mut files = Vec::new();
        for (part, name) in (0..).zip(names) {
            let mut file = self.begin(stage, name, &self.purchases.header())?;
            let mut blocks = blocks(start(part)..start(part + 1));
            WorkerPool::new(self.options.threads).run(
                self.monitor,
                || Ok(blocks.next()),
                &BlockStage(|numbers: Range<u64>, rows: &mut Rows, tally: &mut Tally| {
                    self.purchases.write(numbers, &self.buyers, rows, tally);
                }),
                |_, block: &mut Block| self.consume(block, &mut file, all),
            )?;
            files.push(file.finish(self.options.sync)?.listed());
        }
        Ok(files)
    }

    fn begin(&self, stage: &mut Staging, name: String, header: &str) -> Result<StagedFile> {
        let mut file = stage.create(name)?.streamed(self.options.sync);
        file.write(header.as_bytes())?;
        self.monitor.advance(header.len() as u64);
        Ok(file)
    }

    fn consume(&self, block: &Block, file: &mut StagedFile, all: &mut Tally) -> Result<()> {
        file.write_summed(block.rows.written(), &block.crc)?;
        all.merge(&block.tally);
        self.monitor.advance(block.rows.written().len() as u64);
        Ok(())
    }
}

/// Makes the records of a block, given by their numbers.
struct BlockStage<F>(F);

impl<F: Fn(Range<u64>, &mut Rows, &mut Tally) + Sync> Stage for BlockStage<F> {
    type Task = Range<u64>;
    type Scratch = ();
    type Output = Block;

    fn scratch(&self) {}

    fn output(&self) -> Block {
        Block::default()
    }

    fn process(&self, numbers: &Range<u64>, (): &mut (), block: &mut Block) {
        block.make(|rows, tally| (self.0)(numbers.clone(), rows, tally));
    }
}

/// A range in blocks.
fn blocks(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    range.step_by(BLOCK as usize).map(move |start| start..(start + BLOCK).min(end))
}
