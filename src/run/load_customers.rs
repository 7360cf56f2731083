//! Loads the customers, the build side of the join. The worker pool parses chunks; the sink stores the results in file
//! order.

use super::context::Context;
use super::resolve_columns::Layout;
use crate::customers::arena::Origin;
use crate::customers::batch::CustomerBatch;
use crate::customers::block_pool::BlockPool;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::error::Result;
use crate::exec::fingerprint::crc32;
use crate::exec::ordered_delivery::Sink;
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::input::chunks::{Chunk, Chunks};
use crate::input::line_estimate::estimate_lines;
use crate::input::repeated_header::RepeatedHeader;
use crate::input::waiting_input::WaitingInput;
use crate::ledger::tally::Tally;
use crate::model::mode::Mode;
use crate::model::sides::Side;
use crate::output::rejects::RejectsFile;

/// Reads the customers inputs, in the given order, into the build side.
pub(super) fn load_customers(
    context: &Context<'_>,
    inputs: Vec<WaitingInput<'_>>,
    rejects: &mut RejectsFile,
    tally: &mut Tally,
) -> Result<BuildSide> {
    let Context { config, sizes, monitor, files, layout } = *context;
    let dialects = layout.dialects;
    // The size of a file says nothing about that of the text in it.
    let sizes_of_text = files.customers.iter().zip(&inputs);
    let size = sizes_of_text.map(|(file, input)| file.size().filter(|_| input.decoding().is_none())).sum();
    let forecast = Forecast::new(size, estimate_lines(&files.customers));
    let blocks = BuildSide::block_pool(config.threads);
    let groups = config.age_groups.names().len();
    let mode = if config.combined { Mode::Rows } else { Mode::TotalsOnly };
    let mut customers = BuildSide::new(dialects.purchases, groups, forecast.first(), config.threads, mode)?;
    customers.count_growth(monitor.growth());
    let hasher = customers.hasher().clone();
    let (groups, max_record) = (&config.age_groups, config.max_record_bytes);
    let parser = CustomerParser::new(dialects, layout.customers, groups, hasher, max_record, mode)
        .with_header(RepeatedHeader::new(&layout.names.customers))
        .ragged(config.formats.customers.ragged);
    let mut chunks = Chunks::new(inputs, sizes.customers, config.max_record_bytes, dialects.customers);
    WorkerPool::new(config.threads).run(
        monitor,
        || chunks.next(),
        &ParseStage { parser: &parser, layout, blocks: &blocks },
        StoreSink {
            context,
            parser: &parser,
            scratch: ParseScratch::default(),
            customers: &mut customers,
            forecast,
            read: 0,
            blocks: &blocks,
            rejects,
            tally,
        },
    )?;
    monitor.advance(chunks.trailing());
    tally.set_build_side(&customers);
    Ok(customers)
}

/// The parallel stage: parses a chunk of customers.
struct ParseStage<'a> {
    parser: &'a CustomerParser<'a>,
    layout: &'a Layout,
    blocks: &'a BlockPool,
}

impl<'a> Stage for ParseStage<'a> {
    type Task = Chunk<'a>;
    type Scratch = ParseScratch;
    type Output = CustomerBatch;

    fn scratch(&self) -> ParseScratch {
        ParseScratch::default()
    }

    fn output(&self) -> CustomerBatch {
        CustomerBatch::default()
    }

    fn process(&self, chunk: &Chunk<'a>, scratch: &mut ParseScratch, batch: &mut CustomerBatch) {
        self.blocks.prepare();
        self.parser.parse(&chunk.bytes, self.layout.order(Side::Customers, chunk.file), scratch, batch);
        batch.chunk_crc32 = crc32(&chunk.bytes);
    }
}

/// The ordered sink: stores parsed customers in file order.
struct StoreSink<'a> {
    context: &'a Context<'a>,
    /// Parses the rest of a chunk whose entries are too large for one batch.
    parser: &'a CustomerParser<'a>,
    scratch: ParseScratch,
    customers: &'a mut BuildSide,
    forecast: Forecast,
    /// Bytes of all inputs consumed so far, after decoding, without headers.
    read: u64,
    blocks: &'a BlockPool,
    rejects: &'a mut RejectsFile,
    tally: &'a mut Tally,
}

impl Sink<Chunk<'_>, CustomerBatch> for StoreSink<'_> {
    fn consume(&mut self, chunk: Chunk<'_>, batch: &mut CustomerBatch) -> Result<()> {
        let file = &self.context.files.customers[chunk.file];
        let line = self.tally.inputs.customers[chunk.file].next_line;
        self.read += chunk.bytes.len() as u64;
        let origin = Origin { file: chunk.file, line };
        let Context { layout, .. } = *self.context;
        let dialect = layout.dialects.customers;
        let order = layout.order(Side::Customers, chunk.file);
        let columns = layout.customers.in_order(order);
        let mut written = 0;
        loop {
            self.customers.add(batch, origin, &self.forecast.at(self.read), self.blocks)?;
            self.plan_growth();
            let source = self.context.reject_source(Side::Customers, &chunk, line);
            self.rejects.add(&source, &batch.rejects[written..])?;
            written = batch.rejects.len();
            self.tally.observe_customers(&chunk, batch, dialect, &columns);
            if !self.parser.parse_rest(&chunk.bytes, order, &mut self.scratch, batch) {
                break;
            }
            self.context.monitor.check()?;
        }
        self.context.check_fatal(batch.fatal, Side::Customers, file, &chunk, line)?;
        self.tally.add_customers(&chunk, batch);
        self.context.release(&chunk);
        Ok(())
    }
}

impl StoreSink<'_> {
    /// Corrects the plan by the forecast after this chunk.
    fn plan_growth(&self) {
        let monitor = self.context.monitor;
        let growth = monitor.growth().done() + self.customers.growth_ahead();
        monitor.plan(|plan| plan.growth = growth);
    }
}
