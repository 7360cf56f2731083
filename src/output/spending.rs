//! Formats `age_group_spending.csv`: the exact spending of each age group.

use super::report_parts::AgeGroupTotal;
use crate::error::{Error, ErrorKind, Result};

/// The bytes of the file: a header and a row for each group, with commas and LF.
pub(crate) fn to_csv(groups: &[AgeGroupTotal<String>]) -> Result<Vec<u8>> {
    let cannot =
        |error: &dyn std::fmt::Display| Error::new(ErrorKind::Output, format!("cannot write the totals: {error}"));
    let mut writer = csv::Writer::from_writer(Vec::new());
    for group in groups {
        writer.serialize(group).map_err(|error| cannot(&error))?;
    }
    if groups.is_empty() {
        writer
            .write_record(["age_group", "total_spending", "purchases", "customers"])
            .map_err(|error| cannot(&error))?;
    }
    writer.into_inner().map_err(|error| cannot(&error))
}
