//! Draws a [`Scene`] and encodes it as PNG.
//!
//! Rectangles, lines and blending are the work of plotters' bitmap backend. Its text is not used: it ignores
//! the left side bearing of glyphs, which makes the spacing uneven, and it cannot write diagonally.

use ab_glyph::{Outline, OutlineCurve, OutlinedGlyph, Point, PxScaleFactor, point};
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color as _, RGBColor};

use super::font::{Font, Fonts};
use super::scene::{Anchor, Paint, Scene, Shape, Text};

const CHANNELS: usize = 3;

/// Shades of a glyph's edge between background and full color: more than the eye can tell apart, and few
/// enough for all colors of a chart to fit into a palette.
const SHADES: f32 = 48.0;

type Drawn = Result<(), String>;

/// The PNG file of `scene`.
pub(crate) fn encode(scene: &Scene, fonts: &Fonts) -> Result<Vec<u8>, String> {
    let (width, height) = (scene.width, scene.height);
    let mut pixels = vec![0xff; width as usize * height as usize * CHANNELS];
    let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    for shape in scene.shapes() {
        match shape {
            Shape::Rect(rect) => backend
                .draw_rect((rect.left, rect.top), (rect.right, rect.bottom), &rgb(rect.paint), true)
                .map_err(|error| error.to_string())?,
            Shape::Line(line) => backend
                .draw_line((line.left, line.y), (line.right - 1, line.y), &rgb(line.paint))
                .map_err(|error| error.to_string())?,
            Shape::Text(text) => draw_text(&mut backend, text, fonts.get(text.weight))?,
        }
    }
    drop(backend);
    compress(&pixels, width, height).map_err(|error| error.to_string())
}

fn rgb(paint: Paint) -> RGBColor {
    let (red, green, blue) = paint.rgb();
    RGBColor(red, green, blue)
}

fn draw_text(backend: &mut BitMapBackend<'_>, text: &Text, font: &Font) -> Drawn {
    let scale = font.scale(text.size);
    let before_anchor = match text.anchor {
        Anchor::Start => 0.0,
        Anchor::Middle => font.width(&text.content, text.size) / 2.0,
        Anchor::End => font.width(&text.content, text.size),
    };
    let (cos, sin) = text.angle.cos_sin();
    for glyph in font.glyphs(&text.content) {
        let Some(outline) = font.outline(glyph.id) else { continue };
        let glyph_on_canvas = on_canvas(outline, |p| {
            let (along, up) = ((glyph.start + p.x) * scale - before_anchor, p.y * scale);
            point(text.x + along * cos - up * sin, text.y - along * sin - up * cos)
        });
        let position = glyph.id.with_scale_and_position(1.0, point(0.0, 0.0));
        let glyph = OutlinedGlyph::new(position, glyph_on_canvas, PxScaleFactor { horizontal: 1.0, vertical: 1.0 });
        draw_glyph(backend, &glyph, text.paint)?;
    }
    Ok(())
}

/// The outline with its points moved by `place`, which returns canvas coordinates.
fn on_canvas(mut outline: Outline, place: impl Fn(Point) -> Point) -> Outline {
    let mut min = point(f32::MAX, f32::MAX);
    let mut max = point(f32::MIN, f32::MIN);
    let mut place = |p: Point| {
        let p = place(p);
        min = point(min.x.min(p.x), min.y.min(p.y));
        max = point(max.x.max(p.x), max.y.max(p.y));
        // Font coordinates grow upwards.
        point(p.x, -p.y)
    };
    for curve in &mut outline.curves {
        *curve = match *curve {
            OutlineCurve::Line(a, b) => OutlineCurve::Line(place(a), place(b)),
            OutlineCurve::Quad(a, b, c) => OutlineCurve::Quad(place(a), place(b), place(c)),
            OutlineCurve::Cubic(a, b, c, d) => OutlineCurve::Cubic(place(a), place(b), place(c), place(d)),
        };
    }
    // One pixel of padding on each side.
    outline.bounds.min = point(min.x - 1.0, 1.0 - min.y);
    outline.bounds.max = point(max.x + 1.0, -1.0 - max.y);
    outline
}

fn draw_glyph(backend: &mut BitMapBackend<'_>, glyph: &OutlinedGlyph, paint: Paint) -> Drawn {
    let (left, top) = (glyph.px_bounds().min.x as i32, glyph.px_bounds().min.y as i32);
    let mut drawn = Ok(());
    glyph.draw(|x, y, coverage| {
        // Overlapping contours can add up to more than 1.
        let shade = (coverage.abs().min(1.0) * SHADES + 0.5) as u8;
        if shade > 0 && drawn.is_ok() {
            let color = rgb(paint).mix(f64::from(shade) / f64::from(SHADES));
            drawn = backend.draw_pixel((left + x as i32, top + y as i32), color.to_backend_color());
        }
    });
    drawn.map_err(|error| error.to_string())
}

