//! An order without a list of it.

use super::lanes::{bits, places};
use super::random::{Random, Stream};

/// A bijection of the numbers below `len`, taken out of the order they stand in.
///
/// Xor-shifts and products with odd numbers, as at the end of MurmurHash3, on the smallest number of bits that
/// holds them: each step can be undone, so each place is taken once. A number that comes out too large goes
/// through again ("cycle walking", Black and Rogaway, 2002), less than twice on average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permutation {
    len: u64,
    mask: u64,
    /// Half the bits.
    shift: u32,
    start: u64,
    factors: [u64; 2],
}

impl Permutation {
    /// The bijection of a stream.
    pub(crate) fn new(len: u64, seed: u64, stream: Stream) -> Self {
        let bits = (u64::BITS - len.saturating_sub(1).leading_zeros()).max(2);
        let mut draws = Random::new(seed, stream).at(0);
        let (start, factors) = (draws.next(), [draws.next() | 1, draws.next() | 1]);
        let mask = u64::MAX >> (u64::BITS - bits);
        Self { len, mask, shift: bits.div_ceil(2), start: start & mask, factors }
    }

    /// Where a number below `len` goes.
    #[inline]
    pub(crate) fn of(&self, number: u64) -> u64 {
        debug_assert!(number < self.len);
        self.through(number)
    }

    /// Once through, and again as long as what comes out is too large.
    #[inline]
    fn through(&self, number: u64) -> u64 {
        let mut place = number;
        loop {
            place ^= self.start;
            place ^= place >> self.shift;
            place = place.wrapping_mul(self.factors[0]) & self.mask;
            place ^= place >> self.shift;
            place = place.wrapping_mul(self.factors[1]) & self.mask;
            place ^= place >> self.shift;
            if place < self.len {
                return place;
            }
        }
    }

    /// Where all of these go, of fewer than 2³¹ in all: [`of`](Self::of) with numbers of half the width, and many at
    /// once. Few go through again, and those on their own.
    #[inline(always)]
    pub(crate) fn of_all(&self, numbers: &mut [u32; 64]) {
        debug_assert!(self.len < 1 << 31);
        // Nothing is cut off: the mask has 31 bits at most, and of a product's bits the upper ones are masked.
        let (start, mask, factors) = (self.start as u32, self.mask as u32, self.factors.map(|factor| factor as u32));
        // As wide as the shift can be, so that the compiler knows.
        let shift = self.shift & 31;
        for place in numbers.iter_mut() {
            *place ^= start;
            *place ^= *place >> shift;
            *place = place.wrapping_mul(factors[0]) & mask;
            *place ^= *place >> shift;
            *place = place.wrapping_mul(factors[1]) & mask;
            *place ^= *place >> shift;
        }
        let len = self.len as i32;
        for again in places(bits(numbers, |place| place as i32 >= len)) {
            numbers[again] = self.through(u64::from(numbers[again])) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permutation_takes_every_place_once() {
        for (len, seed) in [1, 2, 3, 5, 64, 65, 1000, 4097].into_iter().flat_map(|len| [(len, 3), (len, 4)]) {
            let order = Permutation::new(len, seed, Stream::Order);
            let mut places: Vec<u64> = (0..len).map(|number| order.of(number)).collect();
            places.sort_unstable();
            assert_eq!(places, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_permutation_leaves_no_order_behind() {
        let len = 100_000;
        for seed in 0..20 {
            let order = Permutation::new(len, seed, Stream::Order);
            // The steps from one place to the next, around the circle.
            let step = |number: u64| (order.of(number + 1) + len - order.of(number)) % len;
            let mut steps: Vec<u64> = (0..len - 1).map(step).collect();
            // A shuffled order ascends half the time, and has nearly as many different steps as chance gives: 63 %.
            let ascents = (0..len - 1).filter(|&number| order.of(number + 1) > order.of(number)).count();
            steps.sort_unstable();
            steps.dedup();
            assert!(ascents.abs_diff(50_000) < 2000 && steps.len() > 1000, "seed {seed}: {ascents} {}", steps.len());
        }
    }

    #[test]
    fn all_at_once_go_where_they_go_alone() {
        // Just above a power of two half of them go through again.
        for len in [1, 2, 3, 64, 65, 1000, 1025, 999_999, (1 << 30) + 1, (1 << 31) - 1] {
            let order = Permutation::new(len, len, Stream::Ranks);
            let numbers: [u32; 64] = std::array::from_fn(|place| (place as u64 * 0x9e37_79b9 % len) as u32);
            let mut places = numbers;
            order.of_all(&mut places);
            assert_eq!(places, numbers.map(|number| order.of(u64::from(number)) as u32), "{len}");
        }
    }
}
