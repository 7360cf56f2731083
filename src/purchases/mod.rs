//! The probe side of the join: a chunk of purchases is parsed, looked up in the customers' map, and turned into rows
//! and totals.

pub(crate) mod chunk_output;
pub(crate) mod kernel;
pub(crate) mod lookup;
mod lookup_pipeline;
mod lookup_ring;
pub(crate) mod row_buffer;
pub(crate) mod row_suffix;
pub(crate) mod totals;
pub(crate) mod unmatched_customers;
