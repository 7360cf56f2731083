//! Draws the plot of a [`Scene`] as an inline SVG element.
//!
//! Colors are classes, so that the page can have a light and a dark scheme: `bg`, `ink`, `muted`, `grid`, `bar`,
//! `negative` and `neutral`. Text stays text and uses the fonts of the page; `textLength` gives each line the width
//! that the layout measured, so that nothing overlaps in another font.

use super::font::Fonts;
use super::scene::{Anchor, Angle, Paint, Rect, Scene, Shape, Text, Weight};
use crate::error::escape_line;
use maud::{Markup, html};
use std::fmt::Write;

/// Maximum number of shapes of a plot: about 200 bars with their labels. More would be illegible at the size of a page,
/// and would make the file large.
const MAX_SHAPES: usize = 900;

/// The empty margins of a scene at the sides and at the bottom, in pixels.
const MARGIN: u32 = 79;
const BOTTOM: u32 = 36;

/// The plot, described by `title` and `description`; `None` if it has too many shapes.
pub(super) fn plot(scene: &Scene, fonts: &Fonts, title: &str, description: &str) -> Option<Markup> {
    if scene.plot.len() > MAX_SHAPES {
        return None;
    }
    let view = view_box(scene);
    let mut grid = String::new();
    for shape in &scene.plot {
        if let Shape::Line(line) = shape {
            // The line runs through the middle of its row of pixels. Writing to a String cannot fail.
            let _ = write!(grid, "M{} {}.5H{}", line.left, line.y, line.right);
        }
    }
    Some(html! {
        svg role="img" aria-labelledby="chart-title chart-text" viewBox=(view) {
            title id="chart-title" { (title) }
            desc id="chart-text" { (description) }
            path class="grid" d=(grid) {}
            @for shape in &scene.plot {
                @match shape {
                    Shape::Rect(shape) => (rect(shape)),
                    Shape::Text(shape) => (text(shape, fonts)),
                    Shape::Line(_) => {},
                }
            }
        }
    })
}

/// The plot without the margins of the canvas, except for labels that reach into them.
fn view_box(scene: &Scene) -> String {
    let slanted = |shape: &Shape| matches!(shape, Shape::Text(text) if text.angle != Angle::Horizontal);
    let (left, right) = if scene.plot.iter().any(slanted) { (24, 24) } else { (MARGIN, MARGIN) };
    let top = scene.header_bottom;
    format!("{left} {top} {} {}", scene.width - left - right, scene.height - top - BOTTOM)
}

fn rect(rect: &Rect) -> Markup {
    let (width, height) = (rect.right - rect.left, rect.bottom - rect.top);
    html! { rect class=(class(rect.paint)) x=(rect.left) y=(rect.top) width=(width) height=(height) {} }
}

fn text(text: &Text, fonts: &Fonts) -> Markup {
    let font = fonts.get(text.weight);
    let anchor = match text.anchor {
        Anchor::Start => None,
        Anchor::Middle => Some("middle"),
        Anchor::End => Some("end"),
    };
    let weight = (text.weight == Weight::Semibold).then_some("600");
    let (x, y) = (one_decimal(text.x), one_decimal(text.y));
    let turn = match text.angle {
        Angle::Horizontal => None,
        Angle::Diagonal => Some(format!("rotate(-45 {x} {y})")),
        Angle::Vertical => Some(format!("rotate(-90 {x} {y})")),
    };
    // The measured width is meaningless for a character that the font lacks.
    let length = (text.content.chars().count() > 1 && font.covers(&text.content))
        .then(|| one_decimal(font.width(&text.content, text.size)));
    let adjust = length.as_ref().map(|_| "spacingAndGlyphs");
    html! {
        text class=(class(text.paint)) x=(x) y=(y) font-size=(one_decimal(text.size)) font-weight=[weight]
            text-anchor=[anchor] textLength=[length] lengthAdjust=[adjust] transform=[turn] { (escape_line(&text.content)) }
    }
}

/// Tenths of a unit are finer than any screen.
fn one_decimal(number: f32) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

fn class(paint: Paint) -> &'static str {
    match paint {
        Paint::Background => "bg",
        Paint::Ink => "ink",
        Paint::Muted => "muted",
        Paint::Grid => "grid",
        Paint::Bar => "bar",
        Paint::NegativeBar => "negative",
        Paint::NeutralBar => "neutral",
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{charts, spread};
    use super::super::{Bar, Captions, Chart};

    fn svg(bars: &[(&str, i128)], fraction_digits: u32) -> Option<String> {
        let bars: Vec<Bar<'_>> = bars.iter().map(|&(label, total)| Bar { label, bounds: None, total }).collect();
        let captions = Captions { title: "Not in the plot", notes: &[], currency: None };
        let chart = Chart::new(&bars, fraction_digits, &captions).expect("a chart");
        chart.svg("A <title>", "A & description").map(maud::PreEscaped::into_string)
    }

    #[test]
    fn every_bar_and_text_is_in_the_plot_and_escaped() {
        let svg = svg(&[("<script>", 10), ("b & c", 20), ("d", -5)], 0).expect("few bars");
        assert_eq!((svg.matches("class=\"bar\"").count(), svg.matches("class=\"negative\"").count()), (2, 1));
        for text in ["&lt;script&gt;", "b &amp; c", "−5", "A &lt;title&gt;", "A &amp; description", "Age group"] {
            assert!(svg.contains(text), "{text}");
        }
        assert!(!svg.contains("<script>") && !svg.contains("Not in the plot"));
    }

    #[test]
    fn only_text_that_the_font_has_is_given_a_length() {
        let svg = svg(&[("若者", 10), ("Young", 20)], 0).expect("few bars");
        let lines: Vec<&str> = svg.split("<text").collect();
        let find = |text: &str| *lines.iter().find(|line| line.contains(text)).expect("the text");
        assert!(find(">若者<").contains("textLength") != find(">Young<").contains("textLength"));
    }

    #[test]
    fn a_plot_is_small_or_left_out() {
        for (bars, fraction_digits) in charts() {
            assert!(svg(&bars, fraction_digits).is_none_or(|svg| svg.len() < 200_000));
        }
        assert!(svg(&spread(200, 1, 9_000_000), 0).is_some() && svg(&spread(4002, 1, 9_000_000), 0).is_none());
    }
}
