//! A file in the making: counted, checksummed, and checked against what the file system says it holds.

use super::report::OutputInfo;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::fs::close::close;
use crate::fs::directory::{Dir, FileId};
use crate::fs::writeback;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

/// Small writes are gathered up to this many bytes.
const GATHER: usize = 64 * 1024;

/// So many bytes are sent to the disk at a time.
const EARLY: u64 = 8 << 20;

/// A staged file being written.
#[derive(Debug)]
pub(crate) struct StagedFile {
    name: Cow<'static, str>,
    path: PathBuf,
    file: File,
    gathered: Vec<u8>,
    bytes: u64,
    crc: crc32fast::Hasher,
    /// Where it will be synced at the end: how many bytes are written, and on their way to the disk.
    early: Option<[u64; 2]>,
}

/// A staged file as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FinishedFile {
    pub(crate) name: Cow<'static, str>,
    pub(crate) bytes: u64,
    pub(crate) crc32: u32,
}

impl FinishedFile {
    /// As the manifest lists it.
    pub(crate) fn listed(self) -> OutputInfo {
        OutputInfo { path: self.name.into_owned(), bytes: self.bytes, crc32: format!("{:08x}", self.crc32) }
    }
}

impl StagedFile {
    /// Creates a file called `name` in `dir`. Also returns its identity, which is checked before publication.
    pub(super) fn create(dir: &Dir, name: Cow<'static, str>) -> Result<(Self, FileId)> {
        let path = dir.path_of(&*name);
        let cannot = |error: rustix::io::Errno| Error::io(ErrorKind::Output, &path, "cannot create", error.into());
        let file = dir.create(&name).map_err(cannot)?;
        let stat = rustix::io::retry_on_intr(|| rustix::fs::fstat(&file)).map_err(cannot)?;
        let crc = crc32fast::Hasher::new();
        Ok((Self { name, path, file, gathered: Vec::new(), bytes: 0, crc, early: None }, FileId::of(&stat)))
    }

    /// The same file, of which much is to come: where it will be synced at the end, it goes to the disk as it grows.
    pub(crate) fn streamed(self, sync: bool) -> Self {
        Self { early: sync.then_some([0; 2]), ..self }
    }

    /// Adds bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc.update(bytes);
        self.bytes += bytes.len() as u64;
        if self.gathered.len() + bytes.len() > GATHER {
            self.flush()?;
        }
        if bytes.len() >= GATHER {
            return self.write_through(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds bytes whose CRC-32 is known already.
    pub(crate) fn write_summed(&mut self, bytes: &[u8], crc: &crc32fast::Hasher) -> Result<()> {
        self.crc.combine(crc);
        self.bytes += bytes.len() as u64;
        self.flush()?;
        self.write_through(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        let gathered = std::mem::take(&mut self.gathered);
        self.write_through(&gathered)?;
        self.gathered = gathered;
        self.gathered.clear();
        Ok(())
    }

    fn write_through(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| Error::io(ErrorKind::Output, &self.path, "cannot write", error))?;
        if let Some([written, begun]) = &mut self.early {
            *written += bytes.len() as u64;
            if *written - *begun >= EARLY {
                writeback::begin(&self.file, *begun, *written - *begun);
                *begun = *written;
            }
        }
        Ok(())
    }

    /// Finishes the file: flushes it, syncs it if `sync` is set, checks its size on the file system, and closes it.
    pub(crate) fn finish(mut self, sync: bool) -> Result<FinishedFile> {
        self.flush()?;
        let Self { name, path, file, bytes, crc, .. } = self;
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
        Ok(FinishedFile { name, bytes, crc32: crc.finalize() })
    }
}
