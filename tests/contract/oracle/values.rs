//! Ages, age groups and amounts, by arithmetic on their digits (docs/contract.md#amounts,
//! docs/contract.md#age-groups).

use super::Options;
use super::rejects::Reason;

/// Blanks are space and tab, nothing else.
fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = value {
        value = rest;
    }
    while let [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// A number from 0 up, exact: whole digits without leading zeros, fraction digits without trailing zeros. The
/// derived order is the numeric one: more whole digits, then the digits, then the fraction as a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal {
    whole_digits: usize,
    whole: Vec<u8>,
    fraction: Vec<u8>,
}

impl Decimal {
    /// The number, if it is whole; numbers beyond nine digits count as a billion.
    pub(super) fn whole_number(&self) -> Option<u64> {
        let number = if self.whole.len() > 9 {
            1_000_000_000
        } else {
            self.whole.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
        };
        self.fraction.is_empty().then_some(number)
    }
}

/// The grammar of ages: one or more digits, then optionally `.` and zero or more digits.
fn decimal(text: &[u8]) -> Option<Decimal> {
    let (whole, fraction) = split_at_point(text);
    let digits_only = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if whole.is_empty() || !digits_only {
        return None;
    }
    let whole = without_leading_zeros(whole).to_vec();
    let fraction = without_trailing_zeros(fraction).to_vec();
    Some(Decimal { whole_digits: whole.len(), whole, fraction })
}

/// The parts before and after the first point.
fn split_at_point(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b'.') {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, b""),
    }
}

fn without_leading_zeros(mut digits: &[u8]) -> &[u8] {
    while let [b'0', rest @ ..] = digits {
        digits = rest;
    }
    digits
}

fn without_trailing_zeros(mut digits: &[u8]) -> &[u8] {
    while let [rest @ .., b'0'] = digits {
        digits = rest;
    }
    digits
}

/// The value of an age field.
pub(super) enum Age {
    Missing,
    Invalid,
    Years(Decimal),
}

pub(super) fn age_of(value: &[u8]) -> Age {
    let text = trimmed(value);
    // Reading: blanks alone are an empty age, as they are an empty amount.
    if text.is_empty() {
        return Age::Missing;
    }
    match decimal(text) {
        Some(years) if Some(&years) <= decimal(b"150").as_ref() => Age::Years(years),
        _ => Age::Invalid,
    }
}

/// Billionths of a unit of money.
pub(super) type Money = i128;

/// The amount and the number of its written fraction digits, nine at most; `None` when it is missing.
pub(super) fn amount_of(value: &[u8]) -> Result<Option<(Money, usize)>, Reason> {
    let text = trimmed(value);
    if text.is_empty() {
        return Ok(None);
    }
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    let (whole, fraction) = split_at_point(digits);
    let digits_only = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    if !digits_only || whole.len() + fraction.len() == 0 {
        return Err(Reason::AmountNotDecimal);
    }
    if without_trailing_zeros(fraction).len() > 9 {
        return Err(Reason::AmountFraction);
    }
    if without_leading_zeros(whole).len() > 18 {
        return Err(Reason::AmountInteger);
    }
    let mut billionths: Money = 0;
    for &digit in without_leading_zeros(whole) {
        billionths = billionths * 10 + Money::from(digit - b'0');
    }
    for place in 0..9 {
        let digit = fraction.get(place).copied().unwrap_or(b'0');
        billionths = billionths * 10 + Money::from(digit - b'0');
    }
    // Reading: `1.50` has two fraction digits, so that totals have the digits of the amounts.
    Ok(Some((sign * billionths, fraction.len().min(9))))
}

/// A total with exactly `digits` fraction digits. No amount has more, so nothing is lost.
pub(super) fn money_text(total: Money, digits: usize) -> String {
    let unit = 10u128.pow(9 - digits as u32);
    assert_eq!(total.unsigned_abs() % unit, 0);
    let shown = total.unsigned_abs() / unit;
    let sign = if total < 0 { "-" } else { "" };
    if digits == 0 {
        return format!("{sign}{shown}");
    }
    let base = 10u128.pow(digits as u32);
    format!("{sign}{}.{:0digits$}", shown / base, shown % base)
}

/// A configured age group.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) lower: Decimal,
    /// `None`: no upper bound.
    pub(super) upper: Option<Decimal>,
}

impl Group {
    pub(super) fn holds(&self, age: &Decimal) -> bool {
        *age >= self.lower && self.upper.as_ref().is_none_or(|upper| age < upper)
    }
}

/// `--age-groups`; `None` when it is not valid.
pub(super) fn age_groups(options: &Options) -> Option<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for item in options.age_groups.split(',') {
        let (name, range) = item.rsplit_once('=')?;
        // Reading: `quotes` are both ASCII quotes.
        let forbidden = |c: char| matches!(c, '=' | '"' | '\'') || c.is_control();
        if name.is_empty() || name.len() > 64 || name.contains(forbidden) || ["Other", "Unknown"].contains(&name) {
            return None;
        }
        // Reading: bounds are written as ages are, without blanks, and may lie above 150.
        let (lower, upper) = match range.strip_suffix('+') {
            Some(lower) => (decimal(lower.as_bytes())?, None),
            None => {
                let (lower, upper) = range.split_once('-')?;
                (decimal(lower.as_bytes())?, Some(decimal(upper.as_bytes())?))
            }
        };
        let group = Group { name: name.to_string(), lower, upper };
        // Two ranges overlap if one of them contains the lower bound of the other.
        let clash = |other: &Group| other.name == group.name || other.holds(&group.lower) || group.holds(&other.lower);
        if !group.holds(&group.lower) || groups.iter().any(clash) {
            return None;
        }
        groups.push(group);
    }
    Some(groups)
}
