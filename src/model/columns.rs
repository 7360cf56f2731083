//! The columns that a join reads, as indexes from 0.

/// Columns of the customers file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CustomerColumns {
    /// Number of columns.
    pub count: usize,
    pub key: usize,
    pub first_name: usize,
    pub last_name: usize,
    pub age: usize,
}

/// Columns of the purchases files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurchaseColumns {
    /// Number of columns.
    pub count: usize,
    pub key: usize,
    pub amount: usize,
}
