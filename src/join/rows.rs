//! A reused buffer that rows are written into.

/// Bytes copied at a time. Copies run over the end of what is asked for, up to the next multiple.
const STEP: usize = 32;
/// What a source must hold behind its last byte for the fast copy to be used.
pub(crate) const SLACK: usize = STEP;

/// Rows in the making. The buffer behind them stays initialised, so that it costs nothing to write into.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    buffer: Vec<u8>,
    len: usize,
}

impl Rows {
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// What was written.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    /// Makes sure that `more` bytes and the fast copies' overrun fit.
    #[inline(always)]
    pub(crate) fn reserve(&mut self, more: usize) {
        let needed = self.len + more + 2 * STEP;
        if needed > self.buffer.len() {
            self.grow(needed);
        }
    }

    #[cold]
    fn grow(&mut self, needed: usize) {
        self.buffer.resize(needed.max(2 * self.buffer.len()).max(64 * 1024), 0);
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

    /// Adds bytes of any length, making room for them.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        self.put(bytes, 0, bytes.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_are_what_was_put(source in prop::collection::vec(any::<u8>(), 0..300), parts in prop::collection::vec((0usize..300, 0usize..100), 0..20)) {
            let (mut rows, mut expected) = (Rows::default(), Vec::new());
            for (start, len) in parts {
                let start = start.min(source.len());
                let len = len.min(source.len() - start);
                rows.reserve(len);
                rows.put(&source, start, len);
                rows.push(b"\n");
                expected.extend_from_slice(&source[start..start + len]);
                expected.push(b'\n');
            }
            prop_assert_eq!(rows.bytes(), expected);
        }
    }
}
