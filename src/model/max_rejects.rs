//! The limit on rejected records (docs/contract.md#rejects).

use super::decimal::Decimal;
use crate::error::{Error, Result, Setting};

/// The limit on rejected records. A run that exceeds it still publishes its outputs, and ends with another exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MaxRejects {
    /// A number of records.
    Count(u64),
    /// A share of the records of all inputs together, in units of 10⁻⁹ percent, and the text it was parsed from.
    Share(u64, String),
}

impl MaxRejects {
    const PER_PERCENT: u64 = 1_000_000_000;

    /// Parses `N` or `P%`. P is a decimal from 0 to 100 with at most 9 fraction digits; one side of its point may be
    /// empty.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for anything else.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || {
            Error::config(Setting::MaxRejects, "not a number of records or a percentage", Some(text.as_bytes()))
                .hint("give a number of records such as 100, or a percentage such as 0.5%")
        };
        let Some(percent) = text.strip_suffix('%') else {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            // A number beyond 64 bits is above every number of records.
            return if digits { Ok(Self::Count(text.parse().unwrap_or(u64::MAX))) } else { Err(bad()) };
        };
        let decimal = Decimal::parse_unsigned(percent.as_bytes()).filter(|decimal| decimal.fraction().len() <= 9);
        match decimal.and_then(|decimal| decimal.units(9)) {
            Some(share) if share <= i128::from(100 * Self::PER_PERCENT) => {
                Ok(Self::Share(share as u64, text.to_owned()))
            }
            _ => Err(bad()),
        }
    }

    /// Whether `rejected` of `records` records are within the limit. Exact: no division, no rounding.
    pub(crate) fn allows(&self, rejected: u64, records: u64) -> bool {
        match self {
            Self::Count(limit) => rejected <= *limit,
            Self::Share(share, _) => {
                u128::from(rejected) * 100 * u128::from(Self::PER_PERCENT) <= u128::from(*share) * u128::from(records)
            }
        }
    }

    /// The text, as on the command line and in the report.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Count(count) => count.to_string(),
            Self::Share(_, text) => text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn limits_are_exact() {
        let share = MaxRejects::parse("0.5%").expect("valid");
        assert!(share.allows(1, 200) && !share.allows(1, 199) && share.allows(0, 0));
        for (short, whole) in [(".5%", "0.5%"), ("5.%", "5%")] {
            let short = MaxRejects::parse(short).expect("valid");
            for (rejected, records) in [(1, 200), (1, 199), (5, 100), (6, 100)] {
                let whole = MaxRejects::parse(whole).expect("valid");
                assert_eq!(short.allows(rejected, records), whole.allows(rejected, records));
            }
        }
        let count = MaxRejects::parse("3").expect("valid");
        assert!(count.allows(3, 3) && !count.allows(4, 1_000_000));
        for text in ["", "%", "-1", "+1", "101%", "100.1%", "1e3", "0.1234567890%", "5 %", ".%", "1..5%", ".5"] {
            assert_eq!(MaxRejects::parse(text).expect_err(text).kind(), ErrorKind::Config);
        }
    }
}
