//! What happens to records whose number of fields is not that of the header.

use serde::{Deserialize, Serialize};

/// What happens to a record with fewer or more fields than the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ragged {
    /// It is rejected.
    #[default]
    Reject,
    /// Missing fields are filled with empty ones, and surplus empty fields are dropped. A record with surplus data is
    /// rejected.
    Pad,
}

impl Ragged {
    /// The name in options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Reject => "reject",
            Self::Pad => "pad",
        }
    }
}
