//! Messages of the command, and the files it leaves behind.

use super::{agrees, files, generate, json, spendfold};
use std::fs;

#[test]
fn an_invalid_option_is_named_and_nothing_is_written() {
    let dir = tempfile::tempdir().expect("a directory");
    let usual = ["--customers", "10", "--purchases", "10", "--seed", "1"];
    let shares = ["--orphans", "--without-purchases", "--refunds", "--awkward", "--quoted", "--quoted-newlines"];
    let shares = [&shares[..], &["--dirt", "--odd"]].concat();
    let gaps = ["--missing-keys", "--missing-ages", "--invalid-ages", "--missing-amounts"];
    let mut cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--customers", "ten", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "-1", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "99999999999999999999", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "10", "--seed", "1"], "--purchases"),
        (vec!["--customers", "10", "--purchases", "1"], "--seed"),
        (vec!["--customers", "10", "--purchases", "1", "--seed", "x"], "--seed"),
        (vec!["--customers", "10", "--purchases", "1", "--size", "1MB", "--seed", "1"], "--size"),
        (vec!["--customers", "10", "--size", "1XB", "--seed", "1"], "--size"),
        (vec!["--customers", "10", "--size", "1.5GB", "--seed", "1"], "--size"),
        (vec!["--customers", "1000", "--size", "1kB", "--seed", "1"], "--size"),
        (vec!["--customers", "0", "--purchases", "1", "--seed", "1"], "--customers"),
    ];
    for share in shares.iter().chain(&gaps) {
        for value in ["1.1", "-0.1", "5%", "", "NaN", "half"] {
            cases.push(([&usual[..], &[share, value]].concat(), share));
        }
    }
    for (option, value) in [
        ("--parts", "0"),
        ("--parts", "10000"),
        ("--extra-columns", "1001"),
        ("--extra-columns", "4294967296"),
        ("--price-median", "0"),
        ("--price-median", "1.234"),
        ("--price-sigma", "3.1"),
        ("--price-sigma", "-1"),
        ("--ages", "old"),
        ("--keys", "pareto"),
        ("--habits", "odd"),
        ("--prices", "high"),
        ("--row-order", "none"),
        ("--threads", "0"),
        ("--threads", "many"),
    ] {
        cases.push(([&usual[..], &[option, value]].concat(), option));
    }
    cases.push(([&usual[..], &["--dirt", "0.6", "--odd", "0.6"]].concat(), "--dirt"));
    for gap in gaps {
        cases.push(([&usual[..], &["--odd", "0.6", gap, "0.6"]].concat(), gap));
    }
    cases.push(([&usual[..], &["--without-purchases", "1"]].concat(), "--without-purchases"));
    for (args, named) in cases {
        let output = spendfold(dir.path(), &[&["generate", "-q", "-o", "pair"], &args[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(named), "{args:?}: {said}");
        assert!(!dir.path().join("pair").exists(), "{args:?}");
    }
}

#[test]
fn a_set_replaces_an_older_one_as_a_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let volume = ["--customers", "20", "--purchases", "100", "--seed", "1"];
    let names = || files(&dir.path().join("pair")).into_keys().collect::<Vec<_>>();
    generate(dir.path(), &volume, &["--parts", "3"]);
    let parts = ["customers.csv", "expected.json", "purchases-1.csv", "purchases-2.csv", "purchases-3.csv"];
    assert_eq!(names(), parts);
    // Fewer parts remove the other parts of the old set; files of no set stay.
    fs::write(dir.path().join("pair/purchases-notes.csv"), "mine").expect("written");
    generate(dir.path(), &volume, &["--parts", "2"]);
    assert_eq!(names(), [&parts[..4], &["purchases-notes.csv"]].concat());
    generate(dir.path(), &volume, &[]);
    assert_eq!(names(), ["customers.csv", "expected.json", "purchases-notes.csv", "purchases.csv"]);
    // Without an answer key the parts may be somebody else's and stay.
    fs::rename(dir.path().join("pair/expected.json"), dir.path().join("old.json")).expect("moved");
    generate(dir.path(), &volume, &["--parts", "1"]);
    assert!(names().contains(&"purchases.csv".to_owned()));

    let before = files(&dir.path().join("pair"));
    let refused = [&["generate", "-q", "-o", "pair", "--no-clobber"], &volume[..4], &["--seed", "2"]].concat();
    assert_eq!(spendfold(dir.path(), &refused).status.code(), Some(2));
    assert!(before == files(&dir.path().join("pair")));
}

#[test]
fn differences_from_the_answer_key_are_listed_line_by_line() {
    let dir = tempfile::tempdir().expect("a directory");
    generate(dir.path(), &["--customers", "50", "--purchases", "200", "--seed", "1"], &["--dirt", "0.5"]);
    agrees("as it was made", dir.path());
    let path = dir.path().join("pair/expected.json");
    let mut key = json(&path);
    key["customers"]["records"] = 51.into();
    key["age_groups"][0]["total_spending"] = "0.01".into();
    key["rejects"]["empty record"].take();
    fs::write(&path, key.to_string()).expect("written");
    let output = spendfold(dir.path(), &["verify", "results", "--expected", "pair/expected.json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told = ["customers.records: found 50, ", "age_groups[Young].total_spending: ", "rejects.empty record: "];
    for what in told {
        assert!(said.lines().any(|line| line.starts_with(&format!("results/report.json: {what}"))), "{said}");
    }
    assert!(said.contains("3 differences"), "{said}");
    let missing = spendfold(dir.path(), &["verify", "results", "--expected", "no.json"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn a_summary_is_printed_unless_quiet() {
    let dir = tempfile::tempdir().expect("a directory");
    let args = ["generate", "-o", "pair", "--customers", "20", "--purchases", "100", "--seed", "1"];
    let output = spendfold(dir.path(), &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty() && said.contains("pair/purchases.csv") && said.contains("seed 1"), "{said}");
    let quiet = spendfold(dir.path(), &[&args[..], &["-q"]].concat());
    assert!(quiet.status.success() && quiet.stderr.is_empty());
}
