//! Unusual files under the names of a set, as read by `verify` and by a run that reads the old report.

use crate::common::{Case, NAMES, stderr_text};
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Output;

/// Verifies `out` within 600 MB of address space and 20 seconds; SIGKILL also ends a process that ignores signals.
fn verify(case: &Case) -> Output {
    let line = "ulimit -v 600000; exec timeout -s KILL 20 \"$0\" verify -q -t 2 out";
    case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts")
}

fn set() -> Case {
    let case = Case::small();
    let output = case.ran(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    case
}

/// A sparse file of 8 GiB.
fn huge(case: &Case, name: &str) {
    let file = File::create(case.path(format!("out/{name}"))).expect("made");
    file.set_len(8 << 30).expect("a sparse file");
}

/// Without a readable report there is nothing to verify against; any other file is reported as a difference.
fn assert_reported(name: &str, what: &str, output: &Output) {
    let text = stderr_text(output);
    let status = if name == "report.json" { 2 } else { 1 };
    assert_eq!(output.status.code(), Some(status), "{name}: {text}");
    let line = format!("out/{name}: {what}");
    assert!(text.lines().any(|found| found.starts_with(&line)), "{name}: no line begins with {line}: {text}");
}

#[test]
fn names_that_are_not_regular_files_are_reported_without_blocking() {
    for name in NAMES {
        let case = set();
        let path = case.path("out").join(name);
        fs::remove_file(&path).expect("removed");
        case.fifo(&format!("out/{name}"));
        assert_reported(name, "is a FIFO, not a regular file", &verify(&case));
        fs::remove_file(&path).expect("removed");
        fs::create_dir(&path).expect("made");
        assert_reported(name, "is a directory, not a regular file", &verify(&case));
        fs::remove_dir(&path).expect("removed");
        // The target of a link is not a file of the set.
        symlink("../c.csv", &path).expect("linked");
        assert_reported(name, "is a symbolic link, not a regular file", &verify(&case));
        fs::remove_file(&path).expect("removed");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        assert_reported(name, "is a device or socket, not a regular file", &verify(&case));
    }
}

#[test]
fn files_of_gigabytes_are_reported_at_once() {
    for name in NAMES {
        let case = set();
        huge(&case, name);
        let what =
            if name == "report.json" { "is larger than 67108864 bytes" } else { "size in bytes: found 8589934592" };
        assert_reported(name, what, &verify(&case));
    }
}

/// A run reads the old report to learn which files of the old set it must move away.
#[test]
fn a_run_refuses_an_unusual_report() {
    let case = set();
    huge(&case, "report.json");
    let output = case.ran(&["--no-combined"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("out/report.json: is too large for a report"), "{}", stderr_text(&output));

    for kind in ["huge", "FIFO"] {
        let case = set();
        let pipe = case.fifo("held");
        let mut command = case.spendfold();
        command.args(["run", "-q", "--no-combined", "-c", "c.csv", "-p", "held", "-o", "out"]);
        let child = command.stderr(std::process::Stdio::piped()).spawn().expect("starts");
        let mut writer = fs::OpenOptions::new().write(true).open(pipe).expect("opened");
        std::io::Write::write_all(&mut writer, b"customer_id,price\n1,2\n").expect("written");
        let staged = case.path("out/.spendfold-staging/rejects.csv");
        crate::common::wait_until("the staged rejects", || staged.exists());
        fs::remove_file(case.path("out/report.json")).expect("removed");
        let what = if kind == "huge" {
            huge(&case, "report.json");
            "is larger than 67108864 bytes"
        } else {
            case.fifo("out/report.json");
            "is a FIFO, not a regular file"
        };
        drop(writer);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        assert!(stderr_text(&output).starts_with(&format!("out/report.json: {what}")), "{}", stderr_text(&output));
        assert!(case.path("out/combined_data.csv").exists() && case.leftovers().is_empty());
    }
}

/// A report is untrusted input, so reading it must take linear time. The limit on processor time is ten times what is
/// needed.
#[test]
fn a_report_of_many_groups_and_files_is_read_in_linear_time() {
    let case = set();
    let mut report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    let many = 60_000;
    let groups: Vec<_> = (0..many)
        .map(|n| serde_json::json!({"age_group": format!("group {n}"), "total_spending": "1", "purchases": 1, "customers": 0}))
        .collect();
    let spec: Vec<String> = (0..many).map(|n| format!("group {n}={n}-{}", n + 1)).collect();
    let output = report["outputs"][0].clone();
    let outputs: Vec<_> = (0..many)
        .map(|n| {
            let mut output = output.clone();
            output["path"] = format!("file {n}").into();
            output
        })
        .collect();
    // A file that is listed many times is read once.
    let combined = report["outputs"][0].clone();
    let input = report["inputs"][1].clone();
    report["outputs"].as_array_mut().expect("a list").extend(outputs);
    report["outputs"].as_array_mut().expect("a list").extend(std::iter::repeat_n(combined, many));
    report["inputs"].as_array_mut().expect("a list").extend(std::iter::repeat_n(input, many));
    report["age_groups"] = groups.into();
    report["options"]["age_groups"] = spec.join(",").into();
    case.write("out/report.json", report.to_string());
    let header = case.read("out/combined_data.csv").lines().next().expect("a header").to_owned();
    let rows: String = (0..many).map(|n| format!("1,Pen,1,Ada,Byron,36,London,Ada Byron,group {n}\n")).collect();
    case.write("out/combined_data.csv", format!("{header}\n{rows}"));
    let rejects: String = (0..many).map(|n| format!("elsewhere.csv,{n},0,empty record,\"\"\n")).collect();
    case.write("out/rejects.csv", format!("file,line,byte,reason,record\n{rejects}"));
    let line = "ulimit -t 6; exec \"$0\" verify -q -t 1 out";
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(1), "{:?}: {:.300}", output.status, stderr_text(&output));
}

/// Byte order marks at the start of an input are not part of its header. The same bytes elsewhere are, and a
/// set that begins with them is ordinary text.
#[test]
fn a_set_that_begins_like_a_byte_order_mark_is_verified() {
    for mark in [&b"\xff\xfe"[..], b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\xef\xbb\xbf"] {
        for before in [&b"\n"[..], b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n"] {
            let purchases = [before, mark, b"id,customer_id,price\nx,1,2\n", mark, b",2,0.5\n"].concat();
            let case = Case::new(crate::common::CUSTOMERS, purchases);
            let output = case.ran(&[]);
            assert_eq!(output.status.code(), Some(0), "{before:x?} {mark:x?}: {}", stderr_text(&output));
            // Several marks at the start are all dropped.
            let kept = before != mark;
            assert_eq!(fs::read(case.path("out/combined_data.csv")).expect("there").starts_with(mark), kept);
            let output = verify(&case);
            assert_eq!(output.status.code(), Some(0), "{before:x?} {mark:x?}: {}", stderr_text(&output));
        }
    }
}
