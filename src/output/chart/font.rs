//! The embedded typeface, Open Sans: text widths and glyph outlines.
//!
//! The font files are compiled into the program, so a chart looks the same on every machine.

use ab_glyph::{Font as _, FontRef, GlyphId, Outline};

use super::scene::Weight;

static REGULAR: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/OpenSans-Regular.ttf"));
static SEMIBOLD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/OpenSans-Semibold.ttf"));

/// Height of capitals and digits, in ems.
pub(crate) const CAP_HEIGHT: f32 = 0.714;

/// Distance between the baselines of two lines, in ems.
pub(crate) const LINE_HEIGHT: f32 = 1.25;

pub(crate) struct Fonts {
    pub(crate) regular: Font,
    pub(crate) semibold: Font,
}

impl Fonts {
    /// Parses the embedded font files.
    pub(crate) fn load() -> Result<Self, String> {
        Ok(Self { regular: Font::parse(REGULAR)?, semibold: Font::parse(SEMIBOLD)? })
    }

    pub(crate) fn get(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Semibold => &self.semibold,
        }
    }
}

pub(crate) struct Font {
    face: FontRef<'static>,
    units_per_em: f32,
}

/// A glyph of a line of text; positions are in font units from the start of the line.
pub(crate) struct PlacedGlyph {
    pub(crate) id: GlyphId,
    pub(crate) start: f32,
    pub(crate) end: f32,
}

impl Font {
    fn parse(bytes: &'static [u8]) -> Result<Self, String> {
        let face = FontRef::try_from_slice(bytes).map_err(|error| error.to_string())?;
        let units_per_em = face.units_per_em().ok_or("the embedded font has no units per em")?;
        Ok(Self { face, units_per_em })
    }

    /// Pixels per font unit at `size` pixels per em.
    pub(crate) fn scale(&self, size: f32) -> f32 {
        size / self.units_per_em
    }

    /// The width of `text` in pixels at `size` pixels per em.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text).last().map_or(0.0, |glyph| glyph.end) * self.scale(size)
    }

    /// The width in pixels of the widest of `texts`; 0 if there are none.
    pub(crate) fn max_width<'t>(&self, texts: impl IntoIterator<Item = &'t String>, size: f32) -> f32 {
        texts.into_iter().map(|text| self.width(text, size)).fold(0.0, f32::max)
    }

    /// One glyph for each character, with kerning. A character that the font lacks becomes an empty box.
    pub(crate) fn glyphs(&self, text: &str) -> impl Iterator<Item = PlacedGlyph> {
        let mut pen = 0.0;
        let mut previous = None;
        text.chars().map(move |character| {
            let id = self.face.glyph_id(character);
            if let Some(previous) = previous.replace(id) {
                pen += self.face.kern_unscaled(previous, id);
            }
            let start = pen;
            pen += self.face.h_advance_unscaled(id);
            PlacedGlyph { id, start, end: pen }
        })
    }

    /// Whether the font has all characters of `text`.
    pub(crate) fn covers(&self, text: &str) -> bool {
        text.chars().all(|character| self.face.glyph_id(character) != GlyphId(0))
    }

    /// The outline of a glyph in font units, y upwards; `None` for blanks.
    pub(crate) fn outline(&self, id: GlyphId) -> Option<Outline> {
        self.face.outline(id)
    }
}
