//! How the join treats unmatched purchases.

/// How the join treats purchases without a customer. It depends on the kind of join and is constant in a run.
#[derive(Clone, Debug)]
pub struct UnmatchedPolicy {
    /// Whether purchases without a customer are kept: written as rows and added to the group `unknown`.
    pub keep_unmatched: bool,
    /// The age group of purchases without a customer.
    pub unknown: usize,
    /// The row suffix of a purchase without a customer, LF included.
    pub unmatched_suffix: Vec<u8>,
}
