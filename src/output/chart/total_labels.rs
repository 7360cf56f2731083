//! The totals at the ends of the bars.

use super::amount_text;
use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use super::scene::{Anchor, Angle, Color, Rect, Text, Weight};

/// Distance between a bar's end and its total.
const GAP: f32 = 10.0;

/// Smallest distance between two totals.
const SPACING: f32 = 10.0;

/// The background covers the grid lines this far around a total: on its sides and above, and below.
const PADDING: f32 = 5.0;
const PADDING_BELOW: f32 = 6.0;
const BACKGROUND: Color = Color(0xff, 0xff, 0xff);

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
    /// Chooses one form and size in which every total fits into a slot of `slot` pixels.
    pub(crate) fn fit(totals: &[i128], fraction_digits: u32, font: &Font, slot: f32) -> Self {
        let texts = |format: fn(i128, u32) -> String| -> Vec<String> {
            totals.iter().map(|&total| format(total, fraction_digits)).collect()
        };
        for (texts, sizes) in [(texts(amount_text::full), &FULL_SIZES[..]), (texts(amount_text::short), &SHORT_SIZES)] {
            if let Some(&size) = sizes.iter().find(|&&size| font.max_width(&texts, size) + SPACING <= slot) {
                return Self { texts, size, angle: Angle::Horizontal, reach: GAP + CAP_HEIGHT * size };
            }
        }
        let size = (slot / LINE_HEIGHT).min(VERTICAL_MAX_SIZE);
        let texts = if size < VERTICAL_MIN_SIZE { Vec::new() } else { texts(amount_text::short) };
        Self { reach: GAP + font.max_width(&texts, size), texts, size, angle: Angle::Vertical }
    }

    /// The label of bar `index` and its background, for a bar that ends at `(x, y)`. The label of a bar that
    /// points down is placed below it.
    pub(crate) fn place(
        &self,
        index: usize,
        (x, y): (f32, f32),
        down: bool,
        font: &Font,
        color: Color,
    ) -> Option<(Rect, Text)> {
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
            color: BACKGROUND,
        };
        let (x, y, anchor) = match (horizontal, down) {
            (true, _) => (x, near.max(far).round(), Anchor::Middle),
            (false, true) => (x + cap_height / 2.0, near, Anchor::End),
            (false, false) => (x + cap_height / 2.0, near, Anchor::Start),
        };
        let text = Text { content, x, y, anchor, angle: self.angle, size: self.size, weight: Weight::Semibold, color };
        Some((background, text))
    }
}
