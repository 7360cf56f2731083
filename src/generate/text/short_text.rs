//! Short texts without allocation.

use super::number::{digits, put_number};

/// A text of at most 64 bytes on the stack, built by appending. Appending more than fits panics.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ShortText {
    bytes: [u8; 64],
    len: usize,
}

impl ShortText {
    /// An empty text.
    pub(crate) fn new() -> Self {
        Self { bytes: [0; 64], len: 0 }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Appends bytes.
    pub(crate) fn text(mut self, text: &[u8]) -> Self {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
        self
    }

    /// Appends a number.
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.len += put_number(number, &mut self.bytes[self.len..]);
        self
    }

    /// Appends a number below 10⁸ with leading zeros up to `width` digits, at most eight.
    pub(crate) fn padded(self, number: u32, width: usize) -> Self {
        self.text(&digits(number, true).0[8 - width..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_appended() {
        let text = ShortText::new().text(b"-").number(12_345_678_901).padded(70, 4).padded(5, 8);
        assert_eq!(text.as_bytes(), b"-12345678901007000000005");
    }
}
