//! The header record: the column names, and the checks made before other records are read.

use super::delimiter;
use super::fatal_record::{FatalRecord, FatalRecordKind, fatal};
use super::file_kind::StoredForm;
use super::foreign::convert_with;
use super::header_look::HeaderLook;
use super::preamble::{HeaderCounts, Preamble};
use super::reader::InputReader;
use super::record::{Field, Flaws, parse_record};
use crate::error::{Error, ErrorKind, Place, Result, Setting, escape, words};
use crate::exec::fingerprint::Fingerprint;
use crate::model::csv_format::CsvFormat;
use crate::model::delimiter_source::{DelimiterSource, SideDelimiter};
use crate::model::dialect::Dialect;
use crate::model::digest::Digest;
use crate::model::sides::Side;
use std::path::{Path, PathBuf};

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
    pub(crate) dialect: Dialect,
    pub(crate) delimiter_source: DelimiterSource,
    /// What it looks like if it lacks a wanted column.
    pub(crate) look: Option<HeaderLook>,
    /// What was skipped before the header.
    pub(crate) counts: HeaderCounts,
    /// The number of the line after the header, from 1.
    pub(crate) next_line: u64,
    /// The fingerprint of the bytes up to the end of the header, including those before it.
    pub(crate) fingerprint: Fingerprint,
}

/// How the headers of one side are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeaderReader<'a> {
    pub(crate) side: Side,
    pub(crate) format: &'a CsvFormat,
    /// The delimiter of an earlier file of the side, which applies to all of them.
    pub(crate) known: Option<SideDelimiter>,
    /// The names of the columns that the join needs. A delimiter that is not given is found by them.
    pub(crate) wanted: &'a [&'a [u8]],
    /// Longest record accepted, in bytes without the line ending.
    pub(crate) max_record: usize,
    /// The digest of the fingerprint, if there is one.
    pub(crate) digest: Option<Digest>,
}

