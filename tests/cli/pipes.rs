//! Inputs that are not regular files: standard input, FIFOs, process substitution, /proc. The output is the same.

use crate::common::{CUSTOMERS, Case, Files, PROGRAM, PURCHASES, stderr_text};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs::File;

/// The set without the report and its page, which name the inputs, and the inputs' checksums.
fn rows(case: &Case) -> (Files, Vec<Value>) {
    let mut set = case.set();
    for name in ["report.json", "report.html"] {
        set.remove(OsStr::new(name));
    }
    (set, checksums(case))
}

/// The checksums of the inputs in the report.
fn checksums(case: &Case) -> Vec<Value> {
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    report["inputs"].as_array().expect("a list").iter().map(|input| input["crc32"].clone()).collect()
}

fn shell(case: &Case, line: &str) {
    let mut command = case.other("bash");
    let output = command.args(["-c", line, PROGRAM]).output().expect("bash starts");
    assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr_text(&output));
}

#[test]
fn every_kind_of_input_gives_the_same_output() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let wanted = rows(&case);
    for line in [
        r#"cat c.csv | "$0" run -q -c - -p p.csv -o out"#,
        r#"cat p.csv | "$0" run -q -c c.csv -p - -o out"#,
        r#""$0" run -q -c - -p p.csv -o out < c.csv"#,
        r#""$0" run -q -c c.csv -p - -o out < p.csv"#,
        r#""$0" run -q -c <(cat c.csv) -p <(cat p.csv) -o out"#,
        r#"mkfifo f g; cat c.csv > f & cat p.csv > g & "$0" run -q -c f -p g -o out"#,
        r#"{ head -c 30 p.csv; sleep 0.2; tail -c +31 p.csv; } | "$0" run -q -c c.csv -p - -o out"#,
        r#""$0" run -q -c c.csv -p /dev/stdin -o out < p.csv"#,
    ] {
        std::fs::remove_dir_all(case.path("out")).expect("removed");
        shell(&case, line);
        assert!(rows(&case) == wanted, "{line}");
    }
}

#[test]
fn the_checksum_of_an_input_covers_all_its_bytes() {
    let customers = format!("\u{feff}\r\n\n{CUSTOMERS}\n\n");
    // Rejects, blank lines, a second file with a header alone, a third without a final line ending.
    let purchases = ["\ncustomer_id,price\n1,1\n1\n\n", "customer_id,\"price\"", "customer_id,price\r\n\n7,2"];
    let case = Case::new(&customers, purchases[0]);
    case.write("q.csv", purchases[1]);
    case.write("r.csv", purchases[2]);
    let inputs = std::iter::once(customers.as_str()).chain(purchases);
    let wanted: Vec<Value> = inputs.map(|text| format!("{:08x}", crc32fast::hash(text.as_bytes())).into()).collect();
    let files = ["-p", "p.csv", "q.csv", "r.csv", "--max-rejects", "1"];
    for more in [&[][..], &["--no-combined"], &["--no-mmap"], &["--chunk-bytes", "1"], &["--join", "inner", "-t", "1"]]
    {
        let args = [&["run", "-q", "-c", "c.csv", "-o", "out"][..], &files, more].concat();
        let output = case.spendfold().args(args).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert_eq!(checksums(&case), wanted, "{more:?}");
    }
    shell(&case, r#"cat c.csv | "$0" run -q -c - -p <(cat p.csv) q.csv <(cat r.csv) -o out --max-rejects 1"#);
    assert_eq!(checksums(&case), wanted);
}

#[test]
fn standard_input_is_read_from_its_offset() {
    let case = Case::new(CUSTOMERS, "");
    case.write("p.csv", format!("gone\n{PURCHASES}"));
    shell(&case, r#"{ read -r _; "$0" run -q -c c.csv -p - -o out; } < p.csv"#);
    let moved = rows(&case);
    // The bytes before the offset are not part of the input, so they are not in its checksum either.
    case.write("p.csv", PURCHASES);
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert!(rows(&case) == moved);
}

#[test]
fn a_file_of_unknown_size_is_read() {
    // Its size is 0, yet the message about its header shows that it was read.
    let case = Case::small();
    let args = ["run", "-q", "-c", "/proc/self/status", "-p", "p.csv", "-o", "out"];
    let output = case.spendfold().args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
    assert!(
        stderr_text(&output).starts_with("/proc/self/status: ") && stderr_text(&output).contains("Name"),
        "{}",
        stderr_text(&output)
    );
}

#[test]
fn rejects_of_standard_input_are_named_as_given() {
    let case = Case::small();
    case.write("p.csv", "customer_id,price\nx\n");
    let input = File::open(case.path("p.csv")).expect("opened");
    let args = ["run", "-q", "-c", "c.csv", "-p", "-", "-o", "out"];
    let output = case.spendfold().args(args).stdin(input).output().expect("starts");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        case.read("out/held/rejects.csv"),
        "file,line,byte,reason,record\n-,2,18,\"expected 2 fields, found 1\",\"x\"\n"
    );
}

#[test]
fn errors_of_standard_input_name_it_as_given() {
    let case = Case::small();
    for (bytes, args, wanted) in [
        ("", &[][..], "-: has no header"),
        ("customer_id,cost\n", &[], "-: no such column: price; found: customer_id, cost\n"),
        ("customer_id,price\n1,\"2\n", &[], "-:2:3: the quote that opens here never closes\n"),
        ("customer_id,price\n1,x\n", &["--strict"], "-:2:3: amount is not a decimal number: x\n"),
    ] {
        case.write("input", bytes);
        let mut command = case.spendfold();
        command.args(["run", "-q", "-c", "c.csv", "-p", "-", "-o", "out"]).args(args);
        let output = command.stdin(File::open(case.path("input")).expect("opened")).output().expect("starts");
        assert!(stderr_text(&output).starts_with(wanted), "{}", stderr_text(&output));
    }
}
