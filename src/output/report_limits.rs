//! The parts of a report about limits: which were exceeded, what happened to the set, and who accepted it.

use crate::model::limit::Limit;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a run did with its set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was published.
    #[default]
    Published,
    /// It exceeds a limit and is kept in the directory `held`. The published set was not changed. If the set is
    /// accepted later, its report has an [`Acceptance`].
    Held,
    /// It exceeds a limit and was deleted. The published set was not changed.
    Discarded,
}

/// The name of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LimitName {
    /// The limit of [`Job::max_rejects`](crate::Job::max_rejects).
    MaxRejects,
    /// The limit of [`Job::max_unmatched`](crate::Job::max_unmatched).
    MaxUnmatched,
}

/// A limit that a run exceeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExceededLimit {
    /// Which limit.
    pub limit: LimitName,
    /// The limit, as given: a number or a percentage.
    pub allowed: String,
    /// The number of records that count against the limit: rejected records, or unmatched purchases.
    pub found: u64,
    /// The number of records that a percentage refers to: the records of all inputs, or the accepted purchases.
    pub of: u64,
}

impl ExceededLimit {
    /// The limit, if `found` of `of` records exceed it.
    pub(crate) fn check(name: LimitName, limit: &Limit, found: u64, of: u64) -> Option<Self> {
        (!limit.allows(found, of)).then(|| Self { limit: name, allowed: limit.text(), found, of })
    }
}

impl fmt::Display for ExceededLimit {
    /// For example: `36 of 100 records (36.0 %) were rejected, more than the limit of 0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::model::readable_numbers::{count, percent};
        let (records, what) = match self.limit {
            LimitName::MaxRejects => ("records", "were rejected"),
            LimitName::MaxUnmatched => ("accepted purchases", "have no customer"),
        };
        let (found, of) = (count(self.found), count(self.of));
        let share = percent(self.found.into(), self.of.into());
        let limit = crate::error::escape(self.allowed.as_bytes());
        write!(f, "{found} of {of} {records} ({share}) {what}, more than the limit of {limit}")
    }
}

/// The acceptance of a held set: which exceeded limits somebody signed off on, when, and with which note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Acceptance {
    /// The exceeded limits that were accepted.
    pub accepted: Vec<ExceededLimit>,
    /// The note that was given, such as a name and a reason.
    pub note: Option<String>,
    /// When it was accepted, in UTC, in the format of RFC 3339.
    pub time: String,
    /// Version of the program that published it.
    pub spendfold: String,
    /// CRC-32 of the report of the held set, as 8 lower-case hexadecimal digits.
    pub held_report_crc32: String,
}

impl Acceptance {
    pub(crate) fn new(
        accepted: Vec<ExceededLimit>,
        note: Option<String>,
        time: String,
        held_report_crc32: String,
    ) -> Self {
        let spendfold = env!("CARGO_PKG_VERSION").to_owned();
        Self { accepted, note, time, spendfold, held_report_crc32 }
    }
}

impl fmt::Display for Acceptance {
    /// For example: `accepted 2026-11-30T09:00:00Z although 36 of 100 records …; note: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use crate::error::escape_line;
        write!(f, "accepted {}", escape_line(&self.time))?;
        for (number, limit) in self.accepted.iter().enumerate() {
            write!(f, "{}{limit}", if number == 0 { " although " } else { " and " })?;
        }
        match &self.note {
            Some(note) => write!(f, "; note: {}", escape_line(note)),
            None => Ok(()),
        }
    }
}
