//! SHA-256 of a long stream, on a thread of its own.
//!
//! SHA-256 is sequential: the bytes of a file are hashed one after the other, at about 2 GB/s with the instructions of
//! the processor. Workers often produce the rows of a join faster than that, and one worker at a time writes them in
//! order, so hashing them there would slow down all workers. Instead the bytes are copied into buffers that go to the
//! thread and back through two bounded channels. A stream that fits into the first buffer needs no thread.

use crossbeam_channel::{Receiver, Sender, bounded};
use sha2::{Digest as _, Sha256};
use std::panic::resume_unwind;
use std::thread::{self, JoinHandle};

/// Capacity of a buffer, in bytes: large enough to make the cost of a channel negligible, and small enough for the
/// second-level cache.
const BUFFER: usize = 256 * 1024;
/// Number of buffers of a stream that has a thread, including the one being filled.
const BUFFERS: usize = 4;

/// The SHA-256 of the bytes of a stream so far.
#[derive(Debug)]
pub(super) struct Sha256Stream {
    /// The last bytes of the stream, which are not hashed yet.
    buffer: Vec<u8>,
    /// The state after the bytes before `buffer`, unless the thread has it.
    hash: Sha256,
    running: Option<HashThread>,
}

/// A running thread, the channel that takes full buffers to it, and the one that brings empty ones back.
#[derive(Debug)]
struct HashThread {
    full: Sender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Sha256>,
}

impl Sha256Stream {
    /// An empty stream.
    pub(super) fn new() -> Self {
        Self { buffer: Vec::new(), hash: Sha256::new(), running: None }
    }

    /// Adds the next bytes.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while self.buffer.len() + bytes.len() > BUFFER {
            let (first, rest) = bytes.split_at(BUFFER - self.buffer.len());
            self.buffer.extend_from_slice(first);
            self.pass_on();
            bytes = rest;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Hashes all bytes so far, ends the thread and frees the buffers. The stream may continue.
    pub(super) fn settle(&mut self) {
        if let Some(running) = self.running.take() {
            self.hash = running.join();
        }
        self.hash.update(&self.buffer);
        self.buffer = Vec::new();
    }

    /// The digest, as 64 lower-case hexadecimal digits.
    pub(super) fn finish(mut self) -> String {
        self.settle();
        std::mem::take(&mut self.hash).finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Passes the full buffer to the thread, which is started if there is none. If it cannot be started, hashes the
    /// buffer here.
    fn pass_on(&mut self) {
        if self.running.is_none() {
            self.running = HashThread::start(&self.hash);
        }
        let Some(HashThread { full, empty, .. }) = &self.running else {
            self.hash.update(&self.buffer);
            return self.buffer.clear();
        };
        // Waits until the thread has hashed a buffer. The channels are open as long as the thread runs.
        let next = empty.recv().unwrap_or_default();
        _ = full.send(std::mem::replace(&mut self.buffer, next));
    }
}

impl Drop for Sha256Stream {
    /// Ends the thread, so that none outlives a run that failed.
    fn drop(&mut self) {
        if let Some(HashThread { full, thread, .. }) = self.running.take() {
            drop(full);
            _ = thread.join();
        }
    }
}

impl HashThread {
    /// Starts a thread that continues `hash`; `None` if the system refuses.
    fn start(hash: &Sha256) -> Option<Self> {
        let mut hash = hash.clone();
        let (full, tasks) = bounded::<Vec<u8>>(BUFFERS);
        let (release, empty) = bounded(BUFFERS);
        (1..BUFFERS).for_each(|_| _ = release.try_send(Vec::with_capacity(BUFFER)));
        let work = move || {
            for mut buffer in tasks {
                hash.update(&buffer);
                buffer.clear();
                // The stream may have ended.
                _ = release.try_send(buffer);
            }
            hash
        };
        let thread = thread::Builder::new().name("sha256".into()).spawn(work).ok()?;
        Some(Self { full, empty, thread })
    }

    /// Waits until everything is hashed.
    fn join(self) -> Sha256 {
        drop(self.full);
        self.thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_whole_for_any_pieces() {
        let bytes: Vec<u8> = (0..5 * BUFFER + 7).map(|number| ((number * 31) >> 5) as u8).collect();
        for len in [0, 3, BUFFER, BUFFER + 1, bytes.len()] {
            let whole = &bytes[..len];
            let expected: String = Sha256::digest(whole).iter().map(|byte| format!("{byte:02x}")).collect();
            for piece in [1000, BUFFER - 1, BUFFER, 3 * BUFFER] {
                for settled in [false, true] {
                    let mut stream = Sha256Stream::new();
                    for piece in whole.chunks(piece) {
                        stream.update(piece);
                        if settled {
                            stream.settle();
                            assert!(stream.running.is_none());
                        }
                    }
                    assert_eq!(stream.running.is_some(), len > BUFFER && !settled);
                    assert_eq!(stream.finish(), expected, "{len} {piece}");
                }
            }
        }
    }

    #[test]
    fn the_digest_is_that_of_the_standard() {
        // FIPS 180-4, the example of one block.
        let mut stream = Sha256Stream::new();
        stream.update(b"abc");
        assert_eq!(stream.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
