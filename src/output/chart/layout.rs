//! The layout of the chart: bars, axes and texts become a [`Scene`].
//!
//! The bars carry the color; the grid and the axes are grey. The hues are from the Okabe-Ito palette, which
//! color-blind readers can tell apart, as can readers of a greyscale print.

use super::axis::Axis;
use super::font::{CAP_HEIGHT, Fonts};
use super::group_labels::GroupLabels;
use super::scene::{Anchor, Angle, Color, Line, Rect, Scene, Shape, Text, Weight};
use super::total_labels::TotalLabels;
use super::wrap::{truncate, visible};
use crate::model::age_group::{OTHER, UNKNOWN};

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;

/// Distance of texts and lines from the left and right edges of the canvas.
const MARGIN: f32 = 80.0;
const RIGHT: f32 = WIDTH as f32 - MARGIN;

const TITLE: &str = "Total spending by age group";
const TITLE_BASELINE: f32 = 102.0;
const NOTE_BASELINE: f32 = 146.0;
const VALUE_AXIS_BASELINE: f32 = 208.0;
const PLOT_TOP: f32 = 244.0;
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

const TITLE_SIZE: f32 = 44.0;
const MESSAGE_SIZE: f32 = 28.0;
const NOTE_SIZE: f32 = 24.0;
const AXIS_SIZE: f32 = 22.0;

/// A bar's share of its slot, and the maximum width of a bar.
const BAR_SHARE: f32 = 0.62;
const MAX_BAR_WIDTH: f32 = 240.0;
/// Height of the smallest bar whose total is not zero.
const MIN_BAR_HEIGHT: i32 = 3;

const INK: Color = Color(0x1f, 0x29, 0x33);
const MUTED: Color = Color(0x5f, 0x6b, 0x7a);
const GRID: Color = Color(0xdf, 0xe3, 0xe8);
const BAR: Color = Color(0x00, 0x72, 0xb2);
const NEGATIVE_BAR: Color = Color(0xd5, 0x5e, 0x00);
/// For `Other` and `Unknown`.
const NEUTRAL_BAR: Color = Color(0xa9, 0xb0, 0xb8);

/// The total spending of one age group.
pub(crate) struct Bar<'a> {
    pub(crate) label: &'a str,
    /// In units of `10^-fraction_digits`.
    pub(crate) total: i128,
}

impl Bar<'_> {
    fn color(&self) -> Color {
        if [OTHER, UNKNOWN].contains(&self.label) {
            NEUTRAL_BAR
        } else if self.total < 0 {
            NEGATIVE_BAR
        } else {
            BAR
        }
    }
}

/// Lays out `bars`, at least one, from left to right, with `note` under the title.
pub(crate) fn layout(bars: &[Bar<'_>], fraction_digits: u32, note: &str, fonts: &Fonts) -> Scene {
    let mut scene = Scene { width: WIDTH, height: HEIGHT, shapes: Vec::new() };
    let title = text(TITLE.to_owned(), MARGIN, TITLE_BASELINE, Anchor::Start, TITLE_SIZE, INK);
    scene.shapes.push(Shape::Text(Text { weight: Weight::Semibold, ..title }));
    let note = truncate(&fonts.regular, note, NOTE_SIZE, RIGHT - MARGIN);
    scene.shapes.push(Shape::Text(text(note, MARGIN, NOTE_BASELINE, Anchor::Start, NOTE_SIZE, MUTED)));
    Plot::new(bars, fraction_digits, fonts).add_to(&mut scene.shapes);
    scene
}

fn text(content: String, x: f32, y: f32, anchor: Anchor, size: f32, color: Color) -> Text {
    Text { content, x, y, anchor, angle: Angle::Horizontal, size, weight: Weight::Regular, color }
}

/// Everything below the note. Each bar is centred in a slot; the slots divide the width equally.
struct Plot<'a> {
    bars: &'a [Bar<'a>],
    fonts: &'a Fonts,
    axis: Axis,
    total_labels: TotalLabels,
    group_labels: GroupLabels,
    /// Left edge of the first slot, and the width of each.
    left: f32,
    slot: f32,
    /// Upper edge of the groups' names.
    label_top: f32,
    /// The position of zero, and the length of a step of the axis.
    zero: f64,
    step: f64,
}

