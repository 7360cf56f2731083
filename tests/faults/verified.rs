//! A file of a set that changes while `verify` reads it.

use crate::common::{Case, NAMES, PROGRAM, stderr_text, wait_until};
use crate::rules::have;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Output, Stdio};

/// Starts `verify`, stops it with SIGSTOP right after it has mapped `name`, makes the change and continues it.
fn verified(case: &Case, name: &str, change: impl FnOnce()) -> Output {
    // strace prints a note if it resolves a path to another one.
    let path = std::fs::canonicalize(case.path("out").join(name)).expect("there");
    let trace = case.path("trace");
    // The trace of an earlier call names a process that has ended.
    let _ = std::fs::remove_file(&trace);
    let mut strace = case.other("strace");
    strace.args(["-f", "-qq", "-e", "trace=mmap", "-e", "inject=mmap:signal=STOP", "-o", "trace", "-P"]);
    strace.arg(path).arg(PROGRAM).args(["verify", "-q", "-t", "1", "out"]);
    let child = strace.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut stopped = None;
    wait_until("verify to be stopped", || {
        let text = std::fs::read_to_string(&trace).unwrap_or_default();
        let line = text.lines().find(|line| line.contains("stopped by SIGSTOP"));
        stopped = line.and_then(|line| line.split_whitespace().next()).map(str::to_owned);
        stopped.is_some()
    });
    change();
    let resume = format!("kill -CONT {}", stopped.expect("a process id"));
    assert!(case.other("bash").args(["-c", &resume]).status().expect("runs").success());
    child.wait_with_output().expect("ends")
}

#[test]
fn a_file_that_grows_while_it_is_verified() {
    if !have("strace", "a change during verify") {
        return;
    }
    for name in NAMES.into_iter().filter(|&name| name != "report.json") {
        let case = Case::small();
        assert_eq!(case.ran(&[]).status.code(), Some(0));
        let output = verified(&case, name, || {});
        assert_eq!(output.status.code(), Some(0), "{name}, unchanged: {}", stderr_text(&output));

        // The mapped bytes stay the same, so size and checksum still agree with the report.
        let output = verified(&case, name, || {
            let mut file = OpenOptions::new().append(true).open(case.path("out").join(name)).expect("opened");
            file.write_all(b"\n").expect("written");
        });
        let wanted = format!("out/{name}: changed while it was read\nverify again when nothing writes to it\n");
        assert_eq!((output.status.code(), stderr_text(&output)), (Some(1), wanted), "{name}");
    }
}
