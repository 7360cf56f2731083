//! The buffer that records are written to.

/// A growable byte buffer for fixed-size copies: a caller reserves an array, writes to it and keeps a prefix. Memory
/// stays initialised and allocated when the buffer is cleared.
#[derive(Debug, Default)]
pub(crate) struct RecordBuffer {
    /// Initialised memory, of which the first `len` bytes are the contents.
    bytes: Vec<u8>,
    len: usize,
}

impl RecordBuffer {
    /// Discards the contents and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// The contents.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// `N` writable bytes behind the contents. [`advance`](Self::advance) makes a prefix of them contents.
    #[inline]
    pub(crate) fn reserve<const N: usize>(&mut self) -> &mut [u8; N] {
        if self.bytes.len() - self.len < N {
            self.grow(N);
        }
        // Proof: `bytes` is at least `len` + N long, by the check or by `grow`.
        self.bytes[self.len..].first_chunk_mut().expect("the bytes were reserved")
    }

    /// Adds the first `count` reserved bytes to the contents.
    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.len += count;
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        self.bytes.resize((self.len + more + 4096).max(self.bytes.len() * 2), 0);
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.bytes.len() - self.len < bytes.len() {
            self.grow(bytes.len());
        }
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_keeps_the_contents() {
        let mut buffer = RecordBuffer::default();
        let mut expected = vec![];
        for number in 0..3000u32 {
            buffer.push(number.to_string().as_bytes());
            buffer.reserve::<4>()[..2].copy_from_slice(b", ");
            buffer.advance(2);
            expected.extend_from_slice(format!("{number}, ").as_bytes());
        }
        assert_eq!(buffer.as_bytes(), expected);
        buffer.clear();
        assert!(buffer.as_bytes().is_empty());
    }
}
