//! The bytes of an input as they are stored, on their way to a decoder, counted and fingerprinted.

use super::stream::Stream;
use crate::exec::fingerprint::{Fingerprint, FinishedFingerprint};
use crate::model::digest::Digest;
use std::io::{self, BufRead, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a decoder has consumed of an input so far. The ledger reads it while the decoder belongs to the reader.
#[derive(Debug)]
pub(crate) struct StoredTally {
    bytes: AtomicU64,
    fingerprint: Mutex<Fingerprint>,
}

impl StoredTally {
    /// Nothing has been consumed. The fingerprint has this digest, if there is one.
    pub(super) fn new(digest: Option<Digest>) -> Self {
        Self { bytes: AtomicU64::new(0), fingerprint: Mutex::new(Fingerprint::new(digest)) }
    }

    /// Nothing has been consumed: the input is read from its start again.
    pub(super) fn restart(&self, digest: Option<Digest>) {
        self.bytes.store(0, Ordering::Relaxed);
        *self.fingerprint.lock().unwrap_or_else(PoisonError::into_inner) = Fingerprint::new(digest);
    }

    /// Frees the thread and the buffers of the digest.
    pub(crate) fn settle(&self) {
        self.fingerprint.lock().unwrap_or_else(PoisonError::into_inner).settle();
    }

    /// Bytes consumed.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// The fingerprint of the bytes consumed, which is that of the file once the decoder is at its end.
    pub(crate) fn take_fingerprint(&self) -> FinishedFingerprint {
        let mut fingerprint = self.fingerprint.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *fingerprint, Fingerprint::new(None)).finish()
    }

    fn add(&self, bytes: &[u8]) {
        self.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.fingerprint.lock().unwrap_or_else(PoisonError::into_inner).update(bytes);
    }
}

/// The stored bytes of an input, as a reader for the decoders. Errors of the input travel inside [`io::Error`].
#[derive(Debug)]
pub(super) struct StoredBytes<'m> {
    stream: Stream<'m>,
    count: Arc<StoredTally>,
}

impl<'m> StoredBytes<'m> {
    /// Reads from `stream` and counts in `count`.
    pub(super) fn new(stream: Stream<'m>, count: Arc<StoredTally>) -> Self {
        Self { stream, count }
    }

    /// What has been consumed so far, kept up to date.
    pub(super) fn count(&self) -> Arc<StoredTally> {
        Arc::clone(&self.count)
    }

    /// Consumes the next `len` bytes, or all that are left if there are fewer.
    pub(super) fn skip(&mut self, mut len: u64) -> io::Result<()> {
        while len > 0 {
            let here = self.fill_buf()?.len() as u64;
            if here == 0 {
                return Ok(());
            }
            self.consume(here.min(len) as usize);
            len -= here.min(len);
        }
        Ok(())
    }
}

impl BufRead for StoredBytes<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.stream.peek(1).map(|(bytes, _)| bytes).map_err(io::Error::other)
    }

    fn consume(&mut self, len: usize) {
        self.count.add(self.stream.skip(len));
    }
}

impl Read for StoredBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill_buf()?;
        let len = bytes.len().min(buffer.len());
        buffer[..len].copy_from_slice(&bytes[..len]);
        self.consume(len);
        Ok(len)
    }
}
