//! System calls that fail, lie, are short or raise a signal: each call of a run in turn, injected by strace.

use crate::common::stderr_text;
use crate::rules::{Before, have, skipped};
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
const MOST_CALLS: usize = 400;

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

fn inject(before: &Before, what: &str) -> Output {
    before.reset();
    before
        .behind("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={what}")])
        .output()
        .expect("starts")
}

/// For each call: it alone fails, then it and all later calls fail.
fn sweep(args: &[&str], after_each: impl Fn(&Before, &str)) {
    if !have("strace", "the Nth call fails") {
        return;
    }
    let before = Before::small(args);
    let (mut injected, mut failed) = (0, 0);
    for (call, error) in SWEPT {
        let (first, end) = own_calls(&before, call);
        for more in ["", "+"] {
            for number in first..MOST_CALLS {
                let what = format!("{call}:error={error}:when={number}{more}");
                let output = inject(&before, &what);
                let done = before.assert_all_or_nothing(&what, &output);
                injected += 1;
                failed += usize::from(!done);
                let mute = call == "write" && more == "+";
                if !done && !mute {
                    assert!(!stderr_text(&output).is_empty(), "{what}: no message");
                }
                after_each(&before, &what);
                if number >= end {
                    assert!(done, "{what}: a run that was not touched failed: {}", stderr_text(&output));
                    break;
                }
            }
        }
    }
    println!("{args:?}: {injected} faults injected, {failed} runs failed, each CLEAN");
    assert!(failed > 30, "only {failed} failures: nothing was injected?");
}

#[test]
fn the_nth_call_fails() {
    sweep(&["-t", "1"], |before, what| before.assert_rerun(what));
}

#[test]
fn the_nth_call_fails_with_sync() {
    sweep(&["-t", "1", "--sync"], |_, _| {});
}

