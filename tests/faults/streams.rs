//! Pipes: long records, long headers and large chunks in time and memory linear in the bytes, and interrupts.

use crate::common::{CUSTOMERS, Case, Files, PROGRAM, stderr_text, wait_until};
use crate::kills::signal;
use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Runs on `p.csv` as standard input, mapped or through a pipe, within this much address space. Returns the set and the
/// processor time in seconds.
fn processor_seconds(case: &Case, mapped: bool, kib: u32, args: &str) -> (Files, f64) {
    let (before, after) = if mapped { ("", "< p.csv") } else { ("cat p.csv |", "") };
    let line = format!(
        "TIMEFORMAT='%U %S'; {before} {{ ulimit -v {kib}; \
        time \"$0\" run -q -t 1 -c c.csv -p - -o out --max-record-bytes 512M {args}; }} {after}"
    );
    let output = case.other("bash").args(["-c", &line, PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr_text(&output));
    let set = case.set();
    std::fs::remove_dir_all(case.path("out")).expect("removed");
    let seconds = stderr_text(&output).split_whitespace().map(|part| part.parse::<f64>().expect("seconds")).sum();
    (set, seconds)
}

/// A pipe gives the same set as the file. With quadratic cost it took more than a hundred times as long.
fn assert_like_the_file(what: &str, purchases: String, kib: u32, args: &str) {
    let case = Case::new(CUSTOMERS, purchases);
    // The best of a few runs, as the machine may be busy; a pipe is copied twice, and a map not at all.
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let (wanted, file) = processor_seconds(&case, true, 2_000_000, args);
        let (found, pipe) = processor_seconds(&case, false, kib, args);
        assert!(found == wanted, "{what}: not EXACT");
        best = best.min(pipe - 3.0 * file);
        if best <= 0.1 {
            return;
        }
    }
    panic!("{what}: {best} s more than three times the processor time of the file");
}

#[test]
fn a_long_record_through_a_pipe() {
    let long = "x".repeat(128 << 20);
    let purchases = format!("customer_id,product,price\n1,Pen,0.5\n2,\"{long}\",0.25\n1,Ink,1\n");
    assert_like_the_file("a record of 128 MiB", purchases, 600_000, "--no-combined");
}

#[test]
fn a_long_header_through_a_pipe() {
    let long = "x".repeat(64 << 20);
    let purchases = format!("customer_id,\"{long}\",price\n1,Pen,0.5\n9,Ink,1\n");
    assert_like_the_file("a header of 64 MiB", purchases, 700_000, "");
}

#[test]
fn a_large_chunk_of_a_short_pipe_takes_little_memory() {
    let purchases = format!("customer_id,product,price\n{}", "1,Pen,0.25\n9,Ink,0.5\n".repeat(400_000));
    assert_like_the_file("8 MB in chunks of 1 GiB", purchases, 400_000, "--chunk-bytes 1G");
}

#[test]
fn an_interrupt_is_noticed_within_a_long_header() {
    let case = Case::small();
    let args = ["run", "-q", "-c", "c.csv", "-p", "-", "-o", "out"];
    let mut child = case.spendfold().args(args).stdin(Stdio::piped()).spawn().expect("starts");
    let input = child.stdin.as_mut().expect("a pipe");
    // More than the pipe holds: once this is written, the program waits for the rest.
    input.write_all(&b"x".repeat(4 << 20)).expect("read");
    let killed = case.other("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(killed.success());
    // Stays open until the run has ended.
    let input = child.stdin.take();
    assert_eq!(child.wait().expect("ended").code(), Some(143));
    drop(input);
    assert!(!case.path("out").exists());
}

/// Opening such a pipe must not block: the run would not notice the interrupt.
#[test]
fn an_interrupt_is_noticed_while_a_named_pipe_has_no_writer() {
    for what in ["customers", "purchases"] {
        let case = Case::small();
        case.fifo(what);
        let (customers, purchases) = if what == "customers" { (what, "p.csv") } else { ("c.csv", what) };
        let args = ["run", "-q", "-c", customers, "-p", purchases, "-o", "out"];
        let mut child = case.spendfold().args(args).spawn().expect("starts");
        // The inputs are opened next. On a slow machine the signal may come before that, which tests less.
        wait_until("the staging directory", || case.path("out/.spendfold-staging").exists());
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, "TERM");
        let clock = Instant::now();
        let status = loop {
            match child.try_wait().expect("waited") {
                Some(status) => break status,
                None if clock.elapsed() > Duration::from_secs(30) => {
                    child.kill().expect("killed");
                    panic!("{what}: the interrupt was not noticed");
                }
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        assert_eq!(status.code(), Some(143), "{what}");
        assert!(!case.path("out").exists());
    }
}
