//! What a purchase costs: log-normal prices in cents, worked out in integers.
//!
//! The sum of the eight bytes of a draw stands for the normal distribution (by the central limit theorem:
//! mean 1020, deviation 209.02, tails to 4.9 deviations, excess kurtosis -0.15). The price of each of the
//! 2041 sums is worked out once; within a step of the sum, half a percent wide, it is drawn evenly.

use super::catalogue::{MIDDLE_PRICE, PRODUCTS};
use super::lanes::low;
use super::options::{GenerateOptions, Pricing};

/// The greatest sum of eight bytes.
const MOST: usize = 8 * 255;
/// log₂(e) / √(8 · (256² - 1) / 12), in units of 2⁻⁴⁰: what one step of the sum adds to the price's logarithm to
/// base 2 where its deviation is 1.
const STEP: i128 = 7_588_978_862;
/// The scale of fixed-point numbers with a fraction.
const ONE: u32 = 62;
/// Sums have so many bits.
const MASK: usize = (1 << 11) - 1;
/// The dearest price, in cents: 9999999.99.
pub(crate) const DEAREST: u32 = 999_999_999;

/// The prices of all products.
#[derive(Clone, Debug)]
pub(crate) struct PriceList {
    /// One for all of them, or one for each.
    prices: Vec<Prices>,
}

impl PriceList {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let (median, sigma) = (options.price_median, options.price_sigma);
        let each = |(_, usual, _): &(&str, u32, [u8; 3])| {
            // Below 2¹⁷ · 2²⁷: far from the end of 64 bits.
            let median = (u64::from(*usual) * median + MIDDLE_PRICE / 2) / MIDDLE_PRICE;
            Prices::new(median, sigma)
        };
        let prices = match options.pricing {
            Pricing::Alike => vec![Prices::new(median, sigma)],
            Pricing::ByProduct => PRODUCTS.iter().map(each).collect(),
        };
        Self { prices }
    }

    /// Whether all products have the same prices.
    pub(crate) fn is_alike(&self) -> bool {
        self.prices.len() == 1
    }

    /// The prices of a product, by its place in the catalogue.
    #[inline]
    pub(crate) fn of(&self, product: usize) -> &Prices {
        &self.prices[if self.is_alike() { 0 } else { product }]
    }
}

/// Prices of one median, by the sum of a draw's bytes.
#[derive(Clone, Debug)]
pub(crate) struct Prices {
    /// In cents, by the sum; as long as a masked sum needs, so that no index has to be checked.
    cents: [u32; MASK + 2],
}

impl Prices {
    /// Prices with this median (cents) and this deviation of the logarithm (thousandths).
    pub(crate) fn new(median: u64, sigma: u32) -> Self {
        let roots = roots_of_two();
        let cents = std::array::from_fn(|sum| {
            let sum = sum as i128;
            // Half a step down, as the price is drawn from this step to the next.
            let exponent = (2 * sum - 1 - MOST as i128) * STEP * i128::from(sigma) / 2000;
            // Proof of the cast: clamped to 32 bits.
            times_power_of_two(median, exponent, &roots).clamp(1, u64::from(DEAREST)) as u32
        });
        Self { cents }
    }

    /// The price, in cents, of a draw, and of a second one for what is finer than its steps.
    #[inline]
    pub(crate) fn cents(&self, draw: u64, fine: u16) -> u32 {
        Self::between(self.ends(sum_of_bytes(draw)), u64::from(fine)) as u32
    }

    /// The prices between which that of a draw with this sum lies, the dearer one in the upper half.
    #[inline(always)]
    pub(crate) fn ends(&self, sum: u64) -> u64 {
        let sum = sum as usize & MASK;
        u64::from(self.cents[sum]) | u64::from(self.cents[sum + 1]) << 32
    }

    /// The price between two, by 16 bits of a draw.
    #[inline(always)]
    pub(crate) fn between(ends: u64, fine: u64) -> u64 {
        low(ends) + ((low((ends >> 32).wrapping_sub(low(ends))) * fine) >> 16)
    }
}

/// Of a draw; without a product, which not all processors have in lanes.
#[inline(always)]
pub(crate) fn sum_of_bytes(draw: u64) -> u64 {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let pairs = (draw & EVEN) + ((draw >> 8) & EVEN);
    let pairs = pairs + (pairs >> 32);
    (pairs + (pairs >> 16)) & 0xffff
}

/// 2^(1/2), 2^(1/4), 2^(1/8) … in fixed point, by repeated square roots of integers.
fn roots_of_two() -> [u64; 40] {
    let mut root = 2u64 << ONE;
    let mut roots = [0; 40];
    for slot in &mut roots {
        root = (u128::from(root) << ONE).isqrt() as u64;
        *slot = root;
    }
    roots
}

