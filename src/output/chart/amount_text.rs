//! Amounts as text, without a detour through floating point.
//!
//! An amount is an integer in units of `10^-fraction_digits`.

use crate::model::readable_numbers::grouped;

/// U+2212: as wide and as high as a digit, unlike the hyphen.
const MINUS: char = '−';

/// Suffixes for thousands, millions, billions and trillions. Larger amounts are written with a power of ten.
const SUFFIXES: [&str; 5] = ["", "K", "M", "B", "T"];

/// How the amounts of a chart are written. Its labels and its axis use the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Exact, with thousands separators and all fraction digits.
    Full,
    /// To three significant digits, such as `14.4M` or `1.23×10²⁷`, rounded half away from zero. Never shows more
    /// fraction digits than the amounts have.
    Short,
}

impl Notation {
    /// The text of an amount in units of `10^-fraction_digits`.
    pub(crate) fn text(self, total: i128, fraction_digits: u32) -> String {
        self.magnitude(total < 0, total.unsigned_abs(), fraction_digits)
    }

    /// As [`text`](Self::text), for an amount given by sign and magnitude.
    pub(crate) fn magnitude(self, negative: bool, magnitude: u128, fraction_digits: u32) -> String {
        match self {
            Self::Full => decimal(negative, magnitude, fraction_digits),
            Self::Short => short(negative, magnitude, fraction_digits),
        }
    }
}

/// `magnitude * 10^-fraction_digits` with thousands separators.
fn decimal(negative: bool, magnitude: u128, fraction_digits: u32) -> String {
    let fraction_digits = fraction_digits as usize;
    let mut number = format!("{magnitude:0width$}", width = fraction_digits + 1);
    if fraction_digits > 0 {
        number.insert(number.len() - fraction_digits, '.');
    }
    let sign = if negative { MINUS.to_string() } else { String::new() };
    sign + &grouped(&number)
}

fn short(negative: bool, magnitude: u128, fraction_digits: u32) -> String {
    if magnitude == 0 {
        return decimal(false, 0, fraction_digits.min(2));
    }
    let log = magnitude.ilog10();
    if log < 3 {
        return decimal(negative, magnitude, fraction_digits);
    }
    // The amount is about lead * 10^(power - 2), where lead has three digits.
    let mut power = log as i32 - fraction_digits as i32;
    let unit = 10_u128.pow(log - 2);
    let mut lead = magnitude / unit + u128::from(magnitude % unit >= unit / 2);
    if lead == 1000 {
        lead = 100;
        power += 1;
    }
    let lead = |decimals: i32| decimal(negative, lead, decimals as u32);
    match power {
        ..3 => lead(2 - power),
        3..15 => lead(2 - power % 3) + SUFFIXES[power as usize / 3],
        15.. => format!("{}×{}", lead(2), power_of_ten(power as u32)),
    }
}

/// `10` with `power` as a superscript.
fn power_of_ten(power: u32) -> String {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = power.to_string();
    let superscript = digits.bytes().map(|digit| SUPERSCRIPTS[usize::from(digit - b'0')]);
    format!("10{}", superscript.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_amounts_are_exact() {
        let cases = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "−0.05"),
            (999, 0, "999"),
            (1000, 0, "1,000"),
            (-1_000, 0, "−1,000"),
            (14_391_897, 0, "14,391,897"),
            (1_439_189_701, 2, "14,391,897.01"),
            (99_999_999_999_999_999_999_999_999_999, 0, "99,999,999,999,999,999,999,999,999,999"),
            (i128::MIN, 0, "−170,141,183,460,469,231,731,687,303,715,884,105,728"),
            (1, 9, "0.000000001"),
        ];
        for (total, fraction_digits, expected) in cases {
            assert_eq!(Notation::Full.text(total, fraction_digits), expected);
        }
    }

    #[test]
    fn short_amounts_are_rounded_exactly() {
        let cases = [
            (0, 0, "0"),
            (0, 2, "0.00"),
            (0, 9, "0.00"),
            (7, 0, "7"),
            (843, 0, "843"),
            (1250, 2, "12.5"),
            (5, 2, "0.05"),
            (50, 1, "5.0"),
            (1_000, 0, "1.00K"),
            (9_994, 0, "9.99K"),
            (9_995, 0, "10.0K"),
            (999_499, 0, "999K"),
            (999_500, 0, "1.00M"),
            (-14_391_897, 0, "−14.4M"),
            (1_439_189_700, 2, "14.4M"),
            (2_500_000_000, 0, "2.50B"),
            (999_000_000_000_000, 0, "999T"),
            (999_999_999_999_999, 0, "1.00×10¹⁵"),
            (-1_234_567_890_123_456_789_012_345_678, 0, "−1.23×10²⁷"),
            (i128::MAX, 0, "1.70×10³⁸"),
            (i128::MIN, 9, "−1.70×10²⁹"),
            (9_996, 4, "1.00"),
            (1, 9, "0.000000001"),
        ];
        for (total, fraction_digits, expected) in cases {
            assert_eq!(Notation::Short.text(total, fraction_digits), expected);
        }
    }
}
