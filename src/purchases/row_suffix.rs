//! The row suffix: the part of a row after the purchase, from the delimiter to the line feed. It consists of the
//! customer's fields without the key, the full name and the age group.

use super::row_buffer::{RowBuffer, STEP};
use crate::customers::entry::{Entry, READ_SLACK, Shape};
use crate::model::age_group::AgeGroups;
use crate::model::dialect::Dialect;

/// Makes row suffixes from customers' entries.
#[derive(Debug)]
pub struct RowSuffixes {
    delimiter: u8,
    /// Indexed by age group.
    groups: Vec<GroupField>,
}

/// The last field of a row: delimiter, name of the age group, line feed.
#[derive(Debug)]
struct GroupField {
    len: usize,
    /// The field, padded with zeros so that it can be copied in whole steps.
    bytes: [u8; GROUP_FIELD],
}

/// Longer than any group field: a name has at most 64 bytes, plus quotes.
const GROUP_FIELD: usize = 128;

/// Longest piece that the fast path copies, in bytes. The pieces are the purchase, the customer's fields and the full
/// name.
const SHORT: usize = 64;
/// Longer than any row of short pieces, including the overrun of the copies.
const SHORT_ROW: usize = 512;
// Proof that copies of short pieces stay inside the row and the entry: a length or position is at most 2 * SHORT - 1,
// and a copy ends less than three steps after its start.
const _: () = assert!(3 * (2 * SHORT - 1) + 1 + 3 * STEP <= SHORT_ROW);
const _: () = assert!(2 * (2 * SHORT - 1) + 3 * STEP <= READ_SLACK);

impl RowSuffixes {
    pub fn new(dialect: Dialect, groups: &AgeGroups) -> Self {
        let group = |name: &str| {
            let mut field = vec![dialect.delimiter];
            dialect.write_field(name.as_bytes(), &mut field);
            field.push(b'\n');
            let mut bytes = [0; GROUP_FIELD];
            bytes[..field.len()].copy_from_slice(&field);
            GroupField { len: field.len(), bytes }
        };
        Self { delimiter: dialect.delimiter, groups: groups.names().map(group).collect() }
    }

    /// Bytes of the suffix.
    #[inline(always)]
    pub(crate) fn len(&self, entry: &Entry<'_>, group: usize) -> usize {
        entry.shape.fields_len as usize + 1 + entry.shape.name_len as usize + self.groups[group].len
    }

    /// The fast path: appends a whole row by copying short pieces in fixed steps with overrun. Returns `false` if a
    /// piece is longer than [`SHORT`] or there is no room. The purchase is the first `len` bytes of `purchase`; the
    /// bytes after it may be read.
    #[inline(always)]
    pub(crate) fn push_short_row(
        &self,
        purchase: &[u8],
        len: usize,
        entry: &Entry<'_>,
        group: usize,
        rows: &mut RowBuffer,
    ) -> bool {
        let group = &self.groups[group];
        let Shape { key_len, fields_len, name_start, name_len, space_at } = entry.shape;
        let (Some(purchase), Some(bytes)) = (purchase.first_chunk::<SHORT>(), entry.bytes.first_chunk::<READ_SLACK>())
        else {
            return false;
        };
        let longest = (len as u32).max(fields_len).max(name_len).max(key_len);
        if longest as usize > SHORT || name_start as usize >= 2 * SHORT || group.len > STEP {
            return false;
        }
        let Some(row) = rows.room::<SHORT_ROW>() else { return false };
        // The mask changes nothing, since all lengths and positions are below 128; it removes bounds checks.
        let mask = |number: u32| number as usize & (2 * SHORT - 1);
        let fields = mask(entry.fields() as u32);
        *row.first_chunk_mut().expect("long enough") = *purchase;
        let mut at = mask(len as u32);
        copy(bytes, fields, mask(fields_len), row, at);
        at += mask(fields_len);
        row[at] = self.delimiter;
        at += 1;
        copy(bytes, fields + mask(name_start), mask(name_len), row, at);
        // Writes unconditionally to avoid an unpredictable branch: without a space, the delimiter before the name is
        // written again.
        row[at + mask(space_at) - usize::from(space_at == 0)] = if space_at == 0 { self.delimiter } else { b' ' };
        at += mask(name_len);
        copy_step(&group.bytes, 0, row, at);
        rows.advance(at + group.len);
        true
    }

    /// Appends a suffix of any length, for which the caller must have reserved room.
    #[inline(never)]
    pub(crate) fn push(&self, entry: &Entry<'_>, group: usize, rows: &mut RowBuffer) {
        let Shape { fields_len, name_start, name_len, space_at, .. } = entry.shape;
        let (fields, group) = (entry.fields(), &self.groups[group]);
        rows.push(entry.bytes, fields, fields_len as usize);
        rows.push_byte(self.delimiter);
        rows.push(entry.bytes, fields + name_start as usize, name_len as usize);
        if space_at > 0 {
            rows.replace_from_end((name_len - space_at) as usize, b' ');
        }
        rows.push(&group.bytes, 0, group.len);
    }

    /// Appends a suffix to a buffer without a limit.
    pub(crate) fn write(&self, entry: &Entry<'_>, group: usize, row: &mut Vec<u8>) {
        let Shape { fields_len, name_start, name_len, space_at, .. } = entry.shape;
        let (fields, group) = (entry.fields(), &self.groups[group]);
        row.extend_from_slice(&entry.bytes[fields..][..fields_len as usize]);
        row.push(self.delimiter);
        let name = row.len();
        row.extend_from_slice(&entry.bytes[fields + name_start as usize..][..name_len as usize]);
        if space_at > 0 {
            row[name + space_at as usize] = b' ';
        }
        row.extend_from_slice(&group.bytes[..group.len]);
    }
}

/// Copies a short piece into a row in one or two steps. A piece that fits in one step takes only one, because the next
/// step may be in another cache line.
#[inline(always)]
fn copy(from: &[u8; READ_SLACK], start: usize, len: usize, row: &mut [u8; SHORT_ROW], at: usize) {
    copy_step(from, start, row, at);
    if len > STEP {
        // The second step may overlap the first.
        let rest = (len - STEP) & (2 * STEP - 1);
        copy_step(from, start + rest, row, at + rest);
    }
}

/// Copies [`STEP`] bytes. Both ranges are in bounds: see the proof at the constants.
#[inline(always)]
fn copy_step(from: &[u8], start: usize, row: &mut [u8; SHORT_ROW], at: usize) {
    let piece: &[u8; STEP] = from[start..start + STEP].first_chunk().expect("long enough");
    *row[at..at + STEP].first_chunk_mut().expect("long enough") = *piece;
}

#[cfg(test)]
#[path = "row_suffix_tests.rs"]
mod tests;
