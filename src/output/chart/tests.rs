//! Tests of the chart: exact texts, and what can be seen in the pictures.

use super::font::{Font, one_line};
use super::number::{full, short};
use super::scale::Scale;
use super::{BAR, Bar, HEIGHT, NEGATIVE_BAR, NEUTRAL_BAR, WIDTH, render};
use plotters::style::RGBColor;

const LONG_NAMES: [&str; 8] = [
    "Households with independent seniors living in rural municipality",
    "Supercalifragilisticexpialidocious-Supercalifragilisticexpialido",
    "Αναγνώσματα ηλικιωμένων ανθρώπων",
    "Пенсионеры и ветераны труда",
    "若者若者若者若者若者若者若者若者若者若者若",
    "👩‍👩‍👧\u{202e}\u{7}\n\t\u{0}e\u{301}\u{feff}",
    "",
    "Other",
];

struct Picture {
    pixels: Vec<RGBColor>,
}

impl Picture {
    fn decode(bytes: &[u8]) -> Self {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG header");
        let mut data = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut data).expect("a PNG picture");
        assert_eq!((info.width, info.height), (WIDTH, HEIGHT));
        assert_eq!(info.color_type, png::ColorType::Rgb);
        let pixels = data.chunks_exact(3).map(|pixel| RGBColor(pixel[0], pixel[1], pixel[2])).collect();
        Self { pixels }
    }

    fn column(&self, x: usize) -> impl Iterator<Item = RGBColor> {
        self.pixels.iter().copied().skip(x).step_by(WIDTH as usize)
    }

    /// First and last row of each bar of this colour, from left to right. Edges
    /// of letters can have a bar's colour too, but are not as wide as a bar.
    fn bars(&self, color: RGBColor) -> Vec<(usize, usize)> {
        let mut spans: Vec<Option<(usize, usize)>> = vec![None; WIDTH as usize];
        for (y, row) in self.pixels.chunks_exact(WIDTH as usize).enumerate() {
            for (span, _) in spans.iter_mut().zip(row).filter(|(_, p)| **p == color) {
                *span = Some((span.map_or(y, |(top, _)| top), y));
            }
        }
        spans
            .chunk_by(|left, right| left.is_some() == right.is_some())
            .filter(|columns| columns.len() >= 20)
            .filter_map(|columns| columns[0])
            .collect()
    }
}

fn draw(bars: &[(&str, i128)], fraction_digits: u32) -> Picture {
    Picture::decode(&bytes(bars, fraction_digits, "1,234 combined rows"))
}

fn bytes(bars: &[(&str, i128)], fraction_digits: u32, note: &str) -> Vec<u8> {
    let bars: Vec<Bar<'_>> = bars.iter().map(|&(label, total)| Bar { label, total }).collect();
    render(&bars, fraction_digits, note).expect("a chart")
}

/// `count` bars with totals spread over `low..high`.
fn spread(count: usize, low: i128, high: i128) -> Vec<(&'static str, i128)> {
    (0..count)
        .map(|i| {
            let total = low + (i as i128 * 7_919_717) % (high - low);
            (LONG_NAMES[i % LONG_NAMES.len()], total)
        })
        .collect()
}

fn ticks(totals: &[i128], fraction_digits: u32) -> (Vec<String>, Option<String>) {
    let scale = Scale::new(totals, fraction_digits);
    let labels = scale.ticks().map(|tick| tick.label).collect();
    (labels, scale.unit())
}

#[test]
fn full_amounts_are_exact() {
    let cases = [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "−0.05"),
        (999, 0, "999"),
        (1000, 0, "1,000"),
        (-1_000, 0, "−1,000"),
        (14_391_897, 0, "14,391,897"),
        (1_439_189_701, 2, "14,391,897.01"),
        (99_999_999_999_999_999_999_999_999_999, 0, "99,999,999,999,999,999,999,999,999,999"),
        (i128::MIN, 0, "−170,141,183,460,469,231,731,687,303,715,884,105,728"),
        (1, 38, "0.00000000000000000000000000000000000001"),
    ];
    for (total, fraction_digits, expected) in cases {
        assert_eq!(full(total, fraction_digits), expected);
    }
}

