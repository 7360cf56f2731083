//! The distribution of ages, and unusual ways to write an age.

use crate::generate::age_groups::{MIDDLE_AGED, OTHER, SENIOR, YOUNG};
use crate::generate::options::Ages;

/// The lowest age. The highest is 95.
const YOUNGEST: u8 = 16;
/// Weights of the ages from 16 to 95: an adult population that shops, rising to the thirties, level to the fifties and
/// declining to 95.
const PYRAMID: [u16; 80] = [
    2, 3, 9, 11, 12, 13, 14, 15, 16, 16, 17, 17, 18, 18, 19, 19, 19, 19, 19, 19, // 16 to 35
    18, 18, 18, 17, 17, 17, 16, 16, 16, 16, 16, 17, 17, 17, 18, 18, 18, 18, 18, 17, // 36 to 55
    17, 16, 16, 15, 15, 14, 14, 13, 12, 12, 11, 11, 10, 10, 9, 9, 8, 8, 7, 7, // 56 to 75
    6, 6, 5, 5, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, // 76 to 95
];

/// Valid ages in an unusual form, with their group.
pub(crate) const ODD_AGES: [(&str, usize); 14] = [
    ("034", MIDDLE_AGED),
    ("34.", MIDDLE_AGED),
    ("34.5", MIDDLE_AGED),
    ("29.999999999999999999999", YOUNG),
    ("30.000", MIDDLE_AGED),
    ("44.9", MIDDLE_AGED),
    ("45.0", SENIOR),
    ("  52", SENIOR),
    ("23 ", YOUNG),
    ("\t67 ", SENIOR),
    ("17.99", OTHER),
    ("0", OTHER),
    ("150", SENIOR),
    ("150.000", SENIOR),
];

/// Texts that are no number from 0 to 150.
pub(crate) const INVALID_AGES: [&str; 14] =
    ["n/a", "1987", "-1", "+34", "3e1", ".5", "150.1", "151", "thirty", "34 years", "3 4", "1-5", "?", "１８"];

/// Texts that count as a missing age.
pub(crate) const EMPTY_AGES: [&str; 6] = ["", "", "", "", " ", "\t "];

/// The distribution of ages as a table of cumulative weights (inversion).
#[derive(Clone, Debug)]
pub(crate) struct AgeTable {
    /// By years from [`YOUNGEST`]: 32-bit draws below this give at most that age.
    upper: [u64; PYRAMID.len()],
    /// The entries of `upper` below the ages 18, 30 and 45, where the groups change.
    bounds: [u64; 3],
}

impl AgeTable {
    pub(crate) fn new(ages: Ages) -> Self {
        let weight = |years: usize| match ages {
            Ages::Pyramid => u64::from(PYRAMID[years]),
            Ages::Uniform => 1,
        };
        let total: u64 = (0..PYRAMID.len()).map(weight).sum();
        let mut sum = 0;
        let upper = std::array::from_fn(|years| {
            sum += weight(years);
            (sum << 32) / total
        });
        let bounds = [18, 30, 45].map(|age: u8| upper[usize::from(age - YOUNGEST) - 1]);
        Self { upper, bounds }
    }

    /// The age of a draw, in years.
    pub(crate) fn age(&self, draw: u32) -> u8 {
        YOUNGEST + self.upper.partition_point(|&upper| upper <= u64::from(draw)) as u8
    }

    /// The group of a draw's age. Three comparisons instead of the search for the age.
    #[inline]
    pub(crate) fn group(&self, draw: u32) -> usize {
        let draw = u64::from(draw);
        [OTHER, YOUNG, MIDDLE_AGED, SENIOR][self.bounds.iter().filter(|&&bound| draw >= bound).count()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::random::{Random, Stream};

    fn counts(ages: Ages, count: u64) -> Vec<u64> {
        let table = AgeTable::new(ages);
        let random = Random::new(3, Stream::Person);
        let mut counts = vec![0; PYRAMID.len()];
        for index in 0..count {
            let draw = random.at(index).halves().1;
            let age = table.age(draw);
            let group = match age {
                0..18 => OTHER,
                18..30 => YOUNG,
                30..45 => MIDDLE_AGED,
                _ => SENIOR,
            };
            assert_eq!(table.group(draw), group, "{age}");
            counts[usize::from(age - YOUNGEST)] += 1;
        }
        counts
    }

    /// The chi-square statistic. With 79 degrees of freedom, its mean is 79 and its standard deviation 12.6.
    fn chi_square(counts: &[u64], weights: impl Fn(usize) -> f64) -> f64 {
        let total: f64 = (0..counts.len()).map(&weights).sum();
        let all = counts.iter().sum::<u64>() as f64;
        let expected = |place| all * weights(place) / total;
        counts.iter().enumerate().map(|(at, &count)| (count as f64 - expected(at)).powi(2) / expected(at)).sum()
    }

    #[test]
    fn ages_follow_the_distribution() {
        let uniform = chi_square(&counts(Ages::Uniform, 100_000), |_| 1.0);
        assert!(uniform < 79.0 + 5.0 * 12.6, "{uniform}");
        let pyramid = counts(Ages::Pyramid, 300_000);
        let chi = chi_square(&pyramid, |place| f64::from(PYRAMID[place]));
        assert!(chi < 79.0 + 5.0 * 12.6, "{chi}");
        assert!(pyramid.iter().all(|&count| count > 0));
    }

    #[test]
    fn the_extreme_draws_are_the_extreme_ages() {
        for ages in [Ages::Pyramid, Ages::Uniform] {
            let table = AgeTable::new(ages);
            assert_eq!((table.age(0), table.age(u32::MAX)), (16, 95));
        }
    }
}
