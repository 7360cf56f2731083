//! Sets that exceed a limit: held, published or discarded; and the acceptance of a held set.

use crate::common::{CUSTOMERS, Case, Files, PURCHASES, comparable, files, stderr_text};
use serde_json::Value;
use std::fs;
use std::process::Output;

/// One rejected record and one unmatched purchase among three.
const DIRTY: &str = "customer_id,product,price\n1,Pen,0.10\n9,Lost,5\n2,Ink,x\n";

fn status(output: &Output) -> i32 {
    output.status.code().expect("a status")
}

fn held(case: &Case) -> Files {
    files(&case.path("out/held"))
}

/// Runs `accept`, and returns the exit status and standard error.
fn accept(case: &Case, args: &[&str]) -> (i32, String) {
    let output = case.spendfold().args(["accept", "--progress", "off"]).args(args).output().expect("starts");
    (status(&output), stderr_text(&output))
}

fn verify(case: &Case, dir: &str) -> (i32, String) {
    let output = case.spendfold().args(["verify", "--progress", "off", dir]).output().expect("starts");
    (status(&output), stderr_text(&output))
}

fn report(case: &Case, name: &str) -> Value {
    serde_json::from_str(&case.read(name)).expect("JSON")
}

/// A case with a published set, and a held one of other purchases.
fn with_both() -> Case {
    let case = Case::small();
    assert_eq!(status(&case.ran(&[])), 0);
    case.write("p.csv", DIRTY);
    assert_eq!(status(&case.ran(&[])), 3);
    case
}

#[test]
fn a_held_set_leaves_the_published_set_as_it_is() {
    let case = Case::small();
    assert_eq!(status(&case.ran(&[])), 0);
    let published = case.files();
    case.write("p.csv", DIRTY);
    let output = case.ran(&[]);
    let text = stderr_text(&output);
    assert_eq!(status(&output), 3, "{text}");
    assert!(
        text.starts_with("1 of 7 records (14.3 %) were rejected, more than the limit of 0\n  p.csv:4:7: "),
        "{text}"
    );
    let last = "the set is held in out/held and was not published\nfix the inputs";
    assert!(text.contains(last) && text.ends_with("spendfold accept out --note TEXT\n"), "{text}");
    let mut found = case.files();
    found.remove("held".as_ref() as &std::ffi::OsStr);
    assert!(found == published && case.leftovers().is_empty());
    // The held set is the set that a run publishes with another option.
    let held = comparable(held(&case));
    let other = Case::new(CUSTOMERS, DIRTY);
    assert_eq!(status(&other.ran(&["--over-limit", "publish"])), 3);
    for (name, bytes) in other.files() {
        // The report and its page record the option.
        assert!(name == "report.json" || name == "report.html" || held[&name] == bytes, "{name:?}");
    }
    let report = report(&case, "out/held/report.json");
    assert_eq!((&report["outcome"], &report["exceeded"][0]["found"]), (&"held".into(), &1.into()));
    // The next held set replaces it.
    case.write("p.csv", "customer_id,product,price\n1,Pen,y\n");
    assert_eq!(status(&case.ran(&[])), 3);
    assert_eq!(case.read("out/held/rejects.csv").lines().count(), 2);
    assert!(case.leftovers().is_empty());
    // A run within the limits removes it.
    case.write("p.csv", PURCHASES);
    assert_eq!(status(&case.ran(&[])), 0);
    assert!(comparable(case.files()) == comparable(published) && !case.path("out/held").exists());
}

