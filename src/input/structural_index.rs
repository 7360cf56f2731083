//! The structural index of a chunk: the positions of delimiters and record ends outside quotes, found 64 bytes at a
//! time as in simdjson (Langdale & Lemire, "Parsing Gigabytes of JSON per Second", 2019).
//!
//! This is the first of two passes over a chunk. It tracks quoting ([`super::quote_state`]): delimiters and LFs inside
//! quotes are data. The second pass reads the fields of a plain record from the index alone
//! ([`super::plain_record`]), and parses all other records ([`super::record`]).

use super::byte_masks::{ByteMasks, padded};
use super::position_list::PositionList;
use super::quote_state::QuoteState;
use super::record_scanner::RecordScanner;
use crate::exec::cpu::{Cpu, CpuWork, dispatch};
use crate::model::dialect::Dialect;

/// A flag in [`StructuralIndex::lines`]: the record needs the slow path, because it contains a doubled quote, text
/// after a closing quote or a bare CR, or does not end in LF.
///
/// In every other record, a field that begins with a quote ends with one, and the bytes between the two are its value.
/// A quote anywhere else is an ordinary byte.
pub(crate) const SLOW_PATH: u32 = 1 << 31;

/// The structural index of a chunk. Positions are offsets in the chunk, from 0.
#[derive(Debug, Default)]
pub struct StructuralIndex {
    /// All delimiters and LFs outside quotes, in order. Element 0 is a virtual LF before the chunk (`u32::MAX`, so that
    /// adding 1 gives 0). If the last record does not end in LF, or a quote is open at the end, the last element is a
    /// virtual LF at the length of the chunk.
    pub(super) positions: PositionList,
    /// For each record or blank line: the index in `positions` of its LF, with [`SLOW_PATH`] if the record needs it.
    pub(crate) lines: PositionList,
    /// The LFs inside quotes, which end a line but no record.
    quoted_lfs: Vec<u32>,
    /// Whether the last record ends in LF.
    closed: bool,
    /// The quote, if the chunk contains one.
    quote: Option<u8>,
    /// Whether the chunk contains a CR.
    cr: bool,
}

/// A borrowed [`StructuralIndex`], with the same fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexView<'m> {
    pub(super) positions: &'m [u32],
    pub(super) lines: &'m [u32],
    pub(super) quoted_lfs: &'m [u32],
    pub(crate) quote: Option<u8>,
    pub(super) cr: bool,
}

/// The state between two blocks.
struct BlockState {
    quoting: QuoteState,
    /// [`SLOW_PATH`] or 0, for the record that continues in the next block.
    slow_path: u32,
    /// The bitwise OR of the CR masks of all blocks so far.
    crs: u64,
}

impl StructuralIndex {
    /// Indexes a chunk, which must begin at the start of a record and be shorter than 2³¹ bytes ([`SLOW_PATH`] is the
    /// highest bit).
    pub fn find(&mut self, bytes: &[u8], dialect: Dialect) {
        debug_assert!(bytes.len() < SLOW_PATH as usize);
        match dialect.is_plain() {
            true => dispatch(IndexChunk { index: self, bytes, dialect }),
            false => self.find_slowly(bytes, dialect),
        }
    }

    /// Indexes a chunk without SIMD. All records take the slow path, so only their ends are indexed.
    fn find_slowly(&mut self, bytes: &[u8], dialect: Dialect) {
        self.start();
        let mut scanner = RecordScanner::new(dialect);
        for (at, &byte) in bytes.iter().enumerate() {
            if scanner.step(byte) {
                self.lines.push(self.positions.len() as u32 | SLOW_PATH);
                self.positions.push(at as u32);
            } else if byte == b'\n' {
                self.quoted_lfs.push(at as u32);
            }
        }
        (self.quote, self.cr) = (None, false);
        self.finish(bytes);
    }

    /// Removes the index of the previous chunk.
    #[inline(always)]
    fn start(&mut self) {
        self.positions.clear();
        self.positions.push(u32::MAX);
        self.lines.clear();
        self.quoted_lfs.clear();
    }

    /// Ends the last record of the chunk if it does not end in LF.
    #[inline(always)]
    fn finish(&mut self, bytes: &[u8]) {
        let last = self.positions[self.positions.len() - 1].wrapping_add(1);
        self.closed = last as usize == bytes.len() && bytes.last().is_none_or(|&byte| byte == b'\n');
        if !self.closed {
            self.lines.push(self.positions.len() as u32 | SLOW_PATH);
            self.positions.push(bytes.len() as u32);
        }
    }

