//! Log-normal prices in cents, computed in integers.
//!
//! The sum of the eight bytes of a draw approximates the normal distribution (Irwin–Hall: mean 1020, standard deviation
//! 209.02, range ±4.9 deviations, excess kurtosis -0.15). A table holds the price for each of the 2041 sums; between
//! neighbouring sums, which are half a percent of the price apart at a deviation of 1, prices are interpolated by a
//! second draw.

use super::catalogue::{MEDIAN_PRICE, PRODUCTS};
use crate::generate::options::{GenerateOptions, Pricing};

/// The greatest sum of eight bytes.
const MOST: usize = 8 * 255;
/// log₂(e) / √(8 · (256² - 1) / 12) in units of 2⁻⁴⁰: the increment of the price's binary logarithm from one sum to the
/// next at a deviation of 1.
const STEP: i128 = 7_588_978_862;
/// Fraction bits of fixed-point numbers.
const FRACTION_BITS: u32 = 62;
/// Sums fit in eleven bits.
const MASK: usize = (1 << 11) - 1;
/// The highest price, in cents: 9999999.99.
pub(crate) const HIGHEST: u32 = 999_999_999;

/// The prices of all products.
#[derive(Clone, Debug)]
pub(crate) struct PriceList {
    /// One table for all products, or one for each.
    tables: Vec<PriceTable>,
}

impl PriceList {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let (median, sigma) = (options.price_median, options.price_sigma);
        let tables = match options.pricing {
            Pricing::Alike => vec![PriceTable::new(median, sigma)],
            Pricing::ByProduct => PRODUCTS
                .iter()
                .map(|product| {
                    // The product is below 2¹⁷ · 2²⁷.
                    let scaled = (u64::from(product.price) * median + MEDIAN_PRICE / 2) / MEDIAN_PRICE;
                    PriceTable::new(scaled, sigma)
                })
                .collect(),
        };
        Self { tables }
    }

    /// The prices of a product, by index in [`PRODUCTS`].
    #[inline]
    pub(crate) fn of(&self, product: usize) -> &PriceTable {
        &self.tables[if self.tables.len() == 1 { 0 } else { product }]
    }
}

/// A log-normal distribution of prices as a table.
#[derive(Clone, Debug)]
pub(crate) struct PriceTable {
    /// The lower end, in cents, of the prices for each sum of bytes. The length covers all masked indexes.
    cents: [u32; MASK + 2],
}

impl PriceTable {
    /// The distribution with this median, in cents, and this deviation of the natural logarithm, in thousandths.
    fn new(median: u64, sigma: u32) -> Self {
        let roots = roots_of_two();
        let cents = std::array::from_fn(|sum| {
            let sum = sum as i128;
            // Half a step below the sum: the interpolation averages half a step.
            let exponent = (2 * sum - 1 - MOST as i128) * STEP * i128::from(sigma) / 2000;
            // Proof of the cast: clamped to 32 bits.
            times_power_of_two(median, exponent, &roots).clamp(1, u64::from(HIGHEST)) as u32
        });
        Self { cents }
    }

    /// The price in cents for a draw, and a second one that interpolates.
    #[inline]
    pub(crate) fn cents(&self, draw: u64, fine: u16) -> u32 {
        let sum = sum_of_bytes(draw) as usize & MASK;
        let (low, high) = (self.cents[sum], self.cents[sum + 1]);
        low + ((u64::from(high - low) * u64::from(fine)) >> 16) as u32
    }
}

/// The sum of the eight bytes, by SWAR.
#[inline]
fn sum_of_bytes(draw: u64) -> u64 {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let pairs = (draw & EVEN) + ((draw >> 8) & EVEN);
    let pairs = pairs + (pairs >> 32);
    (pairs + (pairs >> 16)) & 0xffff
}

/// 2^(1/2), 2^(1/4), 2^(1/8) … in fixed point, by repeated integer square roots.
fn roots_of_two() -> [u64; 40] {
    let mut root = 2u64 << FRACTION_BITS;
    let mut roots = [0; 40];
    for slot in &mut roots {
        root = (u128::from(root) << FRACTION_BITS).isqrt() as u64;
        *slot = root;
    }
    roots
}

/// `number` · 2^`exponent`, rounded. The exponent is in units of 2⁻⁴⁰; its fraction is applied bit by bit.
fn times_power_of_two(number: u64, exponent: i128, roots: &[u64; 40]) -> u64 {
    let (whole, fraction) = (exponent >> 40, exponent & ((1 << 40) - 1));
    let mut factor = 1u128 << FRACTION_BITS;
    for (place, root) in roots.iter().enumerate() {
        if fraction >> (39 - place) & 1 == 1 {
            factor = (factor * u128::from(*root)) >> FRACTION_BITS;
        }
    }
    // Below 2³³ · 2⁶³. The whole part of the exponent is within ±22.
    let product = u128::from(number) * factor;
    let shift = i128::from(FRACTION_BITS) - whole;
    ((product + (1 << (shift - 1))) >> shift) as u64
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::Product;
    use super::*;
    use crate::generate::options::Volume;
    use crate::generate::random::{Random, Stream};

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
            let prices = PriceTable::new(median, sigma);
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
            // Empirical distribution against the normal one at some quantiles.
            for (z, share) in [(-2.326, 0.01), (-1.282, 0.1), (-0.674, 0.25), (0.0, 0.5), (1.282, 0.9), (2.326, 0.99)] {
                let found = logs.partition_point(|&log| log < z) as f64 / count as f64;
                assert!((found - share).abs() < 0.005, "{z}: {found}");
            }
        }
    }

    #[test]
    fn prices_by_product_scale_with_the_median() {
        let mut options = GenerateOptions::new(1, Volume::Purchases(1), 1, "o");
        options.price_sigma = 0;
        options.pricing = Pricing::ByProduct;
        for (median, factor) in [(2000, 1.0), (3000, 1.5), (1, 0.0005), (100_000_000, 50_000.0)] {
            options.price_median = median;
            let list = PriceList::new(&options);
            for (product, Product { name, price, .. }) in PRODUCTS.iter().enumerate() {
                let expected = (f64::from(*price) * factor).round().clamp(1.0, f64::from(HIGHEST));
                assert_eq!(f64::from(list.of(product).cents(0, 0)), expected, "{name}");
            }
        }
        options.pricing = Pricing::Alike;
        options.price_median = 1234;
        let list = PriceList::new(&options);
        assert!((0..PRODUCTS.len()).all(|product| list.of(product).cents(0, 0) == 1234));
    }

    #[test]
    fn extreme_draws_stay_in_range() {
        let high = PriceTable::new(100_000_000, 3000);
        assert_eq!(high.cents(u64::MAX, u16::MAX), HIGHEST);
        assert_eq!(PriceTable::new(1, 3000).cents(0, 0), 1);
        let fixed = PriceTable::new(1234, 0);
        assert_eq!((fixed.cents(0, 0), fixed.cents(u64::MAX, u16::MAX)), (1234, 1234));
    }
}
