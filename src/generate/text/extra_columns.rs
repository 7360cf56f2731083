//! The columns that `--extra-columns` adds to both files.

use super::record_writer::RecordWriter;
use crate::generate::random::Draws;

/// Values of extra columns; sixteen, so that a 64-bit draw decides sixteen fields.
pub(crate) const WORDS: [&str; 16] = [
    "", "web", "shop", "phone", "north", "south", "east", "west", "red", "green", "blue", "gift", "none", "42", "été",
    "ok",
];

/// The header of `count` columns, each name behind a comma.
pub(crate) fn header(name: &str, count: u32) -> String {
    (1..=count).map(|number| format!(",{name}_{number}")).collect()
}

/// Writes the fields of `count` columns.
pub(crate) fn write(count: u32, draws: &mut Draws, record: &mut RecordWriter<'_>) {
    let mut draw = 0;
    for number in 0..count {
        if number % 16 == 0 {
            draw = draws.next();
        }
        record.field(&[WORDS[(draw & 15) as usize].as_bytes()]);
        draw >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_needs_quotes() {
        assert!(!WORDS.iter().any(|word| word.contains([',', '"', '\r', '\n'])));
    }
}
