//! Exact amounts of money.

use super::amount;
use super::decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// An exact sum of amounts. No currency is implied.
///
/// Its text is a decimal with as many fraction digits as the longest amount that it is a sum of, nine at most.
///
/// ```
/// use spendfold::Money;
///
/// let money: Money = "-12.50".parse().unwrap();
/// assert_eq!(money.nanos(), -12_500_000_000);
/// assert_eq!(money.to_string(), "-12.50");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Money {
    nanos: i128,
    fraction_digits: u8,
}

impl Money {
    /// The value in units of 10⁻⁹.
    pub fn nanos(self) -> i128 {
        self.nanos
    }

    /// The number of fraction digits of its text, nine at most.
    pub fn fraction_digits(self) -> u8 {
        self.fraction_digits
    }

    /// The value as the nearest floating-point number: for charts and the like, not for sums.
    pub fn to_f64(self) -> f64 {
        self.nanos as f64 / 1e9
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&amount::format(self.nanos, self.fraction_digits))
    }
}

/// The error for a text that is not written as [`Money`] writes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseMoneyError(());

impl fmt::Display for ParseMoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal with at most nine fraction digits, as a report writes it")
    }
}

impl std::error::Error for ParseMoneyError {}

impl FromStr for Money {
    type Err = ParseMoneyError;

    /// Accepts only the canonical form: no plus sign, no superfluous zeros before the point, digits on both sides of it.
    fn from_str(text: &str) -> Result<Self, ParseMoneyError> {
        let parsed = || {
            let decimal = Decimal::parse(text.as_bytes())?;
            let fraction_digits = u8::try_from(decimal.fraction().len()).ok()?;
            let money = Self { nanos: decimal.units(amount::FRACTION_DIGITS as usize)?, fraction_digits };
            (u32::from(fraction_digits) <= amount::FRACTION_DIGITS && money.to_string() == text).then_some(money)
        };
        parsed().ok_or(ParseMoneyError(()))
    }
}

impl From<Money> for String {
    fn from(money: Money) -> Self {
        money.to_string()
    }
}

impl TryFrom<String> for Money {
    type Error = ParseMoneyError;

    fn try_from(text: String) -> Result<Self, ParseMoneyError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_text_is_accepted() {
        for text in [
            "0",
            "-0.5",
            "12.50",
            "0.000000001",
            "170141183460469231731687303715.884105727",
            "-170141183460469231731687303715.884105728",
        ] {
            assert_eq!(text.parse::<Money>().expect(text).to_string(), text);
        }
        for text in [
            "",
            ".",
            "-",
            "1.",
            ".5",
            "+1",
            "01",
            "1e3",
            "1.0000000000",
            "-0",
            "1,5",
            " 1",
            "9999999999999999999999999999999",
        ] {
            assert!(text.parse::<Money>().is_err(), "{text}");
        }
    }
}
