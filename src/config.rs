//! The validated configuration of a run: what every other part of the crate is told.

use crate::error::{Error, ErrorKind, Result, Setting};
use crate::model::age_group::{self, AgeGroups};
use crate::model::dialect::Dialect;
use crate::model::inputs::{Inputs, is_stdin};
use crate::model::max_rejects::MaxRejects;
use std::path::{Path, PathBuf};

/// Bytes of input that make one unit of work, unless told otherwise. Measured: the rows of larger ones have left the
/// cache before they are written, smaller ones cost more in hand-overs.
pub(crate) const DEFAULT_CHUNK_BYTES: usize = 96 * 1024;
/// Longest record accepted, in bytes without its line ending, unless told otherwise.
pub(crate) const DEFAULT_MAX_RECORD_BYTES: usize = 16 * 1024 * 1024;
/// Positions inside a chunk have 31 bits, so neither a chunk nor a record may grow past these.
const MOST_CHUNK_BYTES: usize = 1 << 30;
const MOST_RECORD_BYTES: usize = 512 << 20;
const _: () = assert!(MOST_CHUNK_BYTES + MOST_RECORD_BYTES < 1 << 31);
const MOST_CUSTOMERS_CHUNK: usize = 512 * 1024;
/// Most workers a run or a verification may have; more would only cost memory.
pub(crate) const MOST_THREADS: usize = 1024;

/// Which rows the combined data holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Join {
    /// Every purchase, then every customer without one.
    #[default]
    Full,
    /// Every purchase.
    Left,
    /// Purchases with a customer.
    Inner,
}

impl Join {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Full, Self::Left, Self::Inner];

    /// The kind with this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|join| join.name() == name)
    }

    /// The name used on the command line and in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Left => "left",
            Self::Inner => "inner",
        }
    }
}

/// Column names, compared with the header's by value: bytes, as no encoding is assumed. A `&str` turns into one by
/// `.into()`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The key of the customers file.
    pub(crate) customers_key: Vec<u8>,
    /// The key of the purchases files.
    pub(crate) purchases_key: Vec<u8>,
    /// The customers' first name.
    pub(crate) first_name: Vec<u8>,
    /// The customers' last name.
    pub(crate) last_name: Vec<u8>,
    /// The customers' age in years.
    pub(crate) age: Vec<u8>,
    /// The purchases' amount.
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

/// Everything a run needs to know. Build one with [`Config::new`], change what differs, and
/// [`run`](crate::run()) validates it.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// The customers export; `-` is standard input. Default `data/customers.csv`.
    pub(crate) customers: PathBuf,
    /// The purchases exports, read in this order; `-` is standard input. Default `data/purchases.csv`.
    pub(crate) purchases: Vec<PathBuf>,
    /// Where the output set goes; made when absent. Default `results`.
    pub(crate) out_dir: PathBuf,
    /// Which rows the combined data holds. Default full.
    pub(crate) join: Join,
    /// The age groups. Default `Young=18-30,Middle-aged=30-45,Senior=45+`.
    pub(crate) age_groups: AgeGroups,
    /// Column names.
    pub(crate) columns: Columns,
    /// Delimiter and quote, for both files.
    pub(crate) dialect: Dialect,
    /// How many records may be rejected before the outcome says so. Default none.
    pub(crate) max_rejects: MaxRejects,
    /// Stop at the first rejected record and publish nothing. Default off.
    pub(crate) strict: bool,
    /// Write the combined data. Default on.
    pub(crate) combined: bool,
    /// Workers, at least 1. Default: all cores.
    pub(crate) threads: usize,
    /// Bytes of input in one unit of work, at least 1; changes no output. Default 96 KiB.
    pub(crate) chunk_bytes: usize,
    /// Longest record accepted, in bytes without its line ending. Default 16 MiB.
    pub(crate) max_record_bytes: usize,
    /// Map regular files into memory. Default on; changes no output.
    pub(crate) mmap: bool,
    /// Make the published set safe against power loss. Default off.
    pub(crate) sync: bool,
    /// Refuse when any file of the set exists. Default off.
    pub(crate) no_clobber: bool,
}

