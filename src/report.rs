//! The typed report of a run; the public form of `report.json`.

use crate::config::Join;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::money::Money;
use crate::model::reject::REASON_NAMES;
use crate::output::file_names::REPORT;
use crate::output::report_json as json;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub use crate::output::report_json::{
    CombinedInfo as CombinedSummary, CustomersInfo as CustomersSummary, InputInfo as InputSummary,
    OutputInfo as OutputFile, RunInfo as RunSummary,
};

/// The report of a run: what was read, matched, rejected and written.
///
/// Its serde form is that of `report.json` (`docs/contract.md`, section 13). All fields except [`run`](Report::run)
/// depend only on the inputs and the options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "json::Report", try_from = "json::Report")]
#[non_exhaustive]
pub struct Report {
    /// Version, start time, duration and threads of this run.
    pub run: RunSummary,
    /// The options that affect the outputs.
    pub options: ReportOptions,
    /// The customers input.
    pub customers: CustomersSummary,
    /// The purchases inputs, all together.
    pub purchases: PurchasesSummary,
    /// The combined data.
    pub combined: CombinedSummary,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<AgeGroupTotal>,
    /// The sum over all age groups.
    pub total_spending: Money,
    /// The number of rejected records for each reason that occurred, in the order of precedence.
    pub rejects: Vec<(RejectReason, u64)>,
    /// The inputs in reading order: first the customers, then the purchases.
    pub inputs: Vec<InputSummary>,
    /// The manifest: every file of the set except the report.
    pub outputs: Vec<OutputFile>,
}

/// The options of a run that affect its outputs. In a column name that is not UTF-8, invalid bytes are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportOptions {
    /// The kind of join.
    pub join: Join,
    /// The delimiter, as the Unicode character with the value of the byte.
    pub delimiter: char,
    /// The quote, likewise; `None` without quoting.
    pub quote: Option<char>,
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
    /// Whether the combined data was written.
    pub combined: bool,
    /// The longest accepted record, in bytes without its line ending.
    pub max_record_bytes: usize,
}

/// The counts of the purchases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchasesSummary {
    /// Records read: the sum of matched, unmatched and rejected. Headers and blank lines are not counted.
    pub records: u64,
    /// Accepted records with a customer.
    pub matched: u64,
    /// Accepted records without a customer.
    pub unmatched: u64,
    /// Rejected records.
    pub rejected: u64,
    /// Accepted records with an empty key, which are unmatched.
    pub key_missing: u64,
    /// Accepted records with an empty amount.
    pub amount_missing: u64,
    /// The sum of the amounts of unmatched records, under every kind of join.
    pub unmatched_spending: Money,
    /// Blank lines, also those before the headers.
    pub blank_lines: u64,
}

/// The totals of an age group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgeGroupTotal {
    /// The name of the group.
    pub name: String,
    /// The exact sum of the amounts of its rows.
    pub total_spending: Money,
    /// Its rows of the combined data that have a purchase.
    pub purchases: u64,
    /// Its accepted customers, under every kind of join.
    pub customers: u64,
}

/// The reason for which a record is rejected. The variants are in the order of precedence: the first that applies is
/// reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// A closing quote is followed by text.
    TextAfterClosingQuote,
    /// A carriage return outside quotes is not followed by a line feed.
    BareCarriageReturn,
    /// The number of fields differs from that of the header.
    WrongFieldCount,
    /// The value of every field is empty.
    EmptyRecord,
    /// The amount is not a decimal number.
    AmountNotDecimal,
    /// The amount has more than 9 fraction digits.
    AmountFractionTooLong,
    /// The amount has more than 18 integer digits.
    AmountIntegerTooLong,
    /// An earlier customer has the same key.
    DuplicateCustomer,
}

impl RejectReason {
    /// All reasons, in the order of precedence.
    pub const ALL: [Self; 8] = [
        Self::TextAfterClosingQuote,
        Self::BareCarriageReturn,
        Self::WrongFieldCount,
        Self::EmptyRecord,
        Self::AmountNotDecimal,
        Self::AmountFractionTooLong,
        Self::AmountIntegerTooLong,
        Self::DuplicateCustomer,
    ];

    /// The name of the reason in `report.json`.
    pub fn name(self) -> &'static str {
        REASON_NAMES[self as usize]
    }
}

