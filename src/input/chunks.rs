//! An input, or several in order, as chunks of whole records.

use super::reader::{ChunkBytes, InputReader};
use crate::error::{Place, Result};
use crate::model::dialect::Dialect;
use std::collections::VecDeque;
use std::path::Path;

/// Whole records (and blank lines) of one file, in order.
#[derive(Debug)]
pub(crate) struct Chunk<'m> {
    /// Which of the files, from 0.
    pub(crate) file: usize,
    /// Where it begins in that file, from 0; always the start of a line.
    pub(crate) offset: u64,
    /// The records. Only a file's last chunk may lack the last line ending; only a record longer than the
    /// limit is cut.
    pub(crate) bytes: ChunkBytes<'m>,
}

impl Chunk<'_> {
    /// Where it ends in its file, from 0.
    pub(crate) fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    /// The place of the byte at `at` in a file, where `line` is the line of the record that begins at `start`.
    pub(crate) fn place(&self, path: &Path, line: u64, start: u32, at: u32) -> Place {
        let before = &self.bytes[..at as usize];
        let lines = memchr::memchr_iter(b'\n', &before[start as usize..]).count() as u64;
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |lf| lf + 1);
        Place::at(path, line + lines, u64::from(at) - line_start as u64 + 1, self.offset + u64::from(at))
    }
}

/// Cuts inputs, whose headers have been taken, into chunks.
#[derive(Debug)]
pub(crate) struct Chunks<'m> {
    inputs: VecDeque<InputReader<'m>>,
    file: usize,
    want: usize,
    max_record: usize,
    dialect: Dialect,
}

impl<'m> Chunks<'m> {
    /// Chunks of `want` bytes or as little more as it takes to end with a record.
    pub(crate) fn new(inputs: Vec<InputReader<'m>>, want: usize, max_record: usize, dialect: Dialect) -> Self {
        Self { inputs: inputs.into(), file: 0, want, max_record, dialect }
    }

    /// The next chunk; never an empty one.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk<'m>>> {
        while let Some(input) = self.inputs.front_mut() {
            let len = input.whole_records(self.want, self.max_record, self.dialect)?;
            if len > 0 {
                let offset = input.offset();
                return Ok(Some(Chunk { file: self.file, offset, bytes: input.take(len) }));
            }
            self.inputs.pop_front();
            self.file += 1;
        }
        Ok(None)
    }
}
