//! The laid-out chart: rectangles, lines and texts with their positions, sizes and colors.
//!
//! A scene contains neither pixels nor font data, so any output format can be drawn from it. Coordinates
//! are in pixels from the top left corner, y grows downwards. Shapes are drawn in order; later ones cover
//! earlier ones.

use std::f32::consts::FRAC_1_SQRT_2;

/// A canvas and the shapes on it.
pub(crate) struct Scene {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Title and notes. They lie above `header_bottom`; the plot lies below.
    pub(crate) header: Vec<Shape>,
    pub(crate) header_bottom: u32,
    pub(crate) plot: Vec<Shape>,
}

impl Scene {
    /// All shapes in drawing order.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = &Shape> {
        self.header.iter().chain(&self.plot)
    }
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
    pub(crate) paint: Paint,
}

/// A horizontal line, one pixel thick; `right` is exclusive.
pub(crate) struct Line {
    pub(crate) left: i32,
    pub(crate) right: i32,
    pub(crate) y: i32,
    pub(crate) paint: Paint,
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
    pub(crate) paint: Paint,
}

/// What a shape is painted with. A role rather than a color, because a page has a light and a dark scheme.
///
/// The hues of the bars are from the Okabe-Ito palette, which color-blind readers can tell apart, as can readers of a
/// greyscale print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// The color of the canvas.
    Background,
    Ink,
    /// For secondary text.
    Muted,
    Grid,
    Bar,
    NegativeBar,
    /// For the bars of `Other` and `Unknown`.
    NeutralBar,
}

impl Paint {
    /// Red, green and blue on a white canvas.
    pub(crate) fn rgb(self) -> (u8, u8, u8) {
        match self {
            Self::Background => (0xff, 0xff, 0xff),
            Self::Ink => (0x1f, 0x29, 0x33),
            Self::Muted => (0x5f, 0x6b, 0x7a),
            Self::Grid => (0xdf, 0xe3, 0xe8),
            Self::Bar => (0x00, 0x72, 0xb2),
            Self::NegativeBar => (0xd5, 0x5e, 0x00),
            Self::NeutralBar => (0x86, 0x8f, 0x9a),
        }
    }
}

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
