//! Tests of the scene: what is in it, and that nothing overlaps.

use proptest::prelude::*;

use super::super::samples::{NAMES, charts};
use super::*;

/// The corners of a shape.
type Quad = [(f32, f32); 4];

fn scene(bars: &[(&str, i128)], fraction_digits: u32) -> Scene {
    scene_of(&bars.iter().map(|&(label, total)| (label, None, total)).collect::<Vec<_>>(), fraction_digits, None)
}

fn scene_of(bars: &[(&str, Option<&str>, i128)], fraction_digits: u32, currency: Option<&str>) -> Scene {
    let bars: Vec<Bar<'_>> = bars.iter().map(|&(label, bounds, total)| Bar { label, bounds, total }).collect();
    let notes = ["68,447 purchases".to_owned(), "Unknown age: 5.8 % of the spending".to_owned()];
    layout(&bars, fraction_digits, &Captions { title: DEFAULT_TITLE, notes: &notes, currency }, &fonts())
}

fn fonts() -> Fonts {
    Fonts::load().expect("the embedded fonts")
}

fn rects(scene: &Scene, paint: Paint) -> Vec<&Rect> {
    let rects = scene.shapes().filter_map(|shape| if let Shape::Rect(rect) = shape { Some(rect) } else { None });
    rects.filter(|rect| rect.paint == paint).collect()
}

fn all_bars(scene: &Scene) -> Vec<&Rect> {
    [Paint::Bar, Paint::NegativeBar, Paint::NeutralBar].into_iter().flat_map(|color| rects(scene, color)).collect()
}

fn texts(scene: &Scene) -> Vec<&Text> {
    scene.shapes().filter_map(|shape| if let Shape::Text(text) = shape { Some(text) } else { None }).collect()
}

/// The totals at the bars' ends.
fn totals(scene: &Scene) -> Vec<&Text> {
    texts(scene).into_iter().filter(|text| text.weight == Weight::Semibold && text.content != DEFAULT_TITLE).collect()
}

fn rect_quad(rect: &Rect) -> Quad {
    let (left, top, right, bottom) = (rect.left as f32, rect.top as f32, rect.right as f32, rect.bottom as f32);
    [(left, top), (right, top), (right, bottom), (left, bottom)]
}

/// From the top of the capitals to the bottom of the descenders.
fn text_quad(text: &Text, fonts: &Fonts) -> Quad {
    let width = fonts.get(text.weight).width(&text.content, text.size);
    let start = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => -width / 2.0,
        Anchor::End => -width,
    };
    let (up, down) = (CAP_HEIGHT * text.size, 0.24 * text.size);
    let (cos, sin) = text.angle.cos_sin();
    [(start, up), (start + width, up), (start + width, -down), (start, -down)]
        .map(|(along, up)| (text.x + along * cos - up * sin, text.y - along * sin - up * cos))
}

/// The separating axis theorem for the directions of all shapes: two quads are apart if their shadows are
/// apart on some axis.
fn overlap(a: &Quad, b: &Quad) -> bool {
    let shadow = |quad: &Quad, (x, y): (f32, f32)| {
        let points = quad.map(|point| point.0 * x + point.1 * y);
        (points.into_iter().fold(f32::MAX, f32::min), points.into_iter().fold(f32::MIN, f32::max))
    };
    [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, -1.0)].into_iter().all(|axis| {
        let (a, b) = (shadow(a, axis), shadow(b, axis));
        a.0 < b.1 && b.0 < a.1
    })
}

/// All shapes lie on the canvas, and no text overlaps a bar or another text.
fn check(scene: &Scene) {
    let fonts = fonts();
    let texts: Vec<(&str, Quad)> =
        texts(scene).into_iter().map(|text| (text.content.as_str(), text_quad(text, &fonts))).collect();
    let bars: Vec<Quad> = all_bars(scene).into_iter().map(rect_quad).collect();
    for (name, quad) in texts.iter().copied().chain(bars.iter().map(|&bar| ("a bar", bar))) {
        let inside = |(x, y)| x >= 21.0 && x <= WIDTH as f32 - 21.0 && y >= 21.0 && y <= HEIGHT as f32 - 21.0;
        assert!(quad.into_iter().all(inside), "{name} at {quad:?}");
    }
    for shape in scene.shapes() {
        if let Shape::Line(line) = shape {
            assert!(line.left >= 21 && line.right <= WIDTH as i32 - 21 && line.y >= 21 && line.y <= HEIGHT as i32 - 21);
        }
    }
    for (i, (name, quad)) in texts.iter().enumerate() {
        for (other, other_quad) in &texts[i + 1..] {
            assert!(!overlap(quad, other_quad), "{name} at {quad:?}, {other} at {other_quad:?}");
        }
        for bar in &bars {
            assert!(!overlap(quad, bar), "{name} at {quad:?}, a bar at {bar:?}");
        }
    }
    for (i, bar) in bars.iter().enumerate() {
        assert!(bars[i + 1..].iter().all(|other| !overlap(bar, other)));
    }
}

