//! The bar chart of total spending by age group.
//!
//! One strong hue for the bars, quiet grey for all that only helps to read
//! them, and every text in a place of its own. The hues are Okabe and Ito's:
//! they differ for colour-blind readers and in greyscale.

mod canvas;
mod font;
mod label;
mod number;
mod scale;
mod value;

use canvas::{Align, Canvas, Slope, Style};
use font::Font;
use label::Labels;
use plotters::style::RGBColor;
use scale::Scale;
use value::Values;

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 1000;

/// All texts and lines keep this distance from the left and right edges.
const MARGIN: f32 = 80.0;
const RIGHT: f32 = WIDTH as f32 - MARGIN;

const TITLE: &str = "Total spending by age group";
const TITLE_BASELINE: f32 = 102.0;
const NOTE_BASELINE: f32 = 146.0;
/// From the last line of the heading to the value axis' name.
const HEADING_GAP: f32 = 62.0;
/// From there to the top of the plot.
const AXIS_NAME_GAP: f32 = 36.0;
const GROUP_AXIS_BASELINE: f32 = HEIGHT as f32 - 54.0;
/// From the plot to the groups' names and from these to the axis' name.
const LABEL_GAP: f32 = 18.0;
/// More of it where totals stand right above the names.
const HANGING_GAP: f32 = 14.0;
const GROUP_AXIS_GAP: f32 = 40.0;
const TICK_GAP: f32 = 16.0;

const TITLE_SIZE: f32 = 44.0;
const NOTE_SIZE: f32 = 24.0;
const AXIS_SIZE: f32 = 22.0;
const TICK_SIZE: f32 = 22.0;

/// A bar's part of its slot, and the most that looks like a bar.
const BAR_PART: f32 = 0.62;
const MAX_BAR: f32 = 240.0;
/// A total that is not zero always shows, if only as a sliver.
const MIN_BAR_HEIGHT: i32 = 3;

/// With more fraction digits an amount would have more digits than `i128`.
const MAX_FRACTION_DIGITS: u32 = 38;

const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
const MUTED: RGBColor = RGBColor(0x5f, 0x6b, 0x7a);
const GRID: RGBColor = RGBColor(0xdf, 0xe3, 0xe8);
const BAR: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const NEGATIVE_BAR: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
/// For the groups that are no age groups.
const NEUTRAL_BAR: RGBColor = RGBColor(0xa9, 0xb0, 0xb8);
const NEUTRAL_GROUPS: [&str; 2] = ["Other", "Unknown"];

/// One group's bar.
pub(crate) struct Bar<'a> {
    pub(crate) label: &'a str,
    /// In units of `10^-fraction_digits`.
    pub(crate) total: i128,
}

impl Bar<'_> {
    fn color(&self) -> RGBColor {
        if NEUTRAL_GROUPS.contains(&self.label) {
            NEUTRAL_BAR
        } else if self.total < 0 {
            NEGATIVE_BAR
        } else {
            BAR
        }
    }
}

/// Draws `bars` in their order, with `note` under the title, and returns the
/// PNG file's bytes: the same for the same arguments.
pub(crate) fn render(bars: &[Bar<'_>], fraction_digits: u32, note: &str) -> Result<Vec<u8>, String> {
    if fraction_digits > MAX_FRACTION_DIGITS {
        return Err(format!(
            "a chart's amounts can have at most {MAX_FRACTION_DIGITS} fraction digits, not {fraction_digits}"
        ));
    }
    let fonts = Fonts { regular: Font::regular()?, semibold: Font::semibold()? };
    let mut pixels = canvas::blank(WIDTH, HEIGHT);
    let mut canvas = Canvas::new(&mut pixels, WIDTH, HEIGHT)?;
    let top = draw_heading(&mut canvas, &fonts, note)?;
    if bars.is_empty() {
        draw_message(&mut canvas, &fonts, "No age groups to show")?;
    } else {
        Plot::new(bars, fraction_digits, &fonts, top).draw(&mut canvas)?;
    }
    drop(canvas);
    canvas::encode(&pixels, WIDTH, HEIGHT)
}

struct Fonts {
    regular: Font,
    semibold: Font,
}

impl Fonts {
    fn regular(&self, size: f32, color: RGBColor, align: Align) -> Style<'_> {
        Style { font: &self.regular, size, color, align, slope: Slope::Flat }
    }
}

/// Writes title and note, and returns the baseline of the value axis' name.
fn draw_heading(canvas: &mut Canvas<'_>, fonts: &Fonts, note: &str) -> Result<f32, String> {
    let style = Style { font: &fonts.semibold, ..fonts.regular(TITLE_SIZE, INK, Align::Start) };
    canvas.text(TITLE, (MARGIN, TITLE_BASELINE), style)?;
    let note = font::one_line(note);
    if note.is_empty() {
        return Ok(TITLE_BASELINE + HEADING_GAP);
    }
    let note = fonts.regular.elide(&note, NOTE_SIZE, RIGHT - MARGIN);
    let style = fonts.regular(NOTE_SIZE, MUTED, Align::Start);
    canvas.text(&note, (MARGIN, NOTE_BASELINE), style)?;
    Ok(NOTE_BASELINE + HEADING_GAP)
}

