//! Rejected records and the text of their reasons in `rejects.csv` (docs/contract.md#rejects).

use super::reject_reason::RejectReason;
use std::io::Write;

/// Maximum number of examples in a report: of each reject reason, and of unmatched purchases.
pub(crate) const MAX_SAMPLES: usize = 3;

/// A reason with the numbers that `rejects.csv` gives for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DetailedReason {
    TextAfterClosingQuote,
    BareCarriageReturn,
    LastEscape,
    WrongFieldCount { expected: u32, found: u32 },
    EmptyRecord,
    AmountNotDecimal,
    AmountFractionTooLong,
    AmountIntegerTooLong,
    CannotBeWritten,
    DuplicateCustomer { first_line: u64 },
}

impl DetailedReason {
    /// The reason without the numbers.
    pub(crate) fn kind(self) -> RejectReason {
        match self {
            Self::TextAfterClosingQuote => RejectReason::TextAfterClosingQuote,
            Self::BareCarriageReturn => RejectReason::BareCarriageReturn,
            Self::LastEscape => RejectReason::LastEscape,
            Self::WrongFieldCount { .. } => RejectReason::WrongFieldCount,
            Self::EmptyRecord => RejectReason::EmptyRecord,
            Self::AmountNotDecimal => RejectReason::AmountNotDecimal,
            Self::AmountFractionTooLong => RejectReason::AmountFractionTooLong,
            Self::AmountIntegerTooLong => RejectReason::AmountIntegerTooLong,
            Self::CannotBeWritten => RejectReason::CannotBeWritten,
            Self::DuplicateCustomer { .. } => RejectReason::DuplicateCustomer,
        }
    }

    /// Appends the text for `rejects.csv`. `key` is the name of the customers' key column.
    pub(crate) fn write(self, key: &[u8], text: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = match self {
            Self::WrongFieldCount { expected, found } => write!(text, "expected {expected} fields, found {found}"),
            Self::DuplicateCustomer { first_line } => {
                text.extend_from_slice(b"duplicate ");
                text.extend_from_slice(key);
                write!(text, ", first at line {first_line}")
            }
            other => write!(text, "{}", other.kind()),
        };
    }
}

/// A rejected record of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    /// First byte in the chunk.
    pub(crate) start: u32,
    /// One past the last byte, without the line ending.
    pub(crate) end: u32,
    /// Lines of the chunk before the record.
    pub(crate) line: u32,
    /// The byte that error messages point at.
    pub(crate) fault: u32,
    pub(crate) reason: DetailedReason,
}
