//! Forms of amounts, and the fast path compared with the slow path.

use super::*;
use proptest::prelude::*;

fn exact(units: i128, fraction: u8) -> Amount {
    Amount::Exact { units, fraction }
}

#[test]
fn valid_amounts_are_exact() {
    for (text, units, fraction) in [
        ("-5.00", -5_000_000_000, 2),
        ("+5", 5_000_000_000, 0),
        (".5", 500_000_000, 1),
        ("5.", 5_000_000_000, 0),
        ("-0", 0, 0),
        ("007.10", 7_100_000_000, 2),
        (" 5 ", 5_000_000_000, 0),
        ("\t5\t", 5_000_000_000, 0),
        ("0.1234567890000", 123_456_789, 9),
        ("000000000000000000000000001", 1_000_000_000, 0),
        ("999999999999999999.999999999", 999_999_999_999_999_999_999_999_999, 9),
    ] {
        assert_eq!(parse(text.as_bytes()), exact(units, fraction), "{text:?}");
    }
}

#[test]
fn invalid_amounts_have_the_right_reason() {
    for text in ["1,234.50", "1e3", "0x10", "NaN", "inf", "$4", "€5", "95%", "٣", ".", "+", "-", "1.2.3", "--1", "1 2"]
    {
        assert_eq!(parse(text.as_bytes()), Amount::NotDecimal, "{text:?}");
    }
    assert_eq!(parse(b""), Amount::Missing);
    assert_eq!(parse(b" \t "), Amount::Missing);
    assert_eq!(parse(b"0.0000000001"), Amount::FractionTooLong);
    assert_eq!(parse(b"1234567890123456789"), Amount::IntegerTooLong);
    // Both reasons apply; the first in the order of precedence counts.
    assert_eq!(parse(b"1234567890123456789.0000000001"), Amount::FractionTooLong);
}

#[test]
fn format_writes_the_requested_fraction_digits() {
    assert_eq!(format(3_750_000_000, 2), "3.75");
    assert_eq!(format(4_000_000_000, 2), "4.00");
    assert_eq!(format(-500_000_000, 1), "-0.5");
    assert_eq!(format(0, 0), "0");
    assert_eq!(format(0, 2), "0.00");
    assert_eq!(format(-12_000_000_000, 0), "-12");
}

fn short(text: &[u8]) -> Option<(i128, u8)> {
    let mut window = [b'x'; 8];
    window[8 - text.len()..].copy_from_slice(text);
    parse_short(u64::from_le_bytes(window), text.len())
}

/// Replaces any two of eight digits by any bytes: two points, and every byte that SWAR could mistake for a point.
#[test]
fn no_other_bytes_are_mistaken_for_a_point() {
    for (one, other) in (0..8).flat_map(|one| (0..one).map(move |other| (one, other))) {
        for (first, second) in (0..=u8::MAX).flat_map(|first| (0..=u8::MAX).map(move |second| (first, second))) {
            let mut text = *b"90817263";
            (text[one], text[other]) = (first, second);
            if let Some((units, fraction)) = short(&text) {
                assert_eq!(parse(&text), exact(units, fraction), "{text:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_fast_path_agrees_with_the_slow_path(text in "[0-9.,+ -]{1,8}|[0-9.]{1,8}|[0-9]{0,7}\\.[0-9]{0,7}|[0-9]{1,5}\\.[0-9]{2}|[\\x00-\\xff]{1,4}") {
        let text: Vec<u8> = text.chars().map(|c| c as u32 as u8).take(8).collect();
        let fast = short(&text).map(|(units, fraction)| Amount::Exact { units, fraction });
        let points = text.iter().filter(|&&byte| byte == b'.').count();
        let plain = points <= 1 && points < text.len() && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        prop_assert_eq!(fast, plain.then(|| parse(&text)));
    }

    #[test]
    fn the_fast_path_accepts_every_short_number(integer in 0u32..100_000, cents in 0u32..100) {
        let text = format!("{integer}.{cents:02}");
        prop_assert_eq!(short(text.as_bytes()), Some((i128::from(integer * 100 + cents) * 10_000_000, 2)));
        let text = integer.to_string();
        prop_assert_eq!(short(text.as_bytes()), Some((i128::from(integer) * 1_000_000_000, 0)));
    }

    #[test]
    fn parse_inverts_format(units in -10i128.pow(26)..10i128.pow(26)) {
        prop_assert_eq!(parse(format(units, 9).as_bytes()), Amount::Exact { units, fraction: 9 });
    }
}
