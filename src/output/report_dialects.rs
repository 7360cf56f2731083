//! The part of a report that says how the files of each side were read.

use crate::model::csv_format::CsvFormat;
use crate::model::delimiter_source::DelimiterSource;
use crate::model::dialect::Dialect;
use crate::model::ragged::Ragged;
use serde::{Deserialize, Serialize};

/// How the files of one side were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputDialect {
    /// The delimiter, as the Unicode character with the value of the byte.
    pub delimiter: char,
    /// Where the delimiter comes from.
    pub delimiter_source: DelimiterSource,
    /// The quote, in the same form as the delimiter; `None` without quoting.
    pub quote: Option<char>,
    /// The byte after which the next byte is data, in the same form; `None` if there is none.
    #[serde(default)]
    pub escape: Option<char>,
    /// The byte with which a comment begins, in the same form; `None` without comments.
    #[serde(default)]
    pub comment: Option<char>,
    /// Whether blanks at the start of a field do not belong to its value.
    #[serde(default)]
    pub skip_initial_space: bool,
    /// The number of lines that were to be skipped at the start of each file.
    #[serde(default)]
    pub skip_lines: u64,
    /// The names of the columns of files without a header; `None` if they have headers.
    #[serde(default)]
    pub columns: Option<Vec<String>>,
    /// What happened to records whose number of fields was not that of the header.
    #[serde(default)]
    pub ragged: Ragged,
}

impl InputDialect {
    /// How the files of a side with this format were read. The delimiter comes from this source.
    pub(crate) fn new(format: &CsvFormat, dialect: Dialect, delimiter_source: DelimiterSource) -> Self {
        let Dialect { delimiter, quote, escape, comment, skip_initial_space } = dialect;
        let text = |name: &Vec<u8>| String::from_utf8_lossy(name).into_owned();
        Self {
            delimiter: char::from(delimiter),
            delimiter_source,
            quote: quote.map(char::from),
            escape: escape.map(char::from),
            comment: comment.map(char::from),
            skip_initial_space,
            skip_lines: format.skip_lines,
            columns: format.columns.as_ref().map(|names| names.iter().map(text).collect()),
            ragged: format.ragged,
        }
    }

    /// The dialect of a report that has only one for both sides, as versions before this part wrote it.
    pub(crate) fn given(delimiter: char, quote: Option<char>) -> Self {
        Self {
            delimiter,
            delimiter_source: DelimiterSource::Option,
            quote,
            escape: None,
            comment: None,
            skip_initial_space: false,
            skip_lines: 0,
            columns: None,
            ragged: Ragged::Reject,
        }
    }

    /// The dialect as bytes; `None` if a run would refuse it.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        let byte =
            |character: char| u8::try_from(u32::from(character)).ok().filter(|byte| !matches!(byte, b'\r' | b'\n'));
        let optional = |character: Option<char>| match character {
            Some(character) => byte(character).map(Some),
            None => Some(None),
        };
        let (delimiter, quote, escape) = (byte(self.delimiter)?, optional(self.quote)?, optional(self.escape)?);
        let (comment, skip_initial_space) = (optional(self.comment)?, self.skip_initial_space);
        let dialect = Dialect { delimiter, quote, escape, comment, skip_initial_space };
        let is_distinct = escape.is_none() || ![Some(delimiter), quote].contains(&escape);
        (quote != Some(delimiter) && is_distinct).then_some(dialect)
    }
}
