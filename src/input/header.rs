//! The header record: the column names, and the checks made before other records are read.

use super::delimiter_guess::{self, different_delimiters};
use super::fatal_record::{FatalRecord, FatalRecordKind, fatal};
use super::foreign::convert_with;
use super::reader::InputReader;
use super::record::{Field, parse_record};
use crate::error::{Error, ErrorKind, Place, Result, Setting, escape, words};
use crate::exec::fingerprint::Fingerprint;
use crate::model::dialect::Dialect;
use crate::model::digest::Digest;
use std::path::{Path, PathBuf};

const NO_RECORD: &str = "has no header: it contains no record";

/// The header of one file.
#[derive(Debug)]
pub(crate) struct Header {
    path: PathBuf,
    /// The exact bytes of each name, quotes included.
    pub(crate) raw: Vec<Vec<u8>>,
    /// The value of each name.
    pub(crate) names: Vec<Vec<u8>>,
    /// Byte order marks before the header.
    pub(crate) byte_order_marks: u64,
    /// Blank lines before the header.
    pub(crate) blank_lines: u64,
    /// The number of the line after the header, from 1.
    pub(crate) next_line: u64,
    /// The fingerprint of the bytes up to the end of the header, including those before it.
    pub(crate) fingerprint: Fingerprint,
}

/// What precedes a header record.
struct RecordStart {
    byte_order_marks: u64,
    blank_lines: u64,
    /// The offset in the input at which the line of the record begins.
    line_start: u64,
    /// Covers the bytes before the record.
    fingerprint: Fingerprint,
}

impl Header {
    /// Reads the byte order mark, blank lines and the header record of an input. The fingerprint has this digest, if
    /// there is one. `delimiter_is_right` says that the delimiter separates the header of another input; it affects
    /// only a hint.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] for an input without a header or and for a header record that is
    /// malformed, longer than `max_record` bytes, or has a quote that never closes.
    pub(crate) fn read(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        digest: Option<Digest>,
        delimiter_is_right: bool,
    ) -> Result<Self> {
        let path = input.file().path.clone();
        let malformed = |text: &str| Error::new(ErrorKind::Malformed, text).at(Place::file(&path));
        let mut fingerprint = Fingerprint::new(digest);
        let mut byte_order_marks = 0;
        while let [0xef, 0xbb, 0xbf, ..] = input.peek(3)?.0 {
            fingerprint.update(&input.take(3));
            byte_order_marks += 1;
        }
        // The conversion from UTF-16 drops the first mark.
        if byte_order_marks > 0 && input.decoding().is_some_and(|decoding| decoding.encoding.is_some()) {
            byte_order_marks += 1;
        }
        let mut blank_lines = 0;
        let mut line_start = 0;
        loop {
            let ending = match input.peek(2)?.0 {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                [] => return Err(malformed(NO_RECORD)),
                _ => break,
            };
            fingerprint.update(&input.take(ending));
            blank_lines += 1;
            line_start = input.offset();
        }
        let start = RecordStart { byte_order_marks, blank_lines, line_start, fingerprint };
        Self::read_record(input, dialect, max_record, start, delimiter_is_right)
    }

