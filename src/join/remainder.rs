//! The rows a full join ends with: customers without a purchase, in file order.

use super::customers::{Matched, Probe, Segment, SlotOf};
use super::entry;
use super::rows::Rows;

/// Writes the rows of stored customers that no purchase named.
#[derive(Debug)]
pub(crate) struct Remainder<'c> {
    pub(crate) probe: Probe<'c>,
    pub(crate) matched: &'c Matched,
    pub(crate) delimiter: u8,
    /// Purchases columns before and after the key.
    pub(crate) columns_before: usize,
    pub(crate) columns_after: usize,
}

/// Rows of one segment, their number and their CRC-32.
#[derive(Debug)]
pub(crate) struct RemainderRows {
    pub(crate) rows: Rows,
    pub(crate) crc: crc32fast::Hasher,
    pub(crate) count: u64,
}

impl Default for RemainderRows {
    fn default() -> Self {
        Self { rows: Rows::default(), crc: crc32fast::Hasher::new(), count: 0 }
    }
}

impl Remainder<'_> {
    /// Looks at every customer of a segment; with `emit`, writes the rows and not only counts them.
    pub(crate) fn collect(&self, segment: Segment, emit: bool, out: &mut RemainderRows) {
        out.rows.clear();
        out.crc.reset();
        out.count = 0;
        let before = vec![self.delimiter; self.columns_before];
        let after = vec![self.delimiter; self.columns_after];
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
                if emit {
                    out.rows.push(&before);
                    out.rows.push(entry.key());
                    out.rows.push(&after);
                    out.rows.reserve(entry.tail_len);
                    out.rows.put(entry.block, entry.tail(), entry.tail_len);
                }
            }
            address += entry.len() as u64;
        }
        out.crc.update(out.rows.bytes());
    }
}
