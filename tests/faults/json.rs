//! With `--progress json` the last message of a run is a JSON line, however it ends.

use crate::common::{CUSTOMERS, Case, PROGRAM, stderr_text};
use crate::kills::{SIGHUP_AT_DEFAULT, held, held_behind, signal};
use crate::rules::Before;
use serde_json::Value;
use std::fs::OpenOptions;
use std::process::{Output, Stdio};

/// The lines on standard error, all of which must be JSON.
pub(crate) fn lines(output: &Output) -> Vec<Value> {
    let parsed = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    let lines: Vec<Value> = stderr_text(output).lines().map(parsed).collect();
    assert!(lines.iter().all(|line| line["event"].is_string() || line["phase"].is_string()), "{lines:?}");
    lines
}

/// The error that ended a run, as its last line.
fn last(output: &Output, status: i32) -> Value {
    let last = lines(output).pop().unwrap_or_else(|| panic!("{:?}", output.status));
    assert_eq!((&last["event"], &last["status"]), (&"error".into(), &status.into()), "{last}");
    assert_eq!(output.status.code(), Some(status));
    last
}

#[test]
fn interrupts() {
    for (name, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let before = Before::small(&[]);
        let (child, writer) = held_behind(&before, &SIGHUP_AT_DEFAULT, "purchases", &["--progress", "json"]);
        signal(&child, name);
        let output = child.wait_with_output().expect("ends");
        let message = format!("interrupted (SIG{name}); nothing was published");
        assert_eq!(last(&output, status)["message"], message);
        // Quiet: only the error.
        assert_eq!(lines(&output).len(), 1);
        drop(writer);
    }
}

#[test]
fn an_abort() {
    let before = Before::small(&[]);
    let (child, writer) = held_behind(&before, &["env"], "purchases", &["--progress", "json"]);
    signal(&child, "ABRT");
    let last = last(&child.wait_with_output().expect("ends"), 1);
    assert_eq!(last["message"], "aborted, probably because memory ran out");
    assert!(last["hint"].as_str().is_some_and(|hint| hint.contains("fewer --threads")), "{last}");
    before.assert_clean("an abort");
    drop(writer);
}

/// An input truncated under its map, and a second run while the directory is locked.
#[test]
fn a_cut_input_and_a_directory_that_is_taken() {
    let rows: String = (0..40_000).map(|n| format!("{},Thing {n:08},1.25\n", n % 9)).collect();
    let before = Before::new(Case::new(CUSTOMERS, format!("customer_id,product,price\n{rows}")), &[]);
    before.reset();
    let case = &before.case;
    let pipe = case.fifo("held");
    let mut command = case.spendfold();
    // The long file is read after the end of the FIFO.
    command.args(["run", "--progress", "json", "-c", "c.csv", "-p", "held", "p.csv", "-o", "out"]);
    let child = command.stderr(Stdio::piped()).spawn().expect("starts");
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    let first = format!("customer_id,product,price\n{}", "1,Pen,0.10\n".repeat(6500));
    std::io::Write::write_all(&mut writer, first.as_bytes()).expect("written");
    let staged = case.path("out/.spendfold-staging/combined_data.csv");
    crate::common::wait_until("the staged combined data", || staged.exists());

    let taken = case.spendfold().args(["run", "--progress=json", "-c", "c.csv", "-p", "p.csv", "-o", "out"]).output();
    let taken = last(&taken.expect("starts"), 1);
    assert_eq!(taken["message"], "another run is writing into this directory");
    assert_eq!((&taken["path"], taken["hint"].is_string()), (&"out".into(), true));

    let cut = OpenOptions::new().write(true).open(case.path("p.csv")).and_then(|file| file.set_len(8192));
    cut.expect("cut");
    drop(writer);
    let last = last(&child.wait_with_output().expect("ends"), 1);
    assert_eq!(last["message"], "changed while it was read; nothing was published");
    assert_eq!((&last["path"], last["hint"].is_string()), (&"p.csv".into(), true));
    before.assert_clean("cut");
}

#[test]
fn memory_that_runs_out() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    // All fields of the record are indexed before they are counted.
    let combined = format!("a,b\n{}\n", ",".repeat(20 << 20));
    case.report_size("combined_data.csv", combined.len() as u64);
    case.write("out/combined_data.csv", combined);
    let line = "ulimit -v 250000; exec \"$0\" verify -t 1 --progress json out";
    let last = last(&case.other("bash").args(["-c", line, PROGRAM]).output().expect("starts"), 1);
    let message = last["message"].as_str().expect("a message");
    assert!(message.starts_with("out of memory: ") && message.ends_with(" bytes more are needed"), "{message}");
    assert_eq!(last["hint"], "fewer --threads need less");
}

#[cfg(feature = "fault-injection")]
#[test]
fn a_panic() {
    let before = Before::small(&[]);
    let mut command = before.command();
    command.args(["--progress", "json", "--chunk-bytes", "16"]).env("SPENDFOLD_FAULT", "panic-at-chunk:1");
    let output = command.output().expect("starts");
    let last = last(&output, 1);
    assert!(
        last["message"].as_str().is_some_and(|text| text.starts_with("internal error: deliberate fault")),
        "{last}"
    );
}

/// Without `--progress json`, messages are text.
#[test]
fn text_stays_text() {
    let before = Before::small(&[]);
    let (child, writer) = held(&before, "purchases");
    signal(&child, "TERM");
    assert_eq!(stderr_text(&child.wait_with_output().expect("ends")), "interrupted (SIGTERM); nothing was published\n");
    drop(writer);
}
