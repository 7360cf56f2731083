//! From chunks to rows: the customers in their map, and the kernel that joins a chunk of purchases
//! against them.

pub(crate) mod amount;
mod bucket;
mod capacity;
pub(crate) mod customers;
mod entry;
pub(crate) mod forecast;
mod in_flight;
pub(crate) mod joined;
pub(crate) mod kernel;
pub(crate) mod key;
pub(crate) mod layout;
pub(crate) mod load;
pub(crate) mod loaded;
pub(crate) mod memory;
mod prefetch;
pub(crate) mod reason;
pub(crate) mod remainder;
pub(crate) mod rows;
pub(crate) mod slot;
mod steps;
mod store;
pub(crate) mod table;
pub(crate) mod tail;
pub(crate) mod totals;
