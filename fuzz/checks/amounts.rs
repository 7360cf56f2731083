//! Compares parsing, adding and formatting of amounts with the `bigdecimal` crate. That crate accepts more than the
//! contract does (exponents, underscores), so the form is checked here first.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use spendfold::internals::{self, Amount, Totals};
use std::str::FromStr;

/// Fraction digits of a unit.
const SCALE: i64 = 9;

/// Each line is an amount. Checks each, then the sums of the valid ones.
pub fn check(data: &[u8]) {
    let (mut parts, mut total) = (vec![], BigDecimal::from(0));
    let mut end = 0;
    for line in data.split(|&byte| byte == b'\n') {
        end += line.len();
        let found = internals::parse(line);
        match expected(line) {
            Ok(number) => {
                let units = unscaled(&number);
                let fraction = number.fractional_digit_count().min(SCALE);
                let Amount::Exact { units: found_units, fraction: found_fraction } = found else {
                    panic!("{} is {number} and not {found:?}", line.escape_ascii());
                };
                assert_eq!(BigInt::from(found_units), units, "{}", line.escape_ascii());
                assert_eq!(i64::from(found_fraction), fraction, "{}", line.escape_ascii());
                let text = number.with_scale(fraction).to_plain_string();
                assert_eq!(internals::format(found_units, found_fraction), text);
                parts.push((found_units, found_fraction));
                total += number;
            }
            Err(other) => assert_eq!(found, other, "{}", line.escape_ascii()),
        }
        check_short(data, end, line, found);
        end += 1;
    }
    check_sums(&parts, &total);
    check_wide_sums(data);
}

/// The number, or why the value is not a valid amount.
fn expected(value: &[u8]) -> Result<BigDecimal, Amount> {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let Some(first) = value.iter().position(|byte| !blank(byte)) else { return Err(Amount::Missing) };
    let last = value.iter().rposition(|byte| !blank(byte)).unwrap_or(first);
    let text = &value[first..=last];
    let (mut digits, mut points) = (0, 0);
    for (place, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' if points == 0 => points = 1,
            b'+' | b'-' if place == 0 => {}
            _ => return Err(Amount::NotDecimal),
        }
    }
    if digits == 0 {
        return Err(Amount::NotDecimal);
    }
    let text = std::str::from_utf8(text).expect("digits, a sign and a point are ASCII");
    let number = BigDecimal::from_str(text).expect("it has the form of a number");
    if number.normalized().fractional_digit_count() > SCALE {
        return Err(Amount::FractionTooLong);
    }
    let limit = BigDecimal::from(10u64.pow(18));
    if number.abs() >= limit {
        return Err(Amount::IntegerTooLong);
    }
    Ok(number)
}

/// Converts a number without digits beyond the scale to units.
fn unscaled(number: &BigDecimal) -> BigInt {
    number.with_scale(SCALE).into_bigint_and_exponent().0
}

/// The fast path agrees with the slow path, and accepts every number it is made for.
fn check_short(data: &[u8], end: usize, value: &[u8], slow: Amount) {
    let found = internals::parse_short_at(data, end, value.len());
    if let Some((units, fraction)) = found {
        assert_eq!(Amount::Exact { units, fraction }, slow, "{}", value.escape_ascii());
    }
    let plain = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if plain && matches!(slow, Amount::Exact { .. }) && value.len() <= 8 && end >= 8 {
        assert!(found.is_some(), "{} is short", value.escape_ascii());
    }
}

/// Merges the totals of parts, each with the fraction digits of its longest amount. Returns units and fraction digits,
/// or `None` if a sum does not fit in 128 bits.
fn sum(parts: &[(i128, u8)]) -> Option<(i128, u8)> {
    let mut all = Totals::new(1);
    for &(units, fraction) in parts {
        let mut part = Totals::new(1);
        part.groups[0].units = units;
        part.fraction = fraction;
        all.merge(&part).ok()?;
    }
    Some((all.total().ok()?, all.fraction))
}

/// A sum has the longest fraction of its parts, and does not depend on how the work is split.
fn check_sums(parts: &[(i128, u8)], total: &BigDecimal) {
    let (units, fraction) = sum(parts).expect("a few amounts fit");
    assert_eq!(Some(fraction), parts.iter().map(|part| part.1).max().or(Some(0)));
    let text = total.with_scale(i64::from(fraction)).to_plain_string();
    assert_eq!(internals::format(units, fraction), text);
    let (front, back) = parts.split_at(parts.len() / 2);
    let halves = [back, front].map(|half| sum(half).expect("a few amounts fit"));
    assert_eq!(sum(&halves), Some((units, fraction)));
}

/// Sums of arbitrary 128-bit numbers are exact or reported as overflow.
fn check_wide_sums(data: &[u8]) {
    let (numbers, _) = data.as_chunks::<16>();
    let parts: Vec<(i128, u8)> = numbers.iter().map(|bytes| (i128::from_le_bytes(*bytes), bytes[0] % 10)).collect();
    for &(units, _) in &parts {
        let text = BigDecimal::new(BigInt::from(units), SCALE).to_plain_string();
        assert_eq!(internals::format(units, SCALE as u8), text);
    }
    // An overflow is an error even if a later part would bring the sum back into range.
    let mut expected = Some(BigInt::from(0));
    for &(units, _) in &parts {
        expected = expected.map(|sum| sum + units).filter(|sum| i128::try_from(sum).is_ok());
    }
    assert_eq!(sum(&parts).map(|(units, _)| BigInt::from(units)), expected);
}
