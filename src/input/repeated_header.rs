//! Recognises a record that repeats the header, as in files that were concatenated with their headers.

use super::arranged_fields::ArrangedFields;
use super::record::Record;
use crate::model::dialect::Dialect;
use crate::model::reject::DetailedReason;

/// The names of a side's columns, with which records are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepeatedHeader<'h> {
    /// Without names, no record repeats the header.
    names: &'h [Vec<u8>],
}

impl<'h> RepeatedHeader<'h> {
    pub fn new(names: &'h [Vec<u8>]) -> Self {
        Self { names }
    }

    /// The name of a column; `None` without names.
    pub(crate) fn name(&self, column: usize) -> Option<&'h [u8]> {
        self.names.get(column).map(Vec::as_slice)
    }

    /// The fault of a record whose values are the names, and its offset in the chunk `bytes`.
    pub(crate) fn fault(
        &self,
        bytes: &[u8],
        record: &Record,
        fields: &ArrangedFields<'_>,
        dialect: Dialect,
    ) -> Option<(DetailedReason, u32)> {
        let mut values = (0..).zip(self.names);
        let is_repeated =
            !self.names.is_empty() && values.all(|(column, name)| *name == *fields.get(column).value(bytes, dialect));
        is_repeated.then_some((DetailedReason::RepeatedHeader, record.start))
    }
}
