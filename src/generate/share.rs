//! Shares, and the decimals they are written as.

use crate::error::{Error, ErrorKind, Result, escape};

/// A share from 0 to 1, exact to a billionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

impl Share {
    const WHOLE: u32 = 1_000_000_000;

    /// Reads a decimal from 0 to 1 with at most nine fraction digits.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], with `option` in front, for anything else.
    ///
    /// ```
    /// use spendfold::Share;
    /// assert!(Share::parse("--dirt", "0.05").is_ok());
    /// assert!(Share::parse("--dirt", "5%").is_err());
    /// ```
    pub fn parse(option: &str, text: &str) -> Result<Self> {
        match fixed_point(text, 9) {
            Some(share) if share <= u64::from(Self::WHOLE) => Ok(Self(share as u32)),
            _ => Err(Error::new(
                ErrorKind::Config,
                format!("{option}: not a share from 0 to 1: {}", escape(text.as_bytes())),
            )
            .hint("write a decimal such as 0.05")),
        }
    }

    /// A share in billionths, one at most.
    pub const fn billionths(share: u32) -> Self {
        Self(if share > Self::WHOLE { Self::WHOLE } else { share })
    }

    /// As a threshold: a 32-bit draw below it belongs to the share.
    pub(crate) fn threshold(self) -> u64 {
        (u64::from(self.0) << 32) / u64::from(Self::WHOLE)
    }

    /// This share of a count, rounded down.
    pub(crate) fn of(self, count: u64) -> u64 {
        (u128::from(self.0) * u128::from(count) / u128::from(Self::WHOLE)) as u64
    }

    pub(crate) fn is_whole(self) -> bool {
        self.0 == Self::WHOLE
    }

    /// Whether these are parts of one whole: not more than 1 together.
    pub(crate) fn fit(shares: &[Self]) -> bool {
        shares.iter().map(|share| u64::from(share.0)).sum::<u64>() <= u64::from(Self::WHOLE)
    }
}

/// Reads a decimal ≥ 0 with at most `fraction` fraction digits as an integer, the point left out: with two digits,
/// 20.5 is 2050. None when it is no such decimal or too large.
///
/// ```
/// assert_eq!(spendfold::fixed_point("20.5", 2), Some(2050));
/// assert_eq!(spendfold::fixed_point("20.555", 2), None);
/// ```
pub fn fixed_point(text: &str, fraction: usize) -> Option<u64> {
    let (integer, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{integer}{rest:0<fraction$}");
    let plain = !integer.is_empty() && rest.len() <= fraction && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_exact_and_bounded() {
        assert_eq!(Share::parse("--x", "1").expect("valid").threshold(), 1 << 32);
        assert_eq!(Share::parse("--x", "0.5").expect("valid").threshold(), 1 << 31);
        assert_eq!(Share::parse("--x", "0.1").expect("valid").of(1005), 100);
        for text in ["", ".5", "-0", "1.1", "1.000000001", "0.0000000001", "5%", "1e-3", "NaN", " 0", "0,5", "½"] {
            assert_eq!(Share::parse("--x", text).expect_err(text).kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn parts_of_a_whole_are_at_most_one() {
        let half = Share::billionths(500_000_000);
        assert!(Share::fit(&[half, half, Share::default()]));
        assert!(!Share::fit(&[half, half, Share::billionths(1)]));
    }

    #[test]
    fn decimals_are_read_as_they_stand() {
        for (text, found) in [("0", Some(0)), ("1.05", Some(105)), ("1.", Some(100)), ("007.1", Some(710))] {
            assert_eq!(fixed_point(text, 2), found, "{text}");
        }
        for text in ["", ".5", "-1", "+1", "1.234", "1,2", "1e2", "1.2.3", "99999999999999999999"] {
            assert_eq!(fixed_point(text, 2), None, "{text}");
        }
    }
}
