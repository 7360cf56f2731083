//! The bar chart of total spending by age group.
//!
//! ```text
//! bars ─► layout ─► Scene ─► png ─► file
//!           │
//!           ├ axis          ticks and unit of the value axis
//!           ├ total_labels  totals at the ends of the bars
//!           └ group_labels  names under the bars
//! ```
//!
//! The layout decides every position and every text; `png` only draws. Equal arguments give equal bytes.

mod amount_text;
mod axis;
mod font;
mod group_labels;
mod layout;
mod png;
#[cfg(test)]
mod samples;
mod scene;
mod total_labels;
mod wrap;

pub(crate) use layout::Bar;

/// Draws `bars`, at least one, from left to right, with `note` under the title, and returns a PNG file.
pub(crate) fn render(bars: &[Bar<'_>], fraction_digits: u32, note: &str) -> Result<Vec<u8>, String> {
    let fonts = font::Fonts::load()?;
    png::encode(&layout::layout(bars, fraction_digits, note, &fonts), &fonts)
}

#[cfg(test)]
mod tests;
