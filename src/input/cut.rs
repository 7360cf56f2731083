//! Where a chunk may end: at a true record end, whatever stands in quotes.
//!
//! The automaton of the contract runs ahead of the workers, but only for what is inside quotes (see
//! [`super::quoting`]). A file without quotes costs one `memchr` a chunk.

use super::quoting::Quoting;
use super::simd::{self, Masks, WithMasks, filled_up};
use crate::dialect::Dialect;

/// The first record end at or after `want` bytes: how many bytes of `bytes`, which must begin where a
/// record begins, make whole records. `want` must be at least 1. `None`: `bytes` ends before that.
pub(crate) fn cut(bytes: &[u8], want: usize, dialect: Dialect) -> Option<usize> {
    // An LF outside quotes at or after this place ends the chunk.
    let target = want - 1;
    let before_target = bytes.get(..target)?;
    let first_quote = dialect.quote.and_then(|quote| memchr::memchr(quote, before_target));
    match (dialect.quote, first_quote) {
        (None, _) => memchr::memchr(b'\n', &bytes[target..]).map(|lf| target + lf + 1),
        // Everything before the first quote, or else the target, is outside.
        (Some(_), first) => simd::fastest(Cut { bytes, from: first.unwrap_or(target), target, dialect }),
    }
}

/// The search for a record end, 64 bytes at a time.
struct Cut<'a> {
    bytes: &'a [u8],
    /// Where to begin; everything before is outside quotes.
    from: usize,
    target: usize,
    dialect: Dialect,
}

impl WithMasks for Cut<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run(self, masks: impl Fn(&[u8; 64], Dialect) -> Masks) -> Option<usize> {
        let Self { bytes, from, target, dialect } = self;
        let mut quoting = Quoting::outside(bytes, from, dialect);
        let (blocks, rest) = bytes[from..].as_chunks::<64>();
        // Blocks that end before the target matter for their quotes alone.
        let (before, behind) = blocks.split_at(blocks.len().min((target - from) / 64));
        for block in before {
            quoting.step(&masks(block, dialect));
        }
        let mut base = from + before.len() * 64;
        let last = (!rest.is_empty()).then(|| filled_up(rest));
        for block in behind.iter().chain(&last) {
            let masks = masks(block, dialect);
            let ends = masks.lf & !quoting.step(&masks).inside;
            let wanted = ends & (u64::MAX << target.saturating_sub(base).min(63));
            if wanted != 0 {
                return Some(base + wanted.trailing_zeros() as usize + 1);
            }
            base += 64;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The contract's automaton, one byte at a time: the ends of all records and blank lines.
    fn record_ends(bytes: &[u8], dialect: Dialect) -> Vec<usize> {
        #[derive(PartialEq)]
        enum State {
            FieldStart,
            Unquoted,
            Quoted,
            QuoteInQuoted,
        }
        let mut state = State::FieldStart;
        let mut ends = vec![];
        for (place, &byte) in bytes.iter().enumerate() {
            let quote = Some(byte) == dialect.quote;
            state = match state {
                State::Quoted if quote => State::QuoteInQuoted,
                State::Quoted => State::Quoted,
                State::QuoteInQuoted if quote => State::Quoted,
                _ if byte == b'\n' => {
                    ends.push(place + 1);
                    State::FieldStart
                }
                _ if byte == dialect.delimiter => State::FieldStart,
                State::FieldStart if quote => State::Quoted,
                _ => State::Unquoted,
            };
        }
        ends
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(5_000))]

        #[test]
        fn every_cut_is_the_first_record_end_not_before_it(text in "[a,\"\r\n]{0,60}", quoting in any::<bool>(), want in 1usize..70) {
            let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"') };
            let expected = record_ends(text.as_bytes(), dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(text.as_bytes(), want, dialect), expected);
        }

        #[test]
        fn every_way_to_compare_agrees_with_the_automaton(
            fields in prop::collection::vec("[ab]{0,9}|\"[ab]{0,30}\"|\"([ab,\n]|\"\"){0,90}\"|a\"b|\"a\"b\"|a\"{1,70}", 1..40),
            ends in prop::collection::vec("[,\n]|,|\r\n", 40),
            want in 1usize..900,
        ) {
            let text: String = fields.iter().zip(&ends).map(|(field, end)| format!("{field}{end}")).collect();
            let (bytes, dialect) = (text.as_bytes(), Dialect::default());
            let expected = record_ends(bytes, dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(bytes, want, dialect), expected);
            let whole = || Cut { bytes, from: 0, target: want - 1, dialect };
            prop_assert_eq!(simd::fastest(whole()), expected);
            prop_assert_eq!(whole().run(Masks::bytewise), expected);
            #[cfg(target_arch = "x86_64")]
            prop_assert_eq!(simd::sse2(whole()), expected);
        }
    }
}
