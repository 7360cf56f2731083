//! The part of a report with notices: remarks on results that may be wrong although no rule was broken.

use serde::{Deserialize, Serialize};

/// A remark on a result that may be wrong although no rule was broken, with its figures and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Notice {
    /// What the notice is about.
    pub notice: NoticeName,
    /// One sentence that says what was found, with examples. Data in it is escaped and truncated as in messages.
    pub message: String,
    /// What to do about it.
    pub fix: String,
    /// The figure of the notice: a number of records or inputs (docs/contract.md#notices).
    pub found: u64,
    /// The number of records or inputs that `found` is a part of.
    pub of: u64,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeName {
    /// Fewer than half of the accepted purchases have a customer.
    FewMatched,
    /// No customer has a readable age.
    NoReadableAge,
    /// The age groups leave out single years, such as 29 in `18-29,30-44`.
    GroupGaps,
    /// A key that usually means a missing value, such as `NULL`, joined purchases.
    PlaceholderKey,
    /// The last record of an input has no line ending.
    NoFinalLineEnding,
    /// The same file is given more than once.
    SameInput,
    /// A file is read plain and compressed, such as `a.csv` and `a.csv.gz`.
    CompressedCopy,
    /// One of several inputs has no record.
    EmptyInput,
    /// An input begins with more than one byte order mark.
    DoubledByteOrderMark,
    /// Amounts look as if a point separated thousands: `1.234` beside `12.50`.
    ThousandsSeparators,
}