/// `number` · 2^`exponent`, the exponent in units of 2⁻⁴⁰, rounded.
fn times_power_of_two(number: u64, exponent: i128, roots: &[u64; 40]) -> u64 {
    let (whole, fraction) = (exponent >> 40, exponent & ((1 << 40) - 1));
    let mut factor = 1u128 << ONE;
    for (place, root) in roots.iter().enumerate() {
        if fraction >> (39 - place) & 1 == 1 {
            factor = (factor * u128::from(*root)) >> ONE;
        }
    }
    // Below 2³³ · 2⁶³ (the dearest product at the dearest median): far from the end of 128 bits. The whole part of the exponent is within ±22.
    let product = u128::from(number) * factor;
    let shift = i128::from(ONE) - whole;
    ((product + (1 << (shift - 1))) >> shift) as u64
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::super::random::{Random, Stream};
    use super::*;

    #[test]
    fn powers_agree_with_floating_point() {
        let roots = roots_of_two();
        for exponent in [-22.0, -3.7, -1.0, -0.001, 0.0, 0.5, 0.999, 1.0, 7.25, 21.9] {
            let fixed = times_power_of_two(100_000_000, (exponent * 2f64.powi(40)) as i128, &roots);
            let float = 1e8 * 2f64.powf(exponent);
            assert!((fixed as f64 - float).abs() <= 0.5 + float * 1e-9, "{exponent}: {fixed} {float}");
        }
        let step = std::f64::consts::LOG2_E / (8.0 * 65_535.0 / 12.0f64).sqrt() * 2f64.powi(40);
        assert!((step - STEP as f64).abs() < 1.0, "{step}");
    }

    #[test]
    fn sums_of_bytes() {
        assert_eq!(
            (sum_of_bytes(0), sum_of_bytes(u64::MAX), sum_of_bytes(0x0102_0304_0506_0708)),
            (0, MOST as u64, 36)
        );
    }

    #[test]
    fn prices_are_log_normal() {
        let random = Random::new(4, Stream::Purchase);
        for (median, sigma) in [(2000, 1000), (100_000, 500), (50_000, 1500)] {
            let prices = Prices::new(median, sigma);
            let count = 200_000;
            let mut logs: Vec<f64> = (0..count)
                .map(|index| {
                    let mut draws = random.at(index);
                    let (draw, fine) = (draws.next(), draws.halves().0 as u16);
                    (f64::from(prices.cents(draw, fine)) / median as f64).ln() / (f64::from(sigma) / 1000.0)
                })
                .collect();
            let mean = |power: i32| logs.iter().map(|log| log.powi(power)).sum::<f64>() / count as f64;
            assert!(mean(1).abs() < 0.01 && (mean(2) - 1.0).abs() < 0.02, "{} {}", mean(1), mean(2));
            assert!(mean(3).abs() < 0.05 && (mean(4) - 2.85).abs() < 0.1, "{} {}", mean(3), mean(4));
            logs.sort_by(f64::total_cmp);
            // The greatest distance from the normal distribution at some of its quantiles.
            for (z, share) in [(-2.326, 0.01), (-1.282, 0.1), (-0.674, 0.25), (0.0, 0.5), (1.282, 0.9), (2.326, 0.99)] {
                let found = logs.partition_point(|&log| log < z) as f64 / count as f64;
                assert!((found - share).abs() < 0.005, "{z}: {found}");
            }
        }
    }

    #[test]
    fn each_product_has_its_price_and_the_median_scales_it() {
        let mut options = GenerateOptions::new(1, Volume::Purchases(1), 1, "o");
        options.price_sigma = 0;
        options.pricing = Pricing::ByProduct;
        for (median, factor) in [(2000, 1.0), (3000, 1.5), (1, 0.0005), (100_000_000, 50_000.0)] {
            options.price_median = median;
            let list = PriceList::new(&options);
            for (product, (name, usual, _)) in PRODUCTS.iter().enumerate() {
                let expected = (f64::from(*usual) * factor).round().clamp(1.0, f64::from(DEAREST));
                assert_eq!(f64::from(list.of(product).cents(0, 0)), expected, "{name}");
            }
        }
        options.pricing = Pricing::Alike;
        options.price_median = 1234;
        let list = PriceList::new(&options);
        assert!((0..PRODUCTS.len()).all(|product| list.of(product).cents(0, 0) == 1234));
    }

    #[test]
    fn the_edges_stay_prices() {
        let dear = Prices::new(100_000_000, 3000);
        assert_eq!(dear.cents(u64::MAX, u16::MAX), DEAREST);
        assert_eq!(Prices::new(1, 3000).cents(0, 0), 1);
        let fixed = Prices::new(1234, 0);
        assert_eq!((fixed.cents(0, 0), fixed.cents(u64::MAX, u16::MAX)), (1234, 1234));
    }
}
