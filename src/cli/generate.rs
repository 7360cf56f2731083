//! The options of `spendfold generate`. Their variables begin with `SPENDFOLD_GENERATE_`: a variable that sets the
//! customers file or the output directory of a run must not set the number of generated customers or their directory.

mod convert;

use super::ProgressArgs;
use super::origin::Origins;
use clap::{Args, ValueEnum};
use spendfold::Result;
use std::cmp::Ordering;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("volume").required(true).multiple(true).args(["purchases", "size"]))]
pub(crate) struct GenerateArgs {
    /// Records in customers.csv
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_CUSTOMERS",
        help_heading = "Volume"
    )]
    customers: String,
    /// Records in all purchases files together
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PURCHASES",
        help_heading = "Volume"
    )]
    purchases: Option<String>,
    /// Approximate size of both files together, instead of --purchases: kB, MB, GB and TB are powers of 1000; K, M, G
    /// and T (also KiB ...) of 1024
    #[arg(
        long,
        value_name = "SIZE",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_SIZE",
        help_heading = "Volume"
    )]
    size: Option<String>,
    /// Seed of the random number generator: the same seed and options give the same bytes
    #[arg(
        long,
        value_name = "S",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_SEED",
        help_heading = "Volume"
    )]
    seed: String,

    /// Directory of the pair; created if it does not exist
    #[arg(short, long, value_name = "DIR", env = "SPENDFOLD_GENERATE_OUT_DIR", help_heading = "Files")]
    out_dir: PathBuf,
    /// Write purchases-1.csv to purchases-N.csv instead of purchases.csv
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PARTS",
        help_heading = "Files"
    )]
    parts: Option<String>,
    /// Fail if any file of the pair exists
    #[arg(long, env = "SPENDFOLD_NO_CLOBBER", help_heading = "Files")]
    no_clobber: bool,
    /// Make the published pair safe against power loss
    #[arg(long, env = "SPENDFOLD_SYNC", help_heading = "Files")]
    sync: bool,

    /// Distribution of ages from 16 to 95: as in an adult population, or uniform
    #[arg(
        long,
        value_enum,
        default_value = "pyramid",
        env = "SPENDFOLD_GENERATE_AGES",
        help_heading = "Who buys what"
    )]
    ages: AgesArg,
    /// Distribution of purchases over customers: uniform, or Zipf's law with exponent 1
    #[arg(
        long,
        value_enum,
        default_value = "uniform",
        env = "SPENDFOLD_GENERATE_KEYS",
        help_heading = "Who buys what"
    )]
    keys: KeysArg,
    /// Share of purchases whose key belongs to no customer
    #[arg(
        long,
        value_name = "P",
        default_value = "0.01",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_ORPHANS",
        help_heading = "Who buys what"
    )]
    orphans: String,
    /// Share of customers without purchases
    #[arg(
        long,
        value_name = "P",
        default_value = "0.1",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_WITHOUT_PURCHASES",
        help_heading = "Who buys what"
    )]
    without_purchases: String,
    /// Whether the age group determines how often customers buy, and which products
    #[arg(
        long,
        value_enum,
        default_value = "alike",
        env = "SPENDFOLD_GENERATE_HABITS",
        help_heading = "Who buys what"
    )]
    habits: HabitsArg,
    /// Median of prices: one for all products, or the usual price of each product
    #[arg(
        long,
        value_enum,
        default_value = "alike",
        env = "SPENDFOLD_GENERATE_PRICES",
        help_heading = "Who buys what"
    )]
    prices: PricesArg,
    /// Median of the log-normal prices, with at most two fraction digits; with `--prices by-product`, the median of
    /// the usual prices of all products
    #[arg(
        long,
        value_name = "X",
        default_value = "20.00",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PRICE_MEDIAN",
        help_heading = "Who buys what"
    )]
    price_median: String,
    /// Standard deviation of the natural logarithm of the prices, from 0 to 3
    #[arg(
        long,
        value_name = "X",
        default_value = "1",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PRICE_SIGMA",
        help_heading = "Who buys what"
    )]
    price_sigma: String,
    /// Share of purchases with a negative price
    #[arg(
        long,
        value_name = "P",
        default_value = "0.02",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_REFUNDS",
        help_heading = "Who buys what"
    )]
    refunds: String,

    /// Share of names and products that contain a comma or a quote or lack a part
    #[arg(
        long,
        value_name = "P",
        default_value = "0.01",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_AWKWARD",
        help_heading = "File format"
    )]
    awkward: String,
    /// Share of records in which every field is quoted
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_QUOTED",
        help_heading = "File format"
    )]
    quoted: String,
    /// Share of records with a line break in a quoted field
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_QUOTED_NEWLINES",
        help_heading = "File format"
    )]
    quoted_newlines: String,
    /// Lines end in CRLF
    #[arg(long, env = "SPENDFOLD_GENERATE_CRLF", help_heading = "File format")]
    crlf: bool,
    /// Each file begins with a byte order mark
    #[arg(long, env = "SPENDFOLD_GENERATE_BOM", help_heading = "File format")]
    bom: bool,
    /// Number of additional columns in each file
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_EXTRA_COLUMNS",
        help_heading = "File format"
    )]
    extra_columns: String,
    /// Order of the customers; purchases are in random order
    #[arg(
        long,
        value_enum,
        default_value = "shuffled",
        env = "SPENDFOLD_GENERATE_ROW_ORDER",
        help_heading = "File format"
    )]
    row_order: RowOrderArg,

    /// Share of dirty records, divided evenly among all reject reasons and all oddities of --odd
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_DIRT",
        help_heading = "Dirt"
    )]
    dirt: String,
    /// Share of odd but accepted records: empty or unusual keys, ages, amounts and names, blank lines
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_ODD",
        help_heading = "Dirt"
    )]
    odd: String,

    /// Share of records in each file with an empty key
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_MISSING_KEYS",
        help_heading = "Dirt"
    )]
    missing_keys: String,
    /// Share of customers with an empty age
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_MISSING_AGES",
        help_heading = "Dirt"
    )]
    missing_ages: String,
    /// Share of customers with an unreadable or out-of-range age
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_INVALID_AGES",
        help_heading = "Dirt"
    )]
    invalid_ages: String,
    /// Share of purchases with an empty price
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_MISSING_AMOUNTS",
        help_heading = "Dirt"
    )]
    missing_amounts: String,

    /// Worker threads, 1 to 1024; does not change the output [default: all cores]
    #[arg(short, long, value_name = "N", env = "SPENDFOLD_THREADS", allow_hyphen_values = true)]
    threads: Option<String>,

    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    #[arg(skip)]
    origins: Origins,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AgesArg {
    Pyramid,
    Uniform,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KeysArg {
    Uniform,
    Zipf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RowOrderArg {
    Shuffled,
    ByKey,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum HabitsArg {
    Alike,
    ByAge,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PricesArg {
    Alike,
    ByProduct,
}

impl GenerateArgs {
    /// Resolves options that exclude each other: a flag overrides a variable.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`] if both are flags or both are variables.
    pub(super) fn resolve_conflicts(&mut self, origins: Origins) -> Result<()> {
        match origins.compare("purchases", "size")? {
            Ordering::Greater => self.size = None,
            _ => self.purchases = None,
        }
        self.progress.resolve_conflicts(&origins);
        self.origins = origins;
        Ok(())
    }
}
