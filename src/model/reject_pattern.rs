//! What rejected records look like. A pattern explains many rejects at once, and may name the option that helps.

use super::dialect::{Dialect, trim_blanks};
use super::missing_value::means_missing;
use super::readable_numbers::counted;
use super::reject::DetailedReason;
use super::sides::Side;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

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
    /// An error of a spreadsheet: `#REF!`.
    SpreadsheetError,
    /// A date: `2024-05-01`, `1.5.2024`.
    Date,
    /// A value in single quotes: `'12.50'`.
    SingleQuotes,
    /// A backslash before a quote, which may escape it.
    EscapedQuote,
    /// Fewer fields than the header.
    MissingFields,
    /// More fields than the header; the surplus fields are empty.
    SurplusEmptyFields,
    /// More fields than the header: a value may contain the delimiter.
    UnquotedDelimiter,
    /// One field that contains another delimiter at least as often as the header contains its own.
    OtherDelimiter,
}

impl PatternName {
    /// The pattern of a reject. `value` returns the value of the faulty field; `record` is the bytes of the record.
    pub(crate) fn of<'v>(
        reason: DetailedReason,
        value: impl FnOnce() -> Cow<'v, [u8]>,
        record: &[u8],
        dialect: Dialect,
    ) -> Option<Self> {
        match reason {
            DetailedReason::AmountNotDecimal => of_amount(trim_blanks(&value())),
            DetailedReason::AmountFractionTooLong => is_binary(&value()).then_some(Self::BinaryFraction),
            DetailedReason::TextAfterClosingQuote => {
                let escaped = |quote| memchr::memmem::find(record, &[b'\\', quote]).is_some();
                (dialect.escape.is_none() && dialect.quote.is_some_and(escaped)).then_some(Self::EscapedQuote)
            }
            DetailedReason::WrongFieldCount { expected, found } => of_fields(record, dialect, expected, found),
            _ => None,
        }
    }

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
            Self::SpreadsheetError => amounts("an error of a spreadsheet", "errors of a spreadsheet"),
            Self::Date => amounts("a date", "dates"),
            Self::SingleQuotes => format!("{} with values in single quotes", records()),
            Self::EscapedQuote => format!("{} with a backslash before a quote, which may escape it", records()),
            Self::MissingFields => format!("{} with too few fields", records()),
            Self::SurplusEmptyFields => format!("{} with only empty fields after the last column", records()),
            Self::UnquotedDelimiter => {
                format!("{} with too many fields: a value without quotes may contain the delimiter", records())
            }
            Self::OtherDelimiter => format!("{} with another delimiter", records()),
        }
    }

    /// The option that makes such records valid, if there is one.
    pub(crate) fn option(self, side: Side) -> Option<String> {
        let side = side.name();
        match self {
            Self::SingleQuotes => Some(format!("--{side}-quote \"'\"")),
            Self::EscapedQuote => Some(format!("--{side}-escape '\\'")),
            Self::MissingFields | Self::SurplusEmptyFields => Some(format!("--{side}-ragged pad")),
            _ => None,
        }
    }
}

/// Whether a number has 15 to 17 digits after its leading zeros, as a binary floating-point number with a rounding
/// error usually has when it is printed.
fn is_binary(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).skip_while(|byte| **byte == b'0');
    (15..=17).contains(&digits.count())
}

/// The pattern of an amount that is no decimal number.
fn of_amount(value: &[u8]) -> Option<PatternName> {
    let text = std::str::from_utf8(value).ok()?;
    // NA is what R writes, and a point what SAS writes. As keys they are more likely to mean something.
    if means_missing(text) || matches!(text, "NA" | ".") {
        return Some(PatternName::MissingValue);
    }
    if text.len() > 1 && text.starts_with('#') && text.ends_with(['!', '?', 'A']) {
        return Some(PatternName::SpreadsheetError);
    }
    if let Some(inside) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return inside.contains(|character: char| character.is_ascii_digit()).then_some(PatternName::SingleQuotes);
    }
    if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).or(text.strip_suffix('-')) {
        return is_number(inside).then_some(PatternName::AccountingNegative);
    }
    if let Some(number) = text.strip_suffix('%') {
        return is_number(number.trim_end()).then_some(PatternName::Percentage);
    }
    if is_date(text) {
        return Some(PatternName::Date);
    }
    if is_number(text) {
        return of_number(text);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && is_number(mantissa) {
        return Some(PatternName::Exponent);
    }
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_of_currency = |character: char| !character.is_ascii_digit() && !matches!(character, '+' | '-' | ',');
    let number = text.trim_matches(is_of_currency);
    let start = text.len() - text.trim_start_matches(is_of_currency).len();
    let (before, after) = (text[..start].trim(), text.get(start + number.len()..).unwrap_or_default().trim());
    let has_currency = !before.is_empty() || !after.is_empty();
    let are_currencies = [before, after].into_iter().all(|part| part.is_empty() || is_currency(part));
    (has_currency && are_currencies && is_number(number)).then_some(PatternName::Currency)
}

