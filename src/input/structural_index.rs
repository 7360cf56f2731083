//! Where fields and records end in a chunk, found 64 bytes at a time.
//!
//! This is the first of the two passes over a chunk, and it knows quoting (see [`super::quote_state`]): delimiters and
//! LFs inside quotes are data and no marks. What is in a record is read by the second pass, between the marks where
//! that is enough, and from its bytes where it is not ([`super::record`]).

use super::byte_masks::{ByteMasks, padded};
use super::position_list::PositionList;
use super::quote_state::QuoteState;
use crate::exec::cpu::{Cpu, CpuWork, dispatch};
use crate::model::dialect::Dialect;

/// Set in [`StructuralIndex::lines`] where the marks do not say all about the record: a doubled quote, text after a closing
/// quote or a bare CR stands in it, or it does not end in LF.
///
/// In every other record, a field that begins with the quote ends with it, and its value is what stands between; a
/// quote anywhere else is an ordinary byte.
pub(crate) const SLOW_PATH: u32 = 1 << 31;

/// Positions (from 0, within the chunk) of all delimiters and LFs outside quotes, in order.
#[derive(Debug, Default)]
pub(crate) struct StructuralIndex {
    /// Element 0 stands for the line feed before the chunk (`u32::MAX`, so that adding 1 gives 0); then
    /// the positions. Where the last record does not end in LF, the chunk's length closes the list as if one stood
    /// there; so too where a quote is open at the end.
    pub(crate) at: PositionList,
    /// For each record or blank line: the index in `at` of what ends it, with [`SLOW_PATH`] where the record needs the
    /// exact path.
    pub(crate) lines: PositionList,
    /// Positions of the LFs inside quotes, which end a line and no record.
    quoted_lfs: Vec<u32>,
    /// Whether the last of `lines` ends in LF.
    closed: bool,
    /// The quote, where one stands in the chunk.
    quote: Option<u8>,
    /// Whether a CR stands in the chunk.
    cr: bool,
}

/// What was found, to be read record by record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IndexView<'m> {
    /// As in [`StructuralIndex`], like all of these.
    pub(crate) at: &'m [u32],
    pub(crate) lines: &'m [u32],
    pub(super) quoted_lfs: &'m [u32],
    pub(crate) quote: Option<u8>,
    pub(crate) cr: bool,
}

/// What is known between one block and the next.
struct Open {
    quoting: QuoteState,
    /// [`SLOW_PATH`] or 0, for the record that is open.
    special: u32,
    /// Bits of all CRs so far.
    crs: u64,
}

impl StructuralIndex {
    /// Finds the marks of a chunk, which must be shorter than 2³¹ bytes ([`SLOW_PATH`] is a bit of an index) and begin where a
    /// record begins.
    pub(crate) fn find(&mut self, bytes: &[u8], dialect: Dialect) {
        debug_assert!(bytes.len() < SLOW_PATH as usize);
        dispatch(Find { marks: self, bytes, dialect });
    }

