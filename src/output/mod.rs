//! Writes the files of an output set into a staging directory, and publishes the set as a whole.
//!
//! [`staging::Staging`] holds the locked output directory and creates each [`staged_file::StagedFile`], which counts
//! and checksums its bytes. The files are written by [`ordered_writer`], [`rejects`], [`spending`], [`chart`] and
//! [`report_json`]. [`publish`] plans the moves of a publication, and `mover` makes a single move and undoes it.
//! `hold` keeps a set that exceeds a limit as the [`held`] set instead.

mod adopt;
pub(crate) mod chart;
mod check_name;
pub(crate) mod combined_header;
pub(crate) mod compared_file;
pub(crate) mod file_names;
pub(crate) mod held;
mod hold;
mod leftovers;
mod lock;
mod mover;
pub(crate) mod ordered_writer;
pub(crate) mod page;
pub(crate) mod publish;
mod publish_error;
pub(crate) mod publish_set;
pub(crate) mod rejects;
pub(crate) mod report_json;
pub(crate) mod report_limits;
pub(crate) mod report_notices;
pub(crate) mod report_parts;
pub(crate) mod report_samples;
pub(crate) mod sha256_sums;
pub(crate) mod spending;
pub(crate) mod staged_file;
pub(crate) mod staging;
mod staging_owner;
pub(crate) mod target_file;