/// Whether a text consists of digits, separators and at most one sign before them.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_part = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',') || is_space(character);
    text.starts_with(|character: char| character.is_ascii_digit() || matches!(character, '.' | ','))
        && text.contains(|character: char| character.is_ascii_digit())
        && text.chars().all(is_part)
}

/// The pattern of a number with separators.
fn of_number(text: &str) -> Option<PatternName> {
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let after_comma = text.rsplit(',').next().unwrap_or_default().len();
    match (text.rfind(','), text.rfind('.')) {
        // One comma after all points: the decimal comma, unless it may separate thousands.
        (Some(comma), point) if commas == 1 && point.is_none_or(|point| point < comma) => {
            let is_decimal = points > 0 || after_comma != 3;
            Some(if is_decimal { PatternName::DecimalComma } else { PatternName::ThousandsSeparators })
        }
        (Some(_), _) => Some(PatternName::ThousandsSeparators),
        (None, _) if points > 1 || text.contains(is_space) => Some(PatternName::ThousandsSeparators),
        _ => None,
    }
}

/// Whether a text, up to its first space or `T`, is three numbers with the same separator and the lengths of a date: a
/// year of four digits first or last, or of two digits last.
fn is_date(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    ['-', '/', '.'].iter().any(|separator| {
        let parts: Vec<&str> = date.split(*separator).collect();
        let digits = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let lengths: Vec<usize> = parts.iter().filter(|part| digits(part)).map(|part| part.len()).collect();
        matches!(lengths[..], [4, 1..=2, 1..=2] | [1..=2, 1..=2, 2 | 4]) && parts.len() == 3
    })
}

/// Whether a character is a space, apostrophe or underscore that separates thousands.
fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’' | '_')
}

/// Whether a text is a currency symbol, or two or three letters as in `kr`, `EUR` and `Rs.`.
fn is_currency(text: &str) -> bool {
    let letters = text.strip_suffix('.').unwrap_or(text);
    matches!(text, "$" | "US$" | "A$" | "C$" | "¢" | "£" | "¥" | "₹" | "₽" | "₩" | "€" | "₺" | "₪" | "₫" | "₴" | "R$")
        || ((2..=3).contains(&letters.chars().count()) && letters.chars().all(char::is_alphabetic))
}