    /// What was found.
    #[inline(always)]
    pub(crate) fn view(&self) -> IndexView<'_> {
        IndexView { at: &self.at, lines: &self.lines, quoted_lfs: &self.quoted_lfs, quote: self.quote, cr: self.cr }
    }

    /// LFs in the chunk, for counting lines.
    pub(crate) fn line_feeds(&self) -> u64 {
        (self.lines.len() + self.quoted_lfs.len()) as u64 - u64::from(!self.closed)
    }

    /// Adds the marks of the block at `base`; `next` is the byte after it.
    #[inline(always)]
    fn push(&mut self, base: u32, masks: ByteMasks, next: Option<u8>, open: &mut Open) {
        let ByteMasks { mut delimiter, mut lf, quote, cr } = masks;
        open.crs |= cr;
        let before_lf = if cr == 0 { 0 } else { cr & (lf >> 1 | u64::from(next == Some(b'\n')) << 63) };
        let mut odd = cr ^ before_lf;
        if quote | open.quoting.pending() == 0 {
            open.quoting.skip(&masks);
        } else {
            let quoted = open.quoting.step(&masks);
            odd = (odd & !quoted.inside) | (quoted.behind & !(delimiter | lf | before_lf));
            if lf & quoted.inside != 0 {
                self.push_quoted(base, lf & quoted.inside);
            }
            delimiter &= !quoted.inside;
            lf &= !quoted.inside;
        }
        if odd == 0 && open.special == 0 {
            self.push_all(base, delimiter | lf, lf);
        } else {
            self.push_each(base, delimiter | lf, lf, odd, &mut open.special);
        }
    }

    /// Adds the marks of nearly every block: nothing is special about its records.
    #[inline(always)]
    fn push_all(&mut self, base: u32, all: u64, lf: u64) {
        /// Places that are written together, however many there are: what is not known is not guessed at.
        const TOGETHER: usize = 8;
        let (before, count) = (self.at.len() as u32, all.count_ones() as usize);
        let (room, mut left) = (self.lines.room(), lf);
        for line in &mut *room {
            if left == 0 {
                break;
            }
            *line = before + (all & (left.wrapping_neg() & left).wrapping_sub(1)).count_ones();
            left &= left - 1;
        }
        self.lines.took(lf.count_ones() as usize);
        let (room, mut left) = (self.at.room(), all);
        let (groups, _) = room.as_chunks_mut::<TOGETHER>();
        for group in groups {
            for place in group {
                *place = base + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
            if left == 0 {
                break;
            }
        }
        self.at.took(count);
    }

    /// The same one by one; what is odd makes the record that it stands in special.
    fn push_each(&mut self, base: u32, marks: u64, lf: u64, odd: u64, special: &mut u32) {
        let mut all = marks | odd;
        while all != 0 {
            let bit = all & all.wrapping_neg();
            all ^= bit;
            if odd & bit != 0 {
                *special = SLOW_PATH;
                continue;
            }
            if lf & bit != 0 {
                self.lines.push(self.at.len() as u32 | *special);
                *special = 0;
            }
            self.at.push(base + bit.trailing_zeros());
        }
    }

    /// Adds LFs inside quotes.
    #[inline(never)]
    fn push_quoted(&mut self, base: u32, mut lfs: u64) {
        while lfs != 0 {
            self.quoted_lfs.push(base + lfs.trailing_zeros());
            lfs &= lfs - 1;
        }
    }
}

/// Finding the marks of a chunk, with any way to compare 64 bytes.
struct Find<'a> {
    marks: &'a mut StructuralIndex,
    bytes: &'a [u8],
    dialect: Dialect,
}

impl CpuWork for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, cpu: impl Cpu) {
        let Self { marks, bytes, dialect } = self;
        marks.at.clear();
        marks.at.push(u32::MAX);
        marks.lines.clear();
        marks.quoted_lfs.clear();
        let mut open = Open { quoting: QuoteState::outside(bytes, 0, dialect), special: 0, crs: 0 };
        let (blocks, rest) = bytes.as_chunks::<64>();
        let last = blocks.len();
        for (number, block) in blocks.iter().enumerate() {
            let next = blocks.get(number + 1).map(|block| block[0]).or(rest.first().copied());
            marks.push((number * 64) as u32, ByteMasks::of(block, dialect, cpu), next, &mut open);
        }
        if !rest.is_empty() {
            marks.push((last * 64) as u32, ByteMasks::of(&padded(rest), dialect, cpu), None, &mut open);
        }
        marks.quote = dialect.quote.filter(|_| open.quoting.stepped());
        marks.cr = open.crs != 0;
        let last = marks.at[marks.at.len() - 1].wrapping_add(1);
        marks.closed = last as usize == bytes.len() && bytes.last().is_none_or(|&byte| byte == b'\n');
        if !marks.closed {
            marks.lines.push(marks.at.len() as u32 | SLOW_PATH);
            marks.at.push(bytes.len() as u32);
        }
    }
}

#[cfg(test)]
#[path = "structural_index_tests.rs"]
mod tests;
