//! Counts amounts with exactly three fraction digits: their point may be a thousands separator.

/// The amounts of a chunk or a run that have exactly three fraction digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ThreeDigits {
    /// Those that could have a thousands separator, such as `1.234`.
    pub(crate) grouped: u64,
    /// Those that cannot, such as `0.125` and `1234.567`.
    pub(crate) plain: u64,
    /// The record with the first of the `grouped` amounts: its first byte in the chunk, and one past its last byte.
    pub(crate) first: Option<(u32, u32)>,
}

impl ThreeDigits {
    /// Adds an amount with exactly three fraction digits, in units of 10⁻⁹, of the record at `start..end` of the chunk.
    #[cold]
    pub(crate) fn add(&mut self, units: i128, start: u32, end: u32) {
        const ONE: u128 = 1_000_000_000;
        if (ONE..1000 * ONE).contains(&units.unsigned_abs()) {
            self.grouped += 1;
            self.first = self.first.or(Some((start, end)));
        } else {
            self.plain += 1;
        }
    }

    /// Adds the counts of a later chunk.
    pub(crate) fn merge(&mut self, later: &Self) {
        self.grouped += later.grouped;
        self.plain += later.plain;
    }
}