impl std::fmt::Display for RejectReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Report {
    /// Reads the report of the output set in the directory `dir`.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if `report.json` does not exist, cannot be read or is not a report of this version.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        let path = dir.as_ref().join(REPORT);
        let (_, report) = json::Report::open(&path)?;
        Self::try_from(report)
            .map_err(|what| Error::new(ErrorKind::NoReport, format!("not a report: {what}")).at(Place::file(&path)))
    }

    /// The number of rejected records of all inputs together.
    pub fn rejected(&self) -> u64 {
        self.customers.rejected.saturating_add(self.purchases.rejected)
    }

    /// The number of records of all inputs together.
    pub fn records(&self) -> u64 {
        self.customers.records.saturating_add(self.purchases.records)
    }

    /// The number of records rejected for a reason; 0 if it did not occur.
    pub fn rejected_for(&self, reason: RejectReason) -> u64 {
        self.rejects.iter().find(|(found, _)| *found == reason).map_or(0, |(_, count)| *count)
    }

    /// Whether the number of rejected records is within the limit of [`Job::max_rejects`](crate::Job::max_rejects).
    pub fn within_max_rejects(&self) -> bool {
        // `try_from` has checked that the text is valid.
        crate::model::max_rejects::MaxRejects::parse(&self.options.max_rejects)
            .is_ok_and(|limit| limit.allows(self.rejected(), self.records()))
    }
}

impl TryFrom<json::Report> for Report {
    /// Why the report is invalid.
    type Error = String;

    fn try_from(report: json::Report) -> Result<Self, String> {
        let money = |text: &str| text.parse::<Money>().map_err(|error| format!("{error}: {text}"));
        let options = report.options;
        let purchases = report.purchases;
        let reason = |name: &str| RejectReason::ALL.into_iter().find(|reason| reason.name() == name);
        let mut rejects = Vec::new();
        for (name, count) in &report.rejects {
            let (Some(reason), Some(count)) = (reason(name), count.as_u64()) else {
                return Err(format!("unknown reject reason: {name}"));
            };
            rejects.push((reason, count));
        }
        rejects.sort_unstable();
        crate::model::max_rejects::MaxRejects::parse(&options.max_rejects).map_err(|error| error.to_string())?;
        Ok(Self {
            run: report.run,
            options: ReportOptions {
                join: Join::from_name(&options.join).ok_or_else(|| format!("unknown join: {}", options.join))?,
                delimiter: options.delimiter,
                quote: options.quote,
                age_groups: options.age_groups,
                customers_key: options.customers_key,
                purchases_key: options.purchases_key,
                first_name: options.first_name,
                last_name: options.last_name,
                age: options.age,
                amount: options.amount,
                max_rejects: options.max_rejects,
                combined: options.combined,
                max_record_bytes: options.max_record_bytes,
            },
            customers: report.customers,
            purchases: PurchasesSummary {
                records: purchases.records,
                matched: purchases.matched,
                unmatched: purchases.unmatched,
                rejected: purchases.rejected,
                key_missing: purchases.key_missing,
                amount_missing: purchases.amount_missing,
                unmatched_spending: money(&purchases.unmatched_spending)?,
                blank_lines: purchases.blank_lines,
            },
            combined: report.combined,
            age_groups: report
                .age_groups
                .into_iter()
                .map(|group| {
                    Ok(AgeGroupTotal {
                        total_spending: money(&group.total_spending)?,
                        name: group.age_group,
                        purchases: group.purchases,
                        customers: group.customers,
                    })
                })
                .collect::<Result<_, String>>()?,
            total_spending: money(&report.total_spending)?,
            rejects,
            inputs: report.inputs,
            outputs: report.outputs,
        })
    }
}

impl From<Report> for json::Report {
    fn from(report: Report) -> Self {
        let (options, purchases) = (report.options, report.purchases);
        Self {
            run: report.run,
            options: json::OptionsInfo {
                join: options.join.name().to_owned(),
                delimiter: options.delimiter,
                quote: options.quote,
                age_groups: options.age_groups,
                customers_key: options.customers_key,
                purchases_key: options.purchases_key,
                first_name: options.first_name,
                last_name: options.last_name,
                age: options.age,
                amount: options.amount,
                max_rejects: options.max_rejects,
                combined: options.combined,
                max_record_bytes: options.max_record_bytes,
            },
            customers: report.customers,
            purchases: json::PurchasesInfo {
                records: purchases.records,
                matched: purchases.matched,
                unmatched: purchases.unmatched,
                rejected: purchases.rejected,
                key_missing: purchases.key_missing,
                amount_missing: purchases.amount_missing,
                unmatched_spending: purchases.unmatched_spending.to_string(),
                blank_lines: purchases.blank_lines,
            },
            combined: report.combined,
            age_groups: report
                .age_groups
                .into_iter()
                .map(|group| json::GroupInfo {
                    age_group: group.name,
                    total_spending: group.total_spending.to_string(),
                    purchases: group.purchases,
                    customers: group.customers,
                })
                .collect(),
            total_spending: report.total_spending.to_string(),
            rejects: report.rejects.iter().map(|(reason, count)| (reason.name().to_owned(), (*count).into())).collect(),
            inputs: report.inputs,
            outputs: report.outputs,
        }
    }
}
