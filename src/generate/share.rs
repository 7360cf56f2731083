//! Shares and fixed-point decimals.

use crate::error::{Error, Result, Setting};
use crate::model::decimal::Decimal;

/// A share from 0 to 1, in billionths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    const WHOLE: u32 = 1_000_000_000;

    /// Parses a decimal from 0 to 1 with at most nine fraction digits.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for anything else, about `setting`.
    ///
    /// ```
    /// use spendfold::Setting;
    /// use spendfold::generate::Share;
    /// assert!(Share::parse(Setting::Dirt, "0.05").is_ok());
    /// assert!(Share::parse(Setting::Dirt, "5%").is_err());
    /// ```
    pub fn parse(setting: Setting, text: &str) -> Result<Self> {
        match fixed_point(text, 9) {
            Some(share) if share <= u64::from(Self::WHOLE) => Ok(Self(share as u32)),
            _ => Err(Error::config(setting, "not a share from 0 to 1", Some(text.as_bytes()))
                .hint("write a decimal such as 0.05")),
        }
    }

    /// A share in billionths, capped at 1.
    pub const fn billionths(share: u32) -> Self {
        Self(if share > Self::WHOLE { Self::WHOLE } else { share })
    }

    /// The threshold below which a 32-bit draw belongs to the share.
    pub(crate) fn threshold(self) -> u64 {
        (u64::from(self.0) << 32) / u64::from(Self::WHOLE)
    }

    /// The share of a count, rounded down.
    pub(crate) fn of(self, count: u64) -> u64 {
        (u128::from(self.0) * u128::from(count) / u128::from(Self::WHOLE)) as u64
    }

    /// Whether the share is 1.
    pub(crate) fn is_whole(self) -> bool {
        self.0 == Self::WHOLE
    }

    /// Whether the shares add up to at most 1.
    pub(crate) fn fit(shares: &[Self]) -> bool {
        shares.iter().map(|share| u64::from(share.0)).sum::<u64>() <= u64::from(Self::WHOLE)
    }
}

/// Parses a decimal ≥ 0 with at most `fraction` fraction digits as a fixed-point number in units of 10^-`fraction`:
/// with two fraction digits, 20.5 is 2050. None for other texts and for numbers beyond 64 bits.
///
/// ```
/// assert_eq!(spendfold::generate::fixed_point("20.5", 2), Some(2050));
/// assert_eq!(spendfold::generate::fixed_point("20.555", 2), None);
/// ```
pub fn fixed_point(text: &str, fraction: usize) -> Option<u64> {
    let decimal = Decimal::parse_unsigned(text.as_bytes()).filter(Decimal::has_integer)?;
    let units = if decimal.fraction().len() <= fraction { decimal.units(fraction)? } else { return None };
    units.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn shares_are_exact_and_bounded() {
        assert_eq!(Share::parse(Setting::Dirt, "1").expect("valid").threshold(), 1 << 32);
        assert_eq!(Share::parse(Setting::Dirt, "0.5").expect("valid").threshold(), 1 << 31);
        assert_eq!(Share::parse(Setting::Dirt, "0.1").expect("valid").of(1005), 100);
        for text in ["", ".5", "-0", "1.1", "1.000000001", "0.0000000001", "5%", "1e-3", "NaN", " 0", "0,5", "½"] {
            assert_eq!(Share::parse(Setting::Dirt, text).expect_err(text).kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn shares_that_exceed_one_together_do_not_fit() {
        let half = Share::billionths(500_000_000);
        assert!(Share::fit(&[half, half, Share::default()]));
        assert!(!Share::fit(&[half, half, Share::billionths(1)]));
    }

    #[test]
    fn decimals_are_parsed_exactly() {
        for (text, found) in [("0", Some(0)), ("1.05", Some(105)), ("1.", Some(100)), ("007.1", Some(710))] {
            assert_eq!(fixed_point(text, 2), found, "{text}");
        }
        for text in ["", ".5", "-1", "+1", "1.234", "1,2", "1e2", "1.2.3", "99999999999999999999"] {
            assert_eq!(fixed_point(text, 2), None, "{text}");
        }
    }
}
