//! Age groups: their specification and the group of an age (docs/contract.md#age-groups).
//!
//! Ages and bounds are decimals of any length and are compared exactly. The groups of whole ages are precomputed.

use crate::error::{Error, Result, Setting, escape};
use crate::model::decimal::Decimal;
use crate::model::dialect::trim_blanks;
use std::cmp::Ordering;
use std::collections::HashSet;

/// The default groups.
pub(crate) const DEFAULT_SPEC: &str = "Young=18-30,Middle-aged=30-45,Senior=45+";
/// The group of valid ages outside all configured groups.
pub(crate) const OTHER: &str = "Other";
/// The group of missing, unreadable and out-of-range ages, and of purchases without a customer.
pub(crate) const UNKNOWN: &str = "Unknown";
/// The highest valid age.
const MAX_AGE: u64 = 150;
/// Most configured groups. With `Other` and `Unknown`, a [`GroupId`] stays below 4096.
const MAX_GROUPS: usize = 4000;

/// Index of a group, from 0: the configured groups in their order, then `Other`, then `Unknown`.
pub type GroupId = u16;

/// A non-negative decimal of any length.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Number {
    integer: u64,
    /// Fraction digits (ASCII) without trailing zeros.
    fraction: Vec<u8>,
}

/// A configured group. The lower bound is included, the upper one excluded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    lower: Number,
    /// `None`: no upper bound.
    upper: Option<Number>,
}

/// The configured age groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeGroups {
    spec: String,
    groups: Vec<Group>,
    /// The group of each whole age from 0 to 150.
    whole: Vec<GroupId>,
}

/// The result of parsing an age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// A valid age, in this group.
    In(GroupId),
    /// Empty or blank.
    Missing,
    /// Not a decimal from 0 to 150.
    Invalid,
}

impl Group {
    fn bounds(&self) -> Option<String> {
        let Self { lower, upper, .. } = self;
        if lower.integer > MAX_AGE {
            return None;
        }
        let whole = |number: &Number| number.fraction.is_empty();
        Some(match upper {
            // A larger bound excludes no valid age.
            Some(upper) if upper.integer <= MAX_AGE + 1 => match upper.integer.saturating_sub(1) {
                last if whole(lower) && whole(upper) && last == lower.integer => lower.to_string(),
                last if whole(lower) && whole(upper) => format!("{lower}–{last}"),
                _ => format!("{lower} to under {upper}"),
            },
            _ => format!("{lower}+"),
        })
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let point = if self.fraction.is_empty() { "" } else { "." };
        write!(f, "{}{point}{}", self.integer, String::from_utf8_lossy(&self.fraction))
    }
}

impl AgeGroups {
    /// Reads a specification such as `Young=18-30,Middle-aged=30-45,Senior=45+`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a part that is not `NAME=LOWER-UPPER` or `NAME=LOWER+`, a name that is
    /// doubled, reserved, longer than 64 bytes or holds `,`, `=`, a quote or a control character, an empty
    /// range, and two ranges that overlap.
    pub fn parse(spec: &str) -> Result<Self> {
        let mut groups: Vec<Group> = Vec::new();
        let mut names = HashSet::new();
        for part in spec.split(',') {
            let group = parse_group(part)?;
            if !names.insert(group.name.clone()) {
                return Err(bad(part, "the name occurs twice"));
            }
            groups.push(group);
        }
        if groups.len() > MAX_GROUPS {
            return Err(Error::config(Setting::AgeGroups, &format!("more than {MAX_GROUPS} groups"), None));
        }
        let mut sorted: Vec<&Group> = groups.iter().collect();
        sorted.sort_by(|a, b| compare(&a.lower, &b.lower));
        for pair in sorted.windows(2) {
            let overlaps = match &pair[0].upper {
                None => true,
                Some(upper) => compare(upper, &pair[1].lower) == Ordering::Greater,
            };
            if overlaps {
                return Err(bad(
                    &pair[1].name,
                    &format!("the range overlaps that of {}", escape(pair[0].name.as_bytes())),
                ));
            }
        }
        let mut parsed = Self { spec: spec.to_owned(), groups, whole: Vec::new() };
        parsed.whole = (0..=MAX_AGE).map(|age| parsed.group_of(&Number { integer: age, fraction: vec![] })).collect();
        Ok(parsed)
    }

    /// The specification that was parsed.
    pub fn spec(&self) -> &str {
        &self.spec
    }

