//! The command line: clap's types, and the one fallible conversion into a [`Config`]. Nothing else knows clap.

mod generate;

pub(crate) use generate::GenerateArgs;

use clap::{Args, Parser, Subcommand, ValueEnum};
use spendfold::{
    AgeGroups, Config, DEFAULT_CHUNK_BYTES, DEFAULT_MAX_RECORD_BYTES, Error, ErrorKind, Join, MaxRejects, Result,
};
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

/// The join you can sign off on: customers × purchases, every row, exact totals, every record accounted for.
#[derive(Debug, Parser)]
#[command(name = "spendfold", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Join customers and purchases into an output set
    Run(Box<RunArgs>),
    /// Re-read an output set and hold it against its report.json
    Verify(VerifyArgs),
    /// Make a synthetic pair of inputs and the answer key for it
    Generate(Box<GenerateArgs>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// How progress is shown on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A line now and then
    Plain,
    /// JSON lines
    Json,
    /// Nothing
    Off,
}

/// Progress options, shared by the commands.
#[derive(Debug, Args)]
pub(crate) struct ProgressArgs {
    /// How to show progress on standard error
    #[arg(long, value_enum, default_value = "auto", env = "SPENDFOLD_PROGRESS")]
    pub(crate) progress: ProgressMode,
    /// Print nothing but errors
    #[arg(short, long, env = "SPENDFOLD_QUIET", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The directory of the output set
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Hold the report against this answer key too, as `spendfold generate` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) expected: Option<PathBuf>,
    /// Workers, at least 1 [default: all cores]
    #[arg(short, long, value_name = "N", env = "SPENDFOLD_THREADS")]
    pub(crate) threads: Option<usize>,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Customers export; `-` is standard input
    #[arg(
        short,
        long,
        value_name = "FILE",
        default_value = "data/customers.csv",
        env = "SPENDFOLD_CUSTOMERS",
        help_heading = "Files"
    )]
    customers: PathBuf,
    /// Purchases exports with the same header, read in this order; `-` is standard input
    #[arg(short, long, value_name = "FILE", num_args = 1.., default_value = "data/purchases.csv", env = "SPENDFOLD_PURCHASES", help_heading = "Files")]
    purchases: Vec<PathBuf>,
    /// Where the output set goes; made when absent
    #[arg(
        short,
        long,
        value_name = "DIR",
        default_value = "results",
        env = "SPENDFOLD_OUT_DIR",
        help_heading = "Files"
    )]
    out_dir: PathBuf,
    /// Refuse when any file of the set exists
    #[arg(long, env = "SPENDFOLD_NO_CLOBBER", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Files")]
    no_clobber: bool,
    /// Make the published set safe against power loss
    #[arg(long, env = "SPENDFOLD_SYNC", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Files")]
    sync: bool,

    /// full: every purchase and every customer; left: every purchase; inner: matched only
    #[arg(long, value_enum, default_value = "full", env = "SPENDFOLD_JOIN", help_heading = "Join")]
    join: JoinArg,
    /// Age groups: NAME=LOWER-UPPER or NAME=LOWER+, lower bound in, upper bound out
    #[arg(
        long,
        value_name = "SPEC",
        default_value = "Young=18-30,Middle-aged=30-45,Senior=45+",
        env = "SPENDFOLD_AGE_GROUPS",
        help_heading = "Join"
    )]
    age_groups: String,
    /// Totals, chart, rejects and report only: no combined data
    #[arg(long, env = "SPENDFOLD_NO_COMBINED", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Join")]
    no_combined: bool,

    /// Key column of both sides
    #[arg(long, value_name = "NAME", default_value = "customer_id", env = "SPENDFOLD_KEY", help_heading = "Columns")]
    key: String,
    /// Key column of the customers [default: that of --key]
    #[arg(long, value_name = "NAME", env = "SPENDFOLD_CUSTOMERS_KEY", help_heading = "Columns")]
    customers_key: Option<String>,
    /// Key column of the purchases [default: that of --key]
    #[arg(long, value_name = "NAME", env = "SPENDFOLD_PURCHASES_KEY", help_heading = "Columns")]
    purchases_key: Option<String>,
    /// First name column of the customers
    #[arg(
        long,
        value_name = "NAME",
        default_value = "first_name",
        env = "SPENDFOLD_FIRST_NAME",
        help_heading = "Columns"
    )]
    first_name: String,
    /// Last name column of the customers
    #[arg(
        long,
        value_name = "NAME",
        default_value = "last_name",
        env = "SPENDFOLD_LAST_NAME",
        help_heading = "Columns"
    )]
    last_name: String,
    /// Age column of the customers
    #[arg(long, value_name = "NAME", default_value = "age", env = "SPENDFOLD_AGE", help_heading = "Columns")]
    age: String,
    /// Amount column of the purchases
    #[arg(long, value_name = "NAME", default_value = "price", env = "SPENDFOLD_AMOUNT", help_heading = "Columns")]
    amount: String,

    /// Delimiter of both files: one byte, or `tab` or `\t`
    #[arg(
        short,
        long,
        value_name = "BYTE",
        default_value = ",",
        env = "SPENDFOLD_DELIMITER",
        help_heading = "Reading CSV"
    )]
    delimiter: OsString,
    /// Quote of both files: one byte
    #[arg(
        long,
        value_name = "BYTE",
        default_value = "\"",
        env = "SPENDFOLD_QUOTE",
        conflicts_with = "no_quoting",
        help_heading = "Reading CSV"
    )]
    quote: OsString,
    /// Quotes mean nothing: every byte but delimiter and line ending is data
    #[arg(long, env = "SPENDFOLD_NO_QUOTING", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Reading CSV")]
    no_quoting: bool,
    /// Longest record accepted, in bytes; K, M and G are powers of 1024 [default: 16 MiB]
    #[arg(long, value_name = "N", env = "SPENDFOLD_MAX_RECORD_BYTES", help_heading = "Reading CSV")]
    max_record_bytes: Option<String>,

    /// How many records may be rejected before the exit status says so: a number, or a share such as 0.5%
    #[arg(
        long,
        value_name = "N|P%",
        default_value = "0",
        env = "SPENDFOLD_MAX_REJECTS",
        allow_hyphen_values = true,
        help_heading = "Rejects"
    )]
    max_rejects: String,
    /// Stop at the first rejected record and publish nothing
    #[arg(long, env = "SPENDFOLD_STRICT", value_parser = clap::builder::FalseyValueParser::new(), help_heading = "Rejects")]
    strict: bool,

    /// Workers, at least 1 [default: all cores]
    #[arg(
        short,
        long,
        value_name = "N",
        env = "SPENDFOLD_THREADS",
        allow_hyphen_values = true,
        help_heading = "Resources"
    )]
    threads: Option<String>,
    /// Bytes of input in one unit of work; changes no output [default: 64 KiB]
    #[arg(long, value_name = "N", env = "SPENDFOLD_CHUNK_BYTES", help_heading = "Resources")]
    chunk_bytes: Option<String>,

    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum JoinArg {
    Full,
    Left,
    Inner,
}

