//! Blocks of records, the unit of work.

use super::tally::Tally;
use super::text::record_buffer::RecordBuffer;
use crate::exec::fingerprint::crc32;
use std::ops::Range;

/// Records per block. A block of purchases is about 190 kB: large enough to amortise a `write`, small enough to stay in
/// the second-level cache until it is written.
const RECORDS: u64 = 8 * 1024;

/// The bytes of a block of records with their checksum and counts.
#[derive(Debug, Default)]
pub(crate) struct Block {
    records: RecordBuffer,
    crc32: u32,
    tally: Tally,
}

impl Block {
    /// Replaces the contents; the buffer's memory is reused.
    pub(crate) fn fill(&mut self, write: impl FnOnce(&mut RecordBuffer, &mut Tally)) {
        self.records.clear();
        self.tally = Tally::default();
        write(&mut self.records, &mut self.tally);
        self.crc32 = crc32(self.records.as_bytes());
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.records.as_bytes()
    }

    /// The CRC-32 of the bytes.
    pub(crate) fn crc32(&self) -> u32 {
        self.crc32
    }

    pub(crate) fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// Splits a range of record indexes into blocks.
pub(crate) fn blocks(range: Range<u64>) -> impl Iterator<Item = Range<u64>> {
    let end = range.end;
    range.step_by(RECORDS as usize).map(move |start| start..(start + RECORDS).min(end))
}
