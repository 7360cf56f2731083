//! The value axis: round ticks, the unit they are counted in, and positions.

use super::number;

/// At most this many steps between the lowest and the highest tick: enough to
/// read a bar's height by, few enough to stay in the background.
const MAX_STEPS: u128 = 6;

/// Totals below 10^5 are shown as they are; above, in the largest unit that is
/// not larger than the largest total.
const PLAIN_BELOW: i64 = 5;

const UNITS: [&str; 13] = [
    "",
    "thousands",
    "millions",
    "billions",
    "trillions",
    "quadrillions",
    "quintillions",
    "sextillions",
    "septillions",
    "octillions",
    "nonillions",
    "decillions",
    "undecillions",
];

/// Index in [`UNITS`] from which the name alone says little, so that the power
/// of ten is written beside it.
const RARE_UNIT: usize = 5;

/// A linear axis through zero, which bars that show totals by their length need.
#[derive(Debug, PartialEq)]
pub(crate) struct Scale {
    /// Distance of two ticks, in units of the totals: 1, 2, 2.5 or 5 times a
    /// power of ten, and never less than one unit.
    step: u128,
    above: Side,
    below: Side,
    /// A tick's number is its total times `10^-exponent`.
    exponent: u32,
    decimals: u32,
    unit: usize,
}

/// One side of the axis.
#[derive(Debug, PartialEq)]
struct Side {
    /// Steps from zero to the last tick.
    ticks: u128,
    /// The total furthest from zero; none when no total is written here.
    total: Option<u128>,
}

pub(crate) struct Tick {
    /// Signed distance from zero, in steps.
    pub(crate) steps: f64,
    pub(crate) label: String,
}

impl Scale {
    /// An axis that holds all `totals`.
    pub(crate) fn new(totals: &[i128], fraction_digits: u32) -> Self {
        let (down, up): (Vec<i128>, Vec<i128>) = totals.iter().partition(|&&total| total < 0);
        let furthest = |side: &[i128]| side.iter().map(|total| total.unsigned_abs()).max();
        let (lowest, highest) = (furthest(&down), furthest(&up));
        let step = step(lowest.unwrap_or(0), highest.unwrap_or(0));
        let side = |total: Option<u128>| Side { ticks: total.unwrap_or(0).div_ceil(step), total };

        let largest = lowest.max(highest).unwrap_or(0);
        let log = largest.checked_ilog10().unwrap_or(0);
        let power = i64::from(log) - i64::from(fraction_digits);
        let unit = if power < PLAIN_BELOW { 0 } else { power as usize / 3 };
        let exponent = fraction_digits + 3 * unit as u32;
        Self {
            step,
            above: side(highest),
            below: side(lowest),
            exponent,
            decimals: exponent.saturating_sub(trailing_zeros(step)),
            unit,
        }
    }

    /// Signed distance of `total` from zero, in steps.
    pub(crate) fn steps(&self, total: i128) -> f64 {
        total as f64 / self.step as f64
    }

    /// Fits the axis into `height` pixels, with each side's totals written up to
    /// `reach` pixels beyond the bars' ends. Returns the length of a step and
    /// how far above the lower edge zero lies.
    pub(crate) fn fit(&self, height: f64, reach: f64) -> (f64, f64) {
        let above = self.needs(&self.above, reach);
        let below = self.needs(&self.below, reach);
        // Either need of one side must fit together with either of the other.
        let step = above
            .iter()
            .flat_map(|up| below.iter().map(move |down| (up, down)))
            .map(|(up, down)| (height - up.1 - down.1) / (up.0 + down.0))
            .filter(|step| step.is_finite())
            .fold(f64::INFINITY, f64::min);
        if step.is_infinite() {
            // All totals are zero: nothing has a length.
            return (0.0, 0.0);
        }
        let zero = below.iter().map(|down| down.0 * step + down.1).fold(0.0, f64::max);
        (step, zero)
    }

    /// What a side must have room for, in steps and pixels: its ticks, and its
    /// longest bar with the total at the end.
    fn needs(&self, side: &Side, reach: f64) -> [(f64, f64); 2] {
        let ticks = (side.ticks as f64, 0.0);
        let bar = side.total.map_or(ticks, |total| (total as f64 / self.step as f64, reach));
        [ticks, bar]
    }

    /// The ticks, from the lowest to the highest.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = Tick> {
        let tick = |negative: bool, index: u128| Tick {
            steps: index as f64 * if negative { -1.0 } else { 1.0 },
            label: if index == 0 {
                "0".to_owned()
            } else {
                let magnitude = index * self.step;
                number::decimal(negative, magnitude, self.exponent, self.decimals)
            },
        };
        let negative = (1..=self.below.ticks).rev().map(move |index| tick(true, index));
        negative.chain((0..=self.above.ticks).map(move |index| tick(false, index)))
    }

    /// What the ticks count, such as `millions`; none when they are plain.
    pub(crate) fn unit(&self) -> Option<String> {
        match self.unit {
            0 => None,
            rare if rare >= RARE_UNIT => Some(format!("{}, {}", UNITS[rare], number::power_of_ten(3 * rare as u32))),
            known => Some(UNITS[known].to_owned()),
        }
    }
}

/// The smallest round step with which both sides together need no more than
/// [`MAX_STEPS`] steps.
fn step(lowest: u128, highest: u128) -> u128 {
    // Sides of up to 2^127 units need two steps of 10^38 each, so the search
    // ends before a power overflows.
    (0..38)
        .flat_map(|power| {
            let ten = 10_u128.pow(power);
            [ten, 2 * ten, 25 * ten / 10, 5 * ten]
        })
        // A step of 2.5 units would put ticks between the possible totals.
        .enumerate()
        .filter(|&(i, _)| i != 2)
        .map(|(_, step)| step)
        .find(|&step| lowest.div_ceil(step) + highest.div_ceil(step) <= MAX_STEPS)
        .unwrap_or(10_u128.pow(38))
}

fn trailing_zeros(mut number: u128) -> u32 {
    let mut zeros = 0;
    while number != 0 && number.is_multiple_of(10) {
        number /= 10;
        zeros += 1;
    }
    zeros
}
