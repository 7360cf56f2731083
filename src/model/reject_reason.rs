//! The reasons for which records are rejected (docs/contract.md#rejects).

use std::fmt;

/// The reason for which a record is rejected. The variants are in the order of precedence: the first that applies is
/// reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// A closing quote is followed by text.
    TextAfterClosingQuote,
    /// A carriage return outside quotes is not followed by a line feed.
    BareCarriageReturn,
    /// The input ends after an escape byte.
    LastEscape,
    /// The number of fields differs from that of the header.
    WrongFieldCount,
    /// The value of every field is empty.
    EmptyRecord,
    /// The values are the names of the columns.
    RepeatedHeader,
    /// The amount is not a decimal number.
    AmountNotDecimal,
    /// The amount has more than 9 fraction digits.
    AmountFractionTooLong,
    /// The amount has more than 18 integer digits.
    AmountIntegerTooLong,
    /// The purchases, whose dialect the combined data has, are read without quotes and escapes, and a value of the
    /// customer contains their delimiter, CR or LF, or begins with a blank that would be skipped.
    CannotBeWritten,
    /// An earlier customer has the same key.
    DuplicateCustomer,
}

impl RejectReason {
    /// All reasons, in the order of precedence.
    pub const ALL: [Self; 11] = [
        Self::TextAfterClosingQuote,
        Self::BareCarriageReturn,
        Self::LastEscape,
        Self::WrongFieldCount,
        Self::EmptyRecord,
        Self::RepeatedHeader,
        Self::AmountNotDecimal,
        Self::AmountFractionTooLong,
        Self::AmountIntegerTooLong,
        Self::CannotBeWritten,
        Self::DuplicateCustomer,
    ];

    /// The name in `report.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::TextAfterClosingQuote => "text after closing quote",
            Self::BareCarriageReturn => "bare carriage return",
            Self::LastEscape => "escape at end of input",
            Self::WrongFieldCount => "wrong number of fields",
            Self::EmptyRecord => "empty record",
            Self::RepeatedHeader => "repeated header",
            Self::AmountNotDecimal => "amount is not a decimal number",
            Self::AmountFractionTooLong => "amount has more than 9 fraction digits",
            Self::AmountIntegerTooLong => "amount has more than 18 integer digits",
            Self::CannotBeWritten => "cannot be written without quotes",
            Self::DuplicateCustomer => "duplicate customer",
        }
    }

    /// The reason with this [`name`](Self::name).
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// Whether a customer can be rejected for this reason.
    pub(crate) fn applies_to_customers(self) -> bool {
        !matches!(self, Self::AmountNotDecimal | Self::AmountFractionTooLong | Self::AmountIntegerTooLong)
    }

    /// Whether a purchase can be rejected for this reason.
    pub(crate) fn applies_to_purchases(self) -> bool {
        !matches!(self, Self::CannotBeWritten | Self::DuplicateCustomer)
    }
}

impl fmt::Display for RejectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of rejected records for each reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RejectCounts([u64; RejectReason::ALL.len()]);

impl RejectCounts {
    /// Counts a record that was rejected for this reason.
    pub(crate) fn add(&mut self, reason: RejectReason) {
        self.0[reason as usize] += 1;
    }

    /// The number of records rejected for this reason.
    pub(crate) fn of(&self, reason: RejectReason) -> u64 {
        self.0[reason as usize]
    }

    /// The counts in the order of precedence, including zeros.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RejectReason, u64)> + '_ {
        RejectReason::ALL.into_iter().map(|reason| (reason, self.0[reason as usize]))
    }

    /// The counts that are not 0, in the order of precedence.
    pub(crate) fn occurred(&self) -> impl Iterator<Item = (RejectReason, u64)> + '_ {
        self.iter().filter(|(_, count)| *count > 0)
    }

    /// The number of rejected records.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Adds the counts of another part of the records.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, count)| *sum += count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_discriminant_is_the_position_in_all() {
        for (index, reason) in RejectReason::ALL.into_iter().enumerate() {
            assert_eq!((reason as usize, RejectReason::from_name(reason.name())), (index, Some(reason)));
        }
    }
}
