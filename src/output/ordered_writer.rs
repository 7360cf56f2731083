//! The ordered writer of the combined data.
//!
//! It receives the rows in the order of the purchases. It has no thread of its own: the worker whose output is next in
//! order writes it (see [`crate::exec::ordered_delivery`]), usually while the rows are still in that processor's cache.
//! docs/performance.md compares this with a dedicated writer thread. If the rows are compressed, it only copies them
//! into blocks, and all workers compress these ([`OrderedWriter::block_queue`]).

use super::compared_file::Mismatch;
use super::compressed_file::BlockQueue;
use super::staged_file::FinishedFile;
use super::target_file::TargetFile;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::purchases::row_buffer::RowBuffer;

/// Writes the rows of the combined data, or discards them if the run writes none.
#[derive(Debug)]
pub(crate) struct OrderedWriter {
    file: Option<TargetFile>,
}

impl OrderedWriter {
    /// Writes to `file`; `None` if the run writes no combined data.
    pub(crate) fn new(file: Option<TargetFile>) -> Self {
        Self { file }
    }

    /// Whether the run writes combined data.
    pub(crate) fn is_writing(&self) -> bool {
        self.file.is_some()
    }

    /// The blocks of rows that the workers compress between their tasks, if the rows are compressed.
    pub(crate) fn block_queue(&self) -> Option<BlockQueue> {
        self.file.as_ref().and_then(TargetFile::block_queue)
    }

    /// Writes the header, or a part of a row.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write(bytes))
    }

    /// Writes the rows of a buffer, and combines its checksum with that of the file.
    pub(crate) fn write_rows(&mut self, rows: &RowBuffer) -> Result<()> {
        self.file.as_mut().map_or(Ok(()), |file| file.write_with_crc32(rows.bytes(), rows.crc32()))
    }

    /// Tells the monitor how many bytes await their writeback, if the run syncs.
    pub(crate) fn report_unsynced(&self, monitor: &Monitor) {
        if let Some((written, unsynced)) = self.file.as_ref().and_then(TargetFile::unsynced) {
            monitor.set_unsynced(written, unsynced);
        }
    }

    /// Finishes the file, with a sync if `sync` is set; `None` if there is no staged file. Tells the monitor how far
    /// the sync has come.
    pub(crate) fn finish(mut self, sync: bool, monitor: &Monitor) -> Result<Option<FinishedFile>> {
        while let Some(file) = &mut self.file {
            monitor.check()?;
            if !file.wait_for_writeback()? {
                break;
            }
            self.report_unsynced(monitor);
        }
        self.file.map_or(Ok(None), |file| file.finish(sync))
    }

    /// The first difference from the rows, if they were compared with a published file.
    pub(crate) fn mismatch(self) -> Result<Option<Mismatch>> {
        self.file.map_or(Ok(None), TargetFile::mismatch)
    }
}