/// Encodes RGB pixels, with a palette if it can hold all colors.
///
/// Most rows equal the row above, so the fastest compression suffices; stronger levels take ten times as long.
fn compress(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::with_capacity(1 << 17);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let indexed = index(pixels, width as usize);
    let data = match &indexed {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            pixels
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(bytes)
}

/// The colors in order of appearance, and each pixel's index among them; `None` for more than 256 colors.
fn index(pixels: &[u8], width: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut palette: Vec<[u8; CHANNELS]> = Vec::new();
    let mut indices = Vec::with_capacity(pixels.len() / CHANNELS);
    let mut above: &[u8] = &[];
    for row in pixels.chunks_exact(width * CHANNELS) {
        if row == std::mem::replace(&mut above, row) {
            indices.extend_from_within(indices.len() - width..);
            continue;
        }
        for run in row.as_chunks().0.chunk_by(|left, right| left == right) {
            let index = palette.iter().position(|color| *color == run[0]).unwrap_or_else(|| {
                palette.push(run[0]);
                palette.len() - 1
            });
            indices.resize(indices.len() + run.len(), u8::try_from(index).ok()?);
        }
    }
    Some((palette.into_flattened(), indices))
}

#[cfg(test)]
mod tests {
    use super::super::scene::{Angle, Line, Rect, Weight};
    use super::*;

    /// The pixels of an 8 × 8 scene, one character each.
    fn drawn(shapes: Vec<Shape>) -> String {
        let fonts = Fonts::load().expect("the embedded fonts");
        let bytes = encode(&Scene { width: 8, height: 8, header: vec![], header_bottom: 0, plot: shapes }, &fonts)
            .expect("a PNG file");
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().expect("a PNG header");
        let mut data = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut data).expect("a PNG picture");
        let rows = data.as_chunks::<CHANNELS>().0.chunks(8).map(|row| {
            let pixel = |&[red, green, blue]: &[u8; CHANNELS]| match (red, green, blue) {
                pixel if pixel == Paint::Background.rgb() => '.',
                pixel if pixel == Paint::NegativeBar.rgb() => 'r',
                pixel if pixel == Paint::Bar.rgb() => 'b',
                _ => '?',
            };
            row.iter().map(pixel).collect::<String>()
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn right_and_bottom_are_exclusive_and_later_shapes_cover_earlier_ones() {
        let rect = Rect { left: 1, top: 2, right: 5, bottom: 6, paint: Paint::NegativeBar };
        let line = Line { left: 0, right: 7, y: 4, paint: Paint::Bar };
        let picture = "........\n........\n.rrrr...\n.rrrr...\nbbbbbbb.\n.rrrr...\n........\n........";
        assert_eq!(drawn(vec![Shape::Rect(rect), Shape::Line(line)]), picture);
    }

    #[test]
    fn text_stands_on_its_baseline_and_is_clipped() {
        let text = |x: f32, y: f32, angle: Angle| {
            let (anchor, weight) = (Anchor::Start, Weight::Regular);
            let content = "—".to_owned();
            drawn(vec![Shape::Text(Text {
                content,
                x,
                y,
                anchor,
                angle,
                size: 32.0,
                weight,
                paint: Paint::NegativeBar,
            })])
        };
        let rows = |picture: &str| picture.lines().filter(|row| row.contains('r')).count();
        let horizontal = text(-8.0, 14.0, Angle::Horizontal);
        assert!((1..=3).contains(&rows(&horizontal)) && horizontal.contains("rrrrrrrr"), "{horizontal}");
        let vertical = text(14.0, 16.0, Angle::Vertical);
        assert!(rows(&vertical) == 8 && !vertical.contains("rrrr"), "{vertical}");
        assert_eq!(rows(&text(100.0, 100.0, Angle::Diagonal)), 0);
    }

    #[test]
    fn a_palette_holds_at_most_256_colors() {
        let colors =
            |count: u16| (0..count).flat_map(|color| [0, (color >> 8) as u8, color as u8]).collect::<Vec<u8>>();
        let (palette, indices) = index(&colors(256), 1).expect("256 colors");
        assert!(palette == colors(256) && indices.iter().copied().eq(0..=255));
        assert!(index(&colors(257), 1).is_none());
        let rgb = compress(&[colors(257), vec![0; 3 * 31]].concat(), 16, 18).expect("a PNG file");
        let reader = png::Decoder::new(std::io::Cursor::new(rgb)).read_info().expect("a PNG header");
        assert_eq!(reader.info().color_type, png::ColorType::Rgb);
    }
}
