//! The groups' names and age bounds under the bars, without overlap.
//!
//! Horizontal names are the easiest to read, so they are tried first, wrapped if necessary, with the bounds on a line
//! of their own. A few names that are too long for this are made smaller or truncated. Narrower slots get diagonal
//! labels, and the narrowest get vertical ones; these have the bounds in brackets after the name.

use super::font::{CAP_HEIGHT, Font, LINE_HEIGHT};
use super::scene::{Anchor, Angle, Paint, Text, Weight};
use super::wrap::{Wrapped, truncate, wrap};

/// Smallest distance between horizontal names, in ems.
const GAP: f32 = 0.6;

/// Slots of at least this width always get horizontal names: their lines hold words of usual length.
const WIDE_SLOT: f32 = 130.0;

/// In narrower slots, one name in this many may be made smaller or truncated, so that the others can be horizontal.
const NAMES_PER_OUTLIER: usize = 4;
/// The smallest width of a slot for which this is done, in pixels.
const MIN_OUTLIER_SLOT: f32 = 60.0;

/// Diagonal and vertical names reach at most this far down.
const MAX_DEPTH: f32 = 270.0;

/// Diagonal names start at least this far from the left edge of the canvas.
const LEFT_EDGE: f32 = 30.0;

/// Usual size of the bounds under a horizontal name, in ems of the name. If some do not fit, all are made smaller, down
/// to a size in pixels.
const BOUNDS_SIZE: f32 = 0.85;
const BOUNDS_MIN_SIZE: f32 = 12.0;
const BOUNDS_LINES: usize = 2;

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

/// A horizontal name that does not fit in the size of the others is made smaller, down to this size. If it still does
/// not fit, it is truncated in the size of the others.
const OUTLIER_MIN_SIZE: f32 = 12.0;
/// The maximum number of lines of such a name.
const OUTLIER_LINES: usize = 4;

/// The form of horizontal names if most do not fit whole.
const HORIZONTAL_CUT: Form = (18.0, OUTLIER_LINES);

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

/// What happens to the bounds under horizontal names if some do not fit. Bounds are never truncated, which would make
/// them wrong, and either all have the same size or none is shown.
#[derive(Clone, Copy, PartialEq)]
enum Bounds {
    UsualSize,
    Smaller,
    LeftOut,
}

/// The text under a bar: the name of the group and its ages.
pub(crate) struct GroupName {
    pub(crate) name: String,
    /// Such as `18–29`.
    pub(crate) bounds: Option<String>,
}

impl GroupName {
    /// Leaves out bounds that the name already states, as in `45+` or `Seniors (45+)`.
    pub(crate) fn new(name: String, bounds: Option<&str>) -> Self {
        let bounds = bounds.filter(|bounds| !states(&name.replace('-', "–"), bounds)).map(str::to_owned);
        Self { name, bounds }
    }

    /// Name and bounds on one line.
    fn one_line(&self) -> String {
        match &self.bounds {
            Some(bounds) if self.name.is_empty() => bounds.clone(),
            Some(bounds) => format!("{} ({bounds})", self.name),
            None => self.name.clone(),
        }
    }
}

/// Whether `text` contains `bounds` and not only as a part of a longer number.
fn states(text: &str, bounds: &str) -> bool {
    text.match_indices(bounds).any(|(at, _)| {
        let number = |character: char| character.is_ascii_digit() || character == '.' || character == '–';
        !text[..at].ends_with(number) && !text[at + bounds.len()..].starts_with(number)
    })
}

/// The label of one bar.
struct Label {
    lines: Vec<String>,
    /// Written under a horizontal name.
    bounds: Vec<String>,
    /// Font size of the lines.
    size: f32,
    bounds_size: f32,
}

impl Label {
    /// The distance from the top of a horizontal label to the baseline of a line of the name.
    fn line_baseline(&self, line: usize) -> f32 {
        self.size * (CAP_HEIGHT + LINE_HEIGHT * line as f32)
    }

    /// As [`line_baseline`](Self::line_baseline), for a line of the bounds.
    fn bounds_baseline(&self, line: usize) -> f32 {
        // The first line takes the place of the name if that is empty.
        let below = if self.lines.is_empty() { line } else { line + 1 };
        self.line_baseline(self.lines.len().saturating_sub(1)) + LINE_HEIGHT * self.bounds_size * below as f32
    }
}

pub(crate) struct GroupLabels {
    angle: Angle,
    size: f32,
    labels: Vec<Label>,
    /// The height of the labels, in pixels.
    pub(crate) depth: f32,
    /// One bar in this many has a label, beginning with the first bar.
    every: usize,
}