#[test]
fn a_set_over_the_limit_can_be_published_or_discarded() {
    let case = Case::new(CUSTOMERS, DIRTY);
    let output = case.ran(&["--over-limit", "discard"]);
    let text = stderr_text(&output);
    assert!(status(&output) == 3 && !case.path("out").exists(), "{text}");
    assert!(text.contains("the set was discarded; nothing was published\n") && !text.contains("accept"), "{text}");
    let output = case.ran(&["--over-limit", "publish"]);
    let text = stderr_text(&output);
    assert!(status(&output) == 3 && case.path("out/report.json").exists() && !case.path("out/held").exists());
    assert!(text.contains("the set was published all the same, in out\n") && !text.contains("accept"), "{text}");
    assert_eq!(verify(&case, "out").0, 0);
    assert_eq!(report(&case, "out/report.json")["outcome"], "published");
}

#[test]
fn unmatched_purchases_have_a_limit_of_their_own() {
    let case = Case::new(CUSTOMERS, DIRTY);
    for (limit, wanted) in [("0", 3), ("1", 0), ("49.9%", 3), ("50%", 0)] {
        let output = case.ran(&["--max-rejects", "1", "--max-unmatched", limit]);
        assert_eq!(status(&output), wanted, "{limit}");
        if wanted == 3 {
            let text = stderr_text(&output);
            let first = format!(
                "1 of 2 accepted purchases (50.0 %) have no customer, more than the limit of {limit}\n  \
                p.csv:3:1: no customer has the key \"9\"\n"
            );
            assert!(text.starts_with(&first) && text.contains("(--max-unmatched 1 would allow this)"), "{text}");
        }
    }
    let text = stderr_text(&case.ran(&["--max-unmatched", "0"]));
    assert!(text.contains("(--max-rejects 1 --max-unmatched 1 would allow this)"), "{text}");
    let output = case.ran(&["--max-unmatched", "x"]);
    assert!(status(&output) == 2 && stderr_text(&output).starts_with("--max-unmatched: not a number"));
}

#[test]
fn accepting_publishes_the_held_set_and_records_it() {
    let case = with_both();
    let waiting = held(&case);
    let (status, text) = verify(&case, "out");
    let notice = "out/held: a set is held: 1 of 7 records (14.3 %) were rejected, more than the limit of 0\n";
    assert_eq!((status, text), (0, format!("{notice}out: the set agrees with its report\n")));
    assert_eq!(verify(&case, "out/held"), (0, "out/held: the set agrees with its report\n".into()));

    let (status, text) = accept(&case, &["out", "--note", "agreed\u{1b} with Ada", "--verify"]);
    assert_eq!(status, 0, "{text}");
    assert!(
        text.starts_with("out: the held set was accepted 20") && text.contains("; note: agreed\\u{1b} with Ada\n"),
        "{text}"
    );
    assert!(!case.path("out/held").exists() && case.leftovers().is_empty());
    let mut accepted = report(&case, "out/report.json");
    let acceptance = accepted.as_object_mut().expect("an object").remove("acceptance").expect("an acceptance");
    assert_eq!(acceptance["note"], "agreed\u{1b} with Ada");
    assert_eq!(acceptance["accepted"], accepted["exceeded"]);
    for (name, bytes) in waiting {
        if name == "report.json" {
            assert_eq!(serde_json::from_slice::<Value>(&bytes).expect("JSON"), accepted);
        } else {
            assert!(fs::read(case.path("out").join(&name)).expect("there") == bytes, "{name:?}");
        }
    }
    let (status, text) = verify(&case, "out");
    assert!(
        status == 0 && text.starts_with("out: accepted 20") && text.ends_with("agrees with its report\n"),
        "{text}"
    );
    let (status, text) = accept(&case, &["out"]);
    assert!(status == 2 && text.starts_with("out: no set is held; the published set was accepted 20"), "{text}");
}

