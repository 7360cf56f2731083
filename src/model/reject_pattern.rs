//! What rejected records look like. A pattern explains many rejects at once, and may name the option that helps.

use super::delimiters::candidate;
use super::readable_numbers::counted;
use super::sides::Side;
use serde::{Deserialize, Serialize};

/// What a rejected record looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PatternName {
    /// A number with a decimal comma: `12,50`, `1.234,50`.
    DecimalComma,
    /// A number with thousands separators: `1,234.50`, `1 234`.
    ThousandsSeparators,
    /// A number with a currency: `$12.50`, `12.50 EUR`.
    Currency,
    /// A negative number as in accounting: `(5.00)`, `5.00-`.
    AccountingNegative,
    /// A number with an exponent: `1.5E+02`.
    Exponent,
    /// A percentage: `12 %`.
    Percentage,
    /// A number with rounding errors of binary arithmetic: `12.299999999999999`.
    BinaryFraction,
    /// A word for a missing value: `NULL`, `N/A`.
    MissingValue,
    /// A spreadsheet error: `#REF!`.
    SpreadsheetError,
    /// A date: `2024-05-01`, `1.5.2024`.
    Date,
    /// A value in single quotes: `'12.50'`.
    SingleQuotes,
    /// A backslash before a quote, which may escape it.
    EscapedQuote,
    /// Fewer fields than the header, but all that the join needs; the age may be missing.
    MissingFields,
    /// Fewer fields than the header, and a field that the join needs is missing or is not a number: the record may be
    /// part of a record with a line break in a value without quotes.
    IncompleteRecord,
    /// A wrong number of fields, and `#` at the start.
    Comment,
    /// More fields than the header; the surplus fields are empty.
    SurplusEmptyFields,
    /// More fields than the header: a value may contain the delimiter.
    UnquotedDelimiter,
    /// A wrong number of fields, but the right one with another delimiter; for a record of one field, also more.
    OtherDelimiter,
}

/// What one rejected record looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RejectLook {
    pub(crate) pattern: PatternName,
    /// The delimiter of [`PatternName::OtherDelimiter`].
    pub(super) delimiter: Option<u8>,
}

impl From<PatternName> for RejectLook {
    fn from(pattern: PatternName) -> Self {
        Self { pattern, delimiter: None }
    }
}

impl RejectLook {
    /// The option that makes such records valid, if there is one.
    pub(crate) fn option(self, side: Side, has_header: bool) -> Option<String> {
        let side = side.name();
        match self.pattern {
            PatternName::SingleQuotes => Some(format!("--{side}-quote \"'\"")),
            PatternName::EscapedQuote => Some(format!("--{side}-escape '\\'")),
            PatternName::MissingFields | PatternName::SurplusEmptyFields => Some(format!("--{side}-ragged pad")),
            PatternName::Comment => Some(format!("--{side}-comment '#'")),
            // The header was read with the current delimiter, so another one would not help.
            PatternName::OtherDelimiter if !has_header => {
                self.delimiter.and_then(candidate).map(|found| format!("--{side}-delimiter '{}'", found.name))
            }
            _ => None,
        }
    }
}

impl PatternName {
    /// A sentence that says what this many records look like; `example` is the value of one.
    pub(crate) fn sentence(self, records: u64, example: &str) -> String {
        let amounts = |one: &str, several: &str| {
            let looks = if records == 1 { format!("looks like {one}") } else { format!("look like {several}") };
            format!("{} such as {example} {looks}", counted(records, "amount"))
        };
        let records = || counted(records, "record");
        match self {
            Self::DecimalComma => amounts("a number with a decimal comma", "decimal commas"),
            Self::ThousandsSeparators => {
                amounts("a number with thousands separators", "numbers with thousands separators")
            }
            Self::Currency => amounts("a number with a currency", "numbers with a currency"),
            Self::AccountingNegative => {
                amounts("a negative number as in accounting", "negative numbers as in accounting")
            }
            Self::Exponent => amounts("a number with an exponent", "numbers with an exponent"),
            Self::Percentage => amounts("a percentage", "percentages"),
            Self::BinaryFraction => amounts("a rounding error of a binary number", "rounding errors of binary numbers"),
            Self::MissingValue => amounts("a missing value", "missing values"),
            Self::SpreadsheetError => amounts("a spreadsheet error", "spreadsheet errors"),
            Self::Date => amounts("a date", "dates"),
            Self::SingleQuotes => format!("{} with values in single quotes", records()),
            Self::EscapedQuote => format!("{} with a backslash before a quote, which may escape it", records()),
            Self::MissingFields => format!("{} with too few fields", records()),
            Self::IncompleteRecord => {
                format!("{} with too few fields: a value without quotes may contain a line break", records())
            }
            Self::Comment => format!("{} beginning with #, as comments do", records()),
            Self::SurplusEmptyFields => format!("{} with only empty fields after the last column", records()),
            Self::UnquotedDelimiter => {
                format!("{} with too many fields: a value without quotes may contain the delimiter", records())
            }
            Self::OtherDelimiter => format!("{} with another delimiter", records()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_agree_with_their_number() {
        let sentence = |records| PatternName::DecimalComma.sentence(records, "12,50");
        assert_eq!(sentence(1), "1 amount such as 12,50 looks like a number with a decimal comma");
        assert_eq!(sentence(1_999_998), "1,999,998 amounts such as 12,50 look like decimal commas");
    }

    #[test]
    fn another_delimiter_helps_only_files_without_a_header() {
        let look = |byte| RejectLook { pattern: PatternName::OtherDelimiter, delimiter: Some(byte) };
        let option = |byte| look(byte).option(Side::Customers, false);
        assert_eq!(option(b';').as_deref(), Some("--customers-delimiter ';'"));
        assert_eq!(option(b'\t').as_deref(), Some("--customers-delimiter 'tab'"));
        assert_eq!(look(b';').option(Side::Customers, true), None);
    }
}
