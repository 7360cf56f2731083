//! What a header looks like in which a wanted column is missing, so that the message can name the option that helps.

use super::record::{Field, Record, parse_record};
use crate::error::{Setting, Words, words};
use crate::model::amount::{self, Amount};
use crate::model::csv_format::CsvFormat;
use crate::model::delimiters::{CANDIDATES, candidate};
use crate::model::dialect::{Dialect, trim_blanks};
use crate::model::sides::Side;

/// The most bytes that are examined, from the start of the header.
const MAX_BYTES: usize = 64 * 1024;

/// What a header without a wanted column looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderLook {
    /// This line, from 1, has all wanted names: the lines before it are a preamble, unless one of them looks like data.
    Preamble { header_line: u64, after_data: bool },
    /// A wanted name follows blanks.
    InitialBlanks,
    /// A wanted name is enclosed in single quotes.
    SingleQuotes,
    /// The values look like those of a record.
    Data { delimiter: DataDelimiter, single_quotes: bool, initial_blanks: bool },
}

/// The delimiter of a file that seems to have no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DataDelimiter {
    /// It is given, or the comma, which is the default.
    Known,
    /// It may be the comma or another one.
    Unknown,
    /// It must be given.
    Found(u8),
}

impl HeaderLook {
    /// What the header record at the start of `bytes` looks like; it begins on line `line`. `None` if it has all wanted
    /// names or looks like nothing in particular. `bytes` may end anywhere after the record.
    pub(super) fn of(bytes: &[u8], line: u64, format: &CsvFormat, dialect: Dialect, wanted: &[&[u8]]) -> Option<Self> {
        let mut fields = vec![];
        let header = &bytes[..bytes.len().min(MAX_BYTES)];
        let record = parse_record(header, 0, dialect, &mut fields);
        let names: Vec<_> = fields.iter().map(|field| field.value(header, dialect)).collect();
        let has = |name: &[u8]| names.iter().any(|found| **found == *name);
        if wanted.iter().all(|name| has(name)) {
            return None;
        }
        let search = HeaderSearch::new(format, dialect, wanted);
        let after_blanks = |name: &&[u8]| names.iter().any(|found| is_after_blanks(found, dialect, name));
        if wanted.iter().any(after_blanks) {
            return Some(Self::InitialBlanks);
        }
        let quoted = |name: &&[u8]| has(&[b"'", *name, b"'"].concat());
        if dialect.quote == Some(b'"') && wanted.iter().any(quoted) {
            return Some(Self::SingleQuotes);
        }
        if let Some((more, after_data)) = search.later_header(header) {
            return Some(Self::Preamble { header_line: line + more, after_data });
        }
        let is_number = |value: &[u8]| matches!(amount::parse(without_quotes(value, b'\'')), Amount::Exact { .. });
        let is_data = record.is_well_formed()
            && fields.len() >= wanted.len()
            && !wanted.iter().any(|name| has(name))
            && names.iter().any(|value| is_number(value));
        let single_quotes = names.iter().any(|value| value.len() > without_quotes(value, b'\'').len());
        let initial_blanks = names.iter().any(|value| value.starts_with(b" "));
        // The delimiter of a file without a header is not detected; the default is the comma.
        let line = first_line(header);
        let other = search.dialects[1..].iter().map(|other| other.delimiter).find(|byte| line.contains(byte));
        let delimiter = match dialect.delimiter {
            _ if format.delimiter.is_some() => DataDelimiter::Known,
            b',' if other.is_some() => DataDelimiter::Unknown,
            b',' => DataDelimiter::Known,
            found => DataDelimiter::Found(found),
        };
        is_data.then_some(Self::Data { delimiter, single_quotes, initial_blanks })
    }

