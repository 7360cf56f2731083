//! Buffered reading of inputs that cannot be mapped: pipes, FIFOs and devices.
//!
//! Time is linear in the bytes read, whatever the sizes of reads and records: the buffer grows geometrically with the
//! bytes received, is never zero-filled, and is moved out without a copy if a large piece is taken. The buffers of pieces
//! that have been processed are used again, since the first access to new memory is slow.

use crate::error::{Error, ErrorKind, Result};
use crate::exec::buffer_pool::BufferPool;
use crate::monitor::Monitor;
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt::Debug;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

/// How long to wait for a pipe before checking for an interrupt.
const POLL_INTERVAL: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Minimum spare capacity for a read, in bytes: the default capacity of a pipe.
const READ: usize = 64 * 1024;

/// Maximum number of bytes reserved for a piece before any byte of it has been received.
const FIRST: usize = 256 * 1024;

/// Buffers that are kept for the next pieces, and the largest of them, in bytes.
const IDLE_BUFFERS: usize = 8;
const LARGEST_IDLE: usize = 2 * FIRST;

/// A source of bytes.
pub(crate) trait Source: Debug + Send {
    /// Waits for bytes and appends them to `buffer`, within its capacity. Returns their number, 0 at the end of the
    /// input.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize>;
}

/// Reads from a file descriptor; polls in short intervals to notice an interrupt.
#[derive(Debug)]
pub(super) struct Descriptor<'m> {
    pub(super) file: Arc<File>,
    /// The path of the input, for messages.
    pub(super) path: &'m Path,
    pub(super) monitor: &'m Monitor,
}

impl Source for Descriptor<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let file = &*self.file;
        let cannot = |errno: Errno| Error::io(ErrorKind::Input, self.path, "cannot read", errno.into());
        loop {
            self.monitor.check()?;
            let mut ready = [PollFd::new(file, PollFlags::IN)];
            match poll(&mut ready, Some(&POLL_INTERVAL)) {
                Ok(0) | Err(Errno::INTR) => continue,
                Ok(_) => {}
                Err(errno) => return Err(cannot(errno)),
            }
            match rustix::io::read(file, spare_capacity(buffer)) {
                Err(Errno::INTR | Errno::AGAIN) => {}
                read => return read.map_err(cannot),
            }
        }
    }
}

/// The bytes of a source in order: `peek` looks ahead, `take` consumes.
#[derive(Debug)]
pub(crate) struct Stream<'m> {
    source: Box<dyn Source + 'm>,
    /// The bytes read. Those before `from` have been consumed.
    buffer: Vec<u8>,
    from: usize,
    ended: bool,
    idle: Arc<BufferPool<Vec<u8>>>,
}

/// Bytes that were taken from a stream.
#[derive(Debug)]
pub struct Piece {
    bytes: Vec<u8>,
    /// The buffers of the stream.
    idle: Arc<BufferPool<Vec<u8>>>,
}

impl Deref for Piece {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if self.bytes.capacity() <= LARGEST_IDLE {
            self.bytes.clear();
            self.idle.give_back(std::mem::take(&mut self.bytes));
        }
    }
}

impl<'m> Stream<'m> {
    pub(crate) fn new(source: impl Source + 'm) -> Self {
        let idle = Arc::new(BufferPool::new(IDLE_BUFFERS));
        Self { source: Box::new(source), buffer: Vec::new(), from: 0, ended: false, idle }
    }

    /// The next bytes, at least `want` unless the input ends first, and whether the input ends after them.
    pub(super) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        if self.buffer.len() - self.from < want && !self.ended {
            // Linear: this happens at most once per piece, and the next piece contains all bytes moved here.
            self.buffer.drain(..std::mem::take(&mut self.from));
            while self.buffer.len() < want && !self.ended {
                self.reserve(want);
                self.ended = self.source.read(&mut self.buffer)? == 0;
            }
        }
        Ok((&self.buffer[self.from..], self.ended))
    }

    /// Reserves capacity for a read and for the rest of `want`, but at most doubles the buffer: `want` may be far
    /// larger than the input.
    fn reserve(&mut self, want: usize) {
        let len = self.buffer.len();
        if self.buffer.capacity() - len < READ {
            // Geometric growth: `reserve` at least doubles the capacity.
            self.buffer.reserve((want - len).min(len.max(FIRST)) + READ);
        }
    }

    /// Consumes the next `len` bytes, which [`peek`](Self::peek) must have returned, and returns them.
    pub(super) fn skip(&mut self, len: usize) -> &[u8] {
        self.from += len;
        &self.buffer[self.from - len..self.from]
    }

    /// Consumes the next `len` bytes, which [`peek`](Self::peek) must have returned, as a piece of its own.
    pub(super) fn take(&mut self, len: usize) -> Piece {
        let rest = &self.buffer[self.from + len..];
        // Copies the shorter of the piece and the rest. A large piece takes over the buffer.
        if self.from > 0 || len < rest.len().max(READ) {
            let mut bytes = self.idle.take(|| Vec::with_capacity(len));
            bytes.extend_from_slice(&self.buffer[self.from..self.from + len]);
            self.from += len;
            return Piece { bytes, idle: Arc::clone(&self.idle) };
        }
        let mut next = self.idle.take(|| Vec::with_capacity(self.buffer.capacity().min(FIRST).max(rest.len())));
        next.extend_from_slice(rest);
        let mut bytes = std::mem::replace(&mut self.buffer, next);
        bytes.truncate(len);
        Piece { bytes, idle: Arc::clone(&self.idle) }
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
