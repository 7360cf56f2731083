//! Charts for the tests.

pub(crate) const NAMES: [&str; 8] = [
    "Households with independent seniors living in rural municipality",
    "Supercalifragilisticexpialidocious-Supercalifragilisticexpialido",
    "Αναγνώσματα ηλικιωμένων ανθρώπων",
    "Пенсионеры и ветераны труда",
    "若者若者若者若者若者若者若者若者若者若者若",
    "👩‍👩‍👧\u{202e}e\u{301}\u{feff}",
    "",
    "Other",
];

/// `count` bars with totals spread over `low..high`.
pub(crate) fn spread(count: usize, low: i128, high: i128) -> Vec<(&'static str, i128)> {
    (0..count).map(|i| (NAMES[i % NAMES.len()], low + (i as i128 * 7_919_717) % (high - low))).collect()
}

/// Bars and fraction digits of charts of every kind.
pub(crate) fn charts() -> Vec<(Vec<(&'static str, i128)>, u32)> {
    let huge = 99_999_999_999_999_999_999_999_999_999;
    vec![
        (vec![("All", 38_660_276)], 0),
        (vec![("Young", 0), ("Senior", 0)], 2),
        (vec![("Young", 10_843_976), ("Middle-aged", 13_424_403), ("Senior", 14_391_897)], 0),
        (vec![("Young", huge), ("Senior", -huge)], 2),
        (vec![("a", i128::MAX), ("b", i128::MIN), ("Unknown", 1)], 0),
        (vec![("a", i128::MAX), ("b", i128::MIN), ("Unknown", 1)], 9),
        (spread(8, 500_000, 15_500_000), 0),
        (spread(8, -7_000_000, 8_000_000), 2),
        (spread(20, 500_000, 15_500_000), 2),
        (spread(20, -7_000_000, 8_000_000), 0),
        (spread(33, 0, huge), 0),
        (spread(45, -7_000_000, 8_000_000), 2),
        (spread(60, -7_000_000, 8_000_000), 2),
        (spread(400, 1, 15_000_000), 0),
    ]
}
