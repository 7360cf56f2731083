//! Counter-based random numbers: a draw is a pure function of the seed, the stream and the record's index, so a record
//! can be made on any thread, without the records before it.
//!
//! The finalizer of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) hashes
//! the index to an initial state; wyrand (Wang Yi, wyhash, 2019) generates the draws from there, with one widening
//! multiplication each. Integer arithmetic only, so the bytes are the same on every machine.

pub(crate) mod permutation;
pub(crate) mod zipf;

/// The increment of SplitMix64: 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// The increment of wyrand's state.
const WYRAND_STEP: u64 = 0xa076_1d64_78bd_642f;
/// wyrand multiplies its state by the state xor this constant.
const WYRAND_XOR: u64 = 0xe703_7ed1_a0b4_28db;

/// The finalizer of SplitMix64, a bijection of 64-bit integers with full avalanche.
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The purpose of a draw. Streams are independent of each other. The numbers are part of the output format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// A customer's age and the quality of the record.
    Person = 1,
    /// The other fields of a customer's record.
    CustomerRecord = 2,
    /// A purchase.
    Purchase = 3,
    /// The assignment of ranks to customers: who buys, and who buys most.
    Ranks = 4,
    /// The order of the customers' records.
    Order = 5,
}

/// The draws of one stream, by index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random {
    key: u64,
}

impl Random {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        Self { key: mix(mix(seed).wrapping_add(stream as u64)) }
    }

    /// The draws of an index.
    #[inline(always)]
    pub(crate) fn at(self, index: u64) -> Draws {
        Draws { state: mix(self.key.wrapping_add(index.wrapping_mul(GOLDEN))) }
    }
}

/// A sequence of 64-bit draws.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    /// The initial state, which is itself uniform: a draw that costs no multiplication. To be used once.
    #[inline]
    pub(crate) fn start(self) -> u64 {
        self.state
    }

    /// The next draw.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(WYRAND_STEP);
        let product = u128::from(self.state) * u128::from(self.state ^ WYRAND_XOR);
        (product >> 64) as u64 ^ product as u64
    }

    /// The halves of the next draw.
    #[inline]
    pub(crate) fn halves(&mut self) -> (u32, u32) {
        halves(self.next())
    }

    /// The next draw scaled to a number below `bound`; 0 for a bound of 0.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        scaled(self.next(), bound)
    }
}

/// The halves of a draw, each uniform over 32 bits.
#[inline]
pub(crate) fn halves(draw: u64) -> (u32, u32) {
    ((draw >> 32) as u32, draw as u32)
}

/// Scales a 64-bit draw to a number below `bound` by multiply-shift (Lemire, "Fast random integer generation in an
/// interval", 2019). The rejection step is left out: the bias is at most `bound` / 2⁶⁴.
#[inline]
fn scaled(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// Scales a 32-bit draw to an index below `bound`, likewise.
#[inline]
pub(crate) fn index(draw: u32, bound: usize) -> usize {
    ((u64::from(draw) * bound as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chi-square statistic against equal expected counts.
    fn chi_square(counts: &[u64]) -> f64 {
        let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
        counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
    }

    #[test]
    fn the_reference_sequences() {
        // SplitMix64 (Vigna, splitmix64.c) from 1234567: its state is incremented before it is mixed.
        let states = [1, 2, 3].map(|step: u64| 1_234_567u64.wrapping_add(GOLDEN.wrapping_mul(step)));
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(states.map(mix), expected);
        // wyrand (wyhash.h), computed by hand from its two lines.
        let mut draws = Draws { state: 0 };
        let product = 0xa076_1d64_78bd_642fu128 * (0xa076_1d64_78bd_642fu128 ^ 0xe703_7ed1_a0b4_28db);
        assert_eq!(u128::from(draws.next()), (product >> 64) ^ (product & u128::from(u64::MAX)));
    }

    #[test]
    fn draws_depend_on_seed_stream_and_index_alone_and_never_repeat() {
        let (one, other) = (Random::new(7, Stream::Person), Random::new(7, Stream::Purchase));
        assert_eq!(one.at(5).next(), Random::new(7, Stream::Person).at(5).next());
        let mut seen: Vec<u64> = (0..1000)
            .flat_map(|index| [one, other].map(|random| random.at(index)))
            .flat_map(|mut draws| [draws.start(), draws.next()])
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), 4000);
    }

    #[test]
    fn draws_of_neighbouring_indexes_are_uniform_and_independent() {
        let random = Random::new(1, Stream::Purchase);
        let mut counts = [[0; 64]; 3];
        for index in 0..64_000 {
            let mut draws = random.at(index);
            let start = scaled(draws.start(), 64) as usize;
            let next = draws.below(64) as usize;
            counts[0][start] += 1;
            counts[1][next] += 1;
            // Joint distribution: the two are independent.
            counts[2][start / 8 * 8 + next / 8] += 1;
        }
        // 63 degrees of freedom: the mean is 63, the deviation 11.2.
        assert!(counts.iter().all(|counts| chi_square(counts) < 63.0 + 5.0 * 11.2), "{counts:?}");
    }
}
