//! `report.json`: the ledger and the manifest of a set.

use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::fs::directory::Dir;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Maximum size of a report, in bytes. A file of gigabytes under its name is not read.
pub(crate) const MOST_REPORT_BYTES: u64 = 64 << 20;

/// The hint for a directory without a report.
pub(crate) const RUN_AGAIN: &str = "the directory holds no complete output set; run `spendfold run` into it again";

/// The account of a run. Everything but [`run`](Report::run) is the same for the same inputs and options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// This one run.
    pub run: RunInfo,
    /// The options that decide the outputs.
    pub options: OptionsInfo,
    /// The customers file.
    pub customers: CustomersInfo,
    /// The purchases files together.
    pub purchases: PurchasesInfo,
    /// The combined data.
    pub combined: CombinedInfo,
    /// The rows of `age_group_spending.csv`.
    pub age_groups: Vec<GroupInfo>,
    /// The sum of the groups' totals.
    pub total_spending: String,
    /// Rejected records by reason; only reasons that occurred.
    pub rejects: serde_json::Map<String, serde_json::Value>,
    /// The inputs in reading order.
    pub inputs: Vec<InputInfo>,
    /// The other files of the set.
    pub outputs: Vec<OutputInfo>,
}

/// What differs from run to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of the program.
    pub spendfold: String,
    /// When it began, in UTC (RFC 3339).
    pub started: String,
    /// Wall time up to the publication, in seconds.
    pub seconds: f64,
    /// Workers.
    pub threads: usize,
}

/// Options as they were in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionsInfo {
    /// `full`, `left` or `inner`.
    pub join: String,
    /// The delimiter: the character with the byte's number.
    pub delimiter: char,
    /// The quote likewise; none without quoting.
    pub quote: Option<char>,
    /// The age groups as given.
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
    /// As given.
    pub max_rejects: String,
    /// Whether the combined data was written.
    pub combined: bool,
    /// Bytes.
    pub max_record_bytes: usize,
}

/// The ledger of the customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomersInfo {
    /// Records read.
    pub records: u64,
    /// Records taken.
    pub accepted: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Accepted, with at least one purchase.
    pub with_purchases: u64,
    /// Accepted, without any.
    pub without_purchases: u64,
    /// Accepted, with an empty key.
    pub key_missing: u64,
    /// Accepted, with an empty age.
    pub age_missing: u64,
    /// Accepted, with an age that is unreadable or out of range.
    pub age_invalid: u64,
    /// Empty lines; no records.
    pub blank_lines: u64,
}

/// The ledger of the purchases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchasesInfo {
    /// Records read.
    pub records: u64,
    /// Accepted, with a customer.
    pub matched: u64,
    /// Accepted, without one.
    pub unmatched: u64,
    /// Records rejected.
    pub rejected: u64,
    /// Accepted, with an empty key; unmatched.
    pub key_missing: u64,
    /// Accepted, with an empty amount.
    pub amount_missing: u64,
    /// The sum of the unmatched amounts, under every kind of join.
    pub unmatched_spending: String,
    /// Empty lines; no records.
    pub blank_lines: u64,
}

/// The combined data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CombinedInfo {
    /// Rows without the header: written, or what would have been.
    pub rows: u64,
    /// Its columns.
    pub columns: usize,
    /// The amount's column, from 1. The age group is in the last.
    pub amount_column: usize,
}

/// A row of `age_group_spending.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// The group's name.
    pub age_group: String,
    /// The exact sum of its amounts.
    pub total_spending: String,
    /// Rows of combined data that carry a purchase.
    pub purchases: u64,
    /// Accepted customers.
    pub customers: u64,
}

/// An input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputInfo {
    /// The path as given; bytes that are not UTF-8 replaced.
    pub path: String,
    /// Set where bytes were replaced.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub path_lossy: bool,
    /// Bytes read.
    pub bytes: u64,
    /// Records, without header and blank lines.
    pub records: u64,
}

/// A file of the set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputInfo {
    /// The file's name in the directory.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its CRC-32, 8 lower-case hex digits.
    pub crc32: String,
}

impl Report {
    /// The report of a set.
    ///
    /// # Errors
    /// [`ErrorKind::NoReport`] when there is none, it cannot be read, is no report or one of another version that
    /// lacks what this one needs.
    pub fn read(path: &Path) -> Result<Self> {
        Self::open(path).map(|(_, report)| report)
    }

