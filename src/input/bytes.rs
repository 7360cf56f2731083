//! The bytes of one input in order: looked at first, then taken.

use super::opened::Opened;
use crate::error::{Error, ErrorKind, Result};
use crate::monitor::Monitor;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::io::Read;
use std::ops::Deref;

/// How long to wait for a pipe before asking whether to stop.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// A piece of an input, in place or copied.
#[derive(Debug)]
pub(crate) enum Piece<'m> {
    /// A part of a map.
    Mapped(&'m [u8]),
    /// A part of a stream.
    Owned(Vec<u8>),
}

impl Deref for Piece<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Owned(bytes) => bytes,
        }
    }
}

/// Reads one input from its start to its end, mapped or through a buffer.
#[derive(Debug)]
pub(crate) struct Bytes<'m> {
    opened: &'m Opened,
    monitor: &'m Monitor,
    /// Bytes taken so far.
    taken: u64,
    rest: Rest<'m>,
}

#[derive(Debug)]
enum Rest<'m> {
    Mapped(&'m [u8]),
    /// The bytes of `buffer` from `from` on are still to be taken.
    Buffered {
        buffer: Vec<u8>,
        from: usize,
        ended: bool,
    },
}

impl<'m> Bytes<'m> {
    pub(crate) fn new(opened: &'m Opened, monitor: &'m Monitor) -> Self {
        let rest = match opened.mapped() {
            Some(mapped) => Rest::Mapped(mapped.bytes()),
            None => Rest::Buffered { buffer: Vec::new(), from: 0, ended: false },
        };
        Self { opened, monitor, taken: 0, rest }
    }

    /// Bytes from memory, as if `opened` were mapped and held them.
    #[cfg(feature = "fuzz-internals")]
    pub(crate) fn of_memory(opened: &'m Opened, monitor: &'m Monitor, bytes: &'m [u8]) -> Self {
        Self { opened, monitor, taken: 0, rest: Rest::Mapped(bytes) }
    }

    /// Which input it is.
    pub(crate) fn opened(&self) -> &'m Opened {
        self.opened
    }

    /// Bytes taken so far; the offset of the next.
    pub(crate) fn offset(&self) -> u64 {
        self.taken
    }

    /// The bytes to come, at least `want` of them unless the input ends before, and whether they are all.
    pub(crate) fn peek(&mut self, want: usize) -> Result<(&[u8], bool)> {
        match &mut self.rest {
            Rest::Mapped(rest) => Ok((rest, true)),
            Rest::Buffered { buffer, from, ended } => {
                if buffer.len() - *from < want && !*ended {
                    buffer.drain(..std::mem::take(from));
                    fill(self.opened, self.monitor, buffer, ended, want)?;
                }
                Ok((&buffer[*from..], *ended))
            }
        }
    }

    /// About how many records are to come, from the lines at the beginning; 0 where the size is not known.
    pub(crate) fn estimate_records(&mut self) -> Result<usize> {
        const LOOK: usize = 64 * 1024;
        let Some(size) = self.opened.size() else { return Ok(0) };
        let rest = size.saturating_sub(self.taken);
        let bytes = self.peek(LOOK)?.0;
        let seen = &bytes[..bytes.len().min(LOOK)];
        // Blank lines are no records: a file that begins with thousands of them is not full of them.
        let ends = memchr::memchr_iter(b'\n', seen);
        let lines = ends.filter(|&lf| !matches!(seen.get(lf + 1), Some(b'\n' | b'\r'))).count() as u64 + 1;
        // A little more, so that the last records do not need a larger table.
        let records = rest * lines / (seen.len() as u64).max(1);
        Ok((records + records / 32) as usize)
    }

    /// Takes the next `len` bytes, which must have been seen by [`peek`](Self::peek).
    pub(crate) fn take(&mut self, len: usize) -> Piece<'m> {
        self.taken += len as u64;
        match &mut self.rest {
            Rest::Mapped(rest) => {
                let (piece, after) = rest.split_at(len);
                *rest = after;
                Piece::Mapped(piece)
            }
            Rest::Buffered { buffer, from, .. } => {
                let piece = buffer[*from..*from + len].to_vec();
                *from += len;
                Piece::Owned(piece)
            }
        }
    }
}

/// Bytes asked of the system at a time, at least.
const READ: usize = 64 * 1024;

/// Reads until the buffer holds `want` bytes or the input ends.
fn fill(opened: &Opened, monitor: &Monitor, buffer: &mut Vec<u8>, ended: &mut bool, want: usize) -> Result<()> {
    let cannot = |error| Error::io(ErrorKind::Input, &opened.path, "cannot read", error);
    while buffer.len() < want && !*ended {
        monitor.check()?;
        let mut ready = [PollFd::new(opened.file(), PollFlags::IN)];
        match poll(&mut ready, Some(&PATIENCE)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => continue,
            Ok(_) => {}
            Err(error) => return Err(cannot(error.into())),
        }
        let filled = buffer.len();
        buffer.resize(want.max(filled + READ), 0);
        let read = opened.file().read(&mut buffer[filled..]);
        buffer.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => *ended = true,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), std::io::ErrorKind::Interrupted | std::io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    Ok(())
}