/// Says why the picture is empty, so that nobody takes it for broken.
fn draw_message(canvas: &mut Canvas<'_>, fonts: &Fonts, message: &str) -> Result<(), String> {
    let style = fonts.regular(28.0, MUTED, Align::Middle);
    let middle = (WIDTH as f32 / 2.0, HEIGHT as f32 / 2.0 + 40.0);
    canvas.text(message, middle, style)
}

/// Everything below the heading, with its place.
struct Plot<'a> {
    bars: &'a [Bar<'a>],
    fonts: &'a Fonts,
    scale: Scale,
    values: Values,
    labels: Labels,
    /// The value axis' name.
    axis_name: String,
    axis_baseline: f32,
    left: f32,
    slot: f32,
    /// Where the groups' names begin.
    label_top: f32,
    /// The zero line, and the length of one step of the scale.
    zero: f64,
    step: f64,
}

impl<'a> Plot<'a> {
    fn new(bars: &'a [Bar<'a>], fraction_digits: u32, fonts: &'a Fonts, top: f32) -> Self {
        let totals: Vec<i128> = bars.iter().map(|bar| bar.total).collect();
        let scale = Scale::new(&totals, fraction_digits);
        let tick_width = scale.ticks().map(|tick| fonts.regular.width(&tick.label, TICK_SIZE)).fold(0.0, f32::max);
        let left = (MARGIN + tick_width + TICK_GAP).round();
        let slot = (RIGHT - left) / bars.len() as f32;
        let values = Values::fit(&totals, fraction_digits, &fonts.semibold, slot);
        let names: Vec<String> = bars.iter().map(|bar| font::one_line(bar.label)).collect();
        let labels = Labels::fit(&names, &fonts.regular, left, slot);

        let plot_top = top + AXIS_NAME_GAP;
        let label_top = GROUP_AXIS_BASELINE - GROUP_AXIS_GAP - labels.depth;
        let hanging = totals.iter().any(|&total| total < 0);
        let bottom = label_top - LABEL_GAP - if hanging { HANGING_GAP } else { 0.0 };
        let (step, above_bottom) = scale.fit(f64::from(bottom - plot_top), f64::from(values.reach));
        let zero = (f64::from(bottom) - above_bottom).round();
        let axis_name = match scale.unit() {
            Some(unit) => format!("Total spending ({unit})"),
            None => "Total spending".to_owned(),
        };
        Self { bars, fonts, scale, values, labels, axis_name, axis_baseline: top, left, slot, label_top, zero, step }
    }

    fn draw(&self, canvas: &mut Canvas<'_>) -> Result<(), String> {
        self.draw_axes(canvas)?;
        if self.bars.iter().all(|bar| bar.total == 0) {
            draw_message(canvas, self.fonts, "All totals are zero")?;
        }
        for (i, bar) in self.bars.iter().enumerate() {
            self.draw_bar(canvas, i, bar)?;
        }
        let (left, right, zero) = (self.left as i32, RIGHT as i32, self.zero as i32);
        canvas.fill((left, zero - 1), (right, zero + 1), INK)
    }

    fn draw_axes(&self, canvas: &mut Canvas<'_>) -> Result<(), String> {
        let (left, right) = (self.left as i32, RIGHT as i32);
        let name = self.fonts.regular(AXIS_SIZE, MUTED, Align::Start);
        canvas.text(&self.axis_name, (MARGIN, self.axis_baseline), name)?;
        let style = self.fonts.regular(TICK_SIZE, MUTED, Align::End);
        for tick in self.scale.ticks() {
            let y = self.height(tick.steps);
            canvas.fill((left, y), (right, y + 1), GRID)?;
            let baseline = y as f32 + (font::CAP_HEIGHT * TICK_SIZE / 2.0).round();
            canvas.text(&tick.label, (self.left - TICK_GAP, baseline), style)?;
        }
        let style = Style { align: Align::Middle, ..name };
        let middle = (self.left + RIGHT) / 2.0;
        canvas.text("Age group", (middle, GROUP_AXIS_BASELINE), style)
    }

    fn draw_bar(&self, canvas: &mut Canvas<'_>, index: usize, bar: &Bar<'_>) -> Result<(), String> {
        let middle = self.left + (index as f32 + 0.5) * self.slot;
        let half = (self.slot * BAR_PART).clamp(1.0, MAX_BAR) / 2.0;
        let (x0, x1) = ((middle - half).round() as i32, (middle + half).round() as i32);
        let zero = self.zero as i32;
        let end = self.height(self.scale.steps(bar.total));
        let end = match bar.total.signum() {
            1 => end.min(zero - MIN_BAR_HEIGHT),
            -1 => end.max(zero + MIN_BAR_HEIGHT),
            _ => zero,
        };
        canvas.fill((x0, end.min(zero)), (x1, end.max(zero)), bar.color())?;
        let at = (middle, end as f32);
        let font = &self.fonts.semibold;
        self.values.draw(canvas, index, at, bar.total < 0, font, INK)?;
        let at = (middle, self.label_top);
        self.labels.draw(canvas, index, at, &self.fonts.regular, INK)
    }

    /// The row of pixels that lies `steps` of the scale above zero.
    fn height(&self, steps: f64) -> i32 {
        (self.zero - steps * self.step).round() as i32
    }
}

#[cfg(test)]
mod tests;
