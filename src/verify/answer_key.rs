//! Holds the report of a run against an answer key.

use crate::error::{Error, ErrorKind, Place, Result, escape};
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::monitor::Monitor;
use crate::output::file_names::REPORT;
use crate::output::report::{MOST_REPORT_BYTES, RUN_AGAIN, json_place, json_text, read_report};
use crate::verify::{Against, Difference};
use serde_json::Value;
use std::path::Path;

const GIVE_KEY: &str = "give the expected.json that `spendfold generate` wrote beside the inputs";

/// Options that change no number of the ledger.
const NO_MATTER: [&str; 3] = ["max_rejects", "combined", "max_record_bytes"];

/// Compares the report in `dir` with the answer key at `expected`, as
/// [`generate`](crate::generate::generate()) writes it: every value of the key must be in the report. What the report
/// knows besides (the run, inputs, outputs, later keys) is no difference; a further age group or reason of rejection is.
///
/// # Errors
/// [`ErrorKind::NoReport`] when one of them is missing or no JSON object.
pub(crate) fn compare(dir: &Path, expected: &Path, monitor: &Monitor) -> Result<Vec<Difference>> {
    let path = dir.join(REPORT);
    let report = parse(&path, &read_report(&path)?, RUN_AGAIN)?;
    let key = parse(expected, &read_key(expected, monitor)?, GIVE_KEY)?;
    let mut differences = Vec::new();
    for name in ["customers", "purchases", "age_groups", "total_spending"] {
        if key.get(name).is_none() {
            let text = format!("is no answer key: {name} is missing");
            return Err(Error::new(ErrorKind::NoReport, text).at(Place::file(expected)));
        }
    }
    object("", &report, &key, false, &mut |what, found, wanted| {
        let what = format!("{what}: found {}, the answer key says {}", shown(found), shown(wanted));
        differences.push(Difference { path: path.clone(), what, against: Against::AnswerKey });
    });
    Ok(differences)
}

/// Reads the answer key, which may be a pipe. It is subject to the size limit of a report.
fn read_key(path: &Path, monitor: &Monitor) -> Result<Vec<u8>> {
    let read = || {
        let opened = InputFile::open(path, true)?;
        let most = MOST_REPORT_BYTES as usize;
        let mut bytes = InputReader::new(&opened, monitor);
        let text = bytes.peek(most + 1)?.0;
        match text.len() > most {
            true => Err(Error::new(ErrorKind::NoReport, "is too large for an answer key").at(Place::file(path))),
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
        Ok(_) => Err(Error::new(ErrorKind::NoReport, "is no JSON object").at(Place::file(path)).hint(hint)),
        Err(error) => {
            let text = format!("is no JSON: {}", json_text(&error));
            Err(Error::new(ErrorKind::NoReport, text).at(json_place(path, json, &error)).hint(hint))
        }
    }
}

/// Tells of every place where `found` is not what `wanted` says; with `whole`, of what `found` has besides, too.
fn object(
    name: &str,
    found: &Value,
    wanted: &Value,
    whole: bool,
    tell: &mut impl FnMut(&str, Option<&Value>, Option<&Value>),
) {
    // Names in a key are data like any other.
    let below = |part: &str| match name {
        "" => escape(part.as_bytes()),
        name => format!("{name}.{}", escape(part.as_bytes())),
    };
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            for (part, wanted) in wanted {
                if name == "options" && NO_MATTER.contains(&part.as_str()) {
                    continue;
                }
                let path = below(part);
                match found.get(part) {
                    Some(found) => object(&path, found, wanted, path == "rejects", tell),
                    None => tell(&path, None, Some(wanted)),
                }
            }
            for (part, found) in found.iter().filter(|(part, _)| whole && !wanted.contains_key(*part)) {
                tell(&below(part), Some(found), None);
            }
        }
        (Value::Array(found), Value::Array(wanted)) => {
            for place in 0..found.len().max(wanted.len()) {
                let (found, wanted) = (found.get(place), wanted.get(place));
                let path = format!("{name}[{}]", label(wanted.or(found), place));
                match (found, wanted) {
                    (Some(found), Some(wanted)) => object(&path, found, wanted, false, tell),
                    _ => tell(&path, found, wanted),
                }
            }
        }
        _ if found == wanted => {}
        _ => tell(name, Some(found), Some(wanted)),
    }
}

/// A group is called by its name, anything else in a list by its place.
fn label(element: Option<&Value>, place: usize) -> String {
    let name = element.and_then(|element| element.get("age_group")).and_then(Value::as_str);
    name.map_or_else(|| place.to_string(), |name| escape(name.as_bytes()))
}

fn shown(value: Option<&Value>) -> String {
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
    fn what_a_report_knows_besides_is_no_difference() {
        let mut report = key();
        report["run"] = json!({"seconds": 1});
        report["options"] = json!({"join": "full", "max_rejects": "100%"});
        report["customers"]["later"] = json!(1);
        assert!(differences(&report, &key()).expect("both are there").is_empty());
    }

    #[test]
    fn each_difference_is_a_line() {
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
    fn what_is_no_answer_key_is_refused() {
        for key in [json!([]), json!({}), json!({"customers": {}})] {
            assert_eq!(differences(&json!({}), &key).expect_err("refused").kind(), ErrorKind::NoReport);
        }
    }
}
