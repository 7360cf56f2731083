//! How many keys a table has room for, when it grows, and how large it becomes.
//!
//! A table grows when it is a third over its target load factor and more keys are expected, otherwise at its maximum load
//! factor. It grows to its final size as soon as that is within [`MOST_GROWTH`] times its keys, and before that in the
//! fewest steps. So its room is never more than [`MOST_GROWTH`] times its keys, however wrong the forecast is, and a third
//! of all keys are moved once.

use super::bucket::{Bucket, CacheLine, FingerprintBucket, KeyBucket};

/// Upper bound of the keys a new table has room for, as a multiple of those that move into it.
pub(super) const MOST_GROWTH: usize = 4;
/// Bytes in a huge page, where there are any.
const HUGE_PAGE: usize = 2 << 20;

/// What a table of a certain size holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    /// Keys at which it grows before another is added.
    pub(super) limit: usize,
    /// Keys it is expected to hold in the end; `None` if unknown.
    pub(super) expected: Option<usize>,
}

impl Capacity {
    /// That of so many buckets.
    pub(super) fn of(buckets: usize, keyed: bool, expected: Option<usize>) -> Self {
        let (usual, full) = loads(keyed);
        let (room, limit) = (buckets * usual / 10, buckets * full / 10);
        // A little over the target load factor costs less than another table.
        let limit = match expected {
            Some(expected) if expected > room + room / 4 => {
                limit.min(room.max(expected.div_ceil(MOST_GROWTH).min(overfull(room))))
            }
            _ => limit,
        };
        Self { limit, expected }
    }

    /// What so many keys would be moved to: the least room that is of use, and the best.
    pub(super) fn next(&self, keys: usize) -> [usize; 2] {
        let (least, most) = (keys + keys / 4, keys.saturating_mul(MOST_GROWTH));
        let best = match self.expected {
            None => most,
            // The last table, also where the forecast has risen a little since the limit was set by it.
            Some(expected) if expected <= most.saturating_add(most / 16) => expected.clamp(least, most),
            // Not the last table: the one that leads to it, or to the one before it, and so on.
            Some(expected) => {
                let mut until = expected.div_ceil(MOST_GROWTH);
                while until > overfull(most) {
                    until = until.div_ceil(overfull(MOST_GROWTH));
                }
                (until - until / 4).clamp(least, most)
            }
        };
        [least, best]
    }
}

/// Keys that a table with room for so many holds when it is a third over its target load factor.
fn overfull(room: usize) -> usize {
    room.saturating_add(room / 3)
}

/// Keys for each ten buckets: the target load, and the limit at which the table grows.
fn loads(keyed: bool) -> (usize, usize) {
    if keyed { (KeyBucket::USUAL, KeyBucket::FULL) } else { (FingerprintBucket::USUAL, FingerprintBucket::FULL) }
}

/// Bytes of a table with room for so many keys at the target load.
pub(super) fn bytes_for(keys: usize, keyed: bool) -> usize {
    let buckets = keys.max(32).saturating_mul(10).div_ceil(loads(keyed).0);
    let bytes = buckets.saturating_mul(size_of::<CacheLine>());
    // Whole huge pages: a size that is no multiple of theirs is not aligned to them.
    if bytes < HUGE_PAGE { bytes } else { bytes.checked_next_multiple_of(HUGE_PAGE).unwrap_or(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// While the last keys move, the table before at its target load and the new one stand side by side; an entry has a
    /// header of 10 bytes, and without rows a key of 7 or so.
    #[test]
    fn the_upper_bound_is_the_documented_one() {
        for (keyed, entry, documented) in [(false, 10, 102), (true, 17, 217)] {
            let line = size_of::<CacheLine>() * 10;
            assert_eq!(entry + ((MOST_GROWTH + 1) * line).div_ceil(loads(keyed).0), documented);
        }
    }
}
