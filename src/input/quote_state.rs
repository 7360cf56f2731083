//! Finds the quoted regions, 64 bytes at a time: the automaton of RFC 4180 with the rules of docs/contract.md#records,
//! on bit masks.
//!
//! The prefix XOR of the quote bits (Langdale & Lemire 2019) marks the bytes inside quotes; a doubled quote changes
//! nothing. That is correct only as long as every quote opens or closes a quoted region. A stray quote in an unquoted
//! field (`5" nails`) is an ordinary byte. It is recognised by the byte before it, which is neither a delimiter, an LF
//! nor a quote. Then the quote bits from it to the end of the field are cleared, and the prefix XOR is computed
//! again.

use super::byte_masks::ByteMasks;
use crate::model::dialect::Dialect;

/// The state between two blocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuoteState {
    /// All ones if the next block begins inside quotes, else 0.
    inside: u64,
    /// 1 if a quote at the start of the next block opens a quoted region or doubles the quote before it, else 0.
    opens: u64,
    /// 1 if the byte before the next block is a closing quote, else 0.
    closed: u64,
    /// Whether [`step`](Self::step) was called.
    stepped: bool,
}

/// The quoted regions of a block, as bit masks.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuotedRegions {
    /// Bytes inside quotes, including the opening quote but not the closing quote.
    pub(super) inside: u64,
    /// Bytes right after a closing quote. A quote there makes both a doubled quote.
    pub(super) after_quote: u64,
}

impl QuoteState {
    /// The state at offset `start`, which must be outside quotes and not right after a quote.
    #[inline(always)]
    pub(super) fn outside(bytes: &[u8], start: usize, dialect: Dialect) -> Self {
        let before = start.checked_sub(1).map(|before| bytes[before]);
        let opens = before.is_none_or(|byte| byte == b'\n' || byte == dialect.delimiter);
        Self { inside: 0, opens: u64::from(opens), closed: 0, stepped: false }
    }

    /// Not 0 if the next block begins inside quotes or right after a closing quote. It then needs [`step`](Self::step),
    /// even if it contains no quote.
    #[inline(always)]
    pub(super) fn pending(self) -> u64 {
        self.inside | self.closed
    }

    /// Advances over a block without quotes when [`pending`](Self::pending) is 0.
    #[inline(always)]
    pub(super) fn skip(&mut self, masks: &ByteMasks) {
        self.opens = (masks.delimiter | masks.lf) >> 63;
    }

    /// Whether the input may have contained a quote so far.
    #[inline(always)]
    pub(super) fn stepped(self) -> bool {
        self.stepped
    }

    /// Advances over any block.
    #[inline(always)]
    pub(super) fn step(&mut self, masks: &ByteMasks) -> QuotedRegions {
        let ends = masks.delimiter | masks.lf;
        let mut quotes = masks.quote;
        let inside = loop {
            // Correct up to the first stray quote.
            let inside = prefix_xor(quotes) ^ self.inside;
            let stray = quotes & inside & !((ends | quotes) << 1 | self.opens);
            if stray == 0 {
                break inside;
            }
            quotes &= !unquoted_rest(stray, ends);
        };
        let closing = quotes & !inside;
        let after_quote = closing << 1 | self.closed;
        *self = Self {
            inside: ((inside as i64) >> 63) as u64,
            opens: (ends | quotes) >> 63,
            closed: closing >> 63,
            stepped: true,
        };
        QuotedRegions { inside, after_quote }
    }
}

/// The bytes from the first stray quote to the end of the field or block.
#[inline(always)]
fn unquoted_rest(stray: u64, ends: u64) -> u64 {
    let from = !((stray & stray.wrapping_neg()) - 1);
    let end = ends & from;
    let before_end = (end & end.wrapping_neg()).wrapping_sub(1);
    from & before_end
}

/// Prefix XOR: bit i of the result is the parity of bits 0 to i.
#[inline(always)]
fn prefix_xor(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
