//! From rows to a published set: staging, files that are written and summed, rejects, totals, chart, report, and the
//! moves that make all of it appear at once.

pub(crate) mod chart;
pub(crate) mod combined_header;
pub(crate) mod file_names;
mod lock;
mod mover;
pub(crate) mod ordered_writer;
mod owner;
pub(crate) mod publish;
mod publish_error;
pub(crate) mod rejects;
pub(crate) mod report;
pub(crate) mod spending;
pub(crate) mod staged_file;
pub(crate) mod staging;
