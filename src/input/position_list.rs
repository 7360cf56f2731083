//! A list of positions that grows by up to 64 elements with a single capacity check.

use std::ops::Deref;

/// Maximum number of elements per append.
pub(super) const BATCH: usize = 64;

/// A list of positions; dereferences to a slice.
#[derive(Debug, Default)]
pub(crate) struct PositionList {
    /// The elements, followed by initialised spare capacity.
    words: Vec<u32>,
    len: usize,
}

impl PositionList {
    /// Removes all elements and keeps the capacity.
    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline(always)]
    pub(super) fn push(&mut self, number: u32) {
        self.spare()[0] = number;
        self.len += 1;
    }

    /// The spare capacity after the last element. Write elements to its front, then append them with
    /// [`commit`](Self::commit).
    #[inline(always)]
    pub(super) fn spare(&mut self) -> &mut [u32; BATCH] {
        if self.words.len() - self.len < BATCH {
            self.grow();
        }
        // Never fails: the capacity was just checked or made.
        self.words[self.len..].first_chunk_mut().expect("spare capacity")
    }

    /// Appends the first `count` elements of the spare capacity.
    #[inline(always)]
    pub(super) fn commit(&mut self, count: usize) {
        debug_assert!(count <= BATCH);
        self.len += count;
    }

    #[cold]
    fn grow(&mut self) {
        // Growth by a quarter instead of doubling: the capacity is initialised, so all of it is resident.
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
        fn it_agrees_with_a_vector(batches in prop::collection::vec((0..=BATCH, any::<bool>()), 0..200), again in any::<bool>()) {
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
                for (number, place) in (next..).zip(&mut *list.spare()) {
                    *place = number;
                }
                list.commit(count);
                expected.extend(next..next + count as u32);
            }
            prop_assert_eq!(&*list, &expected[..]);
        }
    }
}
