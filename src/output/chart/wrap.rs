//! Fitting text into a given width: cleaning, truncating and wrapping.

use super::font::Font;

/// The lines of a wrapped text.
pub(crate) struct Wrapped {
    pub(crate) lines: Vec<String>,
    /// False if a word was broken or the text was truncated.
    pub(crate) whole: bool,
}

/// `text` without invisible characters, which the font would show as boxes, and with single spaces.
pub(crate) fn visible(text: &str) -> String {
    let visible: String = text.chars().filter(|&character| !is_invisible(character)).collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Soft hyphens, joiners, direction marks, variation selectors and tags.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Truncates `text` with an ellipsis if it is wider than `width` pixels. The result is empty if not even
/// the ellipsis fits.
pub(crate) fn truncate(font: &Font, text: &str, size: f32, width: f32) -> String {
    if font.width(text, size) <= width {
        return text.to_owned();
    }
    // Start with the characters that fit beside the ellipsis; kerning may still require removing some.
    let room = (width - font.width("…", size)) / font.scale(size);
    let fitting = font.glyphs(text).filter(|glyph| glyph.end <= room).count();
    let mut kept: String = text.chars().take(fitting).collect();
    loop {
        let truncated = format!("{}…", kept.trim_end());
        if font.width(&truncated, size) <= width {
            return truncated;
        }
        if kept.pop().is_none() {
            return String::new();
        }
    }
}

/// Breaks `text` into at most `max_lines` lines of at most `width` pixels and of similar length.
pub(crate) fn wrap(font: &Font, text: &str, size: f32, width: f32, max_lines: usize) -> Wrapped {
    let mut best = wrap_greedily(font, text, size, width, max_lines);
    if !best.whole || best.lines.len() < 2 {
        return best;
    }
    // Binary search for the smallest width that needs no more lines: this balances them.
    let (mut too_narrow, mut enough) = (width / best.lines.len() as f32 / 2.0, width);
    for _ in 0..6 {
        let middle = (too_narrow + enough) / 2.0;
        let narrower = wrap_greedily(font, text, size, middle, best.lines.len());
        if narrower.whole {
            best = narrower;
            enough = middle;
        } else {
            too_narrow = middle;
        }
    }
    best
}

/// Fills each line with as many words as fit. Breaks words that are wider than a line, and truncates the
/// last line.
fn wrap_greedily(font: &Font, text: &str, size: f32, width: f32, max_lines: usize) -> Wrapped {
    let fits = |line: &str| font.width(line.trim_end(), size) <= width;
    let mut whole = true;
    let mut lines: Vec<String> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if lines.len() + 1 == max_lines {
            whole &= fits(rest);
            lines.push(truncate(font, rest.trim_end(), size, width));
            break;
        }
        let mut end = 0;
        while end < rest.len() {
            let next = end + breakable_prefix(&rest[end..]).len();
            if !fits(&rest[..next]) {
                break;
            }
            end = next;
        }
        if end == 0 {
            whole = false;
            end = rest.chars().next().map_or(0, char::len_utf8);
            for character in rest[end..].chars() {
                let next = end + character.len_utf8();
                if !fits(&rest[..next]) {
                    break;
                }
                end = next;
            }
        }
        let (line, after) = rest.split_at(end);
        lines.push(line.trim_end().to_owned());
        rest = after;
    }
    lines.retain(|line| !line.is_empty());
    Wrapped { lines, whole }
}

/// The text up to and including the first break opportunity: a space, or a mark between two letters. The
/// hyphen of a range such as `20-24` is none.
fn breakable_prefix(text: &str) -> &str {
    let mut before = ' ';
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let is_mark = matches!(character, '-' | '/' | '_');
        let after = rest.peek().map_or(' ', |&(_, after)| after);
        if character == ' ' || is_mark && before.is_alphabetic() && after.is_alphabetic() {
            // Each of these characters takes one byte.
            return &text[..=at];
        }
        before = character;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::font::Fonts;
    use super::super::samples::NAMES;
    use super::*;

    #[test]
    fn texts_are_cleaned_wrapped_and_truncated() {
        let font = Fonts::load().expect("the embedded fonts").regular;
        assert_eq!(visible(" a\tb\n\u{200b}c  d "), "a b c d");
        assert_eq!(truncate(&font, "Senior", 20.0, 200.0), "Senior");
        let cut = truncate(&font, "A name that is far too long", 20.0, 100.0);
        assert!(cut.ends_with('…') && font.width(&cut, 20.0) <= 100.0);
        assert_eq!(truncate(&font, "Senior", 20.0, 1.0), "");

        let wrapped = wrap(&font, "Young adults in their first job", 20.0, 200.0, 2);
        assert!(wrapped.whole);
        assert_eq!(wrapped.lines, ["Young adults in", "their first job"]);
        assert!(!wrap(&font, "20-24", 20.0, 40.0, 2).whole);
        for name in NAMES {
            let wrapped = wrap(&font, &visible(name), 18.0, 60.0, 3);
            assert!(wrapped.lines.len() <= 3);
            for line in wrapped.lines {
                assert!(font.width(&line, 18.0) <= 60.0, "{line}");
            }
        }
    }
}
