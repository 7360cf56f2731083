//! The build side of the join: customers are parsed in parallel, stored in an arena in file order, and indexed by key.
//!
//! [`parse`] turns a chunk into a [`batch`] of entries; [`build_side`] stores the batches in the [`arena`] and the
//! [`map`]. [`placeholders`] finds customers whose keys usually mean a missing value, for a notice.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub, reason = "items for `internals` are `pub`"))]
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, rustdoc::private_intra_doc_links, reason = "`internals` is no public interface")
)]

mod accepted_record;
pub(crate) mod arena;
pub(crate) mod batch;
pub(crate) mod block_pool;
pub(crate) mod bucket;
pub(crate) mod build_side;
mod capacity;
pub(crate) mod entry;
mod entry_maker;
#[cfg(test)]
mod entry_pieces;
mod entry_rewriter;
pub(crate) mod forecast;
mod huge_pages;
pub(crate) mod map;
pub(crate) mod parse;
pub(crate) mod placeholders;
pub(crate) mod slot;
