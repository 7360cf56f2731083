//! The customers in memory: the build side of the join.
//!
//! Each accepted customer is one entry: its key's exact bytes, and the *tail* that every row of a purchase
//! of this customer ends with, from the delimiter after the purchase to the line feed. A matched row is then
//! two copies. Entries stand in file order in large blocks; the table points into them.

use super::entry::{self, Entry};
use super::key::{Key, LONG};
use super::load::{Loaded, NewAge};
use super::memory::{self, Spare};
use super::prefetch::prefetch;
use super::reason::{Reason, Reject};
use super::rows::SLACK;
use super::table::{Address, Slots, Table};
use crate::dialect::Dialect;
use crate::error::Result;
use memmap2::MmapMut;
use std::sync::atomic::{AtomicU64, Ordering};

/// An address is a block's number and a place in it, of this many bits.
const PLACE_BITS: u32 = 26;
const PLACE: Address = (1 << PLACE_BITS) - 1;
/// Bytes of a block, a multiple of a huge page, so that the memory is aligned to one.
const BLOCK: usize = 8 << 20;
/// The first block is small, so that a small job stays small.
const FIRST_BLOCK: usize = BLOCK / 4;

/// Entries that stand one behind the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) address: Address,
    pub(crate) len: usize,
}

/// What the ledger says of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CustomerCounts {
    pub(crate) accepted: u64,
    pub(crate) key_missing: u64,
    pub(crate) age_missing: u64,
    pub(crate) age_invalid: u64,
    /// By group number.
    pub(crate) groups: Vec<u64>,
}

/// All accepted customers.
#[derive(Debug)]
pub(crate) struct Customers {
    dialect: Dialect,
    blocks: Vec<MmapMut>,
    /// Bytes used in the last block.
    used: usize,
    segments: Vec<Segment>,
    table: Table,
    pub(crate) counts: CustomerCounts,
}

impl Customers {
    /// No customers yet, with room for about `expected` of them, made by so many threads.
    pub(crate) fn new(dialect: Dialect, groups: usize, expected: usize, threads: usize) -> Result<Self> {
        let counts = CustomerCounts { groups: vec![0; groups], ..CustomerCounts::default() };
        // The number is a guess: where it asks for too much, the table begins small and grows.
        let table = Table::with_capacity(expected, threads).or_else(|_| Table::with_capacity(0, 1))?;
        Ok(Self { dialect, blocks: vec![], used: 0, segments: vec![], table, counts })
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Takes in one chunk's customers, in file order; `line` is the line the chunk begins at. Duplicates of
    /// a key become rejects of the chunk.
    pub(crate) fn add(&mut self, loaded: &mut Loaded, line: u64, spare: &Spare) -> Result<()> {
        let base = self.store(&loaded.entries, spare)?;
        const AHEAD: usize = 16;
        let before = loaded.rejects.len();
        for (number, new) in loaded.customers.iter().enumerate() {
            if let Some(later) = loaded.customers.get(number + AHEAD) {
                self.table.slots().prefetch(later.key.hash);
            }
            let address = base + u64::from(new.entry);
            let block = &mut self.blocks[(address >> PLACE_BITS) as usize];
            let at = place(address);
            entry::set_line(block, at, line + u64::from(new.line));
            if new.key.tag == 0 {
                self.counts.key_missing += 1;
            } else {
                let blocks = &self.blocks;
                let same = |other: Address| {
                    let (a, b) = (stored(blocks, address).key(), stored(blocks, other).key());
                    a == b || self.dialect.value(a) == self.dialect.value(b)
                };
                if let Some(first) = self.table.insert(new.key, new.group, address, same)? {
                    let first_line = stored(&self.blocks, first).line();
                    loaded.rejects.push(Reject { reason: Reason::Duplicate { first_line }, ..new.record });
                    continue;
                }
            }
            self.counts.accepted += 1;
            self.counts.groups[usize::from(new.group)] += 1;
            self.counts.age_missing += u64::from(new.age == NewAge::Missing);
            self.counts.age_invalid += u64::from(new.age == NewAge::Invalid);
        }
        if loaded.rejects.len() > before {
            loaded.rejects.sort_unstable_by_key(|reject| reject.start);
        }
        Ok(())
    }

    /// Blocks that workers make ready while they read a file of about this size, for [`add`](Self::add).
    pub(crate) fn spare(file_bytes: u64, tails: bool, threads: usize) -> Spare {
        // With what rows end with, customers take nearly twice their file; their keys alone about half of it.
        let expected = if tails { file_bytes.saturating_mul(2) } else { file_bytes / 2 };
        Spare::new(BLOCK, threads.min(4), usize::try_from(expected).unwrap_or(usize::MAX))
    }

    /// Copies entries to where they stay.
    fn store(&mut self, entries: &[u8], spare: &Spare) -> Result<Address> {
        let room = self.blocks.last().map_or(0, |block| block.len() - SLACK);
        if self.used + entries.len() > room || self.blocks.is_empty() {
            let needed = entries.len() + SLACK;
            self.blocks.push(match needed {
                _ if self.blocks.is_empty() && needed <= FIRST_BLOCK => memory::zeroed(FIRST_BLOCK)?,
                0..=BLOCK => spare.take()?,
                _ => memory::zeroed(needed)?,
            });
            self.used = 0;
        }
        let number = self.blocks.len() - 1;
        let address = (number as Address) << PLACE_BITS | self.used as Address;
        self.blocks[number][self.used..self.used + entries.len()].copy_from_slice(entries);
        self.used += entries.len();
        match self.segments.last_mut() {
            // Small chunks make one segment, so that appending them is worth a unit of work.
            Some(last) if follows(last, address) && last.len < 1 << 20 => last.len += entries.len(),
            _ => self.segments.push(Segment { address, len: entries.len() }),
        }
        Ok(address)
    }

    /// What a batch of look-ups works with.
    pub(crate) fn probe(&self) -> Probe<'_> {
        Probe { slots: self.table.slots(), blocks: &self.blocks, dialect: self.dialect, hasher: self.table.hasher() }
    }
}

