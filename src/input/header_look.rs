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
    /// This line, from 1, has all wanted names: the lines before it are a preamble.
    Preamble { header_line: u64 },
    /// A wanted name follows blanks.
    InitialBlanks,
    /// A wanted name is enclosed in single quotes.
    SingleQuotes,
    /// The values look like those of a record.
    Data {
        /// The delimiter that was found, if `--no-header` needs it as an option.
        delimiter: Option<u8>,
    },
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
        if let Some(more) = later_header(header, format, dialect, wanted) {
            return Some(Self::Preamble { header_line: line + more });
        }
        let after_blanks = |name: &&[u8]| names.iter().any(|found| is_after_blanks(found, name));
        if wanted.iter().any(after_blanks) {
            return Some(Self::InitialBlanks);
        }
        let quoted = |name: &&[u8]| has(&[b"'", *name, b"'"].concat());
        if dialect.quote == Some(b'"') && wanted.iter().any(quoted) {
            return Some(Self::SingleQuotes);
        }
        let is_number = |value: &[u8]| matches!(amount::parse(without_single_quotes(value)), Amount::Exact { .. });
        let is_data = record.is_well_formed()
            && fields.len() >= wanted.len()
            && !wanted.iter().any(|name| has(name))
            && names.iter().any(|value| is_number(value));
        // The delimiter of a file without a header is not detected; the default is the comma.
        let is_default = format.delimiter.is_some() || dialect.delimiter == b',';
        is_data.then_some(Self::Data { delimiter: (!is_default).then_some(dialect.delimiter) })
    }

    /// What to do about it.
    pub(crate) fn hint(self, side: Side) -> Words {
        match self {
            Self::Preamble { header_line } => words![
                format!("line {header_line} has the names of the columns; try "),
                side.setting(Setting::SkipLines),
                format!(" {}", header_line - 1)
            ],
            Self::InitialBlanks => {
                words!["the names follow blanks; read them with --", side.name(), "-skip-initial-space"]
            }
            Self::SingleQuotes => {
                words!["the names are in single quotes; try ", side.setting(Setting::Quote), " \"'\""]
            }
            Self::Data { delimiter } => {
                let other = delimiter.and_then(candidate);
                let other = other.map(|found| format!(", and add --{}-delimiter '{}'", side.name(), found.name));
                words![
                    "the first record looks like data; if the file has no header, name its columns with --",
                    side.name(),
                    "-no-header and ",
                    side.columns(),
                    " NAMES",
                    other.unwrap_or_default()
                ]
            }
        }
    }

    /// What to do about it in a file after the first one of its side, to which the same options apply.
    pub(crate) fn hint_for_later_file(self) -> Words {
        match self {
            Self::Preamble { header_line } => format!(
                "line {header_line} has the names of the columns; options apply to all files of a side, so remove the \
                 lines before it"
            )
            .into(),
            Self::InitialBlanks | Self::SingleQuotes => {
                "options apply to all files of a side, so write the names as in the first file".into()
            }
            Self::Data { .. } => {
                "the first record looks like data; add the header of the first file to this one".into()
            }
        }
    }
}

/// The number of lines from the start of `bytes` to the next line that has all wanted names, whatever the delimiter. A
/// name may follow blanks, be in single quotes or differ in letter case: once the lines are skipped, another message
/// reports that.
fn later_header(bytes: &[u8], format: &CsvFormat, dialect: Dialect, wanted: &[&[u8]]) -> Option<u64> {
    let others = CANDIDATES.iter().map(|candidate| candidate.byte).filter(|byte| format.leaves_free(*byte));
    let dialects: Vec<Dialect> =
        std::iter::once(dialect.delimiter).chain(others).map(|delimiter| format.dialect(delimiter)).collect();
    let mut fields: Vec<Field> = vec![];
    let mut has_all = |line: &[u8]| {
        dialects.iter().any(|&dialect| {
            let record: Record = parse_record(line, 0, dialect, &mut fields);
            let is_name = |found: &[u8], name: &[u8]| {
                found == name || trim_blanks(without_single_quotes(trim_blanks(found))).eq_ignore_ascii_case(name)
            };
            let has = |name: &&[u8]| fields.iter().any(|field| is_name(&field.value(line, dialect), name));
            record.is_well_formed() && wanted.iter().all(has)
        })
    };
    let lines = bytes.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    (0..).zip(lines).skip(1).find(|(_, line)| has_all(line)).map(|(number, _)| number)
}

/// The value inside single quotes.
fn without_single_quotes(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"'").and_then(|rest| rest.strip_suffix(b"'")).unwrap_or(value)
}

/// Whether a value is a name after blanks.
fn is_after_blanks(value: &[u8], name: &[u8]) -> bool {
    value.len() > name.len()
        && value.ends_with(name)
        && value[..value.len() - name.len()].iter().all(|byte| b" \t".contains(byte))
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
        const DATA: Option<HeaderLook> = Some(HeaderLook::Data { delimiter: None });
        let preamble = |header_line| Some(HeaderLook::Preamble { header_line });
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
        assert_eq!(look("'x17','12.50'\n"), DATA);
        for nothing in ["id,cost,2024\n", "17\n", "a,b\n", "", "\"17,Pen,12.50\n"] {
            assert_eq!(look(nothing), None, "{nothing}");
        }
        assert_eq!(look(&format!("Report\n{}id,price\n", "\n".repeat(600))), preamble(604));
        assert_eq!(look(&format!("Report\n{}id,price\n", "\n".repeat(MAX_BYTES))), None, "too far away");
        let semicolons = CsvFormat::default();
        let look = |format: &CsvFormat| HeaderLook::of(b"1;2\n", 1, format, format.dialect(b';'), &[b"id", b"price"]);
        assert_eq!(look(&semicolons), Some(HeaderLook::Data { delimiter: Some(b';') }));
        assert_eq!(look(&semicolons.delimiter(b';')), DATA, "it is given");
    }
}
