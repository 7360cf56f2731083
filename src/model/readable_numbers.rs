//! Formats numbers for people.

/// Inserts a comma between groups of three integer digits of a decimal number.
pub fn grouped(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (integer, fraction) = digits.find('.').map_or((digits, ""), |point| digits.split_at(point));
    let mut grouped = String::from(sign);
    for (place, digit) in integer.chars().enumerate() {
        if place > 0 && (integer.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// A count with thousands separators.
pub(crate) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

/// A number with what it counts: `1 purchase`, `1,250 purchases`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// The share of `part` in `whole` in percent with one fraction digit: `5.8 %`. A share that would be rounded to 0 or
/// 100 but is neither is `under 0.1 %` or `over 99.9 %`. `part` is at most `whole`. An empty whole gives `0 %`.
pub(crate) fn percent(part: u128, whole: u128) -> String {
    // Keeps the product within 128 bits. The bits that are lost are far below the digit shown.
    let shift = 12_u32.saturating_sub(whole.leading_zeros());
    let (small_part, small_whole) = (part >> shift, whole >> shift);
    if part == 0 || small_whole == 0 {
        return "0 %".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    match (small_part * 2000 + small_whole) / (small_whole * 2) {
        0 => "under 0.1 %".to_owned(),
        1000.. => "over 99.9 %".to_owned(),
        permille => format!("{}.{} %", permille / 10, permille % 10),
    }
}

/// Formats a number of bytes with a decimal unit (kB = 1000 bytes) and one fraction digit.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if count < 1000 {
        return format!("{count} B");
    }
    let (mut value, mut unit) = (count as f64 / 1000.0, 0);
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integer_digits_are_grouped_by_thousands() {
        for (number, text) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.25", "-1,234,567.25"), ("-100", "-100")]
        {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn shares_are_rounded_but_never_to_nothing_or_everything() {
        for (part, whole, text) in [
            (0, 0, "0 %"),
            (0, 5, "0 %"),
            (5, 5, "100 %"),
            (1, 8, "12.5 %"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (1, 1_000_000, "under 0.1 %"),
            (999_999, 1_000_000, "over 99.9 %"),
            (i128::MAX as u128 / 2, i128::MAX as u128, "50.0 %"),
            (1, u128::MAX, "under 0.1 %"),
            (u128::MAX / 4, u128::MAX, "25.0 %"),
        ] {
            assert_eq!(percent(part, whole), text, "{part} of {whole}");
        }
    }

    #[test]
    fn bytes_have_a_decimal_unit() {
        for (count, text) in
            [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (1_750_000_000, "1.8 GB")]
        {
            assert_eq!(bytes(count), text);
        }
    }
}
