//! Chance that is a function: the same seed, stream and index always give the same numbers, so any record
//! can be made without those before it, on any thread.
//!
//! The finalizer of SplitMix64 (Steele, Lea and Flood, 2014) turns an index into a start, and wyrand (Wang Yi,
//! 2019) goes on from there: one product a number. Integers only, so the bytes made from them are the same on
//! every machine.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
/// What the state grows by from one number to the next.
pub(crate) const STEP: u64 = 0xa076_1d64_78bd_642f;
/// What tells the two factors of a number apart.
pub(crate) const WYRAND: u64 = 0xe703_7ed1_a0b4_28db;

/// The finalizer of SplitMix64: a bijection of 64-bit integers in which each input bit moves half the output.
#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a number is drawn for; streams have nothing to do with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Who a customer is: age, and whether the record is sound.
    Person = 1,
    /// What else stands in a customer's record.
    CustomerRecord = 2,
    /// A purchase.
    Purchase = 3,
    /// Which customers buy (most).
    Ranks = 4,
    /// The order of the customers' records.
    Order = 5,
}

/// The numbers of one stream, by index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random {
    key: u64,
}

impl Random {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        Self { key: mix(mix(seed).wrapping_add(stream as u64)) }
    }

    /// The numbers of an index.
    #[inline(always)]
    pub(crate) fn at(self, index: u64) -> Draws {
        Draws { state: mix(self.key.wrapping_add(index.wrapping_mul(GOLDEN))) }
    }
}

/// A sequence of 64-bit numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Draws {
    state: u64,
}

impl Draws {
    /// The sequence that such a number begins.
    #[inline]
    pub(crate) fn behind(start: u64) -> Self {
        Self { state: start }
    }

    /// The number that the others come from. It is as good as they are, and costs nothing; to be used once.
    #[inline]
    pub(crate) fn start(self) -> u64 {
        self.state
    }

    /// The sequence behind so many more numbers.
    #[inline]
    pub(crate) fn after(self, count: u64) -> Self {
        Self { state: self.state.wrapping_add(STEP.wrapping_mul(count)) }
    }

    /// The next number.
    #[inline]
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let product = u128::from(self.state) * u128::from(self.state ^ WYRAND);
        (product >> 64) as u64 ^ product as u64
    }

    /// The next number's halves.
    #[inline]
    pub(crate) fn halves(&mut self) -> (u32, u32) {
        halves(self.next())
    }

    /// A number below `bound`, by the next draw; 0 where `bound` is 0.
    #[inline]
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        scaled(self.next(), bound)
    }
}

/// Two numbers of 32 bits.
#[inline]
pub(crate) fn halves(draw: u64) -> (u32, u32) {
    ((draw >> 32) as u32, draw as u32)
}

/// A 64-bit draw as a number below `bound`: the high half of the product (Lemire, 2019). Without the
/// rejection step no number is favoured by more than `bound` / 2⁶⁴.
#[inline]
pub(crate) fn scaled(draw: u64, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 64) as u64
}

/// A 32-bit draw as an index below `bound`.
#[inline]
pub(crate) fn index(draw: u32, bound: usize) -> usize {
    ((u64::from(draw) * bound as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The chi-square statistic of counts that should be equal.
    fn chi_square(counts: &[u64]) -> f64 {
        let expected = counts.iter().sum::<u64>() as f64 / counts.len() as f64;
        counts.iter().map(|&count| (count as f64 - expected).powi(2) / expected).sum()
    }

    #[test]
    fn the_reference_sequences() {
        // SplitMix64 (Vigna, splitmix64.c) from 1234567: its state grows by the golden ratio before it is mixed.
        let states = [1, 2, 3].map(|step: u64| 1_234_567u64.wrapping_add(GOLDEN.wrapping_mul(step)));
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(states.map(mix), expected);
        // wyrand (wyhash.h), worked out by hand from its two lines.
        let mut draws = Draws { state: 0 };
        let product = 0xa076_1d64_78bd_642fu128 * (0xa076_1d64_78bd_642fu128 ^ 0xe703_7ed1_a0b4_28db);
        assert_eq!(u128::from(draws.next()), (product >> 64) ^ (product & u128::from(u64::MAX)));
    }

    #[test]
    fn an_index_needs_none_before_it_and_streams_differ() {
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
    fn numbers_of_neighbouring_indices_are_even() {
        let random = Random::new(1, Stream::Purchase);
        let mut counts = [[0; 64]; 3];
        for index in 0..64_000 {
            let mut draws = random.at(index);
            let start = scaled(draws.start(), 64) as usize;
            let next = draws.below(64) as usize;
            counts[0][start] += 1;
            counts[1][next] += 1;
            // And they have nothing to do with each other.
            counts[2][start / 8 * 8 + next / 8] += 1;
        }
        // 63 degrees of freedom: the mean is 63, the deviation 11.2.
        assert!(counts.iter().all(|counts| chi_square(counts) < 63.0 + 5.0 * 11.2), "{counts:?}");
    }
}
