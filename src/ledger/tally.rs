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
use crate::input::reader::InputReader;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::dialect::Dialect;
use crate::model::inputs::Inputs;
use crate::output::report_parts::{CustomersSummary, PurchasesSummary};
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::totals::{Overflow, Totals};

/// The counts and sums of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) inputs: Inputs<InputTally>,
    /// The index of the purchases input that is being read.
    file: usize,
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
        readers: &Inputs<InputReader<'_>>,
    ) -> Self {
        let HeaderCounts { blank_lines, comments, skipped_lines } = headers.customers.counts;
        let customers = CustomersSummary { blank_lines, comments, skipped_lines, ..CustomersSummary::default() };
        let of_purchases =
            |count: fn(&HeaderCounts) -> u64| headers.purchases.iter().map(|header| count(&header.counts)).sum();
        let purchases_summary = PurchasesSummary {
            blank_lines: of_purchases(|counts| counts.blank_lines),
            comments: of_purchases(|counts| counts.comments),
            skipped_lines: of_purchases(|counts| counts.skipped_lines),
            ..PurchasesSummary::default()
        };
        let purchases = files.purchases.iter().zip(headers.purchases).zip(&readers.purchases);
        Self {
            inputs: Inputs {
                customers: InputTally::new(&files.customers, headers.customers, &readers.customers),
                purchases: purchases.map(|((file, header), reader)| InputTally::new(file, header, reader)).collect(),
            },
            file: 0,
            customers,
            purchases: purchases_summary,
            totals: Totals::new(config.age_groups.names().len()),
            customers_by_group: vec![],
            observations: Observations::default(),
            rows: 0,
        }
    }

    /// Adds a chunk of customers that has been stored.
    pub(crate) fn add_customers(&mut self, chunk: &Chunk<'_>, batch: &CustomerBatch) {
        let input = &mut self.inputs.customers;
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
        self.inputs.customers.fingerprint.settle();
    }

    /// Observes a chunk of customers for notices and examples, before it is added.
    pub(crate) fn observe_customers(
        &mut self,
        chunk: &Chunk<'_>,
        batch: &CustomerBatch,
        dialect: Dialect,
        columns: &CustomerColumns,
    ) {
        self.observations.add_customers(chunk, batch, &self.inputs.customers, dialect, columns);
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
        // Each digest in progress takes a thread, and there may be many purchases inputs.
        if chunk.file != std::mem::replace(&mut self.file, chunk.file) {
            self.inputs.purchases[..chunk.file].iter_mut().for_each(|input| input.fingerprint.settle());
        }
        let counts = &output.counts;
        let input = &mut self.inputs.purchases[chunk.file];
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

/// The error for a sum that exceeds 128 bits.
pub(super) fn overflow(_: Overflow) -> Error {
    Error::new(ErrorKind::Overflow, "the sum of the amounts does not fit 128 bits; nothing was published")
}
