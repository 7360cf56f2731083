//! Decimal numbers in text: the only parser of them.

/// A decimal number as it is written: an optional sign, digits with at most one point, at least one digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal<'t> {
    /// The sign, if one is written.
    sign: Option<Sign>,
    /// The digits before the point; may be empty.
    integer: &'t [u8],
    /// The digits after the point; empty also without a point.
    fraction: &'t [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
}

impl<'t> Decimal<'t> {
    /// Parses a number; `None` for any other text, blanks included.
    pub(crate) fn parse(text: &'t [u8]) -> Option<Self> {
        let (sign, digits) = match text {
            [b'+', rest @ ..] => (Some(Sign::Plus), rest),
            [b'-', rest @ ..] => (Some(Sign::Minus), rest),
            rest => (None, rest),
        };
        let (integer, fraction) = match memchr::memchr(b'.', digits) {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &digits[digits.len()..]),
        };
        let valid = integer.len() + fraction.len() > 0 && integer.iter().chain(fraction).all(u8::is_ascii_digit);
        valid.then_some(Self { sign, integer, fraction })
    }

    /// Parses a number without a sign.
    pub(crate) fn parse_unsigned(text: &'t [u8]) -> Option<Self> {
        Self::parse(text).filter(|decimal| decimal.sign.is_none())
    }

    /// Whether a digit is written before the point.
    pub(crate) fn has_integer(&self) -> bool {
        !self.integer.is_empty()
    }

    /// The digits before the point, without leading zeros.
    pub(crate) fn integer(&self) -> &'t [u8] {
        let zeros = self.integer.iter().take_while(|&&digit| digit == b'0').count();
        &self.integer[zeros..]
    }

    /// The digits after the point, as written.
    pub(crate) fn fraction(&self) -> &'t [u8] {
        self.fraction
    }

    /// The digits after the point, without trailing zeros.
    pub(crate) fn significant_fraction(&self) -> &'t [u8] {
        let end = self.fraction.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
        &self.fraction[..end]
    }

    /// The value in units of 10^-`scale`; `None` if it is not a whole number of them or exceeds 128 bits.
    pub(crate) fn units(&self, scale: usize) -> Option<i128> {
        let (integer, fraction) = (self.integer(), self.significant_fraction());
        let missing = scale.checked_sub(fraction.len())?;
        let mut digits =
            integer.iter().chain(fraction).map(|digit| digit - b'0').chain(std::iter::repeat_n(0, missing));
        // Signed digits are added, because -2^127 fits and 2^127 does not.
        let sign = if self.sign == Some(Sign::Minus) { -1 } else { 1 };
        if integer.len() + scale <= 18 {
            // Below 10^18, so 64 bits are enough. Nearly all amounts are this short.
            let magnitude = digits.fold(0, |value: i64, digit| value * 10 + i64::from(digit));
            return Some(i128::from(sign * magnitude));
        }
        let add = |value: i128, digit: u8| value.checked_mul(10)?.checked_add(i128::from(sign * i64::from(digit)));
        digits.try_fold(0, add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_decimal_numbers_are_parsed() {
        for text in ["", ".", "-", "+.", "1.2.3", "1e3", " 1", "1 ", "1,5", "0x1", "--1", "٣"] {
            assert_eq!(Decimal::parse(text.as_bytes()), None, "{text}");
        }
        assert!(Decimal::parse_unsigned(b"1").is_some() && Decimal::parse_unsigned(b"+1").is_none());
    }

    proptest! {
        #[test]
        fn units_agree_with_big_decimals(text in "[+-]?([0-9]{1,30}|[0-9]{0,20}[.][0-9]{1,12}|[0-9]{1,20}[.])", scale in 0usize..14) {
            use bigdecimal::{BigDecimal, num_bigint::BigInt};
            use std::str::FromStr;
            let decimal = Decimal::parse(text.as_bytes()).expect("a decimal");
            let padded = text.trim_end_matches('.').replace("+.", "+0.").replace("-.", "-0.");
            let value = BigDecimal::from_str(padded.strip_prefix('+').unwrap_or(&padded)).expect("a decimal");
            let scaled = value * BigDecimal::from(BigInt::from(10).pow(scale as u32));
            let expected = scaled.is_integer().then(|| scaled.to_string().parse::<i128>().ok()).flatten();
            let expected = if scaled.is_integer() { scaled.with_scale(0).to_string().parse::<i128>().ok() } else { expected };
            prop_assert_eq!(decimal.units(scale), expected);
        }
    }
}
