//! `spendfold verify --inputs`: the inputs are those of the report, and joining them again gives the set.

use crate::common::{CUSTOMERS, Case, PURCHASES, files, stderr_text};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

fn verify(case: &Case, more: &[&str]) -> (i32, String) {
    let args = [&["verify", "--progress", "off", "out"][..], more].concat();
    let output = case.spendfold().args(args).output().expect("starts");
    assert!(output.stdout.is_empty());
    (output.status.code().expect("a status"), stderr_text(&output))
}

/// A set with rejects, several purchases files and quoted line breaks.
fn set(more: &[&str]) -> Case {
    let rows: String =
        (0..5000).map(|n| format!("{},\"Thing\n{n}\",{n}.25\n{}", n % 7, ["", "x\n\n"][n % 2])).collect();
    let case = Case::new(CUSTOMERS, format!("{PURCHASES}{rows}"));
    case.write("q.csv", format!("\u{feff}{PURCHASES}{rows}"));
    run(&case, &[&["-p", "p.csv", "q.csv", "--max-rejects", "100%"], more].concat());
    case
}

fn run(case: &Case, args: &[&str]) {
    let args = [&["run", "-q", "-c", "c.csv", "-o", "out"][..], args].concat();
    let output = case.spendfold().args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
}

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// Changes a file of the set, and the report so that it agrees with the changed file.
fn forge(case: &Case, name: &str, change: impl Fn(String) -> String) {
    let (path, text) = (format!("out/{name}"), case.read(&format!("out/{name}")));
    let changed = change(text.clone());
    assert_ne!(changed, text);
    let mut report = report(case);
    let outputs = report["outputs"].as_array_mut().expect("a list");
    let output = outputs.iter_mut().find(|output| output["path"] == name).expect("listed");
    output["bytes"] = changed.len().into();
    output["crc32"] = format!("{:08x}", crc32fast::hash(changed.as_bytes())).into();
    case.write(&path, changed);
    case.write("out/report.json", report.to_string());
}

#[test]
fn an_unchanged_set_agrees_with_its_inputs_under_all_options() {
    for more in [
        &[][..],
        &["--join", "left", "--digest", "sha256"],
        &["--join", "inner", "-t", "1"],
        &["--no-combined"],
        &["--no-html"],
        &["--chart-title", "Our <title>", "--currency", "€", "--over-limit", "publish", "--digest", "sha256"],
        &["--no-quoting", "--max-record-bytes", "100"],
        &["--age-groups", "All=0+"],
        &[
            "--strict", "-p", "c2.csv", "--key", "k;ey", "--amount", "Preis", "--age", "Alter", "-d", ";", "--quote",
            "'",
        ],
    ] {
        let case = if more.contains(&"--strict") {
            let case = Case::new("'k;ey';first_name;last_name;Alter\n1;A;B;20\n", "");
            case.write("c2.csv", "'k;ey';Preis\n1;'2'\n");
            run(&case, more);
            case
        } else {
            set(more)
        };
        let before = files(&case.path("."));
        let wanted = (0, "out: the set agrees with its report and with its inputs\n".to_owned());
        assert_eq!(verify(&case, &["--inputs"]), wanted, "{more:?}");
        assert!(files(&case.path(".")) == before && case.leftovers().is_empty(), "something was written");
    }
}

