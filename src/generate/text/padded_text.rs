//! Texts that are copied with one fixed-size copy.

/// A text of at most 31 bytes in a block of 32. It is copied as a whole, which costs two vector moves and no branch on
/// the length; what is written next overwrites the padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PaddedText {
    /// The text, zeros, and in the last byte the text's length. Thirty-two bytes, so that an index into an array of
    /// these is a shift.
    bytes: [u8; 32],
}

impl PaddedText {
    /// Panics for texts of more than 31 bytes.
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        assert!(bytes[31] == 0, "a padded text has at most 31 bytes");
        bytes[31] = text.len() as u8;
        Self { bytes }
    }

    /// Writes the text at `at`, overwriting 32 bytes, and returns the position behind the text.
    #[inline(always)]
    pub(crate) fn put<const N: usize>(&self, record: &mut [u8; N], at: usize) -> usize {
        record[at..at + 32].copy_from_slice(&self.bytes);
        at + usize::from(self.bytes[31] & 31)
    }
}