#[test]
fn short_amounts_are_rounded_exactly() {
    let cases = [
        (0, 0, "0"),
        (0, 2, "0.00"),
        (7, 0, "7"),
        (843, 0, "843"),
        (1250, 2, "12.5"),
        (5, 2, "0.05"),
        (50, 1, "5.0"),
        (1_000, 0, "1.00K"),
        (9_994, 0, "9.99K"),
        (9_995, 0, "10.0K"),
        (999_499, 0, "999K"),
        (999_500, 0, "1.00M"),
        (-14_391_897, 0, "−14.4M"),
        (1_439_189_700, 2, "14.4M"),
        (2_500_000_000, 0, "2.50B"),
        (999_000_000_000_000, 0, "999T"),
        (999_999_999_999_999, 0, "1.00×10¹⁵"),
        (-1_234_567_890_123_456_789_012_345_678, 0, "−1.23×10²⁷"),
        (i128::MAX, 0, "1.70×10³⁸"),
        (i128::MIN, 38, "−1.70"),
        (1, 38, "≈0"),
    ];
    for (total, fraction_digits, expected) in cases {
        assert_eq!(short(total, fraction_digits), expected);
    }
}

#[test]
fn ticks_are_round_and_hold_all_totals() {
    type Case<'a> = (&'a [i128], u32, &'a [&'a str], Option<&'a str>);
    let cases: [Case<'_>; 10] = [
        (
            &[10_843_976, 13_424_403, 14_391_897],
            0,
            &["0", "2.5", "5.0", "7.5", "10.0", "12.5", "15.0"],
            Some("millions"),
        ),
        (&[1], 0, &["0", "1"], None),
        (&[3, 0], 0, &["0", "1", "2", "3"], None),
        (&[15], 0, &["0", "5", "10", "15"], None),
        (&[], 0, &["0"], None),
        (&[0, 0], 2, &["0"], None),
        (&[1250], 2, &["0", "2.5", "5.0", "7.5", "10.0", "12.5"], None),
        (&[-5_342_403, 10_843_976], 2, &["−100", "−50", "0", "50", "100", "150"], Some("thousands")),
        (&[-99_999], 0, &["−100,000", "−80,000", "−60,000", "−40,000", "−20,000", "0"], None),
        (
            &[2_000_000_000_000_000_000_000_000_345],
            0,
            &["0", "0.5", "1.0", "1.5", "2.0", "2.5"],
            Some("octillions, 10²⁷"),
        ),
    ];
    for (totals, fraction_digits, labels, unit) in cases {
        let (found, found_unit) = ticks(totals, fraction_digits);
        assert_eq!(found, labels, "{totals:?}");
        assert_eq!(found_unit.as_deref(), unit, "{totals:?}");
    }
}

#[test]
fn ticks_reach_the_ends_of_i128() {
    let (labels, unit) = ticks(&[i128::MIN, i128::MAX], 0);
    assert_eq!(labels, ["−200", "−100", "0", "100", "200"]);
    assert_eq!(unit.as_deref(), Some("undecillions, 10³⁶"));
}

#[test]
fn texts_are_cleaned_wrapped_and_elided() {
    let font = Font::regular().expect("the embedded font");
    assert_eq!(one_line(" a\tb\n\u{200b}c\u{0} "), "a b c");
    assert_eq!(font.elide("Senior", 20.0, 200.0), "Senior");
    let cut = font.elide("A name that is far too long", 20.0, 100.0);
    assert!(cut.ends_with('…') && font.width(&cut, 20.0) <= 100.0);
    assert_eq!(font.elide("Senior", 20.0, 1.0), "");

    let wrapped = font.wrap("Young adults in their first job", 20.0, 200.0, 2);
    assert!(wrapped.whole);
    assert_eq!(wrapped.lines, ["Young adults in", "their first job"]);
    assert!(!font.wrap("20-24", 20.0, 40.0, 2).whole);
    for name in LONG_NAMES {
        let wrapped = font.wrap(&one_line(name), 18.0, 60.0, 3);
        assert!(wrapped.lines.len() <= 3);
        for line in wrapped.lines {
            assert!(font.width(&line, 18.0) <= 60.0, "{line}");
        }
    }
}