impl HeaderReader<'_> {
    /// Reads what precedes the header, and the header record of an input: the byte order mark, lines to skip, a `sep=`
    /// line, blank lines and comments. A file without a header is read up to its first line after these lines. The
    /// header of an input without a record has no names.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] for a header record that is malformed, longer than
    /// `max_record` bytes, or has a quote that never closes.
    pub(crate) fn read(&self, input: &mut InputReader<'_>) -> Result<Header> {
        // The digest of a decoded input is that of its stored bytes, which the decoder computes.
        let mut start = Preamble::new(Fingerprint::new(self.digest.filter(|_| input.decoding().is_none())));
        start.take_byte_order_marks(input)?;
        for _ in 0..self.format.skip_lines {
            if !start.skip_line(input)? {
                break;
            }
            start.counts.skipped_lines += 1;
        }
        let sep = start.take_sep_line(input, self.format)?;
        if let Some(names) = &self.format.columns {
            return Ok(self.without_header(input, names, sep, start));
        }
        loop {
            let ending = match input.peek(2)?.0 {
                [b'\n', ..] => 1,
                [b'\r', b'\n', ..] => 2,
                [first, ..] if Some(*first) == self.format.comment => {
                    self.take_comment(input, &mut start)?;
                    continue;
                }
                [] => return Ok(self.without_record(input, start)),
                _ => break,
            };
            start.take_line(input, ending);
            start.counts.blank_lines += 1;
        }
        let delimiter = match self.given_delimiter(sep) {
            Some(given) => given,
            None => SideDelimiter {
                byte: delimiter::find(input, self.format, self.wanted, self.max_record)?,
                source: DelimiterSource::Header,
            },
        };
        let look = self.look(input, delimiter, start.line)?;
        match self.read_record(input, delimiter, start) {
            Ok(header) => Ok(Header { look, ..header }),
            Err(error) => Err(match look {
                Some(look @ HeaderLook::Preamble { .. }) => error.hint_words(look.hint(self.side)),
                _ => error,
            }),
        }
    }

    /// What the header record looks like if it lacks a wanted column. It is read to its end, as it will be anyway.
    fn look(&self, input: &mut InputReader<'_>, delimiter: SideDelimiter, line: u64) -> Result<Option<HeaderLook>> {
        let dialect = self.format.dialect(delimiter.byte);
        input.whole_records(1, self.max_record, dialect)?;
        Ok(HeaderLook::of(input.peek(1)?.0, line, self.format, dialect, self.wanted))
    }

    /// The delimiter, unless it has to be found in the header: that of an earlier file, of the options, or of the `sep=`
    /// line.
    fn given_delimiter(&self, sep: Option<u8>) -> Option<SideDelimiter> {
        let of = |byte: Option<u8>, source| byte.map(|byte| SideDelimiter { byte, source });
        let option = of(self.format.delimiter, DelimiterSource::Option);
        self.known.or(option).or(of(sep, DelimiterSource::SepLine))
    }

    /// The header of a file without one: the configured names.
    fn without_header(
        &self,
        input: &mut InputReader<'_>,
        names: &[Vec<u8>],
        sep: Option<u8>,
        start: Preamble,
    ) -> Header {
        let comma = SideDelimiter { byte: b',', source: DelimiterSource::Default };
        let delimiter = self.given_delimiter(sep).unwrap_or(comma);
        input.set_indent(input.offset() - start.line_start);
        let dialect = self.format.dialect(delimiter.byte);
        let raw = |name: &Vec<u8>| {
            let mut field = vec![];
            dialect.write_field(name, &mut field);
            field
        };
        let header = self.of_preamble(input, delimiter, start);
        Header { raw: names.iter().map(raw).collect(), names: names.to_vec(), ..header }
    }

    /// The header of an input that contains no record.
    fn without_record(&self, input: &InputReader<'_>, start: Preamble) -> Header {
        let comma = SideDelimiter { byte: b',', source: DelimiterSource::Default };
        self.of_preamble(input, comma, start)
    }

    /// A header without names.
    fn of_preamble(&self, input: &InputReader<'_>, delimiter: SideDelimiter, start: Preamble) -> Header {
        Header {
            raw: vec![],
            names: vec![],
            dialect: self.format.dialect(delimiter.byte),
            delimiter_source: delimiter.source,
            look: None,
            byte_order_marks: start.byte_order_marks,
            counts: start.counts,
            next_line: start.line,
            path: input.file().path.clone(),
            fingerprint: start.fingerprint,
        }
    }

    /// Consumes a comment before the header.
    fn take_comment(&self, input: &mut InputReader<'_>, start: &mut Preamble) -> Result<()> {
        // The delimiter is not known yet, and has no meaning in a comment.
        let dialect = self.format.dialect(b',');
        let len = input.whole_records(1, self.max_record, dialect)?;
        let comment = parse_record(&input.peek(len)?.0[..len], 0, dialect, &mut Vec::new());
        if (comment.end as usize) > self.max_record {
            let fatal = FatalRecord { place: 0, kind: FatalRecordKind::TooLong };
            let column = input.offset() - start.line_start + 1;
            let place = Place::at(&input.file().path, start.line, column, input.offset());
            return Err(fatal.error(place, self.max_record, self.side));
        }
        start.take_line(input, len);
        start.counts.comments += 1;
        Ok(())
    }

    /// Reads the header record.
    fn read_record(&self, input: &mut InputReader<'_>, delimiter: SideDelimiter, start: Preamble) -> Result<Header> {
        let Preamble { byte_order_marks, counts, line, line_start, mut fingerprint } = start;
        let (dialect, max_record) = (self.format.dialect(delimiter.byte), self.max_record);
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
            Place::at(&path, line + lines, byte - start + 1, byte)
        };
        let mut fields: Vec<Field> = Vec::new();
        let parsed = parse_record(&record, 0, dialect, &mut fields);
        let Flaws { after_quote, bare_cr, last_escape } = parsed.flaws;
        let first_flaw = [after_quote, bare_cr, last_escape].into_iter().flatten().min();
        let fatal = fatal(&record, &parsed, max_record, dialect);
        // A file with old-Mac line endings (CR alone) parses as a single record. The error should be about its first
        // CR, not about the length of the record or a quote that is open at its end. This needs the byte after the CR,
        // which may be LF.
        let old_mac = first_flaw.filter(|&at| record[at as usize] == b'\r' && at as usize + 1 < record.len());
        let precedes =
            |fatal: &FatalRecord| old_mac.is_some_and(|at| fatal.kind == FatalRecordKind::TooLong || at < fatal.place);
        if let Some(fatal) = fatal.filter(|fatal| !precedes(fatal)) {
            return Err(fatal.error(place(fatal.place), max_record, self.side));
        }
        if let Some(at) = first_flaw {
            let bytes = &record[parsed.start as usize..parsed.end as usize];
            let text = format!("the header is malformed: {}", escape(bytes));
            let error = Error::new(ErrorKind::Malformed, text).at(place(at));
            let stored = input.decoding().map_or_else(StoredForm::default, |decoding| decoding.form);
            return Err(match (record[at as usize], delimiter::likely(bytes, dialect, None)) {
                _ if is_binary(bytes) => error.hint(
                    "this does not look like text: a compressed or encrypted file has to be converted to CSV first",
                ),
                (b'\r', _) if record[at as usize..].starts_with(b"\r\r\n") => {
                    let convert = convert_with(&path, stored, r"sed 's/\r*$//'");
                    error.hint(format!("the lines end in CR CR LF, as after two conversions of LF to CRLF; {convert}"))
                }
                (b'\r', _) => {
                    let convert = convert_with(&path, stored, r"tr '\r' '\n'");
                    error.hint(format!("the file has old-Mac line endings (CR alone); {convert}"))
                }
                // With a wrong delimiter, the true one looks like text after a closing quote.
                (byte, Some(likely)) if byte == likely.byte => error.hint_words(words![
                    "the delimiter is likely wrong; try ",
                    self.side.setting(Setting::Delimiter),
                    format!(" '{}'", likely.name)
                ]),
                _ if last_escape == Some(at) => {
                    error.hint("the file may be truncated: no byte follows its last escape byte")
                }
                _ if dialect.escape.is_none() && record[..at as usize - 1].ends_with(b"\\") => {
                    error.hint_words(words![
                        "the quote after the backslash may be escaped; try ",
                        self.side.setting(Setting::Escape),
                        r" '\'"
                    ])
                }
                _ => error.hint_words(words![
                    "text follows a closing quote; if quotes mean nothing in this file, use ",
                    self.side.setting(Setting::NoQuoting)
                ]),
            });
        }
        let lines = memchr::memchr_iter(b'\n', &record).count() as u64;
        Ok(Header {
            raw: fields.iter().map(|field| field.raw(&record).to_vec()).collect(),
            names: fields.iter().map(|field| field.value(&record, dialect).into_owned()).collect(),
            byte_order_marks,
            counts,
            next_line: line + lines,
            dialect,
            delimiter_source: delimiter.source,
            look: None,
            path: path.clone(),
            fingerprint,
        })
    }
}