#[test]
fn a_held_set_alone_is_no_published_set() {
    let case = Case::new(CUSTOMERS, DIRTY);
    assert_eq!(status(&case.ran(&[])), 3);
    let (status, text) = verify(&case, "out");
    assert_eq!(status, 2, "{text}");
    assert!(text.starts_with("out: nothing is published; a set is held in out/held\n"), "{text}");
    // Copied by hand, it is not accepted.
    for (name, bytes) in held(&case) {
        fs::write(case.path("out").join(name), bytes).expect("written");
    }
    let (status, text) = verify(&case, "out");
    assert!(
        status == 1 && text.contains("out/report.json: the run held this set, and it was not accepted\n"),
        "{text}"
    );
    fs::remove_file(case.path("out/report.json")).expect("removed");
    assert_eq!(accept(&case, &["out", "-q"]), (0, String::new()));
    assert_eq!(verify(&case, "out").0, 0);
}

/// `verify` does not suggest an acceptance that would be refused, and suggests one that completes another.
#[test]
fn verify_says_whether_the_held_set_can_be_accepted() {
    let case = with_both();
    fs::remove_file(case.path("out/report.json")).expect("removed");
    let (status, text) = verify(&case, "out");
    assert!(status == 2 && text.contains("; a set is held in out/held; it is out of date"), "{text}");
    assert!(!text.contains("spendfold accept") && accept(&case, &["out"]).0 == 1, "{text}");

    // The acceptance was killed before it removed the held set.
    let case = with_both();
    let waiting = held(&case);
    assert_eq!(accept(&case, &["out", "-q"]).0, 0);
    fs::create_dir(case.path("out/held")).expect("made");
    for (name, bytes) in waiting {
        fs::write(case.path("out/held").join(name), bytes).expect("written");
    }
    let (status, text) = verify(&case, "out");
    assert!(
        status == 0 && text.contains("; it is the set that was accepted; `spendfold accept out` removes it\n"),
        "{text}"
    );
    assert_eq!(accept(&case, &["out", "-q"]).0, 0);
    assert!(!case.path("out/held").exists());
}

/// A run at work is no interrupted publication.
#[test]
fn a_staging_directory_is_no_interrupted_publication() {
    let case = Case::new(CUSTOMERS, DIRTY);
    assert_eq!(status(&case.ran(&[])), 3);
    fs::create_dir(case.path("out/.spendfold-staging")).expect("made");
    let (_, text) = verify(&case, "out");
    assert!(text.starts_with("out: nothing is published; a set is held in out/held\n"), "{text}");
}

#[test]
fn what_cannot_be_accepted() {
    let case = Case::small();
    let (status, text) = accept(&case, &["nowhere"]);
    assert!(status == 2 && text.starts_with("nowhere: no set is held\n"), "{text}");
    assert!(!case.path("nowhere").exists());
    case.ran(&[]);
    assert_eq!(accept(&case, &["out"]).0, 2);
    let (status, text) = accept(&with_both(), &["out", "--note", &"x".repeat(4097)]);
    assert!(status == 2 && text.starts_with("--note: "), "{text}");

    // Another set was published meanwhile.
    let case = with_both();
    let stale = held(&case);
    case.write("p.csv", PURCHASES);
    assert_eq!(case.ran(&["--join", "left"]).status.code(), Some(0));
    fs::create_dir(case.path("out/held")).expect("made");
    for (name, bytes) in &stale {
        fs::write(case.path("out/held").join(name), bytes).expect("written");
    }
    let before = case.set();
    let (_, text) = verify(&case, "out");
    assert!(text.contains("; it is out of date and cannot be accepted\n"), "{text}");
    let (status, text) = accept(&case, &["out"]);
    assert!(status == 1 && text.starts_with("out/held: another set has been published since"), "{text}");
    assert!(case.set() == before && held(&case) == stale && case.leftovers().is_empty());

    // The published set is gone.
    let case = with_both();
    fs::remove_file(case.path("out/report.json")).expect("removed");
    let (status, text) = accept(&case, &["out"]);
    assert!(status == 1 && text.contains("is no longer there"), "{text}");
}

