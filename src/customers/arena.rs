//! The customers' entries in memory, in file order, in large blocks.

use super::entry::{self, Entry, HEADER, READ_SLACK};
use super::forecast::Forecast;
use super::map::KeySource;
use super::memory::{self, BlockPool};
use super::slot::{ADDRESS_BITS, Address};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::prefetch::prefetch;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use ahash::RandomState;
use memmap2::MmapMut;

/// An address is a block's number and a place in it, of this many bits; and never 0.
const PLACE_BITS: u32 = 26;
const PLACE: Address = (1 << PLACE_BITS) - 1;
/// More blocks have no addresses.
const MOST_BLOCKS: usize = 1 << (ADDRESS_BITS - PLACE_BITS);
/// Bytes of a block, a multiple of a huge page, so that the memory is aligned to one.
const BLOCK: usize = 8 << 20;
/// The first block is small, so that a small job stays small.
const FIRST_BLOCK: usize = BLOCK / 4;
/// Entries of one chunk that a populated block is taken for: as much of the block before it may be left empty.
const MOST_POPULATED: usize = BLOCK / 8;
/// Populated blocks that may stand ready, at most.
const MOST_AHEAD: usize = 4;
/// What the fast copies may read behind an entry.
const SLACK: usize = READ_SLACK;

/// Entries that stand one behind the other, and the line of the file that their records begin on.
#[derive(Clone, Copy, Debug)]
struct Segment {
    address: Address,
    line: u64,
}

/// All entries.
#[derive(Debug)]
pub(crate) struct CustomerArena {
    pub(crate) dialect: Dialect,
    hasher: RandomState,
    blocks: Vec<MmapMut>,
    most_blocks: usize,
    /// Bytes used in the last block.
    used: usize,
    segments: Vec<Segment>,
    /// How many entries there are, and how many bytes they take.
    count: usize,
    bytes: usize,
    /// Bytes that an entry takes on average.
    usual: usize,
}

impl CustomerArena {
    /// No entries yet.
    pub(crate) fn new(dialect: Dialect, hasher: RandomState) -> Self {
        Self {
            dialect,
            hasher,
            blocks: vec![],
            most_blocks: MOST_BLOCKS,
            used: 0,
            segments: vec![],
            count: 0,
            bytes: 0,
            usual: 0,
        }
    }

    /// Blocks that workers make ready, for [`add`](Self::add).
    pub(crate) fn block_pool(threads: usize) -> BlockPool {
        BlockPool::new(BLOCK, threads.min(MOST_AHEAD))
    }

    /// How many blocks will be needed after the next one, judged by the bytes so far; no more than there are already, so
    /// that a forecast which proves wrong has cost no more than the entries.
    fn blocks_after_next(&self, bytes: usize, forecast: &Forecast) -> usize {
        let more = forecast.extrapolate(bytes).map_or(usize::MAX, |all| all - bytes);
        (more.saturating_sub(BLOCK) / BLOCK).min(self.blocks.len())
    }

