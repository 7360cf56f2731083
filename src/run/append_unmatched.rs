//! Appends the customers without purchases, for a full join.

use super::context::Context;
use crate::customers::build_side::BuildSide;
use crate::customers::slot::Slot;
use crate::error::{Error, ErrorKind, Result, Setting, escape, words};
use crate::exec::ordered_delivery::Sink;
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::ledger::tally::Tally;
use crate::model::join::Join;
use crate::monitor::Monitor;
use crate::output::compressed_file::BlockQueue;
use crate::output::ordered_writer::OrderedWriter;
use crate::purchases::lookup::Lookup;
use crate::purchases::row_suffix::RowSuffixes;
use crate::purchases::unmatched_customers::{UnmatchedCustomers, UnmatchedRows};

/// Counts the customers with and without purchases. A full join also writes those without to the combined data.
///
/// # Errors
/// [`ErrorKind::Config`] if a full join would write customers' keys into the amount column.
pub(super) fn append_unmatched(
    context: &Context<'_>,
    customers: &mut BuildSide,
    suffixes: &RowSuffixes,
    writer: &mut OrderedWriter,
    tally: &mut Tally,
) -> Result<()> {
    let Context { config, sizes, monitor, layout, .. } = *context;
    let [matched, unmatched] = customers.matched_and_unmatched();
    tally.customers.with_purchases = matched;
    tally.customers.without_purchases = unmatched;
    if config.join != Join::Full {
        return Ok(());
    }
    if unmatched > 0 && layout.purchases.key == layout.purchases.amount {
        return Err(amount_is_key(&config.columns.amount));
    }
    if !writer.is_writing() {
        tally.rows += unmatched;
        monitor.set_rows(tally.rows);
        return Ok(());
    }
    // Progress is counted in bytes, estimated from the average size of a customer.
    let average = customers.bytes() / tally.customers.accepted.max(1);
    monitor.plan(|plan| plan.appended = unmatched * average);
    let delimiter = layout.dialects.purchases.delimiter;
    let parts = customers.unmatched_parts(|customers| monitor.advance_collected(customers * average / 2));
    let rows = UnmatchedCustomers {
        lookup: Lookup::new(customers, suffixes),
        before: vec![delimiter; layout.purchases.key],
        after: vec![delimiter; layout.purchases.count - layout.purchases.key - 1],
    };
    let mut parts = parts.into_iter();
    WorkerPool::new(config.threads).run(
        monitor,
        || Ok(parts.next()),
        &UnmatchedStage { rows: &rows, max_row_bytes: sizes.max_row_bytes, monitor, blocks: writer.block_queue() },
        UnmatchedSink { context, rows: &rows, average, row: Vec::new(), writer, tally },
    )
}

/// The error for a key column that is also the amount column: a customer's key would count as an amount.
fn amount_is_key(column: &[u8]) -> Error {
    let name = escape(column);
    let text = format!("the key column is the amount column too, and there are customers without purchases: {name}");
    Error::new(ErrorKind::Config, text).hint_words(words![
        "such customers have no amount; leave them out with ",
        Setting::Join,
        " left"
    ])
}

/// The parallel stage: makes the rows of the customers in one part of the arena.
struct UnmatchedStage<'a> {
    rows: &'a UnmatchedCustomers<'a>,
    /// Upper bound on the bytes of rows that one output buffers.
    max_row_bytes: usize,
    monitor: &'a Monitor,
    /// The blocks of rows to compress.
    blocks: Option<BlockQueue>,
}

impl Stage for UnmatchedStage<'_> {
    type Task = Vec<Slot>;
    type Scratch = ();
    type Output = UnmatchedRows;

    fn scratch(&self) {}

    fn output(&self) -> UnmatchedRows {
        UnmatchedRows::new(self.max_row_bytes)
    }

    fn process(&self, part: &Vec<Slot>, (): &mut (), output: &mut UnmatchedRows) {
        self.rows.write(part, output);
    }

    fn between_tasks(&self) -> Result<()> {
        self.blocks.as_ref().map_or(Ok(()), |blocks| blocks.compress_queued(self.monitor))
    }
}

/// The ordered sink: writes the rows in file order.
struct UnmatchedSink<'a> {
    context: &'a Context<'a>,
    rows: &'a UnmatchedCustomers<'a>,
    /// Average size of a customer in memory, in bytes.
    average: u64,
    /// Scratch buffer for a deferred row.
    row: Vec<u8>,
    writer: &'a mut OrderedWriter,
    tally: &'a mut Tally,
}

impl Sink<Vec<Slot>, UnmatchedRows> for UnmatchedSink<'_> {
    fn consume(&mut self, part: Vec<Slot>, output: &mut UnmatchedRows) -> Result<()> {
        self.writer.write_rows(&output.rows)?;
        for &slot in &output.deferred {
            self.context.monitor.check()?;
            self.row.clear();
            self.rows.write_deferred(slot, &mut self.row);
            self.writer.write(&self.row)?;
        }
        self.tally.rows += output.count + output.deferred.len() as u64;
        self.context.monitor.advance_appended(part.len() as u64 * self.average);
        self.context.monitor.set_rows(self.tally.rows);
        self.writer.report_unsynced(self.context.monitor);
        Ok(())
    }
}
