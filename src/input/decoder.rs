//! Decompresses an input while it is read.
//!
//! A decoder runs in the worker that cuts the next chunk, while the other workers process earlier chunks. So it takes
//! no thread of its own. Decoding is sequential: a decoder that is slower than the join limits the speed of the run.

use super::file::InputFile;
use super::file_kind::InputCompression;
use super::foreign::COPY_AGAIN;
use super::stored_bytes::{StoredBytes, StoredTally};
use super::stream::Source;
use super::zip_member::ZipMember;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::readable_numbers::count;
use crate::monitor::Monitor;
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream as XzStream};
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes that are decoded at once.
const BLOCK: usize = 64 * 1024;
/// The most memory that an xz decoder may use, in bytes. The highest level (`xz -9`) needs 65 MiB.
const XZ_MEMORY: u64 = 160 << 20;

/// Bytes of an input after decompression.
pub(super) struct Decoder<'m> {
    method: Method<'m>,
    name: &'static str,
    file: &'m InputFile,
    monitor: &'m Monitor,
    count: Arc<StoredTally>,
    /// Bytes decoded so far.
    decoded: u64,
}

/// The decoders of the libraries, by compression. All continue with the next member, frame or stream at the end of one.
enum Method<'m> {
    /// Not compressed: only the encoding of the text is converted.
    Stored(StoredBytes<'m>),
    Gzip(Box<MultiGzDecoder<StoredBytes<'m>>>),
    Zstd(Box<zstd::stream::read::Decoder<'static, StoredBytes<'m>>>),
    Bzip2(Box<MultiBzDecoder<StoredBytes<'m>>>),
    Xz(Box<XzDecoder<StoredBytes<'m>>>),
    Zip(Box<ZipMember<'m>>),
}

impl<'m> Decoder<'m> {
    /// Decompresses `stored`, the bytes of `file`; without a compression they are passed on.
    ///
    /// # Errors
    /// Those of [`ZipMember::open`]; [`ErrorKind::Resources`] if memory runs out.
    pub(super) fn new(
        compression: Option<InputCompression>,
        stored: StoredBytes<'m>,
        file: &'m InputFile,
        monitor: &'m Monitor,
    ) -> Result<Self> {
        let no_memory = |error: io::Error| Error::io(ErrorKind::Resources, &file.path, "cannot decompress", error);
        let count = stored.count();
        let method = match compression {
            None => Method::Stored(stored),
            Some(InputCompression::Gzip) => Method::Gzip(Box::new(MultiGzDecoder::new(stored))),
            Some(InputCompression::Zstd) => {
                let decoder = zstd::stream::read::Decoder::with_buffer(stored).map_err(no_memory)?;
                Method::Zstd(Box::new(decoder))
            }
            Some(InputCompression::Bzip2) => Method::Bzip2(Box::new(MultiBzDecoder::new(stored))),
            Some(InputCompression::Xz) => {
                let stream = XzStream::new_stream_decoder(XZ_MEMORY, CONCATENATED);
                let stream = stream.map_err(|error| no_memory(error.into()))?;
                Method::Xz(Box::new(XzDecoder::new_stream(stored, stream)))
            }
            Some(InputCompression::Zip) => Method::Zip(Box::new(ZipMember::open(file, stored)?)),
        };
        let name = compression.map_or("stored", InputCompression::name);
        Ok(Self { method, name, file, monitor, count, decoded: 0 })
    }

    /// The error for data that cannot be decoded, unless reading the input failed.
    fn failed(&self, error: io::Error) -> Error {
        let error = match error.downcast::<Error>() {
            Ok(error) => return error,
            Err(error) => error,
        };
        let Self { name, file, decoded, .. } = self;
        let stored = self.count.bytes();
        let (what, hint) = match error.kind() {
            _ if needs_memory(&error) => ("needs too much memory", "decompress it first".to_owned()),
            io::ErrorKind::UnexpectedEof => ("ends too early", COPY_AGAIN.to_owned()),
            _ => ("is damaged", format!("{COPY_AGAIN}; if that does not help, decompress it first")),
        };
        let text = format!(
            "the {name} data {what}: after {} bytes of the file, {} bytes decompressed ({error})",
            count(stored),
            count(*decoded)
        );
        Error::new(ErrorKind::Malformed, text).at(Place::file(&file.path)).hint(hint)
    }
}

/// Whether a decoder failed because the data needs more memory than it may use. The libraries have no kind for it.
fn needs_memory(error: &io::Error) -> bool {
    let text = error.to_string();
    text == liblzma::stream::Error::MemLimit.to_string() || text == "Frame requires too much memory for decoding"
}

impl Source for Decoder<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        // A small file can decompress to a large one without another read from the input, which checks this too.
        self.monitor.check()?;
        let start = buffer.len();
        let block = BLOCK.min(buffer.capacity() - start);
        buffer.resize(start + block, 0);
        let decoded = match &mut self.method {
            Method::Stored(stored) => stored.read(&mut buffer[start..]),
            Method::Gzip(decoder) => decoder.read(&mut buffer[start..]),
            Method::Zstd(decoder) => decoder.read(&mut buffer[start..]),
            Method::Bzip2(decoder) => decoder.read(&mut buffer[start..]),
            Method::Xz(decoder) => decoder.read(&mut buffer[start..]),
            Method::Zip(member) => member.read(&mut buffer[start..]),
        };
        buffer.truncate(start + decoded.as_ref().copied().unwrap_or(0));
        let decoded = decoded.map_err(|error| self.failed(error))?;
        self.decoded += decoded as u64;
        Ok(decoded)
    }
}

impl fmt::Debug for Decoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder").field("name", &self.name).field("decoded", &self.decoded).finish_non_exhaustive()
    }
}
