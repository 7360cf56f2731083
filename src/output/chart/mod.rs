//! The bar chart of total spending by age group.
//!
//! ```text
//! bars ─► layout ─► Scene ─┬► png ─► file
//!           │              └► svg ─► report page
//!           ├ axis          ticks of the value axis
//!           ├ total_labels  totals at the ends of the bars
//!           └ group_labels  names and age bounds under the bars
//! ```
//!
//! The layout decides every position and every text; `png` and `svg` only draw. Equal arguments give equal bytes.

mod amount_text;
mod axis;
mod font;
mod group_labels;
mod layout;
mod png;
#[cfg(test)]
mod samples;
mod scene;
mod svg;
mod total_labels;
mod wrap;

pub(crate) use layout::{Bar, Captions, DEFAULT_TITLE};

/// A laid-out chart.
pub(crate) struct Chart {
    scene: scene::Scene,
    fonts: font::Fonts,
}

impl Chart {
    /// Lays out `bars`, at least one, from left to right.
    pub(crate) fn new(bars: &[Bar<'_>], fraction_digits: u32, captions: &Captions<'_>) -> Result<Self, String> {
        let fonts = font::Fonts::load()?;
        Ok(Self { scene: layout::layout(bars, fraction_digits, captions, &fonts), fonts })
    }

    /// The chart as a PNG file.
    pub(crate) fn png(&self) -> Result<Vec<u8>, String> {
        png::encode(&self.scene, &self.fonts)
    }

    /// The plot, without title and notes, as an SVG element that `title` and `description` describe. `None` if it has
    /// too many bars for a page.
    ///
    /// The page must style the classes of [`svg`].
    pub(crate) fn svg(&self, title: &str, description: &str) -> Option<maud::Markup> {
        svg::plot(&self.scene, &self.fonts, title, description)
    }
}

#[cfg(test)]
mod tests;