    /// Copies a chunk's entries, so many of them, whose records begin on this line, to where they stay; the address of
    /// the first, where there is any.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`] where there is no memory or no address for them.
    pub(crate) fn add(
        &mut self,
        entries: &[u8],
        count: usize,
        line: u64,
        forecast: &Forecast,
        spare: &BlockPool,
    ) -> Result<Address> {
        if entries.is_empty() {
            return Ok(0);
        }
        let room = self.blocks.last().map_or(0, |block| block.len() - SLACK);
        if self.used + entries.len() > room || self.blocks.is_empty() {
            if self.blocks.len() == self.most_blocks {
                let text = format!(
                    "the customers take more than {} blocks of memory of 8 MiB, the most there can be",
                    self.most_blocks
                );
                return Err(Error::new(ErrorKind::Resources, text).hint("join them in parts"));
            }
            // A byte that nothing is in: no entry has the address 0.
            let first = usize::from(self.blocks.is_empty());
            let needed = first + entries.len() + SLACK;
            self.blocks.push(match needed {
                _ if self.blocks.is_empty() && needed <= FIRST_BLOCK => memory::zeroed(FIRST_BLOCK)?,
                _ if needed <= MOST_POPULATED => {
                    spare.take(self.blocks_after_next(self.bytes + entries.len(), forecast))?
                }
                // Much of such a block may stay empty, so it is not a populated one.
                0..=BLOCK => memory::zeroed(BLOCK)?,
                _ => memory::zeroed(needed)?,
            });
            self.used = first;
        }
        let number = self.blocks.len() - 1;
        let address = (number as Address) << PLACE_BITS | self.used as Address;
        self.blocks[number][self.used..self.used + entries.len()].copy_from_slice(entries);
        self.used += entries.len();
        self.count += count;
        self.bytes += entries.len();
        self.usual = self.bytes / self.count.max(1);
        // The low bits of a line tell which of the lines of its segment it is.
        let follows =
            |last: &Segment| last.address >> PLACE_BITS == address >> PLACE_BITS && line - last.line < 1 << 31;
        if !self.segments.last().is_some_and(follows) {
            self.segments.push(Segment { address, line });
        }
        Ok(address)
    }

    /// Forgets the last entries, so many of them, of which this is the first.
    pub(crate) fn take_back(&mut self, address: Address, count: usize) {
        debug_assert_eq!((address >> PLACE_BITS) as usize + 1, self.blocks.len());
        self.bytes -= self.used - place(address);
        self.used = place(address);
        self.count -= count;
    }

    /// The bytes from an address on.
    #[inline(always)]
    pub(crate) fn at(&self, address: Address) -> &[u8] {
        &self.blocks[(address >> PLACE_BITS) as usize][place(address)..]
    }

    /// The entry at an address.
    pub(crate) fn entry(&self, address: Address) -> Entry<'_> {
        Entry::read(self.at(address))
    }

    /// Asks for the cache lines of an entry.
    #[inline(always)]
    pub(crate) fn prefetch(&self, address: Address) {
        let block = &self.blocks[(address >> PLACE_BITS) as usize];
        let place = place(address);
        prefetch(block, place);
        prefetch(block, place + self.usual.min(64));
        if self.usual > 64 {
            prefetch(block, place + self.usual.min(128));
        }
    }

    /// Says on which line the record of the entry at an address begins, which `entries` told from its chunk's line on.
    pub(crate) fn begin_line(&mut self, address: Address, chunk_line: u64) {
        let block = &mut self.blocks[(address >> PLACE_BITS) as usize];
        entry::add_to_line(block, place(address), chunk_line as u32);
    }

    /// The line that the record of the entry at an address begins on.
    pub(crate) fn line(&self, address: Address) -> u64 {
        let next = self.segments.partition_point(|segment| segment.address <= address);
        // Proof: the first entry begins the first segment.
        let first = self.segments[next - 1].line;
        first + u64::from(self.entry(address).line().wrapping_sub(first as u32))
    }

    /// Whether the key of the entry at an address has this value.
    pub(crate) fn key_is(&self, address: Address, value: &[u8]) -> bool {
        *self.dialect.value(self.entry(address).key()) == *value
    }

    /// Whether two entries have the same key.
    pub(crate) fn same_key(&self, one: Address, other: Address) -> bool {
        let (one, other) = (self.entry(one).key(), self.entry(other).key());
        one == other || self.dialect.value(one) == self.dialect.value(other)
    }

    /// Bytes of all entries.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The part of the store that an address is in, counted in file order.
    pub(crate) fn part(address: Address) -> usize {
        (address >> PART_BITS) as usize
    }

    /// How many parts there are, at most.
    pub(crate) fn parts(&self) -> usize {
        self.blocks.len() << (PLACE_BITS - PART_BITS)
    }
}

