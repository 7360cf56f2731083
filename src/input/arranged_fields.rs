//! The fields of a record in the order of the columns of the side's first file, one for each column.
//!
//! In most records these are the fields as they stand, and the bytes of the record are copied. A record of a file with
//! another column order, and one with missing fields, is written anew: the raw fields keep their bytes.

use super::record::{Field, Form, Record};
use crate::model::column_order::ColumnOrder;

/// The fields of a well-formed record, arranged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArrangedFields<'a> {
    /// In the order of the record; at least one.
    fields: &'a [Field],
    /// The order of the file; `None` if it is that of the first file.
    order: Option<&'a ColumnOrder>,
    /// Number of columns.
    count: usize,
    /// The offset of the end of the record in the chunk.
    end: u32,
}

impl<'a> ArrangedFields<'a> {
    /// Arranges the fields of a record of a file with this order. Missing fields become empty ones; surplus fields are
    /// left out.
    pub(crate) fn new(record: &Record, fields: &'a [Field], count: usize, order: Option<&'a ColumnOrder>) -> Self {
        Self { fields, order, count, end: record.end }
    }

    /// The same fields in the order of the record, whatever the order of its file.
    pub(crate) fn in_own_order(&self) -> Self {
        Self { order: None, ..*self }
    }

    /// Whether a column is the first field of the record.
    pub(crate) fn is_first(&self, column: usize) -> bool {
        ColumnOrder::index_with(self.order, column) == 0
    }

    /// The field of a column of the first file. A missing field is at the end of the record.
    #[inline]
    pub(crate) fn get(&self, column: usize) -> Field {
        let missing = Field { start: self.end, end: self.end, blanks: 0, form: Form::Plain };
        self.fields.get(ColumnOrder::index_with(self.order, column)).copied().unwrap_or(missing)
    }

    /// Number of columns.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// All columns from this index on are missing.
    pub(crate) fn present(&self) -> usize {
        if self.order.is_none() { self.count.min(self.fields.len()) } else { self.count }
    }

    /// Whether empty fields are added.
    pub(crate) fn is_padded(&self) -> bool {
        self.fields.len() < self.count
    }

    /// Whether fields are left out.
    pub(crate) fn is_trimmed(&self) -> bool {
        self.fields.len() > self.count
    }

    /// The offset of the end of the last field, if the record has all fields in this order; `None` otherwise. The
    /// record up to there can be copied.
    pub(crate) fn contiguous_end(&self) -> Option<u32> {
        let last = self.fields.get(self.count.checked_sub(1)?).filter(|_| self.order.is_none())?;
        Some(last.end)
    }

    /// Appends the raw fields, separated by `delimiter`.
    pub(crate) fn write(&self, bytes: &[u8], delimiter: u8, out: &mut Vec<u8>) {
        let present = self.present();
        for column in 0..present {
            if column > 0 {
                out.push(delimiter);
            }
            out.extend_from_slice(self.get(column).raw(bytes));
        }
        // A missing field is a delimiter and nothing. There may be very many.
        out.resize(out.len() + self.count - present, delimiter);
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::parse_record;
    use super::*;
    use crate::model::dialect::Dialect;

    /// The arranged record, of a file with the columns `names` after one with the columns `first`, and whether its bytes
    /// can be copied.
    fn arranged(record: &str, first: &str, names: &str) -> (String, bool) {
        let split = |text: &str| text.split(',').map(|name| name.as_bytes().to_vec()).collect::<Vec<_>>();
        let (first, names) = (split(first), split(names));
        let order = ColumnOrder::find(&first, &names).expect("the same columns");
        let mut fields = vec![];
        let parsed = parse_record(record.as_bytes(), 0, Dialect::RFC_4180, &mut fields);
        let arranged = ArrangedFields::new(&parsed, &fields, first.len(), order.as_ref());
        let mut out = b"before ".to_vec();
        arranged.write(record.as_bytes(), b',', &mut out);
        let written = String::from_utf8_lossy(&out).strip_prefix("before ").expect("it was there").to_owned();
        let end = arranged.contiguous_end();
        if let Some(end) = end {
            assert_eq!(record[..end as usize], written);
        }
        assert_eq!((arranged.is_padded(), arranged.is_trimmed()), (fields.len() < 3, fields.len() > 3));
        (written, end.is_some())
    }

    #[test]
    fn raw_fields_keep_their_bytes() {
        let natural = |record| arranged(record, "a,b,c", "a,b,c");
        assert_eq!(natural("1,\"x,\"\"y\",3\r\n"), ("1,\"x,\"\"y\",3".to_owned(), true));
        assert_eq!(natural("1,2,3,,\"\"\n"), ("1,2,3".to_owned(), true));
        assert_eq!(natural("\"1\"\n"), ("\"1\",,".to_owned(), false));
        assert_eq!(natural("1,"), ("1,,".to_owned(), false));
        let moved = |record| arranged(record, "a,b,c", "c,a,b");
        assert_eq!(moved("1,\"x,\",3\r\n"), ("\"x,\",3,1".to_owned(), false));
        assert_eq!(moved("1,2,3,,\n"), ("2,3,1".to_owned(), false));
        assert_eq!(moved("\"1\"\n"), (",,\"1\"".to_owned(), false));
    }
}
