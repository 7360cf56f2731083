//! Names in an output directory.

use crate::model::compression::{Compression, CompressionFormat};

/// The joined rows.
pub(crate) const COMBINED: &str = "combined_data.csv";
/// The joined rows, compressed with zstd.
pub(crate) const COMBINED_ZST: &str = "combined_data.csv.zst";
/// The joined rows, compressed with gzip.
pub(crate) const COMBINED_GZ: &str = "combined_data.csv.gz";
/// The spending of each age group.
pub(crate) const SPENDING: &str = "age_group_spending.csv";
/// The chart of the spending.
pub(crate) const CHART: &str = "total_spending_by_age_group.png";
/// The rejected records.
pub(crate) const REJECTS: &str = "rejects.csv";
/// The report as an HTML page.
pub(crate) const PAGE: &str = "report.html";
/// The report, which is the commit marker of a set.
pub(crate) const REPORT: &str = "report.json";
/// The digests of the other files, in the format of `sha256sum`.
pub(crate) const SUMS: &str = "SHA256SUMS";
/// All files that a set can have, the commit marker last. A set has at most one of the first three.
pub(crate) const NAMES: [&str; 9] = [COMBINED, COMBINED_ZST, COMBINED_GZ, SPENDING, CHART, REJECTS, PAGE, SUMS, REPORT];
/// The directory of a set that exceeds a limit and waits to be accepted.
pub(crate) const HELD_DIR: &str = "held";
/// The staging directory.
pub(crate) const STAGING_DIR: &str = ".spendfold-staging";

/// The name of the combined data.
pub(crate) fn combined_name(compress: Option<Compression>) -> &'static str {
    match compress.map(Compression::format) {
        None => COMBINED,
        Some(CompressionFormat::Zstd) => COMBINED_ZST,
        Some(CompressionFormat::Gzip) => COMBINED_GZ,
    }
}