    /// The report of a set, and its directory.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(crate) fn open(path: &Path) -> Result<(Dir, Self)> {
        let (dir, text) = open_report(path)?;
        let report = serde_json::from_slice(&text).map_err(|error| {
            let place = json_place(path, &text, &error);
            let why = json_text(&error);
            let own = env!("CARGO_PKG_VERSION");
            let value: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
            let (what, hint) = match value["run"]["spendfold"].as_str() {
                Some(version) if version != own => (
                    format!("a report of spendfold {}, which {own} cannot read: {why}", escape(version.as_bytes())),
                    "verify it with that version, or run `spendfold run` into the directory again",
                ),
                Some(_) => (
                    format!("not a whole report: {why}"),
                    "it was changed after it was written; run `spendfold run` into the directory again",
                ),
                None => (
                    format!("not a report: {why}"),
                    "it is none, or was changed or cut; run `spendfold run` into the directory again",
                ),
            };
            Error::new(ErrorKind::NoReport, what).at(place).hint(hint)
        })?;
        Ok((dir, report))
    }

    /// The text of the file.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Proof: plain fields with string keys always have a JSON form.
        let mut text = serde_json::to_vec_pretty(self).expect("a report is plain data");
        text.push(b'\n');
        text
    }

    /// Rejected records of both sides.
    pub fn rejected(&self) -> u64 {
        self.customers.rejected.saturating_add(self.purchases.rejected)
    }

    /// Records rejected for one of the reasons, by the name it counts under; 0 where it did not occur.
    pub(crate) fn rejected_for(&self, reason: &str) -> u64 {
        self.rejects.get(reason).and_then(serde_json::Value::as_u64).unwrap_or(0)
    }

    /// Records of both sides.
    pub fn records(&self) -> u64 {
        self.customers.records.saturating_add(self.purchases.records)
    }
}

/// Where in a text of JSON an error stands. At the very start of a line its column is 0, which is no column.
pub(crate) fn json_place(path: &Path, text: &[u8], error: &serde_json::Error) -> Place {
    let (line, column) = (error.line().max(1), error.column().max(1));
    let before = text.split_inclusive(|&byte| byte == b'\n').take(line - 1);
    let byte = before.map(<[u8]>::len).sum::<usize>() + column - 1;
    Place::at(path, line as u64, column as u64, byte as u64)
}

/// An error in JSON without its place, as it may be shown on a terminal.
pub(crate) fn json_text(error: &serde_json::Error) -> String {
    let text = error.to_string();
    escape(text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text).as_bytes())
}

/// The text of a report.
///
/// # Errors
/// [`ErrorKind::NoReport`] if there is none, or it is not a regular file, is too large or cannot be read.
pub(crate) fn read_report(path: &Path) -> Result<Vec<u8>> {
    open_report(path).map(|(_, text)| text)
}

/// The text of a report, and its directory.
fn open_report(path: &Path) -> Result<(Dir, Vec<u8>)> {
    let none = |error: Errno| {
        let told = Error::io(ErrorKind::NoReport, path, "no report", error.into());
        if error == Errno::NOENT { told.hint(RUN_AGAIN) } else { told }
    };
    let name = path.file_name().ok_or_else(|| none(Errno::ISDIR))?;
    let dir = Dir::open(path.parent().unwrap_or(Path::new(""))).map_err(none)?;
    let text = dir.read_file(name, MOST_REPORT_BYTES, ErrorKind::NoReport, "no report")?;
    Ok((dir, text.ok_or_else(|| none(Errno::NOENT))?))
}

/// The files that a report lists; none where there is no report, or one that is no report.
///
/// # Errors
/// [`ErrorKind::Output`] when it is there and cannot be read: whether it lists any is not known then.
pub(crate) fn listed_outputs(dir: &Dir, name: &str) -> Result<Vec<String>> {
    let text = dir.read_file(name, MOST_REPORT_BYTES, ErrorKind::Output, "cannot read the old report")?;
    let Some(text) = text else { return Ok(vec![]) };
    let report: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
    let outputs = report["outputs"].as_array().cloned().unwrap_or_default();
    Ok(outputs.iter().filter_map(|output| output["path"].as_str().map(str::to_owned)).collect())
}
