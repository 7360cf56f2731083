//! Where the delimiter of a side comes from.

use serde::{Deserialize, Serialize};

/// Where the delimiter of a side comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DelimiterSource {
    /// It was given.
    #[default]
    Option,
    /// It was found in the header of the side's first file, by the names of the columns that the join needs.
    Header,
    /// The first line of the side's first file names it: `sep=;`.
    SepLine,
    /// The files have no header, so it is the comma.
    Default,
}

/// A delimiter and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SideDelimiter {
    pub(crate) byte: u8,
    pub(crate) source: DelimiterSource,
}
