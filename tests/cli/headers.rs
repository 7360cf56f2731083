//! Faults of headers: one run reports all of them.

use crate::common::{Case, stderr_text};
use std::process::Output;

/// The status and the lines on standard error.
fn said(output: &Output) -> (Option<i32>, Vec<String>) {
    (output.status.code(), stderr_text(output).lines().map(str::to_owned).collect())
}

#[test]
fn all_faults_of_all_headers_are_reported_together() {
    let case = Case::new("id,first_name,Last_Name,age,age\n", "customer_id,cost\n");
    case.write("p2.csv", "customer_id,price,city\n");
    case.write("p3.csv", "customer_id;price\n");
    let output = case
        .spendfold()
        .args(["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "p2.csv", "p3.csv"])
        .output()
        .expect("starts");
    let (status, lines) = said(&output);
    assert_eq!(status, Some(2));
    let (faults, hints) = lines.split_at(7);
    assert_eq!(
        faults,
        [
            "c.csv: no such column: customer_id; found: id, first_name, Last_Name, age, age",
            "c.csv: no such column: last_name",
            "c.csv: column occurs twice: age, in columns 4 and 5",
            "p.csv: no such column: price; found: customer_id, cost",
            "p2.csv: the header differs from that of p.csv: column 2 is price instead of cost",
            "p3.csv: no such column: customer_id; found: customer_id;price",
            "name the column with --customers-key",
        ]
    );
    assert_eq!(
        hints[..4],
        [
            "names are compared byte for byte; if this one is meant: --last-name 'Last_Name'",
            "rename one of the two",
            "name the column with --amount",
            "give each run only purchases files with the same header",
        ]
    );
    assert_eq!(hints[4..], ["give each run only files with the delimiter of p.csv: ','"]);
    assert!(!case.path("out").join("report.json").exists());
}

#[test]
fn a_header_that_cannot_be_read_comes_after_the_faults_before_it() {
    let case = Case::new("customer_id,first_name,last_name,years\n", "");
    let (status, lines) = said(&case.ran(&[]));
    assert_eq!(status, Some(2));
    assert_eq!(lines[1..], ["p.csv: has no header: it contains no record", "name the column with --age"]);
    // It is the only fault if there is none before it.
    let (status, lines) = said(&case.ran(&["--age", "years"]));
    assert_eq!((status, lines.len()), (Some(1), 1));
}

#[test]
fn each_name_that_cannot_be_claimed_is_reported() {
    let case = Case::new(
        "customer_id,first_name,last_name,age,note,note\n",
        "customer_id,price,full_name,customer_full_name,age,customer_age\n",
    );
    let (status, lines) = said(&case.ran(&[]));
    assert_eq!(status, Some(2));
    assert_eq!(
        lines,
        [
            "p.csv: no column name is left for full_name: it and customer_full_name are taken",
            "c.csv: no column name is left for age: it and customer_age are taken",
            "c.csv: column occurs twice: note, in columns 5 and 6",
            "rename one of the columns",
            "rename one of the two",
        ]
    );
}

#[test]
fn further_faults_are_a_list_in_json() {
    let case = Case::new("id,first_name,last_name,age,age\n", "customer_id,price\n");
    let output =
        case.spendfold().args(["run", "-c", "c.csv", "-p", "p.csv", "-o", "out", "--progress", "json"]).output();
    let output = output.expect("starts");
    let text = stderr_text(&output);
    let last: serde_json::Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["message"], "no such column: customer_id; found: id, first_name, last_name, age, age");
    assert_eq!(last["hint"], "name the column with --customers-key");
    assert_eq!(last["also"].as_array().expect("a list").len(), 1);
    assert_eq!(last["also"][0]["path"], "c.csv");
    assert_eq!(last["also"][0]["message"], "column occurs twice: age, in columns 4 and 5");
    assert_eq!(last["also"][0]["hint"], "rename one of the two");
    assert_eq!((last["status"].as_u64(), text.matches("\"event\":\"error\"").count()), (Some(2), 1));
}
