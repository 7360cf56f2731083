//! Converts the options of `spendfold generate` into [`GenerateOptions`].

use super::{AgesArg, GenerateArgs, HabitsArg, KeysArg, PricesArg, RowOrderArg};
use crate::cli::parse_value::{self, bad, count, decimal, number};
use spendfold::generate::{Ages, GenerateOptions, Habits, Keys, Pricing, RowOrder, Share, Volume};
use spendfold::{Result, Setting};

impl GenerateArgs {
    /// Parses and validates the options.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`]. The message names the flag or the variable that set the invalid value.
    pub(crate) fn into_options(mut self) -> Result<GenerateOptions> {
        let origins = std::mem::take(&mut self.origins);
        self.convert().map_err(|error| origins.with_origin_names(error))
    }

    fn convert(self) -> Result<GenerateOptions> {
        let customers = number(Setting::Customers, &self.customers)?;
        let volume = match (&self.purchases, &self.size) {
            (_, Some(size)) => Volume::Bytes(parse_value::size(Setting::Size, size)?),
            (purchases, None) => Volume::Purchases(number(Setting::Purchases, purchases.as_deref().unwrap_or("0"))?),
        };
        let mut options = GenerateOptions::new(customers, volume, number(Setting::Seed, &self.seed)?, self.out_dir);
        let parse_u32 = |option, text: &str| {
            u32::try_from(number(option, text)?).map_err(|_| bad(option, "too large", text.as_ref()))
        };
        options.parts = self.parts.map(|parts| parse_u32(Setting::Parts, &parts)).transpose()?;
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
        options.orphans = Share::parse(Setting::Orphans, &self.orphans)?;
        options.without_purchases = Share::parse(Setting::WithoutPurchases, &self.without_purchases)?;
        options.price_median = decimal(Setting::PriceMedian, &self.price_median, 2)?;
        options.price_sigma = decimal(Setting::PriceSigma, &self.price_sigma, 3)?.min(u64::from(u32::MAX)) as u32;
        options.refunds = Share::parse(Setting::Refunds, &self.refunds)?;
        options.awkward = Share::parse(Setting::Awkward, &self.awkward)?;
        options.quoted = Share::parse(Setting::Quoted, &self.quoted)?;
        options.quoted_newlines = Share::parse(Setting::QuotedNewlines, &self.quoted_newlines)?;
        options.crlf = self.crlf;
        options.bom = self.bom;
        options.extra_columns = parse_u32(Setting::ExtraColumns, &self.extra_columns)?;
        options.dirt = Share::parse(Setting::Dirt, &self.dirt)?;
        options.odd = Share::parse(Setting::Odd, &self.odd)?;
        options.missing_keys = Share::parse(Setting::MissingKeys, &self.missing_keys)?;
        options.missing_ages = Share::parse(Setting::MissingAges, &self.missing_ages)?;
        options.invalid_ages = Share::parse(Setting::InvalidAges, &self.invalid_ages)?;
        options.missing_amounts = Share::parse(Setting::MissingAmounts, &self.missing_amounts)?;
        if let Some(threads) = self.threads {
            options.threads = count(Setting::Threads, &threads)?;
        }
        options.validate()?;
        Ok(options)
    }
}
