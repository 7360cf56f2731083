//! A difference between an output set and its report or answer key.

use crate::error::escape_path;
use std::fmt;
use std::path::PathBuf;

/// A difference between a file of a set or an input and the report, between the report and an answer key, or between a
/// file of a set and what its inputs give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The path of the file.
    pub path: PathBuf,
    /// What differs.
    pub what: String,
    /// With what the set was compared.
    pub against: Against,
}

/// With what a set is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Against {
    /// Its report.
    Report,
    /// An answer key.
    AnswerKey,
    /// What joining its inputs again gives.
    Inputs,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", escape_path(&self.path), self.what)
    }
}
