//! The typed report of a run.

use crate::config::Join;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::model::money::Money;
use crate::model::reject::REASON_NAMES;
use crate::output::file_names::REPORT;
use crate::output::report as json;
use serde::{Deserialize, Serialize};
use std::path::Path;

pub use crate::output::report::{
    CombinedInfo as CombinedSummary, CustomersInfo as CustomersSummary, InputInfo as InputSummary,
    OutputInfo as OutputFile, RunInfo as RunSummary,
};

/// The account of a run: what was read, matched, rejected and written.
///
/// Serde reads and writes it in the form of `report.json`. Everything but [`run`](Report::run) depends only on the
/// inputs and the options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "json::Report", try_from = "json::Report")]
#[non_exhaustive]
pub struct Report {
    /// This one run: program version, start, duration, threads.
    pub run: RunSummary,
    /// The options that decide the outputs.
    pub options: ReportOptions,
    /// The customers input.
    pub customers: CustomersSummary,
    /// The purchases inputs together.
    pub purchases: PurchasesSummary,
    /// The combined data.
    pub combined: CombinedSummary,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<AgeGroupTotal>,
    /// The sum of all age groups.
    pub total_spending: Money,
    /// Rejected records by reason, in the order of precedence; only reasons that occurred.
    pub rejects: Vec<(RejectReason, u64)>,
    /// The inputs in reading order: the customers first.
    pub inputs: Vec<InputSummary>,
    /// The other files of the set.
    pub outputs: Vec<OutputFile>,
}

/// Options as they were in force. Column names that are not UTF-8 have their bytes replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportOptions {
    /// The kind of join.
    pub join: Join,
    /// The delimiter: the character with the number of the byte.
    pub delimiter: char,
    /// The quote likewise; `None` without quoting.
    pub quote: Option<char>,
    /// The age groups as given.
    pub age_groups: String,
    /// The key column of the customers.
    pub customers_key: String,
    /// The key column of the purchases.
    pub purchases_key: String,
    /// The first name column.
    pub first_name: String,
    /// The last name column.
    pub last_name: String,
    /// The age column.
    pub age: String,
    /// The amount column.
    pub amount: String,
    /// The accepted number or share of rejected records, as given.
    pub max_rejects: String,
    /// Whether the combined data was written.
    pub combined: bool,
    /// The longest accepted record, in bytes.
    pub max_record_bytes: usize,
}

/// The purchases in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PurchasesSummary {
    /// Records read.
    pub records: u64,
    /// Accepted, with a customer.
    pub matched: u64,
    /// Accepted, without one.
    pub unmatched: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Accepted, with an empty key; they are unmatched.
    pub key_missing: u64,
    /// Accepted, with an empty amount.
    pub amount_missing: u64,
    /// The sum of the unmatched amounts, under every kind of join.
    pub unmatched_spending: Money,
    /// Empty lines; they are no records.
    pub blank_lines: u64,
}

/// One age group's total.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgeGroupTotal {
    /// The group's name.
    pub name: String,
    /// The exact sum of its amounts.
    pub total_spending: Money,
    /// Rows of the combined data with a purchase.
    pub purchases: u64,
    /// Accepted customers.
    pub customers: u64,
}

/// Why a record is rejected, in the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RejectReason {
    /// Text follows a closing quote.
    TextAfterClosingQuote,
    /// A carriage return outside quotes is not followed by a line feed.
    BareCarriageReturn,
    /// The record has another number of fields than the header.
    WrongFieldCount,
    /// All fields are empty.
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

    /// The name under which `report.json` counts the reason.
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
    /// Reads the report of the output set in a directory.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if there is none, or the file cannot be read or is not a report of this version.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        let path = dir.as_ref().join(REPORT);
        let (_, report) = json::Report::open(&path)?;
        Self::try_from(report)
            .map_err(|what| Error::new(ErrorKind::NoReport, format!("not a report: {what}")).at(Place::file(&path)))
    }

    /// Rejected records of all inputs.
    pub fn rejected(&self) -> u64 {
        self.customers.rejected.saturating_add(self.purchases.rejected)
    }

    /// Records of all inputs.
    pub fn records(&self) -> u64 {
        self.customers.records.saturating_add(self.purchases.records)
    }

    /// Records rejected for a reason.
    pub fn rejected_for(&self, reason: RejectReason) -> u64 {
        self.rejects.iter().find(|(found, _)| *found == reason).map_or(0, |(_, count)| *count)
    }

    /// Whether at most as many records were rejected as the job accepts.
    pub fn within_max_rejects(&self) -> bool {
        // The text is that of a valid setting: `try_from` checks it.
        crate::model::max_rejects::MaxRejects::parse(&self.options.max_rejects)
            .is_ok_and(|limit| limit.allows(self.rejected(), self.records()))
    }
}

impl TryFrom<json::Report> for Report {
    /// What is impossible about the report.
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
