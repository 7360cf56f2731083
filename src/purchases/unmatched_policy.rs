//! What happens to purchases without a customer.

/// Set once per run by the kind of join.
#[derive(Clone, Debug)]
pub struct UnmatchedPolicy {
    /// Whether purchases without a customer are kept: written as rows and added to the group `unknown`.
    pub keep_unmatched: bool,
    /// The age group of purchases without a customer.
    pub unknown: usize,
    /// The row suffix of a purchase without a customer, LF included.
    pub unmatched_suffix: Vec<u8>,
}
