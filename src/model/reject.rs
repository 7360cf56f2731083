//! Why a record is rejected, in the contract's order of precedence (docs/contract.md#rejects).

use std::fmt::Write;

/// Why a record is rejected.
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

/// The names under which the report counts, in the contract's order.
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

/// Places in [`REASON_NAMES`]: the reason with numbers in its text, those of purchases alone, that of customers alone.
pub(crate) const WRONG_NUMBER_OF_FIELDS: usize = 2;
pub(crate) const AMOUNTS: std::ops::Range<usize> = 4..7;
pub(crate) const DUPLICATE: usize = 7;

impl RejectReason {
    /// Its place in [`REASON_NAMES`].
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

    /// Writes the text of `rejects.csv`; `key` is the customers' key column.
    pub(crate) fn write(self, key: &[u8], text: &mut Vec<u8>) {
        let mut line = String::new();
        // Writing to a String cannot fail.
        let _ = match self {
            Self::FieldCount { expected, found } => write!(line, "expected {expected} fields, found {found}"),
            Self::Duplicate { first_line } => {
                text.extend_from_slice(b"duplicate ");
                text.extend_from_slice(key);
                write!(line, ", first at line {first_line}")
            }
            other => write!(line, "{}", REASON_NAMES[other.index()]),
        };
        text.extend_from_slice(line.as_bytes());
    }
}

/// A rejected record: its place in the chunk, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reject {
    /// First byte, and one past the last without the line ending.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Lines of the chunk before the record.
    pub(crate) line: u32,
    /// The byte to point at in a message.
    pub(crate) fault: u32,
    pub(crate) reason: RejectReason,
}
