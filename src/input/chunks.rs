//! Cuts inputs into chunks of whole records, one input after the other.

use super::reader::{ChunkBytes, InputReader};
use super::waiting_input::WaitingInput;
use crate::error::{Place, Result};
use crate::model::dialect::Dialect;
use std::collections::VecDeque;
use std::path::Path;

/// Consecutive whole records, blank lines and comments of one file.
#[derive(Debug)]
pub struct Chunk<'m> {
    /// The index of the file, from 0.
    pub(crate) file: usize,
    /// The offset of the first byte in the decoded file, from 0.
    pub(crate) offset: u64,
    /// The number of bytes of the line that precede the chunk: 0, except after a byte order mark in a file without a
    /// header. Columns in messages count them.
    indent: u64,
    /// The records. Only the last chunk of a file may lack the final line ending, and only a record that exceeds the
    /// size limit is truncated.
    pub bytes: ChunkBytes<'m>,
    /// Bytes of the file that were read for the chunk, if it is decoded in blocks; else the size of the chunk.
    pub(crate) stored: u64,
}

impl Chunk<'_> {
    /// The offset of the end of the chunk in the file.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// The place of the byte at offset `at` of the chunk, in a record that begins at offset `start` and line `line`.
    pub(crate) fn place(&self, path: &Path, line: u64, start: u32, at: u32) -> Place {
        let before = &self.bytes[..at as usize];
        let lines = memchr::memchr_iter(b'\n', &before[start as usize..]).count() as u64;
        let column = match memchr::memrchr(b'\n', before) {
            Some(lf) => u64::from(at) - lf as u64,
            None => u64::from(at) + 1 + self.indent,
        };
        Place::at(path, line + lines, column, self.offset + u64::from(at))
    }
}

/// Cuts inputs into chunks. The headers must have been read.
#[derive(Debug)]
pub struct Chunks<'m> {
    /// The inputs that are not open yet, in reading order.
    inputs: VecDeque<WaitingInput<'m>>,
    /// The input that is being read.
    current: Option<InputReader<'m>>,
    /// Bytes of the files that were read after their last chunks.
    trailing: u64,
    file: usize,
    /// Minimum size of a chunk, in bytes, except at the end of a file.
    chunk_bytes: usize,
    max_record: usize,
    dialect: Dialect,
}

impl<'m> Chunks<'m> {
    /// Each chunk ends at the first record end at or after `chunk_bytes` bytes.
    pub fn new(
        inputs: impl IntoIterator<Item = impl Into<WaitingInput<'m>>>,
        chunk_bytes: usize,
        max_record: usize,
        dialect: Dialect,
    ) -> Self {
        let inputs = inputs.into_iter().map(Into::into).collect();
        Self { inputs, current: None, trailing: 0, file: 0, chunk_bytes, max_record, dialect }
    }

    /// The next chunk, which is never empty; `None` at the end of the last input.
    #[allow(clippy::should_implement_trait, reason = "fallible, so not an iterator")]
    pub fn next(&mut self) -> Result<Option<Chunk<'m>>> {
        loop {
            let input = match &mut self.current {
                Some(input) => input,
                None => match self.inputs.pop_front() {
                    Some(next) => self.current.insert(next.open()?),
                    None => return Ok(None),
                },
            };
            let len = input.whole_records(self.chunk_bytes, self.max_record, self.dialect)?;
            if len > 0 {
                let offset = input.offset();
                let indent = input.take_indent();
                let bytes = input.take(len);
                let stored = input.newly_stored(len as u64);
                return Ok(Some(Chunk { file: self.file, offset, indent, bytes, stored }));
            }
            self.trailing += input.newly_stored(0);
            self.current = None;
            self.file += 1;
        }
    }

    /// The bytes of the files that belong to no chunk, such as the checksums at the end of compressed data. Complete
    /// at the end of the last input.
    pub(crate) fn trailing(&self) -> u64 {
        self.trailing
    }
}
