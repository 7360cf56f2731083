//! The cryptographic digests of files.

use serde::{Deserialize, Serialize};

/// A cryptographic digest that a run computes of its inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Digest {
    /// SHA-256.
    #[serde(rename = "sha256")]
    Sha256,
}
