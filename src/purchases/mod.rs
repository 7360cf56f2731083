//! The probe side of the join: a chunk of purchases becomes rows and totals.
//!
//! The [`join_kernel`] parses a chunk and pushes its purchases into a `lookup_ring`; the `lookup_pipeline` looks them
//! up and adds rows and totals to the [`chunk_output`]; the sink assembles its [`deferred_rows`]. For examples and
//! notices, the output also has the chunk's `first_unmatched` purchases and its amounts with `three_digits` after the
//! point. [`unmatched_customers`] makes the rows at the end of a full join.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub, reason = "items for `internals` are `pub`"))]
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, rustdoc::private_intra_doc_links, reason = "`internals` is no public interface")
)]

pub(crate) mod chunk_output;
pub(crate) mod deferred_rows;
pub(crate) mod first_unmatched;
pub(crate) mod join_kernel;
pub(crate) mod lookup;
mod lookup_pipeline;
mod lookup_ring;
pub(crate) mod row_buffer;
pub(crate) mod row_suffix;
pub(crate) mod three_digits;
pub(crate) mod totals;
pub(crate) mod unmatched_customers;
pub(crate) mod unmatched_policy;
