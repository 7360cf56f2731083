//! Writes the two files of a pair: plans the volume, then runs the worker pool over blocks of records.

use super::block::{Block, blocks};
use super::customers::file::CustomersFile;
use super::files;
use super::options::{GenerateOptions, Volume};
use super::purchases::buyer_set::BuyerSet;
use super::purchases::file::PurchasesFile;
use super::tally::Tally;
use super::text::record_buffer::RecordBuffer;
use crate::error::{Error, Result, Setting, words};
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::monitor::Monitor;
use crate::output::report_parts::OutputFile;
use crate::output::staged_file::{FinishedFile, StagedFile};
use crate::output::staging::Staging;
use std::ops::Range;

/// Records sampled to estimate the mean record length.
const SAMPLE: u64 = 64 * 1024;
/// Customers per sampled stretch; stretches are spread over the file because keys get longer towards its end.
const STRETCH: u64 = 256;

/// The planned volume.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// Purchase records.
    pub(crate) purchases: u64,
    /// Estimated bytes of the two files, for the progress display.
    pub(crate) bytes: u64,
}

/// A pair in the making.
pub(crate) struct Pair<'a> {
    options: &'a GenerateOptions,
    monitor: &'a Monitor,
    customers: CustomersFile,
    purchases: PurchasesFile,
    /// Customers with at least one accepted purchase; filled by the workers.
    buyers: BuyerSet,
}

impl<'a> Pair<'a> {
    /// Prepares the tables that records are made from.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`] when the set of buyers does not fit in memory.
    pub(crate) fn new(options: &'a GenerateOptions, monitor: &'a Monitor) -> Result<Self> {
        Ok(Self {
            options,
            monitor,
            customers: CustomersFile::new(options),
            purchases: PurchasesFile::new(options),
            buyers: BuyerSet::new(options.customers)?,
        })
    }

    /// Determines the number of purchases and estimates the total size from a sample of records.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the customers alone exceed the requested size.
    pub(crate) fn plan(&self) -> Result<Plan> {
        let options = self.options;
        let mut block = Block::default();
        let step = options.customers.div_ceil(SAMPLE / STRETCH).max(STRETCH);
        let mut bytes = 0u128;
        for start in (0..options.customers).step_by(step as usize) {
            let end = (start + STRETCH).min(options.customers);
            block.fill(|records, tally| self.customers.write(start..end, records, tally));
            let represented = (start + step).min(options.customers) - start;
            bytes += block.as_bytes().len() as u128 * u128::from(represented) / u128::from(end - start);
        }
        let headers =
            options.parts.unwrap_or(1) as usize * self.purchases.header().len() + self.customers.header().len();
        let mut bytes = u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(headers as u64);
        if options.volume == Volume::Purchases(0) {
            return Ok(Plan { purchases: 0, bytes });
        }
        // The length of a purchase does not depend on its position. A set of its own, so that sampled purchases do not
        // count as bought.
        let sampled_buyers = BuyerSet::new(options.customers)?;
        block.fill(|records, tally| self.purchases.write(0..SAMPLE, &sampled_buyers, records, tally));
        let sampled = block.as_bytes().len() as u128;
        let purchases = match options.volume {
            Volume::Purchases(purchases) => purchases,
            Volume::Bytes(size) => {
                let Some(rest) = size.checked_sub(bytes) else {
                    let reason = format!("the customers alone take about {bytes} bytes of {size}");
                    return Err(Error::config(Setting::Size, &reason, None).hint_words(words![
                        "raise ",
                        Setting::Size,
                        " or lower ",
                        Setting::Customers
                    ]));
                };
                (u128::from(rest) * u128::from(SAMPLE) / sampled) as u64
            }
        };
        bytes = bytes.saturating_add((u128::from(purchases) * sampled / u128::from(SAMPLE)) as u64);
        Ok(Plan { purchases, bytes })
    }

    /// Writes the customers file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn write_customers(&self, staging: &mut Staging, total: &mut Tally) -> Result<OutputFile> {
        let mut file = self.create(staging, files::CUSTOMERS.to_owned(), &self.customers.header())?;
        let mut blocks = blocks(0..self.options.customers);
        WorkerPool::new(self.options.threads).run(
            self.monitor,
            || Ok(blocks.next()),
            &BlockStage(|positions: Range<u64>, records: &mut RecordBuffer, tally: &mut Tally| {
                self.customers.write(positions, records, tally);
            }),
            |_, block: &mut Block| self.append(block, &mut file, total),
        )?;
        file.finish(self.options.sync).map(FinishedFile::listed)
    }

    /// Writes the purchases file, or its parts one after the other with equal shares of the purchases.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn write_purchases(
        &self,
        staging: &mut Staging,
        purchases: u64,
        total: &mut Tally,
    ) -> Result<Vec<OutputFile>> {
        let names = files::purchases_names(self.options);
        let parts = names.len() as u64;
        let start = |part: u64| (u128::from(purchases) * u128::from(part) / u128::from(parts)) as u64;
        let mut outputs = Vec::new();
        for (part, name) in (0..).zip(names) {
            let mut file = self.create(staging, name, &self.purchases.header())?;
            let mut blocks = blocks(start(part)..start(part + 1));
            WorkerPool::new(self.options.threads).run(
                self.monitor,
                || Ok(blocks.next()),
                &BlockStage(|numbers: Range<u64>, records: &mut RecordBuffer, tally: &mut Tally| {
                    self.purchases.write(numbers, &self.buyers, records, tally);
                }),
                |_, block: &mut Block| self.append(block, &mut file, total),
            )?;
            outputs.push(file.finish(self.options.sync)?.listed());
        }
        Ok(outputs)
    }

    /// Customers with at least one accepted purchase so far.
    pub(crate) fn buyer_count(&self) -> u64 {
        self.buyers.len()
    }

    fn create(&self, staging: &mut Staging, name: String, header: &str) -> Result<StagedFile> {
        let mut file = staging.create(name)?.streamed(self.options.sync);
        file.write(header.as_bytes())?;
        self.monitor.advance(header.len() as u64);
        Ok(file)
    }

    fn append(&self, block: &Block, file: &mut StagedFile, total: &mut Tally) -> Result<()> {
        file.write_with_crc32(block.as_bytes(), block.crc32())?;
        total.merge(block.tally());
        self.monitor.advance(block.as_bytes().len() as u64);
        Ok(())
    }
}

/// Makes the records of a block, given by their numbers.
struct BlockStage<F>(F);

impl<F: Fn(Range<u64>, &mut RecordBuffer, &mut Tally) + Sync> Stage for BlockStage<F> {
    type Task = Range<u64>;
    type Scratch = ();
    type Output = Block;

    fn scratch(&self) {}

    fn output(&self) -> Block {
        Block::default()
    }

    fn process(&self, numbers: &Range<u64>, (): &mut (), block: &mut Block) {
        block.fill(|records, tally| (self.0)(numbers.clone(), records, tally));
    }
}
