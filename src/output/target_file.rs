//! Where a run writes rows or rejects.

use super::compared_file::{ComparedFile, Mismatch};
use super::compressed_file::{BlockQueue, CompressedFile};
use super::staged_file::{FinishedFile, StagedFile};
use crate::error::Result;

/// The target of rows or rejects.
#[derive(Debug)]
pub(crate) enum TargetFile {
    /// A file that is going to be published.
    Staged(Box<StagedFile>),
    /// A file that is going to be published and is compressed.
    Compressed(Box<CompressedFile>),
    /// A published file, which is compared with the bytes instead.
    Compared(ComparedFile),
    /// The bytes are dropped.
    Discarded,
}

impl TargetFile {
    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Staged(file) => file.write(bytes),
            Self::Compressed(file) => file.write(bytes),
            Self::Compared(file) => file.write(bytes),
            Self::Discarded => Ok(()),
        }
    }

    /// Appends bytes whose CRC-32 has already been computed.
    pub(crate) fn write_with_crc32(&mut self, bytes: &[u8], crc32: u32) -> Result<()> {
        match self {
            Self::Staged(file) => file.write_with_crc32(bytes, crc32),
            // It computes the CRC-32 of its blocks, which are cut elsewhere.
            Self::Compressed(file) => file.write(bytes),
            Self::Compared(file) => file.write(bytes),
            Self::Discarded => Ok(()),
        }
    }

    /// The blocks that the workers compress, if the file is compressed.
    pub(crate) fn block_queue(&self) -> Option<BlockQueue> {
        match self {
            Self::Compressed(file) => Some(file.queue()),
            Self::Staged(_) | Self::Compared(_) | Self::Discarded => None,
        }
    }

    /// Bytes written and bytes that await their writeback, of a staged file whose writeback starts while it grows.
    pub(crate) fn unsynced(&self) -> Option<(u64, u64)> {
        match self {
            Self::Staged(file) => file.unsynced(),
            Self::Compressed(file) => file.unsynced(),
            Self::Compared(_) | Self::Discarded => None,
        }
    }

    /// Waits for a part of the bytes of a staged file that await their writeback. Returns `false` once there are none.
    pub(crate) fn wait_for_writeback(&mut self) -> Result<bool> {
        match self {
            Self::Staged(file) => file.wait_for_writeback(),
            Self::Compressed(file) => file.wait_for_writeback(),
            Self::Compared(_) | Self::Discarded => Ok(false),
        }
    }

    /// Finishes a staged file; `None` for the other targets.
    pub(crate) fn finish(self, sync: bool) -> Result<Option<FinishedFile>> {
        match self {
            Self::Staged(file) => file.finish(sync).map(Some),
            Self::Compressed(file) => file.finish(sync).map(Some),
            Self::Compared(_) | Self::Discarded => Ok(None),
        }
    }

    /// The first difference of a compared file; `None` for the other targets.
    pub(crate) fn mismatch(self) -> Result<Option<Mismatch>> {
        match self {
            Self::Compared(file) => file.finish(),
            Self::Staged(_) | Self::Compressed(_) | Self::Discarded => Ok(None),
        }
    }
}
