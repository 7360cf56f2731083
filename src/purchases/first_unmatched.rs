//! The first unmatched purchases of a chunk, as examples for the report.

use crate::model::reject::MAX_SAMPLES;

/// The records of the first unmatched purchases of a chunk, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FirstUnmatched {
    /// First byte of each record in the chunk, and one past its last byte; ascending.
    records: [(u32, u32); MAX_SAMPLES],
    len: usize,
}

impl FirstUnmatched {
    /// Adds an unmatched purchase at its place in the order. The lookup pipeline may count a purchase with a long key
    /// before an earlier one.
    #[cold]
    pub(crate) fn add(&mut self, start: u32, end: u32) {
        let at = self.records[..self.len].partition_point(|record| record.0 < start);
        if at == MAX_SAMPLES {
            return;
        }
        self.len = (self.len + 1).min(MAX_SAMPLES);
        self.records.copy_within(at..self.len - 1, at + 1);
        self.records[at] = (start, end);
    }

    /// Whether a purchase that begins at `start` may be among the first.
    #[inline(always)]
    pub(crate) fn wants(&self, start: u32) -> bool {
        self.len < MAX_SAMPLES || start < self.records[MAX_SAMPLES - 1].0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.records[..self.len].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_kept_in_whatever_order_they_come() {
        for order in [[1, 2, 3, 4, 5], [5, 4, 3, 2, 1], [3, 5, 1, 4, 2], [2, 1, 5, 3, 4]] {
            let mut first = FirstUnmatched::default();
            for start in order {
                assert!(first.wants(start) || start > 3);
                first.add(start, start + 10);
            }
            assert_eq!(first.iter().collect::<Vec<_>>(), [(1, 11), (2, 12), (3, 13)]);
        }
        let mut first = FirstUnmatched::default();
        first.add(7, 8);
        assert_eq!(first.iter().collect::<Vec<_>>(), [(7, 8)]);
    }
}
