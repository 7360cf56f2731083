//! The arena: the customers' entries in file order, in blocks of 8 MiB.
//!
//! An address is the number of a block and an offset in it. Entries are in file order, and so are their addresses. An
//! entry stores only the low 32 bits of its line; the [`Segment`] that contains it supplies the high bits.

use super::block_pool::BlockPool;
use super::entry::{self, Entry, HEADER, READ_SLACK};
use super::forecast::Forecast;
use super::huge_pages;
use super::map::KeySource;
use super::slot::{ADDRESS_BITS, Address};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::prefetch::prefetch;
use crate::model::dialect::Dialect;
use crate::model::key::Key;
use ahash::RandomState;
use memmap2::MmapMut;

/// Width of the offset, the low bits of an address. The high bits are the number of the block.
const OFFSET_BITS: u32 = 26;
const OFFSET_MASK: Address = (1 << OFFSET_BITS) - 1;
/// Maximum number of blocks that can be addressed.
const MAX_BLOCKS: usize = 1 << (ADDRESS_BITS - OFFSET_BITS);
/// Bytes of a block: a multiple of the size of a huge page, so that the system aligns the block to one.
const BLOCK: usize = 8 << 20;
/// Bytes of the first block; small, so that a small run takes little memory.
const FIRST_BLOCK: usize = BLOCK / 4;
/// A batch that needs more bytes than this takes an unpopulated block, because batches of that size may leave much of
/// a block unused.
const MAX_POPULATED_BATCH: usize = BLOCK / 8;
/// Upper bound on the blocks that are populated in advance.
const MAX_BLOCKS_AHEAD: usize = 4;
/// Unused bytes at the end of each block, which wide copies may read.
const SLACK: usize = READ_SLACK;

/// Where a record or a chunk begins in the customers files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The index of the file, from 0.
    pub(crate) file: usize,
    /// The line in the file, from 1.
    pub(crate) line: u64,
}

impl Origin {
    /// The start of the first file.
    #[cfg(feature = "internals")]
    pub fn first() -> Self {
        Self { file: 0, line: 1 }
    }
}

/// Consecutive entries of one block and one file, whose lines differ by less than 2³².
#[derive(Clone, Copy, Debug)]
struct Segment {
    /// The first entry.
    address: Address,
    /// Where the chunk of the first entry begins.
    origin: Origin,
}

/// The entries of all accepted customers.
#[derive(Debug)]
pub(crate) struct CustomerArena {
    pub(crate) dialect: Dialect,
    hasher: RandomState,
    blocks: Vec<MmapMut>,
    /// Bytes used in the last block.
    used: usize,
    /// In order of their addresses.
    segments: Vec<Segment>,
    /// Number of entries.
    count: usize,
    /// Bytes of all entries.
    bytes: usize,
    /// Average size of an entry, in bytes.
    average_len: usize,
}

impl CustomerArena {
    /// An empty arena.
    pub(crate) fn new(dialect: Dialect, hasher: RandomState) -> Self {
        Self { dialect, hasher, blocks: vec![], used: 0, segments: vec![], count: 0, bytes: 0, average_len: 0 }
    }

    /// The pool from which [`append`](Self::append) takes blocks.
    pub(crate) fn block_pool(threads: usize) -> BlockPool {
        BlockPool::new(BLOCK, threads.min(MAX_BLOCKS_AHEAD))
    }

    /// Number of blocks that will be needed after the next one, extrapolated from the bytes so far. It is never more
    /// than the number of blocks already taken, so a wrong forecast at most doubles the memory.
    fn blocks_after_next(&self, bytes: usize, forecast: &Forecast) -> usize {
        let more = forecast.extrapolate(bytes).map_or(usize::MAX, |all| all - bytes);
        (more.saturating_sub(BLOCK) / BLOCK).min(self.blocks.len())
    }

