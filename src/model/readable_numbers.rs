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

/// A share in percent, rounded to three fraction digits; 0 of 0 is 0.
pub(crate) fn percentage(found: u64, of: u64) -> String {
    let of = u128::from(of.max(1));
    let thousandths = (u128::from(found) * 100_000 + of / 2) / of;
    format!("{}.{:03} %", thousandths / 1000, thousandths % 1000)
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
    fn percentages_are_rounded_to_three_digits() {
        for (found, of, text) in
            [(0, 0, "0.000 %"), (1, 3, "33.333 %"), (2, 3, "66.667 %"), (u64::MAX, u64::MAX, "100.000 %")]
        {
            assert_eq!(percentage(found, of), text);
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
