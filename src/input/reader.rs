//! The bytes of one input in order: looked at first, then taken.

use super::file::InputFile;
use super::record_end::RecordEnd;
use super::stream::{Descriptor, Stream};
use crate::error::Result;
use crate::model::dialect::Dialect;
use crate::monitor::Monitor;
use std::ops::Deref;
use std::os::unix::fs::FileExt;

/// A piece of an input, borrowed from the map or owned.
#[derive(Debug)]
pub(crate) enum ChunkBytes<'m> {
    /// A part of a map.
    Mapped(&'m [u8]),
    /// A part of a stream.
    Owned(Vec<u8>),
}

impl Deref for ChunkBytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Reads one input from its start to its end, mapped or through a buffer.
#[derive(Debug)]
pub(crate) struct InputReader<'m> {
    opened: &'m InputFile,
    /// Bytes taken so far.
    taken: u64,
    rest: Rest<'m>,
}

#[derive(Debug)]
enum Rest<'m> {
    Mapped(&'m [u8]),
    Streamed(Stream<'m>),
}

impl<'m> InputReader<'m> {
    pub(crate) fn new(opened: &'m InputFile, monitor: &'m Monitor) -> Self {
        let rest = match opened.mapped() {
            Some(mapped) => Rest::Mapped(mapped.bytes()),
            None => Rest::Streamed(Stream::new(Descriptor { opened, monitor })),
        };
        Self { opened, taken: 0, rest }
    }

    /// Bytes from memory, as if `opened` were mapped and held them.
    #[cfg(any(test, feature = "fuzz-internals"))]
    pub(crate) fn of_memory(opened: &'m InputFile, bytes: &'m [u8]) -> Self {
        Self { opened, taken: 0, rest: Rest::Mapped(bytes) }
    }

    /// Bytes from any stream, as if read from `opened`.
    #[cfg(test)]
    pub(super) fn of_stream(opened: &'m InputFile, stream: Stream<'m>) -> Self {
        Self { opened, taken: 0, rest: Rest::Streamed(stream) }
    }

    /// Which input it is.
    pub(crate) fn opened(&self) -> &'m InputFile {
        self.opened
    }

    /// Bytes taken so far; the offset of the next.
    pub(crate) fn offset(&self) -> u64 {
        self.taken
    }

    /// The bytes to come, at least `want` of them unless the input ends before, and whether they are all.
    pub(crate) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        match &mut self.rest {
            Rest::Mapped(rest) => Ok((rest, true)),
            Rest::Streamed(stream) => stream.peek(want),
        }
    }

    /// The length up to the first record end at or after `want` bytes (at least 1), or up to the end of the input. A
    /// record longer than `max_record` is cut off once it is known to be too long.
    ///
    /// Never waits for bytes after the record end: an interactive writer may send only the header at first.
    pub(crate) fn whole_records(&mut self, want: usize, max_record: usize, dialect: Dialect) -> Result<usize> {
        // A record that does not end within this many bytes exceeds the limit: it begins before `want`, and at most a
        // CR and the byte that shows whether an LF follows it do not count.
        let limit = want + max_record + 2;
        let mut search = RecordEnd::new(want, dialect);
        let mut ask = want;
        loop {
            let (bytes, all) = self.peek(ask)?;
            let window = &bytes[..bytes.len().min(limit)];
            if let Some(len) = search.find(window) {
                return Ok(len);
            }
            if all || window.len() == limit {
                return Ok(window.len());
            }
            ask = window.len() + 1;
        }
    }

    /// About how many lines that are not blank the whole input has, counted in windows spread evenly over it; exact for
    /// small files. `None` where the input is not mapped.
    ///
    /// A quoted line break counts as a line, so the number tends to be too large. Windows are read, not mapped: a page of a
    /// map brings its neighbours into memory.
    pub(crate) fn estimate_lines(&self) -> Option<u64> {
        const WINDOW: usize = 4096;
        const WINDOWS: u64 = 64;
        self.opened.mapped()?;
        let size = self.opened.size()?;
        let windows = size.div_ceil(WINDOW as u64).clamp(1, WINDOWS);
        let (mut buffer, mut seen, mut lines) = ([0; WINDOW], 0, 0);
        for number in 0..windows {
            let place = u128::from(size) * u128::from(number) / u128::from(windows);
            // A window that cannot be read is left out; reading the whole file will report the error.
            let read = self.opened.file().read_at(&mut buffer, place as u64).unwrap_or(0);
            let window = &buffer[..read];
            let ends = memchr::memchr_iter(b'\n', window);
            lines += ends.filter(|&lf| !matches!(window.get(lf + 1), Some(b'\n' | b'\r'))).count() as u64;
            seen += read as u64;
        }
        // One more, as the last line may lack its LF.
        (seen > 0).then(|| (u128::from(lines) * u128::from(size) / u128::from(seen)) as u64 + 1)
    }

    /// Takes the next `len` bytes, which must have been seen by [`peek`](Self::peek).
    pub(crate) fn take(&mut self, len: usize) -> ChunkBytes<'m> {
        self.taken += len as u64;
        match &mut self.rest {
            Rest::Mapped(rest) => {
                let (piece, after) = rest.split_at(len);
                *rest = after;
                ChunkBytes::Mapped(piece)
            }
            Rest::Streamed(stream) => ChunkBytes::Owned(stream.take(len)),
        }
    }
}