    /// A view for iterating over the records.
    #[inline(always)]
    pub(crate) fn view(&self) -> IndexView<'_> {
        IndexView {
            positions: &self.positions,
            lines: &self.lines,
            quoted_lfs: &self.quoted_lfs,
            quote: self.quote,
            cr: self.cr,
        }
    }

    /// The number of LFs in the chunk, inside and outside quotes.
    pub fn line_feeds(&self) -> u64 {
        (self.lines.len() + self.quoted_lfs.len()) as u64 - u64::from(!self.closed)
    }

    /// Indexes the block at offset `base`; `next` is the byte after it.
    #[inline(always)]
    fn push_block(&mut self, base: u32, masks: ByteMasks, next: Option<u8>, state: &mut BlockState) {
        let ByteMasks { mut delimiter, mut lf, quote, cr } = masks;
        state.crs |= cr;
        let crlf = if cr == 0 { 0 } else { cr & (lf >> 1 | u64::from(next == Some(b'\n')) << 63) };
        let mut irregular = cr ^ crlf;
        if quote | state.quoting.pending() == 0 {
            state.quoting.skip(&masks);
        } else {
            let quoted = state.quoting.step(&masks);
            irregular = (irregular & !quoted.inside) | (quoted.after_quote & !(delimiter | lf | crlf));
            if lf & quoted.inside != 0 {
                self.push_quoted(base, lf & quoted.inside);
            }
            delimiter &= !quoted.inside;
            lf &= !quoted.inside;
        }
        if irregular == 0 && state.slow_path == 0 {
            self.push_regular(base, delimiter | lf, lf);
        } else {
            self.push_irregular(base, delimiter | lf, lf, irregular, &mut state.slow_path);
        }
    }

    /// Appends the positions of a block without irregular bytes, the usual case. `ends` are the delimiters and LFs.
    #[inline(always)]
    fn push_regular(&mut self, base: u32, ends: u64, lf: u64) {
        /// Positions are written in groups of this size, including the overrun, to avoid an unpredictable branch per
        /// position (simdjson's flatten_bits).
        const GROUP: usize = 8;
        let (before, count) = (self.positions.len() as u32, ends.count_ones() as usize);
        let (spare, mut left) = (self.lines.spare(), lf);
        for line in &mut *spare {
            if left == 0 {
                break;
            }
            *line = before + (ends & (left.wrapping_neg() & left).wrapping_sub(1)).count_ones();
            left &= left - 1;
        }
        self.lines.commit(lf.count_ones() as usize);
        let (spare, mut left) = (self.positions.spare(), ends);
        let (groups, _) = spare.as_chunks_mut::<GROUP>();
        for group in groups {
            for position in group {
                *position = base + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
            if left == 0 {
                break;
            }
        }
        self.positions.commit(count);
    }

    /// Appends the positions of any block, one by one. A record with an irregular byte takes the slow path.
    fn push_irregular(&mut self, base: u32, ends: u64, lf: u64, irregular: u64, slow_path: &mut u32) {
        let mut left = ends | irregular;
        while left != 0 {
            let bit = left & left.wrapping_neg();
            left ^= bit;
            if irregular & bit != 0 {
                *slow_path = SLOW_PATH;
                continue;
            }
            if lf & bit != 0 {
                self.lines.push(self.positions.len() as u32 | *slow_path);
                *slow_path = 0;
            }
            self.positions.push(base + bit.trailing_zeros());
        }
    }

    /// Appends the LFs inside quotes.
    #[inline(never)]
    fn push_quoted(&mut self, base: u32, mut lfs: u64) {
        while lfs != 0 {
            self.quoted_lfs.push(base + lfs.trailing_zeros());
            lfs &= lfs - 1;
        }
    }
}

/// The indexing of a chunk, as work for CPU dispatch.
struct IndexChunk<'a> {
    index: &'a mut StructuralIndex,
    bytes: &'a [u8],
    dialect: Dialect,
}

impl CpuWork for IndexChunk<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { index, bytes, dialect } = self;
        index.start();
        let mut state = BlockState { quoting: QuoteState::outside(bytes, 0, dialect), slow_path: 0, crs: 0 };
        let (blocks, rest) = bytes.as_chunks::<64>();
        let last = blocks.len();
        for (number, block) in blocks.iter().enumerate() {
            let next = blocks.get(number + 1).map(|block| block[0]).or(rest.first().copied());
            index.push_block((number * 64) as u32, ByteMasks::of(block, dialect, cpu), next, &mut state);
        }
        if !rest.is_empty() {
            index.push_block((last * 64) as u32, ByteMasks::of(&padded(rest), dialect, cpu), None, &mut state);
        }
        index.quote = dialect.quote.filter(|_| state.quoting.stepped());
        index.cr = state.crs != 0;
        index.finish(bytes);
    }
}

#[cfg(test)]
#[path = "structural_index_tests.rs"]
mod tests;
