//! Where the bytes that matter stand in a chunk: delimiters, line feeds, quotes and bare carriage
//! returns, found 64 bytes at a time.
//!
//! This is the first of the two passes over a chunk. It knows nothing of quoting: an LF inside quotes is
//! marked like any other. The second pass ([`super::records`]) walks the marks.

use super::simd::{self, Masks, WithMasks};
use crate::dialect::Dialect;

/// Set in [`Marks::lines`] when a quote or a bare CR stands in the line.
pub(crate) const SPECIAL: u32 = 1 << 31;

/// Positions (from 0, within the chunk) of all delimiters, LFs, quotes and bare CRs, in order.
///
/// A CR that an LF follows is no mark: outside quotes it belongs to the line ending, inside it is data.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    /// Element 0 stands for the line feed before the chunk (`u32::MAX`, so that adding 1 gives 0); then
    /// the positions. Where the chunk does not end in LF, its length closes the list as if one stood there.
    pub(crate) at: Vec<u32>,
    /// For each LF: its index in `at`, with [`SPECIAL`] where the line needs the exact path.
    pub(crate) lines: Vec<u32>,
}

impl Marks {
    /// Finds the marks of a chunk, which must be shorter than 2³² − 64 bytes.
    pub(crate) fn find(&mut self, bytes: &[u8], dialect: Dialect) {
        simd::fastest(Find { marks: self, bytes, dialect });
    }

    /// LFs in the chunk, for counting lines.
    pub(crate) fn line_feeds(&self, bytes: &[u8]) -> u64 {
        let closed = bytes.last().is_some_and(|&byte| byte != b'\n');
        self.lines.len() as u64 - u64::from(closed)
    }

    /// Adds the marks of the block at `base`; `next` is the byte after it. Takes and gives back whether
    /// the line that is open at the block's start, or end, has had a quote or a bare CR.
    #[inline(always)]
    fn push(&mut self, base: usize, masks: Masks, next: Option<u8>, mut special: u32) -> u32 {
        let Masks { delimiter, lf, quote, cr } = masks;
        let bare = if cr == 0 { 0 } else { cr & !(lf >> 1 | (u64::from(next == Some(b'\n')) << 63)) };
        let mut all = delimiter | lf | quote | bare;
        let base = base as u32;
        if (quote | bare) == 0 && special == 0 {
            // Nearly every block: each LF closes a line without quotes.
            while all != 0 {
                let place = all.trailing_zeros();
                if lf >> place & 1 == 1 {
                    self.lines.push(self.at.len() as u32);
                }
                self.at.push(base + place);
                all &= all - 1;
            }
            return 0;
        }
        while all != 0 {
            let bit = all & all.wrapping_neg();
            if (quote | bare) & bit != 0 {
                special = SPECIAL;
            } else if lf & bit != 0 {
                self.lines.push(self.at.len() as u32 | special);
                special = 0;
            }
            self.at.push(base + bit.trailing_zeros());
            all ^= bit;
        }
        special
    }
}

/// Finding the marks of a chunk, with any way to compare 64 bytes.
struct Find<'a> {
    marks: &'a mut Marks,
    bytes: &'a [u8],
    dialect: Dialect,
}

impl WithMasks for Find<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self, masks: impl Fn(&[u8; 64], Dialect) -> Masks) {
        let Self { marks, bytes, dialect } = self;
        marks.at.clear();
        marks.at.push(u32::MAX);
        marks.lines.clear();
        let mut special = 0;
        let (blocks, rest) = bytes.as_chunks::<64>();
        let last = blocks.len();
        for (number, block) in blocks.iter().enumerate() {
            let next = blocks.get(number + 1).map(|block| block[0]).or(rest.first().copied());
            special = marks.push(number * 64, masks(block, dialect), next, special);
        }
        if !rest.is_empty() {
            // A byte that is no mark in any dialect fills the last block up.
            let mut block = [b'0'; 64];
            block[..rest.len()].copy_from_slice(rest);
            marks.push(last * 64, masks(&block, dialect), None, special);
        }
        if bytes.last().is_some_and(|&byte| byte != b'\n') {
            marks.lines.push(marks.at.len() as u32 | SPECIAL);
            marks.at.push(bytes.len() as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// One byte at a time, straight from the definition.
    fn naive(bytes: &[u8], dialect: Dialect) -> (Vec<u32>, Vec<u32>) {
        let (mut at, mut lines, mut special) = (vec![u32::MAX], vec![], 0);
        for (place, &byte) in bytes.iter().enumerate() {
            let bare = byte == b'\r' && bytes.get(place + 1) != Some(&b'\n');
            if byte == b'\n' {
                lines.push(at.len() as u32 | special);
                special = 0;
            } else if Some(byte) == dialect.quote || bare {
                special = SPECIAL;
            } else if byte != dialect.delimiter {
                continue;
            }
            at.push(place as u32);
        }
        if bytes.last().is_some_and(|&byte| byte != b'\n') {
            lines.push(at.len() as u32 | SPECIAL);
            at.push(bytes.len() as u32);
        }
        (at, lines)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn blocks_agree_with_bytes(text in "[a,\"\r\n]{0,300}|[ab,\n]{0,300}|([a-f]{0,9},[a-z]{3},\"?[0-9]{2}\"?\r?\n){0,30}", quoting in any::<bool>()) {
            let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"') };
            let (at, lines) = naive(text.as_bytes(), dialect);
            let mut marks = Marks::default();
            marks.find(text.as_bytes(), dialect);
            prop_assert_eq!((&marks.at, &marks.lines), (&at, &lines));
            Find { marks: &mut marks, bytes: text.as_bytes(), dialect }.run(Masks::bytewise);
            prop_assert_eq!((&marks.at, &marks.lines), (&at, &lines));
            #[cfg(target_arch = "x86_64")]
            {
                simd::sse2(Find { marks: &mut marks, bytes: text.as_bytes(), dialect });
                prop_assert_eq!((&marks.at, &marks.lines), (&at, &lines));
            }
        }
    }
}
