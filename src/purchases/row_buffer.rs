//! A reused buffer of rows with a checksum and a size limit.

/// Bytes of one copy step. Lengths are rounded up to whole steps; the overrun is overwritten later.
pub(crate) const STEP: usize = 32;
/// Initial size of the buffer.
const INITIAL: usize = 64 * 1024;

/// The rows of one chunk. The whole buffer stays initialised, so writing past `len` needs no zeroing.
#[derive(Debug)]
pub struct RowBuffer {
    buffer: Vec<u8>,
    /// Bytes of rows at the start of `buffer`.
    len: usize,
    /// Upper bound on the buffer's size, in bytes. Without it, a chunk of purchases of one customer with long fields
    /// could take as much memory as the number of purchases times the length of these fields.
    max_size: usize,
    /// CRC-32 of the first `checksummed` bytes. The checksums of all chunks are combined in file order.
    crc: crc32fast::Hasher,
    checksummed: usize,
}

impl RowBuffer {
    /// An empty buffer that never grows beyond `max_size` bytes.
    pub(crate) fn new(max_size: usize) -> Self {
        Self { buffer: Vec::new(), len: 0, max_size, crc: crc32fast::Hasher::new(), checksummed: 0 }
    }

    pub(crate) fn clear(&mut self) {
        (self.len, self.checksummed) = (0, 0);
        self.crc.reset();
    }

    /// Adds the bytes since the last call to the checksum. This is fastest while they are in the L1 cache.
    pub(crate) fn update_checksum(&mut self) {
        self.crc.update(&self.buffer[self.checksummed..self.len]);
        self.checksummed = self.len;
    }

    /// Updates the checksum if at least 4 KiB of rows are new: this makes few calls, on bytes still in the L1 cache.
    #[inline(always)]
    pub(crate) fn update_checksum_if_large(&mut self) {
        if self.len - self.checksummed >= 4096 {
            self.update_checksum();
        }
    }

    /// The CRC-32 of the rows. The caller must have updated it after the last row.
    pub(crate) fn crc32(&self) -> u32 {
        debug_assert_eq!(self.checksummed, self.len);
        self.crc.clone().finalize()
    }

    /// The rows.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Reserves room for `more` bytes and the overrun of the copies. Returns `false` if that would exceed the limit.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) -> bool {
        let needed = self.len + more + 2 * STEP;
        needed <= self.buffer.len() || self.grow(needed)
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> bool {
        if needed > self.max_size {
            return false;
        }
        self.buffer.resize(needed.max(2 * self.buffer.len()).max(INITIAL).min(self.max_size), 0);
        true
    }

    /// Appends a byte, for which the caller must have reserved room.
    #[inline(always)]
    pub(crate) fn push_byte(&mut self, byte: u8) {
        self.buffer[self.len] = byte;
        self.len += 1;
    }

    /// Replaces the byte `distance` bytes before the end.
    #[inline(always)]
    pub(crate) fn replace_from_end(&mut self, distance: usize, byte: u8) {
        self.buffer[self.len - distance] = byte;
    }

    /// The `N` bytes after the rows, which the caller may overwrite; `None` if the limit leaves no room for them.
    /// [`advance`](Self::advance) then makes the first of them part of the rows.
    #[inline(always)]
    pub(crate) fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        if self.buffer.len() - self.len < N && !self.grow(self.len + N) {
            return None;
        }
        self.buffer[self.len..].first_chunk_mut()
    }

    /// Appends the first `count` bytes of [`room`](Self::room).
    #[inline(always)]
    pub(crate) fn advance(&mut self, count: usize) {
        self.len += count;
    }

    /// Appends `source[start..start + len]`, for which the caller must have reserved room.
    #[inline(always)]
    pub(crate) fn push(&mut self, source: &[u8], start: usize, len: usize) {
        let rounded = len.next_multiple_of(STEP);
        if let Some(wide) = source.get(start..start + rounded) {
            let target = &mut self.buffer[self.len..self.len + rounded];
            let steps = target.as_chunks_mut::<STEP>().0.iter_mut().zip(wide.as_chunks::<STEP>().0);
            for (target, step) in steps {
                *target = *step;
            }
        } else {
            self.buffer[self.len..self.len + len].copy_from_slice(&source[start..start + len]);
        }
        self.len += len;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_the_pushed_pieces(source in prop::collection::vec(any::<u8>(), 0..300), parts in prop::collection::vec((0usize..300, 0usize..100), 0..20), max_size in prop_oneof![Just(1 << 20), 0usize..2000]) {
            let (mut rows, mut expected) = (RowBuffer::new(max_size), Vec::new());
            for (start, len) in parts {
                let start = start.min(source.len());
                let len = len.min(source.len() - start);
                if !rows.reserve(len) {
                    prop_assert!(expected.len() + len + 2 * STEP > max_size);
                    continue;
                }
                rows.push(&source, start, len);
                expected.extend_from_slice(&source[start..start + len]);
                prop_assert!(rows.buffer.len() <= max_size);
            }
            prop_assert_eq!(rows.bytes(), expected);
        }
    }
}
