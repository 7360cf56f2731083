//! Writes the files of an output set into a staging directory, and publishes or holds the set as a whole.
//!
//! - Staging: [`staging::Staging`] holds the locked output directory and creates each [`staged_file::StagedFile`],
//!   which counts and fingerprints its bytes. `check_name` and `leftovers` check what is in the output directory before
//!   a run, and `recovery` rolls back a publication that was killed.
//! - Contents: [`ordered_writer`] writes the rows and [`rejects`] the rejected records, each to a [`target_file`]: a
//!   staged file, one that is compressed ([`compressed_file`], with the frames of `frame_encoder`), or a published file
//!   that is only compared ([`compared_file`]). The other files are written in one piece: [`spending`], [`chart`],
//!   [`page`], [`sha256_sums`] and [`report_json`]. The report's parts are in [`report_parts`], [`report_dialects`],
//!   [`report_samples`], [`report_notices`] and [`report_limits`].
//! - Publication: [`publish_set`] publishes a set. [`publish`] plans the moves, and `mover` makes a single move and
//!   undoes it.
//! - Held sets: `hold` moves a set that exceeds a limit to the directory `held` instead. [`held`] opens such a set. For
//!   its acceptance, `adopt` links its files into a staging directory.

mod adopt;
pub(crate) mod chart;
mod check_name;
pub(crate) mod combined_header;
pub(crate) mod compared_file;
pub(crate) mod compressed_file;
pub(crate) mod file_names;
mod frame_encoder;
pub(crate) mod held;
mod hold;
pub(crate) mod leftovers;
mod lock;
mod mover;
pub(crate) mod ordered_writer;
pub(crate) mod page;
pub(crate) mod publish;
mod publish_error;
pub(crate) mod publish_set;
mod recovery;
pub(crate) mod reject_source;
pub(crate) mod rejects;
pub(crate) mod report_dialects;
pub(crate) mod report_json;
pub(crate) mod report_limits;
pub(crate) mod report_notices;
pub(crate) mod report_parts;
pub(crate) mod report_patterns;
pub(crate) mod report_samples;
pub(crate) mod sha256_sums;
pub(crate) mod short_records;
pub(crate) mod spending;
pub(crate) mod staged_file;
pub(crate) mod staging;
mod staging_owner;
pub(crate) mod target_file;
