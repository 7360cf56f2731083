//! What the path of an input can name: special files, files with unusual names, symbolic links, patterns.

use crate::common::{CUSTOMERS, Case, PROGRAM, PURCHASES, stderr_text};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::symlink;

/// Runs with these purchases. Returns the exit status and standard error. A run that blocks on a FIFO is ended
/// after 20 seconds.
fn run(case: &Case, purchases: &[&str]) -> (Option<i32>, String) {
    let _ = fs::remove_dir_all(case.path("out"));
    let mut command = case.other("timeout");
    command.args(["20", PROGRAM, "run", "-q", "-c", "c.csv", "-o", "out", "-p"]).args(purchases);
    let output = command.output().expect("starts");
    (output.status.code(), stderr_text(&output))
}

/// The paths of the purchases in the report.
fn paths(case: &Case) -> Vec<String> {
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    let inputs = report["inputs"].as_array().expect("a list").iter().skip(1);
    inputs.map(|input| input["path"].as_str().expect("a path").to_owned()).collect()
}

#[track_caller]
fn assert_read(case: &Case, purchases: &[&str], wanted: &[&str]) {
    let (status, text) = run(case, purchases);
    assert_eq!((status, text.as_str()), (Some(0), ""), "{purchases:?}");
    assert_eq!(paths(case), wanted, "{purchases:?}");
}

#[test]
fn a_found_file_called_minus_is_not_standard_input() {
    let case = Case::new(CUSTOMERS, "");
    fs::remove_file(case.path("p.csv")).expect("removed");
    case.write("-", PURCHASES);
    assert_read(&case, &["?"], &["./-"]);
    assert_read(&case, &["[-]"], &["./-"]);
    // The records are those of the file, not of the empty standard input; and `verify` finds the file again.
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["purchases"]["records"], 5);
    let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
    assert_eq!(verified.status.code(), Some(0), "{}", stderr_text(&verified));
    // A directory of this name.
    fs::remove_file(case.path("-")).expect("removed");
    fs::create_dir(case.path("-")).expect("created");
    case.write("-/p.csv", PURCHASES);
    assert_read(&case, &["?"], &["-/p.csv"]);
    assert_read(&case, &["./-"], &["./-/p.csv"]);
}

#[test]
fn a_fifo_is_read_only_if_it_is_named() {
    let case = Case::small();
    fs::create_dir(case.path("d")).expect("created");
    case.write("d/a.csv", PURCHASES);
    let fifo = case.fifo("d/b.csv");
    for given in ["d", "d/*.csv", "*", "**/b.csv"] {
        let (status, text) = run(&case, &[given]);
        let wanted =
            "--purchases: only regular files are read from directories and patterns, and this is a FIFO: d/b.csv\n";
        assert!(status == Some(2) && text.starts_with(wanted), "{given}: {status:?} {text}");
    }
    let writer = std::thread::spawn(move || fs::write(fifo, PURCHASES).expect("written"));
    let (status, text) = run(&case, &["d/a.csv", "d/b.csv"]);
    writer.join().expect("written");
    assert_eq!(status, Some(0), "{text}");
    // In a directory, files with other endings are ignored.
    fs::rename(case.path("d/b.csv"), case.path("d/b")).expect("renamed");
    assert_read(&case, &["d"], &["d/a.csv"]);
}

#[test]
fn links_to_files_are_read_and_dangling_links_are_explained() {
    let case = Case::small();
    fs::create_dir(case.path("d")).expect("created");
    symlink("../p.csv", case.path("d/a.csv")).expect("linked");
    assert_read(&case, &["d"], &["d/a.csv"]);
    symlink("gone/q.csv", case.path("d/b.csv")).expect("linked");
    for given in ["d", "d/*", "d/b.csv"] {
        let (status, text) = run(&case, &[given]);
        let wanted = "d/b.csv: is a symbolic link to gone/q.csv, which cannot be opened: No such file or directory\n\
            restore the file there, or correct the link\n";
        assert_eq!((status, text.as_str()), (Some(1), wanted), "{given}");
    }
    let (status, text) = run(&case, &["d/none.csv"]);
    assert!(status == Some(1) && text.starts_with("d/none.csv: cannot open: No such file"), "{text}");
}

#[test]
fn patterns_may_match_directories_that_have_no_text_files() {
    let case = Case::small();
    for dir in ["p-archive", "p-more"] {
        fs::create_dir(case.path(dir)).expect("created");
    }
    case.write("p-1.csv", PURCHASES);
    case.write("p-archive/README.md", "");
    case.write("p-more/2.csv", PURCHASES);
    assert_read(&case, &["p-*"], &["p-1.csv", "p-more/2.csv"]);
    let (status, text) = run(&case, &["p-a*"]);
    assert!(status == Some(2) && text.contains("the directories that match the pattern have no file"), "{text}");
    let (status, text) = run(&case, &["p-1.csv", "p-archive"]);
    assert!(status == Some(2) && text.contains("the directory has no file"), "{text}");
}

#[test]
fn alternatives_are_a_pattern_and_an_exclamation_mark_is_literal() {
    let case = Case::small();
    for name in ["p-jan.csv", "p-feb.csv", "p-mar.csv", "!p.csv", "{a,b}.csv", "a.csv"] {
        case.write(name, PURCHASES);
    }
    assert_read(&case, &["p-{mar,jan}.csv"], &["p-jan.csv", "p-mar.csv"]);
    assert_read(&case, &["!*.csv"], &["!p.csv"]);
    // A path that exists is no pattern.
    assert_read(&case, &["{a,b}.csv"], &["{a,b}.csv"]);
    let (status, text) = run(&case, &["p-[jan.csv"]);
    let wanted = "--purchases: no such file, and not a valid pattern: unclosed [: p-[jan.csv\n\
        in a pattern, put \\ before a byte to match it literally\n";
    assert_eq!((status, text.as_str()), (Some(2), wanted));
}