    /// What to do about it.
    pub(crate) fn hint(self, side: Side) -> Words {
        match self {
            Self::Preamble { header_line, after_data } => words![
                format!("line {header_line} has the names of the columns; "),
                if after_data { "if no line before it is a record, use " } else { "try " },
                side.setting(Setting::SkipLines),
                format!(" {}", header_line - 1)
            ],
            Self::InitialBlanks => {
                words!["the names follow blanks; read them with --", side.name(), "-skip-initial-space"]
            }
            Self::SingleQuotes => {
                words!["the names are in single quotes; try ", side.setting(Setting::Quote), " \"'\""]
            }
            Self::Data { delimiter, single_quotes, initial_blanks } => {
                let side_name = side.name();
                let mut more = match delimiter {
                    DataDelimiter::Known => String::new(),
                    DataDelimiter::Unknown => {
                        format!(", and its delimiter with --{side_name}-delimiter if that is not ','")
                    }
                    DataDelimiter::Found(byte) => {
                        let name = candidate(byte).map_or(",", |found| found.name);
                        format!(", and add --{side_name}-delimiter '{name}'")
                    }
                };
                if single_quotes {
                    more += &format!(", and add --{side_name}-quote \"'\"");
                }
                if initial_blanks {
                    more += &format!(", and add --{side_name}-skip-initial-space");
                }
                words![
                    "the first record looks like data; if the file has no header, name its columns with --",
                    side_name,
                    "-no-header and ",
                    side.columns(),
                    " NAMES",
                    more
                ]
            }
        }
    }

    /// What to do about it in one of several files of a side that do not all look like that: options apply to all of
    /// them.
    pub(crate) fn hint_for_one_file(self) -> Words {
        match self {
            Self::Preamble { header_line, .. } => format!(
                "line {header_line} has the names of the columns; options apply to all files of a side, so remove the \
                 lines before it, unless they are records"
            )
            .into(),
            Self::InitialBlanks | Self::SingleQuotes => {
                "options apply to all files of a side, so write the names and values of this one as in the others"
                    .into()
            }
            Self::Data { .. } => {
                "the first record looks like data; write this file as the others, with a header and their delimiter"
                    .into()
            }
        }
    }
}

/// Looks for the header in the lines after the first one.
struct HeaderSearch<'a> {
    /// The current dialect, and those with other delimiters.
    dialects: Vec<Dialect>,
    wanted: &'a [&'a [u8]],
}

impl<'a> HeaderSearch<'a> {
    fn new(format: &CsvFormat, dialect: Dialect, wanted: &'a [&'a [u8]]) -> Self {
        let others = CANDIDATES.iter().map(|candidate| candidate.byte);
        let others = others.filter(|byte| *byte != dialect.delimiter && format.leaves_free(*byte));
        let delimiters = std::iter::once(dialect.delimiter).chain(others);
        Self { dialects: delimiters.map(|delimiter| format.dialect(delimiter)).collect(), wanted }
    }

    /// The number of lines from the start of `bytes` to the next line that has all wanted names, whatever the delimiter,
    /// and whether a line before it looks like data. `None` if the first line has the names: it is the header, and has
    /// another fault. A name may follow blanks, be in quotes or differ in letter case: once the lines are skipped, another
    /// message reports that.
    fn later_header(&self, bytes: &[u8]) -> Option<(u64, bool)> {
        let mut lines = bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        if self.dialect_of_header(lines.next()?).is_some() {
            return None;
        }
        let (number, dialect) =
            (1..).zip(lines).find_map(|(number, line)| Some((number, self.dialect_of_header(line)?)))?;
        let mut before = bytes.split(|&byte| byte == b'\n').take(number as usize);
        Some((number, before.any(|line| self.is_data(line, dialect))))
    }

    /// The dialect with which a line has all wanted names.
    fn dialect_of_header(&self, line: &[u8]) -> Option<Dialect> {
        let mut fields: Vec<Field> = vec![];
        self.dialects.iter().copied().find(|&dialect| {
            let record: Record = parse_record(line, 0, dialect, &mut fields);
            let is_name = |found: &[u8], name: &[u8]| {
                let found = trim_blanks(found);
                let found = without_quotes(without_quotes(found, b'"'), b'\'');
                found == name || trim_blanks(found).eq_ignore_ascii_case(name)
            };
            let has = |name: &&[u8]| fields.iter().any(|field| is_name(&field.value(line, dialect), name));
            record.is_well_formed() && self.wanted.iter().all(has)
        })
    }

    /// Whether a line may be a record: it has as many values as the join needs, one of which begins with a digit.
    fn is_data(&self, line: &[u8], dialect: Dialect) -> bool {
        let mut fields: Vec<Field> = vec![];
        parse_record(line, 0, dialect, &mut fields);
        let values: Vec<_> = fields.iter().map(|field| field.value(line, dialect)).collect();
        let values: Vec<&[u8]> =
            values.iter().map(|value| without_quotes(trim_blanks(value), b'\'')).filter(|v| !v.is_empty()).collect();
        values.len() >= self.wanted.len() && values.iter().any(|value| value[0].is_ascii_digit())
    }
}

