//! Amounts as text: in the usual form, in a valid but unusual form, or invalid.

use crate::generate::random::index;
use crate::generate::tally::UNITS_PER_CENT;
use crate::generate::text::short_text::ShortText;
use crate::model::reject_reason::RejectReason;

/// Texts that count as a missing amount.
pub(crate) const MISSING_AMOUNTS: [&str; 6] = ["", "", "", "", " ", "\t "];

/// Texts that are not decimal numbers.
const NOT_DECIMAL: [&str; 16] = [
    "12,50", "€5", "$19.99", "1e3", "1.2.3", "-", ".", "+.", "free", "1 000.00", "--5", "0x10", "1_000", "NaN", "5-",
    "٣",
];

/// An amount as text and as a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Amount {
    pub(crate) text: ShortText,
    /// The value in units of 10⁻⁹.
    pub(crate) units: i128,
    /// Number of fraction digits that totals take over: those of the text, at most nine.
    pub(crate) fraction: u8,
}

/// The usual form: `12.34`, for a refund `-12.34`.
pub(crate) fn usual(cents: u64, refund: bool) -> Amount {
    let text = with_cents(sign(refund), cents);
    Amount { text, units: signed(i128::from(cents) * i128::from(UNITS_PER_CENT), refund), fraction: 2 }
}

/// A valid amount in an unusual form, which `kind` selects; `fine` fills digits.
pub(crate) fn odd(cents: u64, refund: bool, kind: u32, fine: u32) -> Amount {
    let (whole, rest) = (cents / 100, (cents % 100) as u32);
    let usual = usual(cents, refund);
    let units_of = |whole: u64, billionths: u64| i128::from(whole) * 1_000_000_000 + i128::from(billionths);
    let written = |text, units: i128, fraction| Amount { text, units: signed(units, refund), fraction };
    let start = sign(refund);
    // Eighteen integer digits, the most that are valid.
    let huge = 100_000_000_000_000_000 + u64::from(fine) * 200_000_000;
    match index(kind, 12) {
        0 => written(start.text(b".").padded(rest, 2), units_of(0, u64::from(rest) * 10_000_000), 2),
        1 => written(start.number(whole).text(b"."), units_of(whole, 0), 0),
        2 if !refund => Amount { text: with_cents(ShortText::new().text(b"+"), cents), ..usual },
        3 => Amount {
            text: with_cents(ShortText::new().text(if refund { b"  -" } else { b"  " }), cents).text(b"\t"),
            ..usual
        },
        4 => Amount { text: with_cents(start.text(b"00000000000000000000"), cents), ..usual },
        5 => {
            let finer = fine % 10_000_000;
            let text = with_cents(start, cents).padded(finer, 7);
            written(text, units_of(whole, u64::from(rest) * 10_000_000 + u64::from(finer)), 9)
        }
        6 => Amount { text: with_cents(start, cents).text(b"000000000000"), fraction: 9, ..usual },
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

/// An invalid amount that has this flaw.
pub(crate) fn invalid(flaw: RejectReason, cents: u64, kind: u32, fine: u32) -> ShortText {
    let text = ShortText::new();
    let last = fine % 9 + 1;
    match (flaw, index(kind, 3)) {
        (RejectReason::AmountFractionTooLong, 0) => text.number(cents / 100).text(b".000000000").padded(last, 1),
        (RejectReason::AmountFractionTooLong, 1) => {
            with_cents(text, cents).text(b"0000000").padded(last, 1).text(b"00")
        }
        // Both parts are too long; the fraction takes precedence.
        (RejectReason::AmountFractionTooLong, _) => text.text(b"12345678901234567890.0000000001"),
        (RejectReason::AmountIntegerTooLong, 0) => text.number(1_000_000_000_000_000_000 + u64::from(fine)),
        (RejectReason::AmountIntegerTooLong, 1) => text.text(b"-009999999999999999999.99"),
        (RejectReason::AmountIntegerTooLong, _) => text.text(b"12345678901234567890"),
        _ => text.text(NOT_DECIMAL[index(kind, NOT_DECIMAL.len())].as_bytes()),
    }
}

fn sign(refund: bool) -> ShortText {
    ShortText::new().text(if refund { b"-" } else { b"" })
}

fn with_cents(text: ShortText, cents: u64) -> ShortText {
    text.number(cents / 100).text(b".").padded((cents % 100) as u32, 2)
}

fn signed(units: i128, refund: bool) -> i128 {
    if refund { -units } else { units }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::amount::{self, parse};

    /// Every kind, with several prices.
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
    fn the_text_has_the_value() {
        each(|cents, refund, kind, fine| {
            for written in [
                usual(cents, refund),
                odd(cents, refund, kind.wrapping_mul(1 << 3), fine),
                odd(cents, refund, kind, fine),
            ] {
                let expected = amount::Amount::Exact { units: written.units, fraction: written.fraction };
                assert_eq!(parse(written.text.as_bytes()), expected, "{}", written.text.as_bytes().escape_ascii());
            }
        });
    }

    #[test]
    fn invalid_amounts_have_the_flaw() {
        each(|cents, _, kind, fine| {
            let expected = [
                (RejectReason::AmountNotDecimal, amount::Amount::NotDecimal),
                (RejectReason::AmountFractionTooLong, amount::Amount::FractionTooLong),
                (RejectReason::AmountIntegerTooLong, amount::Amount::IntegerTooLong),
            ];
            for (flaw, expected) in expected {
                let text = invalid(flaw, cents, kind, fine);
                assert_eq!(parse(text.as_bytes()), expected, "{}", text.as_bytes().escape_ascii());
            }
        });
    }
}
