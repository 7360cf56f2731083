//! A record whose marks say all: its fields without a look at more bytes than their first.

use super::structural_index::IndexView;

/// A record without [`SLOW_PATH`](super::structural_index::SPECIAL).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainRecord<'m> {
    bytes: &'m [u8],
    /// Its marks, that before it included.
    at: &'m [u32],
    /// First byte.
    pub(crate) start: u32,
    /// One past the last byte, the line ending not counted.
    pub(crate) end: u32,
    /// The quote, where one stands in the chunk.
    pub(crate) quote: Option<u8>,
    /// Whether a CR stands in the chunk.
    cr: bool,
}

impl<'m> PlainRecord<'m> {
    /// The record of `count` fields that begins after mark `before`.
    #[inline(always)]
    pub(crate) fn new(bytes: &'m [u8], marks: IndexView<'m>, before: usize, count: usize) -> Self {
        let at = &marks.at[before..=before + count];
        let start = at[0].wrapping_add(1);
        let end = if marks.cr { before_ending(bytes, start, at[count]) } else { at[count] };
        Self { bytes, at, start, end, quote: marks.quote, cr: marks.cr }
    }

    /// How many fields it has.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.at.len() - 1
    }

    /// Where a field stands.
    #[inline(always)]
    pub(crate) fn field(&self, column: usize) -> (u32, u32) {
        let end = if self.cr && column + 1 == self.count() { self.end } else { self.at[column + 1] };
        (self.at[column].wrapping_add(1), end)
    }

    /// Whether a field is enclosed in quotes.
    #[inline(always)]
    pub(crate) fn is_quoted(&self, column: usize) -> bool {
        // An empty field begins with the delimiter or the line ending behind it.
        let start = self.at[column].wrapping_add(1);
        self.quote.is_some_and(|quote| self.bytes[start as usize] == quote)
    }

    /// Where a field's value stands.
    #[inline(always)]
    pub(crate) fn value(&self, column: usize) -> (u32, u32) {
        let (start, end) = self.field(column);
        if self.is_quoted(column) { (start + 1, end - 1) } else { (start, end) }
    }
}

/// Where the record ends that begins at `start` and whose LF is at `lf`: a CR right before it belongs to the ending.
#[inline(always)]
fn before_ending(bytes: &[u8], start: u32, lf: u32) -> u32 {
    lf - u32::from(lf > start && bytes[lf as usize - 1] == b'\r')
}
