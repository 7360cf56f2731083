//! Converts the text of an input to UTF-8 while it is read.

use super::file::InputFile;
use super::stream::{Source, Stream};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::readable_numbers::count;
use encoding_rs::{DecoderResult, Encoding};
use std::fmt;

/// Bytes that are converted at once.
const BLOCK: usize = 32 * 1024;

/// The text of an input in UTF-8, without the byte order mark.
pub(super) struct Transcoder<'m> {
    input: Stream<'m>,
    file: &'m InputFile,
    decoder: encoding_rs::Decoder,
    /// Bytes converted so far.
    converted: u64,
    ended: bool,
}

impl<'m> Transcoder<'m> {
    /// Converts `input`, the bytes of `file`, from an encoding.
    pub(super) fn new(input: Stream<'m>, encoding: &'static Encoding, file: &'m InputFile) -> Self {
        Self { input, file, decoder: encoding.new_decoder_with_bom_removal(), converted: 0, ended: false }
    }

    fn malformed(&self, len: u8) -> Error {
        let at = self.converted - u64::from(len);
        let name = self.decoder.encoding().name();
        Error::new(ErrorKind::Malformed, format!("is not valid {name} at byte {} (from 0)", count(at)))
            .at(Place::file(&self.file.path))
            .hint("export the file again; if it is damaged, copy it again")
    }
}

impl Source for Transcoder<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let start = buffer.len();
        while buffer.len() == start && !self.ended {
            let (bytes, _) = self.input.peek(1)?;
            let bytes = &bytes[..bytes.len().min(BLOCK)];
            let last = bytes.is_empty();
            let room = (buffer.capacity() - start).min(3 * BLOCK);
            buffer.resize(start + room, 0);
            let (result, read, written) =
                self.decoder.decode_to_utf8_without_replacement(bytes, &mut buffer[start..], last);
            buffer.truncate(start + written);
            self.input.skip(read);
            self.converted += read as u64;
            if let DecoderResult::Malformed(len, after) = result {
                return Err(self.malformed(len + after));
            }
            self.ended = last && result == DecoderResult::InputEmpty;
        }
        Ok(buffer.len() - start)
    }
}

impl fmt::Debug for Transcoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transcoder").field("encoding", &self.decoder.encoding().name()).finish_non_exhaustive()
    }
}
