//! Reads the bytes of one input in order: `peek` looks ahead, `take` consumes.

use super::decoded_input::{DecodedInput, decode, kind_of, needs_decoding};
use super::file::InputFile;
use super::file_kind::{StoredForm, recognise};
use super::record_end::RecordEnd;
use super::stored_bytes::StoredTally;
use super::stream::{Descriptor, Piece, Stream};
use crate::error::Result;
use crate::model::dialect::Dialect;
use crate::model::digest::Digest;
use crate::model::encoding::EncodingOption;
use crate::monitor::Monitor;
use std::ops::Deref;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// A piece of an input. Both variants dereference to its bytes.
#[derive(Debug)]
pub enum ChunkBytes<'m> {
    /// Borrowed from the map.
    Mapped(&'m [u8]),
    /// Read from a stream.
    Owned(Piece),
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

/// Reads one input, from its map or through a buffer.
#[derive(Debug)]
pub struct InputReader<'m> {
    file: &'m InputFile,
    /// Bytes consumed so far, after decoding.
    taken: u64,
    /// Bytes of the current line that were consumed before the first record.
    indent: u64,
    rest: Rest<'m>,
    /// How the bytes are decoded; `None` if they are read as they are stored.
    decoding: Option<Decoding>,
}

/// How an input is decoded while it is read.
#[derive(Clone, Debug)]
pub(crate) struct Decoding {
    pub(crate) form: StoredForm,
    /// What has been consumed of the file.
    pub(crate) stored: Arc<StoredTally>,
    /// Stored bytes that [`InputReader::newly_stored`] has returned.
    returned: u64,
}

