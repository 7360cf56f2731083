//! The combined data as a compressed file of the set, which the workers of the join compress.
//!
//! The rows arrive in order, in pieces of any size. They are copied into blocks of a fixed size, so the cuts do not
//! depend on chunks or threads. A full block becomes a task of a [`SideQueue`]: any worker compresses it between two
//! chunks, and the frames are written in order. The encoder of a frame is in `frame_encoder`.

use super::frame_encoder::FrameEncoder;
use super::report_parts::PlainContent;
use super::staged_file::{FinishedFile, StagedFile};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::exec::buffer_pool::BufferPool;
use crate::exec::fingerprint::{Fingerprint, crc32};
use crate::exec::ordered_delivery::Sink;
use crate::exec::side_queue::SideQueue;
use crate::exec::worker_pool::Stage;
use crate::model::compression::Compression;
use crate::monitor::Monitor;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Uncompressed size of all blocks but the last, in bytes. It decides where the frames are cut, so another value gives
/// other bytes. Larger blocks hardly compress better, and take more memory (docs/performance.md).
const BLOCK: usize = 1 << 20;

/// Blocks in flight per thread: one that is compressed, and one that waits for its turn.
const IN_FLIGHT_PER_THREAD: usize = 2;

/// The blocks that are compressed or wait to be, shared with the workers.
#[derive(Clone)]
pub(crate) struct BlockQueue(Arc<SideQueue<EncodeBlocks, FrameSink>>);

impl BlockQueue {
    /// Compresses blocks on this thread until none is queued, or until the job is to stop.
    ///
    /// # Errors
    /// [`ErrorKind::Output`] if the file cannot be written.
    pub(crate) fn compress_queued(&self, monitor: &Monitor) -> Result<()> {
        while !monitor.should_stop() && self.0.process_one()? {}
        Ok(())
    }
}

/// The compressed file and the block that is being filled.
pub(crate) struct CompressedFile {
    queue: BlockQueue,
    blocks: Arc<BufferPool<Vec<u8>>>,
    block: Vec<u8>,
    /// The number of full blocks.
    full: u64,
    /// Present once all rows are written.
    complete: Option<FrameSink>,
}

impl CompressedFile {
    /// Compresses into `file`, for a run with `threads` workers.
    pub(crate) fn new(file: StagedFile, compression: Compression, threads: usize) -> Self {
        let in_flight = threads * IN_FLIGHT_PER_THREAD;
        let blocks = Arc::new(BufferPool::new(in_flight));
        let sink = FrameSink { file, plain: Fingerprint::new(None), plain_bytes: 0, blocks: Arc::clone(&blocks) };
        let queue = BlockQueue(Arc::new(SideQueue::new(EncodeBlocks(compression), in_flight, sink)));
        Self { queue, blocks, block: Vec::with_capacity(BLOCK), full: 0, complete: None }
    }

    /// The queue with which the workers help.
    pub(crate) fn queue(&self) -> BlockQueue {
        self.queue.clone()
    }

    /// Appends rows.
    pub(crate) fn write(&mut self, mut rows: &[u8]) -> Result<()> {
        while self.block.len() + rows.len() >= BLOCK {
            let (first, rest) = rows.split_at(BLOCK - self.block.len());
            self.block.extend_from_slice(first);
            self.queue_block()?;
            rows = rest;
        }
        self.block.extend_from_slice(rows);
        Ok(())
    }

    /// Queues the block.
    fn queue_block(&mut self) -> Result<()> {
        let next = self.blocks.take(|| Vec::with_capacity(BLOCK));
        let block = std::mem::replace(&mut self.block, next);
        self.queue.0.push(self.full, block)?;
        self.full += 1;
        Ok(())
    }

    /// Bytes written and bytes that await their writeback; `None` unless the run syncs, or while a worker writes.
    pub(crate) fn unsynced(&self) -> Option<(u64, u64)> {
        match &self.complete {
            Some(sink) => sink.file.unsynced(),
            None => self.queue.0.look_at_sink(|sink| sink.file.unsynced()).flatten(),
        }
    }

    /// Compresses what is left, and waits for a part of the bytes that await their writeback. Returns `false` once
    /// there are none.
    pub(crate) fn wait_for_writeback(&mut self) -> Result<bool> {
        self.complete()?.file.wait_for_writeback()
    }

    /// Finishes the file, with a sync if `sync` is set.
    pub(crate) fn finish(mut self, sync: bool) -> Result<FinishedFile> {
        self.complete()?;
        // Proof: `complete` has set it.
        let FrameSink { file, plain, plain_bytes, .. } = self.complete.take().expect("the file is complete");
        let plain = PlainContent { bytes: plain_bytes, crc32: plain.finish().crc32 };
        Ok(FinishedFile { plain: Some(plain), ..file.finish(sync)? })
    }

