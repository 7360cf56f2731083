//! From a path to chunks of whole records: opening, mapping or buffering, cutting, and finding the
//! fields of a record.

pub(crate) mod bytes;
pub(crate) mod chunks;
pub(crate) mod cut;
mod delimiter;
pub(crate) mod header;
mod list;
pub(crate) mod mapped;
pub(crate) mod marks;
pub(crate) mod opened;
pub(crate) mod plain;
mod quoting;
pub(crate) mod records;
mod simd;
mod stream;
