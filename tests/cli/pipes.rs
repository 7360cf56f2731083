//! Inputs that are not regular files: standard input, FIFOs, process substitution, /proc. The output is the same.

use crate::common::{CUSTOMERS, Case, Files, PROGRAM, PURCHASES, stderr_text};
use std::fs::File;

/// The set without the report, which names the inputs.
fn rows(case: &Case) -> Files {
    let mut set = case.set();
    set.remove(std::ffi::OsStr::new("report.json"));
    set
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
fn standard_input_is_read_from_its_offset() {
    let case = Case::new(CUSTOMERS, "");
    case.write("p.csv", format!("gone\n{PURCHASES}"));
    shell(&case, r#"{ read -r _; "$0" run -q -c c.csv -p - -o out; } < p.csv"#);
    let moved = rows(&case);
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
        ("customer_id,cost\n", &[], "-: no column price; found: customer_id, cost\n"),
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
