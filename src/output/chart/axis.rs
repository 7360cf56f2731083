//! The value axis: round ticks and their labels.
//!
//! Ticks are integer multiples of an integer step, and have at most three significant digits, so their labels are exact
//! in either notation. The axis is linear and always includes zero, because a bar shows its total by its length.

use super::amount_text::Notation;

/// At most this many steps between the lowest and the highest tick.
const MAX_STEPS: u128 = 6;

pub(crate) struct Axis {
    /// Distance between two ticks in units of the totals: 1, 2, 2.5 or 5 times a power of ten, at least 1.
    step: u128,
    above: Side,
    below: Side,
    fraction_digits: u32,
}

/// The axis above zero or below.
struct Side {
    /// Steps from zero to the last tick.
    ticks: u128,
    /// Length of the longest bar, in steps; `None` if there is no bar on this side. A total of zero belongs
    /// to the upper side.
    bar: Option<f64>,
}

/// The size of the axis in pixels.
pub(crate) struct Fit {
    /// Length of a step.
    pub(crate) step: f64,
    /// Height of zero above the lower end.
    pub(crate) zero: f64,
}

impl Axis {
    /// The axis for totals in units of `10^-fraction_digits`.
    pub(crate) fn new(totals: &[i128], fraction_digits: u32) -> Self {
        let (negative, positive): (Vec<i128>, Vec<i128>) = totals.iter().partition(|&&total| total < 0);
        let largest = |totals: &[i128]| totals.iter().map(|total| total.unsigned_abs()).max();
        let (lowest, highest) = (largest(&negative), largest(&positive));
        let step = step(lowest.unwrap_or(0), highest.unwrap_or(0));
        let side = |largest: Option<u128>| Side {
            ticks: largest.unwrap_or(0).div_ceil(step),
            bar: largest.map(|total| total as f64 / step as f64),
        };
        Self { step, above: side(highest), below: side(lowest), fraction_digits }
    }

    /// Scales the axis to `height` pixels, of which each side with bars needs `label_reach` for the total
    /// beyond its longest bar.
    pub(crate) fn fit(&self, height: f64, label_reach: f64) -> Fit {
        let above = self.above.extents(label_reach);
        let below = self.below.extents(label_reach);
        // Each extent above zero must fit together with each extent below.
        let step = above
            .iter()
            .flat_map(|up| below.iter().map(move |down| (height - up.pixels - down.pixels) / (up.steps + down.steps)))
            .filter(|step| step.is_finite())
            .fold(f64::INFINITY, f64::min);
        if step.is_infinite() {
            // All totals are zero.
            return Fit { step: 0.0, zero: 0.0 };
        }
        let zero = below.iter().map(|down| down.steps * step + down.pixels).fold(0.0, f64::max);
        Fit { step, zero }
    }

    /// Signed distance of `total` from zero, in steps.
    pub(crate) fn steps(&self, total: i128) -> f64 {
        total as f64 / self.step as f64
    }

    /// The ticks from the lowest to the highest: signed number of steps from zero, and label.
    pub(crate) fn ticks(&self, notation: Notation) -> impl Iterator<Item = (f64, String)> {
        let unit = 10_u128.pow(self.fraction_digits);
        // Full labels without a fraction if no tick needs one.
        let (step, fraction_digits) = match notation {
            Notation::Full if self.step.is_multiple_of(unit) => (self.step / unit, 0),
            _ => (self.step, self.fraction_digits),
        };
        let label = move |negative: bool, index: u128| notation.magnitude(negative, index * step, fraction_digits);
        let below = (1..=self.below.ticks).rev().map(move |index| (-(index as f64), label(true, index)));
        let above = (1..=self.above.ticks).map(move |index| (index as f64, label(false, index)));
        below.chain([(0.0, "0".to_owned())]).chain(above)
    }
}

/// A part of the plot's height that grows with the length of a step, and a part that does not.
struct Extent {
    steps: f64,
    pixels: f64,
}

impl Side {
    /// What must fit on this side: the ticks, and the longest bar with its total.
    fn extents(&self, label_reach: f64) -> [Extent; 2] {
        let ticks = self.ticks as f64;
        let (bar, reach) = self.bar.map_or((ticks, 0.0), |bar| (bar, label_reach));
        [Extent { steps: ticks, pixels: 0.0 }, Extent { steps: bar, pixels: reach }]
    }
}

