//! Escapes data for display on a terminal, so that it can neither control the terminal nor reorder a line.

use std::path::Path;

/// The longest value shown in a message, in bytes; longer ones are truncated.
const MAX_VALUE_BYTES: usize = 80;

/// Escapes data from a file for a terminal: characters that do not print, such as control characters, zero-width spaces
/// and blanks other than the space, and bytes that are not UTF-8. Data longer than 80 bytes is truncated at a character
/// boundary and ends in `…`.
pub fn escape(value: &[u8]) -> String {
    if value.len() <= MAX_VALUE_BYTES {
        return escape_all(value);
    }
    // Truncates at a character boundary: a UTF-8 character has at most three continuation bytes.
    let is_continuation = |end: &usize| value[*end] & 0xc0 == 0x80;
    let end =
        (MAX_VALUE_BYTES - 3..=MAX_VALUE_BYTES).rev().find(|end| !is_continuation(end)).unwrap_or(MAX_VALUE_BYTES);
    escape_all(&value[..end]) + "…"
}

/// Escapes a path for a terminal, without truncation.
pub fn escape_path(path: &Path) -> String {
    escape_all(path.as_os_str().as_encoded_bytes())
}

/// A path as a word of a shell command in a message: in single quotes if the shell would split or expand it. Characters
/// that are escaped on a terminal are escaped here too; such a word cannot be pasted into a shell.
pub fn shell_word(path: &Path) -> String {
    let text = escape_path(path);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&byte) || byte >= 0x80;
    if !text.is_empty() && !text.starts_with('-') && text.bytes().all(is_plain) {
        return text;
    }
    // A path that begins with `-` would be taken for an option.
    let text = if text.starts_with('-') { format!("./{text}") } else { text };
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Escapes a message that may contain data for a terminal, without truncation.
pub(crate) fn escape_line(text: &str) -> String {
    escape_all(text.as_bytes())
}

fn escape_all(value: &[u8]) -> String {
    let mut escaped = String::with_capacity(value.len());
    for piece in value.utf8_chunks() {
        let mut rest = piece.valid().chars().peekable();
        let mut before = None;
        while let Some(character) = rest.next() {
            let prints = character.is_ascii_graphic()
                || character == ' '
                || prints(character)
                || is_joiner(character) && joins(before, rest.peek().copied());
            match prints {
                true => escaped.push(character),
                false => escaped.extend(character.escape_default()),
            }
            before = Some(character);
        }
        for byte in piece.invalid() {
            escaped.push_str(&format!("\\x{byte:02x}"));
        }
    }
    escaped
}

/// Whether a character leaves a mark on a terminal or combines with the one before. The standard library has the table;
/// it shows it only through `escape_debug`, which escapes the characters that do not print.
fn prints(character: char) -> bool {
    // Combining characters are escaped only at the beginning of a text, hence the letter. Quotes and the backslash are
    // escaped in another way.
    let text = String::from_iter(['a', character]);
    !character.is_control() && !text.escape_debug().skip(1).take(2).eq(r"\u".chars())
}

/// Whether a character is one that joins its neighbours, or keeps them apart: emoji and some scripts need it.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Whether there is something to join: two characters beyond ASCII.
fn joins(before: Option<char>, after: Option<char>) -> bool {
    [before, after].iter().all(|neighbour| neighbour.is_some_and(|character| !character.is_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_words_are_quoted_only_if_necessary() {
        for (path, word) in [
            ("out/2026", "out/2026"),
            ("résumés", "résumés"),
            ("my results", "'my results'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'./-x'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }

    #[test]
    fn long_values_are_escaped_and_truncated() {
        assert_eq!(escape(b"a\x1b[31m\xff\t"), "a\\u{1b}[31m\\xff\\t");
        assert_eq!(escape("é".as_bytes()), "é");
        assert_eq!(escape(&[b'x'; 100]).chars().count(), 81);
        // Truncation never splits a character.
        for (before, character) in [(79, "é"), (78, "€"), (77, "🦀"), (79, "🦀")] {
            let text = "x".repeat(before) + &character.repeat(10);
            assert_eq!(
                escape(text.as_bytes()),
                "x".repeat(before) + &character.repeat((80 - before) / character.len()) + "…"
            );
        }
    }

    /// Those with the Unicode property `Bidi_Control` (PropList.txt), which can reorder a line on a terminal.
    const BIDI_CONTROLS: [u32; 12] =
        [0x61c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069];

    #[test]
    fn every_bidirectional_control_is_escaped() {
        for number in BIDI_CONTROLS {
            let character = char::from_u32(number).expect("a character");
            let expected = format!("a\\u{{{number:x}}}b");
            let text = format!("a{character}b");
            assert_eq!(escape(text.as_bytes()), expected);
            assert_eq!(escape_path(Path::new(&text)), expected);
            assert_eq!(escape_line(&text), expected);
        }
    }

    #[test]
    fn characters_that_print_are_not_escaped() {
        // An Arabic letter, a hyphen, a fraction slash, a combining accent, a family, a Persian word, a variant form.
        for text in
            ["\u{627}", "\u{2010}", "\u{2044}", "e\u{301}", "👨\u{200d}👩", "می\u{200c}خواهم", "☂\u{fe0f}", "a\\b\"c'd"]
        {
            assert_eq!(escape(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        for (text, shown) in [
            ("customer_id\u{200b}", r"customer_id\u{200b}"),
            ("\u{feff}id", r"\u{feff}id"),
            ("so\u{ad}ft", r"so\u{ad}ft"),
            ("1\u{202f}234\u{a0}€", r"1\u{202f}234\u{a0}€"),
            ("id\u{200d}", r"id\u{200d}"),
            ("i\u{200c}d", r"i\u{200c}d"),
            ("a\u{2028}b", r"a\u{2028}b"),
            ("\u{e000}", r"\u{e000}"),
        ] {
            assert_eq!(escape(text.as_bytes()), shown);
        }
    }
}
