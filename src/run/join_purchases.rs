//! Joins the purchases, the probe side of the join. The worker pool turns chunks into rows and totals; the sink writes
//! the rows and adds up the totals in file order.

use super::context::Context;
use super::resolve_columns::Layout;
use crate::customers::build_side::BuildSide;
use crate::error::Result;
use crate::exec::fingerprint::crc32;
use crate::exec::ordered_delivery::Sink;
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::input::chunks::{Chunk, Chunks};
use crate::input::repeated_header::RepeatedHeader;
use crate::input::waiting_input::WaitingInput;
use crate::ledger::tally::Tally;
use crate::model::age_group::UNKNOWN;
use crate::model::join::Join;
use crate::model::sides::Side;
use crate::monitor::Monitor;
use crate::output::compressed_file::BlockQueue;
use crate::output::ordered_writer::OrderedWriter;
use crate::output::rejects::RejectsFile;
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::deferred_rows::DeferredRows;
use crate::purchases::join_kernel::{JoinKernel, KernelScratch};
use crate::purchases::lookup::Lookup;
use crate::purchases::row_suffix::RowSuffixes;
use crate::purchases::unmatched_policy::UnmatchedPolicy;

/// Joins the purchases inputs, in the given order, with the build side.
pub(super) fn join_purchases(
    context: &Context<'_>,
    inputs: Vec<WaitingInput<'_>>,
    customers: &mut BuildSide,
    suffixes: &RowSuffixes,
    rejects: &mut RejectsFile,
    writer: &mut OrderedWriter,
    tally: &mut Tally,
) -> Result<()> {
    let Context { config, sizes, monitor, files, layout } = *context;
    let kernel = JoinKernel {
        dialect: layout.dialects.purchases,
        ragged: config.formats.purchases.ragged,
        columns: layout.purchases,
        header: RepeatedHeader::new(&layout.names.purchases),
        max_record: config.max_record_bytes,
        lookup: Lookup::new(customers, suffixes),
        policy: unmatched_policy(context),
    };
    // Mapped input may buffer extra results; chunks read from a pipe own their bytes, so they may not.
    let mapped = files.purchases.iter().all(|file| file.is_mapped());
    let min_in_flight = if mapped { sizes.min_in_flight() } else { 0 };
    let stage = JoinStage {
        kernel: &kernel,
        layout,
        groups: config.age_groups.names().len(),
        max_row_bytes: sizes.max_row_bytes,
        monitor,
        blocks: writer.block_queue(),
    };
    tally.observations.placeholder_keys = kernel.lookup.placeholders.keys(kernel.lookup.arena).collect();
    let mut chunks = Chunks::new(inputs, sizes.purchases, config.max_record_bytes, layout.dialects.purchases);
    WorkerPool::new(config.threads).with_min_in_flight(min_in_flight).run(
        monitor,
        || chunks.next(),
        &stage,
        JoinSink { context, deferred: DeferredRows::new(&kernel), rejects, writer, tally },
    )?;
    monitor.advance(chunks.trailing());
    Ok(())
}

/// Whether unmatched purchases are kept, and the suffix of their rows.
fn unmatched_policy(context: &Context<'_>) -> UnmatchedPolicy {
    let Context { config, layout, .. } = *context;
    let dialect = layout.dialects.purchases;
    let mut suffix = vec![dialect.delimiter; layout.customers.count - 1 + 2];
    dialect.write_field(UNKNOWN.as_bytes(), &mut suffix);
    suffix.push(b'\n');
    UnmatchedPolicy {
        keep_unmatched: config.join != Join::Inner,
        unknown: usize::from(config.age_groups.unknown()),
        unmatched_suffix: suffix,
    }
}

/// The parallel stage: joins a chunk of purchases.
struct JoinStage<'a> {
    kernel: &'a JoinKernel<'a>,
    layout: &'a Layout,
    /// Number of age groups.
    groups: usize,
    /// Upper bound on the bytes of rows that one output buffers.
    max_row_bytes: usize,
    monitor: &'a Monitor,
    /// The blocks of rows to compress.
    blocks: Option<BlockQueue>,
}

impl<'a> Stage for JoinStage<'a> {
    type Task = Chunk<'a>;
    type Scratch = KernelScratch;
    type Output = ChunkOutput;

    fn scratch(&self) -> KernelScratch {
        KernelScratch::default()
    }

    fn output(&self) -> ChunkOutput {
        ChunkOutput::new(self.groups, self.max_row_bytes)
    }

    fn process(&self, chunk: &Chunk<'a>, scratch: &mut KernelScratch, output: &mut ChunkOutput) {
        self.kernel.join(&chunk.bytes, self.layout.order(Side::Purchases, chunk.file), scratch, output);
        output.chunk_crc32 = crc32(&chunk.bytes);
    }

    fn between_tasks(&self) -> Result<()> {
        self.blocks.as_ref().map_or(Ok(()), |blocks| blocks.compress_queued(self.monitor))
    }
}

/// The ordered sink: writes rows and rejects in file order, and adds up the totals.
struct JoinSink<'a> {
    context: &'a Context<'a>,
    deferred: DeferredRows<'a>,
    rejects: &'a mut RejectsFile,
    writer: &'a mut OrderedWriter,
    tally: &'a mut Tally,
}

impl Sink<Chunk<'_>, ChunkOutput> for JoinSink<'_> {
    fn consume(&mut self, chunk: Chunk<'_>, output: &mut ChunkOutput) -> Result<()> {
        let file = &self.context.files.purchases[chunk.file];
        let line = self.tally.inputs.purchases[chunk.file].next_line;
        let Context { layout, .. } = *self.context;
        let dialect = layout.dialects.purchases;
        self.rejects.add(&self.context.reject_source(Side::Purchases, &chunk, line), &output.rejects)?;
        self.context.check_fatal(output.fatal, Side::Purchases, file, &chunk, line)?;
        self.write(&chunk, output)?;
        let columns = layout.purchases.in_order(layout.order(Side::Purchases, chunk.file));
        self.tally.observe_purchases(&chunk, output, dialect, &columns);
        self.tally.add_purchases(&chunk, output)?;
        self.context.monitor.set_rows(self.tally.rows);
        self.writer.report_unsynced(self.context.monitor);
        self.context.release(&chunk);
        Ok(())
    }
}

impl JoinSink<'_> {
    /// Writes the rows of a chunk, then its deferred rows.
    fn write(&mut self, chunk: &Chunk<'_>, output: &ChunkOutput) -> Result<()> {
        if !self.writer.is_writing() {
            return Ok(());
        }
        self.writer.write_rows(&output.rows)?;
        let file = &self.context.files.purchases[chunk.file];
        let order = self.context.layout.order(Side::Purchases, chunk.file);
        for row in &output.deferred {
            self.context.monitor.check()?;
            let [purchase, suffix] = self.deferred.parts(&chunk.bytes, row, order);
            self.writer.write(purchase).map_err(|error| file.attribute(error))?;
            self.writer.write(suffix)?;
        }
        Ok(())
    }
}
