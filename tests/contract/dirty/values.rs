//! The values of the random inputs: keys, texts, ages, amounts, age groups.

use super::dice::Dice;

/// Valid age groups besides the default ones: gaps, decimal bounds, any order, other scripts.
pub(super) const DECIMAL_GROUPS: [&str; 10] = [
    "Young=18-29,Middle-aged=30-44,Senior=45+",
    "B=30.0-44,A=18-29.00,C=44.5-60,D=61-149,E=150+",
    "Young=18-31,Middle-aged=31-46,Senior=46+",
    "A=0-0.5,B=0.5-17.999,C=29.99-30.01",
    "Old=45+,Kid=0-18",
    "All=0+",
    "Zoë=18-30,二=30.0-45.50",
    "One=34-34.0000001",
    "X Y=0-150",
    "Never=200-300,Rest=20-100.",
];

/// Age groups that are refused.
pub(super) const WRONG_GROUPS: [&str; 8] =
    ["", "A", "A=2-1", "A=1-1.0", "A=1-3,B=2+", "A=1-2,A=3-4", "Unknown=1-2", "A=x+"];

/// Distinct keys, some of them similar: blanks, zeros, other Unicode normal forms, long keys with a common prefix.
pub(super) fn key_pool(dice: &mut Dice, size: usize) -> Vec<Vec<u8>> {
    let alike = [
        "7",
        "007",
        " 7",
        "7 ",
        "7.0",
        "18446744073709551617",
        "é",
        "e\u{301}",
        "a,b",
        "k\n1",
        "k\r\n1",
        "\"7\"",
        "'7'",
        "\0",
        "7\0",
        "\u{feff}7",
        "-7",
        "=7",
        " ",
        "k;1",
        "k|1",
        "k\t1",
        "K",
        "k",
        "NULL",
        "\\N",
        "-",
        "n/a",
    ];
    let mut pool: Vec<Vec<u8>> = Vec::new();
    while pool.len() < size {
        let key = match dice.below(10) {
            0 | 1 => dice.pick(&alike).as_bytes().to_vec(),
            2 => b"Zo\xEB".to_vec(),
            3 | 4 => {
                // Differs in one byte, the first or the last.
                let length = *dice.pick(&[7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100]);
                let mut key = vec![b'k'; length];
                let at = *dice.pick(&[0, length / 2, length - 1]);
                key[at] = *dice.pick(b"abc");
                key
            }
            _ => dice.below(100_000).to_string().into_bytes(),
        };
        // A larger pool is filled with numbers.
        if !pool.contains(&key) {
            pool.push(key);
        }
    }
    pool
}

/// A name, or any other text.
pub(super) fn text(dice: &mut Dice, delimiter: u8) -> Vec<u8> {
    let plain = ["Ann", "Bo", "Cy", "Dora", "Lee", "Orr", "Smith", "van der Berg", "Zoë", "李"];
    if dice.chance(75) {
        return dice.pick(&plain).as_bytes().to_vec();
    }
    let odd = [
        "",
        "",
        " ",
        "O'Brien",
        "5\" nails",
        "say \"hi\"",
        "\"",
        "\"\"",
        "'",
        "''quoted''",
        "\\\"",
        "two\nlines",
        "crlf\r\nin",
        "cr\rin",
        "\n",
        "\r",
        "ends\r\n",
        "=cmd()",
        "+1",
        "@x",
        "a\0b",
        "\u{feff}x",
        "€",
        "tab\tin",
        "a,b",
        "a;b",
        "a|b",
        "7,Ann,Lee,20\n8,Bo,Orr,30\n",
    ];
    match dice.below(12) {
        0 => b"Zo\xEB".to_vec(),
        1 => vec![b'a', delimiter, b'b'],
        2 => vec![b'x'; dice.below(400)],
        3 if dice.chance(20) => b"1,2,3\n\"4\",5\r\n".repeat(1 + dice.below(100)),
        _ => dice.pick(&odd).as_bytes().to_vec(),
    }
}

/// An age, mostly a valid one.
pub(super) fn age(dice: &mut Dice) -> Vec<u8> {
    let odd = [
        "-1",
        "-0",
        "0",
        "00",
        "17",
        "17.999",
        "18",
        "18.0",
        "29.99999999999999999999",
        "30",
        "30.",
        "30.000",
        "44.9",
        "45",
        "45.00",
        "149.999999999",
        "150",
        "150.0",
        "150.000000000000000000001",
        "151",
        "034",
        "34.",
        "34.5",
        ".5",
        "+34",
        "3e1",
        "",
        "",
        " ",
        "\t",
        " 34 ",
        "\t34",
        "3 4",
        "abc",
        "1990-01-01",
        "18446744073709551616",
        "18446744073709551646",
        "34.0000001",
        "34.5.6",
        "34,5",
        "\u{a0}34",
        "٣",
        "30\n",
        "\"30\"",
        "0.5",
        "0.4999",
        "000000000000000000000000000000000000000030",
        "999999999999999999999999999999999999999999",
    ];
    if dice.chance(70) { dice.below(100).to_string().into_bytes() } else { dice.pick(&odd).as_bytes().to_vec() }
}

/// An amount, mostly a valid one with at most `fractions` fraction digits.
pub(super) fn amount(dice: &mut Dice, fractions: usize) -> Vec<u8> {
    let valid = [
        "-5.00",
        "+5",
        ".5",
        "5.",
        "-0",
        "007.10",
        " 5 ",
        "\t5",
        "-.5",
        "+0.0",
        "0",
        "-0.000",
        "1.0000000000000",
        "0.1234567890000",
        "999999999999999999.999999999",
        "-999999999999999999.999999999",
        "000000000000000000000001",
        "-0.000000001",
    ];
    let wrong = [
        "1,234.50",
        "1e3",
        "0x10",
        "NaN",
        "inf",
        "$4",
        "€5",
        "95%",
        "٣",
        "+",
        "-",
        ".",
        "-.",
        "+-1",
        "1.2.3",
        "1 2",
        "1-",
        "abc",
        "\u{a0}1",
        "1\0",
        "5\n",
        "5\r\n",
        "\"5\"",
        "0.1234567891",
        "1.00000000001",
        "1000000000000000000",
        "-1000000000000000000.5",
        "1000000000000000000.0000000001",
        "1111111111222222222233333333334444444444",
    ];
    let digits = |dice: &mut Dice, length: usize| -> String {
        (0..length).map(|_| char::from(b'0' + dice.below(10) as u8)).collect()
    };
    match dice.below(100) {
        0..6 => dice.pick(&valid).as_bytes().to_vec(),
        6..10 => dice.pick(&wrong).as_bytes().to_vec(),
        10..15 => dice.pick(&["", "", " ", " \t "]).as_bytes().to_vec(),
        15..18 => {
            // Up to twenty integer digits and twelve fraction digits.
            let (whole, fraction) = (dice.below(21), dice.below(13));
            format!("{}{}.{}", dice.pick(&["", "-", "+"]), digits(dice, whole), digits(dice, fraction)).into_bytes()
        }
        _ => {
            // At most nine digits, or more that are zeros.
            let (whole, fraction) = (dice.below(1000), dice.below(fractions + 1));
            let zeros = "0".repeat(fraction.saturating_sub(9));
            let point = if fraction == 0 { "" } else { "." };
            let sign = if dice.chance(10) { "-" } else { "" };
            format!("{sign}{whole}{point}{}{zeros}", digits(dice, fraction.min(9))).into_bytes()
        }
    }
}