impl Config {
    /// A configuration with every default, for these files.
    pub(crate) fn new(
        customers: impl Into<PathBuf>,
        purchases: impl Into<PathBuf>,
        out_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            customers: customers.into(),
            purchases: vec![purchases.into()],
            out_dir: out_dir.into(),
            join: Join::default(),
            age_groups: AgeGroups::default(),
            columns: Columns::default(),
            dialect: Dialect::default(),
            max_rejects: MaxRejects::Count(0),
            strict: false,
            combined: true,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            chunk_bytes: DEFAULT_CHUNK_BYTES,
            max_record_bytes: DEFAULT_MAX_RECORD_BYTES,
            mmap: true,
            sync: false,
            no_clobber: false,
        }
    }

    /// Checks what can be checked without opening a file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], with the option's name.
    pub(crate) fn validate(&self) -> Result<()> {
        self.validate_dialect()?;
        let range =
            |setting, text: String, value: usize| Err(Error::config(setting, &format!("{text}, not {value}"), None));
        if self.threads == 0 || self.threads > MOST_THREADS {
            return range(Setting::Threads, format!("from 1 to {MOST_THREADS}"), self.threads);
        }
        if self.chunk_bytes == 0 {
            return range(Setting::ChunkBytes, "at least 1".into(), 0);
        }
        if self.max_record_bytes == 0 || self.max_record_bytes > MOST_RECORD_BYTES {
            return range(Setting::MaxRecordBytes, format!("from 1 to {MOST_RECORD_BYTES}"), self.max_record_bytes);
        }
        if self.purchases.is_empty() {
            return Err(Error::config(Setting::Purchases, "at least one file", None));
        }
        if self.inputs().iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err(Error::new(ErrorKind::Config, "standard input (-) can be read only once"));
        }
        Ok(())
    }

    fn validate_dialect(&self) -> Result<()> {
        let Dialect { delimiter, quote } = self.dialect;
        let reserved = |byte: u8| matches!(byte, b'\r' | b'\n' | b'0'..=b'9' | b'.' | b'+' | b'-');
        if reserved(delimiter) || delimiter == b'"' {
            let reason = "it cannot be a quote, CR, LF, a digit, `.`, `+` or `-`";
            return Err(Error::config(Setting::Delimiter, reason, Some(&[delimiter])));
        }
        if let Some(quote) = quote.filter(|&quote| reserved(quote) || matches!(quote, b' ' | b'\t')) {
            let reason = "it cannot be CR, LF, a blank, a digit, `.`, `+` or `-`";
            return Err(Error::config(Setting::Quote, reason, Some(&[quote])));
        }
        if Some(delimiter) == quote {
            let both = [Setting::Delimiter, Setting::Quote];
            return Err(Error::config_of(&both, "they cannot be the same byte", Some(&[delimiter])));
        }
        for name in self.age_groups.names() {
            let configured = name != age_group::OTHER && name != age_group::UNKNOWN;
            let has = |byte: Option<u8>| byte.is_some_and(|byte| name.as_bytes().contains(&byte));
            if configured && (has(Some(delimiter)) || has(quote)) {
                let reason = "a name cannot hold the delimiter or the quote";
                return Err(Error::config(Setting::AgeGroups, reason, Some(name.as_bytes())));
            }
            if quote.is_none() && has(Some(delimiter)) {
                let reason = format!("the group {name} holds the delimiter and could not be written");
                return Err(Error::config(Setting::NoQuoting, &reason, None));
            }
        }
        if quote.is_none() && matches!(delimiter, b' ' | b'_') {
            let reason = "names such as \"full_name\" and their values could not be written with this delimiter";
            return Err(Error::config(Setting::NoQuoting, reason, None));
        }
        Ok(())
    }

    /// The paths of the inputs.
    pub(crate) fn inputs(&self) -> Inputs<&Path> {
        Inputs { customers: &self.customers, purchases: self.purchases.iter().map(PathBuf::as_path).collect() }
    }

    /// Bytes of purchases in one unit of work.
    pub(crate) fn purchases_chunk(&self) -> usize {
        self.chunk_bytes.min(MOST_CHUNK_BYTES)
    }

    /// Bytes of rows that one unit of work may make before the rest is put together as it is written: far more than the
    /// usual four times the input, and bounded, whatever the customers' rows end with.
    pub(crate) fn most_rows(&self) -> usize {
        self.purchases_chunk().saturating_mul(16).clamp(2 << 20, 256 << 20)
    }

    /// Units of work with rows that may wait for their turn, however few threads there are: what two processors make in five
    /// milliseconds, and no more than 32 MiB of rows at the very most.
    pub(crate) fn results_ahead(&self) -> usize {
        16.min((32 << 20) / self.most_rows())
    }

    /// Bytes of customers in one unit of work: bounded, so that an entry's place in its block of memory
    /// always fits its 26 bits.
    pub(crate) fn customers_chunk(&self) -> usize {
        self.chunk_bytes.min(MOST_CUSTOMERS_CHUNK)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_dialects_are_refused() {
        let with = |delimiter, quote| {
            let mut config = Config::new("c", "p", "o");
            config.dialect = Dialect { delimiter, quote };
            config.validate()
        };
        assert!(with(b';', Some(b'\'')).is_ok() && with(b'\t', None).is_ok());
        for delimiter in *b"\r\n0.+-\"'" {
            assert!(with(delimiter, Some(b'\'')).is_err(), "{delimiter}");
        }
        assert!(with(b'o', Some(b'"')).is_err(), "a configured name holds it");
        assert!(with(b' ', None).is_err());
    }

    #[test]
    fn standard_input_serves_one_file() {
        let mut config = Config::new("-", "-", "o");
        assert_eq!(config.validate().expect_err("twice").kind(), ErrorKind::Config);
        config.customers = "c".into();
        assert!(config.validate().is_ok());
    }
}
