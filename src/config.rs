//! The configuration of a run and its validation.

use crate::error::{Error, ErrorKind, Result, Setting};
use crate::model::age_group::{self, AgeGroups};
use crate::model::compression::Compression;
use crate::model::csv_format::CsvFormat;
use crate::model::dialect::{Dialect, is_delimiter, is_escape, is_quote};
use crate::model::digest::Digest;
use crate::model::encoding::{Encoding, EncodingOption};
use crate::model::inputs::{Inputs, is_stdin};
use crate::model::join::Join;
use crate::model::limit::{Limit, OverLimit};
use crate::model::sides::{Side, Sides};
use std::path::{Path, PathBuf};

/// Default chunk size, in bytes of input. Chosen by measurement: with larger chunks, the rows leave the cache before
/// they are written; smaller chunks cost more synchronisation (docs/performance.md).
pub(crate) const DEFAULT_CHUNK_BYTES: usize = 96 * 1024;
/// Default limit for a record, in bytes without its line ending.
pub(crate) const DEFAULT_MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;
/// Upper bound for [`Config::max_record_bytes`].
pub(crate) const MAX_RECORD_BYTES: usize = 512 << 20;
/// The largest allowed number of worker threads. More would only use memory.
pub(crate) const MAX_THREADS: usize = 1024;

/// The longest [`Config::chart_title`] and [`Config::currency`], in characters.
const MAX_TITLE_CHARS: usize = 100;
const MAX_CURRENCY_CHARS: usize = 16;

/// The names of the columns that the join uses. They are bytes, because no encoding is assumed, and are compared with
/// the values of the header fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Key column of the customers.
    pub(crate) customers_key: Vec<u8>,
    /// Key column of the purchases.
    pub(crate) purchases_key: Vec<u8>,
    /// First name of the customers.
    pub(crate) first_name: Vec<u8>,
    /// Last name of the customers.
    pub(crate) last_name: Vec<u8>,
    /// Age of the customers, in years.
    pub(crate) age: Vec<u8>,
    /// Amount of the purchases.
    pub(crate) amount: Vec<u8>,
}

impl Default for Columns {
    fn default() -> Self {
        let name = |text: &str| text.as_bytes().to_vec();
        Self {
            customers_key: name("customer_id"),
            purchases_key: name("customer_id"),
            first_name: name("first_name"),
            last_name: name("last_name"),
            age: name("age"),
            amount: name("price"),
        }
    }
}

/// The settings of a run. [`Config::new`] gives the defaults; [`Config::validate`] checks the values.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The customers exports, read in this order; `-` is standard input. Default `data/customers.csv`.
    pub(crate) customers: Vec<PathBuf>,
    /// The purchases exports, likewise. Default `data/purchases.csv`.
    pub(crate) purchases: Vec<PathBuf>,
    /// The output directory, created if it does not exist. Default `results`.
    pub(crate) out_dir: PathBuf,
    /// Which rows the combined data has. Default full.
    pub(crate) join: Join,
    /// The age groups. Default `Young=18-30,Middle-aged=30-45,Senior=45+`.
    pub(crate) age_groups: AgeGroups,
    /// The names of the columns.
    pub(crate) columns: Columns,
    /// How the files of each side are written. The combined data has the dialect of the purchases.
    pub(crate) formats: Sides<CsvFormat>,
    /// Whether further files of a side may have their columns in another order. Default off.
    pub(crate) match_columns: bool,
    /// The encoding of each side. Default: UTF-8, or UTF-16 with a byte order mark.
    pub(crate) encodings: Sides<Encoding>,
    /// The limit on rejected records. Default: no rejected record.
    pub(crate) max_rejects: Limit,
    /// The limit on unmatched purchases. Default: none.
    pub(crate) max_unmatched: Option<Limit>,
    /// What happens to a set that exceeds a limit. Default: it is held.
    pub(crate) over_limit: OverLimit,
    /// Whether the first rejected record fails the run. Default off.
    pub(crate) strict: bool,
    /// Whether the combined data is written. Default on.
    pub(crate) combined: bool,
    /// How the combined data is compressed. Default: it is not.
    pub(crate) compress: Option<Compression>,
    /// The digest of inputs and outputs in the report. Default none.
    pub(crate) digest: Option<Digest>,
    /// The title of the chart and of the report page. Default `Total spending by age group`.
    pub(crate) chart_title: Option<String>,
    /// The currency of the amounts, for the chart and the report page. Default: none is named.
    pub(crate) currency: Option<String>,
    /// Whether the report page is written. Default on.
    pub(crate) html: bool,
    /// Number of worker threads. Default: the number of processors.
    pub(crate) threads: usize,
    /// Chunk size, in bytes of input; at least 1. Default 96 KiB. Does not affect the output.
    pub(crate) chunk_bytes: usize,
    /// Longest accepted record, in bytes without its line ending. Default 16 MiB.
    pub(crate) max_record_bytes: usize,
    /// Whether regular files are mapped into memory. Default on. Does not affect the output.
    pub(crate) mmap: bool,
    /// Whether the published set survives a power loss. Default off.
    pub(crate) sync: bool,
    /// Whether the run fails if a file of the set or a held set exists. Default off.
    pub(crate) no_clobber: bool,
}

