//! Parses and formats amounts (docs/contract.md#amounts).
//!
//! An amount is a 128-bit integer in units of 10⁻⁹; no floating point is involved. [`parse`] reads every form;
//! [`parse_short`] is the fast path for plain numbers of at most eight bytes.

use super::decimal::Decimal;
use super::dialect::trim_blanks;

/// Most fraction digits of an amount, and the scale of every sum.
pub(crate) const FRACTION_DIGITS: u32 = 9;
/// Most integer digits of an amount, without leading zeros.
const INTEGER_DIGITS: usize = 18;

/// 10ⁿ for n ≤ 9.
pub(crate) const POWERS_OF_TEN: [i64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// The result of parsing an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// `units` of 10⁻⁹, written with `fraction` fraction digits: at most nine, trailing zeros included.
    Exact { units: i128, fraction: u8 },
    /// Empty or blank; counts as 0.
    Missing,
    /// Not of the form: optional sign, digits with at most one point, at least one digit.
    NotDecimal,
    /// A tenth fraction digit that is not zero.
    FractionTooLong,
    /// More than 18 integer digits.
    IntegerTooLong,
}

/// Parses any amount: the slow path.
pub fn parse(value: &[u8]) -> Amount {
    let value = trim_blanks(value);
    if value.is_empty() {
        return Amount::Missing;
    }
    let Some(decimal) = Decimal::parse(value) else { return Amount::NotDecimal };
    if decimal.significant_fraction().len() > FRACTION_DIGITS as usize {
        return Amount::FractionTooLong;
    }
    if decimal.integer().len() > INTEGER_DIGITS {
        return Amount::IntegerTooLong;
    }
    // At most 18 + 9 digits: below 10²⁷, so 128 bits suffice.
    let units = decimal.units(FRACTION_DIGITS as usize).expect("within 128 bits");
    Amount::Exact { units, fraction: decimal.fraction().len().min(FRACTION_DIGITS as usize) as u8 }
}

const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_NIBBLES: u64 = 0xf0f0_f0f0_f0f0_f0f0;
/// Added to a byte below 16, sets its high nibble if and only if the byte is above 9.
const SIXES: u64 = 0x0606_0606_0606_0606;
/// The decimal point after the XOR that turns digits into their values.
const POINT: u64 = (b'.' ^ b'0') as u64;

/// The fast path: parses 1 to 8 bytes of digits with at most one point, with SWAR arithmetic (Lemire, "Quickly parsing
/// eight digits", and simdjson). `window` is the eight bytes that end with the value, as a little-endian number.
/// Returns units and fraction digits, or `None` for every other form, which needs [`parse`]. The results of both are
/// equal.
#[inline(always)]
pub(crate) fn parse_short(window: u64, len: usize) -> Option<(i128, u8)> {
    debug_assert!((1..=8).contains(&len));
    // The values of the digits in the high bytes. The bytes before the value are cleared.
    let unused = 64 - 8 * len as u32;
    let mut digits = (window ^ ZEROS) >> unused << unused;
    let mut fraction = 0;
    let non_digits = digits & HIGH_NIBBLES;
    if non_digits != 0 {
        // In a valid amount, the first byte with a high nibble is the point.
        let bit = non_digits.trailing_zeros() & !7;
        if digits >> bit & 0xff != POINT || len == 1 {
            return None;
        }
        fraction = 7 - bit / 8;
        // Removes the point: the bytes before it move up by one.
        let from_point = u64::MAX << bit;
        digits = (digits & from_point << 8) | (digits & !from_point) << 8;
    }
    if (digits | digits.wrapping_add(SIXES)) & HIGH_NIBBLES != 0 {
        return None;
    }
    // Combines digits to pairs, pairs to fours, fours to eight.
    let pairs = digits.wrapping_mul(2561) >> 8;
    let fours = (pairs & 0x00ff_00ff_00ff_00ff).wrapping_mul(6_553_601) >> 16;
    let number = (fours & 0x0000_ffff_0000_ffff).wrapping_mul(42_949_672_960_001) >> 32;
    // Below 10⁸ × 10⁹, so 64 bits suffice.
    let units = number as i64 * POWERS_OF_TEN[(FRACTION_DIGITS - fraction) as usize];
    Some((i128::from(units), fraction as u8))
}

/// Applies [`parse_short`] to the `len` bytes before `end`. `None` also if there are fewer than eight bytes before
/// `end`.
#[inline(always)]
pub fn parse_short_at(bytes: &[u8], end: usize, len: usize) -> Option<(i128, u8)> {
    if !(1..=8).contains(&len) {
        return None;
    }
    let window = bytes.get(end.checked_sub(8)?..)?.first_chunk::<8>()?;
    parse_short(u64::from_le_bytes(*window), len)
}

/// Formats `units` of 10⁻⁹ with `fraction` fraction digits, at most nine. The digits after those must be zero, as in
/// every sum of amounts with at most `fraction` fraction digits.
pub fn format(units: i128, fraction: u8) -> String {
    let fraction = usize::from(fraction);
    let digits = format!("{:0width$}", units.unsigned_abs(), width = FRACTION_DIGITS as usize + 1);
    let (integer, rest) = digits.split_at(digits.len() - FRACTION_DIGITS as usize);
    let sign = if units < 0 { "-" } else { "" };
    match fraction {
        0 => format!("{sign}{integer}"),
        _ => format!("{sign}{integer}.{}", &rest[..fraction]),
    }
}

#[cfg(test)]
#[path = "amount_tests.rs"]
mod tests;
