//! The rows a full join ends with: customers without a purchase, in file order.

use super::customers::{Matched, Probe, Segment, SlotOf};
use super::entry;
use super::key::Key;
use super::rows::Rows;
use super::table::Address;

/// Customers looked up together.
const BATCH: usize = 64;

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
    batch: Vec<(Address, Key)>,
}

impl RemainderRows {
    /// None yet, with room for `most_rows` bytes of rows.
    pub(crate) fn new(most_rows: usize) -> Self {
        Self { rows: Rows::new(most_rows), deferred: Vec::new(), count: 0, batch: Vec::new() }
    }
}

impl Remainder<'_> {
    /// Looks at every customer of a segment; with `emit`, writes the rows and not only counts them.
    ///
    /// A batch at a time: all slots of a batch are asked for before the first is looked at, so that their cache
    /// misses overlap.
    pub(crate) fn collect(&self, segment: Segment, emit: bool, out: &mut RemainderRows) {
        out.rows.clear();
        out.deferred.clear();
        out.count = 0;
        let mut address = segment.address;
        let end = segment.address + segment.len as u64;
        while address + entry::HEADER as u64 <= end {
            out.batch.clear();
            while out.batch.len() < BATCH && address + entry::HEADER as u64 <= end {
                out.batch.push((address, self.probe.key_of(address)));
                address += self.probe.entry(address).len() as u64;
            }
            for number in 0..out.batch.len() {
                let (address, key) = out.batch[number];
                let lonely = match self.probe.slot_of(address, key) {
                    SlotOf::At(slot) => !self.matched.has(slot),
                    SlotOf::KeyMissing => true,
                    SlotOf::Duplicate => false,
                };
                if lonely {
                    out.count += 1;
                    if emit {
                        self.emit(address, out);
                    }
                }
            }
        }
        out.rows.sum_up();
    }

    /// Writes the row of the customer at an address, or notes the customer where there is no room.
    fn emit(&self, address: Address, out: &mut RemainderRows) {
        let parts = self.parts(address);
        let len: usize = parts.iter().map(|part| part.len()).sum();
        if out.deferred.is_empty() && out.rows.reserve(len) {
            parts.iter().for_each(|part| out.rows.put(part, 0, part.len()));
        } else {
            out.deferred.push(address);
        }
    }

    /// What the row of the customer at an address is made of.
    pub(crate) fn parts(&self, address: Address) -> [&[u8]; 4] {
        let entry = self.probe.entry(address);
        [&self.before, entry.key(), &self.after, entry.tail_bytes()]
    }
}