impl GroupLabels {
    /// Fits `names` into slots of `slot` pixels, the first of which starts at `left`.
    pub(crate) fn fit(names: &[GroupName], font: &Font, left: f32, slot: f32) -> Self {
        let horizontal =
            |outliers, bounds| move |&form: &Form| Self::horizontal(names, font, slot, form, outliers, bounds);
        let diagonal = |form, fit| Self::diagonal(names, font, left, slot, form, fit);
        let outliers = || match (names.len() / NAMES_PER_OUTLIER).max(1) {
            outliers if slot >= MIN_OUTLIER_SLOT => HORIZONTAL.iter().find_map(horizontal(outliers, Bounds::Smaller)),
            _ => None,
        };
        let cut = |bounds| (slot >= WIDE_SLOT).then(|| horizontal(names.len(), bounds)(&HORIZONTAL_CUT)).flatten();
        HORIZONTAL
            .iter()
            .find_map(horizontal(0, Bounds::UsualSize))
            .or_else(|| HORIZONTAL.iter().find_map(horizontal(0, Bounds::Smaller)))
            .or_else(outliers)
            .or_else(|| cut(Bounds::Smaller))
            .or_else(|| cut(Bounds::LeftOut))
            .or_else(|| DIAGONAL.iter().find_map(|&form| diagonal(form, Fit::Whole)))
            .or_else(|| DIAGONAL.iter().rev().find_map(|&form| diagonal(form, Fit::Cut)))
            .unwrap_or_else(|| Self::vertical(names, font, slot))
    }

    /// `None` if more than `outliers` names do not fit whole, or if some bounds do not fit.
    fn horizontal(
        names: &[GroupName],
        font: &Font,
        slot: f32,
        (size, max_lines): Form,
        outliers: usize,
        bounds_fit: Bounds,
    ) -> Option<Self> {
        let all_bounds = names.iter().filter_map(|name| name.bounds.as_deref());
        let bounds_size = bounds_size(all_bounds, font, slot, BOUNDS_SIZE * size, bounds_fit)?;
        let room = |size| slot - GAP * size;
        let (mut labels, mut cut) = (Vec::with_capacity(names.len()), 0);
        for GroupName { name, bounds } in names {
            let mut wrapped = wrap(font, name, size, room(size), max_lines);
            let mut own_size = size;
            cut += usize::from(!wrapped.whole);
            if cut > outliers {
                return None;
            }
            if !wrapped.whole {
                wrapped = wrap(font, name, size, room(size), OUTLIER_LINES);
            }
            while !wrapped.whole && own_size > OUTLIER_MIN_SIZE {
                own_size -= 1.0;
                let smaller = wrap(font, name, own_size, room(own_size), OUTLIER_LINES);
                if smaller.whole {
                    wrapped = smaller;
                }
            }
            let size = if wrapped.whole { own_size } else { size };
            let bounds = bounds.as_deref().filter(|_| bounds_fit != Bounds::LeftOut);
            let bounds = bounds.map_or(vec![], |bounds| wrap_bounds(font, bounds, bounds_size, slot).lines);
            labels.push(Label { lines: wrapped.lines, bounds, size, bounds_size });
        }
        let depth = labels.iter().map(|label| match label.bounds.len() {
            0 => label.line_baseline(label.lines.len().max(1) - 1) + 0.25 * size,
            lines => label.bounds_baseline(lines - 1) + 0.25 * size,
        });
        let depth = depth.fold(0.0, f32::max);
        Some(Self { angle: Angle::Horizontal, size, labels, depth, every: 1 })
    }

    fn diagonal(
        names: &[GroupName],
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
        let labels: Vec<Label> = wrap_all(names, size, fit, |index, name| {
            let end = left + (index as f32 + 0.5) * slot - thickness / 2.0 * sin;
            wrap(font, name, size, ((end - LEFT_EDGE) / cos).min(max_length), max_lines)
        })?;
        let length = font.max_width(labels.iter().flat_map(|label| &label.lines), size);
        let most_lines = labels.iter().map(|label| label.lines.len()).fold(1, usize::max);
        let depth = (length + most_lines as f32 * LINE_HEIGHT * size) * sin;
        Some(Self { angle: Angle::Diagonal, size, labels, depth, every: 1 })
    }

