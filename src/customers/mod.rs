//! The build side of the join: customers are parsed in parallel, stored in an arena in file order and indexed by key.

pub(crate) mod arena;
pub(crate) mod batch;
mod bucket;
pub(crate) mod build_side;
mod capacity;
pub(crate) mod entry;
pub(crate) mod forecast;
pub(crate) mod map;
pub(crate) mod memory;
pub(crate) mod parse;
pub(crate) mod slot;