    /// Names of all groups by index: the configured ones, then `Other` and `Unknown`.
    pub(crate) fn names(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.groups.len() + 2).map(|id| match id.checked_sub(self.groups.len()) {
            None => self.groups[id].name.as_str(),
            Some(0) => OTHER,
            Some(_) => UNKNOWN,
        })
    }

    /// The ages in each configured group as readable text: `18–29`, `45+`, `17.5 to under 30`. A range with whole
    /// bounds ends with the highest whole age in it. `None` for a group above every valid age.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = Option<String>> {
        self.groups.iter().map(Group::bounds)
    }

    /// The ages left out by gaps of exactly one year between two groups with whole bounds: 29 for `18-29,30-44`.
    pub(crate) fn gaps_of_one_year(&self) -> Vec<u64> {
        let next = |end: &Number| {
            let later = self.groups.iter().map(|group| &group.lower).filter(|lower| compare(lower, end).is_ge());
            later.min_by(|a, b| compare(a, b))
        };
        let is_whole = |number: &Number| number.fraction.is_empty();
        let ends = self.groups.iter().filter_map(|group| group.upper.as_ref()).filter(|end| is_whole(end));
        let gaps = ends.filter(|end| {
            end.integer < MAX_AGE && next(end).is_some_and(|next| is_whole(next) && next.integer == end.integer + 1)
        });
        let mut gaps: Vec<u64> = gaps.map(|end| end.integer).collect();
        gaps.sort_unstable();
        gaps
    }

    /// The specification with each gap of one year closed: `18-30,30-44` for `18-29,30-44`.
    pub(crate) fn without_gaps(&self) -> String {
        let gaps = self.gaps_of_one_year();
        let group = |group: &Group| match &group.upper {
            Some(upper) if upper.fraction.is_empty() && gaps.contains(&upper.integer) => {
                format!("{}={}-{}", group.name, group.lower, upper.integer + 1)
            }
            Some(upper) => format!("{}={}-{upper}", group.name, group.lower),
            None => format!("{}={}+", group.name, group.lower),
        };
        self.groups.iter().map(group).collect::<Vec<_>>().join(",")
    }

    /// Number of configured groups; `Other` and `Unknown` follow them.
    pub(crate) fn configured(&self) -> usize {
        self.groups.len()
    }

    /// The index of `Other`.
    pub(crate) fn other(&self) -> GroupId {
        self.groups.len() as GroupId
    }

    /// The index of `Unknown`.
    pub(crate) fn unknown(&self) -> GroupId {
        self.groups.len() as GroupId + 1
    }

    /// Parses an age and finds its group.
    pub(crate) fn read(&self, value: &[u8]) -> Age {
        let value = trim_blanks(value);
        if value.is_empty() {
            return Age::Missing;
        }
        if let [a @ b'0'..=b'9', b @ b'0'..=b'9'] = value {
            return Age::In(self.whole[usize::from(a - b'0') * 10 + usize::from(b - b'0')]);
        }
        match parse_number(value) {
            Some(age) if age.integer < MAX_AGE || (age.integer == MAX_AGE && age.fraction.is_empty()) => {
                Age::In(self.group_of(&age))
            }
            _ => Age::Invalid,
        }
    }

    fn group_of(&self, age: &Number) -> GroupId {
        let contains = |group: &Group| {
            compare(&group.lower, age) != Ordering::Greater
                && group.upper.as_ref().is_none_or(|upper| compare(age, upper) == Ordering::Less)
        };
        self.groups.iter().position(contains).map_or(self.other(), |id| id as GroupId)
    }
}

impl Default for AgeGroups {
    fn default() -> Self {
        // Proof: the constant is a valid specification, and a test parses it.
        Self::parse(DEFAULT_SPEC).expect("the default age groups are valid")
    }
}

fn compare(a: &Number, b: &Number) -> Ordering {
    // Without trailing zeros, fractions compare lexicographically.
    a.integer.cmp(&b.integer).then_with(|| a.fraction.cmp(&b.fraction))
}

/// A number with digits before its point. Integers beyond 64 bits are clamped, which is above every valid age.
fn parse_number(text: &[u8]) -> Option<Number> {
    let decimal = Decimal::parse_unsigned(text).filter(Decimal::has_integer)?;
    let add = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(Number { integer: decimal.integer().iter().fold(0, add), fraction: decimal.significant_fraction().to_vec() })
}

fn parse_group(part: &str) -> Result<Group> {
    let Some((name, range)) = part.rsplit_once('=') else {
        return Err(bad(part, "missing '='"));
    };
    if name.is_empty() || name.len() > 64 {
        return Err(bad(part, "the name does not have 1 to 64 bytes"));
    }
    if name.contains(['=', '"', '\'']) || name.chars().any(char::is_control) {
        return Err(bad(part, "the name contains '=', a quote or a control character"));
    }
    if name == OTHER || name == UNKNOWN {
        return Err(bad(part, "the name is reserved"));
    }
    let bound = |text: &str| parse_number(text.as_bytes()).ok_or_else(|| bad(part, "a bound is not a decimal number"));
    let (lower, upper) = match range.strip_suffix('+') {
        Some(lower) => (bound(lower)?, None),
        None => {
            let (lower, upper) =
                range.split_once('-').ok_or_else(|| bad(part, "the range is not LOWER-UPPER or LOWER+"))?;
            (bound(lower)?, Some(bound(upper)?))
        }
    };
    if upper.as_ref().is_some_and(|upper| compare(&lower, upper) != Ordering::Less) {
        return Err(bad(part, "the range is empty, since its upper bound is excluded"));
    }
    Ok(Group { name: name.to_owned(), lower, upper })
}

fn bad(part: &str, why: &str) -> Error {
    Error::config(Setting::AgeGroups, why, Some(part.as_bytes()))
        .hint(format!("write NAME=LOWER-UPPER or NAME=LOWER+ with commas between, such as \"{DEFAULT_SPEC}\""))
}

#[cfg(test)]
#[path = "age_group_tests.rs"]
mod tests;
