//! A file of a set that has rows, decompressed if it is compressed.

use crate::error::{Error, ErrorKind, Result};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::input::stream::{Source, Stream};
use crate::model::compression::CompressionFormat;
use crate::monitor::Monitor;
use crate::output::file_names::{COMBINED_GZ, COMBINED_ZST};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, Read};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Size of the buffers for stored and for decompressed bytes.
const BUFFER: usize = 64 * 1024;

/// An open file with rows.
#[derive(Debug)]
pub(super) struct RowFile<'a> {
    pub(super) file: &'a InputFile,
    format: Option<CompressionFormat>,
    /// The largest size of the rows that is decompressed, in bytes.
    max_bytes: u64,
    /// Why the file cannot be decompressed, once this is known.
    damage: Arc<OnceLock<String>>,
}

/// The compression of a file of a set, which its name shows.
pub(super) fn format_of(name: &str) -> Option<CompressionFormat> {
    match name {
        COMBINED_ZST => Some(CompressionFormat::Zstd),
        COMBINED_GZ => Some(CompressionFormat::Gzip),
        _ => None,
    }
}

impl<'a> RowFile<'a> {
    /// The rows of `file`, the file `name` of the set. Of a compressed file, at most `max_bytes` are decompressed.
    pub(super) fn new(file: &'a InputFile, name: &str, max_bytes: u64) -> Self {
        Self { file, format: format_of(name), max_bytes, damage: Arc::default() }
    }

    /// Why the file cannot be decompressed, if reading it has shown that. The rows then seem to end at the damage.
    pub(super) fn damage(&self) -> Option<&str> {
        self.damage.get().map(String::as_str)
    }

    /// Reads the rows from the start.
    pub(super) fn reader(&self, monitor: &'a Monitor) -> Result<InputReader<'a>> {
        let Some(format) = self.format else { return InputReader::new(self.file, monitor) };
        let source = DecodedSource {
            path: self.file.path.clone(),
            decoder: self.decoder(format)?,
            rest: self.max_bytes,
            damage: Arc::clone(&self.damage),
        };
        Ok(InputReader::of_stream(self.file, Stream::new(source)))
    }

    /// At most `len` bytes of the rows from an offset on; fewer at their end.
    pub(super) fn read_at(&self, offset: u64, len: usize, monitor: &Monitor) -> Result<Vec<u8>> {
        let cannot = |error| Error::io(ErrorKind::Input, &self.file.path, "cannot read", error);
        let (mut rows, mut skip): (Box<dyn Read>, u64) = match self.format {
            None => (Box::new(FileReader { file: self.file.descriptor()?, offset }), 0),
            Some(format) => (Box::new(self.decoder(format)?), offset),
        };
        let mut skipped = vec![0; BUFFER];
        while skip > 0 {
            monitor.check()?;
            let part = skip.min(BUFFER as u64);
            rows.read_exact(&mut skipped[..part as usize]).map_err(cannot)?;
            skip -= part;
        }
        let mut found = vec![];
        rows.take(len as u64).read_to_end(&mut found).map_err(cannot)?;
        Ok(found)
    }

    fn decoder(&self, format: CompressionFormat) -> Result<FrameDecoder> {
        let file = self.file.descriptor()?.try_clone();
        let decoder = file.and_then(|file| FrameDecoder::new(file, format));
        decoder.map_err(|error| Error::io(ErrorKind::Input, &self.file.path, "cannot read", error))
    }
}

/// The decompressed content of a file, from its first frame to its last.
pub(super) struct FrameDecoder {
    frames: Box<dyn Read + Send>,
    /// The number of stored bytes that have been decompressed.
    stored: Arc<AtomicU64>,
}

impl FrameDecoder {
    /// Decompresses a file from its start. Needs a buffer for the file and the window of the format, whatever the size
    /// of the file.
    pub(super) fn new(file: File, format: CompressionFormat) -> io::Result<Self> {
        let stored = Arc::default();
        let bytes =
            CountedFile { file: FileReader { file, offset: 0 }, buffer: vec![], at: 0, taken: Arc::clone(&stored) };
        let frames: Box<dyn Read + Send> = match format {
            CompressionFormat::Zstd => Box::new(zstd::Decoder::with_buffer(bytes)?),
            CompressionFormat::Gzip => Box::new(MultiGzDecoder::new(bytes)),
        };
        Ok(Self { frames, stored })
    }

    /// What is wrong with the file, for an error of `read`; `None` if the system could not read it.
    fn damage(&self, error: &io::Error) -> Option<String> {
        if error.raw_os_error().is_some() {
            return None;
        }
        let at = self.stored.load(Ordering::Relaxed);
        Some(match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                format!("is truncated: it ends at byte {at}, in the middle of a frame")
            }
            _ => format!("cannot be decompressed at byte {at}: {error}"),
        })
    }
}

impl Read for FrameDecoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.frames.read(buffer)
    }
}

/// The decompressed content as a source of an [`InputReader`].
struct DecodedSource {
    path: PathBuf,
    decoder: FrameDecoder,
    /// The number of bytes that may still be decompressed.
    rest: u64,
    damage: Arc<OnceLock<String>>,
}

impl Source for DecodedSource {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let room = buffer.capacity() - buffer.len();
        // One byte more than allowed shows that there are more.
        let most = (room as u64).min(self.rest.saturating_add(1));
        // Stays within the capacity.
        let read = self.decoder.by_ref().take(most).read_to_end(buffer);
        let damage = match read {
            Ok(read) if read as u64 <= self.rest => {
                self.rest -= read as u64;
                return Ok(read);
            }
            Ok(_) => "decompresses to far more bytes than the report says".to_owned(),
            Err(error) => match self.decoder.damage(&error) {
                Some(damage) => damage,
                None => return Err(Error::io(ErrorKind::Input, &self.path, "cannot read", error)),
            },
        };
        // An error would end the verification, so the reader sees the end of the file. Callers then check `damage`.
        self.damage.get_or_init(|| damage);
        self.rest = 0;
        Ok(0)
    }
}

impl std::fmt::Debug for DecodedSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecodedSource").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Reads a file from an offset on. Descriptors of the same open file share their position, so it is not used.
struct FileReader<F> {
    file: F,
    offset: u64,
}

impl<F: std::borrow::Borrow<File>> Read for FileReader<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.borrow().read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// A buffered file that counts the bytes taken from it, so that a fault has a place.
struct CountedFile {
    file: FileReader<File>,
    buffer: Vec<u8>,
    /// How many bytes of the buffer have been taken.
    at: usize,
    taken: Arc<AtomicU64>,
}

impl BufRead for CountedFile {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.buffer.len() {
            self.at = 0;
            self.buffer.clear();
            self.file.by_ref().take(BUFFER as u64).read_to_end(&mut self.buffer)?;
        }
        Ok(&self.buffer[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
        self.taken.fetch_add(amount as u64, Ordering::Relaxed);
    }
}

impl Read for CountedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut available = self.fill_buf()?;
        let read = available.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}
