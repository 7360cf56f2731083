//! System calls with results that are unusual but allowed: interrupted, short, refused; and a write that lies.

use crate::calls::{inject, own_calls};
use crate::common::{PROGRAM, stderr_text};
use crate::rules::{Before, have, skipped};

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

/// Each call is interrupted twice.
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

/// Short and interrupted calls, through a wrapper of write(2) and read(2).
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
    let output = command.args(["-c", &format!("LD_PRELOAD=./shim.so {line}"), PROGRAM]).output();
    let output = output.expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(before.case.read("out/combined_data.csv"), wanted);
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
