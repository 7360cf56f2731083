//! Options of a case, taken from its first bytes. Seeds can be written and read by hand: `0` is the first choice, `1`
//! the second, and so on; every byte is a valid choice.

/// The bytes that have not chosen an option yet.
pub(crate) struct Choices<'d>(&'d [u8]);

impl<'d> Choices<'d> {
    /// Splits a case into `len` bytes of choices and its text. A line feed between them is skipped.
    pub(crate) fn split(data: &'d [u8], len: usize) -> (Self, &'d [u8]) {
        let (choices, text) = data.split_at(len.min(data.len()));
        (Self(choices), text.strip_prefix(b"\n").unwrap_or(text))
    }

    /// The next choice as a number; 0 if none is left.
    pub(crate) fn number(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first.wrapping_sub(b'0'))
    }

    /// The next choice, among several.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.number() % choices.len()]
    }
}
