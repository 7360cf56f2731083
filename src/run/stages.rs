//! The three stages that stream: customers into memory, purchases into rows, the customers that are left.

use crate::config::{Config, Join};
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::customers::slot::Slot;
use crate::error::{Error, ErrorKind, Result, escape};
use crate::exec::worker_pool::{Workers, ordered};
use crate::input::chunks::{Chunk, Chunks};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::input::record::FatalRecord;
use crate::ledger::tally::Tally;
use crate::monitor::Monitor;
use crate::output::rejects::{RejectsFile, place_in};
use crate::output::staged_file::StagedFile;
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::kernel::{JoinKernel, KernelScratch, UnmatchedPolicy};
use crate::purchases::row_suffix::RowSuffixes;
use crate::purchases::unmatched_customers::{UnmatchedCustomers, UnmatchedRows};
use crate::run::layout::Layout;

/// What the stages share.
pub(crate) struct Stages<'a> {
    pub(crate) config: &'a Config,
    pub(crate) monitor: &'a Monitor,
    pub(crate) opened: &'a [InputFile],
    pub(crate) layout: &'a Layout,
}

impl Stages<'_> {
    /// Customers file → customers in memory.
    pub(crate) fn load_customers(
        &self,
        inputs: Vec<InputReader<'_>>,
        rejects: &mut RejectsFile,
        account: &mut Tally,
    ) -> Result<BuildSide> {
        let config = self.config;
        let forecast = Forecast::new(self.opened[0].size(), inputs[0].estimate_lines());
        let groups = config.age_groups.names().len();
        let (dialect, columns) = (config.dialect, self.layout.customers);
        let spare = BuildSide::spare(config.threads);
        let mut customers = BuildSide::new(dialect, groups, forecast.first(), config.threads, config.combined)?;
        let hasher = customers.hasher().clone();
        let mut loader = CustomerParser::new(dialect, columns, &config.age_groups, hasher, config.max_record_bytes);
        loader.tails = config.combined;
        let mut chunks = Chunks::new(inputs, config.customers_chunk(), config.max_record_bytes, dialect);
        ordered(
            Workers::new(config.threads),
            self.monitor,
            || chunks.next(),
            ParseScratch::default,
            CustomerBatch::default,
            |chunk, scratch, out| {
                spare.make();
                loader.load(&chunk.bytes, scratch, out);
            },
            |chunk, loaded: &mut CustomerBatch| {
                let line = account.next_line(0);
                customers.add(loaded, line, &forecast.at(chunk.end()), &spare)?;
                rejects.add(&self.opened[0].path, &chunk, line, &loaded.rejects)?;
                self.survives(loaded.fatal, 0, &chunk, line)?;
                account.add_customers(&chunk, loaded);
                self.consumed(0, &chunk);
                Ok(())
            },
        )?;
        account.take_customers(&customers);
        if config.combined && config.join == Join::Full {
            // Those that are left over will be written when the purchases are done, and that may be all of them.
            self.monitor.expect_rest(customers.bytes());
        }
        Ok(customers)
    }

    /// Purchases files × customers → rows, totals, rejects.
    pub(crate) fn join_purchases(
        &self,
        inputs: Vec<InputReader<'_>>,
        customers: &mut BuildSide,
        tails: &RowSuffixes,
        rejects: &mut RejectsFile,
        combined: &mut Option<StagedFile>,
        account: &mut Tally,
    ) -> Result<()> {
        let config = self.config;
        let kernel = JoinKernel {
            dialect: config.dialect,
            columns: self.layout.purchases,
            max_record: config.max_record_bytes,
            probe: customers.probe(tails),
            policy: self.policy(),
            exact_only: false,
        };
        let groups = config.age_groups.names().len();
        let mut tail = Vec::new();
        // Rows on their way to the disk may take a little more memory; records of a pipe, which are held whole, not.
        let mapped = self.opened[1..].iter().all(|input| input.mapped().is_some());
        let ahead = if mapped { config.results_ahead() } else { 0 };
        let mut chunks = Chunks::new(inputs, config.purchases_chunk(), config.max_record_bytes, config.dialect);
        ordered(
            Workers::new(config.threads).with_results(ahead),
            self.monitor,
            || chunks.next(),
            KernelScratch::default,
            || ChunkOutput::new(groups, config.most_rows()),
            |chunk, scratch, out| kernel.join(&chunk.bytes, scratch, out),
            |chunk, joined: &mut ChunkOutput| {
                let file = chunk.file + 1;
                let line = account.next_line(file);
                rejects.add(&self.opened[file].path, &chunk, line, &joined.rejects)?;
                self.survives(joined.fatal, file, &chunk, line)?;
                if let Some(combined) = combined {
                    combined.write_summed(joined.rows.bytes(), joined.rows.crc())?;
                    for row in &joined.deferred {
                        self.monitor.check()?;
                        let purchase = &chunk.bytes[row.start as usize..row.end as usize];
                        combined.write(purchase).map_err(|error| self.attributed(error, file))?;
                        tail.clear();
                        kernel.write_tail(row, &mut tail);
                        combined.write(&tail)?;
                    }
                }
                account.add_purchases(file, &chunk, joined)?;
                self.consumed(file, &chunk);
                Ok(())
            },
        )
    }

    /// Customers without purchases, appended under a full join and counted under every join.
    pub(crate) fn append_remainder(
        &self,
        customers: &mut BuildSide,
        tails: &RowSuffixes,
        combined: &mut Option<StagedFile>,
        account: &mut Tally,
    ) -> Result<()> {
        let config = self.config;
        let named_and_left = customers.named_and_left();
        account.take_named_and_left(named_and_left);
        let [_, left] = named_and_left;
        let purchases = self.layout.purchases;
        if config.join != Join::Full {
            return Ok(());
        }
        if left > 0 && purchases.key == purchases.amount {
            return Err(self.amount_is_key());
        }
        let Some(combined) = combined else {
            account.add_left_over(left);
            return Ok(());
        };
        let parts = customers.left_over();
        // In bytes: nothing is to be done for the others.
        let each = customers.bytes() / account.customers.accepted.max(1);
        self.monitor.advance_rest(customers.bytes().saturating_sub(left * each));
        let remainder = UnmatchedCustomers {
            probe: customers.probe(tails),
            before: vec![config.dialect.delimiter; purchases.key],
            after: vec![config.dialect.delimiter; purchases.count - purchases.key - 1],
        };
        let (mut parts, mut row) = (parts.into_iter(), Vec::new());
        ordered(
            Workers::new(config.threads),
            self.monitor,
            || Ok(parts.next()),
            || (),
            || UnmatchedRows::new(config.most_rows()),
            |part: &Vec<Slot>, (), out| remainder.write(part, out),
            |part, out: &mut UnmatchedRows| {
                combined.write_summed(out.rows.bytes(), out.rows.crc())?;
                for &slot in &out.deferred {
                    self.monitor.check()?;
                    row.clear();
                    remainder.write_late(slot, &mut row);
                    combined.write(&row)?;
                }
                account.add_left_over(out.count + out.deferred.len() as u64);
                self.monitor.advance_rest(part.len() as u64 * each);
                Ok(())
            },
        )
    }

    /// What a row of a purchase without a customer ends with, and which rows are kept.
    fn policy(&self) -> UnmatchedPolicy {
        let config = self.config;
        let mut tail = vec![config.dialect.delimiter; self.layout.customers.count - 1 + 2];
        config.dialect.write_field(crate::model::age_group::UNKNOWN.as_bytes(), &mut tail);
        tail.push(b'\n');
        UnmatchedPolicy {
            keep_unmatched: config.join != Join::Inner,
            unknown: usize::from(config.age_groups.unknown()),
            unmatched_tail: tail,
        }
    }

    /// A customer's key in the amount column would be an amount that nobody spent.
    fn amount_is_key(&self) -> Error {
        let name = escape(&self.config.columns.amount);
        let text =
            format!("the key column is the amount column too, and there are customers without purchases: {name}");
        Error::new(ErrorKind::Config, text).hint("such customers have no amount; leave them out with --join left")
    }

    /// Fails when a chunk, which begins at `line`, holds a record that ends the run.
    fn survives(&self, fatal: Option<FatalRecord>, file: usize, chunk: &Chunk<'_>, line: u64) -> Result<()> {
        let Some(fatal) = fatal else { return Ok(()) };
        let place = place_in(&self.opened[file].path, chunk, line, 0, fatal.place);
        Err(fatal.error(place, self.config.max_record_bytes))
    }

    /// Attributes an error of a write directly from an input's map: EFAULT means that the map could not be read, so the
    /// input failed, not the output.
    fn attributed(&self, error: Error, file: usize) -> Error {
        let input = &self.opened[file];
        if error.os_error() == Some(libc::EFAULT) && input.mapped().is_some() { input.fault() } else { error }
    }

    /// A chunk is done with: tell the watcher, and give its pages back.
    fn consumed(&self, file: usize, chunk: &Chunk<'_>) {
        self.monitor.advance(chunk.bytes.len() as u64);
        if let Some(mapped) = self.opened[file].mapped() {
            mapped.release(chunk.end() as usize);
        }
    }
}
