//! The typed report of a run: the public form of `report.json`.

use crate::error::{Error, ErrorKind, Place, Result, Setting};
use crate::model::join::Join;
use crate::model::limit::Limit;
use crate::model::money::Money;
use crate::output::file_names::REPORT;
use crate::output::report_json as json;
pub use crate::output::report_patterns::RejectPattern;
pub use crate::output::report_samples::{RejectSample, SamplePlace, UnmatchedSample};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::path::Path;

pub use crate::model::delimiter_source::DelimiterSource;
pub use crate::model::reject_pattern::PatternName;
pub use crate::model::reject_reason::RejectReason;
pub use crate::model::sides::{Side, Sides};
pub use crate::output::report_dialects::InputDialect;
pub use crate::output::report_limits::{Acceptance, ExceededLimit, LimitName, Outcome};
pub use crate::output::report_notices::{Notice, NoticeName};
pub use crate::output::report_parts::{
    AgeGroupTotal, CombinedSummary, CustomersSummary, DecodedSummary, InputSummary, OutputFile, PlainContent,
    PurchasesSummary, ReportOptions, RunSummary,
};

/// The report of a run: what was read, matched, rejected and written.
///
/// Its serde form is that of `report.json` (`docs/contract.md`, section 13). All fields except [`run`](Report::run)
/// and [`acceptance`](Report::acceptance) depend only on the inputs and the options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "json::Report", try_from = "json::Report")]
#[non_exhaustive]
pub struct Report {
    /// Version, start time, duration and threads of this run.
    pub run: RunSummary,
    /// The options that affect the outputs.
    pub options: ReportOptions,
    /// How the files of each side were read.
    pub dialects: Sides<InputDialect>,
    /// What the run did with the set.
    pub outcome: Outcome,
    /// The limits that the run exceeded; empty if it was within all limits.
    pub exceeded: Vec<ExceededLimit>,
    /// Present if the set was held and then accepted.
    pub acceptance: Option<Acceptance>,
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
    /// The first three rejected records of each reason that occurred, in reading order.
    pub reject_samples: Vec<RejectSample>,
    /// What rejected records look like, in the order of their first records. Records that look like nothing in
    /// particular are left out.
    pub reject_patterns: Vec<RejectPattern>,
    /// The first three purchases without a customer.
    pub unmatched_samples: Vec<UnmatchedSample>,
    /// Remarks on results that may be wrong although no rule was broken, in a fixed order.
    pub notices: Vec<Notice>,
    /// The inputs in reading order: first the customers, then the purchases.
    pub inputs: Vec<InputSummary>,
    /// The manifest: every file of the set except the report.
    pub outputs: Vec<OutputFile>,
}

impl Report {
    /// Reads the report of the output set in the directory `dir`.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if `report.json` does not exist, cannot be read or is not a report that this version can
    /// read.
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

    /// The patterns of at least half of the records that were rejected for their reason, except that of a single record
    /// with too few fields.
    pub fn main_patterns(&self) -> impl Iterator<Item = &RejectPattern> {
        let rejected = |name: &str| RejectReason::from_name(name).map_or(0, |reason| self.rejected_for(reason));
        self.reject_patterns.iter().filter(move |pattern| pattern.is_main(rejected(&pattern.reason)))
    }

    /// Whether the run was within all limits: [`Job::max_rejects`](crate::Job::max_rejects) and
    /// [`Job::max_unmatched`](crate::Job::max_unmatched). The command ends with status 3 if not.
    pub fn within_limits(&self) -> bool {
        self.exceeded.is_empty()
    }
}

impl TryFrom<json::Report> for Report {
    /// Why the report is invalid.
    type Error = String;

    fn try_from(report: json::Report) -> Result<Self, String> {
        let join = |name: String| Join::from_name(&name).ok_or_else(|| format!("unknown join: {name}"));
        let money = |text: String| text.parse::<Money>().map_err(|error| format!("{error}: {text}"));
        let mut rejects = Vec::new();
        for (name, count) in &report.rejects {
            let reason = RejectReason::from_name(name).ok_or_else(|| format!("unknown reject reason: {name}"))?;
            let number = count.as_u64().ok_or_else(|| format!("not a number of rejects: {count}"))?;
            rejects.push((reason, number));
        }
        rejects.sort_unstable();
        Limit::parse(Setting::MaxRejects, &report.options.max_rejects).map_err(|error| error.to_string())?;
        if let Some(limit) = &report.options.max_unmatched {
            Limit::parse(Setting::MaxUnmatched, limit).map_err(|error| error.to_string())?;
        }
        let dialects = report.dialects();
        let age_groups = report.age_groups.into_iter().map(|group| group.try_map(money));
        Ok(Self {
            run: report.run,
            dialects,
            options: report.options.try_map(join)?,
            outcome: report.outcome,
            exceeded: report.exceeded,
            acceptance: report.acceptance,
            customers: report.customers,
            purchases: report.purchases.try_map(money)?,
            combined: report.combined,
            age_groups: age_groups.collect::<Result<_, String>>()?,
            total_spending: money(report.total_spending)?,
            rejects,
            reject_samples: report.reject_samples,
            reject_patterns: report.reject_patterns,
            unmatched_samples: report.unmatched_samples,
            notices: report.notices,
            inputs: report.inputs,
            outputs: report.outputs,
        })
    }
}

impl From<Report> for json::Report {
    fn from(report: Report) -> Self {
        let join = |join: Join| Ok::<_, Infallible>(join.name().to_owned());
        let text = |money: Money| Ok::<_, Infallible>(money.to_string());
        let Ok(options) = report.options.try_map(join);
        let Ok(purchases) = report.purchases.try_map(text);
        let Ok(age_groups) = report.age_groups.into_iter().map(|group| group.try_map(text)).collect();
        Self {
            run: report.run,
            options,
            dialects: Some(report.dialects),
            outcome: report.outcome,
            exceeded: report.exceeded,
            acceptance: report.acceptance,
            customers: report.customers,
            purchases,
            combined: report.combined,
            age_groups,
            total_spending: report.total_spending.to_string(),
            rejects: json::rejects_object(report.rejects),
            reject_samples: report.reject_samples,
            reject_patterns: report.reject_patterns,
            unmatched_samples: report.unmatched_samples,
            notices: report.notices,
            inputs: report.inputs,
            outputs: report.outputs,
        }
    }
}
