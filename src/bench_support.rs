//! Single stages of the job on bytes, for `benches/kernels.rs`. No public interface: it changes with the
//! stages, and only the feature `bench-internals` opens it.

use crate::Result;
use crate::config::{Config, DEFAULT_CHUNK_BYTES, DEFAULT_MAX_RECORD_BYTES};
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::customers::forecast::Forecast;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::input::record_end::cut;
use crate::input::structural_index::StructuralIndex;
use crate::model::age_group::{self, AgeGroups};
use crate::model::columns::{CustomerColumns, PurchaseColumns};
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::kernel::{JoinKernel, KernelScratch, UnmatchedPolicy};
use crate::purchases::lookup::Lookup;
use crate::purchases::row_suffix::RowSuffixes;

/// `customer_id,first_name,last_name,email,age`
const CUSTOMERS: CustomerColumns = CustomerColumns { count: 5, key: 0, first_name: 1, last_name: 2, age: 4 };
/// `customer_id,product,price`
const PURCHASES: PurchaseColumns = PurchaseColumns { count: 3, key: 0, amount: 2 };
/// Keys looked up together, as many as in the kernel.
const GROUP: usize = 8;

/// Customers in memory, and all that the stages on purchases need.
#[derive(Debug)]
pub struct Stages {
    config: Config,
    customers: BuildSide,
    /// The same without what rows end with.
    keys: BuildSide,
    tails: RowSuffixes,
}

/// Keys of purchases, hashed.
#[derive(Debug)]
pub struct Keys(Vec<Key>);

/// Buffers that live from chunk to chunk, as a worker's do.
#[derive(Debug)]
pub struct Buffers {
    marks: StructuralIndex,
    scratch: KernelScratch,
    joined: ChunkOutput,
}

impl Stages {
    /// Loads customers, a file without its header, with what rows need and without; duplicates are left out.
    pub fn load(records: &[u8]) -> Result<Self> {
        let config = Config::new("", "", "");
        let (customers, keys) = (load(records, &config, true)?, load(records, &config, false)?);
        let tails = RowSuffixes::new(config.dialect, &config.age_groups);
        Ok(Self { config, customers, keys, tails })
    }

    /// Customers in memory.
    pub fn customers(&self) -> u64 {
        self.customers.counts.accepted
    }

    pub fn buffers(&self) -> Buffers {
        let groups = self.config.age_groups.names().len();
        Buffers {
            marks: StructuralIndex::default(),
            scratch: KernelScratch::default(),
            joined: ChunkOutput::new(groups, self.config.most_rows()),
        }
    }

    /// The keys of plain purchases.
    pub fn keys(&self, records: &[u8]) -> Keys {
        let hasher = self.customers.hasher();
        let key = |line: &[u8]| Key::new(line.split(|&byte| byte == b',').next().unwrap_or(line), hasher);
        Keys(records.split(|&byte| byte == b'\n').map(key).collect())
    }

    /// Looks keys up, a group at a time, and returns how many were found.
    pub fn look_up(&mut self, keys: &Keys) -> usize {
        let slots = Lookup::new(&mut self.customers, &self.tails).map;
        let mut found = 0;
        for group in keys.0.chunks(GROUP) {
            for key in group {
                slots.prefetch(key.hash);
            }
            found += group.iter().filter(|key| slots.find(**key, |_| true).is_some()).count();
        }
        found
    }

    /// Joins purchases chunk by chunk and returns the bytes of the rows made; without `emit` they are only
    /// added up.
    pub fn join(&mut self, records: &[u8], buffers: &mut Buffers, emit: bool) -> usize {
        let unknown = usize::from(self.config.age_groups.unknown());
        let unmatched_suffix = format!(",,,,,,{}\n", age_group::UNKNOWN).into_bytes();
        let kernel = JoinKernel {
            dialect: self.config.dialect,
            columns: PURCHASES,
            max_record: DEFAULT_MAX_RECORD_BYTES,
            lookup: Lookup::new(if emit { &mut self.customers } else { &mut self.keys }, &self.tails),
            policy: UnmatchedPolicy { keep_unmatched: true, unknown, unmatched_suffix },
        };
        let mut made = 0;
        for chunk in chunks(records, self.config.dialect) {
            kernel.join(chunk, &mut buffers.scratch, &mut buffers.joined);
            made += buffers.joined.rows.bytes().len();
        }
        made
    }
}

/// Customers with what rows need, and the number of them.
pub fn count_loaded(records: &[u8]) -> Result<u64> {
    Ok(load(records, &Config::new("", "", ""), true)?.counts.accepted)
}

fn load(records: &[u8], config: &Config, tails: bool) -> Result<BuildSide> {
    let groups = config.age_groups.names().len();
    let lines = memchr::memchr_iter(b'\n', records).count();
    let forecast = Forecast::new(Some(records.len() as u64), Some(lines as u64));
    let mut customers = BuildSide::new(config.dialect, groups, forecast.first(), 1, tails)?;
    let spare = BuildSide::block_pool(1);
    let mut read = 0;
    let hasher = customers.hasher().clone();
    let mut loader =
        CustomerParser::new(config.dialect, CUSTOMERS, &config.age_groups, hasher, DEFAULT_MAX_RECORD_BYTES);
    loader.tails = tails;
    let (mut scratch, mut loaded) = (ParseScratch::default(), CustomerBatch::default());
    for chunk in chunks(records, config.dialect) {
        loader.parse(chunk, &mut scratch, &mut loaded);
        read += chunk.len() as u64;
        customers.add(&mut loaded, 1, &forecast.at(read), &spare)?;
    }
    Ok(customers)
}

/// Cuts records into chunks and returns how many there are.
pub fn count_chunks(records: &[u8]) -> usize {
    chunks(records, Dialect::default()).count()
}

/// Finds delimiters, line feeds and quotes, chunk by chunk, and returns how many lines there are.
pub fn mark(records: &[u8], buffers: &mut Buffers) -> usize {
    let dialect = Dialect::default();
    let mut lines = 0;
    for chunk in chunks(records, dialect) {
        buffers.marks.find(chunk, dialect);
        lines += buffers.marks.lines.len();
    }
    lines
}

/// Prepares customers' entries without storing them; returns how many were prepared.
pub fn prepare(records: &[u8], groups: &AgeGroups) -> usize {
    let hasher = ahash::RandomState::new();
    let loader = CustomerParser::new(Dialect::default(), CUSTOMERS, groups, hasher, DEFAULT_MAX_RECORD_BYTES);
    let (mut scratch, mut loaded) = (ParseScratch::default(), CustomerBatch::default());
    let mut prepared = 0;
    for chunk in chunks(records, Dialect::default()) {
        loader.parse(chunk, &mut scratch, &mut loaded);
        prepared += loaded.customers.len();
    }
    prepared
}

/// Chunks of whole records, of the default size.
fn chunks(mut records: &[u8], dialect: Dialect) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let len = cut(records, DEFAULT_CHUNK_BYTES, dialect).unwrap_or(records.len());
        let (chunk, rest) = records.split_at(len);
        records = rest;
        (!chunk.is_empty()).then_some(chunk)
    })
}
