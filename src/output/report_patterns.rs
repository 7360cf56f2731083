//! The part of a report that says what rejected records look like.

use super::report_samples::SamplePlace;
use crate::error::escape_line;
use crate::model::reject_pattern::{PatternName, RejectLook};
use crate::model::reject_reason::RejectReason;
use crate::model::sides::{Side, Sides};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Records of one side that were rejected for the same reason and look alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectPattern {
    /// The side of the records.
    pub side: Side,
    /// The name of the reason, as in the object `rejects`.
    pub reason: String,
    /// What they look like.
    pub pattern: PatternName,
    /// Their number.
    pub records: u64,
    /// Where the fault of the first one is.
    #[serde(flatten)]
    pub place: SamplePlace,
    /// Its faulty value, or the record if the fault is not in one field. Escaped and truncated as in messages.
    pub value: String,
    /// The option with which such records are valid; `None` if there is none.
    pub option: Option<String>,
}

impl RejectPattern {
    /// Whether these are at least half of the records that were `rejected` for the reason. A single record with too few
    /// fields is no pattern: it may be the end of a truncated file, or a total.
    pub(crate) fn is_main(&self, rejected: u64) -> bool {
        let is_short = matches!(self.pattern, PatternName::MissingFields | PatternName::IncompleteRecord);
        let is_pattern = !is_short || self.records > 1;
        is_pattern && self.records >= rejected.div_ceil(2)
    }

    /// What the records look like, such as `2 amounts such as 12,50 look like decimal commas`.
    pub fn sentence(&self) -> String {
        self.pattern.sentence(self.records, &escape_line(&self.value))
    }
}

impl fmt::Display for RejectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.option.as_ref().map_or(Ok(()), |option| write!(f, "; try {option}"))
    }
}

/// Counts rejected records by what they look like.
#[derive(Debug, Default)]
pub(crate) struct RejectPatterns {
    /// In the order of their first records. There are few, so a search is quick.
    found: Vec<RejectPattern>,
}

impl RejectPatterns {
    /// Counts a record. `first` makes the pattern of a record that is the first of its kind.
    pub(crate) fn add(
        &mut self,
        side: Side,
        reason: &'static str,
        look: RejectLook,
        first: impl FnOnce() -> RejectPattern,
    ) {
        let is_same =
            |found: &&mut RejectPattern| (found.side, found.pattern) == (side, look.pattern) && found.reason == reason;
        match self.found.iter_mut().find(is_same) {
            Some(found) => found.records += 1,
            None => self.found.push(first()),
        }
    }

    /// The patterns for the report, after this many records of each side. An option that could make something else of
    /// the records is left out.
    pub(crate) fn for_report(&self, records: Sides<u64>) -> Vec<RejectPattern> {
        let mut patterns = self.found.clone();
        for found in &mut patterns {
            let is_harmless = match found.pattern {
                PatternName::MissingFields => !self.may_be_parts(found.side),
                // These options change every record, so most records must look like that.
                PatternName::OtherDelimiter => found.records >= records.of(found.side).div_ceil(2),
                PatternName::SingleQuotes if found.reason != RejectReason::WrongFieldCount.name() => {
                    found.records >= records.of(found.side).div_ceil(2)
                }
                _ => true,
            };
            if !is_harmless {
                found.option = None;
            }
        }
        patterns
    }

    /// Whether the short records of a side may be parts of records with a line break: a tenth of them or more have not
    /// what the join needs. The others must then not be padded, as they may be parts too.
    fn may_be_parts(&self, side: Side) -> bool {
        let records = |pattern| -> u64 {
            let same = self.found.iter().filter(|found| (found.side, found.pattern) == (side, pattern));
            same.map(|found| found.records).sum()
        };
        let parts = records(PatternName::IncompleteRecord);
        let short = parts + records(PatternName::MissingFields);
        parts > 0 && parts.saturating_mul(10) >= short
    }
}