    /// Appends `count` entries of a chunk that begins at `origin`. Returns the address of the first, or 0 if there are
    /// none. The entries are contiguous.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`] if memory or addresses run out.
    pub(crate) fn append(
        &mut self,
        entries: &[u8],
        count: usize,
        origin: Origin,
        forecast: &Forecast,
        block_pool: &BlockPool,
    ) -> Result<Address> {
        if entries.is_empty() {
            return Ok(0);
        }
        let room = self.blocks.last().map_or(0, |block| block.len() - SLACK);
        if self.used + entries.len() > room || self.blocks.is_empty() {
            if self.blocks.len() == MAX_BLOCKS {
                let text = format!("the customers take more than {MAX_BLOCKS} blocks of 8 MiB, the maximum");
                return Err(Error::new(ErrorKind::Resources, text).hint("join them in parts"));
            }
            // Offset 0 of the first block is reserved: address 0 means "empty".
            let first = usize::from(self.blocks.is_empty());
            let needed = first + entries.len() + SLACK;
            self.blocks.push(match needed {
                _ if self.blocks.is_empty() && needed <= FIRST_BLOCK => huge_pages::zeroed(FIRST_BLOCK)?,
                _ if needed <= MAX_POPULATED_BATCH => {
                    block_pool.take(self.blocks_after_next(self.bytes + entries.len(), forecast))?
                }
                // Much of the block may remain unused, so it is not populated.
                0..=BLOCK => huge_pages::zeroed(BLOCK)?,
                _ => huge_pages::zeroed(needed)?,
            });
            self.used = first;
        }
        let block = self.blocks.len() - 1;
        let address = (block as Address) << OFFSET_BITS | self.used as Address;
        self.blocks[block][self.used..self.used + entries.len()].copy_from_slice(entries);
        self.used += entries.len();
        self.count += count;
        self.bytes += entries.len();
        self.average_len = self.bytes / self.count.max(1);
        // An entry stores only the low 32 bits of its line, so a segment must span fewer than 2³² lines.
        let continues = |last: &Segment| {
            last.address >> OFFSET_BITS == address >> OFFSET_BITS
                && last.origin.file == origin.file
                && origin.line - last.origin.line < 1 << 31
        };
        if !self.segments.last().is_some_and(continues) {
            self.segments.push(Segment { address, origin });
        }
        Ok(address)
    }

    /// Removes the last `count` entries, the first of which is at `address`.
    pub(crate) fn truncate(&mut self, address: Address, count: usize) {
        debug_assert_eq!((address >> OFFSET_BITS) as usize + 1, self.blocks.len());
        self.bytes -= self.used - offset(address);
        self.used = offset(address);
        self.count -= count;
    }

    /// The bytes from an address to the end of its block.
    #[inline(always)]
    pub(crate) fn at(&self, address: Address) -> &[u8] {
        &self.blocks[(address >> OFFSET_BITS) as usize][offset(address)..]
    }

    /// The entry at an address.
    pub(crate) fn entry(&self, address: Address) -> Entry<'_> {
        Entry::read(self.at(address))
    }

    /// Prefetches the cache lines of an entry of average length.
    #[inline(always)]
    pub(crate) fn prefetch(&self, address: Address) {
        let block = &self.blocks[(address >> OFFSET_BITS) as usize];
        let offset = offset(address);
        prefetch(block, offset);
        prefetch(block, offset + self.average_len.min(64));
        if self.average_len > 64 {
            prefetch(block, offset + self.average_len.min(128));
        }
    }

    /// Rebases the line of the entry at an address from chunk-relative to absolute.
    pub(crate) fn rebase_line(&mut self, address: Address, chunk_line: u64) {
        let block = &mut self.blocks[(address >> OFFSET_BITS) as usize];
        entry::add_to_line(block, offset(address), chunk_line as u32);
    }

    /// Where the record of the entry at an address begins.
    pub(crate) fn origin(&self, address: Address) -> Origin {
        let next = self.segments.partition_point(|segment| segment.address <= address);
        // Proof: the first segment begins with the first entry.
        let Origin { file, line: first } = self.segments[next - 1].origin;
        Origin { file, line: first + u64::from(self.entry(address).line().wrapping_sub(first as u32)) }
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

    /// The part that an address is in. Parts are ranges of addresses of 1 MiB, numbered in file order.
    pub(crate) fn part(address: Address) -> usize {
        (address >> PART_BITS) as usize
    }

    /// Upper bound on the number of parts.
    pub(crate) fn parts(&self) -> usize {
        self.blocks.len() << (OFFSET_BITS - PART_BITS)
    }
}

