//! The limits on rejected records and on unmatched purchases (docs/contract.md#limits-of-a-run).

use super::decimal::Decimal;
use crate::error::{Error, Result, Setting};
use serde::{Deserialize, Serialize};

/// A limit on rejected records or on unmatched purchases: the largest number, or share, that does not exceed it. If a
/// run exceeds a limit, [`OverLimit`] decides what happens to its set, and the command ends with another exit status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Limit {
    /// A number of records.
    Count(u64),
    /// A share of the records that the limit refers to, in units of 10⁻⁹ percent, and the text it was parsed from.
    Share(u64, String),
}

impl Limit {
    const PER_PERCENT: u64 = 1_000_000_000;

    /// Parses `N` or `P%`. P is a decimal from 0 to 100 with at most 9 fraction digits; one side of its point may be
    /// empty. `setting` is the setting that the text is for.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for anything else, with `setting`.
    pub fn parse(setting: Setting, text: &str) -> Result<Self> {
        let bad = || {
            Error::config(setting, "not a number of records or a percentage", Some(text.as_bytes()))
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

    /// Whether `found` of `of` records are within the limit. Exact: no division, no rounding.
    pub(crate) fn allows(&self, found: u64, of: u64) -> bool {
        match self {
            Self::Count(limit) => found <= *limit,
            Self::Share(share, _) => {
                u128::from(found) * 100 * u128::from(Self::PER_PERCENT) <= u128::from(*share) * u128::from(of)
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

/// What happens to the set of a run that exceeds a limit. Default [`Hold`](OverLimit::Hold).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverLimit {
    /// The set is kept in the directory `held` inside the output directory, and the published set stays as it is.
    /// [`Acceptor`](crate::Acceptor) publishes it later.
    #[default]
    Hold,
    /// The set is published.
    Publish,
    /// The set is deleted, and the published set stays as it is.
    Discard,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn parse(text: &str) -> Result<Limit> {
        Limit::parse(Setting::MaxRejects, text)
    }

    #[test]
    fn limits_are_exact() {
        let share = parse("0.5%").expect("valid");
        assert!(share.allows(1, 200) && !share.allows(1, 199) && share.allows(0, 0));
        for (short, whole) in [(".5%", "0.5%"), ("5.%", "5%")] {
            let short = parse(short).expect("valid");
            for (rejected, records) in [(1, 200), (1, 199), (5, 100), (6, 100)] {
                let whole = parse(whole).expect("valid");
                assert_eq!(short.allows(rejected, records), whole.allows(rejected, records));
            }
        }
        let count = parse("3").expect("valid");
        assert!(count.allows(3, 3) && !count.allows(4, 1_000_000));
        for text in ["", "%", "-1", "+1", "101%", "100.1%", "1e3", "0.1234567890%", "5 %", ".%", "1..5%", ".5"] {
            assert_eq!(parse(text).expect_err(text).kind(), ErrorKind::Config);
        }
    }
}
