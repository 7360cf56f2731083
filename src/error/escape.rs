//! Escapes data for a terminal: everything that could control it or reorder a line.

use std::path::Path;

/// The longest value quoted in a message, in bytes.
const LONGEST_VALUE: usize = 80;

/// Escapes data from a file for a terminal: control characters, bidirectional controls, line separators and bytes that
/// are not UTF-8. The result is cut off after 80 bytes of data.
pub fn escape(value: &[u8]) -> String {
    if value.len() <= LONGEST_VALUE {
        return escape_all(value);
    }
    // Cuts between characters: up to three continuation bytes are left out together with their first byte.
    let continues = |end: &usize| value[*end] & 0xc0 == 0x80;
    let end = (LONGEST_VALUE - 3..=LONGEST_VALUE).rev().find(|end| !continues(end)).unwrap_or(LONGEST_VALUE);
    escape_all(&value[..end]) + "…"
}

/// Escapes a path for a terminal, whatever its length.
pub fn escape_path(path: &Path) -> String {
    escape_all(path.as_os_str().as_encoded_bytes())
}

/// Escapes a whole line that may contain data for a terminal.
pub(crate) fn escape_line(text: &str) -> String {
    escape_all(text.as_bytes())
}

fn escape_all(value: &[u8]) -> String {
    let mut shown = String::with_capacity(value.len());
    for piece in value.utf8_chunks() {
        for character in piece.valid().chars() {
            let separates_lines = matches!(character, '\u{2028}' | '\u{2029}');
            if character.is_control() || is_bidi_control(character) || separates_lines {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        for byte in piece.invalid() {
            shown.push_str(&format!("\\x{byte:02x}"));
        }
    }
    shown
}

/// The Unicode property `Bidi_Control` (PropList.txt): these characters can reorder a line on a terminal, so that a
/// message reads differently.
fn is_bidi_control(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped_and_cut() {
        assert_eq!(escape(b"a\x1b[31m\xff\t"), "a\\u{1b}[31m\\xff\\t");
        assert_eq!(escape("é".as_bytes()), "é");
        assert_eq!(escape(&[b'x'; 100]).chars().count(), 81);
        // The cut falls between characters.
        for (before, character) in [(79, "é"), (78, "€"), (77, "🦀"), (79, "🦀")] {
            let text = "x".repeat(before) + &character.repeat(10);
            assert_eq!(
                escape(text.as_bytes()),
                "x".repeat(before) + &character.repeat((80 - before) / character.len()) + "…"
            );
        }
    }

    /// Listed one by one, so that an incomplete range in the code above is noticed.
    const BIDI_CONTROLS: [u32; 12] =
        [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];

    #[test]
    fn every_bidirectional_control_is_escaped() {
        for number in BIDI_CONTROLS {
            let character = char::from_u32(number).expect("a character");
            let wanted = format!("a\\u{{{number:x}}}b");
            let text = format!("a{character}b");
            assert_eq!(escape(text.as_bytes()), wanted);
            assert_eq!(escape_path(Path::new(&text)), wanted);
            assert_eq!(escape_line(&text), wanted);
        }
    }

    #[test]
    fn the_neighbours_of_bidirectional_controls_are_shown() {
        // An Arabic letter, a zero-width joiner, a hyphen, a narrow space, a fraction slash.
        for text in ["\u{627}", "\u{200d}", "\u{2010}", "\u{202f}", "\u{2044}"] {
            assert_eq!(escape(text.as_bytes()), text);
        }
    }
}