/// Width of the offset of an address in its part.
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
        let block = &self.blocks[(address >> OFFSET_BITS) as usize];
        prefetch(block, offset(address));
        // A key of eight bytes may extend into the next cache line.
        prefetch(block, offset(address) + HEADER + 7);
    }
}

/// The offset of an address in its block. A block may be longer than [`BLOCK`] if a single batch needs it.
#[inline(always)]
fn offset(address: Address) -> usize {
    (address & OFFSET_MASK) as usize
}

#[cfg(test)]
mod tests {
    use super::super::slot::Slot;
    use super::*;

    fn empty_arena() -> CustomerArena {
        CustomerArena::new(Dialect::default(), RandomState::new())
    }

    #[test]
    fn entries_beyond_the_last_address_are_refused() {
        let mut arena = empty_arena();
        let (pool, forecast) = (CustomerArena::block_pool(1), Forecast::default());
        // Each batch fills a block.
        let entries = vec![0; BLOCK - SLACK - 1];
        let add = |arena: &mut CustomerArena, line| {
            arena.append(&entries, 1, Origin { file: 0, line }, &forecast, &pool).map_err(|error| error.kind())
        };
        assert_eq!(add(&mut arena, 2), Ok(1));
        // Full blocks would take 128 GiB; those between the first and the last are small.
        arena.blocks.resize_with(MAX_BLOCKS - 1, || huge_pages::zeroed(4096).expect("memory"));
        assert_eq!(add(&mut arena, 3), Ok((MAX_BLOCKS as Address - 1) << OFFSET_BITS));
        assert_eq!(add(&mut arena, 4), Err(ErrorKind::Resources));
        assert!(arena.append(&[], 0, Origin { file: 0, line: 9 }, &forecast, &pool).is_ok());
    }

    /// A slot can hold the address of the last byte of the last block.
    #[test]
    fn slots_hold_every_address() {
        let last = (MAX_BLOCKS as Address - 1) << OFFSET_BITS | OFFSET_MASK;
        assert_eq!(last, (1 << ADDRESS_BITS) - 1);
        let slot = Slot::new(u64::MAX, 4095, last);
        assert_eq!((slot.address(), slot.group()), (last, 4095));
    }

    /// The number of blocks ahead follows the forecast and never exceeds the number of blocks.
    #[test]
    fn blocks_ahead_are_extrapolated_from_the_entries_so_far() {
        let (mut arena, pool) = (empty_arena(), CustomerArena::block_pool(2));
        let forecast = Forecast::new(Some(100 * BLOCK as u64), None);
        let (read, after) = (
            |bytes: usize| forecast.at(bytes as u64),
            |arena: &CustomerArena, entries, forecast: Forecast| arena.blocks_after_next(entries, &forecast),
        );
        assert_eq!(after(&arena, 1 << 20, read(1 << 20)), 0);
        for line in 2..12 {
            arena.append(&vec![0; BLOCK / 2 + 1], 1, Origin { file: 0, line }, &forecast, &pool).expect("memory");
        }
        assert_eq!(arena.blocks.len(), 10);
        // Entries as large as their records, a tenth as large, and a hundredth.
        assert_eq!(after(&arena, 10 * BLOCK, read(10 * BLOCK)), 10);
        assert_eq!(after(&arena, BLOCK, read(10 * BLOCK)), 8);
        assert_eq!(after(&arena, BLOCK / 10, read(10 * BLOCK)), 0);
        // Almost the whole file has been read.
        assert_eq!(after(&arena, 98 * BLOCK, read(98 * BLOCK)), 1);
        assert_eq!(after(&arena, 99 * BLOCK, read(99 * BLOCK)), 0);
        // A pipe has no size.
        assert_eq!(after(&arena, 10 * BLOCK, Forecast::default()), 10);
    }
}
