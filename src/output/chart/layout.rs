//! The layout of the chart: bars, axes and texts become a [`Scene`].
//!
//! The bars carry the color; the grid and the axes are grey.

use super::amount_text::Notation;
use super::axis::Axis;
use super::font::{CAP_HEIGHT, Fonts};
use super::group_labels::{GroupLabels, GroupName};
use super::scene::{Anchor, Angle, Line, Paint, Rect, Scene, Shape, Text, Weight};
use super::total_labels::TotalLabels;
use super::wrap::{truncate, visible};
use crate::model::age_group::{OTHER, UNKNOWN};

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;

/// Distance of texts and lines from the left and right edges of the canvas.
const MARGIN: f32 = 80.0;
const RIGHT: f32 = WIDTH as f32 - MARGIN;

/// The default title.
pub(crate) const DEFAULT_TITLE: &str = "Total spending by age group";

const TITLE_BASELINE: f32 = 102.0;
/// Distance between the baselines of the title and the first note, and between notes.
const NOTE_PITCH: f32 = 44.0;
const NEXT_NOTE_PITCH: f32 = 34.0;
/// Distances from the baseline of the last note.
const HEADER_BOTTOM: f32 = 26.0;
const VALUE_AXIS_BASELINE: f32 = 62.0;
const PLOT_TOP: f32 = 98.0;
const GROUP_AXIS_BASELINE: f32 = HEIGHT as f32 - 54.0;
const MESSAGE_BASELINE: f32 = HEIGHT as f32 / 2.0 + 40.0;

/// Distance between the plot and the groups' names.
const LABEL_GAP: f32 = 18.0;
/// Added to it if a bar points down: its total is drawn above the name.
const NEGATIVE_GAP: f32 = 14.0;
/// Distance between the groups' names and the baseline of the axis title.
const GROUP_AXIS_GAP: f32 = 40.0;
/// Distance between the tick labels and the grid lines.
const TICK_GAP: f32 = 16.0;

/// Sizes of the title in order of preference. A title that fits in none is truncated.
const TITLE_SIZES: [f32; 6] = [44.0, 40.0, 36.0, 32.0, 28.0, 26.0];
/// Full tick labels that are wider than this would narrow the plot too much.
const MAX_TICK_WIDTH: f32 = 240.0;
const MESSAGE_SIZE: f32 = 28.0;
const NOTE_SIZE: f32 = 24.0;
const AXIS_SIZE: f32 = 22.0;

/// A bar's share of its slot, and the maximum width of a bar.
const BAR_SHARE: f32 = 0.62;
const MAX_BAR_WIDTH: f32 = 240.0;
/// The total spending of one age group.
pub(crate) struct Bar<'a> {
    pub(crate) label: &'a str,
    /// The ages in the group, such as `18–29`.
    pub(crate) bounds: Option<&'a str>,
    /// In units of `10^-fraction_digits`.
    pub(crate) total: i128,
}

impl Bar<'_> {
    fn paint(&self) -> Paint {
        if [OTHER, UNKNOWN].contains(&self.label) {
            Paint::NeutralBar
        } else if self.total < 0 {
            Paint::NegativeBar
        } else {
            Paint::Bar
        }
    }
}

/// The texts of a chart that do not come from the bars.
pub(crate) struct Captions<'a> {
    pub(crate) title: &'a str,
    /// Lines under the title.
    pub(crate) notes: &'a [String],
    pub(crate) currency: Option<&'a str>,
}

