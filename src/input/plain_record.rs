//! The fast path: the fields of a plain record are determined by the structural index and the first byte of each field.

use super::structural_index::IndexView;

/// A record whose entry in the index lacks [`SLOW_PATH`](super::structural_index::SLOW_PATH).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlainRecord<'m> {
    bytes: &'m [u8],
    /// The positions of its delimiters and its LF, preceded by the position of the end of the previous record.
    positions: &'m [u32],
    /// The offset of the first byte in the chunk.
    pub(crate) start: u32,
    /// The offset after the last byte, without the line ending.
    pub(crate) end: u32,
    /// The quote, if the chunk contains one.
    pub(crate) quote: Option<u8>,
    /// Whether the chunk contains a CR.
    cr: bool,
}

impl<'m> PlainRecord<'m> {
    /// The record of `count` fields that begins after entry `before` of the index.
    #[inline(always)]
    pub(crate) fn new(bytes: &'m [u8], index: IndexView<'m>, before: usize, count: usize) -> Self {
        let positions = &index.positions[before..=before + count];
        let start = positions[0].wrapping_add(1);
        let end = if index.cr { end_before_lf(bytes, start, positions[count]) } else { positions[count] };
        Self { bytes, positions, start, end, quote: index.quote, cr: index.cr }
    }

    /// The number of fields.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.positions.len() - 1
    }

    /// The range of a field in the chunk.
    #[inline(always)]
    pub(crate) fn field(&self, column: usize) -> (u32, u32) {
        let end = if self.cr && column + 1 == self.count() { self.end } else { self.positions[column + 1] };
        (self.positions[column].wrapping_add(1), end)
    }

    /// Whether a field is enclosed in quotes.
    #[inline(always)]
    pub(crate) fn is_quoted(&self, column: usize) -> bool {
        // For an empty field, this is the delimiter or line ending after it.
        let start = self.positions[column].wrapping_add(1);
        self.quote.is_some_and(|quote| self.bytes[start as usize] == quote)
    }

    /// The range of a field's value in the chunk.
    #[inline(always)]
    pub(crate) fn value(&self, column: usize) -> (u32, u32) {
        let (start, end) = self.field(column);
        if self.is_quoted(column) { (start + 1, end - 1) } else { (start, end) }
    }
}

/// The end of a record without its line ending, LF or CRLF.
#[inline(always)]
fn end_before_lf(bytes: &[u8], start: u32, lf: u32) -> u32 {
    lf - u32::from(lf > start && bytes[lf as usize - 1] == b'\r')
}
