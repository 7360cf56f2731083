//! The read-only state that the stages of a run share.

use super::chunk_sizes::ChunkSizes;
use super::resolve_columns::Layout;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::input::chunks::Chunk;
use crate::input::fatal_record::FatalRecord;
use crate::input::file::InputFile;
use crate::model::columns::NeededColumns;
use crate::model::inputs::Inputs;
use crate::model::sides::Side;
use crate::monitor::Monitor;
use crate::output::reject_source::RejectSource;

/// The state that the stages of a run share, passed by reference.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) config: &'a Config,
    pub(super) sizes: ChunkSizes,
    pub(super) monitor: &'a Monitor,
    pub(super) files: &'a Inputs<InputFile>,
    pub(super) layout: &'a Layout,
}

impl Context<'_> {
    /// Fails if a chunk contains a fatal record. `line` is the line at which the chunk begins, from 1.
    pub(super) fn check_fatal(
        &self,
        fatal: Option<FatalRecord>,
        side: Side,
        file: &InputFile,
        chunk: &Chunk<'_>,
        line: u64,
    ) -> Result<()> {
        let error = |fatal: FatalRecord| -> Error {
            fatal.error(chunk.place(&file.path, line, 0, fatal.place), self.config.max_record_bytes, side)
        };
        fatal.map_or(Ok(()), |fatal| Err(error(fatal)))
    }

    /// The source of rejects in a chunk of a side, which begins at line `line` of its file.
    pub(super) fn reject_source<'c>(&'c self, side: Side, chunk: &'c Chunk<'_>, line: u64) -> RejectSource<'c> {
        let order = self.layout.order(side, chunk.file);
        let files = match side {
            Side::Customers => &self.files.customers,
            Side::Purchases => &self.files.purchases,
        };
        RejectSource {
            path: &files[chunk.file].path,
            chunk,
            line,
            dialect: *self.layout.dialects.of(side),
            columns: match side {
                Side::Customers => NeededColumns::Customers(self.layout.customers.in_order(order)),
                Side::Purchases => NeededColumns::Purchases(self.layout.purchases.in_order(order)),
            },
            has_header: self.config.formats.of(side).columns.is_none(),
        }
    }

    /// Reports a consumed chunk as progress, in bytes of the file, and, for mapped input, releases its pages.
    pub(super) fn release(&self, chunk: &Chunk<'_>) {
        self.monitor.advance(chunk.stored);
        chunk.bytes.release();
    }
}
