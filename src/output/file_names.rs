//! The names of the files of an output set.

/// Every row, joined.
pub(crate) const COMBINED: &str = "combined_data.csv";
/// The totals.
pub(crate) const SPENDING: &str = "age_group_spending.csv";
/// The chart.
pub(crate) const CHART: &str = "total_spending_by_age_group.png";
/// What was rejected.
pub(crate) const REJECTS: &str = "rejects.csv";
/// The ledger; its presence is the commit marker of a set.
pub(crate) const REPORT: &str = "report.json";
/// The names of a set, the commit marker last.
pub(crate) const NAMES: [&str; 5] = [COMBINED, SPENDING, CHART, REJECTS, REPORT];
