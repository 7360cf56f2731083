//! The columns that a join reads, as indexes from 0.

use super::column_order::ColumnOrder;

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

impl CustomerColumns {
    /// The columns in a file with this order; `None` is that of the first file.
    pub(crate) fn in_order(&self, order: Option<&ColumnOrder>) -> Self {
        let index = |column| ColumnOrder::index_with(order, column);
        Self {
            count: self.count,
            key: index(self.key),
            first_name: index(self.first_name),
            last_name: index(self.last_name),
            age: index(self.age),
        }
    }
}

impl PurchaseColumns {
    /// The columns in a file with this order; `None` is that of the first file.
    pub(crate) fn in_order(&self, order: Option<&ColumnOrder>) -> Self {
        let index = |column| ColumnOrder::index_with(order, column);
        Self { count: self.count, key: index(self.key), amount: index(self.amount) }
    }
}

/// The columns that the join needs in the files of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NeededColumns {
    Customers(CustomerColumns),
    Purchases(PurchaseColumns),
}
