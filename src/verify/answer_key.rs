//! Compares the report of a run with an answer key.

use super::difference::{Against, Difference};
use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::monitor::Monitor;
use crate::output::file_names::REPORT;
use crate::output::report_json::{MAX_REPORT_BYTES, RUN_AGAIN, json_place, json_text, read_report};
use serde_json::Value;
use std::path::Path;

const GIVE_KEY: &str = "give the expected.json that `spendfold generate` wrote beside the inputs";

/// Options that change no number in the report.
const IGNORED_OPTIONS: [&str; 9] = [
    "max_rejects",
    "max_unmatched",
    "over_limit",
    "combined",
    "max_record_bytes",
    "digest",
    "chart_title",
    "currency",
    "html",
];

/// Compares the report in `dir` with the answer key at `expected`, as [`generate`](crate::generate::generate()) writes it:
/// every value of the key must be in the report. Further values in the report (the run, inputs, outputs, later
/// additions) are ignored, except a further age group or reject reason, which is a difference.
///
/// # Errors
/// [`ErrorKind::NoReport`] when one of the two is missing or is not a JSON object.
pub(crate) fn compare(dir: &Path, expected: &Path, monitor: &Monitor) -> Result<Vec<Difference>> {
    let path = dir.join(REPORT);
    let report = parse(&path, &read_report(&path)?, RUN_AGAIN)?;
    let key = parse(expected, &read_key(expected, monitor)?, GIVE_KEY)?;
    let mut differences = Vec::new();
    for name in ["customers", "purchases", "age_groups", "total_spending"] {
        if key.get(name).is_none() {
            let text = format!("is not an answer key: it has no {name}");
            return Err(Error::new(ErrorKind::NoReport, text).at(Place::file(expected)).hint(GIVE_KEY));
        }
    }
    diff("", &report, &key, false, &mut |path_in_json, found, expected| {
        let what = format!("{path_in_json}: found {}, the answer key says {}", display(found), display(expected));
        differences.push(Difference { path: path.clone(), what, against: Against::AnswerKey });
    });
    Ok(differences)
}

/// Reads the answer key, which may be a pipe. Its size limit is that of a report.
fn read_key(path: &Path, monitor: &Monitor) -> Result<Vec<u8>> {
    let read = || {
        let file = InputFile::open(path, true)?;
        let limit = MAX_REPORT_BYTES as usize;
        let mut reader = InputReader::new(&file, monitor)?;
        let text = reader.peek(limit + 1)?.0;
        match text.len() > limit {
            true => {
                let error = Error::new(ErrorKind::NoReport, "is too large for an answer key");
                Err(error.at(Place::file(path)).hint(GIVE_KEY))
            }
            false => Ok(text.to_vec()),
        }
    };
    read().map_err(|error: Error| match error.kind() {
        ErrorKind::Input => error.of_kind(ErrorKind::NoReport).hint(GIVE_KEY),
        _ => error,
    })
}

fn parse(path: &Path, json: &[u8], hint: &str) -> Result<Value> {
    match serde_json::from_slice(json) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(_) => Err(Error::new(ErrorKind::NoReport, "is not a JSON object").at(Place::file(path)).hint(hint)),
        Err(error) => {
            let text = format!("is not JSON: {}", json_text(&error));
            Err(Error::new(ErrorKind::NoReport, text).at(json_place(path, json, &error)).hint(hint))
        }
    }
}

