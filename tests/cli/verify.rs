//! `spendfold verify`: the set agrees, differs, or has no readable report.

use crate::common::{Case, NAMES, stderr_text};
use std::fs;

fn set() -> Case {
    let purchases: String = (0..50).map(|n| format!("{},Thing,{n}.25\n{n}\n", n % 5)).collect();
    let case = Case::new(crate::common::CUSTOMERS, format!("customer_id,product,price\n{purchases}"));
    assert_eq!(case.ran(&["--max-rejects=50%"]).status.code(), Some(0));
    case
}

fn verify(case: &Case) -> (i32, String) {
    let output = case.spendfold().args(["verify", "--progress", "off", "out"]).output().expect("starts");
    assert!(output.stdout.is_empty());
    (output.status.code().expect("a status"), stderr_text(&output))
}

/// Changes a file of the set, and returns what `verify` reports.
fn after(name: &str, change: impl Fn(String) -> String) -> String {
    let case = set();
    let path = format!("out/{name}");
    let text = case.read(&path);
    let changed = change(text.clone());
    assert_ne!(text, changed);
    case.write(&path, changed);
    let (status, text) = verify(&case);
    assert_eq!(status, 1, "{text}");
    assert!(text.lines().any(|line| line.starts_with(&format!("{path}: "))) || name == "report.json", "{text}");
    text
}

#[test]
fn an_unchanged_set_agrees() {
    assert_eq!(verify(&set()), (0, "out: the set agrees with its report\n".into()));
}

#[test]
fn a_changed_byte_differs() {
    let text = after("combined_data.csv", |text| text.replacen("Ada", "Eda", 1));
    assert!(text.contains("CRC-32"), "{text}");
    after("age_group_spending.csv", |text| text.replacen('1', "2", 1));
    after("rejects.csv", |text| text.replacen("found 1", "found 2", 1));
    let case = set();
    let path = case.path("out/total_spending_by_age_group.png");
    let mut chart = fs::read(&path).expect("a chart");
    let middle = chart.len() / 2;
    chart[middle] ^= 1;
    fs::write(&path, chart).expect("written");
    let (status, text) = verify(&case);
    assert!(status == 1 && text.starts_with("out/total_spending_by_age_group.png: CRC-32"), "{text}");
}

#[test]
fn a_truncated_file_differs() {
    for name in ["combined_data.csv", "age_group_spending.csv", "rejects.csv"] {
        let text = after(name, |text| text[..text.len() - 9].to_owned());
        assert!(text.contains("size in bytes"), "{text}");
        after(name, |_| String::new());
    }
}

#[test]
fn rows_in_another_order_differ() {
    after("combined_data.csv", |text| {
        let mut lines: Vec<&str> = text.lines().collect();
        lines.swap(3, 4);
        lines.join("\n") + "\n"
    });
}

#[test]
fn a_missing_file_differs() {
    for name in NAMES.into_iter().filter(|name| *name != "report.json") {
        let case = set();
        fs::remove_file(case.path("out").join(name)).expect("removed");
        let (status, text) = verify(&case);
        assert!(status == 1 && text.contains(&format!("out/{name}: ")), "{text}");
    }
}

#[test]
fn an_edited_report_differs() {
    let text = after("report.json", |text| text.replacen("\"purchases\": 10", "\"purchases\": 11", 1));
    assert!(text.contains("purchases of"), "{text}");
    let case = set();
    let mut report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    for (key, value) in [("total_spending", "1.00"), ("rows", "")] {
        match key {
            "rows" => report["combined"]["rows"] = 3.into(),
            _ => report[key] = value.into(),
        }
        case.write("out/report.json", report.to_string());
        assert_eq!(verify(&case).0, 1, "{key}");
    }
}

#[test]
fn a_report_cannot_refer_to_other_directories() {
    let case = set();
    case.write("mine", "mine");
    let mut report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    report["outputs"][0]["path"] = "../mine".into();
    case.write("out/report.json", report.to_string());
    let (status, text) = verify(&case);
    assert!(status == 1 && text.contains("which is not a file of a set"), "{text}");
}

#[test]
fn a_missing_report_is_2() {
    let case = set();
    fs::remove_file(case.path("out/report.json")).expect("removed");
    let (status, text) = verify(&case);
    assert!(status == 2 && text.starts_with("out/report.json: "), "{text}");
    case.write("out/report.json", "{");
    let (status, text) = verify(&case);
    assert!(status == 2, "{text}");
    let output = case.spendfold().args(["verify", "nowhere"]).output().expect("starts");
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
}
