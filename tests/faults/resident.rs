//! Resident memory stays flat while a large mapped file is read: the pages of consumed chunks are released.

use crate::common::{Case, PROGRAM, stderr_text};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

/// A sparse file of this size is read without any disk I/O.
const FILE_BYTES: u64 = 256 << 20;
/// Each record has a field with this many zero bytes, which are a hole in the file.
const HOLE_BYTES: u64 = 1 << 20;
/// About three times the measured peak of 20 MiB, and a quarter of the file.
const MAX_RESIDENT_KIB: u64 = 64 << 10;

/// Writes `header`, then records that consist of `before`, a hole and `after`.
fn write_sparse(case: &Case, name: &str, header: &str, before: &str, after: &str) {
    let mut file = File::create(case.path(name)).expect("created");
    file.write_all(header.as_bytes()).expect("written");
    for _ in 0..FILE_BYTES / HOLE_BYTES {
        file.write_all(before.as_bytes()).expect("written");
        file.seek(SeekFrom::Current(HOLE_BYTES as i64)).expect("moved");
        file.write_all(after.as_bytes()).expect("written");
    }
}

/// Runs the program to its end and returns its status, its messages and its peak resident memory in KiB.
///
/// Linux counts the memory of the process that calls `exec` towards the peak of the program it becomes. Python starts
/// the program because, unlike this test process, it is small.
fn peak_kib(case: &Case, args: &[&str]) -> (Option<i32>, String, u64) {
    let script = "import resource, subprocess, sys\n\
        status = subprocess.call(sys.argv[1:])\n\
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)\n\
        sys.exit(status)";
    let output = case.other("python3").args(["-c", script, PROGRAM]).args(args).output();
    let output = output.expect("python3 is needed for this test: install it");
    let peak = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number");
    (output.status.code(), stderr_text(&output), peak)
}

#[test]
fn purchases_are_released_as_they_are_joined() {
    let case = Case::small();
    write_sparse(&case, "p.csv", "customer_id,product,price\n", "1,", ",0.5\n");
    let args = ["run", "-q", "-t", "2", "--no-combined", "-c", "c.csv", "-p", "p.csv", "-o", "out"];
    let (status, text, peak) = peak_kib(&case, &args);
    assert_eq!(status, Some(0), "{text}");
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["purchases"]["matched"], FILE_BYTES / HOLE_BYTES);
    assert!(peak < MAX_RESIDENT_KIB, "{peak} KiB were resident");
}

#[test]
fn combined_data_is_released_as_it_is_verified() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let combined = case.read("out/combined_data.csv");
    let header = format!("{}\n", combined.lines().next().expect("a header"));
    write_sparse(&case, "out/combined_data.csv", &header, "1,", ",0.5,Ada,Byron,36,London,Ada Byron,Middle-aged\n");
    case.report_size("combined_data.csv", std::fs::metadata(case.path("out/combined_data.csv")).expect("there").len());
    let (status, text, peak) = peak_kib(&case, &["verify", "-q", "-t", "2", "out"]);
    // The file is not the one that the report describes, but each of its rows is well formed and is read.
    assert_eq!(status, Some(1), "{text}");
    let rows = format!("found {}", FILE_BYTES / HOLE_BYTES);
    assert!(text.contains(&rows), "{text}");
    assert!(peak < MAX_RESIDENT_KIB, "{peak} KiB were resident");
}
