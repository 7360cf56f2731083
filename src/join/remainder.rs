//! The rows a full join ends with: customers without a purchase, in file order.

use super::customers::{Matched, Probe, Segment, SlotOf};
use super::entry;
use super::rows::Rows;
use super::table::Address;

/// Writes the rows of stored customers that no purchase named.
#[derive(Debug)]
pub(crate) struct Remainder<'c> {
    pub(crate) probe: Probe<'c>,
    pub(crate) matched: &'c Matched,
    /// A row's empty purchases columns before and after the key.
    pub(crate) before: Vec<u8>,
    pub(crate) after: Vec<u8>,
}

/// Rows of one segment, and their number.
#[derive(Debug)]
pub(crate) struct RemainderRows {
    pub(crate) rows: Rows,
    /// Customers whose rows come after `rows`, which had no room for them.
    pub(crate) deferred: Vec<Address>,
    pub(crate) count: u64,
}

impl RemainderRows {
    /// None yet, with room for `most_rows` bytes of rows.
    pub(crate) fn new(most_rows: usize) -> Self {
        Self { rows: Rows::new(most_rows), deferred: Vec::new(), count: 0 }
    }
}

impl Remainder<'_> {
    /// Looks at every customer of a segment; with `emit`, writes the rows and not only counts them.
    pub(crate) fn collect(&self, segment: Segment, emit: bool, out: &mut RemainderRows) {
        out.rows.clear();
        out.deferred.clear();
        out.count = 0;
        let mut address = segment.address;
        let end = segment.address + segment.len as u64;
        while address + entry::HEADER as u64 <= end {
            let entry = self.probe.entry(address);
            let lonely = match self.probe.slot_of(address) {
                SlotOf::At(slot) => !self.matched.has(slot),
                SlotOf::KeyMissing => true,
                SlotOf::Duplicate => false,
            };
            if lonely {
                out.count += 1;
                let parts = self.parts(address);
                let len: usize = parts.iter().map(|part| part.len()).sum();
                if emit && out.deferred.is_empty() && out.rows.reserve(len) {
                    parts.iter().for_each(|part| out.rows.put(part, 0, part.len()));
                } else if emit {
                    out.deferred.push(address);
                }
            }
            address += entry.len() as u64;
        }
        out.rows.sum_up();
    }

    /// What the row of the customer at an address is made of.
    pub(crate) fn parts(&self, address: Address) -> [&[u8]; 4] {
        let entry = self.probe.entry(address);
        [&self.before, entry.key(), &self.after, entry.tail_bytes()]
    }
}
