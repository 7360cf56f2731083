//! The serde form of `report.json`: the ledger and the manifest of an output set (docs/contract.md#report).

use super::report_dialects::InputDialect;
use super::report_limits::{Acceptance, ExceededLimit, Outcome};
use super::report_notices::Notice;
use super::report_parts::{
    AgeGroupTotal, CombinedSummary, CustomersSummary, InputSummary, OutputFile, PurchasesSummary, ReportOptions,
    RunSummary, inputs_with_sides,
};
use super::report_patterns::RejectPattern;
use super::report_samples::{RejectSample, UnmatchedSample};
use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::fs::directory::Dir;
use crate::model::dialect::Dialect;
use crate::model::reject_reason::RejectReason;
use crate::model::sides::{Side, Sides};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::time::SystemTime;

/// Maximum size of a report, in bytes. A larger file is not read.
pub(crate) const MAX_REPORT_BYTES: u64 = 64 << 20;

/// The hint for a directory without a report.
pub(crate) const RUN_AGAIN: &str = "run again into this directory: it contains no complete set";

/// The content of `report.json`. All fields except [`run`](Report::run) and [`acceptance`](Report::acceptance) depend
/// only on the inputs and the options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version, start time, duration and threads of this run.
    pub run: RunSummary,
    /// The options that affect the outputs.
    pub options: ReportOptions<String>,
    /// How the files of each side were read. Older reports have only the options `delimiter` and `quote`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialects: Option<Sides<InputDialect>>,
    /// What the run did with the set.
    pub outcome: Outcome,
    /// The limits that the run exceeded.
    pub exceeded: Vec<ExceededLimit>,
    /// Present if the set was held and then accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acceptance: Option<Acceptance>,
    /// The customers input.
    pub customers: CustomersSummary,
    /// The purchases inputs, all together.
    pub purchases: PurchasesSummary<String>,
    /// The combined data.
    pub combined: CombinedSummary,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<AgeGroupTotal<String>>,
    /// The sum over all age groups, as a decimal.
    pub total_spending: String,
    /// The number of rejected records for each reason that occurred.
    pub rejects: serde_json::Map<String, serde_json::Value>,
    /// The first rejected records of each reason, in reading order.
    pub reject_samples: Vec<RejectSample>,
    /// What rejected records look like. Older reports do not say.
    #[serde(default)]
    pub reject_patterns: Vec<RejectPattern>,
    /// The first purchases without a customer.
    pub unmatched_samples: Vec<UnmatchedSample>,
    /// Remarks on results that may be wrong.
    pub notices: Vec<Notice>,
    /// The inputs in reading order: first the customers, then the purchases.
    #[serde(deserialize_with = "inputs_with_sides")]
    pub inputs: Vec<InputSummary>,
    /// The manifest: every file of the set except the report.
    pub outputs: Vec<OutputFile>,
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if the file does not exist, cannot be read or is not a report that this version can
    /// read.
    pub fn read(path: &Path) -> Result<Self> {
        Self::open(path).map(|(_, report)| report)
    }

    /// Reads a report, and opens the directory that it is in.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn open(path: &Path) -> Result<(Dir, Self)> {
        let (dir, text) = open_report(path)?;
        Ok((dir, Self::parse(path, &text)?))
    }

    /// Parses the text of the report at `path`.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] if it is not a report that this version can read.
    pub(crate) fn parse(path: &Path, text: &[u8]) -> Result<Self> {
        serde_json::from_slice(text).map_err(|error| {
            let place = json_place(path, text, &error);
            let reason = json_text(&error);
            let own = env!("CARGO_PKG_VERSION");
            let value: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
            let (what, hint) = match value["run"]["spendfold"].as_str() {
                Some(version) if version != own => (
                    format!("a report of spendfold {}, which {own} cannot read: {reason}", escape(version.as_bytes())),
                    "verify it with that version, or run again into this directory",
                ),
                Some(_) => (
                    format!("not a whole report: {reason}"),
                    "run again into this directory: the report was changed, or written by another build of this version",
                ),
                None => (
                    format!("not a report: {reason}"),
                    "run again into this directory: the file is not a report, or was changed or truncated",
                ),
            };
            Error::new(ErrorKind::NoReport, what).at(place).hint(hint)
        })
    }

    /// The inputs of one side.
    pub(crate) fn inputs_of(&self, side: Side) -> impl Iterator<Item = &InputSummary> {
        self.inputs.iter().filter(move |input| input.side == side)
    }

    /// The patterns of at least half of the records that were rejected for their reason.
    pub(crate) fn main_patterns(&self) -> impl Iterator<Item = &RejectPattern> {
        let rejected = |name: &str| RejectReason::from_name(name).map_or(0, |reason| self.rejected_for(reason));
        self.reject_patterns.iter().filter(move |pattern| pattern.is_main(rejected(&pattern.reason)))
    }

    /// Formats the content of `report.json`.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Proof: serialization fails only for map keys that are not strings, and there are none.
        let mut text = serde_json::to_vec_pretty(self).expect("a report is plain data");
        text.push(b'\n');
        text
    }

    /// How the files of each side were read.
    pub(crate) fn dialects(&self) -> Sides<InputDialect> {
        let given = || Sides::both(InputDialect::given(self.options.delimiter, self.options.quote));
        self.dialects.clone().unwrap_or_else(given)
    }

    /// The dialect of the combined data; `None` if a run would refuse it.
    pub(crate) fn combined_dialect(&self) -> Option<Dialect> {
        let ReportOptions { delimiter, quote, .. } = self.options;
        InputDialect { delimiter, quote, ..self.dialects().purchases }.dialect().map(Dialect::without_comments)
    }

    /// The number of rejected records of both sides.
    pub fn rejected(&self) -> u64 {
        self.customers.rejected.saturating_add(self.purchases.rejected)
    }

    /// The number of records rejected for a reason; 0 if it did not occur.
    pub(crate) fn rejected_for(&self, reason: RejectReason) -> u64 {
        self.rejects.get(reason.name()).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    /// The number of records of both sides.
    pub fn records(&self) -> u64 {
        self.customers.records.saturating_add(self.purchases.records)
    }
}