#[test]
fn a_held_set_that_differs_from_its_report_is_not_accepted() {
    for (name, edit, found_by_size) in [
        ("combined_data.csv", "more", true),
        ("combined_data.csv", "other", false),
        ("rejects.csv", "other", false),
        ("age_group_spending.csv", "gone", true),
        ("report.json", "outcome", true),
        ("report.json", "exceeded", true),
    ] {
        for check in [&[][..], &["--verify"]] {
            let case = with_both();
            let path = format!("out/held/{name}");
            let text = if edit == "gone" { String::new() } else { case.read(&path) };
            match edit {
                "more" => case.write(&path, text + "\n"),
                "other" => case.write(&path, text.replacen("Pen", "Pan", 1).replacen("2,Ink", "2,Inc", 1)),
                "gone" => fs::remove_file(case.path(&path)).expect("removed"),
                "outcome" => case.write(&path, text.replacen("\"held\"", "\"published\"", 1)),
                _ => case.write(&path, text.replacen("\"found\": 1", "\"found\": 2", 1)),
            }
            let before = (case.set(), held(&case));
            let (status, text) = accept(&case, &[&["out"], check].concat());
            let wanted = i32::from(found_by_size || !check.is_empty());
            assert_eq!(status, wanted, "{name} {edit} {check:?}: {text}");
            if wanted == 1 {
                assert!(
                    text.ends_with("nothing was published, and the set is still held; run again to replace it\n"),
                    "{text}"
                );
                assert!((case.set(), held(&case)) == before && case.leftovers().is_empty(), "{name} {edit}");
            }
        }
    }
}

#[test]
fn foreign_files_in_held_are_never_removed() {
    let refused = |case: &Case, wanted: &str| {
        for args in [&[][..], &["--over-limit", "publish"], &["--max-rejects", "100%"]] {
            // Found before any input is opened.
            let mut command = case.spendfold();
            command.args(["run", "-q", "-c", "c.csv", "-p", "missing.csv", "-o", "out"]).args(args);
            let output = command.output().expect("starts");
            let text = stderr_text(&output);
            assert!(status(&output) == 2 && text.starts_with(wanted), "{text}");
        }
        assert!(case.leftovers().is_empty());
    };
    let case = with_both();
    case.write("out/held/notes.txt", "mine");
    refused(&case, "out/held: has files that are not part of the held set: notes.txt\n");
    let (code, text) = accept(&case, &["out"]);
    assert!(code == 2 && text.contains("notes.txt"), "{text}");
    assert_eq!(case.read("out/held/notes.txt"), "mine");

    let case = Case::small();
    fs::create_dir_all(case.path("out/held")).expect("made");
    case.write("out/held/x", "mine");
    refused(&case, "out/held: is not a held set of spendfold: it has no report.json\n");
    case.write("out/held/report.json", "{}");
    refused(&case, "out/held/report.json: is not a report of spendfold\n");

    let case = Case::small();
    fs::create_dir(case.path("out")).expect("made");
    case.write("out/held", "a file");
    refused(&case, "out/held: is a regular file, not ");
    fs::remove_file(case.path("out/held")).expect("removed");
    std::os::unix::fs::symlink(".", case.path("out/held")).expect("linked");
    refused(&case, "out/held: is a symbolic link, not ");

    let case = with_both();
    fs::remove_file(case.path("out/held/rejects.csv")).expect("removed");
    fs::create_dir(case.path("out/held/rejects.csv")).expect("made");
    refused(&case, "out/held/rejects.csv: is a directory, not a regular file\n");
}

#[test]
fn an_empty_held_directory_or_report_is_replaced() {
    let case = Case::new(CUSTOMERS, DIRTY);
    fs::create_dir_all(case.path("out/held")).expect("made");
    assert_eq!(status(&case.ran(&[])), 3);
    // A power loss without --sync may leave this.
    case.write("out/held/report.json", "");
    case.write("out/held/rejects.csv", "");
    assert_eq!(status(&case.ran(&[])), 3);
    assert_eq!(verify(&case, "out/held").0, 0);
}

