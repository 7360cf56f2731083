//! The ordered writer of `combined_data.csv`.
//!
//! Chunks are handed to it in the order of the file. It has no thread of its own: it belongs to whichever worker has the
//! next chunk (see [`crate::exec::ordered_delivery`]), usually the one that made the rows, while they are in that
//! processor's cache. A dedicated writer thread was measured: docs/performance.md has the comparison.

use super::file_names::COMBINED;
use super::staged_file::{FinishedFile, StagedFile};
use super::staging::Staging;
use crate::error::Result;
use crate::purchases::row_buffer::RowBuffer;

/// Writes rows in order, or only counts them if the run writes no combined data.
#[derive(Debug)]
pub(crate) struct OrderedWriter {
    file: Option<StagedFile>,
    sync: bool,
}

impl OrderedWriter {
    /// Creates the staged file if `combined` is set. With `sync`, rows are sent to the disk while the file grows.
    pub(crate) fn create(staging: &mut Staging, combined: bool, sync: bool) -> Result<Self> {
        let file = match combined {
            true => Some(staging.create(COMBINED)?.streamed(sync)),
            false => None,
        };
        Ok(Self { file, sync })
    }

    /// Whether rows are written at all.
    pub(crate) fn is_writing(&self) -> bool {
        self.file.is_some()
    }

    /// Writes bytes that belong to a row or the header.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write(bytes))
    }

    /// Writes the rows of a buffer, whose checksum is complete.
    pub(crate) fn write_rows(&mut self, rows: &RowBuffer) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write_summed(rows.bytes(), rows.crc()))
    }

    /// Finishes the file; `None` if there is none.
    pub(crate) fn finish(self) -> Result<Option<FinishedFile>> {
        self.file.map(|file| file.finish(self.sync)).transpose()
    }
}
