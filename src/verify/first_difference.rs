//! Names the first row of a published file that differs from what a run would write.

use super::row_file::RowFile;
use crate::config::DEFAULT_CHUNK_BYTES;
use crate::error::{ErrorKind, Result, escape};
use crate::input::chunks::Chunks;
use crate::input::cursor::RecordCursor;
use crate::input::header::Header;
use crate::input::structural_index::StructuralIndex;
use crate::model::dialect::Dialect;
use crate::monitor::Monitor;
use crate::output::compared_file::Mismatch;

/// Bytes of the row that are shown before the difference.
const BEFORE: u64 = 40;
/// Bytes that are shown from the difference on.
const AFTER: usize = 40;

/// The first row that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FirstDifference {
    /// The number of the row, from 1; 0 is the header.
    pub(super) row: u64,
    /// The line at which the row begins, from 1.
    pub(super) line: u64,
    /// The offset of the first byte that differs, from 0.
    pub(super) byte: u64,
    /// The part of the row around that byte, escaped: in the file, and as a run would write it.
    pub(super) found: String,
    pub(super) expected: String,
}

/// A row: its number, from 1, and the line and the offset at which it begins.
struct RowStart {
    row: u64,
    line: u64,
    offset: u64,
}

/// Finds the row of the first difference. Up to there the file is what a run would write.
///
/// # Errors
/// [`ErrorKind::Input`] if the file cannot be read.
pub(super) fn locate(
    file: &RowFile<'_>,
    monitor: &Monitor,
    dialect: Dialect,
    mismatch: &Mismatch,
) -> Result<FirstDifference> {
    let RowStart { row, line, offset } = find_row(file, monitor, dialect, mismatch.offset)?;
    let byte = mismatch.offset;
    let from = offset.max(byte.saturating_sub(BEFORE));
    let around = file.read_at(from, (byte - from) as usize + AFTER, monitor)?;
    let (before, found) = around.split_at(around.len().min((byte - from) as usize));
    let show = |after: &[u8], nothing: &str| {
        if after.is_empty() {
            return nothing.to_owned();
        }
        let line = after.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let cut = if from > offset { "…" } else { "" };
        format!("{cut}{}", escape(&[before, &line[..line.len().min(AFTER)]].concat()))
    };
    let (found, expected) = (show(found, "the end of the file"), show(&mismatch.expected, "no further row"));
    Ok(FirstDifference { row, line, byte, found, expected })
}

/// The row that the byte at offset `at` belongs to; at the end of the file, the row that would begin there.
fn find_row(file: &RowFile<'_>, monitor: &Monitor, dialect: Dialect, at: u64) -> Result<RowStart> {
    const MAX_ROW_BYTES: usize = 1 << 31;
    let mut input = file.reader(monitor)?;
    // The header may be what differs, and then it may not be well-formed.
    let header = match Header::read_of_set(&mut input, dialect, MAX_ROW_BYTES, None) {
        Ok(header) if at >= input.offset() => header,
        Err(error) if error.kind() != ErrorKind::Malformed => return Err(error),
        _ => return Ok(RowStart { row: 0, line: 1, offset: 0 }),
    };
    let mut start = RowStart { row: 1, line: header.next_line, offset: input.offset() };
    let mut chunks = Chunks::new(vec![input], DEFAULT_CHUNK_BYTES, MAX_ROW_BYTES, dialect);
    let (mut index, mut fields) = (StructuralIndex::default(), vec![]);
    while let Some(chunk) = chunks.next()? {
        monitor.check()?;
        let bytes = &*chunk.bytes;
        index.find(bytes, dialect);
        let mut cursor = RecordCursor::default();
        let mut previous = 0;
        while let Some(record) = cursor.parse_next(bytes, &index, dialect, &mut fields) {
            let offset = chunk.offset + u64::from(record.start);
            if offset > at {
                return Ok(start);
            }
            if record.start > 0 {
                start.row += 1;
                start.line += memchr::memchr_iter(b'\n', &bytes[previous..record.start as usize]).count() as u64;
            }
            (start.offset, previous) = (offset, record.start as usize);
        }
        let ended = bytes.last() == Some(&b'\n');
        if chunk.end() > at || !ended {
            return Ok(start);
        }
        start.row += 1;
        start.line += memchr::memchr_iter(b'\n', &bytes[previous..]).count() as u64;
        start.offset = chunk.end();
        chunk.bytes.release();
    }
    Ok(start)
}
