//! The parts of a report. `report.json` and the typed [`Report`](crate::Report) share them.
//!
//! Parts with a join or an amount are generic: the typed report has [`Join`] and [`Money`] there. The JSON form has
//! text, so that verification can read and compare a report even if these values are invalid.

use crate::model::compression::Compression;
use crate::model::digest::Digest;
use crate::model::encoding::Encoding;
use crate::model::join::Join;
use crate::model::limit::OverLimit;
use crate::model::money::Money;
use crate::model::sides::Side;
use serde::{Deserialize, Deserializer, Serialize};

/// The data that differs between runs with the same inputs and options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunSummary {
    /// Version of the program.
    pub spendfold: String,
    /// Start time in UTC, in the format of RFC 3339.
    pub started: String,
    /// Wall time up to the publication, in seconds.
    pub seconds: f64,
    /// Number of worker threads; if some could not be started, the smallest number in any stage.
    pub threads: usize,
    /// For a set that was held: the CRC-32 of the report that was published at that time, as 8 lower-case hexadecimal
    /// digits; `None` if there was none. A held set can be accepted only while this report is still published.
    pub held_against: Option<String>,
}

/// The options of a run that affect its outputs. In a column name that is not UTF-8, invalid bytes are replaced.
///
/// The type parameter is for the raw form of `report.json`, in which the join is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportOptions<J = Join> {
    /// The kind of join.
    pub join: J,
    /// The delimiter of the purchases and of the combined data, as the Unicode character with the value of the byte.
    pub delimiter: char,
    /// The quote of the purchases and of the combined data, likewise; `None` without quoting.
    pub quote: Option<char>,
    /// Whether the files of a side after its first could have the columns in another order.
    #[serde(default)]
    pub match_columns: bool,
    /// The encoding of the customers: `auto`, `utf-16le`, `utf-16be` or `latin1`.
    #[serde(default = "auto_encoding")]
    pub customers_encoding: String,
    /// The encoding of the purchases, likewise.
    #[serde(default = "auto_encoding")]
    pub purchases_encoding: String,
    /// The specification of the age groups, as given.
    pub age_groups: String,
    /// The name of the customers' key column.
    pub customers_key: String,
    /// The name of the purchases' key column.
    pub purchases_key: String,
    /// The name of the first name column.
    pub first_name: String,
    /// The name of the last name column.
    pub last_name: String,
    /// The name of the age column.
    pub age: String,
    /// The name of the amount column.
    pub amount: String,
    /// The limit on rejected records, as given: a number or a percentage.
    pub max_rejects: String,
    /// The limit on unmatched purchases, likewise; `None` if there is none.
    pub max_unmatched: Option<String>,
    /// What happens to a set that exceeds a limit.
    pub over_limit: OverLimit,
    /// Whether the combined data was written.
    pub combined: bool,
    /// How the combined data was compressed; `None` if it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress: Option<Compression>,
    /// The longest accepted record, in bytes without its line ending.
    pub max_record_bytes: usize,
    /// The digest of inputs and outputs; `None` if there is none.
    pub digest: Option<Digest>,
    /// The title of the chart and of the report page; `None` for the default.
    pub chart_title: Option<String>,
    /// The currency that the chart and the report page name.
    pub currency: Option<String>,
    /// Whether the report page was written.
    pub html: bool,
}

/// The encoding in a report that was written before there was a choice.
fn auto_encoding() -> String {
    Encoding::Auto.name().to_owned()
}

impl<J> ReportOptions<J> {
    /// Converts the join.
    pub(crate) fn try_map<K, E>(self, convert: impl FnOnce(J) -> Result<K, E>) -> Result<ReportOptions<K>, E> {
        Ok(ReportOptions {
            join: convert(self.join)?,
            delimiter: self.delimiter,
            quote: self.quote,
            match_columns: self.match_columns,
            customers_encoding: self.customers_encoding,
            purchases_encoding: self.purchases_encoding,
            age_groups: self.age_groups,
            customers_key: self.customers_key,
            purchases_key: self.purchases_key,
            first_name: self.first_name,
            last_name: self.last_name,
            age: self.age,
            amount: self.amount,
            max_rejects: self.max_rejects,
            max_unmatched: self.max_unmatched,
            over_limit: self.over_limit,
            combined: self.combined,
            compress: self.compress,
            max_record_bytes: self.max_record_bytes,
            digest: self.digest,
            chart_title: self.chart_title,
            currency: self.currency,
            html: self.html,
        })
    }
}

/// The counts of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CustomersSummary {
    /// Records read. The header and blank lines are not counted.
    pub records: u64,
    /// Records not rejected.
    pub accepted: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Accepted records with at least one matched purchase.
    pub with_purchases: u64,
    /// Accepted records without a matched purchase.
    pub without_purchases: u64,
    /// Accepted records with an empty key.
    pub key_missing: u64,
    /// Accepted records with an empty age.
    pub age_missing: u64,
    /// Accepted records with an age that is unreadable or out of range.
    pub age_invalid: u64,
    /// Blank lines, including those before the header.
    pub blank_lines: u64,
    /// Comments, including those before the header.
    #[serde(default)]
    pub comments: u64,
    /// Lines skipped before the header, including a `sep=` line.
    #[serde(default)]
    pub skipped_lines: u64,
}

