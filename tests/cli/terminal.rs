//! Output on a terminal or a pipe: no control codes, no raw bytes of the data, no panic on a closed pipe.

use crate::common::{CUSTOMERS, Case, PROGRAM, stderr_text};

/// Asserts that a text has no control character except LF.
fn assert_plain(what: &str, text: &str) {
    let odd = text.chars().find(|&character| character.is_control() && character != '\n');
    assert!(odd.is_none(), "{what}: {odd:?} in {text:?}");
}

#[test]
fn no_control_codes_in_a_pipe() {
    for progress in ["auto", "plain", "json", "off"] {
        for env in [("TERM", "dumb"), ("NO_COLOR", "1"), ("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")] {
            let case = Case::small();
            let args = ["run", "--progress", progress, "-c", "c.csv", "-p", "p.csv", "-o", "out"];
            let output = case.spendfold().args(args).env(env.0, env.1).output().expect("starts");
            assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
            assert_plain(&format!("{progress} {env:?}"), &stderr_text(&output));
            assert!(output.stdout.is_empty());
            // JSON mode writes nothing else.
            let summary = if progress == "json" { "\"phase\":\"done\"" } else { "Middle-aged" };
            assert!(stderr_text(&output).contains(summary), "the summary: {}", stderr_text(&output));
        }
    }
}

#[test]
fn progress_as_json_is_json_to_the_end() {
    let case = Case::small();
    let args = ["run", "--progress", "json", "-c", "c.csv", "-p", "p.csv", "-o", "out"];
    let output = case.spendfold().args(args).output().expect("starts");
    let text = stderr_text(&output);
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("nothing but JSON lines")).collect();
    let [.., json, done] = lines.as_slice() else { panic!("two lines at least: {text}") };
    assert_eq!((&done["phase"], &done["rejected"]), (&"done".into(), &0.into()));
    let size = |name| std::fs::metadata(case.path(name)).expect("there").len();
    assert_eq!(json["phase"], "publishing");
    // All durations come from one clock.
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!((&done["seconds"], &json["seconds"]), (&report["run"]["seconds"], &report["run"]["seconds"]));
    assert_eq!((&json["bytes"], &json["total_bytes"]), (&(size("c.csv") + size("p.csv")).into(), &json["bytes"]));
}

#[test]
fn quiet_prints_nothing() {
    assert_eq!(stderr_text(&Case::small().ran(&[])), "");
}

#[test]
fn closed_standard_streams_are_harmless() {
    for how in [
        ">&-",
        ">/dev/full",
        "2>&-",
        "2>/dev/full",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        "2>&1 | true",
        "2>&1 >/dev/null | head -c 1",
    ] {
        let case = Case::small();
        let line = format!("set -o pipefail; \"$0\" run -c c.csv -p p.csv -o out {how}");
        let output = case.other("bash").args(["-c", &line, PROGRAM]).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{how}: {}", stderr_text(&output));
        assert_eq!(case.files().len(), 6, "{how}");
        let verify = case.spendfold().args(["verify", "-q", "out"]).output().expect("starts");
        assert_eq!(verify.status.code(), Some(0), "{how}: {}", stderr_text(&verify));
    }
    let case = Case::small();
    for line in ["\"$0\" completions bash | true", "\"$0\" --help | true", "\"$0\" completions bash >&-"] {
        let output = case.other("bash").args(["-c", line, PROGRAM]).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{line}");
        assert!(!stderr_text(&output).contains("panicked"));
    }
}

