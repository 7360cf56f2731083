//! Reads inputs: opens files, cuts them into chunks of whole records, and parses the records of a chunk.
//!
//! [`file::InputFile`] opens and maps a file, and [`file_kind`] recognises what it is; [`reader::InputReader`] yields
//! its bytes, from the map or through a `stream` buffer. A file that is compressed or in another encoding is decoded
//! (`decoded_input`): its `stored_bytes` go through a `decoder` and a `transcoder`. The first record is read by a
//! [`header::HeaderReader`], which also finds the [`delimiter`]. [`chunks::Chunks`] cuts the rest at record ends
//! ([`record_end`]). In a chunk, the first pass builds a [`structural_index::StructuralIndex`] (the positions of
//! delimiters and record ends outside quotes, as in simdjson); the second pass walks over it with a
//! [`cursor::RecordCursor`], which yields a [`plain_record::PlainRecord`] on the fast path and parses a
//! [`record::Record`] on the slow path. [`arranged_fields::ArrangedFields`] brings the fields of a record into the
//! order of the side's first file. Dialects with escapes, comments or initial blanks, which the SIMD scan does not
//! support, use a `record_scanner` and the slow path.
//!
//! Invariant: the results do not depend on the sizes of chunks or reads.
#![cfg_attr(not(feature = "internals"), allow(unreachable_pub, reason = "items for `internals` are `pub`"))]
#![cfg_attr(
    feature = "internals",
    allow(missing_docs, rustdoc::private_intra_doc_links, reason = "`internals` is no public interface")
)]

pub(crate) mod arranged_fields;
mod byte_masks;
pub(crate) mod chunks;
pub(crate) mod column_lookup;
pub(crate) mod column_match;
pub(crate) mod cursor;
mod decoded_input;
mod decoder;
pub(crate) mod delimiter;
pub(crate) mod fatal_record;
pub(crate) mod file;
pub(crate) mod file_kind;
mod foreign;
pub(crate) mod header;
pub(crate) mod header_look;
pub(crate) mod line_estimate;
pub(crate) mod list_inputs;
pub(crate) mod mmap;
mod natural_order;
mod path_pattern;
pub(crate) mod plain_record;
mod position_list;
pub(crate) mod preamble;
mod quote_state;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod record_end;
pub(crate) mod record_fault;
mod record_scanner;
pub(crate) mod repeated_header;
pub(crate) mod stored_bytes;
pub(crate) mod stream;
pub(crate) mod structural_index;
mod transcoder;
pub(crate) mod waiting_input;
mod zip_member;
