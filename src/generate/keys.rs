//! Who buys: a draw → the rank of a customer, a rank → a customer, a customer → the key.

use super::batch::BATCH;
use super::lanes::{draw, scaled_short};
use super::options::{GenerateOptions, Keys};
use super::permutation::Permutation;
use super::random::{Draws, Stream};

/// The first customer's key. Not 1, so that keys look alike in length.
const FIRST_KEY: u64 = 1001;

/// The keys of a pair.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeySpace {
    customers: u64,
    skew: Keys,
    /// Ranks below this buy; those from here on are the customers without purchases.
    buyers: u64,
    /// Rank → customer, so that neither the best buyers nor those who never buy stand together.
    ranks: Permutation,
}

impl KeySpace {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        Self {
            customers: options.customers,
            skew: options.keys,
            buyers: options.buyers(),
            ranks: Permutation::new(options.customers, options.seed, Stream::Ranks),
        }
    }

    /// The key of a customer, numbered from 0.
    #[inline]
    pub(crate) fn key(&self, customer: u64) -> u64 {
        FIRST_KEY + customer
    }

    /// The first key, which all others follow without a gap.
    #[inline]
    pub(crate) fn first(&self) -> u64 {
        FIRST_KEY
    }

    /// No key is larger, be it a customer's or nobody's.
    pub(crate) fn last(&self) -> u64 {
        FIRST_KEY + self.customers + self.strangers()
    }

    /// How many keys there are that no customer has.
    #[inline]
    fn strangers(&self) -> u64 {
        self.customers.max(1000)
    }

    /// A key that no customer has.
    #[inline]
    pub(crate) fn orphan(&self, draws: &mut Draws) -> u64 {
        FIRST_KEY + self.customers + draws.below(self.strangers())
    }

    /// The customer of a purchase. There must be buyers.
    #[inline(always)]
    pub(crate) fn buyer(&self, draws: &mut Draws) -> u64 {
        let rank = match self.skew {
            Keys::Uniform => draws.below(self.buyers),
            Keys::Zipf => zipf(self.buyers, draws) - 1,
        };
        self.ranks.of(rank)
    }

    /// Whether every key is less than 2³¹, as [`buyers`](Self::buyers) and what is made of them want it.
    pub(crate) fn are_short(&self) -> bool {
        self.last() < 1 << 31
    }

    /// The customers of purchases by their starts. Those of orphans are worked out for nothing, so that all take the
    /// same way.
    #[inline(always)]
    pub(crate) fn buyers(&self, starts: &[u64; BATCH], buyers: &mut [u32; BATCH]) {
        if self.buyers == 0 {
            // No draw would end: all purchases are orphans.
            return;
        }
        match self.skew {
            Keys::Uniform => {
                for (&start, rank) in starts.iter().zip(&mut *buyers) {
                    *rank = scaled_short(draw::<3>(start), self.buyers as u32);
                }
                self.ranks.of_all(buyers);
            }
            Keys::Zipf => {
                for (&start, buyer) in starts.iter().zip(buyers) {
                    *buyer = self.buyer(&mut Draws::behind(start).after(2)) as u32;
                }
            }
        }
    }
}

/// A rank from 1 to `most`, rank r with a chance in proportion to 1/r. Exact and in integers: an octave
/// 2ᵇ … 2ᵇ⁺¹-1 is drawn evenly, a rank in it evenly (so each has the chance 2⁻ᵇ), and the rank is kept with the
/// chance 2ᵇ/r. Some 70 % are kept.
#[inline]
fn zipf(most: u64, draws: &mut Draws) -> u64 {
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
    use super::super::options::Volume;
    use super::super::random::Random;
    use super::*;

    fn space(customers: u64, change: impl Fn(&mut GenerateOptions)) -> KeySpace {
        let mut options = GenerateOptions::new(customers, Volume::Purchases(1), 5, "o");
        change(&mut options);
        KeySpace::new(&options)
    }

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
        // 999 degrees of freedom: the deviation is 44.7.
        assert!((chi - 999.0).abs() < 5.0 * 44.7, "{chi}");
    }

    #[test]
    fn uniform_buyers_are_even_and_the_others_never_buy() {
        let space = space(1000, |_| {});
        let random = Random::new(2, Stream::Purchase);
        let mut counts = vec![0u64; 1000];
        for index in 0..90_000 {
            counts[space.buyer(&mut random.at(index)) as usize] += 1;
        }
        assert_eq!(counts.iter().filter(|&&count| count == 0).count(), 100);
        let chi: f64 = counts.iter().filter(|&&count| count > 0).map(|&n| (n as f64 - 100.0).powi(2) / 100.0).sum();
        assert!((chi - 899.0).abs() < 5.0 * 42.4, "{chi}");
        // Those who never buy stand everywhere.
        assert!(counts.chunks(250).all(|quarter| quarter.contains(&0)));
    }

    #[test]
    fn an_orphan_is_no_customer() {
        let space = space(10, |options| options.keys = Keys::Zipf);
        let random = Random::new(2, Stream::Purchase);
        for index in 0..1000 {
            let mut draws = random.at(index);
            assert!(space.orphan(&mut draws) > space.key(9));
            assert!(space.buyer(&mut draws) < 10);
        }
    }
}
