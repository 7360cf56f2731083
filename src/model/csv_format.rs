//! How the files of one side are written, as far as it is configured.

use super::dialect::Dialect;
use super::ragged::Ragged;

/// How the CSV files of one side are written. The default is RFC 4180 with a delimiter that is found in the header.
///
/// ```
/// use spendfold::{CsvFormat, Job};
///
/// let job = Job::new("customers.csv", ["purchases.csv"]).customers_format(CsvFormat::new().delimiter(b';'));
/// assert!(job.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct CsvFormat {
    /// The delimiter; `None` if it is found in the header.
    pub(crate) delimiter: Option<u8>,
    /// The quote; `None` without quoting.
    pub(crate) quote: Option<u8>,
    /// The byte after which the next byte is data; `None` if there is none.
    pub(crate) escape: Option<u8>,
    /// The byte with which a comment begins; `None` without comments.
    pub(crate) comment: Option<u8>,
    /// The number of lines before the header that are skipped.
    pub(crate) skip_lines: u64,
    /// The names of the columns of files without a header; `None` if there is a header.
    pub(crate) columns: Option<Vec<Vec<u8>>>,
    /// Whether blanks at the start of a field do not belong to its value.
    pub(crate) skip_initial_space: bool,
    /// What happens to records whose number of fields is not that of the header.
    pub(crate) ragged: Ragged,
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self {
            delimiter: None,
            quote: Some(b'"'),
            escape: None,
            comment: None,
            skip_lines: 0,
            columns: None,
            skip_initial_space: false,
            ragged: Ragged::Reject,
        }
    }
}

impl CsvFormat {
    /// The default format.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the delimiter. It cannot be `"`, CR, LF, a digit, `.`, `+` or `-`, nor the quote. Default: it is found in
    /// the header of the side's first file.
    pub fn delimiter(mut self, delimiter: u8) -> Self {
        self.delimiter = Some(delimiter);
        self
    }

    /// Finds the delimiter in the header, by the names of the columns that the join needs: the comma, unless more of
    /// them are found with `;`, a tab or `|`. This is the default.
    pub fn find_delimiter(mut self) -> Self {
        self.delimiter = None;
        self
    }

    /// Sets the quote, which cannot be a blank, CR, LF, a digit, `.`, `+` or `-`, nor the delimiter. Default `"`.
    pub fn quote(mut self, quote: u8) -> Self {
        self.quote = Some(quote);
        self
    }

    /// Reads `"` as an ordinary byte. Default off.
    pub fn no_quoting(mut self) -> Self {
        self.quote = None;
        self
    }

    /// Reads the byte after this byte as data, inside quotes and outside, as in database exports with `\`. The escape
    /// byte cannot be `N`, a blank, CR, LF, a digit, `.`, `+` or `-`, nor the delimiter, the quote or the comment byte;
    /// the delimiter cannot be `N` either. The escape byte does not belong to the value, except in an unquoted field
    /// that is exactly this byte and `N`. Default: there is none.
    pub fn escape(mut self, byte: u8) -> Self {
        self.escape = Some(byte);
        self
    }

    /// Skips records that begin with this byte. It cannot be a blank, CR, LF, a digit, `.`, `+` or `-`, nor the
    /// delimiter, the quote or the escape byte. Default: none are skipped.
    pub fn comment(mut self, byte: u8) -> Self {
        self.comment = Some(byte);
        self
    }

    /// Skips this many lines at the start of each file, whatever they contain. Default 0.
    pub fn skip_lines(mut self, lines: u64) -> Self {
        self.skip_lines = lines;
        self
    }

    /// The names of the columns of files without a header. The delimiter is then a comma unless it is given, here or by
    /// a `sep=` line. Default: the first record is the header.
    pub fn columns<N: Into<Vec<u8>>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.columns = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Ignores spaces and tabs at the start of a field, other than the delimiter: they do not belong to its value, and
    /// a quote after them opens a quoted field. The combined data keeps them, except in customers' fields that are
    /// rewritten because the dialects of the sides differ. Default off.
    pub fn skip_initial_space(mut self) -> Self {
        self.skip_initial_space = true;
        self
    }

    /// What happens to a record with fewer or more fields than the header. With [`Ragged::Pad`], missing fields are
    /// filled with empty ones, and surplus empty fields are dropped. Default [`Ragged::Reject`].
    pub fn ragged(mut self, ragged: Ragged) -> Self {
        self.ragged = ragged;
        self
    }

    /// The dialect with this delimiter.
    pub(crate) fn dialect(&self, delimiter: u8) -> Dialect {
        let Self { quote, escape, comment, skip_initial_space, .. } = *self;
        Dialect { delimiter, quote, escape, comment, skip_initial_space }
    }

    /// The delimiter if it does not depend on a header: the given one or, for files without a header, the comma.
    pub(crate) fn known_delimiter(&self) -> Option<u8> {
        self.delimiter.or(self.columns.as_ref().map(|_| b','))
    }

    /// Whether a delimiter that is found has no other meaning: it is not the quote, comment or escape byte, nor the `N`
    /// that may follow an escape byte.
    pub(crate) fn leaves_free(&self, delimiter: u8) -> bool {
        let reserved = (self.escape.is_some()).then_some(b'N');
        ![self.quote, self.comment, self.escape, reserved].contains(&Some(delimiter))
    }
}
