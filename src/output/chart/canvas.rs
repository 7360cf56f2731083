//! The picture's pixels: filled rectangles, text at an angle, and PNG bytes.
//!
//! Rectangles and blending are the bitmap backend's. Its own text is not used:
//! that ignores the space that belongs to the left of each glyph and knows only
//! right angles, so words look unevenly spaced and long names cannot be slanted.

use std::f32::consts::FRAC_1_SQRT_2;

use ab_glyph::{OutlineCurve, Point, point};
use ab_glyph_rasterizer::Rasterizer;
use plotters::backend::{BitMapBackend, DrawingBackend};
use plotters::style::{Color as _, RGBColor};

use super::font::Font;

const CHANNELS: usize = 3;

/// A pixel's bytes.
type Color = [u8; CHANNELS];

/// Steps from no ink to full ink on a glyph's edge: more than the eye can tell
/// apart, yet few enough for the picture's colours to fit in a palette.
const SHADES: f32 = 48.0;

/// Which end of a text lies at its position.
#[derive(Clone, Copy)]
pub(crate) enum Align {
    Start,
    Middle,
    End,
}

/// The direction a text runs in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Slope {
    Flat,
    /// Rising to the right at 45 degrees.
    Diagonal,
    /// Straight up.
    Upright,
}

impl Slope {
    /// Cosine and sine of the angle to the horizontal.
    pub(crate) fn direction(self) -> (f32, f32) {
        match self {
            Self::Flat => (1.0, 0.0),
            Self::Diagonal => (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
            Self::Upright => (0.0, 1.0),
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(crate) struct Style<'f> {
    pub(crate) font: &'f Font,
    pub(crate) size: f32,
    pub(crate) color: RGBColor,
    pub(crate) align: Align,
    pub(crate) slope: Slope,
}

/// Room for the pixels of a picture.
pub(crate) fn blank(width: u32, height: u32) -> Vec<u8> {
    vec![0xff; width as usize * height as usize * CHANNELS]
}

pub(crate) struct Canvas<'b> {
    backend: BitMapBackend<'b>,
    rasterizer: Rasterizer,
}

impl<'b> Canvas<'b> {
    pub(crate) fn new(pixels: &'b mut [u8], width: u32, height: u32) -> Result<Self, String> {
        if pixels.len() != width as usize * height as usize * CHANNELS {
            return Err("the chart's buffer does not have the size of the chart".to_owned());
        }
        Ok(Self { backend: BitMapBackend::with_buffer(pixels, (width, height)), rasterizer: Rasterizer::new(1, 1) })
    }

    /// Fills the pixels from `(left, top)` up to but without `(right, bottom)`.
    pub(crate) fn fill(
        &mut self,
        (left, top): (i32, i32),
        (right, bottom): (i32, i32),
        color: RGBColor,
    ) -> Result<(), String> {
        if left >= right || top >= bottom {
            return Ok(());
        }
        self.backend.draw_rect((left, top), (right, bottom), &color, true).map_err(|error| error.to_string())
    }

    /// Writes `text` with its baseline through `(x, y)`.
    pub(crate) fn text(&mut self, text: &str, (x, y): (f32, f32), style: Style<'_>) -> Result<(), String> {
        let Style { font, size, .. } = style;
        let shift = match style.align {
            Align::Start => 0.0,
            Align::Middle => font.width(text, size) / 2.0,
            Align::End => font.width(text, size),
        };
        let scale = font.scale(size);
        let (cos, sin) = style.slope.direction();
        let mut drawn = Ok(());
        font.outlines(text, |outline, pen| {
            // Fonts count upwards, pictures downwards.
            let place = |p: Point| {
                let (u, v) = ((pen + p.x) * scale - shift, p.y * scale);
                point(x + u * cos - v * sin, y - u * sin - v * cos)
            };
            if drawn.is_ok() {
                drawn = self.glyph(&outline.curves, place, style.color);
            }
        });
        drawn
    }

    fn glyph(
        &mut self,
        curves: &[OutlineCurve],
        place: impl Fn(Point) -> Point,
        color: RGBColor,
    ) -> Result<(), String> {
        let mut low = point(f32::MAX, f32::MAX);
        let mut high = point(f32::MIN, f32::MIN);
        let mut cover = |p: &Point| {
            let p = place(*p);
            low = point(low.x.min(p.x), low.y.min(p.y));
            high = point(high.x.max(p.x), high.y.max(p.y));
        };
        for curve in curves {
            match curve {
                OutlineCurve::Line(a, b) => [a, b].into_iter().for_each(&mut cover),
                OutlineCurve::Quad(a, b, c) => [a, b, c].into_iter().for_each(&mut cover),
                OutlineCurve::Cubic(a, b, c, d) => [a, b, c, d].into_iter().for_each(&mut cover),
            }
        }
        if low.x > high.x {
            return Ok(());
        }
        // A pixel of room on each side, as the rasterizer wants.
        let (left, top) = (low.x.floor() - 1.0, low.y.floor() - 1.0);
        let width = (high.x.ceil() - left) as usize + 1;
        let height = (high.y.ceil() - top) as usize + 1;
        let local = |p: &Point| {
            let p = place(*p);
            point(p.x - left, p.y - top)
        };
        self.rasterizer.reset(width, height);
        for curve in curves {
            match curve {
                OutlineCurve::Line(a, b) => self.rasterizer.draw_line(local(a), local(b)),
                OutlineCurve::Quad(a, b, c) => {
                    self.rasterizer.draw_quad(local(a), local(b), local(c));
                }
                OutlineCurve::Cubic(a, b, c, d) => {
                    self.rasterizer.draw_cubic(local(a), local(b), local(c), local(d));
                }
            }
        }
        let (left, top) = (left as i32, top as i32);
        let mut drawn = Ok(());
        let backend = &mut self.backend;
        self.rasterizer.for_each_pixel_2d(|x, y, coverage| {
            // Overlapping parts of a glyph can add up to more than one.
            let shade = (coverage.abs().min(1.0) * SHADES + 0.5) as u8;
            if shade > 0 && drawn.is_ok() {
                let at = (left + x as i32, top + y as i32);
                let ink = color.mix(f64::from(shade) / f64::from(SHADES));
                drawn = backend.draw_pixel(at, ink.to_backend_color()).map_err(|error| error.to_string());
            }
        });
        drawn
    }
}

/// The pixels as a PNG file.
///
/// Most rows equal the one above and there are few colours, so even the fastest
/// compression makes a small file; stronger ones take ten times as long.
pub(crate) fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(1 << 17);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Adaptive);
    let indexed = index(pixels, width as usize);
    let data = match indexed {
        Some((palette, ref indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            pixels
        }
    };
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(data).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// The colours in the order of their first pixels, and each pixel's index among
/// them, which makes for a third of the bytes; none if there are too many.
fn index(pixels: &[u8], width: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut palette: Vec<Color> = Vec::new();
    // The last colour with each hash, and its index.
    let mut recent: [(Option<Color>, u8); 256] = [(None, 0); 256];
    let mut indices = vec![0; pixels.len() / CHANNELS];
    let mut done: &mut [u8] = &mut [];
    let rows = pixels.chunks_exact(width * CHANNELS);
    let mut above: &[u8] = &[];
    for (row, targets) in rows.zip(indices.chunks_exact_mut(width)) {
        // Never so for the first row, which is not empty: `done` is a whole row.
        if row == above {
            targets.copy_from_slice(done);
        } else {
            for (&color, target) in row.as_chunks::<CHANNELS>().0.iter().zip(&mut *targets) {
                let [red, green, blue] = color;
                let hash = red ^ green.rotate_left(3) ^ blue.rotate_left(6);
                let (known, index) = &mut recent[usize::from(hash)];
                if *known != Some(color) {
                    let place = palette.iter().position(|&known| known == color);
                    *index = u8::try_from(place.unwrap_or(palette.len())).ok()?;
                    *known = Some(color);
                    if place.is_none() {
                        palette.push(color);
                    }
                }
                *target = *index;
            }
        }
        above = row;
        done = targets;
    }
    Some((palette.into_flattened(), indices))
}
