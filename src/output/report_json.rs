//! The serde form of `report.json`: the ledger and the manifest of an output set (docs/contract.md#report).

use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::fs::directory::Dir;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Maximum size of a report, in bytes. A larger file is not read.
pub(crate) const MOST_REPORT_BYTES: u64 = 64 << 20;

/// The hint for a directory without a report.
pub(crate) const RUN_AGAIN: &str = "the directory holds no complete output set; run `spendfold run` into it again";

/// The content of `report.json`. All fields except [`run`](Report::run) depend only on the inputs and the options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Data about this run.
    pub run: RunInfo,
    /// The options that affect the outputs.
    pub options: OptionsInfo,
    /// The customers input.
    pub customers: CustomersInfo,
    /// The purchases inputs, all together.
    pub purchases: PurchasesInfo,
    /// The combined data.
    pub combined: CombinedInfo,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<GroupInfo>,
    /// The sum over all age groups, as a decimal.
    pub total_spending: String,
    /// The number of rejected records for each reason that occurred.
    pub rejects: serde_json::Map<String, serde_json::Value>,
    /// The inputs in reading order: first the customers, then the purchases.
    pub inputs: Vec<InputInfo>,
    /// The manifest: every file of the set except the report.
    pub outputs: Vec<OutputInfo>,
}

/// The data that differs between runs on the same inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of the program.
    pub spendfold: String,
    /// Start time in UTC, in the format of RFC 3339.
    pub started: String,
    /// Wall time up to the publication, in seconds.
    pub seconds: f64,
    /// Number of worker threads that ran.
    pub threads: usize,
}

/// The options of a run that affect its outputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionsInfo {
    /// `full`, `left` or `inner`.
    pub join: String,
    /// The delimiter, as the Unicode character with the value of the byte.
    pub delimiter: char,
    /// The quote, likewise; `None` without quoting.
    pub quote: Option<char>,
    /// The specification of the age groups, as given.
    pub age_groups: String,
    /// Key column of the customers.
    pub customers_key: String,
    /// Key column of the purchases.
    pub purchases_key: String,
    /// First name column.
    pub first_name: String,
    /// Last name column.
    pub last_name: String,
    /// Age column.
    pub age: String,
    /// Amount column.
    pub amount: String,
    /// The limit on rejected records, as given.
    pub max_rejects: String,
    /// Whether the combined data was written.
    pub combined: bool,
    /// The longest accepted record, in bytes without its line ending.
    pub max_record_bytes: usize,
}

/// The counts of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersInfo {
    /// Records read.
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
    /// Empty lines; no records.
    pub blank_lines: u64,
}

/// The counts of the purchases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchasesInfo {
    /// Records read.
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
    /// The sum of the amounts of unmatched records, under every kind of join.
    pub unmatched_spending: String,
    /// Empty lines; no records.
    pub blank_lines: u64,
}

/// The combined data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombinedInfo {
    /// Number of rows, the header not counted. If the combined data is not written, the rows that it would have.
    pub rows: u64,
    /// Number of columns.
    pub columns: usize,
    /// Position of the amount column, from 1. The age group is in the last column.
    pub amount_column: usize,
}

/// A row of `age_group_spending.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// The name of the group.
    pub age_group: String,
    /// The exact sum of the amounts of its rows, as a decimal.
    pub total_spending: String,
    /// Its rows of the combined data that have a purchase.
    pub purchases: u64,
    /// Its accepted customers, under every kind of join.
    pub customers: u64,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputInfo {
    /// The path as given; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// Whether bytes of the path were replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub path_lossy: bool,
    /// Bytes read, the header included.
    pub bytes: u64,
    /// Records; the header and blank lines are not counted.
    pub records: u64,
}

/// A file of the output set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputInfo {
    /// File name in the output directory.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// CRC-32 as 8 lower-case hexadecimal digits.
    pub crc32: String,
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
        let report = serde_json::from_slice(&text).map_err(|error| {
            let place = json_place(path, &text, &error);
            let reason = json_text(&error);
            let own = env!("CARGO_PKG_VERSION");
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
            let (what, hint) = match value["run"]["spendfold"].as_str() {
                Some(version) if version != own => (
                    format!("a report of spendfold {}, which {own} cannot read: {reason}", escape(version.as_bytes())),
                    "verify it with that version, or run `spendfold run` into the directory again",
                ),
                Some(_) => (
                    format!("not a whole report: {reason}"),
                    "it was changed after it was written; run `spendfold run` into the directory again",
                ),
                None => (
                    format!("not a report: {reason}"),
                    "it is none, or was changed or cut; run `spendfold run` into the directory again",
                ),
            };
            Error::new(ErrorKind::NoReport, what).at(place).hint(hint)
        })?;
        Ok((dir, report))
    }

    /// Formats the content of `report.json`.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Proof: serialization fails only for map keys that are not strings, and there are none.
        let mut text = serde_json::to_vec_pretty(self).expect("a report is plain data");
        text.push(b'\n');
        text
    }

    /// The number of rejected records of both sides.
    pub fn rejected(&self) -> u64 {
        self.customers.rejected.saturating_add(self.purchases.rejected)
    }

    /// The number of records rejected for a reason, given by its name; 0 if it did not occur.
    pub(crate) fn rejected_for(&self, reason: &str) -> u64 {
        self.rejects.get(reason).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    /// The number of records of both sides.
    pub fn records(&self) -> u64 {
        self.customers.records.saturating_add(self.purchases.records)
    }
}

/// The place of an error in JSON text. serde_json gives column 0 for an error at the start of a line; the place then
/// has column 1.
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
    let text = dir.read_file(name, MOST_REPORT_BYTES, ErrorKind::NoReport, "no report")?;
    Ok((dir, text.ok_or_else(|| no_report(Errno::NOENT))?))
}

/// The names of the files that a report lists. Empty if the file does not exist or is not a report.
///
/// # Errors
/// [`ErrorKind::Output`] if the file exists and cannot be read.
pub(crate) fn listed_outputs(dir: &Dir, name: &str) -> Result<Vec<String>> {
    let text = dir.read_file(name, MOST_REPORT_BYTES, ErrorKind::Output, "cannot read the old report")?;
    let Some(text) = text else { return Ok(vec![]) };
    let report: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let outputs = report["outputs"].as_array().cloned().unwrap_or_default();
    Ok(outputs.iter().filter_map(|output| output["path"].as_str().map(str::to_owned)).collect())
}
