//! The options of the generator and their validation.

use super::share::Share;
use crate::error::{Error, Result, Setting, words};
use std::path::PathBuf;

/// Upper bound on customers and on purchases; the sum of so many amounts fits 128 bits.
const MAX_RECORDS: u64 = 100_000_000_000;
const MAX_PARTS: u32 = 9999;
const MAX_EXTRA_COLUMNS: u32 = 1000;
const MAX_THREADS: usize = 1024;

/// The volume of purchases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// Number of purchase records.
    Purchases(u64),
    /// Size of both files together in bytes, met within a few thousandths.
    Bytes(u64),
}

/// The distribution of ages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ages {
    /// From 16 to 95, an adult population pyramid: fewer towards both ends.
    #[default]
    Pyramid,
    /// From 16 to 95, uniform.
    Uniform,
}

/// The distribution of purchases over the customers who buy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// Uniform.
    #[default]
    Uniform,
    /// Zipf's law with exponent 1: the customer of rank r buys in proportion to 1/r.
    Zipf,
}

/// The dependence of purchases on the customer's age group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Habits {
    /// None: every group buys every product equally often.
    #[default]
    Alike,
    /// Each age group prefers certain products, and the middle-aged buy most often.
    ByAge,
}

/// The median of the log-normal distribution of prices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pricing {
    /// The same for all products.
    #[default]
    Alike,
    /// The catalogue price of each product, scaled so that the catalogue's median is
    /// [`GenerateOptions::price_median`].
    ByProduct,
}

/// The order of the records in the customers file. Purchases are in random order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// Random.
    #[default]
    Shuffled,
    /// Ascending by key.
    ByKey,
}

/// The options of [`generate`](crate::generate::generate()). [`GenerateOptions::new`] gives the defaults; fields may
/// then be changed. The bytes of the output depend on all options except [`out_dir`](Self::out_dir),
/// [`threads`](Self::threads), [`sync`](Self::sync) and [`no_clobber`](Self::no_clobber).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Number of customer records.
    pub customers: u64,
    /// Number of purchases, or the total size.
    pub volume: Volume,
    /// Seed of all random draws.
    pub seed: u64,
    /// Output directory, created when absent.
    pub out_dir: PathBuf,
    /// Number of purchases files, `purchases-1.csv` to `purchases-N.csv`. Default: none, a single `purchases.csv`.
    pub parts: Option<u32>,
    /// Distribution of ages. Default: pyramid.
    pub ages: Ages,
    /// Distribution of purchases over customers. Default: uniform.
    pub keys: Keys,
    /// Share of purchases whose key belongs to no customer. Default 0.01.
    pub orphans: Share,
    /// Share of customers who buy nothing. Default 0.1. More customers may be without purchases by chance, or because
    /// their record is rejected.
    pub without_purchases: Share,
    /// Dependence of purchases on age. Default: none.
    pub habits: Habits,
    /// Median of prices. Default: the same for all products.
    pub pricing: Pricing,
    /// Median price in cents: of all purchases, or of the catalogue with [`Pricing::ByProduct`]. Default 2000.
    pub price_median: u64,
    /// Standard deviation of the price's natural logarithm, in thousandths. 0 gives equal prices. Default 1000.
    pub price_sigma: u32,
    /// Share of purchases with a negative price. Default 0.02.
    pub refunds: Share,
    /// Share of records in each file with an empty key. Default 0.
    pub missing_keys: Share,
    /// Share of customers with an empty age. Default 0.
    pub missing_ages: Share,
    /// Share of customers with an age that is no number or out of range. Default 0.
    pub invalid_ages: Share,
    /// Share of purchases with an empty price. Default 0.
    pub missing_amounts: Share,
    /// Share of names and products with a comma or a quote, and of names with a missing part. Default 0.01.
    pub awkward: Share,
    /// Share of records in which every field is quoted. Default 0.
    pub quoted: Share,
    /// Share of records with a line break inside a quoted field. Default 0.
    pub quoted_newlines: Share,
    /// Share of records that are rejected or odd, spread evenly over all reasons for rejection and all oddities of
    /// [`odd`](Self::odd). Default 0.
    pub dirt: Share,
    /// Share of accepted records with an oddity: an empty or unusual key, age or amount, an empty name, or a blank line
    /// before the record. Default 0.
    pub odd: Share,
    /// Whether lines end in CRLF instead of LF. Default false.
    pub crlf: bool,
    /// Whether each file begins with a byte order mark. Default false.
    pub bom: bool,
    /// Number of additional columns in each file. Default 0.
    pub extra_columns: u32,
    /// Order of the customers. Default: shuffled.
    pub row_order: RowOrder,
    /// Worker threads, at least 1. Default: all cores.
    pub threads: usize,
    /// Whether the published set is synced to the disk. Default false.
    pub sync: bool,
    /// Whether to fail when a file of the set exists. Default false.
    pub no_clobber: bool,
}

