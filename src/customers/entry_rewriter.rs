//! Writes the fields of entries whose bytes cannot be copied from the record in one piece: the dialect of the entries
//! differs from that of the file, or fields are missing, surplus or in another order.

use super::entry::Shape;
use crate::input::arranged_fields::ArrangedFields;
use crate::input::record::Field;
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::mode::Mode;
use crate::model::reject::DetailedReason;

/// Writes fields of one dialect in another.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryRewriter {
    /// The dialect of the file.
    pub(super) from: Dialect,
    /// The dialect of the entries, which is that of the combined data.
    pub(super) to: Dialect,
}

impl EntryRewriter {
    /// Whether fields keep their bytes.
    pub(super) fn copies(&self) -> bool {
        self.from.writes_like(self.to)
    }

    /// The fault of a record with a value that the dialect of the entries cannot express, and its offset in the chunk.
    pub(super) fn unwritable(&self, bytes: &[u8], fields: &[Field]) -> Option<(DetailedReason, u32)> {
        if self.copies() {
            return None;
        }
        let field = fields.iter().find(|field| !self.to.can_write(&field.value(bytes, self.from)))?;
        Some((DetailedReason::CannotBeWritten, field.start))
    }

    /// Writes the key and, if there are rows, the other fields and the full name into an empty buffer. Fields are quoted
    /// only if necessary, unless they keep their bytes. Returns the shape of the entry, and whether the key's value is
    /// not a slice of the entry because it has doubled quotes or escapes or follows blanks.
    pub(super) fn write(
        &self,
        bytes: &[u8],
        fields: &ArrangedFields<'_>,
        columns: &CustomerColumns,
        mode: Mode,
        out: &mut Vec<u8>,
    ) -> (Shape, bool) {
        let copies = self.copies();
        let value = |column: usize| fields.get(column).value(bytes, self.from);
        let write = |column: usize, out: &mut Vec<u8>| match copies {
            true => out.extend_from_slice(fields.get(column).raw(bytes)),
            false => self.to.write_field(&value(column), out),
        };
        write(columns.key, out);
        let key = fields.get(columns.key);
        let escaped = match copies {
            true => key.form.is_escaped() || key.blanks > 0,
            false => !self.to.is_slice(&value(columns.key)),
        };
        // All lengths are below 2³²: a record has at most 512 MiB, its fields take at most three times as many bytes
        // when they are quoted, and a missing field takes one byte.
        let key_len = out.len() as u32;
        if mode == Mode::TotalsOnly {
            return (Shape { key_len, ..Shape::default() }, escaped);
        }
        let present = fields.present();
        for column in (0..present).filter(|&column| column != columns.key) {
            out.push(self.to.delimiter);
            write(column, out);
        }
        // A missing field is a delimiter and nothing. There may be very many.
        let missing = fields.count() - present - usize::from(columns.key >= present);
        out.resize(out.len() + missing, self.to.delimiter);
        let fields_len = out.len() as u32 - key_len;
        self.to.write_field(&full_name([&value(columns.first_name), &value(columns.last_name)]), out);
        let name_len = out.len() as u32 - key_len - fields_len;
        (Shape { key_len, fields_len, name_start: fields_len, name_len, space_at: 0 }, escaped)
    }
}

/// The full name: first name, space, last name; if one of them is empty, the other.
pub(super) fn full_name([first, last]: [&[u8]; 2]) -> Vec<u8> {
    let space: &[u8] = if first.is_empty() || last.is_empty() { b"" } else { b" " };
    [first, space, last].concat()
}
