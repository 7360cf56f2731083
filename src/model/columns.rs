//! The columns that a join reads, as indexes from 0.

/// Columns of the customers file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CustomerColumns {
    /// Number of columns.
    pub(crate) count: usize,
    pub(crate) key: usize,
    pub(crate) first_name: usize,
    pub(crate) last_name: usize,
    pub(crate) age: usize,
}

/// Columns of the purchases files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PurchaseColumns {
    /// Number of columns.
    pub(crate) count: usize,
    pub(crate) key: usize,
    pub(crate) amount: usize,
}