impl GenerateOptions {
    /// The default options.
    pub fn new(customers: u64, volume: Volume, seed: u64, out_dir: impl Into<PathBuf>) -> Self {
        let percent = |percent: u32| Share::billionths(percent * 10_000_000);
        Self {
            customers,
            volume,
            seed,
            out_dir: out_dir.into(),
            parts: None,
            ages: Ages::default(),
            keys: Keys::default(),
            orphans: percent(1),
            without_purchases: percent(10),
            habits: Habits::default(),
            pricing: Pricing::default(),
            price_median: 2000,
            price_sigma: 1000,
            refunds: percent(2),
            missing_keys: percent(0),
            missing_ages: percent(0),
            invalid_ages: percent(0),
            missing_amounts: percent(0),
            awkward: percent(1),
            quoted: percent(0),
            quoted_newlines: percent(0),
            dirt: percent(0),
            odd: percent(0),
            crlf: false,
            bom: false,
            extra_columns: 0,
            row_order: RowOrder::default(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            sync: false,
            no_clobber: false,
        }
    }

    /// Number of customers who may buy.
    pub(crate) fn buyers(&self) -> u64 {
        self.customers - self.without_purchases.of(self.customers)
    }

    /// The line end of both files.
    pub(crate) fn line_end(&self) -> &'static str {
        if self.crlf { "\r\n" } else { "\n" }
    }

    /// What both files begin with.
    pub(crate) fn byte_order_mark(&self) -> &'static str {
        if self.bom { "\u{feff}" } else { "" }
    }

    /// Checks ranges and combinations.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config); the error names the setting.
    pub fn validate(&self) -> Result<()> {
        let bad = |setting, reason: String, value: String| Err(Error::config(setting, &reason, Some(value.as_bytes())));
        if self.customers > MAX_RECORDS {
            return bad(Setting::Customers, format!("more than {MAX_RECORDS}"), self.customers.to_string());
        }
        let wants = match self.volume {
            Volume::Purchases(purchases) if purchases > MAX_RECORDS => {
                return bad(Setting::Purchases, format!("more than {MAX_RECORDS}"), purchases.to_string());
            }
            Volume::Purchases(purchases) => purchases > 0,
            Volume::Bytes(bytes) if bytes > MAX_RECORDS * 10 => {
                return bad(Setting::Size, format!("more than {} bytes", MAX_RECORDS * 10), bytes.to_string());
            }
            Volume::Bytes(_) => true,
        };
        if wants && self.buyers() == 0 && !self.orphans.is_whole() {
            let error = Error::config(Setting::Purchases, "no customer is left to buy", None);
            return Err(error.hint_words(words![
                "raise ",
                Setting::Customers,
                ", lower ",
                Setting::WithoutPurchases,
                ", or make all orphans: ",
                Setting::Orphans,
                " 1"
            ]));
        }
        let too_many = |settings: &[Setting]| Err(Error::config_of(settings, "more than 1 together", None));
        if !Share::fit(&[self.dirt, self.odd, self.missing_keys, self.missing_ages, self.invalid_ages]) {
            use Setting::{Dirt, InvalidAges, MissingAges, MissingKeys, Odd};
            return too_many(&[Dirt, Odd, MissingKeys, MissingAges, InvalidAges]);
        }
        if !Share::fit(&[self.dirt, self.odd, self.missing_keys, self.missing_amounts]) {
            use Setting::{Dirt, MissingAmounts, MissingKeys, Odd};
            return too_many(&[Dirt, Odd, MissingKeys, MissingAmounts]);
        }
        if let Some(parts) = self.parts.filter(|parts| !(1..=MAX_PARTS).contains(parts)) {
            return bad(Setting::Parts, format!("not from 1 to {MAX_PARTS}"), parts.to_string());
        }
        if self.extra_columns > MAX_EXTRA_COLUMNS {
            return bad(
                Setting::ExtraColumns,
                format!("more than {MAX_EXTRA_COLUMNS}"),
                self.extra_columns.to_string(),
            );
        }
        if !(1..=100_000_000).contains(&self.price_median) {
            let median = format!("{}.{:02}", self.price_median / 100, self.price_median % 100);
            return bad(Setting::PriceMedian, "not from 0.01 to 1000000.00".to_owned(), median);
        }
        if self.price_sigma > 3000 {
            let sigma = format!("{}.{:03}", self.price_sigma / 1000, self.price_sigma % 1000);
            return bad(Setting::PriceSigma, "not from 0 to 3".to_owned(), sigma);
        }
        if self.threads == 0 || self.threads > MAX_THREADS {
            return bad(Setting::Threads, format!("not from 1 to {MAX_THREADS}"), self.threads.to_string());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn invalid_options_are_refused() {
        let breaks: [fn(&mut GenerateOptions); 14] = [
            |o| o.customers = u64::MAX,
            |o| o.volume = Volume::Purchases(u64::MAX),
            |o| o.volume = Volume::Bytes(u64::MAX),
            |o| o.customers = 0,
            |o| o.without_purchases = Share::billionths(1_000_000_000),
            |o| (o.dirt, o.odd) = (Share::billionths(600_000_000), Share::billionths(600_000_000)),
            |o| (o.missing_ages, o.invalid_ages) = (Share::billionths(600_000_000), Share::billionths(600_000_000)),
            |o| (o.missing_keys, o.missing_amounts) = (Share::billionths(600_000_000), Share::billionths(600_000_000)),
            |o| o.parts = Some(0),
            |o| o.parts = Some(10_000),
            |o| o.extra_columns = 1001,
            |o| o.price_median = 0,
            |o| o.price_sigma = 3001,
            |o| o.threads = 0,
        ];
        for (number, broken) in breaks.into_iter().enumerate() {
            let mut options = GenerateOptions::new(10, Volume::Purchases(10), 1, "o");
            options.validate().expect("valid");
            broken(&mut options);
            assert_eq!(options.validate().expect_err("refused").kind(), ErrorKind::Config, "{number}");
        }
    }
}
