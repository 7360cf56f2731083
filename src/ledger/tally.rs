//! The counts and sums of a run, accumulated in chunk order.

use super::input_tally::InputTally;
use super::observations::Observations;
use crate::config::Config;
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::error::{Error, ErrorKind, Result};
use crate::input::chunks::Chunk;
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::input::preamble::HeaderCounts;
use crate::input::waiting_input::WaitingInput;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::dialect::Dialect;
use crate::model::inputs::Inputs;
use crate::model::sides::Sides;
use crate::output::report_parts::{CustomersSummary, PurchasesSummary};
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::totals::{Overflow, Totals};

/// The counts and sums of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) inputs: Inputs<InputTally>,
    /// The number of inputs of each side that have been read.
    settled: Sides<usize>,
    pub(crate) customers: CustomersSummary,
    pub(crate) purchases: PurchasesSummary<String>,
    pub(crate) totals: Totals,
    /// Accepted customers by age group number.
    pub(crate) customers_by_group: Vec<u64>,
    /// What was observed for notices and examples.
    pub(crate) observations: Observations,
    /// Rows passed to the ordered writer, whether or not it writes them.
    pub(crate) rows: u64,
}

impl Tally {
    /// Creates the tally after the headers have been read.
    pub(crate) fn new(
        config: &Config,
        files: &Inputs<InputFile>,
        headers: Inputs<Header>,
        inputs: &Inputs<WaitingInput<'_>>,
    ) -> Self {
        let HeaderCounts { blank_lines, comments, skipped_lines } = sum(&headers.customers);
        let customers = CustomersSummary { blank_lines, comments, skipped_lines, ..CustomersSummary::default() };
        let HeaderCounts { blank_lines, comments, skipped_lines } = sum(&headers.purchases);
        let purchases = PurchasesSummary { blank_lines, comments, skipped_lines, ..PurchasesSummary::default() };
        let of_side = |files: &[InputFile], headers: Vec<Header>, inputs: &[WaitingInput<'_>]| {
            let all = files.iter().zip(headers).zip(inputs);
            all.map(|((file, header), input)| InputTally::new(file, header, input)).collect()
        };
        Self {
            inputs: Inputs {
                customers: of_side(&files.customers, headers.customers, &inputs.customers),
                purchases: of_side(&files.purchases, headers.purchases, &inputs.purchases),
            },
            settled: Sides::default(),
            customers,
            purchases,
            totals: Totals::new(config.age_groups.names().len()),
            customers_by_group: vec![],
            observations: Observations::default(),
            rows: 0,
        }
    }

    /// Adds a chunk of customers that has been stored.
    pub(crate) fn add_customers(&mut self, chunk: &Chunk<'_>, batch: &CustomerBatch) {
        let input = reading(&mut self.inputs.customers, &mut self.settled.customers, chunk.file);
        input.add(chunk, batch.chunk_crc32, batch.records, batch.lines);
        (input.padded, input.trimmed) = (input.padded + batch.padded, input.trimmed + batch.trimmed);
        self.customers.records += batch.records;
        self.customers.rejected += batch.rejects.len() as u64;
        self.customers.blank_lines += batch.blank_lines;
        self.customers.comments += batch.comments;
    }

    /// Copies the counts of the complete build side.
    pub(crate) fn set_build_side(&mut self, customers: &BuildSide) {
        let counts = &customers.counts;
        self.customers.accepted = counts.accepted;
        self.customers.key_missing = counts.key_missing;
        self.customers.age_missing = counts.age_missing;
        self.customers.age_invalid = counts.age_invalid;
        self.customers_by_group = counts.groups.clone();
        self.inputs.customers.iter_mut().for_each(InputTally::settle);
    }

    /// Observes a chunk of customers for notices and examples, before it is added.
    pub(crate) fn observe_customers(
        &mut self,
        chunk: &Chunk<'_>,
        batch: &CustomerBatch,
        dialect: Dialect,
        columns: &CustomerColumns,
    ) {
        self.observations.add_customers(chunk, batch, &self.inputs.customers[chunk.file], dialect, columns);
    }

    /// Observes a chunk of purchases for notices and examples, before it is added.
    pub(crate) fn observe_purchases(
        &mut self,
        chunk: &Chunk<'_>,
        output: &ChunkOutput,
        dialect: Dialect,
        columns: &PurchaseColumns,
    ) {
        self.observations.add_purchases(chunk, output, &self.inputs.purchases[chunk.file], dialect, columns);
    }

    /// Adds a chunk of purchases whose rows have been written.
    ///
    /// # Errors
    /// [`ErrorKind::Overflow`] if a sum exceeds 128 bits.
    pub(crate) fn add_purchases(&mut self, chunk: &Chunk<'_>, output: &ChunkOutput) -> Result<()> {
        let counts = &output.counts;
        let input = reading(&mut self.inputs.purchases, &mut self.settled.purchases, chunk.file);
        input.add(chunk, output.chunk_crc32, counts.records, counts.lines);
        (input.padded, input.trimmed) = (input.padded + counts.padded, input.trimmed + counts.trimmed);
        self.purchases.records += counts.records;
        self.purchases.matched += counts.matched;
        self.purchases.unmatched += counts.unmatched;
        self.purchases.rejected += output.rejects.len() as u64;
        self.purchases.key_missing += counts.key_missing;
        self.purchases.amount_missing += counts.amount_missing;
        self.purchases.blank_lines += counts.blank_lines;
        self.purchases.comments += counts.comments;
        self.rows += counts.kept;
        self.totals.merge(&output.totals).map_err(overflow)
    }
}

/// The counts of all headers of a side.
fn sum(headers: &[Header]) -> HeaderCounts {
    headers.iter().fold(HeaderCounts::default(), |sum, header| sum + header.counts)
}

/// The input with this index, which is being read. `settled` is the number of inputs before it that have been read.
fn reading<'i>(inputs: &'i mut [InputTally], settled: &mut usize, index: usize) -> &'i mut InputTally {
    // Each digest in progress takes a thread, and there may be many inputs.
    inputs[*settled..index].iter_mut().for_each(InputTally::settle);
    *settled = index;
    &mut inputs[index]
}

/// The error for a sum that exceeds 128 bits.
pub(super) fn overflow(_: Overflow) -> Error {
    Error::new(ErrorKind::Overflow, "the sum of the amounts does not fit 128 bits; nothing was published")
}
