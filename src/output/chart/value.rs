//! Totals written at the ends of the bars.

use super::canvas::{Align, Canvas, Slope, Style};
use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use super::number;
use plotters::style::{RGBColor, WHITE};

/// Between a bar's end and its total.
const GAP: f32 = 10.0;

/// Totals may be this close to each other.
const SPACING: f32 = 10.0;

/// Sizes to try for whole amounts, then for shortened ones, the best first.
const FULL_SIZES: [f32; 6] = [28.0, 26.0, 24.0, 22.0, 20.0, 18.0];
const SHORT_SIZES: [f32; 8] = [26.0, 24.0, 22.0, 20.0, 18.0, 17.0, 16.0, 15.0];

/// Shortened amounts that are still too wide stand upright, no smaller than the
/// second; where not even that fits, the bars speak for themselves.
const UPRIGHT_SIZE: f32 = 16.0;
const UPRIGHT_MIN_SIZE: f32 = 12.0;

pub(crate) struct Values {
    texts: Vec<String>,
    size: f32,
    slope: Slope,
    /// How far the totals reach beyond the bars' ends.
    pub(crate) reach: f32,
}

impl Values {
    /// Chooses one way of writing all totals so that each fits its slot.
    pub(crate) fn fit(totals: &[i128], fraction_digits: u32, font: &Font, slot: f32) -> Self {
        let text_of = |write: fn(i128, u32) -> String| -> Vec<String> {
            totals.iter().map(|&total| write(total, fraction_digits)).collect()
        };
        let widest = |texts: &[String], size: f32| {
            let widths = texts.iter().map(|text| font.width(text, size));
            widths.fold(0.0, f32::max)
        };
        let full = text_of(number::full);
        let short = text_of(number::short);
        for (texts, sizes) in [(&full, &FULL_SIZES[..]), (&short, &SHORT_SIZES[..])] {
            let fits = |size: &&f32| widest(texts, **size) + SPACING <= slot;
            if let Some(&size) = sizes.iter().find(fits) {
                return Self { texts: texts.clone(), size, slope: Slope::Flat, reach: GAP + CAP_HEIGHT * size };
            }
        }
        let size = (slot / LINE_HEIGHT).min(UPRIGHT_SIZE);
        let texts = if size < UPRIGHT_MIN_SIZE { Vec::new() } else { short };
        Self { reach: GAP + widest(&texts, size), texts, size, slope: Slope::Upright }
    }

    /// Writes the total of bar `index` beyond the bar's end at `(x, y)`, above
    /// it or, if the bar hangs `down`, below.
    pub(crate) fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        index: usize,
        (x, y): (f32, f32),
        down: bool,
        font: &Font,
        color: RGBColor,
    ) -> Result<(), String> {
        let Some(text) = self.texts.get(index) else {
            return Ok(());
        };
        let cap = CAP_HEIGHT * self.size;
        let width = font.width(text, self.size);
        let near = if down { y + GAP } else { y - GAP };
        let (at, align, half, length) = match self.slope {
            Slope::Flat => {
                let baseline = if down { near + cap } else { near };
                ((x, baseline.round()), Align::Middle, width / 2.0, cap)
            }
            Slope::Diagonal | Slope::Upright => {
                let align = if down { Align::End } else { Align::Start };
                ((x + cap / 2.0, near), align, cap / 2.0, width)
            }
        };
        // Grid lines do not run through the digits.
        let far = if down { near + length } else { near - length };
        let (top, bottom) = (near.min(far) - 5.0, near.max(far) + 6.0);
        canvas.fill(((x - half - 5.0) as i32, top as i32), ((x + half + 5.0) as i32, bottom as i32), WHITE)?;
        let style = Style { font, size: self.size, color, align, slope: self.slope };
        canvas.text(text, at, style)
    }
}
