//! The embedded typeface: measuring, shortening and wrapping text.
//!
//! The font files are part of the program, so a chart looks the same on every
//! machine and needs no font to be installed.

use ab_glyph::{Font as _, FontRef, GlyphId, Outline};

static REGULAR: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/OpenSans-Regular.ttf"));
static SEMIBOLD: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/OpenSans-Semibold.ttf"));

/// Height of capitals and digits, as a part of the font size.
pub(crate) const CAP_HEIGHT: f32 = 0.714;

/// Distance of two lines' baselines, as a part of the font size.
pub(crate) const LINE_HEIGHT: f32 = 1.25;

/// Longer texts are cut before they are measured: far more than can be shown,
/// and it keeps the time for a hopelessly long one small.
const MAX_CHARS: usize = 300;

pub(crate) struct Font {
    face: FontRef<'static>,
    units_per_em: f32,
}

/// Lines of a wrapped text.
pub(crate) struct Wrapped {
    pub(crate) lines: Vec<String>,
    /// False when a word was broken or the text was cut.
    pub(crate) whole: bool,
}

impl Font {
    pub(crate) fn regular() -> Result<Self, String> {
        Self::parse(REGULAR)
    }

    pub(crate) fn semibold() -> Result<Self, String> {
        Self::parse(SEMIBOLD)
    }

    fn parse(bytes: &'static [u8]) -> Result<Self, String> {
        let face = FontRef::try_from_slice(bytes).map_err(|error| error.to_string())?;
        let units_per_em = face.units_per_em().ok_or("the chart's font has no size of its em square")?;
        Ok(Self { face, units_per_em })
    }

    /// Pixels per unit of the font at this size.
    pub(crate) fn scale(&self, size: f32) -> f32 {
        size / self.units_per_em
    }

    /// The width in pixels of `text` at `size` pixels per em.
    pub(crate) fn width(&self, text: &str, size: f32) -> f32 {
        let mut end = 0.0;
        self.walk(text, |_, pen, advance| end = pen + advance);
        end * self.scale(size)
    }

    /// Calls `visit` with each glyph's outline, if it has one, and its position
    /// in font units. A character that the font lacks shows as an empty box.
    pub(crate) fn outlines(&self, text: &str, mut visit: impl FnMut(Outline, f32)) {
        self.walk(text, |glyph, pen, _| {
            if let Some(outline) = self.face.outline(glyph) {
                visit(outline, pen);
            }
        });
    }

    fn walk(&self, text: &str, mut visit: impl FnMut(GlyphId, f32, f32)) {
        let mut pen = 0.0;
        let mut previous = None;
        for character in text.chars() {
            let glyph = self.face.glyph_id(character);
            if let Some(previous) = previous {
                pen += self.face.kern_unscaled(previous, glyph);
            }
            let advance = self.face.h_advance_unscaled(glyph);
            visit(glyph, pen, advance);
            pen += advance;
            previous = Some(glyph);
        }
    }

    /// `text` itself if it is at most `width` pixels wide, else its beginning
    /// with an ellipsis.
    pub(crate) fn elide(&self, text: &str, size: f32, width: f32) -> String {
        if self.width(text, size) <= width {
            return text.to_owned();
        }
        // About as much as fits, found in one pass, then whatever is too much.
        let room = (width - self.width("…", size)) / self.scale(size);
        let mut fitting = 0;
        self.walk(text, |_, pen, advance| {
            fitting += usize::from(pen + advance <= room);
        });
        let mut kept: String = text.chars().take(fitting).collect();
        loop {
            let cut = format!("{}…", kept.trim_end());
            if self.width(&cut, size) <= width {
                return cut;
            }
            if kept.pop().is_none() {
                return String::new();
            }
        }
    }

    /// Breaks `text` into at most `max_lines` lines of at most `width` pixels
    /// and of about the same width.
    pub(crate) fn wrap(&self, text: &str, size: f32, width: f32, max_lines: usize) -> Wrapped {
        let mut best = self.wrap_greedily(text, size, width, max_lines);
        if !best.whole || best.lines.len() < 2 {
            return best;
        }
        // The narrowest width that needs no more lines balances them.
        let (mut too_narrow, mut enough) = (width / best.lines.len() as f32 / 2.0, width);
        for _ in 0..6 {
            let middle = (too_narrow + enough) / 2.0;
            let narrower = self.wrap_greedily(text, size, middle, best.lines.len());
            if narrower.whole {
                best = narrower;
                enough = middle;
            } else {
                too_narrow = middle;
            }
        }
        best
    }

    fn wrap_greedily(&self, text: &str, size: f32, width: f32, max_lines: usize) -> Wrapped {
        let fits = |line: &str| self.width(line.trim_end(), size) <= width;
        let mut whole = true;
        let mut lines = Vec::new();
        let mut line = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            if lines.len() + 1 == max_lines {
                let last = line + rest;
                whole &= fits(&last);
                line = self.elide(last.trim_end(), size, width);
                break;
            }
            let piece = first_piece(rest);
            let joined = format!("{line}{piece}");
            if fits(&joined) {
                line = joined;
                rest = &rest[piece.len()..];
            } else if line.is_empty() {
                // A word wider than the line: as many characters as fit.
                whole = false;
                let mut broken = String::new();
                for character in piece.chars() {
                    broken.push(character);
                    if broken.chars().nth(1).is_some() && !fits(&broken) {
                        broken.pop();
                        break;
                    }
                }
                rest = &rest[broken.len()..];
                lines.push(broken);
            } else {
                lines.push(line.trim_end().to_owned());
                line.clear();
            }
        }
        if !line.trim_end().is_empty() {
            lines.push(line.trim_end().to_owned());
        }
        Wrapped { lines, whole }
    }
}

/// The text up to and with the first place where a line may end: a space, or a
/// mark between two words, but not the hyphen of a range such as `20-24`.
fn first_piece(text: &str) -> &str {
    let mut before = ' ';
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let is_mark = matches!(character, '-' | '/' | '_');
        let after = rest.peek().map_or(' ', |&(_, after)| after);
        if character == ' ' || is_mark && before.is_alphabetic() && after.is_alphabetic() {
            // All of these take one byte.
            return &text[..=at];
        }
        before = character;
    }
    text
}

/// `text` as one line of visible characters: spaces for control characters,
/// and none of the invisible ones that would show as boxes.
pub(crate) fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|&character| !is_invisible(character))
        .map(|character| if character.is_control() || character.is_whitespace() { ' ' } else { character })
        .take(MAX_CHARS)
        .collect();
    visible.split(' ').filter(|word| !word.is_empty()).fold(String::with_capacity(visible.len()), |mut line, word| {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        line
    })
}

/// Joiners, direction marks, variation selectors and the like.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}
