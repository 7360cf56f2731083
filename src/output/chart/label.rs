//! Names of the groups under the bars: how to fit them without overlap.
//!
//! Level names are the easiest to read, so they are wrapped as long as that
//! suffices. Where the bars are too close together for that, names are slanted,
//! and with very many bars they stand upright.

use super::canvas::{Align, Canvas, Slope, Style};
use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use plotters::style::RGBColor;

/// Level names may be this close to each other, as a part of the font size.
const GAP: f32 = 0.6;

/// Slots at least this wide always get level names, broken if need be: such
/// lines hold words of usual length.
const ROOMY_SLOT: f32 = 130.0;

/// Slanted and upright names reach down no further than this.
const MAX_DEPTH: f32 = 270.0;

/// No slanted name starts left of this.
const LEFT_EDGE: f32 = 30.0;

/// Sizes and numbers of lines to try for level names, the best first.
const LEVEL: [(f32, usize); 11] = [
    (26.0, 1),
    (24.0, 1),
    (22.0, 1),
    (20.0, 1),
    (26.0, 2),
    (24.0, 2),
    (22.0, 2),
    (20.0, 2),
    (20.0, 3),
    (18.0, 2),
    (18.0, 3),
];

/// The same for the names that are broken if need be.
const LEVEL_BROKEN: (f32, usize) = (18.0, 4);

/// The same for slanted names.
const SLANTED: [(f32, usize); 7] = [(22.0, 1), (20.0, 1), (18.0, 1), (18.0, 2), (16.0, 1), (16.0, 2), (15.0, 2)];

const UPRIGHT_SIZE: f32 = 16.0;

/// Upright names are not made smaller than this; beyond, only every second,
/// third, ... bar is named.
const UPRIGHT_MIN_SIZE: f32 = 12.0;

pub(crate) struct Labels {
    slope: Slope,
    size: f32,
    /// Each name's lines.
    names: Vec<Vec<String>>,
    /// How far down the names reach.
    pub(crate) depth: f32,
    /// Only every so many bars have a name.
    every: usize,
}

impl Labels {
    /// Fits `names` into slots of `slot` pixels, the first of which starts at
    /// `left`.
    pub(crate) fn fit(names: &[String], font: &Font, left: f32, slot: f32) -> Self {
        let fitting = LEVEL.iter().find_map(|&(size, lines)| Self::level(names, font, slot, size, lines, true));
        if let Some(labels) = fitting {
            return labels;
        }
        if slot >= ROOMY_SLOT {
            let (size, lines) = LEVEL_BROKEN;
            if let Some(labels) = Self::level(names, font, slot, size, lines, false) {
                return labels;
            }
        }
        let slanted = |whole: bool| {
            let mut sizes = SLANTED.iter();
            // The last size that fits the slot holds the most.
            if whole {
                sizes.find_map(|&way| Self::slanted(names, font, left, slot, way, whole))
            } else {
                sizes.rev().find_map(|&way| Self::slanted(names, font, left, slot, way, whole))
            }
        };
        slanted(true).or_else(|| slanted(false)).unwrap_or_else(|| Self::upright(names, font, slot))
    }

    fn level(names: &[String], font: &Font, slot: f32, size: f32, max_lines: usize, whole: bool) -> Option<Self> {
        let names = wrap_all(names, whole, |_, name| font.wrap(name, size, slot - GAP * size, max_lines))?;
        let lines = most_lines(&names);
        Some(Self {
            slope: Slope::Flat,
            size,
            names,
            depth: size * (CAP_HEIGHT + LINE_HEIGHT * (lines - 1) as f32 + 0.25),
            every: 1,
        })
    }

    fn slanted(
        names: &[String],
        font: &Font,
        left: f32,
        slot: f32,
        (size, max_lines): (f32, usize),
        whole: bool,
    ) -> Option<Self> {
        let (cos, sin) = Slope::Diagonal.direction();
        let thickness = max_lines as f32 * LINE_HEIGHT * size;
        if thickness + 4.0 > slot * sin {
            return None;
        }
        let deepest = MAX_DEPTH / sin - thickness;
        let names = wrap_all(names, whole, |i, name| {
            let end = left + (i as f32 + 0.5) * slot - thickness / 2.0 * sin;
            let room = ((end - LEFT_EDGE) / cos).min(deepest);
            font.wrap(name, size, room, max_lines)
        })?;
        let lines = most_lines(&names) as f32;
        let length = longest(&names, font, size);
        Some(Self { slope: Slope::Diagonal, size, names, depth: (length + lines * LINE_HEIGHT * size) * sin, every: 1 })
    }

    fn upright(names: &[String], font: &Font, slot: f32) -> Self {
        let size = (slot / LINE_HEIGHT).clamp(UPRIGHT_MIN_SIZE, UPRIGHT_SIZE);
        let every = (LINE_HEIGHT * size / slot).ceil().max(1.0) as usize;
        let names: Vec<_> = names.iter().map(|name| vec![font.elide(name, size, MAX_DEPTH)]).collect();
        Self { slope: Slope::Upright, size, depth: longest(&names, font, size), names, every }
    }

    /// Writes the name of bar `index` centred under `(x, y)`.
    pub(crate) fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        index: usize,
        (x, y): (f32, f32),
        font: &Font,
        color: RGBColor,
    ) -> Result<(), String> {
        let (Some(lines), true) = (self.names.get(index), index.is_multiple_of(self.every)) else {
            return Ok(());
        };
        let (cos, sin) = self.slope.direction();
        let line_height = LINE_HEIGHT * self.size;
        // From the top edge of the lines, seen along them, to each baseline.
        let first = match self.slope {
            Slope::Flat => CAP_HEIGHT * self.size,
            Slope::Diagonal | Slope::Upright => {
                (line_height + CAP_HEIGHT * self.size) / 2.0 - line_height * lines.len() as f32 / 2.0
            }
        };
        // The corner at the right end of a slanted name's top edge is highest.
        let lower = match self.slope {
            Slope::Diagonal => lines.len() as f32 * line_height / 2.0 * cos,
            Slope::Flat | Slope::Upright => 0.0,
        };
        let style = Style {
            font,
            size: self.size,
            color,
            align: match self.slope {
                Slope::Flat => Align::Middle,
                Slope::Diagonal | Slope::Upright => Align::End,
            },
            slope: self.slope,
        };
        for (i, line) in lines.iter().enumerate() {
            let down = first + line_height * i as f32;
            canvas.text(line, (x + down * sin, y + lower + down * cos), style)?;
        }
        Ok(())
    }
}

/// All names wrapped; none if `whole` is asked for and a name had to be cut.
fn wrap_all(
    names: &[String],
    whole: bool,
    wrap: impl Fn(usize, &str) -> super::font::Wrapped,
) -> Option<Vec<Vec<String>>> {
    names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let wrapped = wrap(i, name);
            (wrapped.whole || !whole).then_some(wrapped.lines)
        })
        .collect()
}

fn most_lines(names: &[Vec<String>]) -> usize {
    names.iter().map(Vec::len).fold(1, usize::max)
}

fn longest(names: &[Vec<String>], font: &Font, size: f32) -> f32 {
    names.iter().flatten().map(|line| font.width(line, size)).fold(0.0, f32::max)
}
