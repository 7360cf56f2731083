//! The memory for customers depends on their number and size, not on how their file begins.

use crate::common::{Case, stderr_text};
use std::fmt::Write as _;
use std::io::Write;
use std::process::Stdio;

/// Size of every customers file here in bytes, and the number of customers in most of them.
const BYTES: usize = 24 << 20;
const CUSTOMERS: usize = 100_000;
/// What a run takes beside its customers: the program, two workers with their chunks and results, the purchases of a pipe,
/// pages of the mapped file that have not been given back, the last block of entries and the two that stand ready for it.
/// Measured with the program of this profile: 39 to 41.6 MiB, depending on which buffers the workers fill at the same
/// time; once 42.3 MiB while other tests used the machine.
const CONSTANT: u64 = 45 << 20;

/// The documented memory per customer in bytes: with rows, in addition to the file; and without rows.
const USUAL: [u64; 2] = [28, 57];
/// The upper bound for a file whose customers are mostly at its beginning, followed by other lines.
const MOST: [u64; 2] = [102, 217];

/// The peak resident memory of a run, read when the customers are loaded and some purchases are joined.
fn peak(case: &Case, args: &[&str]) -> u64 {
    let mut command = case.spendfold();
    command.args(["run", "-q", "-t", "2", "-c", "c.csv", "-p", "-", "-o", "out"]).args(args);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut purchases = child.stdin.take().expect("a pipe");
    purchases.write_all(b"customer_id,price\n").expect("read");
    // More than a pipe and a chunk can hold: once it is written, the customers are loaded.
    purchases.write_all(&b"7,0.25\n".repeat(300_000)).expect("read");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it still runs");
    drop(purchases);
    let output = child.wait_with_output().expect("ends");
    // 3: some customers are rejected.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{}", stderr_text(&output));
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib: u64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    kib << 10
}

/// A file of [`BYTES`] bytes: a header, `before`, and `customers` customers, each padded with a note.
fn file(before: &str, customers: usize) -> String {
    let mut text = format!("customer_id,first_name,last_name,age,note\n{before}");
    let room = BYTES.saturating_sub(before.len());
    let note = "n".repeat((room / customers).saturating_sub(32));
    for n in 0..customers {
        let _ = writeln!(text, "{n},Ada{n},Byron{n},{},{note}", n % 90);
    }
    text
}

/// Customers of few bytes each.
fn dense(customers: usize) -> String {
    (0..customers).map(|n| format!("d{n},,,,\n")).collect()
}

/// Asserts that the peak stays below the given bytes per customer, with rows and without.
fn assert_bounded(what: &str, customers: &str, count: usize, [rows, keys]: [u64; 2]) -> [u64; 2] {
    let case = Case::new(customers, "");
    let within = |args: &[&str], most: u64| {
        let peak = peak(&case, args);
        assert!(peak <= most + CONSTANT, "{what}, {args:?}: {} MiB instead of {}", peak >> 20, (most + CONSTANT) >> 20);
        peak
    };
    let bytes = customers.len() as u64;
    [within(&[], bytes + rows * count as u64), within(&["--no-combined"], keys * count as u64)]
}

#[test]
fn files_that_begin_like_many_customers() {
    let ordinary = assert_bounded("ordinary", &file("", CUSTOMERS), CUSTOMERS, USUAL);
    for (what, before) in [
        ("quoted line breaks", format!("x,Ada,Byron,36,\"{}\"\n", "\na".repeat(40_000))),
        ("short rejected lines", "x\n".repeat(40_000)),
        ("a duplicate many times", "0,,,,\n".repeat(20_000)),
        ("blank lines", "\n\r\n".repeat(40_000)),
    ] {
        let peaks = assert_bounded(what, &file(&before, CUSTOMERS), CUSTOMERS, USUAL);
        for (peak, ordinary) in peaks.into_iter().zip(ordinary) {
            assert!(peak <= ordinary + (8 << 20), "{what}: {} MiB instead of {}", peak >> 20, ordinary >> 20);
        }
    }
}

/// Most customers come first and take few bytes each; records of 10,000 bytes follow.
#[test]
fn files_that_begin_densely() {
    for count in [10_000, 120_000, 140_000] {
        let long = BYTES / 10_000;
        let text = file(&dense(count), long);
        assert_bounded(&format!("{count} short customers"), &text, count + long, USUAL);
    }
}

/// The rest looks like customers until it is parsed: line breaks in quoted fields, and rejects.
#[test]
fn files_that_begin_densely_and_go_on_with_other_lines() {
    let lines = "\na".repeat(50_000);
    let quoted = (0..BYTES / 100_000).map(|n| format!("x{n},Ada,Byron,36,\"{lines}\"\n")).collect();
    for (what, after) in [("quoted line breaks", quoted), ("rejected lines", "1,,,,xxxxxxxxxx\n".repeat(BYTES >> 6))] {
        // The first number is that of a hash table that has just grown.
        for count in [90_000, 140_000] {
            let text = format!("customer_id,first_name,last_name,age,note\n{}{after}", dense(count));
            assert_bounded(what, &text, count, MOST);
        }
    }
}
