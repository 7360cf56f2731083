//! Amounts, their sums and how these are written, against the `bigdecimal` crate. That crate takes more than
//! the contract does (exponents, underscores), so the form is read here, and it decides about the numbers.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::BigInt;
use spendfold::fuzz_support::{self, Amount};
use std::str::FromStr;

/// The digits after the point of what the program calls a unit.
const SCALE: i64 = 9;

/// Each line is an amount; then the sums of all that can be read.
pub fn check(data: &[u8]) {
    let (mut parts, mut total) = (vec![], BigDecimal::from(0));
    let mut end = 0;
    for line in data.split(|&byte| byte == b'\n') {
        end += line.len();
        let found = fuzz_support::amount(line);
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
                assert_eq!(fuzz_support::amount_text(found_units, found_fraction), text);
                parts.push((found_units, found_fraction));
                total += number;
            }
            Err(other) => assert_eq!(found, other, "{}", line.escape_ascii()),
        }
        short(data, end, line, found);
        end += 1;
    }
    sums(&parts, &total);
    wide_sums(data);
}

/// The number that a value is, or why it is none.
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
    let most = BigDecimal::from(10u64.pow(18));
    if number.abs() >= most {
        return Err(Amount::IntegerTooLong);
    }
    Ok(number)
}

/// A number that has no digits beyond the scale, in units.
fn unscaled(number: &BigDecimal) -> BigInt {
    number.with_scale(SCALE).into_bigint_and_exponent().0
}

/// Whatever the short way reads is what the long way reads; and it reads all that it is there for.
fn short(data: &[u8], end: usize, value: &[u8], long: Amount) {
    let found = fuzz_support::short_amount(data, end, value.len());
    if let Some((units, fraction)) = found {
        assert_eq!(Amount::Exact { units, fraction }, long, "{}", value.escape_ascii());
    }
    let plain = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    if plain && matches!(long, Amount::Exact { .. }) && value.len() <= 8 && end >= 8 {
        assert!(found.is_some(), "{} is short", value.escape_ascii());
    }
}

/// The sum has the longest fraction among its parts, and does not depend on how the work was split.
fn sums(parts: &[(i128, u8)], total: &BigDecimal) {
    let (units, fraction) = fuzz_support::sum(parts).expect("a few amounts fit");
    assert_eq!(Some(fraction), parts.iter().map(|part| part.1).max().or(Some(0)));
    let text = total.with_scale(i64::from(fraction)).to_plain_string();
    assert_eq!(fuzz_support::amount_text(units, fraction), text);
    let (front, back) = parts.split_at(parts.len() / 2);
    let halves = [back, front].map(|half| fuzz_support::sum(half).expect("a few amounts fit"));
    assert_eq!(fuzz_support::sum(&halves), Some((units, fraction)));
}

/// Sums of any numbers of 128 bits: exact, or known to have left those bits.
fn wide_sums(data: &[u8]) {
    let (numbers, _) = data.as_chunks::<16>();
    let parts: Vec<(i128, u8)> = numbers.iter().map(|bytes| (i128::from_le_bytes(*bytes), bytes[0] % 10)).collect();
    for &(units, _) in &parts {
        let text = BigDecimal::new(BigInt::from(units), SCALE).to_plain_string();
        assert_eq!(fuzz_support::amount_text(units, SCALE as u8), text);
    }
    // Once outside it is an error, even where a later part would lead back.
    let mut sum = Some(BigInt::from(0));
    for &(units, _) in &parts {
        sum = sum.map(|sum| sum + units).filter(|sum| i128::try_from(sum).is_ok());
    }
    assert_eq!(fuzz_support::sum(&parts).map(|(units, _)| BigInt::from(units)), sum);
}
