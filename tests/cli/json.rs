//! `--progress json`: every line on standard error is JSON, whatever the message.

use crate::common::{CUSTOMERS, Case, PURCHASES, stderr_text};
use serde_json::Value;
use std::io::Write;

/// Runs `spendfold`, and returns the exit status and the lines on standard error, all of which must be JSON.
fn json_lines(case: &Case, args: &[&str], env: &[(&str, &str)]) -> (i32, Vec<Value>) {
    let output = case.spendfold().args(args).envs(env.iter().copied()).output().expect("starts");
    let text = stderr_text(&output);
    let parsed = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{args:?}: {error}: {text}"));
    let lines: Vec<Value> = text.lines().map(parsed).collect();
    // A line is either progress or an event.
    assert!(lines.iter().all(|line| line["event"].is_string() != line["phase"].is_string()), "{text}");
    (output.status.code().expect("a status"), lines)
}

const RUN: [&str; 9] = ["run", "--progress", "json", "-c", "c.csv", "-p", "p.csv", "-o", "out"];

/// The lines with events, without progress.
fn events(lines: Vec<Value>) -> Vec<Value> {
    lines.into_iter().filter(|line| line["event"].is_string()).collect()
}

#[test]
fn an_error_in_an_input_has_its_place_in_fields() {
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,2\n2,\"open\n3,4\n");
    let (status, lines) = json_lines(&case, &RUN, &[]);
    assert_eq!(status, 1);
    let error = serde_json::json!({
        "event": "error",
        "message": "the quote that opens here never closes",
        "path": "p.csv",
        "line": 3,
        "column": 3,
        "byte": 24,
        "hint": "the file may be truncated; if quotes mean nothing in this file, use --purchases-no-quoting",
        "status": 1,
    });
    assert_eq!(events(lines), [error]);

    let case = Case::new(CUSTOMERS, "customer_id,cost\n");
    let (status, lines) = json_lines(&case, &RUN, &[]);
    let [error] = &events(lines)[..] else { panic!("one error") };
    assert_eq!((status, &error["status"], &error["path"]), (2, &2.into(), &"p.csv".into()));
    assert!(error.get("line").is_none(), "{error}");

    let case = Case::new(CUSTOMERS, "customer_id,price\n1,x\n");
    let (status, lines) = json_lines(&case, &[&RUN[..], &["--strict"]].concat(), &[]);
    let [error] = &events(lines)[..] else { panic!("one error") };
    assert_eq!((status, &error["status"], &error["line"]), (4, &4.into(), &2.into()));
}

#[test]
fn a_usage_error_is_json_wherever_the_mode_is_set() {
    let case = Case::small();
    for (args, env) in [
        (&["run", "--progress", "json", "--no-such-option"][..], &[][..]),
        (&["run", "--no-such-option", "--progress=json"], &[]),
        (&["run", "--join", "outer"], &[("SPENDFOLD_PROGRESS", "json")]),
        (&["run", "--progress", "json", "--threads"], &[]),
        (&["run", "--progress", "json", "--threads", "0"], &[]),
        (&["run", "--progress", "json"], &[("SPENDFOLD_DELIMITER", "ab")]),
        (&["run", "--progress", "json", "--progress", "json"], &[]),
        (&["run", "--progress", "json", "--quote", "'", "--no-quoting"], &[]),
        (&["generate", "--progress", "json", "--customers", "1", "--purchases", "1", "--size", "1MB"], &[]),
        (&["generate", "--progress", "json", "--customers", "x", "--purchases", "1"], &[]),
        (&["verify", "--progress", "json"], &[]),
        (&["verify", "--progress", "json", "-t", "0", "out"], &[]),
        (&["verify"], &[("SPENDFOLD_PROGRESS", "json")]),
        (&[], &[("SPENDFOLD_PROGRESS", "json")]),
        (&["nonsense", "--progress", "json"], &[]),
    ] {
        let (status, lines) = json_lines(&case, args, env);
        let [error] = &lines[..] else { panic!("{args:?}: {lines:?}") };
        assert_eq!((status, &error["event"], &error["status"]), (2, &"error".into(), &2.into()), "{args:?}");
        // The message is one line; the hint has its own key.
        let message = error["message"].as_str().expect("a message");
        assert!(!message.is_empty() && !message.contains('\n'), "{args:?}: {error}");
    }
    let (_, lines) = json_lines(&case, &["run", "--progress", "json"], &[("SPENDFOLD_JOIN", "outer")]);
    assert_eq!(lines[0]["message"], "SPENDFOLD_JOIN: not one of full, left, inner: outer");
    assert_eq!(lines[0]["hint"], "for all options: spendfold run --help");
}

