//! How an amount is written: as a price usually is, in a valid but odd way, or so that it is no amount.

use super::dirt::Flaw;
use super::random::index;
use super::rows::Short;

/// Units of 10⁻⁹ in a cent.
pub(crate) const UNITS_PER_CENT: i64 = 10_000_000;

/// Texts that count as no amount at all; most are empty.
pub(crate) const NO_AMOUNTS: [&str; 6] = ["", "", "", "", " ", "\t "];

/// Texts that are no decimal number.
const NOT_DECIMAL: [&str; 16] = [
    "12,50", "€5", "$19.99", "1e3", "1.2.3", "-", ".", "+.", "free", "1 000.00", "--5", "0x10", "1_000", "NaN", "5-",
    "٣",
];

/// An amount's text, and what it is worth.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FinishedFile {
    pub(crate) text: Short,
    /// Units of 10⁻⁹.
    pub(crate) units: i128,
    /// Fraction digits that count for the totals: those written, nine at most.
    pub(crate) fraction: u8,
}

/// A price as it usually is: `12.34`, a refund `-12.34`.
pub(crate) fn usual(cents: u64, refund: bool) -> FinishedFile {
    let text = with_cents(sign(refund), cents);
    FinishedFile { text, units: signed(i128::from(cents) * i128::from(UNITS_PER_CENT), refund), fraction: 2 }
}

/// A valid amount in an odd form.
pub(crate) fn odd(cents: u64, refund: bool, kind: u32, fine: u32) -> FinishedFile {
    let (whole, rest) = (cents / 100, (cents % 100) as u32);
    let usual = usual(cents, refund);
    let units_of = |whole: u64, billionths: u64| i128::from(whole) * 1_000_000_000 + i128::from(billionths);
    let written = |text, units: i128, fraction| FinishedFile { text, units: signed(units, refund), fraction };
    let start = sign(refund);
    // The longest there are: eighteen digits before the point.
    let huge = 100_000_000_000_000_000 + u64::from(fine) * 200_000_000;
    match index(kind, 12) {
        0 => written(start.text(b".").padded(rest, 2), units_of(0, u64::from(rest) * 10_000_000), 2),
        1 => written(start.number(whole).text(b"."), units_of(whole, 0), 0),
        2 if !refund => FinishedFile { text: with_cents(Short::new().text(b"+"), cents), ..usual },
        3 => FinishedFile {
            text: with_cents(Short::new().text(if refund { b"  -" } else { b"  " }), cents).text(b"\t"),
            ..usual
        },
        4 => FinishedFile { text: with_cents(start.text(b"00000000000000000000"), cents), ..usual },
        5 => {
            let finer = fine % 10_000_000;
            let text = with_cents(start, cents).padded(finer, 7);
            written(text, units_of(whole, u64::from(rest) * 10_000_000 + u64::from(finer)), 9)
        }
        6 => FinishedFile { text: with_cents(start, cents).text(b"000000000000"), fraction: 9, ..usual },
        7 => written(start.number(huge), units_of(huge, 0), 0),
        8 => written(start.text(b"000").number(huge).text(b".5"), units_of(huge, 500_000_000), 1),
        9 => written(start.text(b"0.000"), 0, 3),
        10 => written(start.text(b"0"), 0, 0),
        _ => {
            let tenth = rest / 10;
            let text = start.number(whole).text(b".").padded(tenth, 1);
            written(text, units_of(whole, u64::from(tenth) * 100_000_000), 1)
        }
    }
}

/// A text that makes the purchase rejected for this reason.
pub(crate) fn wrong(flaw: Flaw, cents: u64, kind: u32, fine: u32) -> Short {
    let text = Short::new();
    let last = fine % 9 + 1;
    match (flaw, index(kind, 3)) {
        (Flaw::FractionTooLong, 0) => text.number(cents / 100).text(b".000000000").padded(last, 1),
        (Flaw::FractionTooLong, 1) => with_cents(text, cents).text(b"0000000").padded(last, 1).text(b"00"),
        // Both too long: the fraction is the reason that comes first.
        (Flaw::FractionTooLong, _) => text.text(b"12345678901234567890.0000000001"),
        (Flaw::IntegerTooLong, 0) => text.number(1_000_000_000_000_000_000 + u64::from(fine)),
        (Flaw::IntegerTooLong, 1) => text.text(b"-009999999999999999999.99"),
        (Flaw::IntegerTooLong, _) => text.text(b"12345678901234567890"),
        _ => text.text(NOT_DECIMAL[index(kind, NOT_DECIMAL.len())].as_bytes()),
    }
}

fn sign(refund: bool) -> Short {
    Short::new().text(if refund { b"-" } else { b"" })
}

fn with_cents(text: Short, cents: u64) -> Short {
    text.number(cents / 100).text(b".").padded((cents % 100) as u32, 2)
}

fn signed(units: i128, refund: bool) -> i128 {
    if refund { -units } else { units }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::amount::{Amount, parse};

    /// Every kind, for a few prices.
    fn each(check: impl Fn(u64, bool, u32, u32)) {
        for kind in 0..96u32 {
            for cents in [1, 99, 100, 1005, 123_456_789, 9_999_999_999] {
                for (refund, fine) in [(false, 0), (true, 77), (false, u32::MAX)] {
                    check(cents, refund, kind << 25 | kind, fine);
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_what_it_is_worth() {
        each(|cents, refund, kind, fine| {
            for written in [
                usual(cents, refund),
                odd(cents, refund, kind.wrapping_mul(1 << 3), fine),
                odd(cents, refund, kind, fine),
            ] {
                let expected = Amount::Exact { units: written.units, fraction: written.fraction };
                assert_eq!(parse(written.text.bytes()), expected, "{}", written.text.bytes().escape_ascii());
            }
        });
    }

    #[test]
    fn what_is_wrong_is_wrong_for_the_reason_given() {
        each(|cents, _, kind, fine| {
            let expected = [
                (Flaw::NotDecimal, Amount::NotDecimal),
                (Flaw::FractionTooLong, Amount::FractionTooLong),
                (Flaw::IntegerTooLong, Amount::IntegerTooLong),
            ];
            for (flaw, amount) in expected {
                let text = wrong(flaw, cents, kind, fine);
                assert_eq!(parse(text.bytes()), amount, "{}", text.bytes().escape_ascii());
            }
        });
    }
}
