//! A file in the staging directory: its bytes are counted and checksummed while it is written, and its size on the file
//! system is checked at the end.

use super::report_parts::OutputFile;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::exec::fingerprint::{Fingerprint, FinishedFingerprint};
use crate::fs::close::close;
use crate::fs::directory::{Dir, FileId};
use crate::fs::writeback;
use crate::model::digest::Digest;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Size of the buffer for small writes, in bytes.
const BUFFER: usize = 64 * 1024;

/// Bytes per writeback request.
const WRITEBACK_STEP: u64 = 8 << 20;

/// A staged file being written.
#[derive(Debug)]
pub(crate) struct StagedFile {
    name: Cow<'static, str>,
    path: PathBuf,
    file: File,
    buffer: Vec<u8>,
    bytes: u64,
    fingerprint: Fingerprint,
    /// Present if writeback starts while the file grows.
    early_writeback: Option<Writeback>,
}

/// Progress of the early writeback, in bytes from the start of the file.
#[derive(Debug, Default)]
struct Writeback {
    written: u64,
    requested: u64,
}

/// A finished staged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinishedFile {
    pub(crate) name: Cow<'static, str>,
    pub(crate) bytes: u64,
    pub(crate) fingerprint: FinishedFingerprint,
}

impl FinishedFile {
    /// The entry in the report.
    pub(crate) fn listed(self) -> OutputFile {
        let FinishedFingerprint { crc32, sha256 } = self.fingerprint;
        OutputFile { path: self.name.into_owned(), bytes: self.bytes, crc32, sha256 }
    }
}

impl StagedFile {
    /// Creates a file in `dir`. Also returns its identity, which is checked before publication.
    pub(super) fn create(dir: &Dir, name: Cow<'static, str>) -> Result<(Self, FileId)> {
        let path = dir.path_of(&*name);
        let cannot = |error: rustix::io::Errno| Error::io(ErrorKind::Output, &path, "cannot create", error.into());
        let file = dir.create(&name).map_err(cannot)?;
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file)).map_err(cannot)?;
        let fingerprint = Fingerprint::new(None);
        let file = Self { name, path, file, buffer: Vec::new(), bytes: 0, fingerprint, early_writeback: None };
        Ok((file, FileId::of(&stat)))
    }

    /// Configures a large file: with `sync`, writeback starts while the file grows, so that the final sync is short.
    pub(crate) fn streamed(self, sync: bool) -> Self {
        Self { early_writeback: sync.then(Writeback::default), ..self }
    }

    /// Configures the digest of a file to which nothing has been written.
    pub(crate) fn with_digest(self, digest: Option<Digest>) -> Self {
        debug_assert_eq!(self.bytes, 0);
        Self { fingerprint: Fingerprint::new(digest), ..self }
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.fingerprint.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.buffer.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
            return self.write_through(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// Appends bytes whose CRC-32 has already been computed.
    pub(crate) fn write_with_crc32(&mut self, bytes: &[u8], crc32: u32) -> Result<()> {
        self.fingerprint.update_with_crc32(bytes, crc32);
        self.bytes += bytes.len() as u64;
        self.flush()?;
        self.write_through(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        self.write_through(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }

    fn write_through(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| Error::io(ErrorKind::Output, &self.path, "cannot write", error))?;
        if let Some(Writeback { written, requested }) = &mut self.early_writeback {
            *written += bytes.len() as u64;
            if *written - *requested >= WRITEBACK_STEP {
                writeback::begin(&self.file, *requested, *written - *requested);
                *requested = *written;
            }
        }
        Ok(())
    }

    /// Flushes the file, syncs it if `sync` is set, checks its size on the file system, and closes it.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] when one of these fails.
    pub(crate) fn finish(mut self, sync: bool) -> Result<FinishedFile> {
        self.flush()?;
        let Self { name, path, file, bytes, fingerprint, .. } = self;
        let cannot = |what, error: io::Error| Error::io(ErrorKind::Output, &path, what, error);
        if sync {
            file.sync_all().map_err(|error| cannot("cannot sync", error))?;
        }
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file));
        let size = stat.map_err(|error| cannot("cannot check", error.into()))?.st_size as u64;
        close(file).map_err(|error| cannot("cannot write", error))?;
        if size != bytes {
            let text = format!("{bytes} bytes were written but the file holds {size}; nothing was published");
            return Err(Error::new(ErrorKind::Output, text).at(Place::file(&path)));
        }
        Ok(FinishedFile { name, bytes, fingerprint: fingerprint.finish() })
    }
}
