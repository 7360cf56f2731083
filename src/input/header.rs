//! The header record: the column names, and the checks made before other records are read.

use super::delimiter_guess;
use super::fatal_record::{FatalRecord, FatalRecordKind, fatal};
use super::reader::InputReader;
use super::record::{Field, parse_record};
use crate::error::{Error, ErrorKind, Place, Result, Setting, Words, escape, words};
use crate::exec::fingerprint::Fingerprint;
use crate::model::dialect::{Dialect, trim_blanks};
use crate::model::digest::Digest;
use std::path::{Path, PathBuf};

const NO_RECORD: &str = "has no header: it contains no record";

/// The hint for an input in an unsupported encoding.
const CONVERT: &str = "convert it first: iconv -f UTF-16 -t UTF-8 (or -f UTF-32)";

/// The header of one file.
#[derive(Debug)]
pub(crate) struct Header {
    path: PathBuf,
    /// The exact bytes of each name, quotes included.
    pub(crate) raw: Vec<Vec<u8>>,
    /// The value of each name.
    pub(crate) names: Vec<Vec<u8>>,
    /// Blank lines before the header.
    pub(crate) blank_lines: u64,
    /// The number of the line after the header, from 1.
    pub(crate) next_line: u64,
    /// The fingerprint of the bytes up to the end of the header, including those before it.
    pub(crate) fingerprint: Fingerprint,
}

impl Header {
    /// Reads the byte order mark, blank lines and the header record of an input. The fingerprint has this digest, if
    /// there is one.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] for an input without a header or in UTF-16 or UTF-32, and for a header record that is
    /// malformed, longer than `max_record` bytes, or has a quote that never closes.
    pub(crate) fn read(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        digest: Option<Digest>,
    ) -> Result<Self> {
        let path = input.file().path.clone();
        let malformed = |text: &str| Error::new(ErrorKind::Malformed, text).at(Place::file(&path));
        let mut fingerprint = Fingerprint::new(digest);
        let start = input.peek(4)?.0;
        match start {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(malformed("is in UTF-32").hint(CONVERT)),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(malformed("is in UTF-16").hint(CONVERT)),
            [0xef, 0xbb, 0xbf, ..] => fingerprint.update(&input.take(3)),
            _ => {}
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
        Self::read_record(input, dialect, max_record, blank_lines, line_start, fingerprint)
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
            _ => Self::read_record(input, dialect, max_record, 0, 0, Fingerprint::new(digest)),
        }
    }

    /// Reads the header record after `blank_lines` blank lines. Its line begins at offset `line_start` of the input.
    /// `fingerprint` covers the bytes before the record.
    fn read_record(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        blank_lines: u64,
        line_start: u64,
        mut fingerprint: Fingerprint,
    ) -> Result<Self> {
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
                (b'\r', _) => {
                    error.hint("the file has old-Mac line endings (CR alone); convert it first: tr '\\r' '\\n'")
                }
                // With a wrong delimiter, the true one looks like text after a closing quote.
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
            blank_lines,
            next_line: 1 + blank_lines + lines,
            path: path.clone(),
            fingerprint,
        })
    }

    /// The index (from 0) of a column that must occur exactly once.
    ///
    /// # Errors
    /// [`ErrorKind::Header`] with the names found and a hint.
    pub(crate) fn column(&self, name: &[u8], setting: Setting, dialect: Dialect) -> Result<usize> {
        let mut indexes = self.names.iter().enumerate().filter(|(_, found)| found.as_slice() == name);
        let shown = escape(name);
        match (indexes.next(), indexes.next()) {
            (Some((index, _)), None) => Ok(index),
            (Some(_), Some(_)) => Err(self
                .error(format!("column {shown} stands twice; found: {}", self.list()))
                .hint_words(words!["rename one of the two, or name another column with ", setting])),
            (None, _) => Err(self
                .error(format!("no column {shown}; found: {}", self.list()))
                .hint_words(self.column_hint(name, setting, dialect))),
        }
    }

    fn column_hint(&self, name: &[u8], setting: Setting, dialect: Dialect) -> Words {
        if let [only] = self.raw.as_slice() {
            let wrong_delimiter = "the header has one field: the delimiter is likely wrong";
            return match delimiter_guess::likely(only, dialect, Some(name)) {
                Some(likely) => words![wrong_delimiter, "; try ", Setting::Delimiter, format!(" '{}'", likely.name)],
                None => words![
                    wrong_delimiter,
                    ", see ",
                    Setting::Delimiter,
                    "; if it is right, name the column with ",
                    setting
                ],
            };
        }
        let is_similar = |found: &&Vec<u8>| trim_blanks(found).eq_ignore_ascii_case(name);
        match self.names.iter().find(is_similar) {
            Some(found) => {
                words![
                    "names are compared byte for byte; if this one is meant: ",
                    setting,
                    format!(" '{}'", escape(found))
                ]
            }
            None => words!["name the column with ", setting],
        }
    }

    fn list(&self) -> String {
        let shown: Vec<String> = self.names.iter().take(30).map(|name| escape(name)).collect();
        let more = if self.names.len() > 30 { format!(" and {} more", self.names.len() - 30) } else { String::new() };
        format!("{}{more}", shown.join(", "))
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