/// Bits of a place in a part of the store.
const PART_BITS: u32 = 20;

impl KeySource for CustomerArena {
    fn key_at(&self, address: Address) -> Key {
        match Entry::read_short(self.at(address)) {
            Some(entry) => {
                let (start, len) = entry.key_value(self.dialect.quote);
                Key::at(entry.bytes, start, len, &self.hasher)
            }
            None => Key::new(&self.dialect.value(self.entry(address).key()), &self.hasher),
        }
    }

    #[inline(always)]
    fn prefetch_key(&self, address: Address) {
        let block = &self.blocks[(address >> PLACE_BITS) as usize];
        prefetch(block, place(address));
        // A key of eight bytes may reach into the next line.
        prefetch(block, place(address) + HEADER + 7);
    }
}

/// Where in its block an address is; a block of a single chunk may be longer than others.
#[inline(always)]
fn place(address: Address) -> usize {
    (address & PLACE) as usize
}

#[cfg(test)]
mod tests {
    use super::super::slot::Slot;
    use super::*;

    #[test]
    fn customers_without_an_address_are_refused() {
        let mut store = CustomerArena::new(Dialect::default(), RandomState::new());
        store.most_blocks = 2;
        // Each fills a block.
        let (spare, entries, forecast) =
            (CustomerArena::block_pool(1), vec![0; BLOCK - SLACK - 1], Forecast::default());
        let mut add = |line| store.add(&entries, 1, line, &forecast, &spare).map_err(|error| error.kind());
        assert_eq!([add(2), add(3), add(4)], [Ok(1), Ok(1 << PLACE_BITS), Err(ErrorKind::Resources)]);
        assert!(store.add(&[], 0, 9, &forecast, &spare).is_ok());
    }

    /// The last place of the last block there may be has the greatest address that a slot holds, and no address is lost.
    #[test]
    fn addresses_end_where_slots_end() {
        let last = (MOST_BLOCKS as Address - 1) << PLACE_BITS | PLACE;
        assert_eq!(last, (1 << ADDRESS_BITS) - 1);
        let slot = Slot::new(u64::MAX, 4095, last);
        assert_eq!((slot.address(), slot.group()), (last, 4095));
        assert_eq!(CustomerArena::new(Dialect::default(), RandomState::new()).most_blocks, MOST_BLOCKS);
    }

    /// Blocks are made ready for what the entries so far say is to come, and for no more than there are.
    #[test]
    fn blocks_to_come_are_judged_by_entries_so_far() {
        let (mut store, spare) =
            (CustomerArena::new(Dialect::default(), RandomState::new()), CustomerArena::block_pool(2));
        let forecast = Forecast::new(Some(100 * BLOCK as u64), None);
        let (read, after) = (
            |bytes: usize| forecast.at(bytes as u64),
            |store: &CustomerArena, entries, forecast: Forecast| store.blocks_after_next(entries, &forecast),
        );
        assert_eq!(after(&store, 1 << 20, read(1 << 20)), 0);
        for line in 2..12 {
            store.add(&vec![0; BLOCK / 2 + 1], 1, line, &forecast, &spare).expect("memory");
        }
        assert_eq!(store.blocks.len(), 10);
        // Entries as large as their records, and as a tenth and a hundredth of them.
        assert_eq!(after(&store, 10 * BLOCK, read(10 * BLOCK)), 10);
        assert_eq!(after(&store, BLOCK, read(10 * BLOCK)), 8);
        assert_eq!(after(&store, BLOCK / 10, read(10 * BLOCK)), 0);
        // Nearly all of the file has been read.
        assert_eq!(after(&store, 98 * BLOCK, read(98 * BLOCK)), 1);
        assert_eq!(after(&store, 99 * BLOCK, read(99 * BLOCK)), 0);
        // A pipe.
        assert_eq!(after(&store, 10 * BLOCK, Forecast::default()), 10);
    }
}
