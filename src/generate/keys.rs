//! Customer keys, and whose key a purchase has: draw → rank → customer → key.

use super::options::{GenerateOptions, Keys};
use super::random::permutation::Permutation;
use super::random::zipf::zipf;
use super::random::{Draws, Stream};

/// The key of the first customer. Four digits, so that keys differ little in length.
const FIRST_KEY: u64 = 1001;
/// Lower bound on the number of distinct orphan keys.
const FEWEST_ORPHAN_KEYS: u64 = 1000;

/// The keys of a pair: consecutive numbers for the customers, then orphan keys, as many as customers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeySpace {
    customers: u64,
    distribution: Keys,
    /// Customers who may buy. Their ranks are below this; ranks from here on never buy.
    buyers: u64,
    /// Rank → customer, so that neither the best buyers nor those without purchases are neighbours.
    ranks: Permutation,
}

impl KeySpace {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        Self {
            customers: options.customers,
            distribution: options.keys,
            buyers: options.buyers(),
            ranks: Permutation::new(options.customers, options.seed, Stream::Ranks),
        }
    }

    /// The key of a customer, numbered from 0.
    #[inline]
    pub(crate) fn key(&self, customer: u64) -> u64 {
        FIRST_KEY + customer
    }

    /// Draws a key that no customer has.
    #[inline]
    pub(crate) fn orphan(&self, draws: &mut Draws) -> u64 {
        FIRST_KEY + self.customers + draws.below(self.customers.max(FEWEST_ORPHAN_KEYS))
    }

    /// Draws the customer of a purchase. At least one customer must be a buyer.
    #[inline]
    pub(crate) fn buyer(&self, draws: &mut Draws) -> u64 {
        let rank = match self.distribution {
            Keys::Uniform => draws.below(self.buyers),
            Keys::Zipf => zipf(self.buyers, draws) - 1,
        };
        self.ranks.of(rank)
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
    fn uniform_buyers_are_uniform_and_the_others_never_buy() {
        let space = space(1000, |_| {});
        let random = Random::new(2, Stream::Purchase);
        let mut counts = vec![0u64; 1000];
        for index in 0..90_000 {
            counts[space.buyer(&mut random.at(index)) as usize] += 1;
        }
        assert_eq!(counts.iter().filter(|&&count| count == 0).count(), 100);
        let chi: f64 = counts.iter().filter(|&&count| count > 0).map(|&n| (n as f64 - 100.0).powi(2) / 100.0).sum();
        assert!((chi - 899.0).abs() < 5.0 * 42.4, "{chi}");
        // Customers without purchases are spread over the key range.
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