    /// Reads the header record of a file of a published set. No byte order mark is skipped: the program writes none, so
    /// such bytes belong to the first name.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub(crate) fn read_of_set(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        digest: Option<Digest>,
    ) -> Result<Self> {
        match input.peek(1)?.0 {
            [] => Err(Error::new(ErrorKind::Malformed, NO_RECORD).at(Place::file(&input.file().path))),
            _ => {
                let fingerprint = Fingerprint::new(digest);
                let start = RecordStart { byte_order_marks: 0, blank_lines: 0, line_start: 0, fingerprint };
                Self::read_record(input, dialect, max_record, start, false)
            }
        }
    }

    /// Reads the header record.
    fn read_record(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        start: RecordStart,
        delimiter_is_right: bool,
    ) -> Result<Self> {
        let RecordStart { byte_order_marks, blank_lines, line_start, mut fingerprint } = start;
        let path = input.file().path.clone();
        let len = input.whole_records(1, max_record, dialect)?;
        let offset = input.offset();
        let record = input.take(len);
        fingerprint.update(&record);
        let place = |at: u32| {
            let before = &record[..at as usize];
            let lines = memchr::memchr_iter(b'\n', before).count() as u64;
            let byte = offset + u64::from(at);
            let start = memchr::memrchr(b'\n', before).map_or(line_start, |lf| offset + lf as u64 + 1);
            Place::at(&path, 1 + blank_lines + lines, byte - start + 1, byte)
        };
        let mut fields: Vec<Field> = Vec::new();
        let parsed = parse_record(&record, 0, dialect, &mut fields);
        let first_flaw = [parsed.flaws.after_quote, parsed.flaws.bare_cr].into_iter().flatten().min();
        let fatal = fatal(&record, &parsed, max_record, dialect);
        // A file with old-Mac line endings (CR alone) parses as a single record. The error should be about its first
        // CR, not about the length of the record or a quote that is open at its end. This needs the byte after the CR,
        // which may be LF.
        let old_mac = first_flaw.filter(|&at| record[at as usize] == b'\r' && at as usize + 1 < record.len());
        let precedes =
            |fatal: &FatalRecord| old_mac.is_some_and(|at| fatal.kind == FatalRecordKind::TooLong || at < fatal.place);
        if let Some(fatal) = fatal.filter(|fatal| !precedes(fatal)) {
            return Err(fatal.error(place(fatal.place), max_record));
        }
        if let Some(at) = first_flaw {
            let bytes = &record[parsed.start as usize..parsed.end as usize];
            let text = format!("the header is malformed: {}", escape(bytes));
            let error = Error::new(ErrorKind::Malformed, text).at(place(at));
            return Err(match (record[at as usize], delimiter_guess::likely(bytes, dialect, None)) {
                (b'\r', _) if record[at as usize..].starts_with(b"\r\r\n") => {
                    let convert = convert_with(&path, r"sed 's/\r*$//'");
                    error.hint(format!("the lines end in CR CR LF, as after two conversions of LF to CRLF; {convert}"))
                }
                (b'\r', _) => {
                    let convert = convert_with(&path, r"tr '\r' '\n'");
                    error.hint(format!("the file has old-Mac line endings (CR alone); {convert}"))
                }
                // With a wrong delimiter, the true one looks like text after a closing quote.
                (byte, Some(likely)) if byte == likely.byte && delimiter_is_right => {
                    error.hint(different_delimiters(&path, likely, dialect))
                }
                (byte, Some(likely)) if byte == likely.byte => error.hint_words(words![
                    "the delimiter is likely wrong; try ",
                    Setting::Delimiter,
                    format!(" '{}'", likely.name)
                ]),
                _ => error.hint_words(words![
                    "text follows a closing quote; if quotes mean nothing in this file, use ",
                    Setting::NoQuoting
                ]),
            });
        }
        let lines = memchr::memchr_iter(b'\n', &record).count() as u64;
        Ok(Self {
            raw: fields.iter().map(|field| field.raw(&record).to_vec()).collect(),
            names: fields.iter().map(|field| field.value(&record, dialect).into_owned()).collect(),
            byte_order_marks,
            blank_lines,
            next_line: 1 + blank_lines + lines,
            path: path.clone(),
            fingerprint,
        })
    }

    /// Whether the delimiter separates the header into at least two fields.
    pub(crate) fn is_separated(&self) -> bool {
        self.names.len() > 1
    }

    /// The error for a column that must occur once but occurs twice.
    pub(crate) fn occurs_twice(&self, name: &[u8]) -> Error {
        self.error(format!("column occurs twice: {}", escape(name)))
    }

    /// An error about this header.
    pub(crate) fn error(&self, text: String) -> Error {
        Error::new(ErrorKind::Header, text).at(Place::file(&self.path))
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}
