//! The options of `spendfold run` and their conversion into a [`Job`].

use super::format_args::FormatArgs;
use super::origin::{Origin, Origins};
use super::parse_value::{bytes, count};
use super::{JsonArgs, ProgressArgs};
use clap::{Args, ValueEnum};
use spendfold::{AgeGroups, Compression, Digest, Encoding, Job, Join, Limit, OverLimit, Result, Setting};
use std::cmp::Ordering;
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Customers exports with the same header, read in the order given: files, directories, or patterns such as
    /// 'parts/c-*.csv'; `-` is standard input. The variable holds one path or several, separated by `:`
    #[arg(short, long, value_name = "FILE", num_args = 1.., default_value = "data/customers.csv", env = "SPENDFOLD_CUSTOMERS", help_heading = "Files")]
    customers: Vec<PathBuf>,
    /// Purchases exports, likewise
    #[arg(short, long, value_name = "FILE", num_args = 1.., default_value = "data/purchases.csv", env = "SPENDFOLD_PURCHASES", help_heading = "Files")]
    purchases: Vec<PathBuf>,
    /// Directory of the output set; created if it does not exist
    #[arg(
        short,
        long,
        value_name = "DIR",
        default_value = "results",
        env = "SPENDFOLD_OUT_DIR",
        help_heading = "Files"
    )]
    out_dir: PathBuf,
    /// Fail if any file of the set exists
    #[arg(long, env = "SPENDFOLD_NO_CLOBBER", help_heading = "Files")]
    no_clobber: bool,
    /// Make the published set safe against power loss
    #[arg(long, env = "SPENDFOLD_SYNC", help_heading = "Files")]
    sync: bool,
    /// Add this digest of the inputs and outputs to the report, and write SHA256SUMS
    #[arg(long, value_enum, value_name = "DIGEST", env = "SPENDFOLD_DIGEST", help_heading = "Files")]
    digest: Option<DigestArg>,

    /// full: every purchase and every customer; left: every purchase; inner: matched purchases only
    #[arg(long, value_enum, default_value = "full", env = "SPENDFOLD_JOIN", help_heading = "Join")]
    join: JoinArg,
    /// Age groups: NAME=LOWER-UPPER or NAME=LOWER+, separated by commas; lower bound included, upper bound excluded
    #[arg(
        long,
        value_name = "SPEC",
        default_value = "Young=18-30,Middle-aged=30-45,Senior=45+",
        env = "SPENDFOLD_AGE_GROUPS",
        help_heading = "Join"
    )]
    age_groups: String,
    /// Do not write the combined data, only the spending table, chart, rejects and report
    #[arg(long, env = "SPENDFOLD_NO_COMBINED", help_heading = "Join")]
    no_combined: bool,
    /// Compress the combined data with zstd or gzip: `zst` or `gz`, or with a level such as `zst:19` or `gz:9`
    #[arg(long, value_name = "FORMAT[:LEVEL]", env = "SPENDFOLD_COMPRESS", help_heading = "Files")]
    compress: Option<String>,

    /// Key column of both sides
    #[arg(long, value_name = "NAME", default_value = "customer_id", env = "SPENDFOLD_KEY", help_heading = "Columns")]
    key: OsString,
    /// Key column of the customers [default: that of --key]
    #[arg(long, value_name = "NAME", env = "SPENDFOLD_CUSTOMERS_KEY", help_heading = "Columns")]
    customers_key: Option<OsString>,
    /// Key column of the purchases [default: that of --key]
    #[arg(long, value_name = "NAME", env = "SPENDFOLD_PURCHASES_KEY", help_heading = "Columns")]
    purchases_key: Option<OsString>,
    /// First name column of the customers
    #[arg(
        long,
        value_name = "NAME",
        default_value = "first_name",
        env = "SPENDFOLD_FIRST_NAME",
        help_heading = "Columns"
    )]
    first_name: OsString,
    /// Last name column of the customers
    #[arg(
        long,
        value_name = "NAME",
        default_value = "last_name",
        env = "SPENDFOLD_LAST_NAME",
        help_heading = "Columns"
    )]
    last_name: OsString,
    /// Age column of the customers
    #[arg(long, value_name = "NAME", default_value = "age", env = "SPENDFOLD_AGE", help_heading = "Columns")]
    age: OsString,
    /// Amount column of the purchases
    #[arg(long, value_name = "NAME", default_value = "price", env = "SPENDFOLD_AMOUNT", help_heading = "Columns")]
    amount: OsString,

    #[command(flatten)]
    formats: FormatArgs,
    /// Files of a side after its first may have the columns in another order; rows have the order of the first file
    #[arg(long, env = "SPENDFOLD_MATCH_COLUMNS", help_heading = "Reading CSV")]
    match_columns: bool,
    /// Encoding of all inputs. auto: UTF-8, or UTF-16 if the input begins with its byte order mark; latin1 is read as
    /// Windows-1252
    #[arg(
        long,
        value_enum,
        value_name = "ENCODING",
        default_value = "auto",
        env = "SPENDFOLD_ENCODING",
        help_heading = "Reading CSV"
    )]
    encoding: EncodingArg,
    /// Encoding of the customers [default: that of --encoding]
    #[arg(
        long,
        value_enum,
        value_name = "ENCODING",
        env = "SPENDFOLD_CUSTOMERS_ENCODING",
        help_heading = "Reading CSV"
    )]
    customers_encoding: Option<EncodingArg>,
    /// Encoding of the purchases [default: that of --encoding]
    #[arg(
        long,
        value_enum,
        value_name = "ENCODING",
        env = "SPENDFOLD_PURCHASES_ENCODING",
        help_heading = "Reading CSV"
    )]
    purchases_encoding: Option<EncodingArg>,
    /// Longest record accepted, in bytes; K, M and G are powers of 1024 [default: 16 MiB]
    #[arg(long, value_name = "N", env = "SPENDFOLD_MAX_RECORD_BYTES", help_heading = "Reading CSV")]
    max_record_bytes: Option<String>,

    /// How many records may be rejected: a number, or a percentage of all records such as 0.5%. Beyond a limit the
    /// exit status is 3
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        env = "SPENDFOLD_MAX_REJECTS",
        allow_hyphen_values = true,
        help_heading = "Limits"
    )]
    max_rejects: String,
    /// How many purchases may have no customer: a number, or a percentage of the accepted purchases [default: no limit]
    #[arg(
        long,
        value_name = "N|P%",
        env = "SPENDFOLD_MAX_UNMATCHED",
        allow_hyphen_values = true,
        help_heading = "Limits"
    )]
    max_unmatched: Option<String>,
    /// What happens to a set that exceeds a limit. hold: it is kept in OUT/held until it is accepted; publish: it is
    /// published; discard: it is deleted
    #[arg(long, value_enum, default_value = "hold", env = "SPENDFOLD_OVER_LIMIT", help_heading = "Limits")]
    over_limit: OverLimitArg,
    /// Stop at the first rejected record and publish nothing
    #[arg(long, env = "SPENDFOLD_STRICT", help_heading = "Limits")]
    strict: bool,

    /// Title of the chart and of the report page [default: Total spending by age group]
    #[arg(long, value_name = "TEXT", env = "SPENDFOLD_CHART_TITLE", help_heading = "Presentation")]
    chart_title: Option<String>,
    /// Currency of the amounts, such as EUR, named in the chart and on the report page
    #[arg(long, value_name = "TEXT", env = "SPENDFOLD_CURRENCY", help_heading = "Presentation")]
    currency: Option<String>,
    /// Do not write the report page, report.html
    #[arg(long, env = "SPENDFOLD_NO_HTML", help_heading = "Presentation")]
    no_html: bool,

    /// Worker threads, 1 to 1024; does not change the output [default: all cores]
    #[arg(
        short,
        long,
        value_name = "N",
        env = "SPENDFOLD_THREADS",
        allow_hyphen_values = true,
        help_heading = "Resources"
    )]
    threads: Option<String>,
    /// Size of a chunk, the unit of work of one thread, in bytes of input; does not change the output [default: 96 KiB]
    #[arg(long, value_name = "N", env = "SPENDFOLD_CHUNK_BYTES", help_heading = "Resources")]
    chunk_bytes: Option<String>,
    /// Read inputs through a buffer instead of mapping them into memory; does not change the output
    #[arg(long, env = "SPENDFOLD_NO_MMAP", help_heading = "Resources")]
    no_mmap: bool,

    #[command(flatten)]
    pub(crate) output: JsonArgs,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    #[arg(skip)]
    origins: Origins,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum JoinArg {
    Full,
    Left,
    Inner,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum EncodingArg {
    Auto,
    #[value(name = "utf-16le")]
    Utf16Le,
    #[value(name = "utf-16be")]
    Utf16Be,
    Latin1,
}

impl From<EncodingArg> for Encoding {
    fn from(encoding: EncodingArg) -> Self {
        match encoding {
            EncodingArg::Auto => Self::Auto,
            EncodingArg::Utf16Le => Self::Utf16Le,
            EncodingArg::Utf16Be => Self::Utf16Be,
            EncodingArg::Latin1 => Self::Latin1,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum OverLimitArg {
    Hold,
    Publish,
    Discard,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DigestArg {
    Sha256,
}

impl RunArgs {
    /// Resolves options that conflict: a flag overrides a variable.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`] if options that exclude each other are both flags or both variables.
    pub(super) fn resolve_conflicts(&mut self, origins: Origins) -> Result<()> {
        for (name, paths) in [("customers", &mut self.customers), ("purchases", &mut self.purchases)] {
            if origins.origin(name) == Origin::Variable {
                // Split as PATH is. Empty parts, such as after a trailing `:`, are ignored.
                let parts = paths.iter().flat_map(std::env::split_paths);
                *paths = parts.filter(|path| !path.as_os_str().is_empty()).collect();
            }
        }
        if self.no_combined && self.compress.is_some() {
            match origins.compare("no-combined", "compress")? {
                Ordering::Less => self.no_combined = false,
                _ => self.compress = None,
            }
        }
        for (side, key) in [("customers-key", &mut self.customers_key), ("purchases-key", &mut self.purchases_key)] {
            if origins.overrides_side("key", side) {
                *key = None;
            }
        }
        for (side, encoding) in
            [("customers-encoding", &mut self.customers_encoding), ("purchases-encoding", &mut self.purchases_encoding)]
        {
            if origins.overrides_side("encoding", side) {
                *encoding = None;
            }
        }
        self.progress.resolve_conflicts(&origins);
        self.origins = origins;
        Ok(())
    }

    /// Parses and validates the options.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`]. The message names the flag or the variable that set the invalid value.
    pub(crate) fn into_job(mut self) -> Result<Job> {
        let origins = std::mem::take(&mut self.origins);
        self.convert(&origins).map_err(|error| origins.with_origin_names(error))
    }

    fn convert(self, origins: &Origins) -> Result<Job> {
        let [customers_format, purchases_format] = self.formats.formats(origins)?;
        let mut job = Job::new("", self.purchases)
            .customers(self.customers)
            .out_dir(self.out_dir)
            .join(match self.join {
                JoinArg::Full => Join::Full,
                JoinArg::Left => Join::Left,
                JoinArg::Inner => Join::Inner,
            })
            .age_groups(AgeGroups::parse(&self.age_groups)?)
            .customers_key(self.customers_key.unwrap_or_else(|| self.key.clone()).into_encoded_bytes())
            .purchases_key(self.purchases_key.unwrap_or(self.key).into_encoded_bytes())
            .first_name(self.first_name.into_encoded_bytes())
            .last_name(self.last_name.into_encoded_bytes())
            .age(self.age.into_encoded_bytes())
            .amount(self.amount.into_encoded_bytes())
            .customers_format(customers_format)
            .purchases_format(purchases_format)
            .match_columns(self.match_columns)
            .customers_encoding(self.customers_encoding.unwrap_or(self.encoding).into())
            .purchases_encoding(self.purchases_encoding.unwrap_or(self.encoding).into())
            .max_rejects(Limit::parse(Setting::MaxRejects, &self.max_rejects)?)
            .over_limit(match self.over_limit {
                OverLimitArg::Hold => OverLimit::Hold,
                OverLimitArg::Publish => OverLimit::Publish,
                OverLimitArg::Discard => OverLimit::Discard,
            })
            .strict(self.strict)
            .combined(!self.no_combined)
            .html(!self.no_html)
            .sync(self.sync)
            .no_clobber(self.no_clobber)
            .mmap(!self.no_mmap);
        if let Some(limit) = self.max_unmatched {
            job = job.max_unmatched(Limit::parse(Setting::MaxUnmatched, &limit)?);
        }
        if let Some(compression) = self.compress {
            job = job.compress(Compression::parse(&compression)?);
        }
        job = match self.digest {
            Some(DigestArg::Sha256) => job.digest(Digest::Sha256),
            None => job,
        };
        if let Some(title) = self.chart_title {
            job = job.chart_title(title);
        }
        if let Some(currency) = self.currency {
            job = job.currency(currency);
        }
        if let Some(threads) = self.threads {
            job = job.threads(count(Setting::Threads, &threads)?);
        }
        let job = job
            .chunk_bytes(bytes(Setting::ChunkBytes, self.chunk_bytes, Job::DEFAULT_CHUNK_BYTES)?)
            .max_record_bytes(bytes(Setting::MaxRecordBytes, self.max_record_bytes, Job::DEFAULT_MAX_RECORD_BYTES)?);
        job.validate()?;
        Ok(job)
    }
}