#[derive(Debug)]
enum Rest<'m> {
    Mapped(&'m [u8]),
    Streamed(Stream<'m>),
}

impl<'m> InputReader<'m> {
    /// Reads the bytes of a file as they are stored.
    pub(crate) fn new(file: &'m InputFile, monitor: &'m Monitor) -> Self {
        let rest = match file.mapped() {
            Some(mapped) => Rest::Mapped(mapped.bytes()),
            None => Rest::Streamed(Stream::new(Descriptor { file, monitor })),
        };
        Self { file, taken: 0, indent: 0, rest, decoding: None }
    }

    /// Reads the text of an input: decompresses it if it is compressed, and converts it to UTF-8 from the encoding of
    /// `option`, or from UTF-16 if it begins with its byte order mark. The fingerprint of a decoded input has `digest`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](crate::ErrorKind::Format) if the input is not text but a file of a known kind;
    /// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) if it is damaged, or in an encoding that is not read.
    pub(crate) fn decode(
        file: &'m InputFile,
        option: EncodingOption,
        digest: Option<Digest>,
        monitor: &'m Monitor,
    ) -> Result<Self> {
        let mut reader = Self::new(file, monitor);
        let kind = kind_of(|want| reader.peek(want).map(|(bytes, ended)| (recognise(bytes, ended), bytes.len())))?;
        if !needs_decoding(kind, option, &file.path)? {
            return Ok(reader);
        }
        let stream = match reader.rest {
            Rest::Streamed(stream) => stream,
            Rest::Mapped(_) => Stream::new(Descriptor { file, monitor }),
        };
        let decoded = decode(kind, option, digest, file, stream, monitor)?;
        let DecodedInput { text, form, stored } = decoded;
        let decoding = Some(Decoding { form, stored, returned: 0 });
        Ok(Self { file, taken: 0, indent: 0, rest: Rest::Streamed(text), decoding })
    }

    /// Reads from memory, as if `file` were mapped and contained `bytes`.
    #[cfg(any(test, feature = "internals"))]
    pub fn of_memory(file: &'m InputFile, bytes: &'m [u8]) -> Self {
        Self { file, taken: 0, indent: 0, rest: Rest::Mapped(bytes), decoding: None }
    }

    /// Reads from any stream, as if it were the content of `file`.
    pub(crate) fn of_stream(file: &'m InputFile, stream: Stream<'m>) -> Self {
        Self { file, taken: 0, indent: 0, rest: Rest::Streamed(stream), decoding: None }
    }

    /// The input file.
    pub(crate) fn file(&self) -> &'m InputFile {
        self.file
    }

    /// The number of bytes consumed so far, after decoding: the offset of the next byte.
    pub(crate) fn offset(&self) -> u64 {
        self.taken
    }

    /// Notes that the first record begins after `bytes` bytes of its line.
    pub(super) fn set_indent(&mut self, bytes: u64) {
        self.indent = bytes;
    }

    /// The bytes of the current line before the next one, for the first chunk; then 0.
    pub(super) fn take_indent(&mut self) -> u64 {
        std::mem::take(&mut self.indent)
    }

    /// How the input is decoded; `None` if it is read as it is stored.
    pub(crate) fn decoding(&self) -> Option<&Decoding> {
        self.decoding.as_ref()
    }

    /// The number of bytes of the file that were read for the last `taken` bytes. Decoders read in blocks, so they may
    /// count for the piece before.
    pub(crate) fn newly_stored(&mut self, taken: u64) -> u64 {
        match &mut self.decoding {
            None => taken,
            Some(decoding) => {
                let stored = decoding.stored.bytes();
                stored - std::mem::replace(&mut decoding.returned, stored)
            }
        }
    }

    /// The next bytes, at least `want` unless the input ends first, and whether the input ends after them.
    pub(crate) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        match &mut self.rest {
            Rest::Mapped(rest) => Ok((rest, true)),
            Rest::Streamed(stream) => stream.peek(want),
        }
    }

    /// The length up to the first record end at or after `want` bytes (at least 1), or up to the end of the input. A
    /// record of more than `max_record` bytes is truncated after the limit.
    ///
    /// Never waits for bytes after the record end: an interactive writer may send only the header at first.
    pub(crate) fn whole_records(&mut self, want: usize, max_record: usize, dialect: Dialect) -> Result<usize> {
        // A record that does not end within this many bytes exceeds `max_record`: it begins before `want`, and at most
        // two more bytes belong to its line ending.
        let limit = want + max_record + 2;
        let mut search = RecordEnd::new(want, dialect);
        let mut request = want;
        loop {
            let (bytes, ended) = self.peek(request)?;
            let window = &bytes[..bytes.len().min(limit)];
            if let Some(len) = search.find(window) {
                return Ok(len);
            }
            if ended || window.len() == limit {
                return Ok(window.len());
            }
            request = window.len() + 1;
        }
    }

    /// Estimates the number of non-blank lines of the input from windows spread evenly over it; exact for small files.
    /// `None` unless the input is mapped.
    ///
    /// Lines inside quotes count too, so the estimate tends to be too large. The windows are read with pread(2),
    /// because a page fault in the map would also load the pages around it.
    pub(crate) fn estimate_lines(&self) -> Option<u64> {
        const WINDOW: usize = 4096;
        const WINDOWS: u64 = 64;
        self.file.mapped()?;
        let size = self.file.size()?;
        let windows = size.div_ceil(WINDOW as u64).clamp(1, WINDOWS);
        let (mut buffer, mut sampled, mut lines) = ([0; WINDOW], 0, 0);
        for number in 0..windows {
            let offset = u128::from(size) * u128::from(number) / u128::from(windows);
            // A window that cannot be read is skipped; reading the whole file reports the error later.
            let read = self.file.file().read_at(&mut buffer, offset as u64).unwrap_or(0);
            let window = &buffer[..read];
            let ends = memchr::memchr_iter(b'\n', window);
            lines += ends.filter(|&lf| !matches!(window.get(lf + 1), Some(b'\n' | b'\r'))).count() as u64;
            sampled += read as u64;
        }
        // Plus one, as the last line may lack its LF.
        (sampled > 0).then(|| (u128::from(lines) * u128::from(size) / u128::from(sampled)) as u64 + 1)
    }

    /// Consumes the next `len` bytes, which [`peek`](Self::peek) must have returned.
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
