//! How the files of one side are written, as far as it is configured.

use super::dialect::Dialect;

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
}

impl Default for CsvFormat {
    fn default() -> Self {
        Self { delimiter: None, quote: Some(b'"') }
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

    /// The dialect with this delimiter.
    pub(crate) fn dialect(&self, delimiter: u8) -> Dialect {
        Dialect { delimiter, quote: self.quote }
    }
}
