//! Rejected records and the text of their reasons in `rejects.csv` (docs/contract.md#rejects).

use super::reject_reason::RejectReason;
use std::io::Write;
use std::path::PathBuf;

/// Maximum number of examples in a report: of each reject reason, and of unmatched purchases.
pub(crate) const MAX_SAMPLES: usize = 3;

/// A reason with the numbers that `rejects.csv` gives for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DetailedReason {
    TextAfterClosingQuote,
    BareCarriageReturn,
    LastEscape,
    WrongFieldCount {
        expected: u32,
        found: u32,
    },
    EmptyRecord,
    RepeatedHeader,
    AmountNotDecimal,
    AmountFractionTooLong,
    AmountIntegerTooLong,
    CannotBeWritten,
    /// The first customer with the key is in this customers file, from 0, at this line, from 1.
    DuplicateCustomer {
        file: usize,
        line: u64,
    },
}

/// The names that the text of a reason contains.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReasonNames {
    /// The customers' key column.
    pub(crate) key: Vec<u8>,
    /// The customers files, if there are several.
    pub(crate) files: Vec<PathBuf>,
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
            Self::RepeatedHeader => RejectReason::RepeatedHeader,
            Self::AmountNotDecimal => RejectReason::AmountNotDecimal,
            Self::AmountFractionTooLong => RejectReason::AmountFractionTooLong,
            Self::AmountIntegerTooLong => RejectReason::AmountIntegerTooLong,
            Self::CannotBeWritten => RejectReason::CannotBeWritten,
            Self::DuplicateCustomer { .. } => RejectReason::DuplicateCustomer,
        }
    }

    /// Appends the text for `rejects.csv`.
    pub(crate) fn write(self, names: &ReasonNames, text: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        let _ = match self {
            Self::WrongFieldCount { expected, found } => write!(text, "expected {expected} fields, found {found}"),
            Self::DuplicateCustomer { file, line } => {
                text.extend_from_slice(b"duplicate ");
                text.extend_from_slice(&names.key);
                let written = write!(text, ", first at line {line}");
                if let Some(file) = names.files.get(file) {
                    text.extend_from_slice(b" of ");
                    text.extend_from_slice(file.as_os_str().as_encoded_bytes());
                }
                written
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
