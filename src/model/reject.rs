//! Rejected records and their reasons (docs/contract.md#rejects).

use std::fmt::Write;

/// Why a record is rejected, in the order of precedence of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RejectReason {
    TextAfterQuote,
    BareCr,
    FieldCount { expected: u32, found: u32 },
    EmptyRecord,
    NotDecimal,
    FractionTooLong,
    IntegerTooLong,
    Duplicate { first_line: u64 },
}

/// The names of the reasons in the report, in the order of precedence.
pub(crate) const REASON_NAMES: [&str; 8] = [
    "text after closing quote",
    "bare carriage return",
    "wrong number of fields",
    "empty record",
    "amount is not a decimal number",
    "amount has more than 9 fraction digits",
    "amount has more than 18 integer digits",
    "duplicate customer",
];

/// Index in [`REASON_NAMES`] of the reason whose text in `rejects.csv` has numbers.
pub(crate) const WRONG_NUMBER_OF_FIELDS: usize = 2;
/// Indexes of the reasons that only purchases have.
pub(crate) const AMOUNTS: std::ops::Range<usize> = 4..7;
/// Index of the reason that only customers have.
pub(crate) const DUPLICATE: usize = 7;

impl RejectReason {
    /// Index in [`REASON_NAMES`].
    pub(crate) fn index(self) -> usize {
        match self {
            Self::TextAfterQuote => 0,
            Self::BareCr => 1,
            Self::FieldCount { .. } => WRONG_NUMBER_OF_FIELDS,
            Self::EmptyRecord => 3,
            Self::NotDecimal => 4,
            Self::FractionTooLong => 5,
            Self::IntegerTooLong => 6,
            Self::Duplicate { .. } => DUPLICATE,
        }
    }

    /// Appends the text for `rejects.csv`. `key` is the name of the customers' key column.
    pub(crate) fn write(self, key: &[u8], text: &mut Vec<u8>) {
        let mut rest = String::new();
        // Writing to a String cannot fail.
        let _ = match self {
            Self::FieldCount { expected, found } => write!(rest, "expected {expected} fields, found {found}"),
            Self::Duplicate { first_line } => {
                text.extend_from_slice(b"duplicate ");
                text.extend_from_slice(key);
                write!(rest, ", first at line {first_line}")
            }
            other => write!(rest, "{}", REASON_NAMES[other.index()]),
        };
        text.extend_from_slice(rest.as_bytes());
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
    pub(crate) reason: RejectReason,
}
