//! The options of `spendfold generate`. Those of its own have variables of their own, as a variable that sets
//! a run's customers or its directory must not set how many are made, or where.

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
    /// Records in purchases.csv
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PURCHASES",
        help_heading = "Volume"
    )]
    purchases: Option<String>,
    /// As many purchases as make both files about this large: kB, MB, GB and TB are powers of 1000; K, M, G
    /// and T (also KiB ...) of 1024
    #[arg(
        long,
        value_name = "SIZE",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_SIZE",
        help_heading = "Volume"
    )]
    size: Option<String>,
    /// The number all chance comes from: same seed and options, same bytes
    #[arg(
        long,
        value_name = "S",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_SEED",
        help_heading = "Volume"
    )]
    seed: String,

    /// Where the set goes; made when absent
    #[arg(short, long, value_name = "DIR", env = "SPENDFOLD_GENERATE_OUT_DIR", help_heading = "Files")]
    out_dir: PathBuf,
    /// purchases-1.csv to purchases-N.csv instead of purchases.csv
    #[arg(
        long,
        value_name = "N",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PARTS",
        help_heading = "Files"
    )]
    parts: Option<String>,
    /// Refuse when any file of the set exists
    #[arg(long, env = "SPENDFOLD_NO_CLOBBER", help_heading = "Files")]
    no_clobber: bool,
    /// Make the published set safe against power loss
    #[arg(long, env = "SPENDFOLD_SYNC", help_heading = "Files")]
    sync: bool,

    /// Ages from 16 to 95: as in a grown population, or all alike
    #[arg(
        long,
        value_enum,
        default_value = "pyramid",
        env = "SPENDFOLD_GENERATE_AGES",
        help_heading = "Who buys what"
    )]
    ages: AgesArg,
    /// How purchases are spread over customers: all alike, or rank r in proportion to 1/r
    #[arg(
        long,
        value_enum,
        default_value = "uniform",
        env = "SPENDFOLD_GENERATE_KEYS",
        help_heading = "Who buys what"
    )]
    keys: KeysArg,
    /// Share of purchases that name no customer
    #[arg(
        long,
        value_name = "P",
        default_value = "0.01",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_ORPHANS",
        help_heading = "Who buys what"
    )]
    orphans: String,
    /// Share of customers who buy nothing
    #[arg(
        long,
        value_name = "P",
        default_value = "0.1",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_WITHOUT_PURCHASES",
        help_heading = "Who buys what"
    )]
    without_purchases: String,
    /// What is bought and how often: by all alike, or as suits each age group
    #[arg(
        long,
        value_enum,
        default_value = "alike",
        env = "SPENDFOLD_GENERATE_HABITS",
        help_heading = "Who buys what"
    )]
    habits: HabitsArg,
    /// What prices are spread about: one median, or the usual price of each product
    #[arg(
        long,
        value_enum,
        default_value = "alike",
        env = "SPENDFOLD_GENERATE_PRICES",
        help_heading = "Who buys what"
    )]
    prices: PricesArg,
    /// Median of the prices, which are log-normal, in cents after the point; with prices by product, that of the
    /// product in the middle
    #[arg(
        long,
        value_name = "X",
        default_value = "20.00",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_PRICE_MEDIAN",
        help_heading = "Who buys what"
    )]
    price_median: String,
    /// Standard deviation of the prices' logarithm, from 0 to 3
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

    /// Share of names and products with commas, quotes or a missing part
    #[arg(
        long,
        value_name = "P",
        default_value = "0.01",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_AWKWARD",
        help_heading = "Form"
    )]
    awkward: String,
    /// Share of records in which every field is quoted
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_QUOTED",
        help_heading = "Form"
    )]
    quoted: String,
    /// Share of records with a line break in a quoted field
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_QUOTED_NEWLINES",
        help_heading = "Form"
    )]
    quoted_newlines: String,
    /// Lines end in CRLF
    #[arg(long, env = "SPENDFOLD_GENERATE_CRLF", help_heading = "Form")]
    crlf: bool,
    /// Each file begins with a byte order mark
    #[arg(long, env = "SPENDFOLD_GENERATE_BOM", help_heading = "Form")]
    bom: bool,
    /// Columns in each file besides the usual ones
    #[arg(
        long,
        value_name = "N",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_EXTRA_COLUMNS",
        help_heading = "Form"
    )]
    extra_columns: String,
    /// The customers' order; purchases are in no order of keys
    #[arg(long, value_enum, default_value = "shuffled", env = "SPENDFOLD_GENERATE_ROW_ORDER", help_heading = "Form")]
    row_order: RowOrderArg,

    /// Share of dirty records, spread over every reason to be rejected and every oddity
    #[arg(
        long,
        value_name = "P",
        default_value = "0",
        allow_hyphen_values = true,
        env = "SPENDFOLD_GENERATE_DIRT",
        help_heading = "Dirt"
    )]
    dirt: String,
    /// Share of records that are odd but accepted: empty and odd keys, ages, amounts and names, blank lines
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
    /// Share of customers with an age that cannot be read or is out of range
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

    /// Workers, at least 1 [default: all cores]
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
    /// Lets flags win over variables where two options bear on one thing.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`] for two flags, or two variables, that exclude each other.
    pub(super) fn settle(&mut self, origins: Origins) -> Result<()> {
        match origins.stronger("purchases", "size")? {
            Ordering::Greater => self.size = None,
            _ => self.purchases = None,
        }
        self.progress.settle(&origins);
        self.origins = origins;
        Ok(())
    }
}
