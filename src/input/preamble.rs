//! What precedes the header record of an input: byte order marks, lines to skip, a `sep=` line, blank lines and comments.

use super::reader::InputReader;
use crate::error::Result;
use crate::exec::fingerprint::Fingerprint;
use crate::model::csv_format::CsvFormat;
use crate::model::dialect::is_delimiter;
use std::ops::Add;

/// The beginning of a line that names the delimiter, in any case.
const SEP: &[u8] = b"sep=";

/// What was skipped before a header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HeaderCounts {
    pub(crate) blank_lines: u64,
    pub(crate) comments: u64,
    /// Lines that were skipped unread, and a `sep=` line.
    pub(crate) skipped_lines: u64,
}

impl Add for HeaderCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            blank_lines: self.blank_lines + other.blank_lines,
            comments: self.comments + other.comments,
            skipped_lines: self.skipped_lines + other.skipped_lines,
        }
    }
}

/// What has been consumed before a header record.
#[derive(Debug)]
pub(super) struct Preamble {
    pub(super) byte_order_marks: u64,
    pub(super) counts: HeaderCounts,
    /// The number of the line on which the record begins, from 1.
    pub(super) line: u64,
    /// The offset in the input at which the line of the record begins.
    pub(super) line_start: u64,
    /// Covers the bytes before the record.
    pub(super) fingerprint: Fingerprint,
}

impl Preamble {
    /// Nothing has been consumed; `fingerprint` is that of an empty input.
    pub(super) fn new(fingerprint: Fingerprint) -> Self {
        Self { byte_order_marks: 0, counts: HeaderCounts::default(), line: 1, line_start: 0, fingerprint }
    }

    /// Consumes byte order marks. If there are any, counts the one that the conversion from UTF-16 has dropped too.
    pub(super) fn take_byte_order_marks(&mut self, input: &mut InputReader<'_>) -> Result<()> {
        while let [0xef, 0xbb, 0xbf, ..] = input.peek(3)?.0 {
            self.fingerprint.update(&input.take(3));
            self.byte_order_marks += 1;
        }
        let converted = input.decoding().is_some_and(|decoding| decoding.form.encoding.is_some());
        if self.byte_order_marks > 0 && converted {
            self.byte_order_marks += 1;
        }
        Ok(())
    }

    /// Consumes Excel's first line `sep=;`, which names the delimiter. A byte that cannot be a delimiter makes it a
    /// header.
    pub(super) fn take_sep_line(&mut self, input: &mut InputReader<'_>, format: &CsvFormat) -> Result<Option<u8>> {
        // A writer may send only a short header at first, so no more bytes are requested than a `sep=` line has.
        for len in 1..=SEP.len() {
            let begins = input.peek(len)?.0.get(..len).is_some_and(|begin| begin.eq_ignore_ascii_case(&SEP[..len]));
            if !begins {
                return Ok(None);
            }
        }
        let (delimiter, len) = match input.peek(SEP.len() + 2)?.0[SEP.len()..] {
            [delimiter, b'\n', ..] => (delimiter, SEP.len() + 2),
            [delimiter, b'\r', ..] => (delimiter, SEP.len() + 3),
            _ => return Ok(None),
        };
        if input.peek(len)?.0.get(len - 1) != Some(&b'\n') {
            return Ok(None);
        }
        if !is_delimiter(delimiter) || !format.leaves_free(delimiter) {
            return Ok(None);
        }
        self.take_line(input, len);
        self.counts.skipped_lines += 1;
        Ok(Some(delimiter))
    }

    /// Consumes a line, whatever it contains. Returns `false` at the end of the input.
    pub(super) fn skip_line(&mut self, input: &mut InputReader<'_>) -> Result<bool> {
        /// Bytes that are looked at together. A line of any length is skipped in bounded memory.
        const PIECE: usize = 64 * 1024;
        let mut skipped = false;
        loop {
            let bytes = input.peek(1)?.0;
            let piece = &bytes[..bytes.len().min(PIECE)];
            if piece.is_empty() {
                return Ok(skipped);
            }
            skipped = true;
            match memchr::memchr(b'\n', piece) {
                Some(lf) => {
                    self.take_line(input, lf + 1);
                    return Ok(true);
                }
                None => {
                    let len = piece.len();
                    self.fingerprint.update(&input.take(len));
                }
            }
        }
    }

    /// Consumes a line of `len` bytes, line ending included.
    pub(super) fn take_line(&mut self, input: &mut InputReader<'_>, len: usize) {
        self.fingerprint.update(&input.take(len));
        self.line += 1;
        self.line_start = input.offset();
    }
}
