//! The purchases file: who buys what at which price, and the record that says so.

pub(crate) mod amounts;
pub(crate) mod buyer_set;
pub(crate) mod catalogue;
pub(crate) mod file;
pub(crate) mod habits;
pub(crate) mod plain_row;
pub(crate) mod prices;
pub(crate) mod row_traits;