/// Reports every value of `expected` that `found` lacks or contradicts, by its path. With `exact`, members of `found`
/// that `expected` lacks are differences too.
pub(super) fn diff(
    path: &str,
    found: &Value,
    expected: &Value,
    exact: bool,
    report: &mut impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    // The names in an answer key are untrusted text.
    let child = |name: &str| match path {
        "" => escape(name.as_bytes()),
        path => format!("{path}.{}", escape(name.as_bytes())),
    };
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (name, expected) in expected {
                if path == "options" && IGNORED_OPTIONS.contains(&name.as_str()) {
                    continue;
                }
                let path = child(name);
                match found.get(name) {
                    Some(found) => diff(&path, found, expected, path == "rejects", report),
                    None => report(&path, None, Some(expected)),
                }
            }
            for (name, found) in found.iter().filter(|(name, _)| exact && !expected.contains_key(*name)) {
                report(&child(name), Some(found), None);
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            for index in 0..found.len().max(expected.len()) {
                let (found, expected) = (found.get(index), expected.get(index));
                let path = format!("{path}[{}]", label(expected.or(found), index));
                match (found, expected) {
                    (Some(found), Some(expected)) => diff(&path, found, expected, false, report),
                    _ => report(&path, found, expected),
                }
            }
        }
        _ if found == expected => {}
        _ => report(path, Some(found), Some(expected)),
    }
}

/// The label of an array element: the name of an age group, otherwise the index.
fn label(element: Option<&Value>, index: usize) -> String {
    let name = element.and_then(|element| element.get("age_group")).and_then(Value::as_str);
    name.map_or_else(|| index.to_string(), |name| escape(name.as_bytes()))
}

fn display(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => escape(text.as_bytes()),
        Some(value) => escape(value.to_string().as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differences(report: &Value, key: &Value) -> Result<Vec<String>> {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join(REPORT), report.to_string()).expect("written");
        let path = dir.path().join("expected.json");
        std::fs::write(&path, key.to_string()).expect("written");
        compare(dir.path(), &path, &Monitor::new()).map(|found| found.into_iter().map(|one| one.what).collect())
    }

    fn key() -> Value {
        json!({
            "options": {"join": "full", "max_rejects": "0"},
            "customers": {"records": 2},
            "purchases": {"records": 3},
            "age_groups": [{"age_group": "Young", "purchases": 3}],
            "total_spending": "1.50",
            "rejects": {"empty record": 1},
        })
    }

    #[test]
    fn a_key_of_the_greatest_size_is_read() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        file.as_file().set_len(MAX_REPORT_BYTES).expect("resized");
        let read = || read_key(file.path(), &Monitor::new()).map(|text| text.len() as u64);
        assert_eq!(read().expect("readable"), MAX_REPORT_BYTES);
        file.as_file().set_len(MAX_REPORT_BYTES + 1).expect("resized");
        assert!(read().expect_err("one byte more").message().contains("too large"));
    }

    #[test]
    fn further_values_in_the_report_are_ignored() {
        let mut report = key();
        report["run"] = json!({"seconds": 1});
        report["options"] = json!({"join": "full", "max_rejects": "100%"});
        report["customers"]["later"] = json!(1);
        assert!(differences(&report, &key()).expect("both are there").is_empty());
    }

    #[test]
    fn each_difference_is_reported_with_its_path() {
        let mut report = key();
        report["customers"]["records"] = json!(1);
        report["purchases"] = json!({});
        report["age_groups"] = json!([{"age_group": "Young", "purchases": 4}, {"age_group": "Other"}]);
        report["total_spending"] = json!("1.5\u{1b}");
        report["rejects"] = json!({"bare carriage return": 2, "\u{1b}[31m": 1});
        let found = differences(&report, &key()).expect("both are there");
        let expected = [
            "age_groups[Young].purchases: found 4, the answer key says 3",
            "age_groups[Other]: found {\"age_group\":\"Other\"}, the answer key says nothing",
            "customers.records: found 1, the answer key says 2",
            "purchases.records: found nothing, the answer key says 3",
            "rejects.empty record: found nothing, the answer key says 1",
            "rejects.\\u{1b}[31m: found 1, the answer key says nothing",
            "rejects.bare carriage return: found 2, the answer key says nothing",
            "total_spending: found 1.5\\u{1b}, the answer key says 1.50",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn other_json_is_refused_as_an_answer_key() {
        for key in [json!([]), json!({}), json!({"customers": {}})] {
            assert_eq!(differences(&json!({}), &key).expect_err("refused").kind(), ErrorKind::NoReport);
        }
    }
}
