//! An input that cannot be mapped (a pipe, a FIFO, a device), through a buffer.
//!
//! Takes time linear in the bytes read, however small the reads and however long the records: the buffer grows
//! geometrically with the bytes received, is never zero-filled, and becomes the piece itself when a large piece is
//! taken.

use super::file::InputFile;
use crate::error::{Error, ErrorKind, Result};
use crate::monitor::Monitor;
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::fmt::Debug;

/// How long to wait for a pipe before checking for an interrupt.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Minimum room for a read, in bytes: the default capacity of a pipe.
const READ: usize = 64 * 1024;

/// Maximum number of bytes reserved for a piece before any of it has been received.
const FIRST: usize = 256 * 1024;

/// The source of a stream's bytes.
pub(super) trait Source: Debug + Send {
    /// Waits for bytes and appends them to `buffer`, within its capacity. Returns their number; 0 at the end of the
    /// input.
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize>;
}

/// Reads from a file descriptor. Waits in short intervals to notice an interrupt.
#[derive(Debug)]
pub(super) struct Descriptor<'m> {
    pub(super) opened: &'m InputFile,
    pub(super) monitor: &'m Monitor,
}

impl Source for Descriptor<'_> {
    fn read(&mut self, buffer: &mut Vec<u8>) -> Result<usize> {
        let file = self.opened.file();
        let cannot = |errno: Errno| Error::io(ErrorKind::Input, &self.opened.path, "cannot read", errno.into());
        loop {
            self.monitor.check()?;
            let mut ready = [PollFd::new(file, PollFlags::IN)];
            match poll(&mut ready, Some(&PATIENCE)) {
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
pub(super) struct Stream<'m> {
    source: Box<dyn Source + 'm>,
    /// Bytes read; those before `from` have been taken.
    buffer: Vec<u8>,
    from: usize,
    ended: bool,
}

impl<'m> Stream<'m> {
    pub(super) fn new(source: impl Source + 'm) -> Self {
        Self { source: Box::new(source), buffer: Vec::new(), from: 0, ended: false }
    }

    /// The bytes not yet taken, at least `want` of them unless the input ends before, and whether they are all.
    pub(super) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        if self.buffer.len() - self.from < want && !self.ended {
            // At most once per piece taken; the next piece contains all the bytes moved.
            self.buffer.drain(..std::mem::take(&mut self.from));
            while self.buffer.len() < want && !self.ended {
                self.make_room(want);
                self.ended = self.source.read(&mut self.buffer)? == 0;
            }
        }
        Ok((&self.buffer[self.from..], self.ended))
    }

    /// Makes room for a read and for the rest of `want`, but for at most as many bytes as have already been received:
    /// `want` may be far larger than the input.
    fn make_room(&mut self, want: usize) {
        let len = self.buffer.len();
        if self.buffer.capacity() - len < READ {
            // Geometric growth: `reserve` at least doubles the capacity.
            self.buffer.reserve((want - len).min(len.max(FIRST)) + READ);
        }
    }

    /// Takes the next `len` bytes, which must have been seen by [`peek`](Self::peek).
    pub(super) fn take(&mut self, len: usize) -> Vec<u8> {
        let rest = &self.buffer[self.from + len..];
        // A large piece takes the buffer with it if the rest is shorter to copy.
        if self.from > 0 || len < rest.len().max(READ) {
            let piece = self.buffer[self.from..self.from + len].to_vec();
            self.from += len;
            return piece;
        }
        let mut next = Vec::with_capacity(self.buffer.capacity().min(FIRST).max(rest.len()));
        next.extend_from_slice(rest);
        let mut piece = std::mem::replace(&mut self.buffer, next);
        piece.truncate(len);
        piece
    }
}

#[cfg(test)]
#[path = "stream_tests.rs"]
mod tests;
