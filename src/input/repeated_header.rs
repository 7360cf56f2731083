//! Recognises a record that repeats the header, as in files that were concatenated with their headers
//! (docs/contract.md#rejects).
//!
//! In such a file, the byte order mark of a later part is in front of the first name. With `--match-columns`, a part may
//! also have the columns in the order of the side's first file while the file has another one.

use super::arranged_fields::ArrangedFields;
use super::record::{Field, Record, parse_record};
use crate::model::dialect::Dialect;
use crate::model::reject::DetailedReason;

/// A byte order mark in UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The names of a side's columns, with which records are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct RepeatedHeader<'h> {
    /// In the order of the first file. Without names, no record repeats the header.
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

    /// Whether a record with this value in a column of the first file may repeat the header. The record has the order of
    /// that file.
    #[inline]
    pub(crate) fn may_repeat(&self, column: usize, value: &[u8]) -> bool {
        self.name(column).is_some_and(|name| value == name || value.starts_with(BYTE_ORDER_MARK))
    }

    /// The fault of a record whose values are the names, and its offset in the chunk `bytes`.
    pub(crate) fn fault(
        &self,
        bytes: &[u8],
        record: &Record,
        fields: &ArrangedFields<'_>,
        dialect: Dialect,
    ) -> Option<(DetailedReason, u32)> {
        let has_names = |fields: &ArrangedFields<'_>| {
            (0..).zip(self.names).all(|(column, name)| {
                let field = fields.get(column);
                *name == *field.value(bytes, dialect)
                    || fields.is_first(column) && is_marked(&field, name, bytes, dialect)
            })
        };
        let is_repeated = !self.names.is_empty() && (has_names(fields) || has_names(&fields.in_own_order()));
        is_repeated.then_some((DetailedReason::RepeatedHeader, record.start))
    }
}

/// Whether a field is a name after byte order marks. Quotes after them enclose the name, as at the start of a file.
fn is_marked(field: &Field, name: &[u8], bytes: &[u8], dialect: Dialect) -> bool {
    let value = field.value(bytes, dialect);
    if without_marks(&value) == name {
        return true;
    }
    let raw = field.raw(bytes);
    let unmarked = without_marks(raw);
    if unmarked.len() == raw.len() {
        return false;
    }
    let mut fields = vec![];
    let parsed = parse_record(unmarked, 0, dialect.without_comments(), &mut fields);
    parsed.is_well_formed() && matches!(&fields[..], [field] if *field.value(unmarked, dialect) == *name)
}

fn without_marks(mut bytes: &[u8]) -> &[u8] {
    while let Some(rest) = bytes.strip_prefix(BYTE_ORDER_MARK) {
        bytes = rest;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::column_order::ColumnOrder;

    const DIALECT: Dialect = Dialect { escape: Some(b'\\'), skip_initial_space: true, ..Dialect::RFC_4180 };

    /// Whether the record repeats the header `first`, in a file with the header `own`.
    fn repeats(record: &str, first: &str, own: &str) -> bool {
        let names = |text: &str| text.split(',').map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        let (first, own) = (names(first), names(own));
        let order = ColumnOrder::find(&first, &own).expect("the same columns");
        let mut fields = vec![];
        let parsed = parse_record(record.as_bytes(), 0, DIALECT, &mut fields);
        let arranged = ArrangedFields::new(&parsed, &fields, first.len(), order.as_ref());
        RepeatedHeader::new(&first).fault(record.as_bytes(), &parsed, &arranged, DIALECT).is_some()
    }

    #[test]
    fn a_byte_order_mark_may_precede_the_first_name() {
        for record in ["id,price", "\"id\", price", "\u{feff}id,price", "\u{feff}\u{feff}id,\"price\""] {
            assert!(repeats(record, "id,price", "id,price"), "{record}");
        }
        // As at the start of a file, and as written by a program that takes the mark for a part of the value.
        for record in ["\u{feff}\"id\",price", "\u{feff} \"i\\d\",price", "\u{feff}i\\d,price", "\"\u{feff}id\",price"]
        {
            assert!(repeats(record, "id,price", "id,price"), "{record}");
        }
        for record in ["\u{feff}ID,price", "id,\u{feff}price", "\u{feff},price", "\u{feff}\"id\"x,price", "id"] {
            assert!(!repeats(record, "id,price", "id,price"), "{record}");
        }
        // A name may be empty.
        assert!(repeats("\u{feff},price", ",price", ",price"));
    }

    #[test]
    fn the_columns_may_have_the_order_of_the_file_or_of_the_first_file() {
        for record in ["c,a,b", "a,b,c", "\u{feff}c,a,b", "\u{feff}\"a\",b,c"] {
            assert!(repeats(record, "a,b,c", "c,a,b"), "{record}");
        }
        for record in ["b,c,a", "c,\u{feff}a,b", "a,\u{feff}b,c"] {
            assert!(!repeats(record, "a,b,c", "c,a,b"), "{record}");
        }
    }
}