#[test]
fn other_modes_write_text() {
    let case = Case::small();
    for (args, env) in [
        (&["run", "--progress", "plain", "--no-such-option"][..], &[("SPENDFOLD_PROGRESS", "json")][..]),
        (&["run", "--no-such-option"], &[("SPENDFOLD_PROGRESS", "plain")]),
        (&["run", "--no-such-option"], &[]),
    ] {
        let output = case.spendfold().args(args).envs(env.iter().copied()).output().expect("starts");
        assert!(stderr_text(&output).starts_with("no such option: --no-such-option\n"), "{}", stderr_text(&output));
    }
}

#[test]
fn notices_and_too_many_rejects() {
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,2\n1\n1,x\n");
    std::fs::create_dir(case.path("out")).expect("made");
    case.write("out/combined_data.csv", "of somebody\n");
    let (status, lines) = json_lines(&case, &[&RUN[..], &["--no-combined"]].concat(), &[]);
    assert_eq!(status, 3);
    let last = lines.last().expect("a line");
    assert_eq!((&last["event"], &last["status"]), (&"too_many_rejects".into(), &3.into()));
    assert_eq!((&last["rejected"], &last["records"]), (&2.into(), &7.into()));
    let message = "2 of 7 records (28.6 %) were rejected, more than the limit of 0; the set is held in out/held and was \
        not published";
    assert_eq!(last["message"], message);
    let hint = "fix the inputs or the options and run again (--max-rejects 2 would allow this), or accept the set: \
        spendfold accept out --note TEXT";
    assert_eq!(last["hint"], hint);
    assert_eq!(last["outcome"], "held");
    let examples = ["p.csv:3:1: expected 2 fields, found 1: 1", "p.csv:4:3: amount is not a decimal number: x"];
    assert_eq!(last["examples"], serde_json::json!(examples));
    assert!(lines.iter().any(|line| line["phase"] == "done"), "{lines:?}");
    // Published, the set lacks the combined data that is there.
    let args = [&RUN[..], &["--no-combined", "--over-limit", "publish"]].concat();
    let (status, lines) = json_lines(&case, &args, &[]);
    assert_eq!(status, 3);
    assert_eq!(lines.last().expect("a line")["outcome"], "published");
    let notice = lines.iter().find(|line| line["event"] == "notice").expect("a notice");
    assert!(notice["message"].as_str().is_some_and(|text| text.starts_with("out/combined_data.csv: ")), "{notice}");
}

