//! The dependence of purchases on the customer's age group: how often a group buys, and which products.

use super::catalogue::PRODUCTS;
use crate::generate::age_groups::{MIDDLE_AGED, OTHER, SENIOR, YOUNG};
use crate::generate::options::Habits;
use crate::generate::random::{Draws, index};

/// Acceptance probabilities by group, in eighths: how often a customer drawn for a purchase becomes its buyer.
const YOUNG_EIGHTHS: u8 = 5;
const MIDDLE_AGED_EIGHTHS: u8 = 8;
const SENIOR_EIGHTHS: u8 = 4;
const OTHER_EIGHTHS: u8 = 2;
/// For customers without a valid age, and for keys without an accepted record.
const UNKNOWN_EIGHTHS: u8 = 6;

/// Draws buyers and products according to the [`Habits`].
#[derive(Clone, Debug)]
pub(crate) struct HabitTable {
    /// By group (young, middle-aged, senior): indexes of products, each as often as its weight. None when habits do not
    /// depend on age.
    baskets: Option<[Vec<u8>; 3]>,
}

impl HabitTable {
    pub(crate) fn new(habits: Habits) -> Self {
        let basket = |group: usize| {
            let entries = PRODUCTS.iter().enumerate();
            entries
                .flat_map(|(index, product)| std::iter::repeat_n(index as u8, usize::from(product.weights[group])))
                .collect()
        };
        Self { baskets: (habits == Habits::ByAge).then(|| std::array::from_fn(basket)) }
    }

    /// The acceptance step of rejection sampling: whether the drawn customer, of this group, buys. If not, another
    /// customer is drawn. Every group has a positive probability, so the loop ends.
    #[inline]
    pub(crate) fn accepts(&self, group: Option<usize>, draws: &mut Draws) -> bool {
        if self.baskets.is_none() {
            return true;
        }
        let eighths = match group {
            Some(YOUNG) => YOUNG_EIGHTHS,
            Some(MIDDLE_AGED) => MIDDLE_AGED_EIGHTHS,
            Some(SENIOR) => SENIOR_EIGHTHS,
            Some(OTHER) => OTHER_EIGHTHS,
            _ => UNKNOWN_EIGHTHS,
        };
        draws.below(8) < u64::from(eighths)
    }

    /// Draws the product that a buyer of this group takes, as an index into [`PRODUCTS`].
    #[inline]
    pub(crate) fn product(&self, group: Option<usize>, draw: u32) -> usize {
        let Some(baskets) = &self.baskets else { return index(draw, PRODUCTS.len()) };
        let basket = match group {
            Some(group @ (YOUNG | MIDDLE_AGED | SENIOR)) => &baskets[group],
            // Nearly all of them are under 18.
            Some(OTHER) => &baskets[YOUNG],
            _ => return index(draw, PRODUCTS.len()),
        };
        usize::from(basket[index(draw, basket.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::age_groups::UNKNOWN;
    use crate::generate::random::{Random, Stream};

    const COUNT: u64 = 80_000;
    const GROUPS: [Option<usize>; 6] = [Some(YOUNG), Some(MIDDLE_AGED), Some(SENIOR), Some(OTHER), Some(UNKNOWN), None];

    #[test]
    fn each_group_buys_with_its_probability() {
        let random = Random::new(6, Stream::Purchase);
        for (group, eighths) in GROUPS.into_iter().zip([5, 8, 4, 2, 6, 6]) {
            let bought = |habits| {
                let table = HabitTable::new(habits);
                (0..COUNT).filter(|&at| table.accepts(group, &mut random.at(at))).count() as u64
            };
            assert_eq!(bought(Habits::Alike), COUNT);
            // Five standard deviations for a probability of a half, the largest.
            assert!(bought(Habits::ByAge).abs_diff(eighths * 10_000) < 710, "{group:?}");
        }
    }

    #[test]
    fn each_group_buys_products_by_weight() {
        let random = Random::new(7, Stream::Purchase);
        for group in GROUPS {
            let weight = |weights: &[u8; 3]| match group {
                Some(group) if group <= SENIOR => f64::from(weights[group]),
                Some(OTHER) => f64::from(weights[YOUNG]),
                _ => 1.0,
            };
            let table = HabitTable::new(Habits::ByAge);
            let mut counts = [0.0; PRODUCTS.len()];
            (0..COUNT).for_each(|at| counts[table.product(group, random.at(at).halves().0)] += 1.0);
            let total: f64 = PRODUCTS.iter().map(|product| weight(&product.weights)).sum();
            let expected = PRODUCTS.iter().map(|product| COUNT as f64 * weight(&product.weights) / total);
            let mut chi = 0.0;
            for (found, expected) in counts.into_iter().zip(expected) {
                match expected > 0.0 {
                    true => chi += (found - expected).powi(2) / expected,
                    false => assert!(found == 0.0, "{group:?}"),
                }
            }
            // At most 95 degrees of freedom: the standard deviation is 13.8.
            assert!(chi < 95.0 + 5.0 * 13.8, "{group:?}: {chi}");
        }
    }
}