/// The counts of the purchases.
///
/// The type parameter is for the raw form of `report.json`, in which the amount is text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PurchasesSummary<M = Money> {
    /// Records read: the sum of matched, unmatched and rejected. Headers and blank lines are not counted.
    pub records: u64,
    /// Accepted records with a customer.
    pub matched: u64,
    /// Accepted records without a customer.
    pub unmatched: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Accepted records with an empty key, which are unmatched.
    pub key_missing: u64,
    /// Accepted records with an empty amount.
    pub amount_missing: u64,
    /// The sum of the amounts of unmatched records, whatever the kind of join.
    pub unmatched_spending: M,
    /// Blank lines, including those before the headers.
    pub blank_lines: u64,
    /// Comments, including those before the headers.
    #[serde(default)]
    pub comments: u64,
    /// Lines skipped before the headers, including `sep=` lines.
    #[serde(default)]
    pub skipped_lines: u64,
}

impl<M> PurchasesSummary<M> {
    /// Converts the amount.
    pub(crate) fn try_map<N, E>(self, convert: impl FnOnce(M) -> Result<N, E>) -> Result<PurchasesSummary<N>, E> {
        Ok(PurchasesSummary {
            records: self.records,
            matched: self.matched,
            unmatched: self.unmatched,
            rejected: self.rejected,
            key_missing: self.key_missing,
            amount_missing: self.amount_missing,
            unmatched_spending: convert(self.unmatched_spending)?,
            blank_lines: self.blank_lines,
            comments: self.comments,
            skipped_lines: self.skipped_lines,
        })
    }
}

/// The combined data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CombinedSummary {
    /// Number of rows without the header. If the combined data is not written, the number that it would have.
    pub rows: u64,
    /// Number of columns.
    pub columns: usize,
    /// Position of the amount column, from 1. The age group is in the last column.
    pub amount_column: usize,
}

/// A row of `age_group_spending.csv`: the totals of an age group.
///
/// The type parameter is for the raw form of `report.json`, in which the amount is text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgeGroupTotal<M = Money> {
    /// The name of the group.
    #[serde(rename = "age_group")]
    pub name: String,
    /// The exact sum of the amounts of the group's rows in the combined data.
    pub total_spending: M,
    /// Number of these rows that have a purchase.
    pub purchases: u64,
    /// Number of accepted customers in the group, whatever the kind of join.
    pub customers: u64,
}

impl<M> AgeGroupTotal<M> {
    /// Converts the amount.
    pub(crate) fn try_map<N, E>(self, convert: impl FnOnce(M) -> Result<N, E>) -> Result<AgeGroupTotal<N>, E> {
        let Self { name, total_spending, purchases, customers } = self;
        Ok(AgeGroupTotal { name, total_spending: convert(total_spending)?, purchases, customers })
    }
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputSummary {
    /// The side that the input belongs to.
    #[serde(default = "purchases_side")]
    pub side: Side,
    /// The path as given; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Whether bytes of the path were replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub path_lossy: bool,
    /// Bytes read, as they are stored, including the header.
    pub bytes: u64,
    /// How the input was decoded; `None` if it was read as it is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decoded: Option<DecodedSummary>,
    /// Records; the header and blank lines are not counted.
    pub records: u64,
    /// Records whose missing fields were filled with empty ones.
    #[serde(default)]
    pub padded: u64,
    /// Records whose surplus empty fields were dropped.
    #[serde(default)]
    pub trimmed: u64,
    /// CRC-32 of the bytes as they are stored, as 8 lower-case hexadecimal digits.
    pub crc32: String,
    /// SHA-256 of the bytes as 64 lower-case hexadecimal digits; only with [`ReportOptions::digest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

fn purchases_side() -> Side {
    Side::Purchases
}

/// Reads the inputs of a report. In older reports they have no sides: the first is that of the customers.
pub(crate) fn inputs_with_sides<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<InputSummary>, D::Error> {
    let mut inputs = Vec::<InputSummary>::deserialize(from)?;
    if inputs.iter().all(|input| input.side == Side::Purchases)
        && let Some(first) = inputs.first_mut()
    {
        first.side = Side::Customers;
    }
    Ok(inputs)
}

/// How an input was decoded. Lines and bytes in messages and in `rejects.csv` are those of the decoded text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DecodedSummary {
    /// The compression: `gzip`, `zstd`, `bzip2`, `xz` or `zip`; `None` if the file is not compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<String>,
    /// The encoding from which the text was converted to UTF-8; `None` if its bytes were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Bytes of the decoded text, including the header.
    pub bytes: u64,
}

/// A file of the output set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutputFile {
    /// File name in the output directory.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// CRC-32 as 8 lower-case hexadecimal digits.
    pub crc32: String,
    /// SHA-256 of the bytes as 64 lower-case hexadecimal digits; only with [`ReportOptions::digest`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The content before its compression; only for compressed combined data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plain: Option<PlainContent>,
}

/// What a compressed file contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlainContent {
    /// Size in bytes.
    pub bytes: u64,
    /// CRC-32 as 8 lower-case hexadecimal digits.
    pub crc32: String,
}
