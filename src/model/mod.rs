//! Values without I/O: keys, amounts, ages, limits, the CSV dialect, and the reasons for rejecting a record.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub, reason = "items for `internals` are `pub`"))]
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, rustdoc::private_intra_doc_links, reason = "`internals` is no public interface")
)]

pub(crate) mod age_group;
pub(crate) mod amount;
mod amount_look;
pub(crate) mod column_order;
pub(crate) mod columns;
pub(crate) mod compression;
pub(crate) mod csv_format;
pub(crate) mod currency;
pub(crate) mod decimal;
pub(crate) mod delimiter_source;
pub(crate) mod delimiters;
pub(crate) mod dialect;
pub(crate) mod digest;
pub(crate) mod encoding;
pub(crate) mod inputs;
pub(crate) mod join;
pub(crate) mod key;
pub(crate) mod limit;
pub(crate) mod missing_value;
pub(crate) mod mode;
pub(crate) mod money;
pub(crate) mod ragged;
pub(crate) mod readable_numbers;
mod record_look;
pub(crate) mod reject;
pub(crate) mod reject_look;
pub(crate) mod reject_pattern;
pub(crate) mod reject_reason;
pub(crate) mod sides;