#[test]
fn the_nth_call_fails_without_combined_data() {
    sweep(&["-t", "1", "--no-combined"], |_, _| {});
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
        for number in 1..MOST_CALLS {
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
                for number in 1..MOST_CALLS {
                    let what = format!("{call}:error=EIO:when={number}");
                    let injected: Vec<String> = [never, more, &what]
                        .iter()
                        .filter(|what| !what.is_empty())
                        .map(|what| format!("inject={what}"))
                        .collect();
                    before.reset();
                    let mut strace = vec!["-f", "-qq", "-o", "/dev/null"];
                    strace.extend(injected.iter().flat_map(|what| ["-e", what]));
                    let output = before.behind("strace", &strace).output().expect("starts");
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
        let back = ["renameat:error=EIO", "linkat:error=EIO", "unlinkat:error=EIO"];
        before.reset();
        let mut args = vec!["-f".to_owned(), "-qq".into(), "-o".into(), "/dev/null".into()];
        for what in std::iter::once(moves.as_str()).chain(back) {
            args.extend(["-e".to_owned(), format!("inject={what}")]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = before.behind("strace", &args).output().expect("starts");
        before.assert_whole_files(&moves);
        before.assert_rerun(&moves);
        if output.status.success() {
            return;
        }
        assert_eq!(output.status.code(), Some(1), "{moves}: {}", stderr_text(&output));
    }
    panic!("more moves than a set has files");
}

/// A write that reports success but writes nothing.
#[test]
fn a_write_that_lies_is_caught_by_the_size() {
    if !have("strace", "a write that lies") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    let (first, end) = own_calls(&before, "write");
    let mut caught = 0;
    for number in first..=end {
        let what = format!("write:retval=1:when={number}");
        let output = inject(&before, &what);
        if !before.assert_all_or_nothing(&what, &output) {
            caught += 1;
            assert!(stderr_text(&output).contains("bytes were written but the file holds"), "{}", stderr_text(&output));
        }
    }
    assert!(caught >= 5, "each file of the set has a write: {caught}");
}

/// Interrupted calls, and real short writes through a wrapper of write(2).
#[test]
fn interrupted_calls_are_retried() {
    if !have("strace", "EINTR") {
        return;
    }
    let before = Before::small(&["-t", "2", "--sync"]);
    for call in [
        "write",
        "openat",
        "close",
        "fsync",
        "renameat2",
        "poll,ppoll",
        "flock",
        "mkdirat",
        "unlinkat",
        "newfstatat",
        "fstat",
    ] {
        let first = if call.contains(',') { 1 } else { own_calls(&before, call).0 };
        let what = format!("{call}:error=EINTR:when={first}+2");
        let output = inject(&before, &what);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
        before.assert_exact(&what);
    }
}

#[test]
fn short_writes_and_reads_change_nothing() {
    let before = Before::small(&["-t", "2"]);
    let shim = before.case.path("shim.c");
    let text = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>
static unsigned n;
ssize_t write(int fd, const void *from, size_t len) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (++n % 5 == 0) { errno = EINTR; return -1; }
    return real(fd, from, len > 7 ? 1 + n % 7 : len);
}
ssize_t read(int fd, void *to, size_t len) {
    static ssize_t (*real)(int, void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "read");
    if (++n % 5 == 0) { errno = EINTR; return -1; }
    return real(fd, to, len > 3 ? 1 + n % 3 : len);
}
"#;
    std::fs::write(&shim, text).expect("written");
    let built = before.case.other("cc").args(["-shared", "-fPIC", "-o", "shim.so", "shim.c", "-ldl"]).status();
    if !built.is_ok_and(|status| status.success()) {
        skipped("short writes", "no C compiler");
        return;
    }
    let shim = before.case.path("shim.so");
    let output = before.command().env("LD_PRELOAD", &shim).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    before.assert_exact("short writes");
    // Both inputs through the buffered path.
    let wanted = before.case.read("out/combined_data.csv");
    let line = "\"$0\" run -q -t 2 -c <(cat c.csv) -p <(cat p.csv) -o out";
    let mut command = before.case.other("bash");
    let output = command.args(["-c", &format!("LD_PRELOAD=./shim.so {line}"), crate::common::PROGRAM]).output();
    let output = output.expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(before.case.read("out/combined_data.csv"), wanted);
}

/// A signal at each write, open and rename: either the run is interrupted, or the complete new set is published.
#[test]
fn a_signal_at_each_call() {
    if !have("strace", "signals at each call") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    for (signal, status) in [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)] {
        let mut interrupted = 0;
        for call in ["write", "openat", "renameat2"] {
            let (first, end) = own_calls(&before, call);
            for number in first..end {
                let what = format!("{call}:signal={signal}:when={number}");
                let output = inject(&before, &what);
                match output.status.code() {
                    Some(0) => before.assert_exact(&what),
                    code => {
                        assert_eq!(code, Some(status), "{what}: {}", stderr_text(&output));
                        assert!(
                            stderr_text(&output).contains("nothing was published"),
                            "{what}: {}",
                            stderr_text(&output)
                        );
                        before.assert_clean(&what);
                        assert!(before.case.leftovers().is_empty(), "{what}");
                        interrupted += 1;
                    }
                }
            }
        }
        println!("{signal}: {interrupted} runs interrupted, each CLEAN");
        assert!(interrupted > 5, "{signal}: {interrupted}");
    }
}

/// SIGKILL at each call that changes the file system.
#[test]
fn a_kill_at_each_call_of_the_publication() {
    if !have("strace", "SIGKILL at each call") {
        return;
    }
    let (mut kills, mut mixed) = (0, 0);
    for args in [&["-t", "1"][..], &["-t", "1", "--sync"], &["-t", "1", "--no-combined"]] {
        let before = Before::small(args);
        for call in ["write", "openat", "renameat2", "fsync", "unlinkat", "mkdirat"] {
            let (first, end) = own_calls(&before, call);
            for number in first..end {
                let what = format!("{args:?} {call}:signal=KILL:when={number}");
                let output = inject(&before, &format!("{call}:signal=KILL:when={number}"));
                assert!(!output.status.success(), "{what}: {}", stderr_text(&output));
                kills += 1;
                mixed += usize::from(before.assert_whole_files(&what));
                before.assert_rerun(&what);
            }
        }
    }
    println!("{kills} kills survived, {mixed} of them between the moves");
    assert!(mixed >= 8, "the moves were not hit: {mixed}");
}

/// A thread that cannot be started.
#[test]
fn threads_that_cannot_be_started() {
    if !have("strace", "threads that cannot be started") {
        return;
    }
    let before = Before::small(&["-t", "4"]);
    for number in 1..6 {
        let what = format!("clone,clone3:error=EAGAIN:when={number}+");
        let output = inject(&before, &what);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
        before.assert_exact(&what);
        assert!(
            number > 3 || stderr_text(&output).contains("fewer threads"),
            "{what}: a notice: {}",
            stderr_text(&output)
        );
    }
    let output = inject(&before, "clone,clone3:error=EAGAIN:when=3");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(stderr_text(&output).contains("fewer threads"), "a notice: {}", stderr_text(&output));
    before.assert_exact("fewer threads");
}

/// If mmap(2) fails, the file is read through a buffer.
#[test]
fn a_refused_map_is_read_through_a_buffer() {
    if !have("strace", "a refused map") {
        return;
    }
    let before = Before::small(&["-t", "2"]);
    before.reset();
    let trace = before.case.path("trace");
    let path = trace.to_str().expect("UTF-8");
    let output = before.behind("strace", &["-f", "-qq", "-o", path, "-e", "trace=mmap"]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0));
    let text = std::fs::read_to_string(&trace).expect("a trace");
    // The maps of the inputs are the shared ones.
    let shared: Vec<usize> =
        (1..).zip(text.lines()).filter(|(_, line)| line.contains("MAP_SHARED,")).map(|(number, _)| number).collect();
    assert_eq!(shared.len(), 2, "{text}");
    for number in shared {
        let what = format!("mmap:error=ENOMEM:when={number}");
        let output = inject(&before, &what);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
        before.assert_exact(&what);
    }
}
