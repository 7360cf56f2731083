//! Row 59: what `--sync` syncs, and in which order.
//!
//! A test cannot cut the power. What makes a set survive a power loss is the order of the calls, which a trace shows: a
//! file's data is on the disk before its name, the removal of the old commit marker before any change to a file, and
//! the names of all files before the new marker.

use crate::common::said;
use crate::rules::{Before, have};

/// The syncs and moves of a run with these arguments, in order.
fn events(before: &Before) -> Vec<String> {
    let trace = before.case.path("trace");
    let trace_name = trace.to_str().expect("UTF-8");
    let calls = "trace=fsync,fdatasync,sync,syncfs,renameat2,renameat,rename,linkat,unlinkat";
    let output = before.behind("strace", &["-f", "-qq", "-y", "-o", trace_name, "-e", calls]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let base = std::fs::canonicalize(before.case.path("")).expect("there");
    let base = format!("{}/", base.to_str().expect("UTF-8"));
    let text = std::fs::read_to_string(trace).expect("a trace");
    text.lines().filter_map(|line| event(&line.replace(&base, ""))).collect()
}

/// `sync FILE`, `move FILE -> FILE` or `exchange FILE`, from a line of the trace.
fn event(line: &str) -> Option<String> {
    assert!(line.trim_end().ends_with("= 0"), "{line}");
    let call = line.split_once(' ').map_or(line, |(_, call)| call).trim();
    let (name, arguments) = call.split_once('(').expect("a call");
    // The path that strace shows for a descriptor, or a quoted name.
    let paths: Vec<&str> =
        arguments.split(['<', '>', '"']).skip(1).step_by(2).map(|path| path.trim_end_matches('/')).collect();
    match (name, paths.as_slice()) {
        ("fsync", [path]) => Some(format!("sync {path}")),
        ("renameat2", [from, name, to, other]) => {
            let exchange = arguments.contains("RENAME_EXCHANGE");
            assert!(!exchange || name == other, "{line}");
            let what =
                if exchange { format!("exchange {to}/{name}") } else { format!("move {from}/{name} -> {to}/{other}") };
            Some(what)
        }
        ("unlinkat", _) => None,
        _ => panic!("no call of a publication: {line}"),
    }
}

const STAGED: &str = "out/.spendfold-staging";

fn synced_files(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("sync {STAGED}/{name}")).collect()
}

fn both() -> [String; 2] {
    [format!("sync {STAGED}"), "sync out".to_owned()]
}

const FILES: [&str; 4] =
    ["combined_data.csv", "age_group_spending.csv", "total_spending_by_age_group.png", "rejects.csv"];

#[test]
fn each_step_is_on_the_disk_before_the_next() {
    if !have("strace", "the order of syncs") {
        return;
    }
    let before = Before::small(&["-t", "1", "--sync"]);
    before.reset();
    let mut wanted = synced_files(&FILES);
    wanted.extend(synced_files(&["report.json"]));
    wanted.push(format!("move out/report.json -> {STAGED}/old-report.json"));
    wanted.extend(both());
    wanted.extend(FILES.map(|name| format!("exchange out/{name}")));
    wanted.extend(both());
    wanted.push(format!("move {STAGED}/report.json -> out/report.json"));
    wanted.extend(both());
    assert_eq!(events(&before), wanted);
    before.assert_exact("--sync");
}

#[test]
fn a_directory_that_was_made_is_on_the_disk_before_the_set() {
    if !have("strace", "the sync of a new directory") {
        return;
    }
    let before = Before::small(&["-t", "1", "--sync"]);
    std::fs::remove_dir_all(before.case.path("out")).expect("removed");
    let events = events(&before);
    // The parent of `out` is the test's own directory.
    let parent = std::fs::canonicalize(before.case.path("")).expect("there");
    let parent = format!("sync {}", parent.to_str().expect("UTF-8"));
    let mut wanted = synced_files(&FILES);
    wanted.extend(synced_files(&["report.json"]));
    wanted.push(parent);
    wanted.extend(both());
    wanted.extend(FILES.map(|name| format!("move {STAGED}/{name} -> out/{name}")));
    wanted.extend(both());
    wanted.push(format!("move {STAGED}/report.json -> out/report.json"));
    wanted.extend(both());
    assert_eq!(events, wanted);
    before.assert_exact("--sync");
}

#[test]
fn a_combined_file_that_is_taken_away_is_gone_before_the_new_mark() {
    if !have("strace", "the sync of a removal") {
        return;
    }
    let before = Before::small(&["-t", "1", "--sync", "--no-combined"]);
    before.reset();
    let events = events(&before);
    let place = |wanted: &str| events.iter().position(|event| event == wanted).expect(wanted);
    let away = place(&format!("move out/combined_data.csv -> {STAGED}/old-combined_data.csv"));
    let mark = place(&format!("move {STAGED}/report.json -> out/report.json"));
    assert_eq!(events[away + 1..mark], both());
    assert_eq!(events[mark + 1..], both());
}

#[test]
fn without_sync_nothing_waits_for_the_disk() {
    if !have("strace", "no syncs") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    before.reset();
    let synced: Vec<String> = events(&before).into_iter().filter(|event| event.starts_with("sync")).collect();
    assert_eq!(synced, Vec::<String>::new());
}
