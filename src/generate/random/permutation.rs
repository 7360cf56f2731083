//! A pseudorandom permutation that needs no table.

use super::{Random, Stream};

/// A bijection of the numbers below `len`.
///
/// Xor-shifts and multiplications by odd numbers modulo a power of two, as in the finalizer of MurmurHash3 (Appleby),
/// on the fewest bits that hold `len`; each step is invertible. Results from `len` on are mapped again until they are
/// below it: cycle walking (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002), fewer than two rounds on
/// average.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Permutation {
    len: u64,
    mask: u64,
    /// Half the number of bits, rounded up.
    shift: u32,
    start: u64,
    factors: [u64; 2],
}

impl Permutation {
    /// The permutation that a stream's draws determine.
    pub(crate) fn new(len: u64, seed: u64, stream: Stream) -> Self {
        let bits = (u64::BITS - len.saturating_sub(1).leading_zeros()).max(2);
        let mut draws = Random::new(seed, stream).at(0);
        let (start, factors) = (draws.next(), [draws.next() | 1, draws.next() | 1]);
        let mask = u64::MAX >> (u64::BITS - bits);
        Self { len, mask, shift: bits.div_ceil(2), start: start & mask, factors }
    }

    /// The image of a number below `len`.
    #[inline]
    pub(crate) fn of(&self, number: u64) -> u64 {
        debug_assert!(number < self.len);
        let mut image = number;
        loop {
            image ^= self.start;
            image ^= image >> self.shift;
            image = image.wrapping_mul(self.factors[0]) & self.mask;
            image ^= image >> self.shift;
            image = image.wrapping_mul(self.factors[1]) & self.mask;
            image ^= image >> self.shift;
            if image < self.len {
                return image;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_an_image_once() {
        for (len, seed) in [1, 2, 3, 5, 64, 65, 1000, 4097].into_iter().flat_map(|len| [(len, 3), (len, 4)]) {
            let order = Permutation::new(len, seed, Stream::Order);
            let mut images: Vec<u64> = (0..len).map(|number| order.of(number)).collect();
            images.sort_unstable();
            assert_eq!(images, (0..len).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_images_are_in_no_order() {
        let len = 100_000;
        for seed in 0..20 {
            let order = Permutation::new(len, seed, Stream::Order);
            // Differences between neighbouring images, modulo `len`.
            let step = |number: u64| (order.of(number + 1) + len - order.of(number)) % len;
            let mut steps: Vec<u64> = (0..len - 1).map(step).collect();
            // A random permutation ascends half the time, and 63 % of its differences are distinct.
            let ascents = (0..len - 1).filter(|&number| order.of(number + 1) > order.of(number)).count();
            steps.sort_unstable();
            steps.dedup();
            assert!(ascents.abs_diff(50_000) < 2000 && steps.len() > 1000, "seed {seed}: {ascents} {}", steps.len());
        }
    }
}
