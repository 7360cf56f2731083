//! System calls that fail: each call of a run in turn, injected by strace.

use crate::common::stderr_text;
use crate::rules::{Before, have};
use std::process::Output;

/// A group of calls that strace counts together, and the errors to inject. strace counts per thread, so the runs have a
/// single thread.
const SWEPT: [(&str, &str); 15] = [
    ("write", "ENOSPC"),
    ("read", "EIO"),
    ("open", "EIO"),
    ("openat", "EMFILE"),
    ("close", "EDQUOT"),
    ("fsync", "EIO"),
    ("renameat2", "EIO"),
    ("renameat", "EIO"),
    ("linkat", "EIO"),
    ("mkdirat", "ENOSPC"),
    ("unlinkat", "EIO"),
    ("newfstatat", "EIO"),
    ("fstat", "EIO"),
    ("statx", "EIO"),
    ("flock", "ENOLCK"),
];
/// More calls than a small run makes.
const MAX_CALLS: usize = 400;

/// The range of call numbers that the program itself makes, after the calls of the dynamic loader. The loader opens
/// files that end in `.so` or are in /etc or /proc. With `-y` strace prints the file behind each descriptor, which a
/// `read` needs, as it shows no path.
pub(crate) fn own_calls(before: &Before, call: &str) -> (usize, usize) {
    before.reset();
    let trace = before.case.path("trace");
    let output = before
        .behind("strace", &["-f", "-qq", "-y", "-o", trace.to_str().expect("UTF-8"), "-e", &format!("trace={call}")]);
    let output = { output }.output().expect("strace starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let trace = std::fs::read_to_string(trace).expect("a trace");
    let calls: Vec<&str> = trace.lines().filter(|line| line.contains(&format!("{call}("))).collect();
    let loader = |line: &&str| {
        line.contains(".so") || line.contains("\"/etc/") || line.contains("\"/proc/") || line.contains("\"/sys/")
    };
    let first = calls.iter().rposition(loader).map_or(0, |last| last + 1);
    (first + 1, calls.len() + 1)
}

/// Runs under strace with this injection.
pub(crate) fn inject(before: &Before, what: &str) -> Output {
    inject_all(before, &[what])
}

/// Runs under strace with several injections.
fn inject_all(before: &Before, whats: &[&str]) -> Output {
    before.reset();
    let injections: Vec<String> = whats.iter().map(|what| format!("inject={what}")).collect();
    let mut strace = vec!["-f", "-qq", "-o", "/dev/null"];
    strace.extend(injections.iter().flat_map(|what| ["-e", what]));
    before.behind("strace", &strace).output().expect("starts")
}

/// For each call: it alone fails, then it and all later calls fail.
pub(crate) fn sweep(before: &Before, after_each: impl Fn(&Before, &str)) {
    if !have("strace", "the Nth call fails") {
        return;
    }
    let (mut injected, mut failed) = (0, 0);
    for (call, error) in SWEPT {
        let (first, end) = own_calls(before, call);
        for more in ["", "+"] {
            for number in first..MAX_CALLS {
                let what = format!("{call}:error={error}:when={number}{more}");
                let output = inject(before, &what);
                let done = before.assert_all_or_nothing(&what, &output);
                injected += 1;
                failed += usize::from(!done);
                let mute = call == "write" && more == "+";
                if !done && !mute {
                    assert!(!stderr_text(&output).is_empty(), "{what}: no message");
                }
                after_each(before, &what);
                if number >= end {
                    assert!(done, "{what}: a run that was not touched failed: {}", stderr_text(&output));
                    break;
                }
            }
        }
    }
    println!("{injected} faults injected, {failed} runs failed, each CLEAN");
    assert!(failed > 30, "only {failed} failures: nothing was injected?");
}

#[test]
fn the_nth_call_fails() {
    sweep(&Before::small(&["-t", "1"]), |before, what| before.assert_rerun(what));
}

#[test]
fn the_nth_call_fails_with_sync() {
    sweep(&Before::small(&["-t", "1", "--sync"]), |_, _| {});
}

#[test]
fn the_nth_call_fails_without_combined_data() {
    sweep(&Before::small(&["-t", "1", "--no-combined"]), |_, _| {});
}

/// Directories that a failed run created are removed.
#[test]
fn the_nth_call_fails_in_new_directories() {
    if !have("strace", "the Nth call fails in new directories") {
        return;
    }
    let case = crate::common::Case::small();
    let run = |strace: &[&str]| {
        let _ = std::fs::remove_dir_all(case.path("new"));
        let mut command = case.other("strace");
        command.args(strace).arg(crate::common::PROGRAM);
        command.args(["run", "-q", "-t", "1", "-c", "c.csv", "-p", "p.csv", "-o", "new/deep/out"]);
        command.output().expect("starts")
    };
    for (call, error) in [("openat", "EMFILE"), ("mkdirat", "ENOSPC"), ("fstat", "EIO"), ("newfstatat", "EIO")] {
        let mut failed = 0;
        for number in 1..MAX_CALLS {
            let what = format!("inject={call}:error={error}:when={number}");
            let output = run(&["-f", "-qq", "-o", "trace", "-e", &format!("trace={call}"), "-e", &what]);
            if !case.read("trace").contains("(INJECTED)") {
                assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
                break;
            }
            // 127: the dynamic loader failed.
            if matches!(output.status.code(), Some(1 | 2 | 127)) {
                failed += 1;
                assert!(!case.path("new").exists(), "{what}: {}", stderr_text(&output));
            } else {
                assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
            }
        }
        assert!(failed > 2, "{call}: {failed}");
    }
}

/// With several workers, all writes fail from the first one on: strace counts per thread.
#[test]
fn writes_that_fail_on_every_worker() {
    if !have("strace", "writes that fail on every worker") {
        return;
    }
    let before = Before::small(&["-t", "3", "--chunk-bytes", "16"]);
    for number in 1..4 {
        let what = format!("write:error=ENOSPC:when={number}+");
        let output = inject(&before, &what);
        assert!(!before.assert_all_or_nothing(&what, &output), "{what}");
    }
}

/// A file system without the flags of renameat2(2): plain moves, each of which fails in turn.
#[test]
fn a_file_system_without_an_exchange_of_names() {
    if !have("strace", "a file system without an exchange") {
        return;
    }
    for args in [&["-t", "1"][..], &["-t", "1", "--no-combined"]] {
        let before = Before::small(args);
        // Without the flags of renameat2(2), and with or without hard links.
        for never in ["renameat2:error=EINVAL", "renameat2:error=ENOSYS", "renameat2:error=EOPNOTSUPP"] {
            for (call, more) in [("renameat", ""), ("linkat", ""), ("renameat", "linkat:error=EPERM")] {
                let mut failed = 0;
                for number in 1..MAX_CALLS {
                    let what = format!("{call}:error=EIO:when={number}");
                    let mut injected = vec![never, more, &what];
                    injected.retain(|what| !what.is_empty());
                    let output = inject_all(&before, &injected);
                    if before.assert_all_or_nothing(&format!("{never} {more} {what}"), &output) {
                        break;
                    }
                    failed += 1;
                }
                assert!(failed >= 4, "the moves were not hit: {never} {more} {call}: {failed}");
            }
        }
    }
}

/// The plain move is for file systems without hard links. Another error of linkat(2) must not lead to it.
#[test]
fn a_link_that_fails_fails_the_run() {
    if !have("strace", "a link that fails") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    let output = inject_all(&before, &["renameat2:error=EINVAL", "linkat:error=EIO"]);
    assert!(!before.assert_all_or_nothing("linkat", &output), "{}", stderr_text(&output));
    assert!(stderr_text(&output).contains("Input/output error"), "{}", stderr_text(&output));
}

/// A run killed between its moves leaves no report. A failing run after it must not lose the list of old files.
#[test]
fn the_old_file_list_survives_until_a_set_is_published() {
    if !have("strace", "a kill, then a failure") {
        return;
    }
    let before = Before::small(&["-t", "1", "--no-combined"]);
    let (first, end) = own_calls(&before, "renameat2");
    for number in first..end {
        let what = format!("renameat2:signal=KILL:when={number}");
        inject(&before, &what);
        let failed = before.case.spendfold().args(["run", "-q", "-c", "typo.csv", "-o", "out"]).output();
        assert_eq!(failed.expect("starts").status.code(), Some(1), "{what}");
        before.assert_rerun(&what);
        assert!(!before.case.path("out/combined_data.csv").exists(), "{what}");
    }
}

#[test]
fn a_failed_move_that_cannot_be_undone_leaves_no_report() {
    if !have("strace", "a failing rollback") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    for number in 1..10 {
        // From here on all moves fail, and so do all fallbacks of the rollback.
        let moves = format!("renameat2:error=EIO:when={number}+");
        let output = inject_all(&before, &[&moves, "renameat:error=EIO", "linkat:error=EIO", "unlinkat:error=EIO"]);
        before.assert_whole_files(&moves);
        before.assert_rerun(&moves);
        if output.status.success() {
            return;
        }
        assert_eq!(output.status.code(), Some(1), "{moves}: {}", stderr_text(&output));
    }
    panic!("more moves than a set has files");
}