/// The smallest round step for which both sides together take at most [`MAX_STEPS`] steps.
fn step(lowest: u128, highest: u128) -> u128 {
    (0..38)
        .flat_map(|power| {
            let ten = 10_u128.pow(power);
            // 2.5 is no integer; 25 is one.
            let quarter = if power == 0 { None } else { Some(ten / 10 * 25) };
            [Some(ten), Some(2 * ten), quarter, Some(5 * ten)]
        })
        .flatten()
        .find(|&step| lowest.div_ceil(step) + highest.div_ceil(step) <= MAX_STEPS)
        // Two steps on each side hold every `i128`.
        .unwrap_or(10_u128.pow(38))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ticks(totals: &[i128], fraction_digits: u32, notation: Notation) -> Vec<String> {
        Axis::new(totals, fraction_digits).ticks(notation).map(|(_, label)| label).collect()
    }

    #[test]
    fn ticks_are_round_and_hold_all_totals() {
        type Case<'a> = (&'a [i128], u32, &'a [&'a str], &'a [&'a str]);
        let cases: [Case<'_>; 9] = [
            (
                &[10_843_976, 13_424_403, 14_391_897],
                0,
                &["0", "2,500,000", "5,000,000", "7,500,000", "10,000,000", "12,500,000", "15,000,000"],
                &["0", "2.50M", "5.00M", "7.50M", "10.0M", "12.5M", "15.0M"],
            ),
            (&[1], 0, &["0", "1"], &["0", "1"]),
            (&[3, 0], 0, &["0", "1", "2", "3"], &["0", "1", "2", "3"]),
            (&[], 0, &["0"], &["0"]),
            (&[0, 0], 2, &["0"], &["0"]),
            (
                &[1250],
                2,
                &["0", "2.50", "5.00", "7.50", "10.00", "12.50"],
                &["0", "2.50", "5.00", "7.50", "10.0", "12.5"],
            ),
            (
                &[-5_342_403, 10_843_976],
                2,
                &["−100,000", "−50,000", "0", "50,000", "100,000", "150,000"],
                &["−100K", "−50.0K", "0", "50.0K", "100K", "150K"],
            ),
            (
                &[-2_999],
                0,
                &["−3,000", "−2,500", "−2,000", "−1,500", "−1,000", "−500", "0"],
                &["−3.00K", "−2.50K", "−2.00K", "−1.50K", "−1.00K", "−500", "0"],
            ),
            (
                &[1_000_000_000_000_345],
                0,
                &[
                    "0",
                    "200,000,000,000,000",
                    "400,000,000,000,000",
                    "600,000,000,000,000",
                    "800,000,000,000,000",
                    "1,000,000,000,000,000",
                    "1,200,000,000,000,000",
                ],
                &["0", "200T", "400T", "600T", "800T", "1.00×10¹⁵", "1.20×10¹⁵"],
            ),
        ];
        for (totals, fraction_digits, full, short) in cases {
            assert_eq!(ticks(totals, fraction_digits, Notation::Full), full, "{totals:?}");
            assert_eq!(ticks(totals, fraction_digits, Notation::Short), short, "{totals:?}");
        }
    }

    #[test]
    fn ticks_reach_the_ends_of_i128() {
        let labels = ticks(&[i128::MIN, i128::MAX], 0, Notation::Short);
        assert_eq!(labels, ["−2.00×10³⁸", "−1.00×10³⁸", "0", "1.00×10³⁸", "2.00×10³⁸"]);
    }

    proptest! {
        /// The short labels of ticks are exact: no rounding away from the grid line.
        #[test]
        fn ticks_have_at_most_three_significant_digits(low in -(1_i128 << 120)..0, high in 0..1_i128 << 120, by in 0..100_u32) {
            let axis = Axis::new(&[low >> by, high >> by], 2);
            for index in 1..=axis.above.ticks.max(axis.below.ticks) {
                let tick = index * axis.step;
                prop_assert!(tick.is_multiple_of(10_u128.pow(tick.ilog10().saturating_sub(2))), "{tick}");
            }
        }
    }
}