/// The pattern of a record with another number of fields than the header.
fn of_fields(record: &[u8], dialect: Dialect, expected: u32, found: u32) -> Option<PatternName> {
    if found == 1 {
        let others = [b',', b';', b'\t', b'|'].into_iter().filter(|&other| other != dialect.delimiter);
        let mut counts = others.map(|other| memchr::memchr_iter(other, record).count());
        if counts.any(|count| count as u64 + 1 >= u64::from(expected)) {
            return Some(PatternName::OtherDelimiter);
        }
    }
    if found < expected {
        return Some(PatternName::MissingFields);
    }
    let mut rest = record;
    let (mut number, mut single, mut surplus) = (0, false, false);
    loop {
        let raw = dialect.first_field(rest);
        single |= raw.starts_with(b"'");
        surplus |= number >= expected && !dialect.value(raw).is_empty();
        number += 1;
        match rest.get(raw.len() + 1..) {
            Some(next) if raw.len() < rest.len() => rest = next,
            _ => break,
        }
    }
    Some(match (surplus, single && dialect.quote != Some(b'\'')) {
        (true, true) => PatternName::SingleQuotes,
        (true, false) => PatternName::UnquotedDelimiter,
        (false, _) => PatternName::SurplusEmptyFields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_recognised() {
        for (values, pattern) in [
            (&["12,50", "-1.234,50", "1,5", ",5", "12,5000"][..], Some(PatternName::DecimalComma)),
            (
                &["1,234.50", "1,234", "1,234,567", "1.234.567", "1 234", "1'234.50", "1\u{a0}234,50,00"],
                Some(PatternName::ThousandsSeparators),
            ),
            (
                &["$12.50", "12.50 EUR", "€ 1.234,50", "USD-5", "12,50\u{a0}€", "Fr. 12", "12 kr", "-€5"],
                Some(PatternName::Currency),
            ),
            (&["(5.00)", "5.00-", "(1,234.50)"], Some(PatternName::AccountingNegative)),
            (&["1.5E+02", "1e3", "-2E-7"], Some(PatternName::Exponent)),
            (&["12%", "12.5 %"], Some(PatternName::Percentage)),
            (&["NULL", "N/A", "-", "#N/A", "NA", "."], Some(PatternName::MissingValue)),
            (&["#REF!", "#DIV/0!", "#NAME?"], Some(PatternName::SpreadsheetError)),
            (&["2024-05-01", "1.5.2024", "5/1/24", "2024-05-01T10:00"], Some(PatternName::Date)),
            (&["'12.50'"], Some(PatternName::SingleQuotes)),
            (&["abc", "", "12.50", "12 apples or 13", "x1", "12 pieces", "\u{663}", "x'y'"], None),
        ] {
            for value in values {
                let value_of = || value.as_bytes().into();
                let found = PatternName::of(DetailedReason::AmountNotDecimal, value_of, b"", Dialect::RFC_4180);
                assert_eq!(found, pattern, "{value}");
            }
        }
    }

    #[test]
    fn rounding_errors_have_15_to_17_digits() {
        let look = |value: &'static [u8]| {
            PatternName::of(DetailedReason::AmountFractionTooLong, || value.into(), b"", Dialect::RFC_4180)
        };
        for value in [b"12.299999999999999".as_slice(), b"0.30000000000000004", b"-1234.5600000000002"] {
            assert_eq!(look(value), Some(PatternName::BinaryFraction));
        }
        assert_eq!((look(b"1.0000000001"), look(b"0.1234567890123456789012")), (None, None));
    }

    #[test]
    fn sentences_agree_with_their_number() {
        let sentence = |records| PatternName::DecimalComma.sentence(records, "12,50");
        assert_eq!(sentence(1), "1 amount such as 12,50 looks like a number with a decimal comma");
        assert_eq!(sentence(1_999_998), "1,999,998 amounts such as 12,50 look like decimal commas");
    }

    #[test]
    fn records_are_recognised() {
        let look = |record: &str, expected, found| {
            let reason = DetailedReason::WrongFieldCount { expected, found };
            PatternName::of(reason, || b"".into(), record.as_bytes(), Dialect::RFC_4180)
        };
        assert_eq!(look("1,2", 3, 2), Some(PatternName::MissingFields));
        assert_eq!(look("1;2;3", 3, 1), Some(PatternName::OtherDelimiter));
        assert_eq!(look("total", 3, 1), Some(PatternName::MissingFields));
        assert_eq!(look("1,2,3,,\"\"", 3, 5), Some(PatternName::SurplusEmptyFields));
        assert_eq!(look("1,2,3,4", 3, 4), Some(PatternName::UnquotedDelimiter));
        assert_eq!(look("1,\"2,2\",3,4", 3, 4), Some(PatternName::UnquotedDelimiter));
        assert_eq!(look("'1','Pen, blue','3'", 3, 4), Some(PatternName::SingleQuotes));
        let quoted = |record: &str, dialect| {
            PatternName::of(DetailedReason::TextAfterClosingQuote, || b"".into(), record.as_bytes(), dialect)
        };
        assert_eq!(quoted(r#"1,"5\" nail""#, Dialect::RFC_4180), Some(PatternName::EscapedQuote));
        assert_eq!(quoted(r#"1,"5" nail""#, Dialect::RFC_4180), None);
    }
}
