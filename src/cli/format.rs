//! Converts the options about the format of the inputs into the format of each side.

use super::format_args::{FormatArgs, Given};
use super::origin::{Origin, Origins};
use super::parse_value::{bad, byte, number};
use spendfold::{CsvFormat, Error, Result, Setting};
use std::cmp::Ordering;
use std::ffi::{OsStr, OsString};

impl FormatArgs {
    /// The formats of the customers and of the purchases.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`] for an invalid value, and for a quote together with no quoting.
    pub(super) fn formats(self, origins: &Origins) -> Result<[CsvFormat; 2]> {
        let (both, customers, purchases) = (self.both.into(), self.customers.into(), self.purchases.into());
        let choice = |side, prefix, columns| Choice { both: &both, side, prefix, columns, origins };
        let customers = choice(&customers, "customers-", self.customers_columns);
        let purchases = choice(&purchases, "purchases-", self.purchases_columns);
        Ok([customers.format()?, purchases.format()?])
    }
}

/// The choice between the options for both sides and those for one side.
struct Choice<'a> {
    both: &'a Given,
    side: &'a Given,
    /// The prefix of the options for this side.
    prefix: &'static str,
    /// The names of the columns of files without a header.
    columns: Option<OsString>,
    origins: &'a Origins,
}

/// An option that applies: its values, its name without dashes, and its rank among those that exclude each other.
struct Applied<'a> {
    given: &'a Given,
    name: String,
    rank: (Origin, bool),
}

impl Applied<'_> {
    /// The setting that the option sets: that of both sides or of one side.
    fn setting(&self, both: Setting, side: Setting) -> Setting {
        if self.rank.1 { side } else { both }
    }
}

impl Choice<'_> {
    /// The option for the side if it was set and that for both sides does not override it, else the one for both sides.
    fn applied(&self, option: &str) -> Applied<'_> {
        let own = format!("{}{option}", self.prefix);
        let (of_side, of_both) = (self.origins.origin(&own), self.origins.origin(option));
        match of_side == Origin::Default || self.origins.overrides_side(option, &own) {
            true => Applied { given: self.both, name: option.to_owned(), rank: (of_both, false) },
            false => Applied { given: self.side, name: own, rank: (of_side, true) },
        }
    }

    /// The format with all options but those about the delimiter and the quote.
    fn other_options(&self) -> Result<CsvFormat> {
        let mut format = CsvFormat::new();
        let applied = self.applied("escape");
        if let Some(text) = &applied.given.escape {
            let side = self.setting(Setting::CustomersEscape, Setting::PurchasesEscape);
            let setting = applied.setting(Setting::Escape, side);
            format = format.escape(byte(setting, text, "")?);
        }
        let applied = self.applied("comment");
        if let Some(text) = &applied.given.comment {
            let side = self.setting(Setting::CustomersComment, Setting::PurchasesComment);
            let setting = applied.setting(Setting::Comment, side);
            format = format.comment(byte(setting, text, "")?);
        }
        let applied = self.applied("skip-lines");
        if let Some(lines) = &applied.given.skip_lines {
            let side = self.setting(Setting::CustomersSkipLines, Setting::PurchasesSkipLines);
            let setting = applied.setting(Setting::SkipLines, side);
            format = format.skip_lines(number(setting, lines)?);
        }
        if self.applied("skip-initial-space").given.skip_initial_space {
            format = format.skip_initial_space();
        }
        if let Some(ragged) = self.applied("ragged").given.ragged {
            format = format.ragged(ragged.into());
        }
        let setting = self.setting(Setting::CustomersColumns, Setting::PurchasesColumns);
        match (&self.columns, self.applied("no-header").given.no_header) {
            (Some(names), true) => Ok(format.columns(names.as_encoded_bytes().split(|&byte| byte == b','))),
            (None, true) => {
                let error =
                    Error::config(setting, "missing: a file without a header needs the names of its columns", None);
                Err(error.hint("name all columns in their order, separated by commas"))
            }
            (Some(names), false) => {
                let error = bad(setting, "the files have a header", names);
                Err(error.hint(format!("if they have none, add --{}no-header", self.prefix)))
            }
            (None, false) => Ok(format),
        }
    }

    /// The setting of the side.
    fn setting(&self, customers: Setting, purchases: Setting) -> Setting {
        if self.prefix == "customers-" { customers } else { purchases }
    }

    fn format(&self) -> Result<CsvFormat> {
        let mut format = self.other_options()?;
        let applied = self.applied("delimiter");
        if let Some(delimiter) = &applied.given.delimiter {
            let side = self.setting(Setting::CustomersDelimiter, Setting::PurchasesDelimiter);
            let setting = applied.setting(Setting::Delimiter, side);
            format = match parse_delimiter(setting, delimiter)? {
                Some(delimiter) => format.delimiter(delimiter),
                None => format.find_delimiter(),
            };
        }
        let (quote, no_quoting) = (self.applied("quote"), self.applied("no-quoting"));
        if no_quoting.given.no_quoting {
            match no_quoting.rank.cmp(&quote.rank) {
                Ordering::Greater => return Ok(format.no_quoting()),
                Ordering::Equal if quote.given.quote.is_some() => {
                    return Err(self.origins.exclude_each_other(&no_quoting.name, &quote.name));
                }
                _ => {}
            }
        }
        if let Some(text) = &quote.given.quote {
            let setting = quote.setting(Setting::Quote, self.setting(Setting::CustomersQuote, Setting::PurchasesQuote));
            format = format.quote(byte(setting, text, "")?);
        }
        Ok(format)
    }
}

/// Parses a delimiter; `None` if it is to be found.
fn parse_delimiter(setting: Setting, text: &OsStr) -> Result<Option<u8>> {
    Ok(Some(match text.as_encoded_bytes() {
        b"auto" => return Ok(None),
        b"comma" => b',',
        b"semicolon" => b';',
        b"pipe" => b'|',
        b"space" => b' ',
        b"tab" => b'\t',
        _ => byte(setting, text, "auto, comma, semicolon, pipe, space, tab, ")?,
    }))
}