impl Config {
    /// The default configuration for these paths.
    pub(crate) fn new(
        customers: impl Into<PathBuf>,
        purchases: impl Into<PathBuf>,
        out_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            customers: vec![customers.into()],
            purchases: vec![purchases.into()],
            out_dir: out_dir.into(),
            join: Join::default(),
            age_groups: AgeGroups::default(),
            columns: Columns::default(),
            formats: Sides::default(),
            match_columns: false,
            encodings: Sides::default(),
            max_rejects: Limit::Count(0),
            max_unmatched: None,
            over_limit: OverLimit::default(),
            strict: false,
            combined: true,
            compress: None,
            digest: None,
            html: true,
            chart_title: None,
            currency: None,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            chunk_bytes: DEFAULT_CHUNK_BYTES,
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            mmap: true,
            sync: false,
            no_clobber: false,
        }
    }

    /// Checks the settings that can be checked without opening a file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], in most cases with the invalid settings.
    pub(crate) fn validate(&self) -> Result<()> {
        self.validate_formats()?;
        let range = |setting, reason: String, value: usize| {
            Err(Error::config(setting, &reason, Some(value.to_string().as_bytes())))
        };
        if self.threads == 0 || self.threads > MAX_THREADS {
            return range(Setting::Threads, format!("not from 1 to {MAX_THREADS}"), self.threads);
        }
        if self.chunk_bytes == 0 {
            return range(Setting::ChunkBytes, "below 1".into(), 0);
        }
        if self.max_record_bytes == 0 || self.max_record_bytes > MAX_RECORD_BYTES {
            return range(Setting::MaxRecordBytes, format!("not from 1 to {MAX_RECORD_BYTES}"), self.max_record_bytes);
        }
        let too_long = |text: &str, most: usize| text.trim().is_empty() || text.chars().count() > most;
        if let Some(title) = self.chart_title.as_deref()
            && (too_long(title, MAX_TITLE_CHARS) || title.chars().any(char::is_control))
        {
            let reason = format!("not 1 to {MAX_TITLE_CHARS} characters without control characters");
            return Err(Error::config(Setting::ChartTitle, &reason, Some(title.as_bytes())));
        }
        // A digit could be read as a part of the amount.
        let unfit = |character: char| character.is_control() || character.is_numeric();
        if let Some(currency) = self.currency.as_deref()
            && (too_long(currency, MAX_CURRENCY_CHARS) || currency.trim() != currency || currency.chars().any(unfit))
        {
            let reason =
                format!("not 1 to {MAX_CURRENCY_CHARS} characters without digits, control characters and outer blanks");
            return Err(Error::config(Setting::Currency, &reason, Some(currency.as_bytes())));
        }
        if let Some(compression) = self.compress.filter(|_| !self.combined) {
            let reason = "there is no combined data to compress";
            return Err(Error::config(Setting::Compress, reason, Some(compression.to_string().as_bytes())));
        }
        for (setting, paths) in [(Setting::Customers, &self.customers), (Setting::Purchases, &self.purchases)] {
            if paths.is_empty() {
                return Err(Error::config(setting, "no file is given", None));
            }
        }
        if self.inputs().iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err(Error::new(ErrorKind::Config, "standard input can be read only once: -"));
        }
        Ok(())
    }

    fn validate_formats(&self) -> Result<()> {
        for side in Side::ALL {
            let &CsvFormat { delimiter, quote, .. } = self.formats.of(side);
            if let Some(delimiter) = delimiter.filter(|&delimiter| !is_delimiter(delimiter)) {
                let reason = "cannot be a quote, CR, LF, a digit, '.', '+' or '-'";
                let setting = self.format_setting(Setting::Delimiter, side, |format| format.delimiter);
                return Err(Error::config(setting, reason, Some(&[delimiter])));
            }
            let quote_setting = || self.format_setting(Setting::Quote, side, |format| format.quote);
            if let Some(quote) = quote.filter(|&quote| !is_quote(quote)) {
                let reason = "cannot be CR, LF, a blank, a digit, '.', '+' or '-'";
                return Err(Error::config(quote_setting(), reason, Some(&[quote])));
            }
            self.validate_special_bytes(side)?;
            if self.formats.of(side).columns.as_ref().is_some_and(Vec::is_empty) {
                return Err(Error::config(side.columns(), "no column is named", None));
            }
            let known = self.formats.of(side).known_delimiter();
            if let Some(delimiter) = known.filter(|_| known == quote) {
                let delimiter_setting = self.format_setting(Setting::Delimiter, side, |format| format.delimiter);
                let both = [delimiter_setting, quote_setting()];
                return Err(Error::config_of(&both, "cannot be the same byte", Some(&[delimiter])));
            }
        }
        let purchases = &self.formats.purchases;
        purchases.delimiter.map_or(Ok(()), |delimiter| self.check_combined(purchases.dialect(delimiter)))
    }

    /// Checks the escape byte and the comment byte of a side.
    fn validate_special_bytes(&self, side: Side) -> Result<()> {
        let CsvFormat { quote, escape, comment, .. } = self.formats.of(side);
        let delimiter = self.formats.of(side).known_delimiter();
        if let Some(byte) = *escape {
            let setting = self.format_setting(Setting::Escape, side, |format| format.escape);
            if !is_escape(byte) {
                let reason = "cannot be CR, LF, a blank, a digit, 'N', '.', '+' or '-'";
                return Err(Error::config(setting, reason, Some(&[byte])));
            }
            if [delimiter, *quote].contains(escape) {
                return Err(Error::config(setting, "cannot be the delimiter or the quote", Some(&[byte])));
            }
            if delimiter == Some(b'N') {
                let setting = self.format_setting(Setting::Delimiter, side, |format| format.delimiter);
                return Err(Error::config(setting, "cannot be 'N' if there is an escape byte", Some(b"N")));
            }
        }
        if let Some(byte) = *comment {
            let setting = self.format_setting(Setting::Comment, side, |format| format.comment);
            if !is_quote(byte) {
                let reason = "cannot be CR, LF, a blank, a digit, '.', '+' or '-'";
                return Err(Error::config(setting, reason, Some(&[byte])));
            }
            if [delimiter, *quote, *escape].contains(comment) {
                let reason = "cannot be the delimiter, the quote or the escape byte";
                return Err(Error::config(setting, reason, Some(&[byte])));
            }
        }
        Ok(())
    }

    /// The setting of a side that an error names: the setting for both sides if both have the same value.
    fn format_setting<T: PartialEq>(&self, both: Setting, side: Side, value: impl Fn(&CsvFormat) -> T) -> Setting {
        let same = value(&self.formats.customers) == value(&self.formats.purchases);
        if same { both } else { side.setting(both) }
    }

    /// Checks that the program's own names can be written in the dialect of the purchases. If their delimiter is found
    /// in the header, this is checked once it is known.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the setting that contradicts the dialect.
    pub(crate) fn check_combined(&self, dialect: Dialect) -> Result<()> {
        let Dialect { delimiter, quote, escape, .. } = dialect;
        let bare = quote.is_none() && escape.is_none();
        for name in self.age_groups.names() {
            let configured = name != age_group::OTHER && name != age_group::UNKNOWN;
            let has = |byte: Option<u8>| byte.is_some_and(|byte| name.as_bytes().contains(&byte));
            if configured && (has(Some(delimiter)) || has(quote) || has(escape)) {
                let reason = "a name contains the delimiter, the quote or the escape byte";
                return Err(Error::config(Setting::AgeGroups, reason, Some(name.as_bytes())));
            }
            if bare && has(Some(delimiter)) {
                let reason = "a group name contains the delimiter";
                let setting = self.format_setting(Setting::NoQuoting, Side::Purchases, |format| format.quote);
                return Err(Error::config(setting, reason, Some(name.as_bytes())));
            }
        }
        if bare && matches!(delimiter, b' ' | b'_') {
            let reason = "full_name or its values contain the delimiter";
            let setting = self.format_setting(Setting::NoQuoting, Side::Purchases, |format| format.quote);
            return Err(Error::config(setting, reason, Some(&[delimiter])));
        }
        Ok(())
    }

    /// The encoding of each input.
    pub(crate) fn input_encodings(&self) -> Inputs<EncodingOption> {
        let option = |encoding, setting| EncodingOption { encoding, setting };
        let purchases = option(self.encodings.purchases, Setting::PurchasesEncoding);
        let customers = option(self.encodings.customers, Setting::CustomersEncoding);
        Inputs { customers: vec![customers; self.customers.len()], purchases: vec![purchases; self.purchases.len()] }
    }

    /// The paths of the inputs.
    pub(crate) fn inputs(&self) -> Inputs<&Path> {
        Inputs {
            customers: self.customers.iter().map(PathBuf::as_path).collect(),
            purchases: self.purchases.iter().map(PathBuf::as_path).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_dialects_are_refused() {
        let with = |delimiter, quote| {
            let mut config = Config::new("c", "p", "o");
            let format = CsvFormat { delimiter: Some(delimiter), quote, ..CsvFormat::default() };
            config.formats = Sides::both(format);
            config.validate()
        };
        assert!(with(b';', Some(b'\'')).is_ok() && with(b'\t', None).is_ok());
        for delimiter in *b"\r\n0.+-\"'" {
            assert!(with(delimiter, Some(b'\'')).is_err(), "{delimiter}");
        }
        assert!(with(b'o', Some(b'"')).is_err(), "a group name contains the delimiter");
        assert!(with(b' ', None).is_err());
        let with_escape = |escape, change: fn(CsvFormat) -> CsvFormat| {
            let mut config = Config::new("c", "p", "o");
            config.formats = Sides::both(change(CsvFormat::new().delimiter(b';').escape(escape)));
            config.validate().map_err(|error| error.kind())
        };
        assert_eq!(with_escape(b'\\', |format| format), Ok(()));
        for escape in *b"\r\n\t 0.+-N;\"" {
            assert_eq!(with_escape(escape, |format| format), Err(ErrorKind::Config), "{escape}");
        }
        assert_eq!(with_escape(b'\\', |format| format.comment(b'\\')), Err(ErrorKind::Config));
        assert_eq!(with_escape(b'\\', |format| format.delimiter(b'N')), Err(ErrorKind::Config));
        assert_eq!(with_escape(b',', |format| format.find_delimiter()), Ok(()));
        let reason = "the comma is the delimiter of files without a header";
        assert_eq!(
            with_escape(b',', |format| format.find_delimiter().columns(["a"])),
            Err(ErrorKind::Config),
            "{reason}"
        );
        assert_eq!(with_escape(b'\\', |format| format.no_quoting().delimiter(b'_')), Ok(()));
        assert_eq!(with_escape(b'o', |format| format), Err(ErrorKind::Config), "in the name of a group");
    }

    #[test]
    fn titles_and_currencies_are_one_short_line() {
        let check = |title: Option<&str>, currency: Option<&str>| {
            let mut config = Config::new("c", "p", "o");
            (config.chart_title, config.currency) = (title.map(str::to_owned), currency.map(str::to_owned));
            config.validate().map_err(|error| error.kind())
        };
        let (longest, currency) = ("é".repeat(100), "é".repeat(16));
        assert_eq!(check(Some(&longest), Some(&currency)), Ok(()));
        for title in [" ", "", "a\nb", "a\u{1b}[1m", &(longest + "x")] {
            assert_eq!(check(Some(title), None), Err(ErrorKind::Config), "{title:?}");
        }
        for symbol in ["", " ", " EUR", "EUR ", "5", "E5", "\t", "²", &(currency + "x")] {
            assert_eq!(check(None, Some(symbol)), Err(ErrorKind::Config), "{symbol:?}");
        }
    }

    #[test]
    fn standard_input_is_read_at_most_once() {
        let mut config = Config::new("-", "-", "o");
        assert_eq!(config.validate().expect_err("twice").kind(), ErrorKind::Config);
        config.customers = vec!["c".into()];
        assert!(config.validate().is_ok());
    }
}
