//! The read-only state that the stages of a run share.

use super::chunk_sizes::ChunkSizes;
use super::resolve_columns::Layout;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::input::chunks::Chunk;
use crate::input::fatal_record::FatalRecord;
use crate::input::file::InputFile;
use crate::model::inputs::Inputs;
use crate::model::sides::Side;
use crate::monitor::Monitor;

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

    /// Reports a consumed chunk as progress, in bytes of the file, and, for mapped input, releases its pages.
    pub(super) fn release(&self, chunk: &Chunk<'_>) {
        self.monitor.advance(chunk.stored);
        chunk.bytes.release();
    }
}
