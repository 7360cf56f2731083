//! Zipf's law with exponent 1.

use super::Draws;

/// Draws a rank from 1 to `most`, rank r with probability proportional to 1/r.
///
/// Exact rejection sampling in integers with a dyadic envelope: choose an octave 2ᵇ … 2ᵇ⁺¹-1 uniformly and a rank r in
/// it uniformly, so that r is proposed with probability proportional to 2⁻ᵇ; accept with probability 2ᵇ/r. About 70 % of
/// the proposals are accepted.
#[inline]
pub(crate) fn zipf(most: u64, draws: &mut Draws) -> u64 {
    let octaves = u64::BITS - most.leading_zeros();
    loop {
        let octave = 1u64 << draws.below(u64::from(octaves));
        let rank = octave + draws.below(octave);
        if rank <= most && draws.below(rank) < octave {
            return rank;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Random, Stream};
    use super::*;

    #[test]
    fn ranks_follow_zipfs_law() {
        let (most, count) = (1000, 400_000);
        let mut counts = vec![0u64; most as usize + 1];
        let random = Random::new(9, Stream::Purchase);
        for index in 0..count {
            counts[zipf(most, &mut random.at(index)) as usize] += 1;
        }
        let harmonic: f64 = (1..=most).map(|rank| 1.0 / rank as f64).sum();
        let chi: f64 = (1..=most as usize)
            .map(|rank| {
                let expected = count as f64 / harmonic / rank as f64;
                (counts[rank] as f64 - expected).powi(2) / expected
            })
            .sum();
        // 999 degrees of freedom: the standard deviation is 44.7.
        assert!((chi - 999.0).abs() < 5.0 * 44.7, "{chi}");
    }
}
