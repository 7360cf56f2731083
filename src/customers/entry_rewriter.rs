//! Writes the fields of entries whose bytes cannot be copied from the record in one piece: the dialect of the entries
//! differs from that of the file, or fields are missing, surplus or in another order.

use crate::input::arranged_fields::ArrangedFields;
use crate::input::record::{Field, Form};
use crate::model::columns::CustomerColumns;
use crate::model::dialect::Dialect;
use crate::model::reject::DetailedReason;

/// Writes fields of one dialect in another.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryRewriter {
    /// The dialect of the file.
    pub(super) from: Dialect,
    /// The dialect of the entries, which is that of the combined data.
    pub(super) to: Dialect,
}

/// The lengths of the parts of a rewritten entry, in their order, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RewrittenShape {
    pub(super) key_len: u32,
    /// The other fields, each with the delimiter before it.
    pub(super) fields_len: u32,
    pub(super) name_len: u32,
    /// Whether the value of the key is no slice of the entry: it has doubled quotes, or follows blanks.
    pub(super) doubled: bool,
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

    /// Writes the key, the other fields and the full name into an empty buffer. Fields are quoted only if necessary,
    /// unless they keep their bytes.
    pub(super) fn write(
        &self,
        bytes: &[u8],
        fields: &ArrangedFields<'_>,
        columns: &CustomerColumns,
        out: &mut Vec<u8>,
    ) -> RewrittenShape {
        let copies = self.copies();
        let value = |column: usize| fields.get(column).value(bytes, self.from);
        let write = |column: usize, out: &mut Vec<u8>| match copies {
            true => out.extend_from_slice(fields.get(column).raw(bytes)),
            false => self.to.write_field(&value(column), out),
        };
        write(columns.key, out);
        let key_len = out.len();
        for column in (0..fields.count()).filter(|&column| column != columns.key) {
            out.push(self.to.delimiter);
            write(column, out);
        }
        let name_start = out.len();
        self.to.write_field(&full_name([&value(columns.first_name), &value(columns.last_name)]), out);
        let key = fields.get(columns.key);
        let doubled = match copies {
            true => key.form == Form::Doubled || key.blanks > 0,
            false => !self.to.is_slice(&value(columns.key)),
        };
        // All lengths are below 2³²: a record has at most 512 MiB, its fields take at most three times as many bytes
        // when they are quoted, and a missing field takes one byte.
        RewrittenShape {
            key_len: key_len as u32,
            fields_len: (name_start - key_len) as u32,
            name_len: (out.len() - name_start) as u32,
            doubled,
        }
    }
}

/// The full name: first name, space, last name; if one of them is empty, the other.
pub(super) fn full_name([first, last]: [&[u8]; 2]) -> Vec<u8> {
    let space: &[u8] = if first.is_empty() || last.is_empty() { b"" } else { b" " };
    [first, space, last].concat()
}
