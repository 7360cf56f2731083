//! What a rejected amount looks like.

use super::missing_value::means_missing;
use super::reject_pattern::PatternName;

/// Whether a number has 15 to 17 digits after its leading zeros, as a binary floating-point number with a rounding
/// error usually has when it is printed.
pub(super) fn has_rounding_error_digits(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).skip_while(|byte| **byte == b'0');
    (15..=17).contains(&digits.count())
}

/// The pattern of an amount that is no decimal number.
pub(super) fn pattern_of_amount(value: &[u8]) -> Option<PatternName> {
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
        return pattern_of_number(text);
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
    let is_part =
        |character: char| character.is_ascii_digit() || matches!(character, '.' | ',') || is_group_separator(character);
    text.starts_with(|character: char| character.is_ascii_digit() || matches!(character, '.' | ','))
        && text.contains(|character: char| character.is_ascii_digit())
        && text.chars().all(is_part)
}

/// The pattern of a number with separators.
fn pattern_of_number(text: &str) -> Option<PatternName> {
    let (commas, points) = (text.matches(',').count(), text.matches('.').count());
    let after_comma = text.rsplit(',').next().unwrap_or_default().len();
    match (text.rfind(','), text.rfind('.')) {
        // One comma after all points: the decimal comma, unless it may separate thousands.
        (Some(comma), point) if commas == 1 && point.is_none_or(|point| point < comma) => {
            let is_decimal = points > 0 || after_comma != 3;
            Some(if is_decimal { PatternName::DecimalComma } else { PatternName::ThousandsSeparators })
        }
        (Some(_), _) => Some(PatternName::ThousandsSeparators),
        (None, _) if points > 1 || text.contains(is_group_separator) => Some(PatternName::ThousandsSeparators),
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
fn is_group_separator(character: char) -> bool {
    matches!(character, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’' | '_')
}

/// Whether a text is a currency symbol, or two or three letters as in `kr`, `EUR` and `Rs.`.
fn is_currency(text: &str) -> bool {
    let letters = text.strip_suffix('.').unwrap_or(text);
    matches!(text, "$" | "US$" | "A$" | "C$" | "¢" | "£" | "¥" | "₹" | "₽" | "₩" | "€" | "₺" | "₪" | "₫" | "₴" | "R$")
        || ((2..=3).contains(&letters.chars().count()) && letters.chars().all(char::is_alphabetic))
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
                assert_eq!(pattern_of_amount(value.as_bytes()), pattern, "{value}");
            }
        }
    }

    #[test]
    fn rounding_errors_have_15_to_17_digits() {
        for value in [b"12.299999999999999".as_slice(), b"0.30000000000000004", b"-1234.5600000000002"] {
            assert!(has_rounding_error_digits(value));
        }
        for value in [b"1.0000000001".as_slice(), b"0.1234567890123456789012"] {
            assert!(!has_rounding_error_digits(value));
        }
    }
}
