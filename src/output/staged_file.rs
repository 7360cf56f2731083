//! A file in the staging directory: its bytes are counted and checksummed while it is written, and its size on the file
//! system is checked at the end.

use super::report_parts::{OutputFile, PlainContent};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::exec::fingerprint::{Fingerprint, FinishedFingerprint};
use crate::fs::close::close;
use crate::fs::directory::{Dir, FileId};
use crate::fs::writeback;
use crate::model::digest::Digest;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Size of the buffer for small writes, in bytes.
const BUFFER: usize = 64 * 1024;

/// Bytes per writeback request.
const WRITEBACK_STEP: u64 = 8 << 20;
/// Maximum number of bytes that await writeback. A disk that is slower than the run then slows the run down, instead of
/// making the final sync wait for everything at once. This is enough to keep a disk busy.
const MAX_UNSYNCED: u64 = 128 << 20;

const CANNOT_SYNC: &str = "cannot sync";

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

/// Progress of the early writeback, in bytes from the start of the file: `synced` ≤ `requested` ≤ `written`.
#[derive(Debug, Default)]
struct Writeback {
    written: u64,
    requested: u64,
    /// The disk has these bytes, unless the file system does not support waiting for writeback.
    synced: u64,
}

impl Writeback {
    /// Counts bytes as written. Requests their writeback in steps, and waits for the oldest step if too many bytes
    /// await their writeback.
    fn advance(&mut self, file: &File, bytes: u64) -> io::Result<()> {
        self.written += bytes;
        if self.written - self.requested >= WRITEBACK_STEP {
            writeback::begin(file, self.requested, self.written - self.requested);
            self.requested = self.written;
        }
        while self.written - self.synced > MAX_UNSYNCED {
            self.wait_for_step(file)?;
        }
        Ok(())
    }

    /// Waits until the oldest bytes that await writeback are on the disk, at most one step. Returns whether there were
    /// any.
    fn wait_for_step(&mut self, file: &File) -> io::Result<bool> {
        let step = WRITEBACK_STEP.min(self.written - self.synced);
        if step > 0 {
            writeback::wait(file, self.synced, step)?;
            self.synced += step;
        }
        Ok(step > 0)
    }
}

/// A finished staged file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinishedFile {
    pub(crate) name: Cow<'static, str>,
    pub(crate) bytes: u64,
    pub(crate) fingerprint: FinishedFingerprint,
    /// The content before its compression, if it is compressed.
    pub(crate) plain: Option<PlainContent>,
}

impl FinishedFile {
    /// The entry in the report.
    pub(crate) fn listed(self) -> OutputFile {
        let FinishedFingerprint { crc32, sha256 } = self.fingerprint;
        OutputFile { path: self.name.into_owned(), bytes: self.bytes, crc32, sha256, plain: self.plain }
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

    /// Configures a large file: with `sync`, writeback starts while the file grows, so that the final sync is short,
    /// and writing waits while the disk is too far behind.
    pub(crate) fn streamed(self, sync: bool) -> Self {
        Self { early_writeback: sync.then(Writeback::default), ..self }
    }

    /// Configures the digest of a file to which nothing has been written.
    pub(crate) fn with_digest(self, digest: Option<Digest>) -> Self {
        debug_assert_eq!(self.bytes, 0);
        Self { fingerprint: Fingerprint::new(digest), ..self }
    }

    /// The path, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
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
        if let Some(writeback) = &mut self.early_writeback {
            let synced = writeback.advance(&self.file, bytes.len() as u64);
            synced.map_err(|error| Error::io(ErrorKind::Output, &self.path, CANNOT_SYNC, error))?;
        }
        Ok(())
    }

    /// Bytes written and bytes that await their writeback; `None` unless writeback starts while the file grows.
    pub(crate) fn unsynced(&self) -> Option<(u64, u64)> {
        self.early_writeback.as_ref().map(|writeback| (writeback.written, writeback.written - writeback.synced))
    }

    /// Waits for a part of the bytes that await their writeback. Returns `false` once there are none.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if the disk cannot write them.
    pub(crate) fn wait_for_writeback(&mut self) -> Result<bool> {
        self.flush()?;
        let Some(writeback) = &mut self.early_writeback else { return Ok(false) };
        let more = writeback.wait_for_step(&self.file);
        more.map_err(|error| Error::io(ErrorKind::Output, &self.path, CANNOT_SYNC, error))
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
            file.sync_all().map_err(|error| cannot(CANNOT_SYNC, error))?;
        }
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file));
        let size = stat.map_err(|error| cannot("cannot check", error.into()))?.st_size as u64;
        close(file).map_err(|error| cannot("cannot write", error))?;
        if size != bytes {
            let text = format!("{bytes} bytes were written but the file holds {size}; nothing was published");
            return Err(Error::new(ErrorKind::Output, text).at(Place::file(&path)));
        }
        Ok(FinishedFile { name, bytes, fingerprint: fingerprint.finish(), plain: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_waits_for_a_disk_that_is_too_far_behind() {
        let file = tempfile::tempfile().expect("made");
        let mut writeback = Writeback::default();
        // The file stays empty: the calls take only numbers.
        for step in 1..=40 {
            writeback.advance(&file, WRITEBACK_STEP).expect("advanced");
            assert_eq!((writeback.written, writeback.requested), (step * WRITEBACK_STEP, step * WRITEBACK_STEP));
            assert!(writeback.written - writeback.synced <= MAX_UNSYNCED, "{writeback:?}");
            assert!(step * WRITEBACK_STEP > MAX_UNSYNCED || writeback.synced == 0, "no wait before: {writeback:?}");
        }
        writeback.advance(&file, 1).expect("advanced");
        let mut steps = 0;
        while writeback.wait_for_step(&file).expect("waited") {
            steps += 1;
        }
        assert_eq!((writeback.synced, steps), (writeback.written, MAX_UNSYNCED / WRITEBACK_STEP));
    }
}
