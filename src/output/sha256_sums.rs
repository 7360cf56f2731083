//! Formats `SHA256SUMS`, which `sha256sum -c` reads.

use super::file_names::SUMS;
use super::report_parts::OutputFile;

/// The content of the file: a line for each of `outputs` that has a digest, except for the file itself, in their order.
/// The names of a set need no escaping.
pub(crate) fn sha256_sums(outputs: &[OutputFile]) -> String {
    let digest = |file: &OutputFile| file.sha256.as_ref().map(|sha256| format!("{sha256}  {}\n", file.path));
    outputs.iter().filter(|file| file.path != SUMS).filter_map(digest).collect()
}
