//! Which bytes stand inside quotes, 64 at a time: the automaton of the contract (docs/contract.md#records) on masks.
//!
//! Where every quote opens or closes a field, a byte is inside when the number of quotes up to it is odd, and a
//! doubled quote changes nothing. A quote in an unquoted field (`5" nails`) would upset the count. It is known by what
//! stands before it, neither the end of a field nor a closing quote; it and all others up to the field's end are
//! ordinary bytes then, and left out of the count.

use super::byte_masks::ByteMasks;
use crate::model::dialect::Dialect;

/// What is known where a block begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct QuoteState {
    /// All ones inside quotes.
    inside: u64,
    /// 1 where a quote here would open a field or double the one before.
    opens: u64,
    /// 1 right behind a closing quote.
    closed: u64,
    /// Whether any block was more than skipped.
    stepped: bool,
}

/// What a block's quotes mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quoted {
    /// Bytes inside quotes, the opening quote among them, the closing one not.
    pub(super) inside: u64,
    /// Bytes right behind a closing quote; a quote there doubles it.
    pub(super) behind: u64,
}

impl QuoteState {
    /// At a place that is outside quotes and not right behind one.
    #[inline(always)]
    pub(super) fn outside(bytes: &[u8], place: usize, dialect: Dialect) -> Self {
        let before = place.checked_sub(1).map(|before| bytes[before]);
        let opens = before.is_none_or(|byte| byte == b'\n' || byte == dialect.delimiter);
        Self { inside: 0, opens: u64::from(opens), closed: 0, stepped: false }
    }

    /// Not 0 where a block without quotes has something inside or right behind quotes.
    #[inline(always)]
    pub(super) fn pending(self) -> u64 {
        self.inside | self.closed
    }

    /// Goes over a block without quotes, with nothing [`pending`](Self::pending).
    #[inline(always)]
    pub(super) fn skip(&mut self, masks: &ByteMasks) {
        self.opens = (masks.delimiter | masks.lf) >> 63;
    }

    /// Whether a quote may have been seen.
    #[inline(always)]
    pub(super) fn stepped(self) -> bool {
        self.stepped
    }

    /// Goes over any block.
    #[inline(always)]
    pub(super) fn step(&mut self, masks: &ByteMasks) -> Quoted {
        let ends = masks.delimiter | masks.lf;
        let mut quotes = masks.quote;
        let inside = loop {
            // Up to the first stray quote this is right, whatever comes behind it.
            let inside = parity(quotes) ^ self.inside;
            let stray = quotes & inside & !((ends | quotes) << 1 | self.opens);
            if stray == 0 {
                break inside;
            }
            quotes &= !unquoted(stray, ends);
        };
        let closing = quotes & !inside;
        let behind = closing << 1 | self.closed;
        *self = Self {
            inside: ((inside as i64) >> 63) as u64,
            opens: (ends | quotes) >> 63,
            closed: closing >> 63,
            stepped: true,
        };
        Quoted { inside, behind }
    }
}

/// From the first stray quote to before the field's end, or the block's.
#[inline(always)]
fn unquoted(stray: u64, ends: u64) -> u64 {
    let from = !((stray & stray.wrapping_neg()) - 1);
    let end = ends & from;
    let before_end = (end & end.wrapping_neg()).wrapping_sub(1);
    from & before_end
}

/// Each bit becomes the parity of itself and all bits below it.
#[inline(always)]
fn parity(mut bits: u64) -> u64 {
    for shift in [1, 2, 4, 8, 16, 32] {
        bits ^= bits << shift;
    }
    bits
}