impl RunArgs {
    /// What was typed → what is valid.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the option.
    pub(crate) fn into_config(self) -> Result<Config> {
        let mut config = Config::new(self.customers, "", self.out_dir);
        config.purchases = self.purchases;
        config.join = match self.join {
            JoinArg::Full => Join::Full,
            JoinArg::Left => Join::Left,
            JoinArg::Inner => Join::Inner,
        };
        config.age_groups = AgeGroups::parse(&self.age_groups)?;
        config.columns.customers_key = self.customers_key.unwrap_or_else(|| self.key.clone());
        config.columns.purchases_key = self.purchases_key.unwrap_or(self.key);
        config.columns.first_name = self.first_name;
        config.columns.last_name = self.last_name;
        config.columns.age = self.age;
        config.columns.amount = self.amount;
        config.dialect.delimiter = match self.delimiter.to_str() {
            Some("tab" | "\\t") => b'\t',
            _ => one_byte("--delimiter", &self.delimiter)?,
        };
        config.dialect.quote = if self.no_quoting { None } else { Some(one_byte("--quote", &self.quote)?) };
        config.max_rejects = MaxRejects::parse(&self.max_rejects)?;
        config.strict = self.strict;
        config.combined = !self.no_combined;
        config.sync = self.sync;
        config.no_clobber = self.no_clobber;
        if let Some(threads) = self.threads {
            config.threads = count("--threads", &threads)?;
        }
        config.chunk_bytes = bytes("--chunk-bytes", self.chunk_bytes, DEFAULT_CHUNK_BYTES)?;
        config.max_record_bytes = bytes("--max-record-bytes", self.max_record_bytes, DEFAULT_MAX_RECORD_BYTES)?;
        config.validate()?;
        Ok(config)
    }
}

fn bad(option: &str, what: &str, text: &OsStr) -> Error {
    let shown = spendfold::escape(text.as_encoded_bytes());
    Error::new(ErrorKind::Config, format!("{option}: {what}: {shown}"))
}

fn one_byte(option: &str, text: &OsStr) -> Result<u8> {
    match text.as_encoded_bytes() {
        [byte] => Ok(*byte),
        _ => Err(bad(option, "not one byte", text)),
    }
}

fn count(option: &str, text: &str) -> Result<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| bad(option, "not a number that can be used", text.as_ref()))
}

/// A number of bytes, with K, M or G (also KiB, MiB, GiB) for powers of 1024.
fn bytes(option: &str, text: Option<String>, default: usize) -> Result<usize> {
    let Some(text) = text else { return Ok(default) };
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim_start() {
        "" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        _ => return Err(bad(option, "a number of bytes, with K, M or G for powers of 1024, not", text.as_ref())),
    };
    let number = count(option, number).map_err(|_| bad(option, "not a number of bytes", text.as_ref()))?;
    number.checked_mul(1 << shift).ok_or_else(|| bad(option, "too many bytes", text.as_ref()))
}
