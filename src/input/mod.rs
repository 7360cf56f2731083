//! From a path to chunks of whole records: opening, mapping or buffering, cutting, and finding the
//! fields of a record.

mod byte_masks;
pub(crate) mod chunks;
pub(crate) mod cursor;
mod delimiter;
pub(crate) mod fatal_record;
pub(crate) mod file;
pub(crate) mod header;
pub(crate) mod mmap;
pub(crate) mod plain_record;
mod position_list;
mod quote_state;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod record_end;
pub(crate) mod record_fault;
mod stream;
pub(crate) mod structural_index;