/// Whether an address is right behind a segment, in the same block.
fn follows(segment: &Segment, address: Address) -> bool {
    segment.address + segment.len as u64 == address && segment.address >> PLACE_BITS == address >> PLACE_BITS
}

/// Where in its block an address is; a block of a single chunk may be longer than others.
#[inline(always)]
fn place(address: Address) -> usize {
    (address & PLACE) as usize
}

fn stored(blocks: &[MmapMut], address: Address) -> Entry<'_> {
    Entry::at(&blocks[(address >> PLACE_BITS) as usize], place(address))
}

/// Look-ups into the customers, shared by all workers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'c> {
    pub(crate) slots: Slots<'c>,
    blocks: &'c [MmapMut],
    dialect: Dialect,
    pub(crate) hasher: &'c ahash::RandomState,
}

impl<'c> Probe<'c> {
    #[inline(always)]
    pub(crate) fn entry(&self, address: Address) -> Entry<'c> {
        stored(self.blocks, address)
    }

    /// Asks for the cache lines of an entry.
    #[inline(always)]
    pub(crate) fn prefetch(&self, address: Address) {
        let block = &self.blocks[(address >> PLACE_BITS) as usize];
        let at = place(address);
        prefetch(block, at);
        prefetch(block, at + 64);
        prefetch(block, at + 96);
    }

    /// Whether the key of the entry at an address has this value.
    pub(crate) fn key_is(&self, address: Address, value: &[u8]) -> bool {
        *self.dialect.value(self.entry(address).key()) == *value
    }

    /// The key of the entry at an address; asks for the slot it will be looked up in.
    pub(crate) fn key_of(&self, address: Address) -> Key {
        let key = Key::new(&self.dialect.value(self.entry(address).key()), self.hasher);
        self.slots.prefetch(key.hash);
        key
    }

    /// The slot of the customer at an address, whose key is `key`; or why it has none.
    pub(crate) fn slot_of(&self, address: Address, key: Key) -> SlotOf {
        if key.tag == 0 {
            return SlotOf::KeyMissing;
        }
        let same = |other| {
            let value = || self.dialect.value(self.entry(address).key());
            key.tag != LONG || other == address || self.key_is(other, &value())
        };
        match self.slots.find(key, same) {
            Some(found) if found.address == address => SlotOf::At(found.slot),
            _ => SlotOf::Duplicate,
        }
    }
}

/// Where a stored entry stands in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotOf {
    At(usize),
    KeyMissing,
    Duplicate,
}

/// Which customers have a purchase: one bit a slot, set by all workers.
#[derive(Debug)]
pub(crate) struct Matched(Vec<AtomicU64>);

impl Matched {
    pub(crate) fn new(slots: usize) -> Self {
        Self((0..slots.div_ceil(64)).map(|_| AtomicU64::new(0)).collect())
    }

    #[inline(always)]
    pub(crate) fn set(&self, slot: usize) {
        let (word, bit) = (&self.0[slot / 64], 1 << (slot % 64));
        // Most are set already: a look does not take the cache line away from the other workers.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    pub(crate) fn has(&self, slot: usize) -> bool {
        self.0[slot / 64].load(Ordering::Relaxed) & (1 << (slot % 64)) != 0
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::CustomerColumns;
    use super::super::load::{LoadScratch, Loader};
    use super::*;
    use crate::age::AgeGroups;

    /// A chunk of short records may become entries of more than a block: they get a longer one.
    #[test]
    fn a_chunk_that_needs_more_than_a_block_is_found_again() {
        let (dialect, groups) = (Dialect::default(), AgeGroups::default());
        let mut customers = Customers::new(dialect, groups.names().len(), 0, 1).expect("memory");
        let columns = CustomerColumns { count: 3, key: 0, first_name: 1, last_name: 1, age: 2 };
        let loader = Loader::new(dialect, columns, &groups, customers.table().hasher().clone(), 1000);
        let spare = Customers::spare(0, true, 1);
        for chunk in [0..1u32, 1..300_000, 300_000..300_010] {
            let text: String = chunk.map(|number| format!("{number},,30\n")).collect();
            let mut loaded = Loaded::default();
            loader.load(text.as_bytes(), &mut LoadScratch::default(), &mut loaded);
            assert!(loaded.customers.len() < 1000 || loaded.entries.len() > BLOCK, "{}", loaded.entries.len());
            customers.add(&mut loaded, 1, &spare).expect("memory");
        }
        let probe = customers.probe();
        for number in 0..300_010 {
            let key = number.to_string();
            let found = probe.slots.find(Key::new(key.as_bytes(), probe.hasher), |_| true).expect("there");
            let entry = probe.entry(found.address);
            assert_eq!((entry.key(), entry.tail_bytes()), (key.as_bytes(), b",,30,,Middle-aged\n".as_slice()));
        }
    }
}
