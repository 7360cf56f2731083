//! An input, or several in order, as chunks of whole records.

use super::bytes::{Bytes, Piece};
use super::cut::cut;
use crate::dialect::Dialect;
use crate::error::Result;
use std::collections::VecDeque;

/// Whole records (and blank lines) of one file, in order.
#[derive(Debug)]
pub(crate) struct Chunk<'m> {
    /// Which of the files, from 0.
    pub(crate) file: usize,
    /// Where it begins in that file, from 0; always the start of a line.
    pub(crate) offset: u64,
    /// The records. Only a file's last chunk may lack the last line ending; only a record longer than the
    /// limit is cut.
    pub(crate) bytes: Piece<'m>,
}

/// Cuts inputs, whose headers have been taken, into chunks.
#[derive(Debug)]
pub(crate) struct Chunks<'m> {
    inputs: VecDeque<Bytes<'m>>,
    file: usize,
    want: usize,
    max_record: usize,
    dialect: Dialect,
}

impl<'m> Chunks<'m> {
    /// Chunks of `want` bytes or as little more as it takes to end with a record.
    pub(crate) fn new(inputs: Vec<Bytes<'m>>, want: usize, max_record: usize, dialect: Dialect) -> Self {
        Self { inputs: inputs.into(), file: 0, want, max_record, dialect }
    }

    /// The next chunk; never an empty one.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk<'m>>> {
        // A record that has not ended after this many bytes is longer than the limit: it begins before
        // `want`, and a CR and the byte that shows whether an LF follows it are the most that do not count.
        let limit = self.want + self.max_record + 2;
        while let Some(input) = self.inputs.front_mut() {
            let mut ask = limit.min(self.want + 4096);
            let len = loop {
                let (bytes, all) = input.peek(ask)?;
                let window = &bytes[..bytes.len().min(limit)];
                if let Some(len) = cut(window, self.want, self.dialect) {
                    break len;
                }
                if window.len() == limit || all {
                    break window.len();
                }
                ask = grown(bytes.len(), limit);
            };
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

/// How much to ask for when no record end was found in `len` bytes. Each look begins at the front again, so
/// the window doubles: all looks together cost no more than two of the last.
fn grown(len: usize, limit: usize) -> usize {
    limit.min(2 * len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_for_the_end_of_a_long_record_is_not_quadratic() {
        let limit = 512 << 20;
        let (mut window, mut looked_at) = (4097, 0);
        while window < limit {
            looked_at += window;
            window = grown(window, limit);
        }
        assert!(looked_at <= 2 * limit, "{looked_at}");
    }
}
