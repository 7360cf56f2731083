//! The age groups of the default configuration, as indexes in the report's order.
//!
//! They are defined here a second time, independently of the parser that the join uses, so that the answer key does not
//! share its mistakes.

/// Names by index.
pub(crate) const GROUPS: [&str; 5] = ["Young", "Middle-aged", "Senior", "Other", "Unknown"];
/// 18 to 29 years.
pub(crate) const YOUNG: usize = 0;
/// 30 to 44 years.
pub(crate) const MIDDLE_AGED: usize = 1;
/// 45 years and above.
pub(crate) const SENIOR: usize = 2;
/// Below 18 years.
pub(crate) const OTHER: usize = 3;
/// No valid age.
pub(crate) const UNKNOWN: usize = 4;
/// The first so many groups are reported even when they are empty.
pub(crate) const CONFIGURED: usize = 3;
