//! The groups' names under the bars, without overlap.
//!
//! Horizontal names are the easiest to read, so they are tried first, wrapped if necessary. Narrower slots
//! get diagonal names, and the narrowest get vertical ones.

use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use super::scene::{Anchor, Angle, Color, Text, Weight};
use super::wrap::{Wrapped, truncate, wrap};

/// Smallest distance between horizontal names, in ems.
const GAP: f32 = 0.6;

/// Slots of at least this width always get horizontal names: their lines hold words of usual length.
const WIDE_SLOT: f32 = 130.0;

/// Diagonal and vertical names reach at most this far down.
const MAX_DEPTH: f32 = 270.0;

/// Diagonal names start at least this far from the left edge of the canvas.
const LEFT_EDGE: f32 = 30.0;

/// Font size and maximum number of lines.
type Form = (f32, usize);

/// Forms of horizontal names in order of preference.
const HORIZONTAL: [Form; 11] = [
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

/// The form of horizontal names that do not fit whole.
const HORIZONTAL_CUT: Form = (18.0, 4);

/// Forms of diagonal names in order of preference. Names that fit whole in none take the last form that
/// fits the slots, as it holds the most text.
const DIAGONAL: [Form; 7] = [(22.0, 1), (20.0, 1), (18.0, 1), (18.0, 2), (16.0, 1), (16.0, 2), (15.0, 2)];

const VERTICAL_MAX_SIZE: f32 = 16.0;
/// In slots too narrow for this size only every second, third, ... bar has a name.
const VERTICAL_MIN_SIZE: f32 = 12.0;

/// Whether names may be broken and truncated.
#[derive(Clone, Copy, PartialEq)]
enum Fit {
    Whole,
    Cut,
}

pub(crate) struct GroupLabels {
    angle: Angle,
    size: f32,
    /// The lines of each name.
    names: Vec<Vec<String>>,
    /// How far down the names reach.
    pub(crate) depth: f32,
    /// The first of every so many bars has a name.
    every: usize,
}

impl GroupLabels {
    /// Fits `names` into slots of `slot` pixels, the first of which starts at `left`.
    pub(crate) fn fit(names: &[String], font: &Font, left: f32, slot: f32) -> Self {
        let horizontal = |form, fit| Self::horizontal(names, font, slot, form, fit);
        let diagonal = |form, fit| Self::diagonal(names, font, left, slot, form, fit);
        let cut = || if slot >= WIDE_SLOT { horizontal(HORIZONTAL_CUT, Fit::Cut) } else { None };
        HORIZONTAL
            .iter()
            .find_map(|&form| horizontal(form, Fit::Whole))
            .or_else(cut)
            .or_else(|| DIAGONAL.iter().find_map(|&form| diagonal(form, Fit::Whole)))
            .or_else(|| DIAGONAL.iter().rev().find_map(|&form| diagonal(form, Fit::Cut)))
            .unwrap_or_else(|| Self::vertical(names, font, slot))
    }

    fn horizontal(names: &[String], font: &Font, slot: f32, (size, max_lines): Form, fit: Fit) -> Option<Self> {
        let names = wrap_all(names, fit, |_, name| wrap(font, name, size, slot - GAP * size, max_lines))?;
        let lines = most_lines(&names);
        let depth = size * (CAP_HEIGHT + LINE_HEIGHT * (lines - 1) as f32 + 0.25);
        Some(Self { angle: Angle::Horizontal, size, names, depth, every: 1 })
    }

    fn diagonal(
        names: &[String],
        font: &Font,
        left: f32,
        slot: f32,
        (size, max_lines): Form,
        fit: Fit,
    ) -> Option<Self> {
        let (cos, sin) = Angle::Diagonal.cos_sin();
        let thickness = max_lines as f32 * LINE_HEIGHT * size;
        if thickness + 4.0 > slot * sin {
            return None;
        }
        let max_length = MAX_DEPTH / sin - thickness;
        let names = wrap_all(names, fit, |index, name| {
            let end = left + (index as f32 + 0.5) * slot - thickness / 2.0 * sin;
            wrap(font, name, size, ((end - LEFT_EDGE) / cos).min(max_length), max_lines)
        })?;
        let length = font.max_width(names.iter().flatten(), size);
        let depth = (length + most_lines(&names) as f32 * LINE_HEIGHT * size) * sin;
        Some(Self { angle: Angle::Diagonal, size, names, depth, every: 1 })
    }

    fn vertical(names: &[String], font: &Font, slot: f32) -> Self {
        let size = (slot / LINE_HEIGHT).clamp(VERTICAL_MIN_SIZE, VERTICAL_MAX_SIZE);
        let every = (LINE_HEIGHT * size / slot).ceil().max(1.0) as usize;
        let names: Vec<_> = names.iter().map(|name| vec![truncate(font, name, size, MAX_DEPTH)]).collect();
        let depth = font.max_width(names.iter().flatten(), size);
        Self { angle: Angle::Vertical, size, names, depth, every }
    }

    /// The lines of the name of bar `index`, whose middle is at `x`; the names' upper edge is at `top`.
    pub(crate) fn place(&self, index: usize, x: f32, top: f32, color: Color) -> impl Iterator<Item = Text> {
        let lines = if index.is_multiple_of(self.every) { self.names[index].as_slice() } else { &[] };
        let (cos, sin) = self.angle.cos_sin();
        let (line_height, cap_height) = (LINE_HEIGHT * self.size, CAP_HEIGHT * self.size);
        let thickness = line_height * lines.len() as f32;
        // Horizontal lines start at the top; others are centred on the bar, and end at the top.
        let (anchor, first_baseline) = match self.angle {
            Angle::Horizontal => (Anchor::Middle, cap_height),
            Angle::Diagonal | Angle::Vertical => (Anchor::End, (line_height + cap_height) / 2.0 - thickness / 2.0),
        };
        // The highest point of a diagonal name is the end of its first line.
        let top = if self.angle == Angle::Diagonal { top + thickness / 2.0 * cos } else { top };
        lines.iter().enumerate().map(move |(i, line)| {
            let across = first_baseline + line_height * i as f32;
            Text {
                content: line.clone(),
                x: x + across * sin,
                y: top + across * cos,
                anchor,
                angle: self.angle,
                size: self.size,
                weight: Weight::Regular,
                color,
            }
        })
    }
}

/// All names wrapped; `None` if they must fit whole and one does not.
fn wrap_all(names: &[String], fit: Fit, wrap: impl Fn(usize, &str) -> Wrapped) -> Option<Vec<Vec<String>>> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let wrapped = wrap(index, name);
            (wrapped.whole || fit == Fit::Cut).then_some(wrapped.lines)
        })
        .collect()
}

fn most_lines(names: &[Vec<String>]) -> usize {
    names.iter().map(Vec::len).fold(1, usize::max)
}
