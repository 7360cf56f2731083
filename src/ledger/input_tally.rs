//! What has been consumed from one input.

use crate::exec::fingerprint::Fingerprint;
use crate::input::chunks::Chunk;
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::input::reader::Decoding;
use crate::input::waiting_input::WaitingInput;
use std::path::PathBuf;

/// What has been consumed from one input so far.
#[derive(Debug)]
pub(crate) struct InputTally {
    pub(crate) path: PathBuf,
    /// Size in bytes, if known in advance.
    pub(crate) size: Option<u64>,
    /// Bytes consumed, header included, after decoding.
    pub(crate) consumed: u64,
    /// How the input is decoded; `None` if it is read as it is stored.
    pub(crate) decoding: Option<Decoding>,
    pub(crate) byte_order_marks: u64,
    pub(crate) records: u64,
    /// Records whose missing fields were filled, and records whose surplus fields were dropped.
    pub(crate) padded: u64,
    pub(crate) trimmed: u64,
    /// Line on which the next chunk begins, from 1.
    pub(crate) next_line: u64,
    /// Whether the last byte of the latest chunk is a line feed.
    pub(crate) ends_in_line_feed: bool,
    /// The fingerprint of the consumed bytes, after decoding.
    pub(crate) fingerprint: Fingerprint,
}

impl InputTally {
    pub(super) fn new(file: &InputFile, header: Header, input: &WaitingInput<'_>) -> Self {
        Self {
            path: file.path.clone(),
            size: file.size(),
            consumed: input.offset(),
            decoding: input.decoding().cloned(),
            byte_order_marks: header.byte_order_marks,
            records: 0,
            padded: 0,
            trimmed: 0,
            next_line: header.next_line,
            ends_in_line_feed: true,
            fingerprint: header.fingerprint,
        }
    }

    /// Bytes of the file consumed so far.
    pub(crate) fn stored(&self) -> u64 {
        self.decoding.as_ref().map_or(self.consumed, |decoding| decoding.stored.bytes())
    }

    /// Frees the thread and the buffers of the digest, once the input has been read.
    pub(super) fn settle(&mut self) {
        match &self.decoding {
            Some(decoding) => decoding.stored.settle(),
            None => self.fingerprint.settle(),
        }
    }

    pub(super) fn add(&mut self, chunk: &Chunk<'_>, crc32: u32, records: u64, lines: u64) {
        self.fingerprint.update_with_crc32(&chunk.bytes, crc32);
        self.consumed += chunk.bytes.len() as u64;
        self.records += records;
        self.next_line += lines;
        self.ends_in_line_feed = chunk.bytes.last() == Some(&b'\n');
    }
}
