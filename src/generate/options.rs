//! What a synthetic pair is to look like, validated.

use super::share::Share;
use crate::error::{Error, ErrorKind, Result};
use std::path::PathBuf;

/// Most customers and purchases: sums of that many amounts still fit 128 bits.
const MOST_RECORDS: u64 = 100_000_000_000;
const MOST_PARTS: u32 = 9999;
const MOST_EXTRA_COLUMNS: u32 = 1000;
const MOST_THREADS: usize = 1024;

/// How much to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// This many purchase records.
    Purchases(u64),
    /// As many as make both files together about this many bytes (a few thousandths more or less).
    Bytes(u64),
}

/// How the customers' ages are spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ages {
    /// 16 to 95, fewer towards the ends, as in a grown population.
    #[default]
    Pyramid,
    /// 16 to 95, all alike.
    Uniform,
}

/// How purchases are spread over the customers who buy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keys {
    /// All alike.
    #[default]
    Uniform,
    /// The customer of rank r buys in proportion to 1/r (Zipf's law with exponent 1).
    Zipf,
}

/// What customers buy, and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Habits {
    /// Everybody anything, and as often as anybody.
    #[default]
    Alike,
    /// Each age group has its favourites, and the middle-aged buy most often.
    ByAge,
}

/// What prices are spread about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pricing {
    /// One median, whatever the product.
    #[default]
    Alike,
    /// The usual price of each product. That in the middle of the catalogue is the median asked for.
    ByProduct,
}

/// In which order the customers stand in their file. Purchases come as time brings them: in no order of keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowOrder {
    /// In none.
    #[default]
    Shuffled,
    /// By ascending key.
    ByKey,
}

/// Everything [`generate`](crate::generate()) needs to know. Make one with [`GenerateOptions::new`] and change
/// what differs. The bytes made depend on all of it but [`out_dir`](Self::out_dir),
/// [`threads`](Self::threads), [`sync`](Self::sync) and [`no_clobber`](Self::no_clobber).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerateOptions {
    /// Records in `customers.csv`.
    pub customers: u64,
    /// How many purchases.
    pub volume: Volume,
    /// What all chance comes from.
    pub seed: u64,
    /// Where the set goes; made when absent.
    pub out_dir: PathBuf,
    /// `purchases-1.csv` to `purchases-N.csv` instead of `purchases.csv`. Default: one file without a number.
    pub parts: Option<u32>,
    /// How ages are spread. Default: a pyramid.
    pub ages: Ages,
    /// How purchases are spread over customers. Default: uniform.
    pub keys: Keys,
    /// Purchases that name no customer. Default 0.01.
    pub orphans: Share,
    /// Customers that buy nothing. Default 0.1. By chance, or because their record is dirty, there may be more.
    pub without_purchases: Share,
    /// What is bought and how often. Default: alike.
    pub habits: Habits,
    /// Whether each product has its usual price. Default: prices are alike.
    pub pricing: Pricing,
    /// The price half of the purchases, or half of the products, stay below, in cents. Default 2000.
    pub price_median: u64,
    /// Standard deviation of the price's logarithm, in thousandths; 0 makes all prices equal. Default 1000.
    pub price_sigma: u32,
    /// Purchases with a negative price. Default 0.02.
    pub refunds: Share,
    /// Records of each file with an empty key. Default 0.
    pub missing_keys: Share,
    /// Customers with an empty age. Default 0.
    pub missing_ages: Share,
    /// Customers with an age that cannot be read or is out of range. Default 0.
    pub invalid_ages: Share,
    /// Purchases with an empty price. Default 0.
    pub missing_amounts: Share,
    /// Names and products with a comma, a quote or a missing part. Default 0.01.
    pub awkward: Share,
    /// Records in which every field is quoted. Default 0.
    pub quoted: Share,
    /// Records with a line break in a quoted field. Default 0.
    pub quoted_newlines: Share,
    /// Records that are rejected or odd, evenly over all reasons for which a record of the file can be rejected
    /// and all oddities of [`odd`](Self::odd). Default 0.
    pub dirt: Share,
    /// Accepted records with an oddity: an empty or odd key, age or amount, an empty name, a blank line before
    /// them. Default 0.
    pub odd: Share,
    /// Lines end in CRLF. Default off.
    pub crlf: bool,
    /// Each file begins with a byte order mark. Default off.
    pub bom: bool,
    /// Columns in each file besides the usual ones. Default 0.
    pub extra_columns: u32,
    /// The order of the customers. Default shuffled.
    pub row_order: RowOrder,
    /// Workers, at least 1; they change no byte. Default: all cores.
    pub threads: usize,
    /// Make the published set safe against power loss. Default off.
    pub sync: bool,
    /// Refuse when any file of the set exists. Default off.
    pub no_clobber: bool,
}

impl GenerateOptions {
    /// Options with every default.
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

    /// Customers who buy: all but the share without purchases.
    pub(crate) fn buyers(&self) -> u64 {
        self.customers - self.without_purchases.of(self.customers)
    }

    /// Checks that these options can be carried out.
    ///
    /// # Errors
    /// [`ErrorKind::Config`], with the option's name.
    pub fn validate(&self) -> Result<()> {
        let bad = |text: String| Err(Error::new(ErrorKind::Config, text));
        if self.customers > MOST_RECORDS {
            return bad(format!("--customers: at most {MOST_RECORDS}, not {}", self.customers));
        }
        let wants = match self.volume {
            Volume::Purchases(purchases) if purchases > MOST_RECORDS => {
                return bad(format!("--purchases: at most {MOST_RECORDS}, not {purchases}"));
            }
            Volume::Purchases(purchases) => purchases > 0,
            Volume::Bytes(bytes) if bytes > MOST_RECORDS * 10 => {
                return bad(format!("--size: at most {} bytes, not {bytes}", MOST_RECORDS * 10));
            }
            Volume::Bytes(_) => true,
        };
        if wants && self.buyers() == 0 && !self.orphans.is_whole() {
            let error = Error::new(ErrorKind::Config, "--purchases: no customer is left to buy");
            return Err(error.hint("raise --customers, lower --without-purchases, or make all orphans: --orphans 1"));
        }
        if !Share::fit(&[self.dirt, self.odd, self.missing_keys, self.missing_ages, self.invalid_ages]) {
            let options = "--dirt, --odd, --missing-keys, --missing-ages and --invalid-ages";
            return bad(format!("{options}: more than 1 together"));
        }
        if !Share::fit(&[self.dirt, self.odd, self.missing_keys, self.missing_amounts]) {
            return bad("--dirt, --odd, --missing-keys and --missing-amounts: more than 1 together".to_owned());
        }
        if self.parts.is_some_and(|parts| parts == 0 || parts > MOST_PARTS) {
            return bad(format!("--parts: from 1 to {MOST_PARTS}"));
        }
        if self.extra_columns > MOST_EXTRA_COLUMNS {
            return bad(format!("--extra-columns: at most {MOST_EXTRA_COLUMNS}, not {}", self.extra_columns));
        }
        if !(1..=100_000_000).contains(&self.price_median) {
            return bad("--price-median: from 0.01 to 1000000.00".to_owned());
        }
        if self.price_sigma > 3000 {
            return bad("--price-sigma: from 0 to 3".to_owned());
        }
        if self.threads == 0 || self.threads > MOST_THREADS {
            return bad(format!("--threads: from 1 to {MOST_THREADS}, not {}", self.threads));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_made_is_refused() {
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
