//! Where a chunk may end: at a true record end, whatever stands in quotes.
//!
//! The automaton of the contract runs ahead of the workers, but only its quote states matter for finding
//! record ends, so it hops from quote to quote. A file without quotes costs one `memchr` a chunk.

use super::simd::{self, Masks, WithMasks};
use crate::dialect::Dialect;

/// The first record end at or after `want` bytes: how many bytes of `bytes`, which must begin where a
/// record begins, make whole records. `want` must be at least 1. `None`: `bytes` ends before that.
pub(crate) fn cut(bytes: &[u8], want: usize, dialect: Dialect) -> Option<usize> {
    // An LF outside quotes at or after this place ends the chunk.
    let target = want - 1;
    let Some(quote) = dialect.quote else {
        return memchr::memchr(b'\n', bytes.get(target..)?).map(|lf| target + lf + 1);
    };
    let first = match memchr::memchr(quote, &bytes[..target.min(bytes.len())]) {
        Some(first) => first,
        // No quote before the target: the next line end or quote decides.
        None => target,
    };
    if first < target {
        match simd::fastest(Regular { bytes, first, target, dialect }) {
            Quick::Cut(end) => return end,
            Quick::Irregular => {}
        }
    }
    cut_from(bytes, first, target, dialect, quote)
}

/// What the quick way found.
enum Quick {
    /// The answer of [`cut`].
    Cut(Option<usize>),
    /// A quote stands in an unquoted field: only the exact way knows what it means.
    Irregular,
}

/// The quick way, 64 bytes at a time, for regular quoting: outside quotes, each quote begins a field. Then
/// whether a byte is inside is the parity of the quotes before it (a doubled quote leaves it unchanged).
/// Unlike a plain parity count, this notices the first quote for which that would be wrong.
struct Regular<'a> {
    bytes: &'a [u8],
    /// The first quote; everything before it is outside.
    first: usize,
    target: usize,
    dialect: Dialect,
}

impl WithMasks for Regular<'_> {
    type Output = Quick;

    #[inline(always)]
    fn run(self, masks: impl Fn(&[u8; 64], Dialect) -> Masks) -> Quick {
        let Self { bytes, first, target, dialect } = self;
        // All ones while inside; and whether the byte before the block may stand before an opening quote.
        let mut inside = 0u64;
        let mut opens = first
            .checked_sub(1)
            .is_none_or(|before| matches!(bytes[before], byte if byte == b'\n' || byte == dialect.delimiter));
        let mut base = first;
        while base < bytes.len() {
            let rest = &bytes[base..];
            let block = match rest.first_chunk::<64>() {
                Some(block) => masks(block, dialect),
                None => {
                    // A byte that is no mark in any dialect fills the last block up.
                    let mut block = [b'0'; 64];
                    block[..rest.len()].copy_from_slice(rest);
                    masks(&block, dialect)
                }
            };
            let within = parity(block.quote) ^ inside;
            let may_open = block.delimiter | block.lf | block.quote;
            if block.quote & within & !(may_open << 1 | u64::from(opens)) != 0 {
                return Quick::Irregular;
            }
            if base + 64 > target {
                let wanted = u64::MAX << target.saturating_sub(base).min(63);
                let ends = block.lf & !within & wanted;
                if ends != 0 {
                    return Quick::Cut(Some(base + ends.trailing_zeros() as usize + 1));
                }
            }
            opens = may_open >> 63 == 1;
            inside = if within >> 63 == 1 { u64::MAX } else { 0 };
            base += 64;
        }
        Quick::Cut(None)
    }
}

/// Each bit becomes the parity of itself and all bits below it.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}

/// The exact way, from quote to quote; everything before `place` is outside quotes.
fn cut_from(bytes: &[u8], mut place: usize, target: usize, dialect: Dialect, quote: u8) -> Option<usize> {
    loop {
        // Outside quotes at `place`: only a quote that opens a field matters before the target.
        let found = if place < target {
            memchr::memchr(quote, &bytes[place..target.min(bytes.len())]).map(|hop| place + hop)
        } else {
            None
        };
        let at = match found {
            Some(at) => at,
            None => {
                place = place.max(target);
                let at = place + memchr::memchr2(quote, b'\n', bytes.get(place..)?)?;
                if bytes[at] == b'\n' {
                    return Some(at + 1);
                }
                at
            }
        };
        place = at + 1;
        // Outside quotes, an LF always ends a record and a delimiter always ends a field.
        let opens = at == 0 || bytes[at - 1] == b'\n' || bytes[at - 1] == dialect.delimiter;
        if opens {
            place = after_closing_quote(bytes, place, quote)?;
        }
    }
}

/// Inside quotes at `place`: the place after the quote that closes them.
fn after_closing_quote(bytes: &[u8], mut place: usize, quote: u8) -> Option<usize> {
    loop {
        let at = place + memchr::memchr(quote, bytes.get(place..)?)?;
        match bytes.get(at + 1) {
            Some(&next) if next == quote => place = at + 2,
            // At the very end the next byte could still double it; whoever calls has more bytes or the end.
            Some(_) => return Some(at + 1),
            None => return None,
        }
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
        fn the_quick_way_agrees_or_steps_aside(
            fields in prop::collection::vec("[ab]{0,9}|\"[ab]{0,30}\"|\"([ab,\n]|\"\"){0,90}\"|a\"b", 1..40),
            ends in prop::collection::vec("[,\n]|,|\r\n", 40),
            want in 1usize..900,
        ) {
            let text: String = fields.iter().zip(&ends).map(|(field, end)| format!("{field}{end}")).collect();
            let dialect = Dialect::default();
            let expected = record_ends(text.as_bytes(), dialect).into_iter().find(|&end| end >= want);
            prop_assert_eq!(cut(text.as_bytes(), want, dialect), expected);
            prop_assert_eq!(cut_from(text.as_bytes(), 0, want - 1, dialect, b'"'), expected);
            if !fields.iter().any(|field| field == "a\"b") {
                let first = text.find('"').unwrap_or(text.len());
                let regular = || Regular { bytes: text.as_bytes(), first, target: want - 1, dialect };
                for quick in [simd::fastest(regular()), regular().run(Masks::bytewise)] {
                    match quick {
                        Quick::Cut(end) if first < want => prop_assert_eq!(end, expected),
                        Quick::Cut(_) => {}
                        Quick::Irregular => prop_assert!(false, "regular quoting is taken for irregular"),
                    }
                }
            }
        }
    }
}
