//! Growth policy of the customers' map: when it grows, and to which size.
//!
//! The room of a map is the number of keys that it holds at its target load. A map grows at its maximum load, or at
//! most a third above its target load if many more keys are expected. It takes its final size as soon as that is at
//! most [`MAX_GROWTH`] times the number of its keys; until then it grows in the fewest steps. So the room of a new map
//! is at most [`MAX_GROWTH`] times the number of its keys, however wrong the forecast is. If the forecast is right,
//! about a third of the keys move once.

use super::bucket::{Bucket, BucketKind, CacheLine, FingerprintBucket, KeyBucket};
use crate::monitor::map_growth::Growth;

/// Upper bound on a new map's room, as a multiple of the number of keys that move into it.
pub(super) const MAX_GROWTH: usize = 4;
/// Bytes of a huge page on x86-64.
const HUGE_PAGE: usize = 2 << 20;

/// When a map of a given size must grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// Maximum number of keys; the map grows before it takes more.
    pub(super) limit: usize,
    /// Expected final number of keys; `None` if unknown.
    pub(super) expected: Option<usize>,
}

impl Capacity {
    /// The capacity of a number of buckets.
    pub(super) fn of(buckets: usize, kind: BucketKind, expected: Option<usize>) -> Self {
        let (target, max) = loads(kind);
        let (room, limit) = (buckets * target / 10, buckets * max / 10);
        // Exceeding the target load a little costs less than growing.
        let limit = match expected {
            Some(expected) if expected > room + room / 4 => {
                limit.min(room.max(expected.div_ceil(MAX_GROWTH).min(overfull(room))))
            }
            _ => limit,
        };
        Self { limit, expected }
    }

    /// The growth until a map of this capacity holds the expected number of keys; none if that is unknown.
    pub(super) fn growth_ahead(mut self, kind: BucketKind) -> Growth {
        let mut growth = Growth::default();
        while self.expected.is_some_and(|expected| expected > self.limit) {
            let [_, best] = self.next(self.limit);
            let bytes = bytes_for(best, kind);
            let grown = Self::of(bytes / size_of::<CacheLine>(), kind, self.expected);
            if grown.limit <= self.limit {
                // A map cannot become larger than the address space.
                break;
            }
            growth = growth + Growth { bytes: bytes as u64, keys: self.limit as u64 };
            self = grown;
        }
        growth
    }

    /// The room to which a map of `keys` keys should grow: the smallest that is useful, and the best.
    pub(super) fn next(&self, keys: usize) -> [usize; 2] {
        let (least, most) = (keys + keys / 4, keys.saturating_mul(MAX_GROWTH));
        let best = match self.expected {
            None => most,
            // The final size. The tolerance allows for a forecast that has risen since the limit was set from it.
            Some(expected) if expected <= most.saturating_add(most / 16) => expected.clamp(least, most),
            // The intermediate size from which the fewest steps lead to the final size.
            Some(expected) => {
                let mut until = expected.div_ceil(MAX_GROWTH);
                while until > overfull(most) {
                    until = until.div_ceil(overfull(MAX_GROWTH));
                }
                (until - until / 4).clamp(least, most)
            }
        };
        [least, best]
    }
}

/// Number of keys at a third above the target load.
fn overfull(room: usize) -> usize {
    room.saturating_add(room / 3)
}

/// Target and maximum load, in keys per ten buckets.
fn loads(kind: BucketKind) -> (usize, usize) {
    match kind {
        BucketKind::Fingerprints => (FingerprintBucket::TARGET_LOAD, FingerprintBucket::MAX_LOAD),
        BucketKind::Keys => (KeyBucket::TARGET_LOAD, KeyBucket::MAX_LOAD),
    }
}

/// Bytes of a map that holds `keys` keys at the target load.
pub(super) fn bytes_for(keys: usize, kind: BucketKind) -> usize {
    let buckets = keys.max(32).saturating_mul(10).div_ceil(loads(kind).0);
    let bytes = buckets.saturating_mul(size_of::<CacheLine>());
    // Rounded up to whole huge pages: Linux aligns a mapping to huge pages only if its size is a multiple of them.
    if bytes < HUGE_PAGE { bytes } else { bytes.checked_next_multiple_of(HUGE_PAGE).unwrap_or(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_foreseen_only_as_far_as_a_map_can_grow() {
        for kind in [BucketKind::Fingerprints, BucketKind::Keys] {
            let ahead = |expected| Capacity::of(1024, kind, expected).growth_ahead(kind);
            assert_eq!((ahead(None), ahead(Some(1000))), (Growth::default(), Growth::default()));
            let more = [10_000, 1 << 30, usize::MAX].map(|expected| ahead(Some(expected)));
            assert!(more[0].keys > 0 && more.is_sorted_by_key(|growth| (growth.bytes, growth.keys)), "{more:?}");
        }
    }

    /// While the last keys move, the old map at its target load and the new one coexist. An entry has a header of 10
    /// bytes and, without rows, a key of about 7 bytes.
    #[test]
    fn peak_memory_per_customer_is_as_documented() {
        for (kind, entry, documented) in [(BucketKind::Fingerprints, 10, 102), (BucketKind::Keys, 17, 217)] {
            let line = size_of::<CacheLine>() * 10;
            assert_eq!(entry + ((MAX_GROWTH + 1) * line).div_ceil(loads(kind).0), documented);
        }
    }
}
