//! The parts of a report that show examples: the first rejected records and the first unmatched purchases.

use crate::error::{Place, escape_line};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One of the first records that were rejected for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RejectSample {
    /// The name of the reason, as in the object `rejects`.
    pub reason: String,
    /// The text of the reason in `rejects.csv`, with its numbers. Escaped as in messages.
    pub text: String,
    /// Where the fault is.
    #[serde(flatten)]
    pub place: SamplePlace,
    /// The value of the faulty field, or the record if the fault is not in one field. Escaped and truncated as in
    /// messages.
    pub value: String,
}

impl fmt::Display for RejectSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, escape_line(&self.text), escape_line(&self.value))
    }
}

/// One of the first purchases without a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UnmatchedSample {
    /// Where the record begins.
    #[serde(flatten)]
    pub place: SamplePlace,
    /// The value of the key. Escaped and truncated as in messages.
    pub key: String,
}

impl fmt::Display for UnmatchedSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: no key", self.place),
            // Quotes show blanks.
            key => write!(f, "{}: no customer has the key \"{}\"", self.place, escape_line(key)),
        }
    }
}

/// A place in an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SamplePlace {
    /// The path as given; bytes that are not UTF-8 are escaped.
    pub path: String,
    /// The line, from 1.
    pub line: u64,
    /// The byte of the line, from 1.
    pub column: u64,
}

impl SamplePlace {
    /// Converts a place; without a line and column, it is the start of the file.
    pub(crate) fn of(place: &Place) -> Self {
        let (line, column) = place.line_column.unwrap_or((1, 1));
        Self { path: place.path.clone(), line, column }
    }
}

impl fmt::Display for SamplePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The report may have been edited, so the path is escaped again.
        write!(f, "{}:{}:{}", escape_line(&self.path), self.line, self.column)
    }
}
