//! What a run observes for its notices, accumulated in chunk order: examples, and counts that the report does not have.

use super::input_tally::InputTally;
use crate::customers::arena::Origin;
use crate::customers::batch::{AgeStatus, CustomerBatch};
use crate::error::escape;
use crate::input::chunks::Chunk;
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::dialect::Dialect;
use crate::model::reject::MAX_SAMPLES;
use crate::output::report_samples::{SamplePlace, UnmatchedSample};
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::three_digits::ThreeDigits;

/// A value of an input, escaped for a terminal, and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Example {
    pub(crate) value: String,
    pub(crate) place: SamplePlace,
}

/// What a run observes for its notices and examples.
#[derive(Debug, Default)]
pub(crate) struct Observations {
    /// The first key in the customers that is not empty.
    pub(crate) customer_key: Option<Example>,
    /// The first age that cannot be read.
    pub(crate) invalid_age: Option<Example>,
    /// The first unmatched purchases.
    pub(crate) unmatched: Vec<UnmatchedSample>,
    /// The bit `1 << n` is set if an accepted amount has n fraction digits.
    pub(crate) fraction_digits: u16,
    pub(crate) three_digits: ThreeDigits,
    /// The first amount that could have a thousands separator.
    pub(crate) grouped_amount: Option<Example>,
    /// The keys of customers that usually mean a missing value, with the places of their records.
    pub(crate) placeholder_keys: Vec<(&'static str, Origin)>,
    /// The number of matched purchases of each customer in `placeholder_keys`. May be shorter; the rest have none.
    pub(crate) placeholder_purchases: Vec<u64>,
}

impl Observations {
    /// Adds a chunk of customers that has been stored and is not in the tally yet.
    pub(super) fn add_customers(
        &mut self,
        chunk: &Chunk<'_>,
        batch: &CustomerBatch,
        input: &InputTally,
        dialect: Dialect,
        columns: &CustomerColumns,
    ) {
        let line = input.next_line;
        let example = |start: u32, end: u32, record_line: u32, column: usize| {
            let record = &chunk.bytes[start as usize..end as usize];
            let place = chunk.place(&input.path, line + u64::from(record_line), start, start);
            Example { value: escape(&dialect.value(dialect.field(record, column))), place: SamplePlace::of(&place) }
        };
        if self.customer_key.is_none() {
            // The first customer with a key cannot be a duplicate.
            let first = batch.customers.iter().find(|customer| customer.has_key());
            self.customer_key = first.map(|first| example(first.start, first.end, first.line, columns.key));
        }
        if self.invalid_age.is_none() {
            // The example is one of the column, so the customer may be a duplicate.
            let first = batch.customers.iter().find(|customer| customer.age == AgeStatus::Invalid);
            self.invalid_age = first.map(|first| example(first.start, first.end, first.line, columns.age));
        }
    }

    /// Adds a chunk of purchases that is not in the tally yet.
    pub(super) fn add_purchases(
        &mut self,
        chunk: &Chunk<'_>,
        output: &ChunkOutput,
        input: &InputTally,
        dialect: Dialect,
        columns: &PurchaseColumns,
    ) {
        let example = |start: u32, end: u32, column: usize| {
            let record = &chunk.bytes[start as usize..end as usize];
            let line = input.next_line + memchr::memchr_iter(b'\n', &chunk.bytes[..start as usize]).count() as u64;
            let place = SamplePlace::of(&chunk.place(&input.path, line, start, start));
            Example { value: escape(&dialect.value(dialect.field(record, column))), place }
        };
        for (start, end) in output.first_unmatched.iter().take(MAX_SAMPLES - self.unmatched.len()) {
            let Example { value, place } = example(start, end, columns.key);
            self.unmatched.push(UnmatchedSample { place, key: value });
        }
        if let (None, Some((start, end))) = (&self.grouped_amount, output.three_digits.first) {
            self.grouped_amount = Some(example(start, end, columns.amount));
        }
        self.fraction_digits |= output.fraction_digits;
        self.three_digits.merge(&output.three_digits);
        let (counts, new) = (&mut self.placeholder_purchases, &output.placeholder_purchases);
        counts.resize(counts.len().max(new.len()), 0);
        counts.iter_mut().zip(new).for_each(|(sum, count)| *sum += count);
    }
}