#[test]
fn every_kind_of_chart_decodes_and_repeats() {
    let huge = 99_999_999_999_999_999_999_999_999_999;
    let ends = vec![("a", i128::MAX), ("b", i128::MIN), ("Unknown", 1)];
    let charts = [
        (Vec::new(), 0),
        (vec![("All", 38_660_276)], 0),
        (vec![("Young", 0), ("Senior", 0)], 2),
        (vec![("Young", huge), ("Senior", -huge)], 2),
        (ends.clone(), 0),
        (ends, 38),
        (spread(8, 500_000, 15_500_000), 0),
        (spread(20, 500_000, 15_500_000), 2),
        (spread(20, -7_000_000, 8_000_000), 0),
        (spread(33, 0, huge), 0),
        (spread(60, -7_000_000, 8_000_000), 2),
        (spread(400, 1, 15_000_000), 0),
    ];
    let notes = ["", "68,447 combined rows - total 38,660,276"];
    for ((bars, fraction_digits), note) in charts.into_iter().zip(notes.into_iter().cycle()) {
        let first = bytes(&bars, fraction_digits, note);
        Picture::decode(&first);
        assert!(first == bytes(&bars, fraction_digits, note));
    }
}

#[test]
fn bars_are_as_long_as_their_totals() {
    let totals = [10_843_976, 13_424_403, 14_391_897];
    let picture = draw(&[("Young", totals[0]), ("Middle-aged", totals[1]), ("Senior", totals[2])], 0);
    let bars = picture.bars(BAR);
    assert_eq!(bars.len(), 3);
    // The zero line covers the lowest row, so a bar ends one row above it.
    let heights = bars.iter().map(|(top, bottom)| (bottom - top + 2) as f64);
    let per_pixel: Vec<f64> = heights.zip(totals).map(|(height, total)| total as f64 / height).collect();
    assert!(bars.iter().all(|bar| bar.1 == bars[0].1));
    assert!(bars[2].1 - bars[2].0 > 500);
    for ratio in &per_pixel {
        assert!((ratio / per_pixel[2] - 1.0).abs() < 0.005, "{per_pixel:?}");
    }
}

#[test]
fn negative_bars_hang_below_the_positive_ones() {
    let picture = draw(&[("a", 600), ("b", -300), ("c", -600), ("d", 0)], 0);
    let [up] = picture.bars(BAR)[..] else { panic!("one positive bar") };
    let [half, down] = picture.bars(NEGATIVE_BAR)[..] else { panic!("two negative bars") };
    assert!(up.1 < half.0 && half.0 == down.0);
    let length = |bar: (usize, usize)| (bar.1 - bar.0 + 2) as i64;
    assert!((length(up) - length(down)).abs() <= 1);
    assert!((2 * length(half) - length(down)).abs() <= 2);
}

#[test]
fn zero_totals_draw_no_bar_and_small_ones_a_sliver() {
    let picture = draw(&[("a", 0), ("b", 0), ("Unknown", 0)], 2);
    for color in [BAR, NEGATIVE_BAR, NEUTRAL_BAR] {
        assert_eq!(picture.bars(color), []);
    }
    let picture = draw(&[("a", 0), ("b", 1), ("c", 1_000_000_000)], 0);
    assert_eq!(picture.bars(BAR).len(), 2);
}

#[test]
fn groups_that_are_no_ages_are_grey() {
    let picture = draw(&[("Young", 5), ("Other", 4), ("Unknown", 3), ("unknown", 2)], 0);
    assert_eq!(picture.bars(BAR).len(), 2);
    assert_eq!(picture.bars(NEUTRAL_BAR).len(), 2);
}

#[test]
fn nothing_touches_the_edges() {
    for count in [8, 20, 45, 60] {
        let picture = draw(&spread(count, -7_000_000, 8_000_000), 2);
        for edge in [0, 20, WIDTH as usize - 21, WIDTH as usize - 1] {
            let white = RGBColor(0xff, 0xff, 0xff);
            assert!(picture.column(edge).all(|pixel| pixel == white));
        }
    }
}

#[test]
fn too_many_fraction_digits_are_an_error() {
    assert!(render(&[], 39, "").is_err());
}