#[test]
fn bars_are_as_long_as_their_totals() {
    let totals = [10_843_976, 13_424_403, 14_391_897];
    let scene = scene(&[("Young", totals[0]), ("Middle-aged", totals[1]), ("Senior", totals[2])], 0);
    let bars = rects(&scene, Paint::Bar);
    assert_eq!(bars.len(), 3);
    assert!(bars.iter().all(|bar| bar.bottom == bars[0].bottom));
    let heights: Vec<i32> = bars.iter().map(|bar| bar.bottom - bar.top).collect();
    assert!(heights[2] > 500);
    for (height, total) in heights.iter().zip(totals) {
        let exact = total as f64 / totals[2] as f64 * f64::from(heights[2]);
        assert!((f64::from(*height) - exact).abs() <= 1.0, "{heights:?}");
    }
}

#[test]
fn negative_bars_hang_below_the_positive_ones() {
    let scene = scene(&[("a", 600), ("b", -300), ("c", -600), ("d", 0)], 0);
    let [up] = rects(&scene, Paint::Bar)[..] else { panic!("one positive bar") };
    let [half, down] = rects(&scene, Paint::NegativeBar)[..] else { panic!("two negative bars") };
    assert!(up.bottom == half.top && half.top == down.top);
    let length = |bar: &Rect| bar.bottom - bar.top;
    assert!((length(up) - length(down)).abs() <= 1);
    assert!((2 * length(half) - length(down)).abs() <= 2);
}

#[test]
fn zero_totals_have_no_bar_and_small_ones_their_true_height() {
    let zeros = scene(&[("a", 0), ("b", 0), ("Unknown", 0)], 2);
    assert!(all_bars(&zeros).is_empty());
    assert!(texts(&zeros).iter().any(|text| text.content == "All totals are zero"));
    let small = scene(&[("a", 0), ("b", 1), ("c", 1_000_000_000), ("d", -1)], 0);
    // No bar is longer than its total, however small it is.
    assert_eq!(all_bars(&small).len(), 1);
    let one_percent = scene(&[("a", 1), ("b", 100)], 0);
    let heights: Vec<i32> = rects(&one_percent, Paint::Bar).iter().map(|bar| bar.bottom - bar.top).collect();
    assert_eq!(heights[0], (f64::from(heights[1]) / 100.0).round() as i32);
}

#[test]
fn other_and_unknown_are_grey() {
    let scene = scene(&[("Young", 5), ("Other", 4), ("Unknown", -3), ("unknown", 2)], 0);
    assert_eq!(rects(&scene, Paint::Bar).len(), 2);
    assert_eq!(rects(&scene, Paint::NeutralBar).len(), 2);
}

#[test]
fn totals_are_exact_where_they_fit() {
    let few = scene(&[("Young", 1_084_397_601), ("Senior", -5)], 2);
    let contents: Vec<&str> = totals(&few).iter().map(|text| text.content.as_str()).collect();
    assert_eq!(contents, ["10,843,976.01", "−0.05"]);
    let many = scene(&[("Young", 1_084_397_601); 20], 2);
    assert!(totals(&many).len() == 20 && totals(&many).iter().all(|text| text.content == "10.8M"));
    let vertical = scene(&[("Young", 1_084_397_601); 60], 2);
    assert!(totals(&vertical).len() == 60 && totals(&vertical).iter().all(|text| text.angle == Angle::Vertical));
    assert!(totals(&scene(&[("Young", 1_084_397_601); 400], 2)).is_empty());
}

#[test]
fn names_are_horizontal_then_diagonal_then_vertical() {
    let angle = |name: &str, count: usize| {
        let scene = scene(&vec![(name, 1); count], 0);
        let names: Vec<&Text> = texts(&scene)
            .into_iter()
            .filter(|text| {
                text.paint == Paint::Ink && text.weight == Weight::Regular && name.starts_with(&text.content)
            })
            .collect();
        assert!(!names.is_empty());
        names[0].angle
    };
    assert_eq!(angle("Middle-aged", 3), Angle::Horizontal);
    assert_eq!(angle("Middle-aged", 20), Angle::Diagonal);
    assert_eq!(angle("Middle-aged", 80), Angle::Vertical);
}

#[test]
fn ticks_are_written_as_the_totals_are() {
    let contents = |bars: &[(&str, i128)], fraction_digits| -> Vec<String> {
        texts(&scene(bars, fraction_digits)).iter().map(|text| text.content.clone()).collect()
    };
    let full = contents(&[("Young", 1_084_397_601), ("Senior", 500_000_000)], 2);
    assert!(full.contains(&"5,000,000.00".to_owned()) && full.contains(&"6,000,000".to_owned()), "{full:?}");
    let short = contents(&[("Young", 1_084_397_601); 20], 2);
    assert!(short.contains(&"10.8M".to_owned()) && short.contains(&"10.0M".to_owned()), "{short:?}");
}

