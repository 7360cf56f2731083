//! A reused buffer that rows are written into, up to a limit.

/// Bytes copied at a time. Copies run over the end of what is asked for, up to the next multiple.
pub(crate) const STEP: usize = 32;
/// The buffer's first size.
const FIRST: usize = 64 * 1024;

/// Rows in the making. The buffer behind them stays initialised, so that it costs nothing to write into.
#[derive(Debug)]
pub(crate) struct RowBuffer {
    buffer: Vec<u8>,
    len: usize,
    /// The buffer's size never passes this. A customer with a long tail and many purchases would make a
    /// chunk's rows as large as the two multiplied.
    most: usize,
    /// CRC-32 of the first `summed` bytes, to be combined in order.
    crc: crc32fast::Hasher,
    summed: usize,
}

impl RowBuffer {
    /// No rows yet, and never more than about `most` bytes of them.
    pub(crate) fn new(most: usize) -> Self {
        Self { buffer: Vec::new(), len: 0, most, crc: crc32fast::Hasher::new(), summed: 0 }
    }

    pub(crate) fn clear(&mut self) {
        (self.len, self.summed) = (0, 0);
        self.crc.reset();
    }

    /// Takes what was written since the last time into the checksum: best while it is in the first cache.
    pub(crate) fn sum_up(&mut self) {
        self.crc.update(&self.buffer[self.summed..self.len]);
        self.summed = self.len;
    }

    /// The same where it is worth it, and while it is in the first cache.
    #[inline(always)]
    pub(crate) fn sum_up_when_much(&mut self) {
        if self.len - self.summed >= 4096 {
            self.sum_up();
        }
    }

    /// The checksum of what was summed up.
    pub(crate) fn crc(&self) -> &crc32fast::Hasher {
        debug_assert_eq!(self.summed, self.len);
        &self.crc
    }

    /// What was written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Makes room for `more` bytes and the fast copies' overrun; `false` where that would pass the limit.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) -> bool {
        let needed = self.len + more + 2 * STEP;
        needed <= self.buffer.len() || self.grow(needed)
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> bool {
        if needed > self.most {
            return false;
        }
        self.buffer.resize(needed.max(2 * self.buffer.len()).max(FIRST).min(self.most), 0);
        true
    }

    /// Adds a byte, for which room was reserved.
    #[inline(always)]
    pub(crate) fn put_byte(&mut self, byte: u8) {
        self.buffer[self.len] = byte;
        self.len += 1;
    }

    /// Changes the byte this far before the end.
    #[inline(always)]
    pub(crate) fn set_back(&mut self, distance: usize, byte: u8) {
        self.buffer[self.len - distance] = byte;
    }

    /// Room for `N` bytes behind those written, where there is so much; [`advance`](Self::advance) says how many of
    /// them count.
    #[inline(always)]
    pub(crate) fn room<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        if self.buffer.len() - self.len < N && !self.grow(self.len + N) {
            return None;
        }
        self.buffer[self.len..].first_chunk_mut()
    }

    /// Counts bytes that were written into the room.
    #[inline(always)]
    pub(crate) fn advance(&mut self, count: usize) {
        self.len += count;
    }

    /// Adds `source[start..start + len]`, for which room was reserved.
    #[inline(always)]
    pub(crate) fn put(&mut self, source: &[u8], start: usize, len: usize) {
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
        fn rows_are_what_was_put(source in prop::collection::vec(any::<u8>(), 0..300), parts in prop::collection::vec((0usize..300, 0usize..100), 0..20), most in prop_oneof![Just(1 << 20), 0usize..2000]) {
            let (mut rows, mut expected) = (RowBuffer::new(most), Vec::new());
            for (start, len) in parts {
                let start = start.min(source.len());
                let len = len.min(source.len() - start);
                if !rows.reserve(len) {
                    prop_assert!(expected.len() + len + 2 * STEP > most);
                    continue;
                }
                rows.put(&source, start, len);
                expected.extend_from_slice(&source[start..start + len]);
                prop_assert!(rows.buffer.len() <= most);
            }
            prop_assert_eq!(rows.bytes(), expected);
        }
    }
}
