//! Parses the rows of a file of a set in parallel, and passes them on in order.

use super::row_file::RowFile;
use crate::config::DEFAULT_CHUNK_BYTES;
use crate::error::Result;
use crate::exec::fingerprint::{FinishedFingerprint, crc32};
use crate::exec::worker_pool::{Stage, WorkerPool};
use crate::input::chunks::{Chunk, Chunks};
use crate::input::cursor::RecordCursor;
use crate::input::header::Header;
use crate::input::reader::InputReader;
use crate::input::record::Field;
use crate::input::structural_index::StructuralIndex;
use crate::model::dialect::Dialect;
use crate::model::digest::Digest;
use crate::monitor::Monitor;
use std::borrow::Cow;
use std::marker::PhantomData;

/// Maximum size of a row, in bytes: a purchase and a customer with records of the maximum size.
const MAX_ROW_BYTES: usize = 1 << 31;

/// A well-formed row.
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
    pub(super) fn is_zero_length(&self, column: usize) -> bool {
        self.fields[column].raw(self.bytes).is_empty()
    }
}

/// The result of scanning a whole file.
pub(super) struct ScanResult {
    pub(super) rows: u64,
    /// Size of the rows, the header included.
    pub(super) bytes: u64,
    /// Of the rows, the header included.
    pub(super) fingerprint: FinishedFingerprint,
    /// The first faulty row: its offset in the file, from 0, and the fault.
    pub(super) first_fault: Option<(u64, String)>,
}

/// A file whose header has been read.
pub(super) struct Scan<'a> {
    file: &'a RowFile<'a>,
    monitor: &'a Monitor,
    dialect: Dialect,
    input: InputReader<'a>,
    pub(super) header: Header,
}

/// The parsed rows of a chunk.
struct ChunkRows<R> {
    /// For each row its offset in the chunk, and its content or its fault.
    rows: Vec<(u32, Result<R, String>)>,
    crc32: u32,
}

impl<'a> Scan<'a> {
    pub(super) fn new(
        file: &'a RowFile<'a>,
        monitor: &'a Monitor,
        dialect: Dialect,
        digest: Option<Digest>,
    ) -> Result<Self> {
        let mut input = file.reader(monitor)?;
        let header = Header::read_of_set(&mut input, dialect, MAX_ROW_BYTES, digest)?;
        Ok(Self { file, monitor, dialect, input, header })
    }

    /// Parses every row with `parse`, on any thread, and passes the content to `add` with the row number (from 0), in
    /// order. Both may return the fault of a row. A row that is malformed or does not have `columns` fields is faulty.
    pub(super) fn rows<R: Send>(
        self,
        threads: usize,
        columns: usize,
        parse: impl Fn(Row<'_>) -> Result<R, String> + Sync,
        mut add: impl FnMut(u64, R) -> Result<(), String> + Send,
    ) -> Result<ScanResult> {
        let mut bytes = self.input.offset();
        let Self { file: RowFile { file, .. }, monitor, dialect, input, header: Header { mut fingerprint, .. } } = self;
        let stage = RowStage { dialect, columns, parse, chunks: PhantomData };
        let mut chunks = Chunks::new(vec![input], DEFAULT_CHUNK_BYTES, MAX_ROW_BYTES, dialect);
        let (mut rows, mut first_fault) = (0, None);
        WorkerPool::new(threads).run(
            monitor,
            || chunks.next(),
            &stage,
            |chunk: Chunk<'_>, output: &mut ChunkRows<R>| {
                fingerprint.update_with_crc32(&chunk.bytes, output.crc32);
                for (start, row) in output.rows.drain(..) {
                    if let Err(fault) = row.and_then(|row| add(rows, row)) {
                        first_fault.get_or_insert((chunk.offset + u64::from(start), fault));
                    }
                    rows += 1;
                }
                chunk.bytes.release();
                bytes = chunk.end();
                monitor.advance(chunk.bytes.len() as u64);
                Ok(())
            },
        )?;
        file.check_unchanged()?;
        Ok(ScanResult { rows, bytes, fingerprint: fingerprint.finish(), first_fault })
    }
}

/// Parses the rows of a chunk.
struct RowStage<'a, F> {
    dialect: Dialect,
    /// The expected number of fields.
    columns: usize,
    parse: F,
    chunks: PhantomData<Chunk<'a>>,
}

impl<'a, R: Send, F: Fn(Row<'_>) -> Result<R, String> + Sync> Stage for RowStage<'a, F> {
    type Task = Chunk<'a>;
    type Scratch = (StructuralIndex, Vec<Field>);
    type Output = ChunkRows<R>;

    fn scratch(&self) -> Self::Scratch {
        Self::Scratch::default()
    }

    fn output(&self) -> ChunkRows<R> {
        ChunkRows { rows: vec![], crc32: 0 }
    }

    fn process(&self, chunk: &Chunk<'a>, (index, fields): &mut Self::Scratch, output: &mut ChunkRows<R>) {
        let bytes = &*chunk.bytes;
        output.rows.clear();
        output.crc32 = crc32(bytes);
        index.find(bytes, self.dialect);
        let mut cursor = RecordCursor::default();
        while let Some(record) = cursor.parse_next(bytes, index, self.dialect, fields) {
            let row = if !record.is_well_formed() || fields.len() != self.columns {
                Err(format!("a row that is malformed or has {} fields instead of {}", fields.len(), self.columns))
            } else {
                (self.parse)(Row { bytes, fields, dialect: self.dialect })
            };
            output.rows.push((record.start, row));
        }
    }
}
