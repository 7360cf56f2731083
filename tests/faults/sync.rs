//! The syncs of `--sync` and their order.
//!
//! A test cannot cut the power, but a set survives a power loss because of the order of the system calls, which a trace
//! shows: the data of a file is synced before its name, the removal of the old commit marker before any change to a
//! file, and the names of all files before the new marker.

use crate::common::{Case, PROGRAM, stderr_text};
use crate::rules::{Before, have};
use std::process::Command;

/// The syncs and moves of a run, in order.
fn events(before: &Before) -> Vec<String> {
    traced(&before.case, before.behind("strace", &["-f", "-qq", "-y", "-o", "trace", "-e", CALLS]), 0)
}

/// Like [`events`], of a run that fails because of `fault`.
fn events_of_a_failure(before: &Before, fault: &str) -> Vec<String> {
    let strace = ["-f", "-qq", "-y", "-o", "trace", "-e", CALLS, "-e", fault];
    before.reset();
    traced(&before.case, before.behind("strace", &strace), 1)
}

const CALLS: &str = "trace=fsync,fdatasync,sync,syncfs,renameat2,renameat,rename,linkat,unlinkat";

/// Runs a command that writes a trace to the file `trace`, and parses the trace.
fn traced(case: &Case, mut command: Command, status: i32) -> Vec<String> {
    let output = command.output().expect("starts");
    assert_eq!(output.status.code(), Some(status), "{}", stderr_text(&output));
    let base = std::fs::canonicalize(case.path("")).expect("there");
    let base = format!("{}/", base.to_str().expect("UTF-8"));
    case.read("trace").lines().filter_map(|line| event(&line.replace(&base, ""))).collect()
}

/// `sync FILE`, `move FILE -> FILE`, `link FILE -> FILE`, `exchange FILE` or `remove FILE`, from a line of the trace;
/// prefixed with `failed` if the call failed. Removals in the staging directory are ignored: their order is irrelevant.
fn event(line: &str) -> Option<String> {
    let failed = if line.trim_end().ends_with("= 0") { "" } else { "failed " };
    let call = line.split_once(' ').map_or(line, |(_, call)| call).trim();
    let (name, arguments) = call.split_once('(').expect("a call");
    let arguments = arguments.split(") ").next().unwrap_or(arguments);
    // The path that strace shows for a descriptor, or a quoted name.
    let paths: Vec<&str> =
        arguments.split(['<', '>', '"']).skip(1).step_by(2).map(|path| path.trim_end_matches('/')).collect();
    let what = match (name, paths.as_slice()) {
        ("fsync", [path]) => format!("sync {path}"),
        ("renameat2", [_, name, to, other]) if arguments.contains("RENAME_EXCHANGE") => {
            assert_eq!(name, other, "{line}");
            format!("exchange {to}/{name}")
        }
        ("renameat2", [from, name, to, other]) => format!("move {from}/{name} -> {to}/{other}"),
        ("linkat", [from, name, to, other]) => format!("link {from}/{name} -> {to}/{other}"),
        ("unlinkat", [dir, name]) if *dir == STAGED || *name == ".spendfold-staging" => return None,
        ("unlinkat", [dir, name]) => format!("remove {dir}/{name}"),
        _ => panic!("no call of a publication: {line}"),
    };
    // The rollback of an exchange names the other directory first.
    Some(format!("{failed}{}", what.replace(&format!("exchange {STAGED}/"), "exchange out/")))
}

const STAGED: &str = "out/.spendfold-staging";

fn synced_files(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("sync {STAGED}/{name}")).collect()
}

fn both() -> [String; 2] {
    [format!("sync {STAGED}"), "sync out".to_owned()]
}

