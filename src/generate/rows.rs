//! The bytes of rows in the making.

/// A buffer that is written without a check of its capacity for every few bytes, and whose memory stays.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    bytes: Vec<u8>,
    /// How many of the bytes are written; the rest is scrap.
    len: usize,
}

impl Rows {
    /// Back to no bytes.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
    }

    /// What was written.
    pub(crate) fn written(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Room for `N` bytes behind those written; [`advance`](Self::advance) says how many of them count.
    #[inline]
    pub(crate) fn room<const N: usize>(&mut self) -> &mut [u8; N] {
        if self.bytes.len() - self.len < N {
            self.grow(N);
        }
        // Proof: either the difference was N or more already, or `grow` has made `bytes` at least `len` + N long.
        self.bytes[self.len..].first_chunk_mut().expect("there is room")
    }

    #[inline]
    pub(crate) fn advance(&mut self, count: usize) {
        self.len += count;
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        self.bytes.resize((self.len + more + 4096).max(self.bytes.len() * 2), 0);
    }

    /// Adds bytes.
    #[inline]
    pub(crate) fn put(&mut self, piece: &[u8]) {
        if self.bytes.len() - self.len < piece.len() {
            self.grow(piece.len());
        }
        self.bytes[self.len..self.len + piece.len()].copy_from_slice(piece);
        self.len += piece.len();
    }
}

/// The digits of a number below 10⁸, the first in the lowest byte, and how many there are. All eight are
/// worked out at a time; `padded` keeps the zeros in front.
#[inline]
pub(crate) fn digits(number: u32, padded: bool) -> ([u8; 8], usize) {
    debug_assert!(number < 100_000_000);
    // Two numbers of four digits, then four of two, then eight of one, each in a lane of its own.
    let fours = u64::from(number / 10_000) | (u64::from(number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = ((fours - 100 * hundreds) << 16) | hundreds;
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = ((twos - 10 * tens) << 8) | tens;
    let zeros = if padded { 0 } else { (ones.trailing_zeros() / 8).min(7) };
    (((ones | 0x3030_3030_3030_3030) >> (8 * zeros)).to_le_bytes(), 8 - zeros as usize)
}

/// Writes a number at the start of `out` (at least 24 bytes); how many digits it has comes back.
#[inline]
pub(crate) fn put_number(number: u64, out: &mut [u8]) -> usize {
    const MOST: u64 = 100_000_000;
    if number < MOST {
        let (bytes, count) = digits(number as u32, false);
        out[..8].copy_from_slice(&bytes);
        return count;
    }
    put_long_number(number, out)
}

/// More than eight digits: eight at a time.
#[cold]
fn put_long_number(number: u64, out: &mut [u8]) -> usize {
    const MOST: u64 = 100_000_000;
    let count = put_number(number / MOST, out);
    out[count..count + 8].copy_from_slice(&digits((number % MOST) as u32, true).0);
    count + 8
}

/// A text that is copied whole, with what is too much of it. Its length stands in the last byte: a piece is found
/// without a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece([u8; 32]);

impl Piece {
    /// A text of 31 bytes at most.
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        assert!(bytes[31] == 0, "a piece has at most 31 bytes");
        bytes[31] = text.len() as u8;
        Self(bytes)
    }

    /// Writes it, over 32 bytes; where what follows it goes comes back.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&self, row: &mut [u8; N], at: usize) -> usize {
        row[at..at + 32].copy_from_slice(&self.0);
        at + usize::from(self.0[31] & 31)
    }
}

/// A short text on the stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Short {
    bytes: [u8; 64],
    len: usize,
}

impl Short {
    pub(crate) fn new() -> Self {
        Self { bytes: [0; 64], len: 0 }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// Adds bytes; what does not fit is a mistake of the caller.
    pub(crate) fn text(mut self, text: &[u8]) -> Self {
        self.bytes[self.len..self.len + text.len()].copy_from_slice(text);
        self.len += text.len();
        self
    }

    /// Adds a number.
    pub(crate) fn number(mut self, number: u64) -> Self {
        self.len += put_number(number, &mut self.bytes[self.len..]);
        self
    }

    /// Adds a number below 10⁸ with zeros in front, `width` digits in all (eight at most).
    pub(crate) fn padded(self, number: u32, width: usize) -> Self {
        self.text(&digits(number, true).0[8 - width..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_standard_library_does() {
        let edges = (0..=19).flat_map(|power| [10u64.pow(power) - 1, 10u64.pow(power), 10u64.pow(power) + 7]);
        let spread = (0..200_000u64).map(|number| number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (number % 60));
        for number in edges.chain(spread).chain(0..20_000) {
            assert_eq!(Short::new().number(number).bytes(), number.to_string().as_bytes());
        }
        assert_eq!(Short::new().padded(70, 4).padded(5, 8).bytes(), b"007000000005");
    }

    #[test]
    fn rows_grow_and_keep_what_was_written() {
        let mut rows = Rows::default();
        let mut expected = vec![];
        for number in 0..3000u32 {
            rows.put(number.to_string().as_bytes());
            rows.room::<4>()[..2].copy_from_slice(b", ");
            rows.advance(2);
            expected.extend_from_slice(format!("{number}, ").as_bytes());
        }
        assert_eq!(rows.written(), expected);
        rows.clear();
        assert!(rows.written().is_empty());
    }
}
