//! What happens to purchases without a customer.

/// Set once per run by the kind of join.
#[derive(Clone, Debug)]
pub(crate) struct UnmatchedPolicy {
    /// Whether purchases without a customer are kept: written as rows and added to the group `unknown`.
    pub(crate) keep_unmatched: bool,
    /// The age group of purchases without a customer.
    pub(crate) unknown: usize,
    /// The row suffix of a purchase without a customer, LF included.
    pub(crate) unmatched_suffix: Vec<u8>,
}
