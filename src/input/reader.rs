//! Reads the bytes of one input in order: `peek` looks ahead, `take` consumes.

use super::decoded_input::{DecodedInput, decode, kind_of, needs_decoding};
use super::file::{InputFile, OpenFile};
use super::file_kind::{StoredForm, recognise};
use super::mmap::MappedFile;
use super::record_end::RecordEnd;
use super::stored_bytes::StoredTally;
use super::stream::{Descriptor, Piece, Stream};
use crate::error::Result;
use crate::model::dialect::Dialect;
use crate::model::digest::Digest;
use crate::model::encoding::EncodingOption;
use crate::monitor::Monitor;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A piece of an input. Both variants dereference to its bytes.
#[derive(Debug)]
pub enum ChunkBytes<'m> {
    /// A part of a map.
    Mapped(MappedPiece),
    /// Read from a stream.
    Owned(Piece),
    /// Borrowed from memory, for tests and benchmarks.
    #[cfg_attr(not(any(test, feature = "internals")), expect(dead_code, reason = "gives the type its lifetime"))]
    Borrowed(&'m [u8]),
}

/// A part of the map of a file. The file stays open as long as the piece exists.
#[derive(Debug)]
pub struct MappedPiece {
    map: Arc<MappedFile>,
    range: Range<usize>,
}

impl ChunkBytes<'_> {
    /// Releases the memory of a mapped file up to the end of this piece.
    pub(crate) fn release(&self) {
        if let Self::Mapped(piece) = self {
            piece.map.release(piece.range.end);
        }
    }
}

impl Deref for ChunkBytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(piece) => &piece.map.bytes()[piece.range.clone()],
            Self::Owned(bytes) => bytes,
            Self::Borrowed(bytes) => bytes,
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
    pub(super) returned: u64,
}

#[derive(Debug)]
enum Rest<'m> {
    /// The bytes of the map from the offset `at`.
    Mapped {
        map: Arc<MappedFile>,
        at: usize,
    },
    Streamed(Stream<'m>),
    #[cfg(any(test, feature = "internals"))]
    Memory(&'m [u8]),
}

impl<'m> InputReader<'m> {
    /// Reads the bytes of a file as they are stored.
    ///
    /// # Errors
    /// If the file is opened again: [`ErrorKind::Input`](crate::ErrorKind::Input) if that fails, and
    /// [`ErrorKind::Changed`](crate::ErrorKind::Changed) if it has changed.
    pub(crate) fn new(file: &'m InputFile, monitor: &'m Monitor) -> Result<Self> {
        let OpenFile { file: open, map } = file.to_read()?;
        let rest = match map {
            Some(map) => Rest::Mapped { map, at: 0 },
            None => Rest::Streamed(Stream::new(Descriptor { file: open, path: &file.path, monitor })),
        };
        Ok(Self { file, taken: 0, indent: 0, rest, decoding: None })
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
        Self::decode_counted(file, option, Arc::new(StoredTally::new(digest)), monitor)
    }

    /// Like [`decode`](Self::decode); counts the stored bytes of a decoded input in `count`.
    pub(super) fn decode_counted(
        file: &'m InputFile,
        option: EncodingOption,
        count: Arc<StoredTally>,
        monitor: &'m Monitor,
    ) -> Result<Self> {
        let mut reader = Self::new(file, monitor)?;
        let kind = kind_of(|want| reader.peek(want).map(|(bytes, ended)| (recognise(bytes, ended), bytes.len())))?;
        if !needs_decoding(kind, option, &file.path)? {
            return Ok(reader);
        }
        let stream = match reader.rest {
            Rest::Streamed(stream) => stream,
            _ => Stream::new(Descriptor { file: file.to_read()?.file, path: &file.path, monitor }),
        };
        let decoded = decode(kind, option, count, file, stream, monitor)?;
        let DecodedInput { text, form, stored } = decoded;
        let decoding = Some(Decoding { form, stored, returned: 0 });
        Ok(Self { file, taken: 0, indent: 0, rest: Rest::Streamed(text), decoding })
    }

    /// Reads from memory, as if `file` were mapped and contained `bytes`.
    #[cfg(any(test, feature = "internals"))]
    pub fn of_memory(file: &'m InputFile, bytes: &'m [u8]) -> Self {
        Self { file, taken: 0, indent: 0, rest: Rest::Memory(bytes), decoding: None }
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
                // An input that is read from its start again counts only beyond what was returned before.
                let returned = decoding.returned;
                decoding.returned = returned.max(stored);
                decoding.returned - returned
            }
        }
    }

    /// The next bytes, at least `want` unless the input ends first, and whether the input ends after them.
    pub(crate) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        match &mut self.rest {
            Rest::Mapped { map, at } => Ok((&map.bytes()[*at..], true)),
            Rest::Streamed(stream) => stream.peek(want),
            #[cfg(any(test, feature = "internals"))]
            Rest::Memory(rest) => Ok((rest, true)),
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

    /// Continues after `offset` bytes and `returned` stored bytes, which were consumed when the input was open before.
    pub(super) fn skip_to(&mut self, offset: u64, indent: u64, returned: u64) -> Result<()> {
        while self.taken < offset {
            let left = usize::try_from(offset - self.taken).unwrap_or(usize::MAX);
            let len = self.peek(1)?.0.len().min(left);
            if len == 0 {
                break;
            }
            self.take(len);
        }
        self.indent = indent;
        if let Some(decoding) = &mut self.decoding {
            decoding.returned = returned;
        }
        Ok(())
    }

    /// Releases the memory of a mapped file that has been consumed.
    pub(crate) fn release(&self) {
        if let Rest::Mapped { map, at } = &self.rest {
            map.release(*at);
        }
    }

    /// Consumes the next `len` bytes, which [`peek`](Self::peek) must have returned.
    pub(crate) fn take(&mut self, len: usize) -> ChunkBytes<'m> {
        self.taken += len as u64;
        match &mut self.rest {
            Rest::Mapped { map, at } => {
                let range = *at..*at + len;
                *at = range.end;
                ChunkBytes::Mapped(MappedPiece { map: Arc::clone(map), range })
            }
            Rest::Streamed(stream) => ChunkBytes::Owned(stream.take(len)),
            #[cfg(any(test, feature = "internals"))]
            Rest::Memory(rest) => {
                let (piece, after) = rest.split_at(len);
                *rest = after;
                ChunkBytes::Borrowed(piece)
            }
        }
    }
}