/// The bytes up to the first line ending.
fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

/// The value inside quotes.
fn without_quotes(value: &[u8], quote: u8) -> &[u8] {
    value.strip_prefix(&[quote]).and_then(|rest| rest.strip_suffix(&[quote])).unwrap_or(value)
}

/// Whether a value is a name after blanks, in quotes or without.
fn is_after_blanks(value: &[u8], dialect: Dialect, name: &[u8]) -> bool {
    let blanks = value.iter().take_while(|byte| b" \t".contains(byte)).count();
    let rest = &value[blanks..];
    blanks > 0 && (rest == name || dialect.quote.is_some_and(|quote| without_quotes(rest, quote) == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preambles_quotes_and_data_are_recognised() {
        let look = |text: &str| {
            let format = CsvFormat::default();
            HeaderLook::of(text.as_bytes(), 3, &format, format.dialect(b','), &[b"id", b"price"])
        };
        const DATA: Option<HeaderLook> =
            Some(HeaderLook::Data { delimiter: DataDelimiter::Known, single_quotes: false, initial_blanks: false });
        let preamble = |header_line| Some(HeaderLook::Preamble { header_line, after_data: false });
        assert_eq!(look("id,price\nid,price\n"), None);
        assert_eq!(look("Report\n\nid,price\n1,2\n"), preamble(5));
        assert_eq!(look("Report \"of, March\r\nprice;x;id\r\n"), preamble(4));
        assert_eq!(look("sep=;\nid\tprice"), preamble(4));
        assert_eq!(look("Report\nid,cost\n"), None);
        assert_eq!(look("id, price\n1, 2\n"), Some(HeaderLook::InitialBlanks));
        for header in ["id, price", "'id','price'", "ID,Price", "id ;' price'"] {
            assert_eq!(look(&format!("Report\n{header}\n1, 2\n")), preamble(4), "{header}");
        }
        assert_eq!(look("'id','cost'\n'1','2'\n"), Some(HeaderLook::SingleQuotes));
        assert_eq!(look("17,Pen,12.50\n"), DATA);
        assert_eq!(look("17,Pen\n"), DATA);
        let data =
            |delimiter, single_quotes| Some(HeaderLook::Data { delimiter, single_quotes, initial_blanks: false });
        let after_data = |header_line| Some(HeaderLook::Preamble { header_line, after_data: true });
        assert_eq!(look("1,2\n2,3\nid,price\n"), after_data(5));
        assert_eq!(look("id,cost\n1,2\nid,price\n"), after_data(5));
        assert_eq!(look("ID,Price\n1,2\nid,price\n"), None, "the first line is the header");
        assert_eq!(look("'x17','12.50'\n"), data(DataDelimiter::Known, true));
        assert_eq!(look("1;12,50\n"), data(DataDelimiter::Unknown, false));
        for nothing in ["id,cost,2024\n", "17\n", "a,b\n", "", "\"17,Pen,12.50\n"] {
            assert_eq!(look(nothing), None, "{nothing}");
        }
        assert_eq!(look(&format!("Report\n{}id,price\n", "\n".repeat(600))), preamble(604));
        assert_eq!(look(&format!("Report\n{}id,price\n", "\n".repeat(MAX_BYTES))), None, "too far away");
        let semicolons = CsvFormat::default();
        let look = |format: &CsvFormat| HeaderLook::of(b"1;2\n", 1, format, format.dialect(b';'), &[b"id", b"price"]);
        assert_eq!(look(&semicolons), data(DataDelimiter::Found(b';'), false));
        assert_eq!(look(&semicolons.delimiter(b';')), DATA, "it is given");
    }
}