#[test]
fn the_currency_stands_at_the_axis_and_at_the_totals_where_it_fits() {
    let contents = |count| -> Vec<String> {
        let scene = scene_of(&vec![("a", None, -1_084_397_601); count], 2, Some("EUR"));
        texts(&scene).iter().map(|text| text.content.clone()).collect()
    };
    assert!(contents(2).contains(&"−EUR\u{a0}10,843,976.01".to_owned()));
    assert!(contents(20).contains(&"−10.8M".to_owned()));
    assert!([2, 20].into_iter().all(|count| contents(count).contains(&"Total spending (EUR)".to_owned())));
}

#[test]
fn bounds_are_written_under_the_names() {
    let few = scene_of(&[("Young", Some("18–29"), 1), ("Senior", Some("45+"), 2)], 0, None);
    for (name, bounds) in [("Young", "18–29"), ("Senior", "45+")] {
        let find = |content: &str| texts(&few).into_iter().find(|text| text.content == content).expect("the text");
        let (name, bounds) = (find(name), find(bounds));
        assert!(bounds.x == name.x && bounds.y > name.y + 20.0 && bounds.size < name.size);
    }
    let many = scene_of(&[("Middle-aged", Some("30–44"), 1); 20], 0, None);
    assert!(texts(&many).iter().any(|text| text.content == "Middle-aged (30–44)"));
}

#[test]
fn one_long_name_does_not_slant_the_others() {
    let mut bars = vec![("20s", 1); 15];
    bars[7] = (NAMES[0], 1);
    let scene = scene(&bars, 0);
    assert!(texts(&scene).iter().all(|text| text.angle == Angle::Horizontal));
    assert_eq!(texts(&scene).iter().filter(|text| text.content == "20s").count(), 14);
    check(&scene);

    let names: Vec<String> = (0..20).map(|number| format!("G{number}")).collect();
    let bounds: Vec<String> = (0..20).map(|number| format!("{}–{}", 7 * number, 7 * number + 6)).collect();
    let mut bars: Vec<_> =
        names.iter().zip(&bounds).map(|(name, bounds)| (name.as_str(), Some(&**bounds), 1)).collect();
    for long in [None, Some("A quite long group name here")] {
        bars[3].0 = long.unwrap_or("G3");
        let scene = scene_of(&bars, 0, None);
        assert!(texts(&scene).iter().all(|text| text.angle == Angle::Horizontal), "{long:?}");
        let find = |content: &str| texts(&scene).into_iter().find(|text| text.content == content);
        for bounds in &bounds {
            let found = find(bounds).unwrap_or_else(|| panic!("{bounds} is missing, with {long:?}"));
            assert_eq!(found.size, find("0–6").expect("the first bounds").size);
        }
        check(&scene);
    }
}

#[test]
fn bounds_that_fit_in_no_size_are_all_left_out() {
    let long = "from 17.00000001 inclusive to under 1,000,000.00000001 exclusive";
    let mut bars = vec![("A rather long name of words", Some("18–29"), 1); 10];
    bars[7].1 = Some(long);
    let scene = scene_of(&bars, 0, None);
    assert!(texts(&scene).iter().all(|text| text.angle == Angle::Horizontal && !text.content.starts_with("18")));
    check(&scene);
}

#[test]
fn long_titles_are_made_smaller_and_then_truncated() {
    let title = |title: &str| {
        let bars = [Bar { label: "a", bounds: None, total: 1 }];
        let scene = layout(&bars, 0, &Captions { title, notes: &[], currency: None }, &fonts());
        check(&scene);
        let Some(Shape::Text(text)) = scene.header.first() else { panic!("a title") };
        (text.content.clone(), text.size)
    };
    assert_eq!(title("Spending"), ("Spending".to_owned(), 44.0));
    assert!(title(&"Spending ".repeat(8)).1 < 44.0);
    assert!(title(&"W".repeat(100)).0.ends_with('…'));
}

#[test]
fn nothing_overlaps_in_any_kind_of_chart() {
    for (bars, fraction_digits) in charts() {
        check(&scene(&bars, fraction_digits));
        let bars: Vec<_> = bars.iter().map(|&(label, total)| (label, Some("17.5 to under 29"), total)).collect();
        check(&scene_of(&bars, fraction_digits, Some("EUR")));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_overlaps(
        bars in prop::collection::vec((0..NAMES.len(), 0..3_usize, -1_000_000_000_000_i128..1_000_000_000_000), 1..60),
        largest in 0_u32..13,
        fraction_digits in 0_u32..10,
        currency in prop::sample::select(vec![None, Some("EUR"), Some("A long currency")]),
    ) {
        let divisor = 10_i128.pow(largest);
        let bounds = [None, Some("18–29"), Some("17.5 to under 29.5")];
        let bars: Vec<_> =
            bars.into_iter().map(|(name, bound, total)| (NAMES[name], bounds[bound], total / divisor)).collect();
        check(&scene_of(&bars, fraction_digits, currency));
    }
}
