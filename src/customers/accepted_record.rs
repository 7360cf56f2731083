//! A customer's record whose bytes are copied into its entry.

use crate::model::columns::CustomerColumns;
use crate::model::key::Key;
use std::ops::Range;

/// A record that becomes a customer. Ranges are offsets in the chunk.
#[derive(Clone, Debug)]
pub(super) struct AcceptedRecord {
    /// Without the line ending.
    pub(super) record: Range<usize>,
    /// The key's raw bytes.
    pub(super) key: Range<usize>,
    pub(super) hashed_key: Key,
    /// Lines of the chunk before the record.
    pub(super) line: u32,
    /// Whether the key contains doubled quotes or escapes, or begins with blanks that do not belong to its value.
    pub(super) escaped: bool,
}

/// The position of the full name in an entry, from the first byte of the fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct NameRange {
    pub(super) start: usize,
    pub(super) len: usize,
    /// Position in the name of the delimiter that a space replaces; 0 if none.
    pub(super) space_at: usize,
}

impl AcceptedRecord {
    /// Length of the fields without the key, each with the delimiter before it, in bytes.
    #[inline(always)]
    pub(super) fn fields_len(&self) -> usize {
        self.key.start - self.record.start + self.record.end - self.key.end
    }

    /// The position of the full name in the fields if it is contiguous there: both names are adjacent, or one of them
    /// is empty.
    #[inline(always)]
    pub(super) fn full_name(
        &self,
        columns: &CustomerColumns,
        first: &Range<usize>,
        last: &Range<usize>,
    ) -> Option<NameRange> {
        if columns.first_name == columns.key || columns.last_name == columns.key {
            return None;
        }
        // In the entry, the fields after the key directly follow those before it.
        let position = |field: &Range<usize>| match field.start < self.key.start {
            true => field.start + 1 - self.record.start,
            false => field.start - self.key.end + self.key.start - self.record.start,
        };
        let (start, last_start) = (position(first), position(last));
        match (first.len(), last.len()) {
            (0, len) => Some(NameRange { start: last_start, len, space_at: 0 }),
            (len, 0) => Some(NameRange { start, len, space_at: 0 }),
            (space_at, len) if start + space_at + 1 == last_start => {
                Some(NameRange { start, len: space_at + 1 + len, space_at })
            }
            _ => None,
        }
    }
}