    /// Compresses what is left. The workers of the join have ended.
    fn complete(&mut self) -> Result<&mut FrameSink> {
        if self.complete.is_none() {
            if !self.block.is_empty() {
                self.queue_block()?;
            }
            self.complete = self.queue.0.finish()?;
        }
        // The workers have ended, so the queue still has its sink unless there is a bug.
        self.complete
            .as_mut()
            .ok_or_else(|| Error::new(ErrorKind::Panic, "internal error: the compressed file was lost"))
    }
}

impl fmt::Debug for CompressedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompressedFile").field("full", &self.full).finish_non_exhaustive()
    }
}

/// The parallel stage: turns a block into a frame.
struct EncodeBlocks(Compression);

/// A frame, or why there is none.
struct Frame {
    bytes: Vec<u8>,
    /// CRC-32 of the frame.
    crc32: u32,
    /// CRC-32 of the block.
    plain_crc32: u32,
    outcome: io::Result<()>,
}

impl Stage for EncodeBlocks {
    type Task = Vec<u8>;
    /// Made with the first block, so that it can fail.
    type Scratch = Option<FrameEncoder>;
    type Output = Frame;

    fn scratch(&self) -> Option<FrameEncoder> {
        None
    }

    fn output(&self) -> Frame {
        Frame { bytes: vec![], crc32: 0, plain_crc32: 0, outcome: Ok(()) }
    }

    fn process(&self, block: &Vec<u8>, encoder: &mut Option<FrameEncoder>, frame: &mut Frame) {
        frame.plain_crc32 = crc32(block);
        frame.outcome = match encoder {
            Some(encoder) => encoder.encode(block, frame.plain_crc32, &mut frame.bytes),
            None => FrameEncoder::new(self.0)
                .and_then(|new| encoder.insert(new).encode(block, frame.plain_crc32, &mut frame.bytes)),
        };
        frame.crc32 = crc32(&frame.bytes);
    }
}

/// The ordered sink: writes the frames to the staged file.
struct FrameSink {
    file: StagedFile,
    /// The checksum of the rows.
    plain: Fingerprint,
    /// The size of the rows.
    plain_bytes: u64,
    /// Takes the blocks back.
    blocks: Arc<BufferPool<Vec<u8>>>,
}

impl Sink<Vec<u8>, Frame> for FrameSink {
    fn consume(&mut self, mut block: Vec<u8>, frame: &mut Frame) -> Result<()> {
        std::mem::replace(&mut frame.outcome, Ok(())).map_err(|error| cannot_compress(self.file.path(), &error))?;
        self.plain.update_with_crc32(&block, frame.plain_crc32);
        self.plain_bytes += block.len() as u64;
        block.clear();
        self.blocks.give_back(block);
        self.file.write_with_crc32(&frame.bytes, frame.crc32)
    }
}

/// The error for a block that the library cannot compress: memory has run out.
fn cannot_compress(path: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Resources, format!("cannot compress: {error}")).at(Place::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::fingerprint::crc32_text;
    use crate::fs::directory::Dir;
    use crate::model::compression::CompressionFormat;

    /// The compressed file of `rows`, written in pieces of `piece` bytes.
    fn compressed(rows: &[u8], piece: usize, format: CompressionFormat, threads: usize) -> (Vec<u8>, FinishedFile) {
        let place = tempfile::tempdir().expect("a directory");
        let dir = Dir::open(place.path()).expect("opened");
        let (file, _) = StagedFile::create(&dir, "rows".into()).expect("created");
        let mut file = CompressedFile::new(file, Compression::new(format), threads);
        let queue = file.queue();
        for (number, piece) in rows.chunks(piece).enumerate() {
            file.write(piece).expect("written");
            if number % 3 == 0 {
                queue.compress_queued(&Monitor::new()).expect("compressed");
            }
        }
        while file.wait_for_writeback().expect("waited") {}
        let finished = file.finish(false).expect("finished");
        (std::fs::read(place.path().join("rows")).expect("there"), finished)
    }

    #[test]
    fn the_bytes_do_not_depend_on_the_pieces() {
        let rows: Vec<u8> = (0..BLOCK * 7 / 2).map(|number| ((number * number) >> 9) as u8).collect();
        for format in [CompressionFormat::Zstd, CompressionFormat::Gzip] {
            for len in [1, BLOCK - 1, BLOCK, BLOCK + 1, rows.len()] {
                let rows = &rows[..len];
                let (expected, finished) = compressed(rows, rows.len(), format, 1);
                let plain = PlainContent { bytes: len as u64, crc32: crc32_text(rows) };
                assert_eq!((finished.plain, finished.bytes), (Some(plain), expected.len() as u64));
                assert_eq!(finished.fingerprint.crc32, crc32_text(&expected));
                for (piece, threads) in [(100_000, 1), (BLOCK / 2, 2), (BLOCK, 1), (BLOCK * 3 / 2, 7)] {
                    assert!(compressed(rows, piece, format, threads).0 == expected, "{format:?} {len} {piece}");
                }
            }
        }
    }
}
