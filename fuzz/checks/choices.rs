//! The first bytes of a case choose its options, so that a seed can be written and read by hand: `0` is the
//! first choice, `1` the second, and so on; whatever byte stands there chooses something.

/// The options of a case, one byte after the other.
pub(crate) struct Choices<'d>(&'d [u8]);

impl<'d> Choices<'d> {
    /// The first `len` bytes choose; the rest is the case's text. A line end between the two is for the eye.
    pub(crate) fn split(data: &'d [u8], len: usize) -> (Self, &'d [u8]) {
        let (choices, text) = data.split_at(len.min(data.len()));
        (Self(choices), text.strip_prefix(b"\n").unwrap_or(text))
    }

    /// The next choice as a number, 0 where none is left.
    pub(crate) fn number(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(first.wrapping_sub(b'0'))
    }

    /// One of several.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.number() % choices.len()]
    }
}
