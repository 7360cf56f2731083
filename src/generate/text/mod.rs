//! Fields and records as bytes.
//!
//! A [`RecordBuffer`](record_buffer::RecordBuffer) collects the bytes of a block. Records reach it in two ways: field
//! by field through a [`RecordWriter`](record_writer::RecordWriter), which quotes and can write malformed records; or,
//! for plain records, assembled from [`PaddedText`](padded_text::PaddedText)s and numbers with fixed-size copies.

pub(crate) mod extra_columns;
pub(crate) mod number;
pub(crate) mod padded_text;
pub(crate) mod record_buffer;
pub(crate) mod record_writer;
pub(crate) mod short_text;