/// A time in UTC, in the format of RFC 3339, to the second.
pub(crate) fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// The object `rejects`: counts by the name of the reason.
pub(crate) fn rejects_object(
    counts: impl IntoIterator<Item = (RejectReason, u64)>,
) -> serde_json::Map<String, serde_json::Value> {
    counts.into_iter().map(|(reason, count)| (reason.name().to_owned(), count.into())).collect()
}

/// The place of an error in JSON text. For an error at the start of a line, serde_json gives column 0; the place has
/// column 1.
pub(crate) fn json_place(path: &Path, text: &[u8], error: &serde_json::Error) -> Place {
    let (line, column) = (error.line().max(1), error.column().max(1));
    let before = text.split_inclusive(|&byte| byte == b'\n').take(line - 1);
    let byte = before.map(<[u8]>::len).sum::<usize>() + column - 1;
    Place::at(path, line as u64, column as u64, byte as u64)
}

/// The message of a JSON error without its place, escaped for a terminal.
pub(crate) fn json_text(error: &serde_json::Error) -> String {
    let text = error.to_string();
    escape(text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).as_bytes())
}

/// Reads the text of a report.
///
/// # Errors
/// [`ErrorKind::NoReport`] if the file does not exist, is not a regular file, is too large or cannot be read.
pub(crate) fn read_report(path: &Path) -> Result<Vec<u8>> {
    open_report(path).map(|(_, text)| text)
}

/// Reads the text of a report, and opens the directory that it is in.
fn open_report(path: &Path) -> Result<(Dir, Vec<u8>)> {
    let no_report = |error: Errno| {
        let report_error = Error::io(ErrorKind::NoReport, path, "no report", error.into());
        if error == Errno::NOENT { report_error.hint(RUN_AGAIN) } else { report_error }
    };
    let name = path.file_name().ok_or_else(|| no_report(Errno::ISDIR))?;
    let dir = Dir::open(path.parent().unwrap_or(Path::new(""))).map_err(no_report)?;
    let text = dir.read_file(name, MAX_REPORT_BYTES, ErrorKind::NoReport, "no report")?;
    Ok((dir, text.ok_or_else(|| no_report(Errno::NOENT))?))
}

/// Whether this program wrote the text of a `report.json`: a report of any version, the beginning of one, or what a
/// power loss leaves of one that was not synced (nothing, or zero bytes).
pub(crate) fn is_report(text: &[u8]) -> bool {
    const BEGINNING: &[u8] = b"{\n  \"run\": {\n    \"spendfold\": \"";
    let report: Option<serde_json::Value> = serde_json::from_slice(text).ok();
    let has_version = report.is_some_and(|report| report["run"]["spendfold"].is_string());
    has_version || text.starts_with(BEGINNING) || text.iter().all(|&byte| byte == 0)
}

/// The names of the files that a report lists. Empty if the file does not exist or is not a report.
///
/// # Errors
/// [`ErrorKind::Output`] if the file exists and cannot be read.
pub(crate) fn listed_outputs(dir: &Dir, name: &str) -> Result<Vec<String>> {
    let text = dir.read_file(name, MAX_REPORT_BYTES, ErrorKind::Output, "cannot read the old report")?;
    Ok(text.map_or_else(Vec::new, |text| listed_in(&text)))
}

/// The names of the files that the text of a report lists. Empty if it is not a report.
pub(crate) fn listed_in(text: &[u8]) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_slice(text).unwrap_or_default();
    let outputs = report["outputs"].as_array().cloned().unwrap_or_default();
    outputs.iter().filter_map(|output| output["path"].as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_reports_and_their_remains_are_reports() {
        for text in ["{\n  \"run\": {\n    \"spendfold\": \"0.1.0\",", "{\"run\":{\"spendfold\":\"9\"}}", "", "\0\0"] {
            assert!(is_report(text.as_bytes()), "{text}");
        }
        for text in ["{}", "null", "{\"run\":{\"spendfold\":1}}", "\n", "{\n  \"run\": {"] {
            assert!(!is_report(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_place_of_a_json_error_has_line_column_and_byte() {
        for (text, line, column, byte) in
            [("?", 1, 1, 0), ("{\n  \"run\": ?\n}", 2, 10, 11), ("{\n\n\"a\": 1\n?", 4, 1, 10)]
        {
            let error = serde_json::from_slice::<serde_json::Value>(text.as_bytes()).expect_err(text);
            let place = json_place(Path::new("r"), text.as_bytes(), &error);
            assert_eq!(place, Place::at(Path::new("r"), line, column, byte), "{text}");
        }
    }
}
