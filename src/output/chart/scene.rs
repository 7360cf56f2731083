//! The laid-out chart: rectangles, lines and texts with their positions, sizes and colors.
//!
//! A scene contains neither pixels nor font data, so any output format can be drawn from it. Coordinates
//! are in pixels from the top left corner, y grows downwards. Shapes are drawn in order; later ones cover
//! earlier ones.

use std::f32::consts::FRAC_1_SQRT_2;

/// A white canvas and the shapes on it.
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) shapes: Vec<Shape>,
}

pub(crate) enum Shape {
    Rect(Rect),
    Line(Line),
    Text(Text),
}

/// A filled rectangle; `right` and `bottom` are exclusive.
pub(crate) struct Rect {
    pub(crate) left: i32,
    pub(crate) top: i32,
    pub(crate) right: i32,
    pub(crate) bottom: i32,
    pub(crate) color: Color,
}

/// A horizontal line, one pixel thick; `right` is exclusive.
pub(crate) struct Line {
    pub(crate) left: i32,
    pub(crate) right: i32,
    pub(crate) y: i32,
    pub(crate) color: Color,
}

/// One line of text.
pub(crate) struct Text {
    pub(crate) content: String,
    /// The anchor's position on the baseline.
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) anchor: Anchor,
    pub(crate) angle: Angle,
    /// Pixels per em.
    pub(crate) size: f32,
    pub(crate) weight: Weight,
    pub(crate) color: Color,
}

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Color(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// The point of a text that lies at its position.
#[derive(Clone, Copy)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// The writing direction.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Angle {
    Horizontal,
    /// Rising to the right at 45 degrees.
    Diagonal,
    /// Straight up.
    Vertical,
}

impl Angle {
    /// Cosine and sine of the angle to the horizontal.
    pub(crate) fn cos_sin(self) -> (f32, f32) {
        match self {
            Self::Horizontal => (1.0, 0.0),
            Self::Diagonal => (FRAC_1_SQRT_2, FRAC_1_SQRT_2),
            Self::Vertical => (0.0, 1.0),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Weight {
    Regular,
    Semibold,
}
