//! A file of a set, its rows read on all threads and told one by one in order.

use crate::config::DEFAULT_CHUNK_BYTES;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::input::chunks::{Chunk, Chunks};
use crate::input::cursor::RecordCursor;
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::input::reader::InputReader;
use crate::input::record::Field;
use crate::input::structural_index::StructuralIndex;
use crate::model::dialect::Dialect;
use crate::monitor::Monitor;
use std::borrow::Cow;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;

/// A row of the combined data may be this long: a purchase and a customer with their longest records.
const MOST_ROW_BYTES: usize = 1 << 31;

/// One row, well formed.
#[derive(Clone, Copy)]
pub(super) struct Row<'r> {
    bytes: &'r [u8],
    fields: &'r [Field],
    dialect: Dialect,
}

impl<'r> Row<'r> {
    pub(super) fn value(&self, column: usize) -> Cow<'r, [u8]> {
        self.fields[column].value(self.bytes, self.dialect)
    }

    /// Whether a field has no bytes at all, not even quotes.
    pub(super) fn is_bare(&self, column: usize) -> bool {
        self.fields[column].raw(self.bytes).is_empty()
    }
}

/// What a whole file came to.
pub(super) struct Scanned {
    pub(super) rows: u64,
    pub(super) crc: u32,
    /// The first row that is not as it should be: its byte, and why.
    pub(super) odd: Option<(u64, String)>,
}

/// A file whose header has been read.
pub(super) struct Scan<'a> {
    opened: &'a InputFile,
    monitor: &'a Monitor,
    dialect: Dialect,
    input: InputReader<'a>,
    pub(super) header: Header,
}

/// What was found in a chunk.
struct Found<R> {
    /// A row's first byte in the chunk, and what it says or why it cannot say it.
    rows: Vec<(u32, Result<R, String>)>,
    crc: crc32fast::Hasher,
}

impl<'a> Scan<'a> {
    pub(super) fn new(opened: &'a InputFile, monitor: &'a Monitor, dialect: Dialect) -> Result<Self> {
        let mut input = InputReader::new(opened, monitor);
        let header = Header::read_of_set(&mut input, dialect, MOST_ROW_BYTES)?;
        Ok(Self { opened, monitor, dialect, input, header })
    }

    /// Reads every row with `row`, on any thread, and hands what comes of it to `add` with the row's number from
    /// 0, in order. Each may say what is odd about a row; a row that is malformed or does not have as many fields as
    /// `columns` is odd by itself.
    pub(super) fn rows<R: Send>(
        self,
        threads: usize,
        columns: usize,
        row: impl Fn(Row<'_>) -> Result<R, String> + Sync,
        mut add: impl FnMut(u64, R) -> Result<(), String> + Send,
    ) -> Result<Scanned> {
        let Self { opened, monitor, dialect, input, .. } = self;
        // The header has been taken; its bytes are read once more, mapped or not.
        let mut taken = vec![0; input.offset() as usize];
        let cannot = |error| Error::io(ErrorKind::Input, &opened.path, "cannot read", error);
        opened.file().read_exact_at(&mut taken, 0).map_err(cannot)?;
        let mut crc = crc32fast::Hasher::new();
        crc.update(&taken);
        let stage = RowStage { dialect, columns, row, chunks: PhantomData };
        let mut chunks = Chunks::new(vec![input], DEFAULT_CHUNK_BYTES, MOST_ROW_BYTES, dialect);
        let mut scanned = Scanned { rows: 0, crc: 0, odd: None };
        WorkerPool::new(threads).run(
            monitor,
            || chunks.next(),
            &stage,
            |chunk: Chunk<'_>, found: &mut Found<R>| {
                crc.combine(&found.crc);
                for (start, row) in found.rows.drain(..) {
                    if let Err(what) = row.and_then(|row| add(scanned.rows, row)) {
                        scanned.odd.get_or_insert((chunk.offset + u64::from(start), what));
                    }
                    scanned.rows += 1;
                }
                let end = chunk.offset + chunk.bytes.len() as u64;
                if let Some(mapped) = opened.mapped() {
                    mapped.release(end as usize);
                }
                monitor.advance(chunk.bytes.len() as u64);
                Ok(())
            },
        )?;
        opened.check_unchanged()?;
        scanned.crc = crc.finalize();
        Ok(scanned)
    }
}

/// Reads the rows of a chunk.
struct RowStage<'a, F> {
    dialect: Dialect,
    /// The expected number of fields.
    columns: usize,
    row: F,
    chunks: PhantomData<Chunk<'a>>,
}

impl<'a, R: Send, F: Fn(Row<'_>) -> Result<R, String> + Sync> Stage for RowStage<'a, F> {
    type Task = Chunk<'a>;
    type Scratch = (StructuralIndex, Vec<Field>);
    type Output = Found<R>;

    fn scratch(&self) -> Self::Scratch {
        Self::Scratch::default()
    }

    fn output(&self) -> Found<R> {
        Found { rows: vec![], crc: crc32fast::Hasher::new() }
    }

    fn process(&self, chunk: &Chunk<'a>, (index, fields): &mut Self::Scratch, found: &mut Found<R>) {
        let bytes = &*chunk.bytes;
        found.rows.clear();
        found.crc = crc32fast::Hasher::new();
        found.crc.update(bytes);
        index.find(bytes, self.dialect);
        let mut cursor = RecordCursor::default();
        while let Some(record) = cursor.parse_next(bytes, index, self.dialect, fields) {
            let flaws = record.flaws;
            let flawed = record.open_quote.is_some() || flaws.after_quote.is_some() || flaws.bare_cr.is_some();
            let row = if flawed || fields.len() != self.columns {
                Err(format!("a row that is malformed or has {} fields instead of {}", fields.len(), self.columns))
            } else {
                (self.row)(Row { bytes, fields, dialect: self.dialect })
            };
            found.rows.push((record.start, row));
        }
    }
}