impl<'a> Plot<'a> {
    fn new(bars: &'a [Bar<'a>], fraction_digits: u32, fonts: &'a Fonts) -> Self {
        let totals: Vec<i128> = bars.iter().map(|bar| bar.total).collect();
        let axis = Axis::new(&totals, fraction_digits);
        let tick_labels: Vec<String> = axis.ticks().map(|(_, label)| label).collect();
        let left = (MARGIN + fonts.regular.max_width(&tick_labels, AXIS_SIZE) + TICK_GAP).round();
        let slot = (RIGHT - left) / bars.len() as f32;
        let total_labels = TotalLabels::fit(&totals, fraction_digits, &fonts.semibold, slot);
        let names: Vec<String> = bars.iter().map(|bar| visible(bar.label)).collect();
        let group_labels = GroupLabels::fit(&names, &fonts.regular, left, slot);

        let label_top = GROUP_AXIS_BASELINE - GROUP_AXIS_GAP - group_labels.depth;
        let negative = totals.iter().any(|&total| total < 0);
        let bottom = label_top - LABEL_GAP - if negative { NEGATIVE_GAP } else { 0.0 };
        let fit = axis.fit(f64::from(bottom - PLOT_TOP), f64::from(total_labels.reach));
        let zero = (f64::from(bottom) - fit.zero).round();
        Self { bars, fonts, axis, total_labels, group_labels, left, slot, label_top, zero, step: fit.step }
    }

    fn add_to(&self, shapes: &mut Vec<Shape>) {
        self.add_axes(shapes);
        if self.bars.iter().all(|bar| bar.total == 0) {
            let message = "All totals are zero".to_owned();
            let middle = WIDTH as f32 / 2.0;
            shapes.push(Shape::Text(text(message, middle, MESSAGE_BASELINE, Anchor::Middle, MESSAGE_SIZE, MUTED)));
        }
        for (index, bar) in self.bars.iter().enumerate() {
            self.add_bar(index, bar, shapes);
        }
        let (left, right, zero) = (self.left as i32, RIGHT as i32, self.zero as i32);
        shapes.push(Shape::Rect(Rect { left, top: zero - 1, right, bottom: zero + 1, color: INK }));
    }

    /// The grid lines with their labels, and the titles of both axes.
    fn add_axes(&self, shapes: &mut Vec<Shape>) {
        let title = match self.axis.unit() {
            Some(unit) => format!("Total spending ({unit})"),
            None => "Total spending".to_owned(),
        };
        shapes.push(Shape::Text(text(title, MARGIN, VALUE_AXIS_BASELINE, Anchor::Start, AXIS_SIZE, MUTED)));
        for (steps, label) in self.axis.ticks() {
            let y = self.y(steps);
            shapes.push(Shape::Line(Line { left: self.left as i32, right: RIGHT as i32, y, color: GRID }));
            let baseline = y as f32 + (CAP_HEIGHT * AXIS_SIZE / 2.0).round();
            shapes.push(Shape::Text(text(label, self.left - TICK_GAP, baseline, Anchor::End, AXIS_SIZE, MUTED)));
        }
        let (title, middle) = ("Age group".to_owned(), (self.left + RIGHT) / 2.0);
        shapes.push(Shape::Text(text(title, middle, GROUP_AXIS_BASELINE, Anchor::Middle, AXIS_SIZE, MUTED)));
    }

    /// A bar with its total and its name.
    fn add_bar(&self, index: usize, bar: &Bar<'_>, shapes: &mut Vec<Shape>) {
        let middle = self.left + (index as f32 + 0.5) * self.slot;
        let half = (self.slot * BAR_SHARE).clamp(1.0, MAX_BAR_WIDTH) / 2.0;
        let (left, right) = ((middle - half).round() as i32, (middle + half).round() as i32);
        let zero = self.zero as i32;
        let end = self.y(self.axis.steps(bar.total));
        let end = match bar.total.signum() {
            1 => end.min(zero - MIN_BAR_HEIGHT),
            -1 => end.max(zero + MIN_BAR_HEIGHT),
            _ => zero,
        };
        if end != zero {
            shapes.push(Shape::Rect(Rect {
                left,
                top: end.min(zero),
                right,
                bottom: end.max(zero),
                color: bar.color(),
            }));
        }
        let at = (middle, end as f32);
        let total = self.total_labels.place(index, at, bar.total < 0, &self.fonts.semibold, INK);
        shapes.extend(total.into_iter().flat_map(|(background, text)| [Shape::Rect(background), Shape::Text(text)]));
        shapes.extend(self.group_labels.place(index, middle, self.label_top, INK).map(Shape::Text));
    }

    /// The pixel row that lies `steps` above zero.
    fn y(&self, steps: f64) -> i32 {
        (self.zero - steps * self.step).round() as i32
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