#[test]
fn no_clobber_refuses_a_held_set() {
    let case = Case::new(CUSTOMERS, DIRTY);
    assert_eq!(status(&case.ran(&["--no-clobber"])), 3);
    let before = held(&case);
    let output = case.ran(&["--no-clobber"]);
    assert_eq!((status(&output), stderr_text(&output)), (2, "out/held: exists, and --no-clobber is given\nleave out --no-clobber to replace it, or choose another --out-dir\n".into()));
    assert!(held(&case) == before);
}

#[test]
fn an_input_in_the_held_set_is_refused() {
    let case = with_both();
    let output =
        case.spendfold().args(["run", "-q", "-c", "c.csv", "-p", "out/held/combined_data.csv", "-o", "out"]).output();
    let output = output.expect("starts");
    let text = stderr_text(&output);
    assert!(status(&output) == 2 && text.starts_with("out/held/combined_data.csv: is in the held set"), "{text}");
}

#[test]
fn a_report_of_another_program_is_not_replaced() {
    for text in ["{}", "not JSON", "{\"run\": \"yesterday\"}"] {
        let case = Case::small();
        fs::create_dir(case.path("out")).expect("made");
        case.write("out/report.json", text);
        let output = case.ran(&[]);
        let said = stderr_text(&output);
        assert!(status(&output) == 2 && said.starts_with("out/report.json: is not a report of spendfold\n"), "{said}");
        assert_eq!(case.read("out/report.json"), text);
        // What a power loss leaves of a report.
        case.write("out/report.json", "\0\0");
        assert_eq!(status(&case.ran(&[])), 0);
    }
}

/// The summary shows up to three examples of each reason.
#[test]
fn the_summary_shows_rejected_values_with_their_places() {
    let rows: String = (0..5).map(|number| format!("{number},Pen,x{number}\n")).collect();
    let case = Case::new(CUSTOMERS, format!("customer_id,product,price\n{rows}9\n"));
    let output =
        case.spendfold().args(["run", "-c", "c.csv", "-p", "p.csv", "-o", "out", "--progress", "off"]).output();
    let text = stderr_text(&output.expect("starts"));
    let wanted = "\nrejected  6 → out/held/rejects.csv\n             1  wrong number of fields\n                \
        p.csv:7:1: 9\n             5  amount is not a decimal number\n                p.csv:2:7: x0\n                \
        p.csv:3:7: x1\n                p.csv:4:7: x2\n6 of 10 records (60.0 %) were rejected, ";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn the_report_goes_to_standard_output_on_request() {
    let case = Case::new(CUSTOMERS, DIRTY);
    for (args, path) in [
        (&["--over-limit", "publish"][..], Some("out/report.json")),
        (&[], Some("out/held/report.json")),
        (&["--over-limit", "discard"], None),
    ] {
        let output = case.run().arg("--json").args(args).output().expect("starts");
        assert_eq!(status(&output), 3);
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        match path {
            Some(path) => assert_eq!(found, case.read(path)),
            None => assert_eq!(serde_json::from_str::<Value>(&found).expect("JSON")["outcome"], "discarded"),
        }
    }
    let output = case.spendfold().args(["accept", "-q", "--json", "out"]).output().expect("starts");
    assert_eq!((status(&output), String::from_utf8(output.stdout).expect("UTF-8")), (0, case.read("out/report.json")));
    // A full device gives a notice; a closed pipe does not.
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("opened");
    let output = case.run().args(["--json", "--max-rejects", "1"]).stdout(full).output().expect("starts");
    let text = stderr_text(&output);
    assert!(
        status(&output) == 0 && text.starts_with("standard output: cannot write the report: No space left"),
        "{text}"
    );
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let output = case.run().args(["--json", "--max-rejects", "1"]).stdout(writer).output().expect("starts");
    assert_eq!((status(&output), stderr_text(&output)), (0, String::new()));
}
