//! What customers buy, and how often: all alike, or as suits their age.

use super::ages::{MIDDLE_AGED, OTHER, SENIOR, YOUNG};
use super::catalogue::PRODUCTS;
use super::options::Habits;
use super::random::{Draws, index};

/// Of eight purchases that a customer of each group is drawn for, so many come about: the middle-aged buy most
/// often.
const YOUNG_EIGHTHS: u8 = 5;
const MIDDLE_AGED_EIGHTHS: u8 = 8;
const SENIOR_EIGHTHS: u8 = 4;
const OTHER_EIGHTHS: u8 = 2;
/// Those whose age nobody knows, and keys that no accepted customer has.
const UNKNOWN_EIGHTHS: u8 = 6;

/// Decides what is bought.
#[derive(Clone, Debug)]
pub(crate) struct Taste {
    /// Products by the buyer's group, each as often as it is liked; none where all buy alike.
    baskets: Option<[Vec<u8>; 3]>,
}

impl Taste {
    pub(crate) fn new(habits: Habits) -> Self {
        let basket = |group: usize| {
            let often = |(place, (_, _, liked)): (usize, &(_, _, [u8; 3]))| {
                std::iter::repeat_n(place as u8, usize::from(liked[group]))
            };
            PRODUCTS.iter().enumerate().flat_map(often).collect()
        };
        let by_age = habits == Habits::ByAge;
        Self { baskets: by_age.then(|| std::array::from_fn(basket)) }
    }

    /// Whether all buy alike.
    pub(crate) fn is_alike(&self) -> bool {
        self.baskets.is_none()
    }

    /// Whether a customer of this group, drawn for a purchase, buys; whoever does not has another drawn. Nobody
    /// is refused for ever, as each group buys sometimes.
    #[inline]
    pub(crate) fn buys(&self, group: Option<usize>, draws: &mut Draws) -> bool {
        if self.is_alike() {
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

    /// The product, by its place in the catalogue, that a buyer of this group takes.
    #[inline]
    pub(crate) fn product(&self, group: Option<usize>, draw: u32) -> usize {
        let Some(baskets) = &self.baskets else { return index(draw, PRODUCTS.len()) };
        match group {
            Some(group @ (YOUNG | MIDDLE_AGED | SENIOR)) => pick(&baskets[group], draw),
            // Nearly all of them are under 18.
            Some(OTHER) => pick(&baskets[YOUNG], draw),
            _ => index(draw, PRODUCTS.len()),
        }
    }
}

fn pick(basket: &[u8], draw: u32) -> usize {
    usize::from(basket[index(draw, basket.len())])
}

#[cfg(test)]
mod tests {
    use super::super::ages::UNKNOWN;
    use super::super::random::{Random, Stream};
    use super::*;

    const COUNT: u64 = 80_000;
    const GROUPS: [Option<usize>; 6] = [Some(YOUNG), Some(MIDDLE_AGED), Some(SENIOR), Some(OTHER), Some(UNKNOWN), None];

    #[test]
    fn each_group_buys_as_often_as_its_habit_says() {
        let random = Random::new(6, Stream::Purchase);
        for (group, eighths) in GROUPS.into_iter().zip([5, 8, 4, 2, 6, 6]) {
            let buys = |taste: &Taste| (0..COUNT).filter(|&at| taste.buys(group, &mut random.at(at))).count();
            assert_eq!(buys(&Taste::new(Habits::Alike)) as u64, COUNT);
            // Five standard deviations of a coin, the widest there is.
            assert!(buys(&Taste::new(Habits::ByAge)).abs_diff(eighths * 10_000) < 710, "{group:?}");
        }
    }

    #[test]
    fn each_group_buys_what_it_likes() {
        let random = Random::new(7, Stream::Purchase);
        for group in GROUPS {
            let weight = |liked: &[u8; 3]| match group {
                Some(group) if group <= SENIOR => f64::from(liked[group]),
                Some(OTHER) => f64::from(liked[YOUNG]),
                _ => 1.0,
            };
            let taste = Taste::new(Habits::ByAge);
            let mut counts = [0.0; PRODUCTS.len()];
            (0..COUNT).for_each(|at| counts[taste.product(group, random.at(at).halves().0)] += 1.0);
            let total: f64 = PRODUCTS.iter().map(|(_, _, liked)| weight(liked)).sum();
            let expected = PRODUCTS.iter().map(|(_, _, liked)| COUNT as f64 * weight(liked) / total);
            let mut chi = 0.0;
            for (found, expected) in counts.into_iter().zip(expected) {
                match expected > 0.0 {
                    true => chi += (found - expected).powi(2) / expected,
                    false => assert!(found == 0.0, "{group:?}"),
                }
            }
            // 95 degrees of freedom at most: the deviation is 13.8.
            assert!(chi < 95.0 + 5.0 * 13.8, "{group:?}: {chi}");
        }
    }
}