#[test]
fn verdicts_and_differences() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let args = ["verify", "--progress", "json", "out"];
    let (status, lines) = json_lines(&case, &args, &[]);
    let verdict = serde_json::json!({
        "event": "verdict", "message": "the set agrees with its report", "path": "out", "differences": 0, "status": 0,
    });
    assert_eq!((status, events(lines)), (0, vec![verdict]));

    let text = case.read("out/combined_data.csv");
    case.write("out/combined_data.csv", text.replacen("Ada", "Eda", 1));
    let (status, lines) = json_lines(&case, &args, &[]);
    assert_eq!(status, 1);
    let lines = events(lines);
    let [differences @ .., verdict] = &lines[..] else { panic!("no verdict") };
    assert!(!differences.is_empty());
    for difference in differences {
        assert_eq!(difference["event"], "difference");
        assert_eq!(difference["path"], "out/combined_data.csv");
        assert!(difference["message"].as_str().is_some_and(|text| text.starts_with("CRC-32: ")), "{difference}");
    }
    assert_eq!((&verdict["event"], &verdict["status"]), (&"verdict".into(), &1.into()));
    assert_eq!((&verdict["differences"], verdict["hint"].is_string()), (&differences.len().into(), true));

    std::fs::remove_file(case.path("out/report.json")).expect("removed");
    let (status, lines) = json_lines(&case, &args, &[]);
    let [error] = &events(lines)[..] else { panic!("one error") };
    assert_eq!((status, &error["event"], &error["path"]), (2, &"error".into(), &"out/report.json".into()));
}

#[test]
fn a_difference_from_the_answer_key() {
    let case = Case::small();
    let generate =
        ["generate", "--progress", "json", "--customers", "20", "--purchases", "50", "--seed", "1", "-o", "pair"];
    let (status, lines) = json_lines(&case, &generate, &[]);
    assert_eq!(status, 0);
    let done = lines.last().expect("a line");
    assert_eq!((&done["phase"], &done["customers"], &done["purchases"]), (&"done".into(), &20.into(), &50.into()));
    let run = ["run", "-q", "-c", "pair/customers.csv", "-p", "pair/purchases.csv", "-o", "out", "--join", "inner"];
    assert_eq!(case.spendfold().args(run).status().expect("starts").code(), Some(0));
    let (status, lines) =
        json_lines(&case, &["verify", "--progress", "json", "--expected", "pair/expected.json", "out"], &[]);
    let lines = events(lines);
    assert_eq!(status, 1);
    assert!(lines.len() > 1 && lines[0]["event"] == "difference", "{lines:?}");
    assert_eq!(lines.last().expect("a line")["event"], "verdict");
}

#[test]
fn errors_are_json_with_quiet_too() {
    let case = Case::new(CUSTOMERS, PURCHASES);
    let quiet =
        |args: &[&str]| json_lines(&case, &[&["run", "-q", "--progress", "json", "-o", "out"], args].concat(), &[]);
    assert_eq!(quiet(&["-c", "c.csv", "-p", "p.csv"]), (0, vec![]));
    let (status, lines) = quiet(&["-c", "none.csv", "-p", "p.csv"]);
    let [error] = &lines[..] else { panic!("{lines:?}") };
    assert_eq!((status, &error["event"], &error["path"]), (1, &"error".into(), &"none.csv".into()));
    let (status, lines) = json_lines(&case, &["verify", "-q", "--progress", "json", "out"], &[]);
    assert_eq!((status, lines), (0, vec![]));
}

/// Progress is written by another thread, so each line must be a single write.
#[test]
fn a_line_is_one_write() {
    let strace = std::process::Command::new("strace").arg("--version").output();
    if !strace.is_ok_and(|output| output.status.success()) {
        // Not with `eprintln!`: the test harness captures the output of passing tests.
        let _ = writeln!(std::io::stderr(), "SKIPPED one write a line: strace is not here");
        return;
    }
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,x\n");
    let args = ["-f", "-qq", "-s", "100000", "-o", "trace", "-e", "trace=write"];
    let output = case.other("strace").args(args).arg(crate::common::PROGRAM).args(RUN).output().expect("starts");
    assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
    let trace = case.read("trace");
    let writes: Vec<&str> = trace.lines().filter(|line| line.contains("write(2, ")).collect();
    assert_eq!(writes.len(), stderr_text(&output).lines().count(), "{trace}");
    assert!(writes.iter().all(|line| line.contains(r#"\n", "#)), "{trace}");
}
