//! An input whose header has been read, until its records are due.
//!
//! The headers of all inputs are read before any record. With many inputs, files would use up the descriptors of the
//! process, and decoders its memory, if all stayed open until their turn. So they are closed and opened again.

use super::file::InputFile;
use super::reader::{Decoding, InputReader};
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::encoding::EncodingOption;
use crate::monitor::Monitor;
use std::sync::Arc;

/// An input whose header has been read, and none of its records.
#[derive(Debug)]
pub enum WaitingInput<'m> {
    /// It stays open, such as a pipe, or the only input of its side.
    Open(InputReader<'m>),
    /// It is opened again.
    Closed(ClosedInput<'m>),
}

/// How to continue with an input that has been closed.
#[derive(Debug)]
pub struct ClosedInput<'m> {
    file: &'m InputFile,
    option: EncodingOption,
    digest: Option<Digest>,
    monitor: &'m Monitor,
    /// Bytes consumed, after decoding.
    offset: u64,
    /// Bytes of the current line that were consumed.
    indent: u64,
    decoding: Option<Decoding>,
}

impl<'m> From<InputReader<'m>> for WaitingInput<'m> {
    fn from(reader: InputReader<'m>) -> Self {
        Self::Open(reader)
    }
}

impl<'m> WaitingInput<'m> {
    /// Closes a regular file until it is due. The options are those with which it was opened.
    pub(crate) fn close(
        mut reader: InputReader<'m>,
        option: EncodingOption,
        digest: Option<Digest>,
        monitor: &'m Monitor,
    ) -> Self {
        let file = reader.file();
        let (offset, indent, decoding) = (reader.offset(), reader.take_indent(), reader.decoding().cloned());
        if let Some(decoding) = &decoding {
            decoding.stored.settle();
        }
        Self::Closed(ClosedInput { file, option, digest, monitor, offset, indent, decoding })
    }

    /// The input, after its header.
    ///
    /// # Errors
    /// Those of [`InputReader::decode`], and [`ErrorKind::Changed`](crate::ErrorKind::Changed) if the file has changed.
    pub(super) fn open(self) -> Result<InputReader<'m>> {
        let closed = match self {
            Self::Open(reader) => return Ok(reader),
            Self::Closed(closed) => closed,
        };
        let ClosedInput { file, option, digest, monitor, offset, indent, decoding } = closed;
        let (mut reader, returned) = match decoding {
            None => (InputReader::new(file, monitor)?, 0),
            Some(Decoding { stored, returned, .. }) => {
                stored.restart(digest);
                (InputReader::decode_counted(file, option, Arc::clone(&stored), monitor)?, returned)
            }
        };
        reader.skip_to(offset, indent, returned)?;
        Ok(reader)
    }

    /// The number of bytes consumed so far, after decoding.
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Self::Open(reader) => reader.offset(),
            Self::Closed(closed) => closed.offset,
        }
    }

    /// How the input is decoded; `None` if it is read as it is stored.
    pub(crate) fn decoding(&self) -> Option<&Decoding> {
        match self {
            Self::Open(reader) => reader.decoding(),
            Self::Closed(closed) => closed.decoding.as_ref(),
        }
    }
}