#[test]
fn a_completion_script_that_cannot_be_written_is_a_failure() {
    let case = Case::small();
    let line = "\"$0\" completions bash >/dev/full";
    let output = case.other("bash").args(["-c", line, PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr_text(&output).contains("No space left on device"), "{}", stderr_text(&output));
}

/// An escape sequence, a bell and a bidirectional override, wherever data can occur.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[31m\u{202e}";

#[test]
fn data_cannot_send_control_codes_to_the_terminal() {
    let check = |what: &str, customers: &str, purchases: &str, args: &[&str]| {
        let case = Case::new(customers, purchases);
        let run = case.spendfold().args(["run", "-c", "c.csv", "-p", "p.csv", "-o", "out"]).args(args).output();
        let run = run.expect("starts");
        assert_plain(what, &stderr_text(&run));
        assert!(!stderr_text(&run).contains('\u{202e}'), "{what}");
        let verify = case.spendfold().args(["verify", "out"]).output().expect("starts");
        assert_plain(what, &stderr_text(&verify));
        (run.status.code(), stderr_text(&run))
    };
    let row = format!("customer_id,price\n1,{EVIL}\n");
    assert_eq!(check("an amount", CUSTOMERS, &row, &[]).0, Some(3));
    let (status, text) = check("an amount, strictly", CUSTOMERS, &row, &["--strict"]);
    assert!(status == Some(4) && text.contains("\\u{1b}]0;owned\\u{7}"), "{text}");
    assert_eq!(check("a header", CUSTOMERS, &format!("customer_id,{EVIL}\n"), &[]).0, Some(2));
    let doubled = format!("customer_id,first_name,last_name,age,{EVIL},{EVIL}\n");
    assert_eq!(check("a doubled name", &doubled, "customer_id,price\n", &[]).0, Some(2));
    let key = format!("{EVIL},first_name,last_name,age\n1,A,B,3\n1,A,B,3\n");
    let args = ["--customers-key", EVIL];
    assert_eq!(check("a key's name", &key, "customer_id,price\n", &args).0, Some(3));
    assert_eq!(
        check("a key's name, strictly", &key, "customer_id,price\n", &[args[0], args[1], "--strict"]).0,
        Some(4)
    );
    assert_eq!(check("an option", CUSTOMERS, &row, &["--amount", EVIL]).0, Some(2));
    assert_eq!(check("groups", CUSTOMERS, &row, &["--age-groups", &format!("{EVIL}=1-2")]).0, Some(2));
    assert_eq!(check("a number", CUSTOMERS, &row, &["--threads", EVIL]).0, Some(2));

    // A path, and a set whose data was tampered with.
    let case = Case::small();
    let output =
        case.spendfold().args(["run", "-q", "-c", &EVIL.replace('[', ""), "-o", "out"]).output().expect("starts");
    assert_eq!(output.status.code(), Some(1));
    assert_plain("a path", &stderr_text(&output));
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let text = case.read("out/combined_data.csv").replace("Middle-aged", EVIL);
    case.write("out/combined_data.csv", text);
    let verify = case.spendfold().args(["verify", "out"]).output().expect("starts");
    assert_eq!(verify.status.code(), Some(1));
    assert_plain("an age group", &stderr_text(&verify));
    let mut report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    for edit in ["path", "crc32", "age_group"] {
        match edit {
            "age_group" => report["age_groups"][0]["age_group"] = EVIL.into(),
            key => report["outputs"][1][key] = EVIL.into(),
        }
        case.write("out/report.json", report.to_string());
        let verify = case.spendfold().args(["verify", "out"]).output().expect("starts");
        assert_plain(edit, &stderr_text(&verify));
    }
}

/// Unicode's property Bidi_Control.
const BIDI_CONTROLS: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// A group name, a column name, a path and a value that would each reorder a line on a terminal.
#[test]
fn data_cannot_reorder_a_line() {
    // Three at a time: a displayed value is cut off at 80 bytes, a group name has at most 64.
    for controls in BIDI_CONTROLS.chunks(3) {
        let evil: String = ["x"].into_iter().map(str::to_owned).chain(controls.iter().map(char::to_string)).collect();
        let shown: String = controls.iter().map(|control| control.escape_unicode().to_string()).collect();
        let check = |what: &str, args: &[&str], case: &Case, status: i32| {
            let output = case.spendfold().args(args).output().expect("starts");
            let text = stderr_text(&output);
            assert_eq!(output.status.code(), Some(status), "{what}: {text}");
            assert!(!text.contains(|character| BIDI_CONTROLS.contains(&character)), "{what}: {text:?}");
            // JSON doubles backslashes.
            assert!(text.replace(r"\\", r"\").contains(&shown), "{what}: {text:?}");
        };
        let run = |rest: &[&'static str]| [&["run", "-c", "c.csv", "-p", "p.csv", "-o", "out"], rest].concat();
        // The summary's table as text; its columns must stay aligned.
        let case = Case::small();
        let groups = format!("{evil}=0+");
        check("a group", &[&run(&["--age-groups"])[..], &[&groups]].concat(), &case, 0);
        let output = case.spendfold().args(run(&["--age-groups"])).arg(&groups).output().expect("starts");
        let text = stderr_text(&output);
        let end = |line: &str| line.rfind(char::is_numeric).map(|at| line[..at].chars().count());
        let group = text.lines().find(|line| line.contains(&shown)).expect("the group");
        let other = text.lines().find(|line| line.starts_with("Unknown")).expect("another group");
        assert_eq!(end(group), end(other), "{text}");
        // The same group in a set that was tampered with.
        let rows = case.read("out/age_group_spending.csv");
        case.write("out/age_group_spending.csv", rows.replacen('1', "2", 1));
        let combined = case.read("out/combined_data.csv");
        case.write("out/combined_data.csv", combined.replacen("0.10", "0.20", 1));
        check("verify", &["verify", "out"], &case, 1);
        // A duplicate group.
        let doubled = format!("{groups},{groups}");
        check("a doubled group", &[&run(&["--age-groups"])[..], &[&doubled]].concat(), &case, 2);
        // A requested column that is missing, and a column that was not requested.
        check("a column asked for", &[&run(&["--amount"])[..], &[&evil]].concat(), &case, 2);
        check("a column", &run(&[]), &Case::new(CUSTOMERS, format!("customer_id,{evil}\n")), 2);
        // A value.
        check("a value", &run(&["--strict"]), &Case::new(CUSTOMERS, format!("customer_id,price\n1,{evil}\n")), 4);
        // Paths: of an input, of the output directory, of a set, of an answer key, and those that `generate` writes.
        check("an input", &["run", "-c", &evil, "-p", "p.csv", "-o", "out"], &case, 1);
        check("an output", &["run", "-c", "c.csv", "-p", "p.csv", "-o", &evil], &case, 0);
        check("a set", &["verify", &evil], &case, 0);
        let other = format!("other-{evil}");
        std::fs::create_dir(case.path(&other)).expect("made");
        case.write(&format!("{other}/combined_data.csv"), "of somebody\n");
        check("a notice", &["run", "-q", "--no-combined", "-c", "c.csv", "-p", "p.csv", "-o", &other], &case, 0);
        check("an answer key", &["verify", "out", "--expected", &evil], &case, 2);
        check(
            "generate",
            &["generate", "--customers", "3", "--purchases", "5", "--seed", "1", "-o", &format!("pair-{evil}")],
            &case,
            0,
        );
        // An unknown argument, as text and as JSON.
        check("usage", &["run", &evil], &case, 2);
        check("usage as JSON", &["run", "--progress", "json", &format!("--{evil}")], &case, 2);
        // The help shows the values of variables, but not this one.
        let help = case.spendfold().args(["run", "--help"]).env("SPENDFOLD_AMOUNT", &evil).output().expect("starts");
        let text = String::from_utf8_lossy(&help.stdout);
        assert!(text.contains("SPENDFOLD_AMOUNT") && !text.contains(controls), "{text}");
    }
}
