//! Exact text for amounts of money.
//!
//! Amounts arrive as integers counting units of `10^-fraction_digits`. They are
//! turned into text without passing through floating point, because a label
//! that is off by one cent is a wrong label, and totals may have more digits
//! than an `f64` can hold.

/// U+2212: as wide and as high as the digits beside it, unlike the hyphen.
const MINUS: char = '\u{2212}';

/// Letters for thousands, millions, billions and trillions. Larger amounts are
/// written as a power of ten, since no letters for them are widely known.
const SUFFIXES: [&str; 5] = ["", "K", "M", "B", "T"];

/// The whole amount, with thousands separators and all its fraction digits.
pub(crate) fn full(total: i128, fraction_digits: u32) -> String {
    decimal(total < 0, total.unsigned_abs(), fraction_digits, fraction_digits)
}

/// `magnitude * 10^-exponent` with thousands separators, showing the first
/// `decimals` digits of the fraction.
pub(crate) fn decimal(negative: bool, magnitude: u128, exponent: u32, decimals: u32) -> String {
    let exponent = exponent as usize;
    let digits = format!("{magnitude:0>width$}", width = exponent + 1);
    let (whole, fraction) = digits.split_at(digits.len() - exponent);
    let mut text = String::with_capacity(digits.len() * 4 / 3 + 3);
    if negative && magnitude != 0 {
        text.push(MINUS);
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    let fraction = &fraction[..fraction.len().min(decimals as usize)];
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The amount to three significant digits, such as `14.4M` or `1.23×10²⁷`,
/// rounded half away from zero. Never shows a fraction digit that the amount
/// does not have; an amount too small for a short text is `≈0`.
pub(crate) fn short(total: i128, fraction_digits: u32) -> String {
    let (negative, magnitude) = (total < 0, total.unsigned_abs());
    let Some(log) = magnitude.checked_ilog10() else {
        return full(0, fraction_digits.min(2));
    };
    // The amount is lead * 10^(power - 2), where lead has three digits.
    let mut power = i64::from(log) - i64::from(fraction_digits);
    let mut lead = if log > 2 {
        let cut = 10_u128.pow(log - 2);
        magnitude / cut + u128::from(magnitude % cut >= cut / 2)
    } else {
        magnitude * 10_u128.pow(2 - log)
    };
    if lead == 1000 {
        lead = 100;
        power += 1;
    }
    match power {
        ..-6 => "≈0".to_owned(),
        -6..=2 => {
            let exponent = (2 - power) as u32;
            decimal(negative, lead, exponent, exponent.min(fraction_digits))
        }
        3..=14 => {
            let exponent = (2 - power % 3) as u32;
            decimal(negative, lead, exponent, exponent) + SUFFIXES[power as usize / 3]
        }
        _ => format!("{}×{}", decimal(negative, lead, 2, 2), power_of_ten(power as u32)),
    }
}

/// `10` with `power` as its superscript.
pub(crate) fn power_of_ten(power: u32) -> String {
    const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digits = power.to_string();
    let raised = digits.bytes().map(|digit| SUPERSCRIPTS[usize::from(digit - b'0')]);
    format!("10{}", raised.collect::<String>())
}
