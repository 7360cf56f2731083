//! The rows at the end of a full join: the customers without a matching purchase, in file order.

use super::lookup::Lookup;
use super::row_buffer::RowBuffer;
use crate::customers::slot::Slot;

/// Makes the rows of customers without a matching purchase.
#[derive(Debug)]
pub(crate) struct UnmatchedCustomers<'c> {
    pub(crate) lookup: Lookup<'c>,
    /// The delimiters of the empty purchases columns before the key.
    pub(crate) before: Vec<u8>,
    /// The delimiters of the empty purchases columns after the key.
    pub(crate) after: Vec<u8>,
}

/// The rows of one part of the arena. Reused from part to part.
#[derive(Debug)]
pub(crate) struct UnmatchedRows {
    pub(crate) rows: RowBuffer,
    /// Number of rows in `rows`.
    pub(crate) count: u64,
    /// The customers after those in `rows`, in order: `rows` had no room for them.
    pub(crate) deferred: Vec<Slot>,
    /// All customers of the part, in file order.
    ordered: Vec<Slot>,
}

impl UnmatchedRows {
    /// An empty result with at most `max_row_bytes` bytes of rows.
    pub(crate) fn new(max_row_bytes: usize) -> Self {
        Self { rows: RowBuffer::new(max_row_bytes), count: 0, deferred: vec![], ordered: vec![] }
    }
}

impl UnmatchedCustomers<'_> {
    /// Makes the rows of the customers of a part, which may be in any order.
    pub(crate) fn write(&self, part: &[Slot], out: &mut UnmatchedRows) {
        out.rows.clear();
        out.deferred.clear();
        out.ordered.clear();
        out.ordered.extend_from_slice(part);
        // Slots sort by address, which is file order.
        out.ordered.sort_unstable();
        out.count = 0;
        for &slot in &out.ordered {
            // After the first deferred row all others are deferred too, which keeps their order.
            if out.deferred.is_empty() && self.push(slot, &mut out.rows) {
                out.count += 1;
            } else {
                out.deferred.push(slot);
            }
        }
        out.rows.update_checksum();
    }

    /// Appends the row of a customer. Returns `false` if there is no room for it.
    fn push(&self, slot: Slot, rows: &mut RowBuffer) -> bool {
        let (entry, group) = (self.lookup.arena.entry(slot.address()), slot.group());
        let prefix = [&self.before, entry.key(), &self.after];
        let len: usize = prefix.iter().map(|piece| piece.len()).sum();
        let has_room = rows.reserve(len + self.lookup.suffixes.len(&entry, group));
        if has_room {
            prefix.iter().for_each(|piece| rows.push(piece, 0, piece.len()));
            self.lookup.suffixes.push(&entry, group, rows);
        }
        has_room
    }

    /// Appends the row of a customer to a buffer without a limit.
    pub(crate) fn write_deferred(&self, slot: Slot, row: &mut Vec<u8>) {
        let entry = self.lookup.arena.entry(slot.address());
        [&self.before, entry.key(), &self.after].iter().for_each(|piece| row.extend_from_slice(piece));
        self.lookup.suffixes.write(&entry, slot.group(), row);
    }
}
