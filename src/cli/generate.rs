//! The options of `spendfold generate`, and their conversion into [`GenerateOptions`].

use super::{ProgressArgs, bad, count};
use clap::{Args, ValueEnum};
use spendfold::{
    Ages, Error, ErrorKind, GenerateOptions, Habits, Keys, Pricing, Result, RowOrder, Share, Volume, fixed_point,
};
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("volume").required(true).args(["purchases", "size"]))]
pub(crate) struct GenerateArgs {
    /// Records in customers.csv
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Volume")]
    customers: String,
    /// Records in purchases.csv
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Volume")]
    purchases: Option<String>,
    /// As many purchases as make both files about this large: kB, MB, GB and TB are powers of 1000; K, M, G
    /// and T (also KiB ...) of 1024
    #[arg(long, value_name = "SIZE", allow_hyphen_values = true, help_heading = "Volume")]
    size: Option<String>,
    /// The number all chance comes from: same seed and options, same bytes
    #[arg(long, value_name = "S", allow_hyphen_values = true, help_heading = "Volume")]
    seed: String,

    /// Where the set goes; made when absent
    #[arg(short, long, value_name = "DIR", help_heading = "Files")]
    out_dir: PathBuf,
    /// purchases-1.csv to purchases-N.csv instead of purchases.csv
    #[arg(long, value_name = "N", allow_hyphen_values = true, help_heading = "Files")]
    parts: Option<String>,
    /// Refuse when any file of the set exists
    #[arg(long, help_heading = "Files")]
    no_clobber: bool,
    /// Make the published set safe against power loss
    #[arg(long, help_heading = "Files")]
    sync: bool,

    /// Ages from 16 to 95: as in a grown population, or all alike
    #[arg(long, value_enum, default_value = "pyramid", help_heading = "Who buys what")]
    ages: AgesArg,
    /// How purchases are spread over customers: all alike, or rank r in proportion to 1/r
    #[arg(long, value_enum, default_value = "uniform", help_heading = "Who buys what")]
    keys: KeysArg,
    /// Share of purchases that name no customer
    #[arg(long, value_name = "P", default_value = "0.01", allow_hyphen_values = true, help_heading = "Who buys what")]
    orphans: String,
    /// Share of customers who buy nothing
    #[arg(long, value_name = "P", default_value = "0.1", allow_hyphen_values = true, help_heading = "Who buys what")]
    without_purchases: String,
    /// What is bought and how often: by all alike, or as suits each age group
    #[arg(long, value_enum, default_value = "alike", help_heading = "Who buys what")]
    habits: HabitsArg,
    /// What prices are spread about: one median, or the usual price of each product
    #[arg(long, value_enum, default_value = "alike", help_heading = "Who buys what")]
    prices: PricesArg,
    /// Median of the prices, which are log-normal, in cents after the point; with prices by product, that of the
    /// product in the middle
    #[arg(long, value_name = "X", default_value = "20.00", allow_hyphen_values = true, help_heading = "Who buys what")]
    price_median: String,
    /// Standard deviation of the prices' logarithm, from 0 to 3
    #[arg(long, value_name = "X", default_value = "1", allow_hyphen_values = true, help_heading = "Who buys what")]
    price_sigma: String,
    /// Share of purchases with a negative price
    #[arg(long, value_name = "P", default_value = "0.02", allow_hyphen_values = true, help_heading = "Who buys what")]
    refunds: String,

    /// Share of names and products with commas, quotes or a missing part
    #[arg(long, value_name = "P", default_value = "0.01", allow_hyphen_values = true, help_heading = "Form")]
    awkward: String,
    /// Share of records in which every field is quoted
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Form")]
    quoted: String,
    /// Share of records with a line break in a quoted field
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Form")]
    quoted_newlines: String,
    /// Lines end in CRLF
    #[arg(long, help_heading = "Form")]
    crlf: bool,
    /// Each file begins with a byte order mark
    #[arg(long, help_heading = "Form")]
    bom: bool,
    /// Columns in each file besides the usual ones
    #[arg(long, value_name = "N", default_value = "0", allow_hyphen_values = true, help_heading = "Form")]
    extra_columns: String,
    /// The customers' order; purchases are in no order of keys
    #[arg(long, value_enum, default_value = "shuffled", help_heading = "Form")]
    row_order: RowOrderArg,

    /// Share of dirty records, spread over every reason to be rejected and every oddity
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    dirt: String,
    /// Share of records that are odd but accepted: empty and odd keys, ages, amounts and names, blank lines
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    odd: String,

    /// Share of records in each file with an empty key
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    missing_keys: String,
    /// Share of customers with an empty age
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    missing_ages: String,
    /// Share of customers with an age that cannot be read or is out of range
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    invalid_ages: String,
    /// Share of purchases with an empty price
    #[arg(long, value_name = "P", default_value = "0", allow_hyphen_values = true, help_heading = "Dirt")]
    missing_amounts: String,

