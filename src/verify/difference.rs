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

/// The result of a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// All differences; none if everything that was compared agrees.
    pub differences: Vec<Difference>,
    /// What was done with the inputs; `None` unless [`Verifier::inputs`](crate::Verifier::inputs) is set.
    pub inputs: Option<InputsChecked>,
}

/// What a verification did with the inputs of a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputsChecked {
    /// The number of inputs that the report lists.
    pub listed: usize,
    /// The number of inputs that were compared with the report. The others cannot be read a second time.
    pub checked: usize,
    /// Whether the inputs were joined again and the result was compared with the set.
    pub joined: bool,
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
