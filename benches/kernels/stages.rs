//! Single stages of a run on one thread, chunk by chunk.

use spendfold::internals::Dialect;
use spendfold::internals::{
    BuildSide, ChunkOutput, CustomerBatch, CustomerColumns, CustomerParser, Forecast, JoinKernel, KernelScratch, Key,
    Lookup, Mode, Origin, ParseScratch, PurchaseColumns, RepeatedHeader, RowSuffixes, Sides, StructuralIndex,
    UnmatchedPolicy, cut,
};
use spendfold::{AgeGroups, Job, Ragged, Result};

/// `customer_id,first_name,last_name,email,age`
const CUSTOMERS: CustomerColumns = CustomerColumns { count: 5, key: 0, first_name: 1, last_name: 2, age: 4 };
/// `customer_id,product,price`
const PURCHASES: PurchaseColumns = PurchaseColumns { count: 3, key: 0, amount: 2 };
/// Number of the default age groups, with `Other` and `Unknown`.
const GROUPS: usize = 5;
const UNKNOWN: usize = GROUPS - 1;
/// Upper bound of the rows of a chunk, as in a run with default options.
const MAX_ROW_BYTES: usize = 2 << 20;
/// Keys per group of [`Stages::look_up`], as in the join kernel.
const LOOKUP_GROUP: usize = 8;

/// Chunks of whole records, of the default size.
fn chunks(mut records: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = cut(records, Job::DEFAULT_CHUNK_BYTES, Dialect::default()).unwrap_or(records.len());
        let (chunk, rest) = records.split_at(len);
        records = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Cuts records into chunks and returns their number.
pub(crate) fn count_chunks(records: &[u8]) -> usize {
    chunks(records).count()
}

/// Builds the structural index of each chunk and returns the number of line feeds.
pub(crate) fn index(records: &[u8], index: &mut StructuralIndex) -> u64 {
    let index_chunk = |chunk| {
        index.find(chunk, Dialect::default());
        index.line_feeds()
    };
    chunks(records).map(index_chunk).sum()
}

/// Parses customers without storing them and returns their number.
pub(crate) fn parse(records: &[u8], groups: &AgeGroups) -> usize {
    let hasher = ahash::RandomState::new();
    let max_record = Job::DEFAULT_MAX_RECORD_BYTES;
    let parser =
        CustomerParser::new(Sides::both(Dialect::default()), CUSTOMERS, groups, hasher, max_record, Mode::Rows);
    let (mut scratch, mut batch) = (ParseScratch::default(), CustomerBatch::default());
    let parse_chunk = |chunk| {
        parser.parse(chunk, None, &mut scratch, &mut batch);
        batch.customers.len()
    };
    chunks(records).map(parse_chunk).sum()
}

/// Parses customers and stores them.
pub(crate) fn load(records: &[u8], mode: Mode) -> Result<BuildSide> {
    let groups = AgeGroups::default();
    let lines = memchr::memchr_iter(b'\n', records).count();
    let forecast = Forecast::new(Some(records.len() as u64), Some(lines as u64));
    let mut customers = BuildSide::new(Dialect::default(), GROUPS, forecast.first(), 1, mode)?;
    let block_pool = BuildSide::block_pool(1);
    let (hasher, max_record) = (customers.hasher().clone(), Job::DEFAULT_MAX_RECORD_BYTES);
    let parser = CustomerParser::new(Sides::both(Dialect::default()), CUSTOMERS, &groups, hasher, max_record, mode);
    let (mut scratch, mut batch) = (ParseScratch::default(), CustomerBatch::default());
    let mut read = 0;
    for chunk in chunks(records) {
        parser.parse(chunk, None, &mut scratch, &mut batch);
        read += chunk.len() as u64;
        customers.add(&mut batch, Origin::first(), &forecast.at(read), &block_pool)?;
    }
    Ok(customers)
}

/// Loaded customers and the buffers of a worker.
pub(crate) struct Stages {
    with_rows: BuildSide,
    totals_only: BuildSide,
    suffixes: RowSuffixes,
    scratch: KernelScratch,
    output: ChunkOutput,
}

impl Stages {
    /// Loads customers for both modes.
    pub(crate) fn load(records: &[u8]) -> Result<Self> {
        Ok(Self {
            with_rows: load(records, Mode::Rows)?,
            totals_only: load(records, Mode::TotalsOnly)?,
            suffixes: RowSuffixes::new(Dialect::default(), &AgeGroups::default()),
            scratch: KernelScratch::default(),
            output: ChunkOutput::new(GROUPS, MAX_ROW_BYTES),
        })
    }

    /// The hashed keys of plain purchases.
    pub(crate) fn keys(&self, records: &[u8]) -> Vec<Key> {
        let hasher = self.with_rows.hasher();
        let key = |line: &[u8]| Key::new(line.split(|&byte| byte == b',').next().unwrap_or(line), hasher);
        records.split(|&byte| byte == b'\n').map(key).collect()
    }

    /// Looks keys up without verifying them, a group at a time, and returns the number of hits.
    pub(crate) fn look_up(&mut self, keys: &[Key]) -> usize {
        let map = Lookup::new(&mut self.with_rows, &self.suffixes).map;
        let mut hits = 0;
        for group in keys.chunks(LOOKUP_GROUP) {
            for key in group {
                map.prefetch(key.hash);
            }
            hits += group.iter().filter(|key| map.find(**key, |_| true).is_some()).count();
        }
        hits
    }

    /// Joins purchases and returns the bytes of the rows.
    pub(crate) fn join(&mut self, records: &[u8], mode: Mode) -> usize {
        let customers = match mode {
            Mode::Rows => &mut self.with_rows,
            Mode::TotalsOnly => &mut self.totals_only,
        };
        let kernel = JoinKernel {
            dialect: Dialect::default(),
            ragged: Ragged::Reject,
            columns: PURCHASES,
            header: RepeatedHeader::default(),
            max_record: Job::DEFAULT_MAX_RECORD_BYTES,
            lookup: Lookup::new(customers, &self.suffixes),
            policy: UnmatchedPolicy {
                keep_unmatched: true,
                unknown: UNKNOWN,
                unmatched_suffix: b",,,,,,Unknown\n".to_vec(),
            },
        };
        let join_chunk = |chunk| {
            kernel.join(chunk, None, &mut self.scratch, &mut self.output);
            self.output.rows.bytes().len()
        };
        chunks(records).map(join_chunk).sum()
    }
}
