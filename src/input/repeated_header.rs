//! Recognises a record that repeats the header, as in files that were concatenated with their headers.

use super::record::Field;
use crate::model::dialect::Dialect;

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

    /// Whether the values of a record, which has as many fields as there are columns, are the names.
    pub(crate) fn is(&self, bytes: &[u8], fields: &[Field], dialect: Dialect) -> bool {
        self.names.len() == fields.len()
            && self.names.iter().zip(fields).all(|(name, field)| *name == *field.value(bytes, dialect))
    }
}