/// Whether a header contains control characters that text does not have.
fn is_binary(header: &[u8]) -> bool {
    header.iter().any(|byte| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r'))
}

/// The error for an input that has no header.
fn no_record(path: &Path) -> Error {
    Error::new(ErrorKind::Malformed, "has no header: it contains no record").at(Place::file(path))
}

impl Header {
    /// Reads the header record of a file of a published set. No byte order mark is skipped: the program writes none, so
    /// such bytes belong to the first name.
    ///
    /// # Errors
    /// As for [`HeaderReader::read`].
    pub(crate) fn read_of_set(
        input: &mut InputReader<'_>,
        dialect: Dialect,
        max_record: usize,
        digest: Option<Digest>,
    ) -> Result<Self> {
        if input.peek(1)?.0.is_empty() {
            return Err(no_record(&input.file().path));
        }
        let start = Preamble::new(Fingerprint::new(digest));
        let format = CsvFormat {
            delimiter: Some(dialect.delimiter),
            quote: dialect.quote,
            escape: dialect.escape,
            comment: dialect.comment,
            skip_initial_space: dialect.skip_initial_space,
            ..CsvFormat::default()
        };
        let reader =
            HeaderReader { side: Side::Purchases, format: &format, known: None, wanted: &[], max_record, digest };
        reader.read_record(input, SideDelimiter { byte: dialect.delimiter, source: DelimiterSource::Option }, start)
    }

    /// The delimiter and where it comes from.
    pub(crate) fn found_delimiter(&self) -> SideDelimiter {
        SideDelimiter { byte: self.dialect.delimiter, source: self.delimiter_source }
    }

    /// Whether the input contains no record, not even a header.
    pub(crate) fn is_missing(&self) -> bool {
        self.names.is_empty()
    }

    /// The error for an input without a header.
    pub(crate) fn missing(&self) -> Error {
        no_record(&self.path)
    }

    /// Whether the delimiter separates the header into at least two fields.
    pub(crate) fn is_separated(&self) -> bool {
        self.names.len() > 1
    }

    /// The error for a column that must occur once but occurs twice, with the positions from 1.
    pub(crate) fn occurs_twice(&self, name: &[u8]) -> Error {
        let mut columns = (1..).zip(&self.names).filter(|(_, found)| *found == name).map(|(column, _)| column);
        let (first, second) = (columns.next().unwrap_or(0), columns.next().unwrap_or(0));
        self.error(format!("column occurs twice: {}, in columns {first} and {second}", escape(name)))
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
