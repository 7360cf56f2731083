//! Last words: the message that is written when the process ends without returning an error, in the format of the
//! program's other messages.

use super::exit::exit;
use super::publication_state::{PublicationState, publication_state};
use crate::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a program writes its messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MessageFormat {
    /// Lines of text, for people.
    #[default]
    Text,
    /// One line of JSON per message, as [`Error::to_json`] writes it.
    Json,
}

/// The consequence of a crash between two moves, and the hint.
const MOVING: (&str, &str) = (
    " while the set was moved to its names: without a report.json there, it is partly old and partly new",
    "`spendfold verify` checks what is there, and another run repairs it",
);
/// The consequence of a crash after the last move, and the hint.
const PUBLISHED: (&str, &str) = (" after the set was published", "");

/// The consequence of a crash after the set was held, and the hint.
const HELD: (&str, &str) = (" after the set was held; the published set was not changed", "");

/// The consequence of a crash, and the hint; `before` is that of a crash before the first move.
fn consequence<'a>(before: (&'a str, &'a str)) -> (&'a str, &'a str) {
    match publication_state() {
        PublicationState::Absent | PublicationState::Staged => before,
        PublicationState::Moving => MOVING,
        PublicationState::Published => PUBLISHED,
        PublicationState::Held => HELD,
    }
}

/// Whether last words are JSON.
static JSON: AtomicBool = AtomicBool::new(false);

/// Sets the format of the messages that this library writes to standard error when it ends the process itself (see
/// [`install_crash_handlers`](crate::process::install_crash_handlers)). The default is text. Call it before the first run:
/// messages about an input are prepared when it is opened.
pub fn set_last_words_format(format: MessageFormat) {
    JSON.store(format == MessageFormat::Json, Ordering::Relaxed);
}

fn format() -> MessageFormat {
    if JSON.load(Ordering::Relaxed) { MessageFormat::Json } else { MessageFormat::Text }
}

/// The message for an error, line ending included.
pub(super) fn message_line(error: &Error) -> Vec<u8> {
    let text = match format() {
        MessageFormat::Text => error.to_string(),
        MessageFormat::Json => error.to_json(),
    };
    (text + "\n").into_bytes()
}

/// Writes an out-of-memory message and ends the process with status 1, for a program's allocator, which cannot return
/// an error. `bytes` is the size of the failed allocation. `then` is appended to the message; its second line, if any,
/// is the hint. Removes the staged output files if [`install_crash_handlers`](crate::process::install_crash_handlers) has been
/// called. Does not allocate.
pub fn end_out_of_memory(bytes: usize, then: &str) -> ! {
    let mut digits = [0; 20];
    let (mut rest, mut start) = (bytes, digits.len());
    // Any 64-bit number fits into 20 digits.
    while start == digits.len() || rest > 0 {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let digits = str::from_utf8(&digits[start..]).unwrap_or_default();
    let (then, hint) = consequence(then.split_once('\n').unwrap_or((then, "")));
    let message = StackMessage::of(format(), &["out of memory: ", digits, " bytes more are needed", then], hint);
    exit(message.bytes())
}

/// Ends the process after a SIGABRT. Async-signal-safe: uses a buffer on the stack and the calls of [`exit`].
pub(super) fn end_aborted() -> ! {
    const HINT: &str = "fewer --threads and smaller --chunk-bytes need less; otherwise this is a bug, please report it";
    let (then, hint) = consequence(("", HINT));
    exit(StackMessage::of(format(), &["aborted, probably because memory ran out", then], hint).bytes())
}

/// Ends the process after a SIGBUS in a map whose file is unknown. Async-signal-safe, as above.
pub(super) fn end_unknown_input() -> ! {
    exit(StackMessage::of(format(), &["an input can no longer be read"], "").bytes())
}

/// A message with exit status 1, built on the stack. Text that does not fit is truncated; JSON stays well-formed.
struct StackMessage {
    bytes: [u8; 768],
    len: usize,
}

/// Bytes kept free for the JSON syntax after the last character of a text.
const RESERVE: usize = 40;

impl StackMessage {
    /// A message from its pieces, and a hint, which may be empty.
    fn of(format: MessageFormat, message: &[&str], hint: &str) -> Self {
        let mut built = Self { bytes: [0; 768], len: 0 };
        match format {
            MessageFormat::Text => {
                message.iter().for_each(|piece| built.text(piece));
                if !hint.is_empty() {
                    built.add(b"\n");
                    built.text(hint);
                }
                built.add(b"\n");
            }
            MessageFormat::Json => {
                built.add(br#"{"event":"error","message":""#);
                message.iter().for_each(|piece| built.json(piece));
                if !hint.is_empty() {
                    built.add(br#"","hint":""#);
                    built.json(hint);
                }
                built.add(b"\",\"status\":1}\n");
            }
        }
        built
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn add(&mut self, piece: &[u8]) {
        if let Some(free) = self.bytes.get_mut(self.len..self.len + piece.len()) {
            free.copy_from_slice(piece);
            self.len += piece.len();
        }
    }

    /// Adds characters until one does not fit.
    fn text(&mut self, text: &str) {
        for character in text.chars() {
            self.character(character);
        }
    }

    /// Adds characters, escaped for a JSON string.
    fn json(&mut self, text: &str) {
        for character in text.chars() {
            if self.len + RESERVE > self.bytes.len() {
                return;
            }
            match character {
                '"' => self.add(br#"\""#),
                '\\' => self.add(br"\\"),
                '\u{0}'..='\u{1f}' => {
                    let digit = |number: u32| b"0123456789abcdef"[number as usize % 16];
                    let number = character as u32;
                    self.add(&[b'\\', b'u', b'0', b'0', digit(number / 16), digit(number)]);
                }
                _ => self.character(character),
            }
        }
    }

    fn character(&mut self, character: char) {
        if self.len + RESERVE <= self.bytes.len() {
            self.add(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message_text(format: MessageFormat, message: &[&str], hint: &str) -> String {
        String::from_utf8(StackMessage::of(format, message, hint).bytes().to_vec()).expect("UTF-8")
    }

    #[test]
    fn a_message_and_its_hint_in_both_formats() {
        assert_eq!(message_text(MessageFormat::Text, &["one ", "two"], "do this"), "one two\ndo this\n");
        assert_eq!(message_text(MessageFormat::Text, &["one"], ""), "one\n");
        assert_eq!(
            message_text(MessageFormat::Json, &["one ", "two"], "do this"),
            "{\"event\":\"error\",\"message\":\"one two\",\"hint\":\"do this\",\"status\":1}\n"
        );
        assert_eq!(
            message_text(MessageFormat::Json, &["one"], ""),
            "{\"event\":\"error\",\"message\":\"one\",\"status\":1}\n"
        );
    }

    #[test]
    fn any_text_of_any_length_is_one_line_of_json() {
        for text in ["\"", "\\", "\n\t\u{1}", "€", "🦀", "a\u{1f}\"b"] {
            for times in [1, 100, 116, 120, 180, 235, 236, 237, 238, 364, 365, 720, 800] {
                let message = text.repeat(times);
                for hint in ["", "hint", &message] {
                    let line = message_text(MessageFormat::Json, &[&message], hint);
                    let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
                    let found = value["message"].as_str().expect("a text");
                    assert!(message.starts_with(found) && (times > 1 || found == message), "{text:?} {times}");
                    assert_eq!(value["status"], 1);
                    assert!(line.ends_with('\n') && line.lines().count() == 1);
                    let line = message_text(MessageFormat::Text, &[&message], hint);
                    assert!(line.ends_with('\n'));
                }
            }
        }
    }
}
