//! The value axis: round ticks, their labels, and the unit they are counted in.
//!
//! Ticks are integer multiples of an integer step, so their labels are exact. The axis is linear and always
//! includes zero, because a bar shows its total by its length.

use super::amount_text::{decimal, power_of_ten};

/// At most this many steps between the lowest and the highest tick.
const MAX_STEPS: u128 = 6;

/// Totals below 10^5 are shown without a unit.
const PLAIN_BELOW: u32 = 5;

/// Names for the powers of 1000. Larger units are written as a power of ten.
const UNITS: [&str; 5] = ["", "thousands", "millions", "billions", "trillions"];

pub(crate) struct Axis {
    /// Distance between two ticks in units of the totals: 1, 2, 2.5 or 5 times a power of ten, at least 1.
    step: u128,
    above: Side,
    below: Side,
    /// The step as it is labelled, in units of `10^-label_decimals`.
    label_step: u128,
    label_decimals: u32,
    /// Labels count units of `1000^thousands`.
    thousands: u32,
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

        let log = lowest.max(highest).unwrap_or(0).checked_ilog10().unwrap_or(0);
        let power = log.saturating_sub(fraction_digits);
        let thousands = if power < PLAIN_BELOW { 0 } else { power / 3 };
        // Zeros at the end of the step, as far as they belong to the unit, are not written.
        let (mut label_step, mut label_decimals) = (step, fraction_digits + 3 * thousands);
        while label_decimals > 0 && label_step.is_multiple_of(10) {
            label_step /= 10;
            label_decimals -= 1;
        }
        Self { step, above: side(highest), below: side(lowest), label_step, label_decimals, thousands }
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
    pub(crate) fn ticks(&self) -> impl Iterator<Item = (f64, String)> {
        let label = |negative: bool, index: u128| decimal(negative, index * self.label_step, self.label_decimals);
        let below = (1..=self.below.ticks).rev().map(move |index| (-(index as f64), label(true, index)));
        let above = (1..=self.above.ticks).map(move |index| (index as f64, label(false, index)));
        below.chain([(0.0, "0".to_owned())]).chain(above)
    }

    /// What the labels count, such as `millions`; `None` if they are plain amounts.
    pub(crate) fn unit(&self) -> Option<String> {
        match UNITS.get(self.thousands as usize) {
            Some(&"") => None,
            Some(&name) => Some(name.to_owned()),
            None => Some(format!("×{}", power_of_ten(3 * self.thousands))),
        }
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

    fn ticks(totals: &[i128], fraction_digits: u32) -> (Vec<String>, Option<String>) {
        let axis = Axis::new(totals, fraction_digits);
        let labels = axis.ticks().map(|(_, label)| label).collect();
        (labels, axis.unit())
    }

    #[test]
    fn ticks_are_round_and_hold_all_totals() {
        type Case<'a> = (&'a [i128], u32, &'a [&'a str], Option<&'a str>);
        let cases: [Case<'_>; 11] = [
            (
                &[10_843_976, 13_424_403, 14_391_897],
                0,
                &["0", "2.5", "5.0", "7.5", "10.0", "12.5", "15.0"],
                Some("millions"),
            ),
            (&[1], 0, &["0", "1"], None),
            (&[3, 0], 0, &["0", "1", "2", "3"], None),
            (&[15], 0, &["0", "5", "10", "15"], None),
            (&[], 0, &["0"], None),
            (&[0, 0], 2, &["0"], None),
            (&[1250], 2, &["0", "2.5", "5.0", "7.5", "10.0", "12.5"], None),
            (&[-5_342_403, 10_843_976], 2, &["−100", "−50", "0", "50", "100", "150"], Some("thousands")),
            (&[-99_999], 0, &["−100,000", "−80,000", "−60,000", "−40,000", "−20,000", "0"], None),
            (&[4_000_000_000_000], 0, &["0", "1", "2", "3", "4"], Some("trillions")),
            (&[2_000_000_000_000_000_000_000_000_345], 0, &["0", "0.5", "1.0", "1.5", "2.0", "2.5"], Some("×10²⁷")),
        ];
        for (totals, fraction_digits, labels, unit) in cases {
            let (found, found_unit) = ticks(totals, fraction_digits);
            assert_eq!(found, labels, "{totals:?}");
            assert_eq!(found_unit.as_deref(), unit, "{totals:?}");
        }
    }

    #[test]
    fn ticks_reach_the_ends_of_i128() {
        let (labels, unit) = ticks(&[i128::MIN, i128::MAX], 0);
        assert_eq!(labels, ["−200", "−100", "0", "100", "200"]);
        assert_eq!(unit.as_deref(), Some("×10³⁶"));
    }
}