/// Lays out `bars`, at least one, from left to right.
pub(crate) fn layout(bars: &[Bar<'_>], fraction_digits: u32, captions: &Captions<'_>, fonts: &Fonts) -> Scene {
    let title = visible(captions.title);
    let fits = |size: &&f32| fonts.semibold.width(&title, **size) <= RIGHT - MARGIN;
    let size = TITLE_SIZES.iter().find(fits).unwrap_or(&TITLE_SIZES[TITLE_SIZES.len() - 1]);
    let title = truncate(&fonts.semibold, &title, *size, RIGHT - MARGIN);
    let title = text(title, MARGIN, TITLE_BASELINE, Anchor::Start, *size, Paint::Ink);
    let mut header = vec![Shape::Text(Text { weight: Weight::Semibold, ..title })];
    let mut baseline = TITLE_BASELINE + NOTE_PITCH;
    for (index, note) in captions.notes.iter().enumerate() {
        baseline += if index > 0 { NEXT_NOTE_PITCH } else { 0.0 };
        let note = truncate(&fonts.regular, note, NOTE_SIZE, RIGHT - MARGIN);
        header.push(Shape::Text(text(note, MARGIN, baseline, Anchor::Start, NOTE_SIZE, Paint::Muted)));
    }
    let mut plot = Vec::new();
    Plot::new(bars, fraction_digits, captions.currency, baseline, fonts).add_to(&mut plot);
    Scene { width: WIDTH, height: HEIGHT, header, header_bottom: (baseline + HEADER_BOTTOM) as u32, plot }
}

fn text(content: String, x: f32, y: f32, anchor: Anchor, size: f32, paint: Paint) -> Text {
    Text { content, x, y, anchor, angle: Angle::Horizontal, size, weight: Weight::Regular, paint }
}

/// The left edge of the plot, the width of a slot, and the totals in a notation that fits both.
struct Frame {
    left: f32,
    slot: f32,
    notation: Notation,
    total_labels: TotalLabels,
}

impl Frame {
    /// `None` if full amounts do not fit. Short ones always do.
    fn fit(
        axis: &Axis,
        totals: &[i128],
        fraction_digits: u32,
        notation: Notation,
        currency: Option<&str>,
        fonts: &Fonts,
    ) -> Option<Self> {
        let ticks: Vec<String> = axis.ticks(notation).map(|(_, label)| label).collect();
        let width = fonts.regular.max_width(&ticks, AXIS_SIZE);
        if notation == Notation::Full && width > MAX_TICK_WIDTH {
            return None;
        }
        let left = (MARGIN + width + TICK_GAP).round();
        let slot = (RIGHT - left) / totals.len() as f32;
        let total_labels = TotalLabels::fit(totals, fraction_digits, notation, currency, &fonts.semibold, slot)?;
        Some(Self { left, slot, notation, total_labels })
    }
}

/// Everything below the header. Each bar is centred in a slot; the slots divide the width equally.
struct Plot<'a> {
    bars: &'a [Bar<'a>],
    currency: Option<&'a str>,
    fonts: &'a Fonts,
    axis: Axis,
    frame: Frame,
    group_labels: GroupLabels,
    /// Baseline of the title of the value axis.
    value_axis_baseline: f32,
    /// Upper edge of the groups' names.
    label_top: f32,
    /// The position of zero, and the length of a step of the axis.
    zero: f64,
    step: f64,
}

