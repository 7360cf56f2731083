//! A list of numbers that grows by up to 64 at a time, with one look at the room for all of them.

use std::ops::Deref;

/// Most numbers that are added at a time.
pub(super) const BATCH: usize = 64;

/// What was added; read as a slice.
#[derive(Debug, Default)]
pub(crate) struct PositionList {
    /// The numbers, and room behind them.
    words: Vec<u32>,
    len: usize,
}

impl PositionList {
    /// Back to none; the room stays.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline(always)]
    pub(super) fn push(&mut self, number: u32) {
        self.room()[0] = number;
        self.len += 1;
    }

    /// Room behind the last number, to be written to before [`took`](Self::took) adds what stands at its front.
    #[inline(always)]
    pub(super) fn room(&mut self) -> &mut [u32; BATCH] {
        if self.words.len() - self.len < BATCH {
            self.grow();
        }
        // Proof: so much was just seen, or made.
        self.words[self.len..].first_chunk_mut().expect("room for a batch")
    }

    /// Adds the first `count` numbers of the room.
    #[inline(always)]
    pub(super) fn took(&mut self, count: usize) {
        debug_assert!(count <= BATCH);
        self.len += count;
    }

    #[cold]
    fn grow(&mut self) {
        // Not twice as much: all of it is written to, so that it takes memory whether it is needed or not.
        self.words.resize(self.words.len() + self.words.len() / 4 + 16 * BATCH, 0);
    }
}

impl Deref for PositionList {
    type Target = [u32];

    #[inline(always)]
    fn deref(&self) -> &[u32] {
        &self.words[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_a_vector_holds(batches in prop::collection::vec((0..=BATCH, any::<bool>()), 0..200), again in any::<bool>()) {
            let (mut list, mut expected) = (PositionList::default(), vec![]);
            if again {
                (0..5000).for_each(|number| list.push(number));
                list.clear();
            }
            for (count, one) in batches {
                let next = expected.len() as u32;
                if one {
                    list.push(next);
                    expected.push(next);
                    continue;
                }
                for (number, place) in (next..).zip(&mut *list.room()) {
                    *place = number;
                }
                list.took(count);
                expected.extend(next..next + count as u32);
            }
            prop_assert_eq!(&*list, &expected[..]);
        }
    }
}
