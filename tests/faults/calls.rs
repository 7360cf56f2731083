//! System calls that fail, lie, are cut short or bring a signal: each one of a run in turn.

use crate::common::said;
use crate::rules::{Before, have, skipped};
use std::process::Output;

/// A family of calls under one count, and the errors it may give. Each thread has a count of its own, so one thread does
/// all there is to do.
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
/// More calls than any small run makes.
const MOST_CALLS: usize = 400;

/// Which calls of this kind the program itself makes: the number of the first, and of the one after the last.
/// Those of the loader come first; what it opens ends in `.so` or stands in /etc or /proc. `-y` names the file behind
/// each descriptor: a `read` shows no path of its own, and the bytes it brings differ with the place of the program.
pub(crate) fn own_calls(before: &Before, call: &str) -> (usize, usize) {
    before.reset();
    let trace = before.case.path("trace");
    let output = before
        .behind("strace", &["-f", "-qq", "-y", "-o", trace.to_str().expect("UTF-8"), "-e", &format!("trace={call}")]);
    let output = { output }.output().expect("strace starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
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

/// Row 10. One failure at each call, then all calls failing from each one on.
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
                    assert!(!said(&output).is_empty(), "{what}: no message");
                }
                after_each(&before, &what);
                if number >= end {
                    assert!(done, "{what}: a run that was not touched failed: {}", said(&output));
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

/// Directories that a failed run made are removed again.
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
                assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
                break;
            }
            // 127: the loader.
            if matches!(output.status.code(), Some(1 | 2 | 127)) {
                failed += 1;
                assert!(!case.path("new").exists(), "{what}: {}", said(&output));
            } else {
                assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
            }
        }
        assert!(failed > 2, "{call}: {failed}");
    }
}

/// The same on workers that were started: each has a count of its own, so all their writes fail from the first one on.
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

/// A file system that knows no flags of renameat2: plain moves, each of which fails in turn.
#[test]
fn a_file_system_without_an_exchange_of_names() {
    if !have("strace", "a file system without an exchange") {
        return;
    }
    for args in [&["-t", "1"][..], &["-t", "1", "--no-combined"]] {
        let before = Before::small(args);
        // Without support for flags of renameat2, and with or without hard links.
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

/// A run killed between its moves leaves no report; a run that fails then must not forget what it listed.
#[test]
fn what_a_killed_run_had_taken_away_is_known_until_a_set_is_published() {
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
        // The moves fail from here on, and so does every way back.
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
        assert_eq!(output.status.code(), Some(1), "{moves}: {}", said(&output));
    }
    panic!("more moves than a set has files");
}

/// Row 13. A write that claims a byte and wrote none.
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
            assert!(said(&output).contains("bytes were written but the file holds"), "{}", said(&output));
        }
    }
    assert!(caught >= 5, "each file of the set has a write: {caught}");
}

/// Row 12. Calls interrupted now and then; and real short writes, through a wrapper of write(2).
#[test]
fn interrupted_calls_are_made_again() {
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
        assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
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
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    before.assert_exact("short writes");
    // Both inputs through the buffered path.
    let wanted = before.case.read("out/combined_data.csv");
    let line = "\"$0\" run -q -t 2 -c <(cat c.csv) -p <(cat p.csv) -o out";
    let mut command = before.case.other("bash");
    let output = command.args(["-c", &format!("LD_PRELOAD=./shim.so {line}"), crate::common::PROGRAM]).output();
    let output = output.expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(before.case.read("out/combined_data.csv"), wanted);
}

/// Rows 3 and 55. A signal at each write, open and rename: either the run is interrupted or the complete new set is
/// there.
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
                        assert_eq!(code, Some(status), "{what}: {}", said(&output));
                        assert!(said(&output).contains("nothing was published"), "{what}: {}", said(&output));
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

/// Rows 1 and 2. SIGKILL at each call that changes anything.
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
                assert!(!output.status.success(), "{what}: {}", said(&output));
                kills += 1;
                mixed += usize::from(before.assert_whole_files(&what));
                before.assert_rerun(&what);
            }
        }
    }
    println!("{kills} kills survived, {mixed} of them between the moves");
    assert!(mixed >= 8, "the moves were not hit: {mixed}");
}

/// Row 14. A thread that cannot be started.
#[test]
fn threads_that_cannot_be_started() {
    if !have("strace", "threads that cannot be started") {
        return;
    }
    let before = Before::small(&["-t", "4"]);
    for number in 1..6 {
        let what = format!("clone,clone3:error=EAGAIN:when={number}+");
        let output = inject(&before, &what);
        assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
        before.assert_exact(&what);
        assert!(number > 3 || said(&output).contains("fewer threads"), "{what}: a notice: {}", said(&output));
    }
    let output = inject(&before, "clone,clone3:error=EAGAIN:when=3");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("fewer threads"), "a notice: {}", said(&output));
    before.assert_exact("fewer threads");
}

/// Row 25. A map that is refused: the file is read through a buffer.
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
        assert_eq!(output.status.code(), Some(0), "{what}: {}", said(&output));
        before.assert_exact(&what);
    }
}