const FILES: [&str; 5] =
    ["combined_data.csv", "age_group_spending.csv", "total_spending_by_age_group.png", "rejects.csv", "report.html"];

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
fn created_directories_are_on_the_disk_before_the_set() {
    if !have("strace", "the sync of new directories") {
        return;
    }
    let before = Before::small(&["-t", "1", "--sync"]);
    let case = &before.case;
    let mut command = case.other("strace");
    command.args(["-f", "-qq", "-y", "-o", "trace", "-e", CALLS]).arg(PROGRAM);
    command.args(["run", "-q", "--sync", "-t", "1", "-c", "c.csv", "-p", "p.csv", "-o", "made/deep/out"]);
    let events = traced(case, command, 0);
    let staged = "made/deep/out/.spendfold-staging";
    let files = || FILES.into_iter().chain(["report.json"]);
    let both = || [format!("sync {staged}"), "sync made/deep/out".to_owned()];
    let put = |name: &str| format!("move {staged}/{name} -> made/deep/out/{name}");
    let parent = std::fs::canonicalize(case.path("")).expect("there");
    let mut wanted: Vec<String> = files().map(|name| format!("sync {staged}/{name}")).collect();
    wanted.push(format!("sync {}", parent.to_str().expect("UTF-8")));
    wanted.extend(["sync made".to_owned(), "sync made/deep".to_owned()]);
    wanted.extend(both());
    wanted.extend(FILES.map(put));
    wanted.extend(both());
    wanted.push(put("report.json"));
    wanted.extend(both());
    assert_eq!(events, wanted);
}

/// The answer key is the commit marker of a generated pair.
#[test]
fn a_generated_pair_is_synced_like_a_set() {
    if !have("strace", "the syncs of a generated pair") {
        return;
    }
    let case = Case::small();
    let generate = [
        "generate",
        "-q",
        "--sync",
        "-t",
        "1",
        "--seed",
        "7",
        "--customers",
        "10",
        "--purchases",
        "20",
        "--parts",
        "2",
        "-o",
        "out",
    ];
    for round in 0..2 {
        let mut command = case.other("strace");
        command.args(["-f", "-qq", "-y", "-o", "trace", "-e", CALLS]).arg(PROGRAM).args(generate);
        let events: Vec<String> =
            traced(&case, command, 0).into_iter().filter(|event| !event.starts_with("sync /")).collect();
        let files = ["customers.csv", "purchases-1.csv", "purchases-2.csv"];
        let mut wanted = synced_files(&files);
        wanted.extend(synced_files(&["expected.json"]));
        if round > 0 {
            wanted.push(format!("move out/expected.json -> {STAGED}/old-expected.json"));
        }
        wanted.extend(both());
        let put = |name: &str| format!("move {STAGED}/{name} -> out/{name}");
        wanted.extend(files.map(|name| if round > 0 { format!("exchange out/{name}") } else { put(name) }));
        wanted.extend(both());
        wanted.push(put("expected.json"));
        wanted.extend(both());
        assert_eq!(events, wanted, "round {round}");
    }
}

/// A rollback keeps the order too: the disk never has a report next to files that it does not describe.
#[test]
fn a_rollback_is_synced_in_order() {
    if !have("strace", "the syncs of a rollback") {
        return;
    }
    let before = Before::small(&["-t", "1", "--sync"]);
    let back = |wanted: &mut Vec<String>| {
        wanted.extend(FILES.iter().rev().map(|name| format!("exchange out/{name}")));
        wanted.extend(both());
        wanted.push(format!("link {STAGED}/old-report.json -> out/report.json"));
        wanted.extend(both());
    };
    // The last move fails.
    let events = events_of_a_failure(&before, "inject=renameat2:error=EIO:when=7");
    let failed = format!("failed move {STAGED}/report.json -> out/report.json");
    let place = events.iter().position(|event| *event == failed).expect("the fault");
    let mut wanted = vec![];
    back(&mut wanted);
    assert_eq!(events[place + 1..], wanted);
    before.assert_clean("the last move fails");
    // The last sync fails, when the new report is at its name.
    let events = events_of_a_failure(&before, "inject=fsync:error=EIO:when=12");
    let place = events.iter().position(|event| event == "failed sync out").expect("the fault");
    let mut wanted = vec!["remove out/report.json".to_owned()];
    wanted.extend(both());
    back(&mut wanted);
    assert_eq!(events[place + 1..], wanted);
    before.assert_clean("the last sync fails");
}

#[test]
fn a_stale_combined_file_is_removed_before_the_new_marker() {
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
fn without_the_option_nothing_is_synced() {
    if !have("strace", "no syncs") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    before.reset();
    let synced: Vec<String> = events(&before).into_iter().filter(|event| event.starts_with("sync")).collect();
    assert_eq!(synced, Vec::<String>::new());
}
