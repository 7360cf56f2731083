//! The totals at the ends of the bars.

use super::amount_text::Notation;
use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use super::scene::{Anchor, Angle, Paint, Rect, Text, Weight};
use crate::model::currency::with_currency;

/// Distance between a bar's end and its total.
const GAP: f32 = 10.0;

/// Smallest distance between two totals.
const SPACING: f32 = 10.0;

/// The background covers the grid lines this far around a total: on its sides and above, and below.
const PADDING: f32 = 5.0;
const PADDING_BELOW: f32 = 6.0;

/// Font sizes for exact and for shortened amounts, in order of preference.
const FULL_SIZES: [f32; 6] = [28.0, 26.0, 24.0, 22.0, 20.0, 18.0];
const SHORT_SIZES: [f32; 8] = [26.0, 24.0, 22.0, 20.0, 18.0, 17.0, 16.0, 15.0];

/// Shortened amounts that are too wide for their slots are written vertically, or left out if the slots are
/// too narrow for the smallest size.
const VERTICAL_MAX_SIZE: f32 = 16.0;
const VERTICAL_MIN_SIZE: f32 = 12.0;

pub(crate) struct TotalLabels {
    /// One for each bar, or none at all.
    texts: Vec<String>,
    size: f32,
    angle: Angle,
    /// Distance from a bar's end to the far end of the longest label.
    pub(crate) reach: f32,
}

impl TotalLabels {
    /// Chooses the largest size in which every total in this notation fits into a slot of `slot` pixels. The currency
    /// is left out if it does not fit: the axis names it too.
    ///
    /// `None` if full amounts do not fit. Short ones always do, vertically or by leaving them all out.
    pub(crate) fn fit(
        totals: &[i128],
        fraction_digits: u32,
        notation: Notation,
        currency: Option<&str>,
        font: &Font,
        slot: f32,
    ) -> Option<Self> {
        let texts = |currency| -> Vec<String> {
            totals.iter().map(|&total| with_currency(&notation.text(total, fraction_digits), currency)).collect()
        };
        let sizes = if notation == Notation::Full { &FULL_SIZES[..] } else { &SHORT_SIZES };
        for currency in currency.map(Some).into_iter().chain([None]) {
            let texts = texts(currency);
            if let Some(&size) = sizes.iter().find(|&&size| font.max_width(&texts, size) + SPACING <= slot) {
                return Some(Self { texts, size, angle: Angle::Horizontal, reach: GAP + CAP_HEIGHT * size });
            }
        }
        if notation == Notation::Full {
            return None;
        }
        let size = (slot / LINE_HEIGHT).min(VERTICAL_MAX_SIZE);
        let texts = if size < VERTICAL_MIN_SIZE { Vec::new() } else { texts(None) };
        Some(Self { reach: GAP + font.max_width(&texts, size), texts, size, angle: Angle::Vertical })
    }

    /// The label of bar `index` and its background, for a bar that ends at `(x, y)`. The label of a bar that
    /// points down is placed below it.
    pub(crate) fn place(&self, index: usize, (x, y): (f32, f32), down: bool, font: &Font) -> Option<(Rect, Text)> {
        let content = self.texts.get(index)?.clone();
        let cap_height = CAP_HEIGHT * self.size;
        let width = font.width(&content, self.size);
        let near = if down { y + GAP } else { y - GAP };
        let horizontal = self.angle == Angle::Horizontal;
        let (half_width, height) = if horizontal { (width / 2.0, cap_height) } else { (cap_height / 2.0, width) };
        let far = if down { near + height } else { near - height };
        let background = Rect {
            left: (x - half_width - PADDING) as i32,
            top: (near.min(far) - PADDING) as i32,
            right: (x + half_width + PADDING) as i32,
            bottom: (near.max(far) + PADDING_BELOW) as i32,
            paint: Paint::Background,
        };
        let (x, y, anchor) = match (horizontal, down) {
            (true, _) => (x, near.max(far).round(), Anchor::Middle),
            (false, true) => (x + cap_height / 2.0, near, Anchor::End),
            (false, false) => (x + cap_height / 2.0, near, Anchor::Start),
        };
        let text = Text {
            content,
            x,
            y,
            anchor,
            angle: self.angle,
            size: self.size,
            weight: Weight::Semibold,
            paint: Paint::Ink,
        };
        Some((background, text))
    }
}