    fn vertical(names: &[GroupName], font: &Font, slot: f32) -> Self {
        let size = (slot / LINE_HEIGHT).clamp(VERTICAL_MIN_SIZE, VERTICAL_MAX_SIZE);
        let every = (LINE_HEIGHT * size / slot).ceil().max(1.0) as usize;
        // Long bounds would leave too little height for the plot.
        let fits = |text: &str| font.width(text, size) <= MAX_DEPTH / 2.0;
        let lines = names.iter().map(|name| {
            let whole = Some(name.one_line()).filter(|text| fits(text));
            vec![whole.unwrap_or_else(|| truncate(font, &name.name, size, MAX_DEPTH))]
        });
        let labels: Vec<Label> = lines.map(|lines| Label { lines, bounds: vec![], size, bounds_size: size }).collect();
        let depth = font.max_width(labels.iter().flat_map(|label| &label.lines), size);
        Self { angle: Angle::Vertical, size, labels, depth, every }
    }

    /// The lines of the label of bar `index`, whose middle is at `x`; the labels' upper edge is at `top`.
    pub(crate) fn place(&self, index: usize, x: f32, top: f32) -> Vec<Text> {
        if !index.is_multiple_of(self.every) {
            return vec![];
        }
        let label = &self.labels[index];
        let text = |content: &String, (x, y), anchor, size, paint| Text {
            content: content.clone(),
            x,
            y,
            anchor,
            angle: self.angle,
            size,
            weight: Weight::Regular,
            paint,
        };
        if self.angle == Angle::Horizontal {
            let name =
                label.lines.iter().enumerate().map(|(i, line)| {
                    text(line, (x, top + label.line_baseline(i)), Anchor::Middle, label.size, Paint::Ink)
                });
            let bounds = label.bounds.iter().enumerate().map(|(i, line)| {
                let place = (x, top + label.bounds_baseline(i));
                text(line, place, Anchor::Middle, label.bounds_size, Paint::Muted)
            });
            return name.chain(bounds).collect();
        }
        // Diagonal and vertical lines are centred on the bar, and end at the top.
        let (cos, sin) = self.angle.cos_sin();
        let (line_height, cap_height) = (LINE_HEIGHT * self.size, CAP_HEIGHT * self.size);
        let thickness = line_height * label.lines.len() as f32;
        let first_baseline = (line_height + cap_height) / 2.0 - thickness / 2.0;
        // The highest point of a diagonal name is the end of its first line.
        let top = if self.angle == Angle::Diagonal { top + thickness / 2.0 * cos } else { top };
        let line = |(i, line): (usize, &String)| {
            let across = first_baseline + line_height * i as f32;
            text(line, (x + across * sin, top + across * cos), Anchor::End, self.size, Paint::Ink)
        };
        label.lines.iter().enumerate().map(line).collect()
    }
}

/// The size of the bounds under horizontal names, at most `usual`. `None` if some do not fit in any allowed size.
fn bounds_size<'a>(
    bounds: impl Iterator<Item = &'a str> + Clone,
    font: &Font,
    slot: f32,
    usual: f32,
    fit: Bounds,
) -> Option<f32> {
    let mut size = usual;
    while fit != Bounds::LeftOut && !bounds.clone().all(|bounds| wrap_bounds(font, bounds, size, slot).whole) {
        size -= 1.0;
        if fit == Bounds::UsualSize || size < BOUNDS_MIN_SIZE {
            return None;
        }
    }
    Some(size)
}

fn wrap_bounds(font: &Font, bounds: &str, size: f32, slot: f32) -> Wrapped {
    wrap(font, bounds, size, slot - GAP * size, BOUNDS_LINES)
}

/// All labels, each with name and bounds in one text that is wrapped; `None` if they must fit whole and one does not. A
/// label that is cut loses its bounds first.
fn wrap_all(names: &[GroupName], size: f32, fit: Fit, wrap: impl Fn(usize, &str) -> Wrapped) -> Option<Vec<Label>> {
    names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let whole = wrap(index, &name.one_line());
            let lines = match fit {
                _ if whole.whole => whole.lines,
                Fit::Whole => return None,
                Fit::Cut => wrap(index, &name.name).lines,
            };
            Some(Label { lines, bounds: vec![], size, bounds_size: size })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_that_the_name_states_are_left_out() {
        for (name, bounds, left_out) in [
            ("18-29", "18–29", true),
            ("Young 18–29", "18–29", true),
            ("Seniors (45+)", "45+", true),
            ("18-30", "18–29", false),
            ("Group 145+", "45+", false),
            ("Group 2", "2", true),
            ("Group 2.5", "2", false),
            ("Young", "18–29", false),
        ] {
            assert_eq!(GroupName::new(name.to_owned(), Some(bounds)).bounds.is_none(), left_out, "{name}");
        }
    }
}