#[test]
fn changed_and_missing_inputs_are_named() {
    let case = set(&["--digest", "sha256"]);
    let text = case.read("q.csv");
    case.write("q.csv", text.replacen("Pen", "Pin", 1));
    fs::remove_file(case.path("c.csv")).expect("removed");
    case.write("p.csv", case.read("p.csv") + "1,Pen,1\n");
    assert_eq!(verify(&case, &[]).0, 0, "without the option");
    let (status, text) = verify(&case, &["--inputs"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((status, lines.len()), (1, 7), "{text}");
    let starts = [
        "c.csv: cannot open",
        "p.csv: size in bytes: found ",
        "p.csv: CRC-32: found ",
        "p.csv: SHA-256: found ",
        "q.csv: CRC-32: found ",
        "q.csv: SHA-256: found ",
    ];
    assert!(starts.iter().zip(&lines).all(|(start, line)| line.starts_with(start)), "{text}");
}

#[test]
fn a_forged_row_is_named() {
    let case = set(&[]);
    forge(&case, "combined_data.csv", |text| text.replacen("\"Thing\n4000\"", "\"Thing\n4001\"", 1));
    assert_eq!(verify(&case, &[]).0, 0, "the set agrees with its report");
    let (status, text) = verify(&case, &["--inputs"]);
    let published = case.read("out/combined_data.csv");
    // Customer 2 has a line break in its city.
    let at = published.find("\"Thing\n4001\"").expect("there") + "\"Thing\n400".len();
    let line = published[..at].matches('\n').count();
    let wanted = format!(
        "out/combined_data.csv: row 4006 (line {line}, byte {at}): found 3,\"Thing\\n4001\",4000.25,Grace,Hopper,,"
    );
    assert!(status == 1 && text.starts_with(&wanted), "{wanted}\n{text}");
    assert!(text.contains(", the inputs give 3,\"Thing\\n4000\",4000.25,"), "{text}");
    assert_eq!(text.lines().count(), 2, "{text}");
}

#[test]
fn a_forged_page_is_named() {
    let set = || {
        let case = Case::new(CUSTOMERS, format!("{PURCHASES}x\n1,Pen,24.25\n"));
        let more = ["--max-rejects", "1", "--currency", "€", "--chart-title", "Our <title>", "--join", "left"];
        run(&case, &[&["-p", "p.csv"], &more[..]].concat());
        case
    };
    let case = set();
    assert_eq!(verify(&case, &["--inputs"]).0, 0);
    let page = case.read("out/report.html");
    // Only Ada has bought something, for 0.10, 12.5 and 24.25, of those between 30 and 45.
    let at = page.find("36.85").expect("her total");
    let line = page[..at].matches('\n').count() + 1;
    forge(&case, "report.html", |page| page.replacen("36.85", "96.85", 1));
    assert_eq!(verify(&case, &[]).0, 0, "the set agrees with its report");
    let (status, text) = verify(&case, &["--inputs"]);
    let wanted = format!("out/report.html: line {line} (byte {at}): found 96.85");
    assert!(status == 1 && text.starts_with(&wanted), "{wanted}\n{text}");
    assert!(text.contains(", the inputs give 36.85") && text.lines().count() == 2, "{text}");

    type Change = fn(String) -> String;
    let changes: [(Change, &str); 2] = [
        (|page| page + "<p>more</p>\n", "found <, the inputs give the end of the file"),
        (|page| page[..page.len() - 8].to_owned(), "found the end of the file, the inputs give </html>"),
    ];
    for (change, wanted) in changes {
        let case = set();
        forge(&case, "report.html", change);
        let (status, text) = verify(&case, &["--inputs"]);
        assert!(status == 1 && text.contains(wanted), "{wanted}: {text}");
    }
}

/// The page of another version may have other words and another style.
#[test]
fn a_page_of_another_version_is_not_compared() {
    let case = set(&[]);
    forge(&case, "report.html", |page| page.replacen("Total", "Sum", 1));
    let mut report = report(&case);
    report["run"]["spendfold"] = "0.0.1".into();
    case.write("out/report.json", report.to_string());
    let (status, text) = verify(&case, &["--inputs"]);
    assert!(status == 0 && text.contains("report.html was made by spendfold 0.0.1 and was not compared"), "{text}");
}

#[test]
fn the_first_difference_is_named_wherever_it_is() {
    type Change = fn(String) -> String;
    let small = |name: &str, change: Change| {
        let case = Case::new(CUSTOMERS, format!("{PURCHASES}x\ny\n"));
        run(&case, &["-p", "p.csv", "--max-rejects", "2"]);
        forge(&case, name, change);
        let (status, text) = verify(&case, &["--inputs"]);
        assert_eq!(status, 1, "{text}");
        text
    };
    let cases: [(&str, Change, &str); 6] = [
        ("combined_data.csv", |text| text.replacen("city", "town", 1), "the header (line 1, byte 51): found "),
        (
            "combined_data.csv",
            |text| text + "1,Pen,0.10,Ada,Byron,36,London,Ada Byron,Middle-aged\n",
            "row 7 (line 10, ",
        ),
        ("combined_data.csv", |text| text[..text.len() - 1].to_owned(), "row 6 (line 9, "),
        ("combined_data.csv", |text| text.lines().take(1).map(|line| format!("{line}\n")).collect(), "row 1 (line 2, "),
        (
            "combined_data.csv",
            |_| String::new(),
            "the header (line 1, byte 0): found the end of the file, the inputs give ",
        ),
        ("rejects.csv", |text| text.replacen("\"y\"", "\"z\"", 1), "row 2 (line 3, "),
    ];
    for (name, change, wanted) in cases {
        let text = small(name, change);
        assert!(text.contains(&format!("out/{name}: {wanted}")), "{wanted}: {text}");
    }
}

#[test]
fn forged_numbers_are_named() {
    for (path, value, wanted) in [
        ("/purchases/blank_lines", 7.into(), "purchases.blank_lines: found 7, the inputs give 2500"),
        ("/purchases/key_missing", 1.into(), "purchases.key_missing: found 1, the inputs give 0"),
        ("/inputs/0/bytes", 7.into(), "c.csv: size in bytes: found "),
        ("/inputs/1/crc32", "00000000".into(), "p.csv: CRC-32: found "),
        ("/options/amount", "product".into(), "the inputs cannot be joined again: "),
        ("/options/age", "zip".into(), "the inputs cannot be joined again: no such column: zip"),
    ] {
        let case = Case::new(CUSTOMERS, PURCHASES.to_owned() + &"\n".repeat(2500));
        run(&case, &["-p", "p.csv", "--no-combined"]);
        let mut report = report(&case);
        let value: Value = value;
        *report.pointer_mut(path).expect("there") = value;
        case.write("out/report.json", report.to_string());
        let (status, text) = verify(&case, &["--inputs"]);
        assert!(status == 1, "{path}: {text}");
        if path != "/options/amount" {
            assert!(text.contains(wanted), "{path}: {text}");
        }
    }
}

#[test]
fn inputs_that_cannot_be_read_again_are_unchecked() {
    let case = Case::small();
    let line = r#"mkfifo f; cat p.csv > f & cat c.csv | "$0" run -q -c - -p f <(cat p.csv) -o out"#;
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let (status, text) = verify(&case, &["--inputs"]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(status == 0 && lines.len() == 5, "{text}");
    assert!(lines[0].ends_with("-: was not checked: it was standard input or another open file"), "{text}");
    assert!(lines[1].ends_with("f: was not checked: it is not a regular file"), "{text}");
    assert!(lines[2].contains("/dev/fd/") && lines[2].contains(": was not checked: "), "{text}");
    assert!(lines[3].ends_with("the inputs were not joined again: not all of them can be read again"), "{text}");
    assert_eq!(
        lines[4],
        "out: the set agrees with its report; 3 of 3 inputs were not checked, and none were joined again"
    );
}

#[test]
fn names_that_are_not_utf_8_are_said_to_be_unknown() {
    let case = Case::small();
    fs::copy(case.path("c.csv"), case.path(OsStr::from_bytes(b"c\xff.csv"))).expect("copied");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-p", "p.csv", "-o", "out", "-c"]).arg(OsStr::from_bytes(b"c\xff.csv"));
    assert!(command.status().expect("starts").success());
    let (status, text) = verify(&case, &["--inputs"]);
    assert!(status == 0 && text.contains("its path is not UTF-8") && text.contains("not joined"), "{text}");

    let case = Case::new("", PURCHASES);
    case.write("c.csv", b"customer_id,first_name,last_name,\xe4ge\n1,A,B,20\n");
    let mut command = case.run();
    command.arg("--age").arg(OsStr::from_bytes(b"\xe4ge"));
    assert!(command.status().expect("starts").success());
    let (status, text) = verify(&case, &["--inputs"]);
    let wanted = "the inputs were not joined again: the report does not have the bytes of the column name \u{fffd}ge";
    assert!(status == 0 && text.contains(wanted), "{text}");
}

#[test]
fn the_option_has_a_variable() {
    let case = set(&[]);
    case.write("c.csv", "changed");
    let output = case.spendfold().args(["verify", "-q", "out"]).env("SPENDFOLD_INPUTS", "1").output().expect("starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr_text(&output).starts_with("c.csv: size in bytes: found 7, the report says "));
}
