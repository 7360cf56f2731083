//! The rows a full join ends with: customers without a purchase, in file order.

use super::lookup::Lookup;
use super::row_buffer::RowBuffer;
use crate::customers::slot::Slot;

/// Writes the rows of customers that no purchase named.
#[derive(Debug)]
pub(crate) struct UnmatchedCustomers<'c> {
    pub(crate) lookup: Lookup<'c>,
    /// A row's empty purchases columns before and after the key.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// Rows of one part.
#[derive(Debug)]
pub(crate) struct UnmatchedRows {
    pub(crate) rows: RowBuffer,
    /// How many there are.
    pub(crate) count: u64,
    /// Customers whose rows come after `rows`, which had no room for them.
    pub(crate) deferred: Vec<Slot>,
    /// All of them, in file order.
    ordered: Vec<Slot>,
}

impl UnmatchedRows {
    /// None yet, with room for `most_rows` bytes of rows.
    pub(crate) fn new(most_rows: usize) -> Self {
        Self { rows: RowBuffer::new(most_rows), count: 0, deferred: vec![], ordered: vec![] }
    }
}

impl UnmatchedCustomers<'_> {
    /// Writes the rows of a part's customers.
    pub(crate) fn write(&self, part: &[Slot], out: &mut UnmatchedRows) {
        out.rows.clear();
        out.deferred.clear();
        out.ordered.clear();
        out.ordered.extend_from_slice(part);
        // By address, which is what a slot's word begins with.
        out.ordered.sort_unstable();
        out.count = 0;
        for &slot in &out.ordered {
            // Behind a deferred row every other is deferred too: they stay in order.
            if out.deferred.is_empty() && self.put(slot, &mut out.rows) {
                out.count += 1;
            } else {
                out.deferred.push(slot);
            }
        }
        out.rows.sum_up();
    }

    /// Adds the row of a customer; `false` where there is no room for it.
    fn put(&self, slot: Slot, rows: &mut RowBuffer) -> bool {
        let (entry, group) = (self.lookup.arena.entry(slot.address()), slot.group());
        let ahead = [&self.before, entry.key(), &self.after];
        let len: usize = ahead.iter().map(|piece| piece.len()).sum();
        let room = rows.reserve(len + self.lookup.suffixes.len(&entry, group));
        if room {
            ahead.iter().for_each(|piece| rows.put(piece, 0, piece.len()));
            self.lookup.suffixes.put(&entry, group, rows);
        }
        room
    }

    /// Adds the row of any customer to a buffer that grows.
    pub(crate) fn write_late(&self, slot: Slot, row: &mut Vec<u8>) {
        let entry = self.lookup.arena.entry(slot.address());
        [&self.before, entry.key(), &self.after].iter().for_each(|piece| row.extend_from_slice(piece));
        self.lookup.suffixes.write(&entry, slot.group(), row);
    }
}