    /// Workers, at least 1 [default: all cores]
    #[arg(short, long, value_name = "N", env = "SPENDFOLD_THREADS", allow_hyphen_values = true)]
    threads: Option<String>,

    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
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
enum HabitsArg {
    Alike,
    ByAge,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PricesArg {
    Alike,
    ByProduct,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RowOrderArg {
    Shuffled,
    ByKey,
}

impl GenerateArgs {
    /// What was typed → what is valid.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], naming the option.
    pub(crate) fn into_options(self) -> Result<GenerateOptions> {
        let customers = number("--customers", &self.customers)?;
        let volume = match (&self.purchases, &self.size) {
            (_, Some(size)) => Volume::Bytes(bytes("--size", size)?),
            (purchases, None) => Volume::Purchases(number("--purchases", purchases.as_deref().unwrap_or("0"))?),
        };
        let mut options = GenerateOptions::new(customers, volume, number("--seed", &self.seed)?, self.out_dir);
        let small = |option, text: &str| {
            u32::try_from(number(option, text)?).map_err(|_| bad(option, "too large", text.as_ref()))
        };
        options.parts = self.parts.map(|parts| small("--parts", &parts)).transpose()?;
        options.no_clobber = self.no_clobber;
        options.sync = self.sync;
        options.ages = match self.ages {
            AgesArg::Pyramid => Ages::Pyramid,
            AgesArg::Uniform => Ages::Uniform,
        };
        options.keys = match self.keys {
            KeysArg::Uniform => Keys::Uniform,
            KeysArg::Zipf => Keys::Zipf,
        };
        options.habits = match self.habits {
            HabitsArg::Alike => Habits::Alike,
            HabitsArg::ByAge => Habits::ByAge,
        };
        options.pricing = match self.prices {
            PricesArg::Alike => Pricing::Alike,
            PricesArg::ByProduct => Pricing::ByProduct,
        };
        options.row_order = match self.row_order {
            RowOrderArg::Shuffled => RowOrder::Shuffled,
            RowOrderArg::ByKey => RowOrder::ByKey,
        };
        options.orphans = Share::parse("--orphans", &self.orphans)?;
        options.without_purchases = Share::parse("--without-purchases", &self.without_purchases)?;
        options.price_median = decimal("--price-median", &self.price_median, 2)?;
        options.price_sigma = decimal("--price-sigma", &self.price_sigma, 3)?.min(u64::from(u32::MAX)) as u32;
        options.refunds = Share::parse("--refunds", &self.refunds)?;
        options.awkward = Share::parse("--awkward", &self.awkward)?;
        options.quoted = Share::parse("--quoted", &self.quoted)?;
        options.quoted_newlines = Share::parse("--quoted-newlines", &self.quoted_newlines)?;
        options.crlf = self.crlf;
        options.bom = self.bom;
        options.extra_columns = small("--extra-columns", &self.extra_columns)?;
        options.dirt = Share::parse("--dirt", &self.dirt)?;
        options.odd = Share::parse("--odd", &self.odd)?;
        options.missing_keys = Share::parse("--missing-keys", &self.missing_keys)?;
        options.missing_ages = Share::parse("--missing-ages", &self.missing_ages)?;
        options.invalid_ages = Share::parse("--invalid-ages", &self.invalid_ages)?;
        options.missing_amounts = Share::parse("--missing-amounts", &self.missing_amounts)?;
        if let Some(threads) = self.threads {
            options.threads = count("--threads", &threads)?;
        }
        options.validate()?;
        Ok(options)
    }
}

fn number(option: &str, text: &str) -> Result<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number.ok_or_else(|| bad(option, "not a number that can be used", text.as_ref()))
}

/// A decimal ≥ 0 as an integer with so many fraction digits.
fn decimal(option: &str, text: &str, fraction: usize) -> Result<u64> {
    fixed_point(text, fraction).ok_or_else(|| {
        let shown = spendfold::escape(text.as_bytes());
        let text = format!("{option}: not a decimal with at most {fraction} fraction digits: {shown}");
        Error::new(ErrorKind::Config, text)
    })
}

/// A size in bytes.
fn bytes(option: &str, text: &str) -> Result<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        _ => {
            let error = bad(option, "not a size", text.as_ref());
            return Err(error.hint("write a whole number with a unit, such as 500MB or 10GB"));
        }
    };
    let number = number(option, digits).map_err(|_| bad(option, "not a size", text.as_ref()))?;
    number.checked_mul(unit).ok_or_else(|| bad(option, "too large", text.as_ref()))
}