impl<'a> Plot<'a> {
    /// `header` is the baseline of the last note.
    fn new(
        bars: &'a [Bar<'a>],
        fraction_digits: u32,
        currency: Option<&'a str>,
        header: f32,
        fonts: &'a Fonts,
    ) -> Self {
        let totals: Vec<i128> = bars.iter().map(|bar| bar.total).collect();
        let axis = Axis::new(&totals, fraction_digits);
        let frame = |notation| Frame::fit(&axis, &totals, fraction_digits, notation, currency, fonts);
        // Proof: short amounts always fit.
        let frame = frame(Notation::Full).or_else(|| frame(Notation::Short)).expect("short amounts fit");
        let names: Vec<GroupName> = bars.iter().map(|bar| GroupName::new(visible(bar.label), bar.bounds)).collect();
        let group_labels = GroupLabels::fit(&names, &fonts.regular, frame.left, frame.slot);

        let label_top = GROUP_AXIS_BASELINE - GROUP_AXIS_GAP - group_labels.depth;
        let negative = totals.iter().any(|&total| total < 0);
        let bottom = label_top - LABEL_GAP - if negative { NEGATIVE_GAP } else { 0.0 };
        let fit = axis.fit(f64::from(bottom - header - PLOT_TOP), f64::from(frame.total_labels.reach));
        let zero = (f64::from(bottom) - fit.zero).round();
        let value_axis_baseline = header + VALUE_AXIS_BASELINE;
        let step = fit.step;
        Self { bars, currency, fonts, axis, frame, group_labels, value_axis_baseline, label_top, zero, step }
    }

    fn add_to(&self, shapes: &mut Vec<Shape>) {
        self.add_axes(shapes);
        if self.bars.iter().all(|bar| bar.total == 0) {
            let message = "All totals are zero".to_owned();
            let middle = WIDTH as f32 / 2.0;
            shapes.push(Shape::Text(text(
                message,
                middle,
                MESSAGE_BASELINE,
                Anchor::Middle,
                MESSAGE_SIZE,
                Paint::Muted,
            )));
        }
        let (left, right, zero) = (self.frame.left as i32, RIGHT as i32, self.zero as i32);
        // Drawn before the bars, so that it hides no part of a small bar.
        shapes.push(Shape::Rect(Rect { left, top: zero - 1, right, bottom: zero + 1, paint: Paint::Ink }));
        for (index, bar) in self.bars.iter().enumerate() {
            self.add_bar(index, bar, shapes);
        }
    }

    /// The grid lines with their labels, and the titles of both axes.
    fn add_axes(&self, shapes: &mut Vec<Shape>) {
        let title = match self.currency {
            Some(currency) => format!("Total spending ({})", visible(currency)),
            None => "Total spending".to_owned(),
        };
        let baseline = self.value_axis_baseline;
        shapes.push(Shape::Text(text(title, MARGIN, baseline, Anchor::Start, AXIS_SIZE, Paint::Muted)));
        let left = self.frame.left;
        for (steps, label) in self.axis.ticks(self.frame.notation) {
            let y = self.y(steps);
            shapes.push(Shape::Line(Line { left: left as i32, right: RIGHT as i32, y, paint: Paint::Grid }));
            let baseline = y as f32 + (CAP_HEIGHT * AXIS_SIZE / 2.0).round();
            shapes.push(Shape::Text(text(label, left - TICK_GAP, baseline, Anchor::End, AXIS_SIZE, Paint::Muted)));
        }
        let (title, middle) = ("Age group".to_owned(), (left + RIGHT) / 2.0);
        shapes.push(Shape::Text(text(title, middle, GROUP_AXIS_BASELINE, Anchor::Middle, AXIS_SIZE, Paint::Muted)));
    }

    /// A bar with its total and its name.
    fn add_bar(&self, index: usize, bar: &Bar<'_>, shapes: &mut Vec<Shape>) {
        let middle = self.frame.left + (index as f32 + 0.5) * self.frame.slot;
        let half = (self.frame.slot * BAR_SHARE).clamp(1.0, MAX_BAR_WIDTH) / 2.0;
        let (left, right) = ((middle - half).round() as i32, (middle + half).round() as i32);
        let zero = self.zero as i32;
        let end = self.y(self.axis.steps(bar.total));
        if end != zero {
            shapes.push(Shape::Rect(Rect {
                left,
                top: end.min(zero),
                right,
                bottom: end.max(zero),
                paint: bar.paint(),
            }));
        }
        let at = (middle, end as f32);
        let total = self.frame.total_labels.place(index, at, bar.total < 0, &self.fonts.semibold);
        shapes.extend(total.into_iter().flat_map(|(background, text)| [Shape::Rect(background), Shape::Text(text)]));
        shapes.extend(self.group_labels.place(index, middle, self.label_top).into_iter().map(Shape::Text));
    }

    /// The pixel row that lies `steps` above zero.
    fn y(&self, steps: f64) -> i32 {
        (self.zero - steps * self.step).round() as i32
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
