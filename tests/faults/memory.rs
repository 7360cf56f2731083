//! Memory is bounded by the customers and the threads, however large the joined rows are.

use crate::common::{Case, PROGRAM, stderr_text};
use std::fmt::Write;
use std::io::{BufRead, BufReader};

/// Runs within `kib` KiB of address space, and iterates over the lines of the combined data.
fn rows_within(case: &Case, kib: u32) -> impl Iterator<Item = String> {
    rows_with(case, kib, "")
}

/// The same with more arguments.
fn rows_with(case: &Case, kib: u32, args: &str) -> impl Iterator<Item = String> {
    let line = format!("ulimit -v {kib}; exec \"$0\" run -q -t 2 -c c.csv -p p.csv -o out {args}");
    let output = case.other("bash").args(["-c", &line, PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let file = std::fs::File::open(case.path("out/combined_data.csv")).expect("published");
    BufReader::with_capacity(1 << 20, file).lines().map(|line| line.expect("text"))
}

/// The rows of a single chunk would be 200 MB: a long customer field for each of a thousand purchases.
#[test]
fn a_long_field_and_a_thousand_purchases() {
    let long = "x".repeat(200_000);
    let customers =
        format!("customer_id,first_name,last_name,age,note\n1,Ada,Byron,36,{long}\n2,Alan,Turing,18,short\n");
    let mut purchases = "customer_id,price\n".to_owned();
    let key = |n: u32| if n.is_multiple_of(50) { 2 } else { 1 + n % 49 / 48 * 8 };
    for n in 0..1_000 {
        let _ = writeln!(purchases, "{},{n}.25", key(n));
    }
    let case = Case::new(customers, purchases);
    let mut rows = rows_within(&case, 200_000);
    assert_eq!(rows.next().expect("a header"), "customer_id,price,first_name,last_name,age,note,full_name,age_group");
    for n in 0..1_000 {
        let tail = match key(n) {
            1 => format!("Ada,Byron,36,{long},Ada Byron,Middle-aged"),
            2 => "Alan,Turing,18,short,Alan Turing,Young".to_owned(),
            _ => ",,,,,Unknown".to_owned(),
        };
        assert!(rows.next().expect("a row") == format!("{},{n}.25,{tail}", key(n)), "row {n}");
    }
    assert!(rows.next().is_none());
    assert_eq!(case.spendfold().args(["verify", "-q", "out"]).status().expect("starts").code(), Some(0));
}

/// Customers without purchases carry a delimiter for each column of the purchases: 20 kB for each of 10,000.
#[test]
fn twenty_thousand_columns_and_customers_without_purchases() {
    let names: Vec<String> = (0..20_000).map(|n| format!("n{n}")).collect();
    let mut customers = "customer_id,first_name,last_name,age\n".to_owned();
    for n in 0..10_000 {
        let _ = writeln!(customers, "{n},A,B,{}", n % 90);
    }
    let case = Case::new(customers, format!("{},customer_id,price\n", names.join(",")));
    let mut rows = rows_within(&case, 200_000);
    assert!(rows.next().expect("a header").starts_with("n0,n1,"));
    let before = ",".repeat(20_000);
    for n in 0..10_000 {
        let group = match n % 90 {
            0..18 => "Other",
            18..30 => "Young",
            30..45 => "Middle-aged",
            _ => "Senior",
        };
        assert!(rows.next().expect("a row") == format!("{before}{n},,A,B,{},A B,{group}", n % 90), "row {n}");
    }
    assert!(rows.next().is_none());
}

/// Padded purchases grow from 2 bytes to 10 kB each: 200 MB for a single chunk.
#[test]
fn short_purchases_in_a_file_with_ten_thousand_columns() {
    let names: Vec<String> = (0..9_998).map(|n| format!("n{n}")).collect();
    let records: String = (0..20_000).map(|n| format!("{}\n", n % 5)).collect();
    let case = Case::new(
        "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n2,Alan,Turing,18\n",
        format!("customer_id,price,{}\n{records}", names.join(",")),
    );
    let mut rows = rows_with(&case, 200_000, "--purchases-ragged pad");
    assert!(rows.next().expect("a header").starts_with("customer_id,price,n0,"));
    let missing = ",".repeat(9_999);
    for n in 0..20_000 {
        let tail = match n % 5 {
            1 => "Ada,Byron,36,Ada Byron,Middle-aged",
            2 => "Alan,Turing,18,Alan Turing,Young",
            _ => ",,,,Unknown",
        };
        assert!(rows.next().expect("a row") == format!("{}{missing},{tail}", n % 5), "row {n}");
    }
    assert!(rows.next().is_none());
}

/// Padded customers grow from 2 bytes to 100 kB each: 400 MB for a single chunk. Only one of them is no duplicate.
#[test]
fn short_customers_in_a_file_with_a_hundred_thousand_columns() {
    let names: Vec<String> = (0..100_000).map(|n| format!("n{n}")).collect();
    let case = Case::new(
        format!("customer_id,first_name,last_name,age,{}\n{}", names.join(","), "1\n".repeat(4_000)),
        "customer_id,price\n1,2\n",
    );
    let mut rows = rows_with(&case, 300_000, "--customers-ragged pad --max-rejects 3999");
    assert!(rows.next().expect("a header").starts_with("customer_id,price,first_name,"));
    assert!(rows.next().expect("a row") == format!("1,2{},,Unknown", ",".repeat(100_003)));
    assert!(rows.next().is_none());
    assert_eq!(
        case.read("out/rejects.csv").matches("\"duplicate customer_id, first at line 2\",\"1\"\n").count(),
        3_999
    );
}

/// Rejects are streamed: a million of them, or ten million with SPENDFOLD_SOAK, need the same memory.
#[test]
fn as_many_rejects_as_there_are_records() {
    let times = if crate::rules::soak() > 1 { 10_000_000 } else { 1_000_000 };
    let case = Case::new(
        "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n",
        format!("customer_id,price\n{}", "x\n".repeat(times)),
    );
    let line = "ulimit -v 200000; exec \"$0\" run -q -t 2 -c c.csv -p p.csv -o out";
    let output = case.other("bash").args(["-c", line, PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
    let file = std::fs::File::open(case.path("out/held/rejects.csv")).expect("published");
    let mut rejects = BufReader::new(file).lines().skip(1);
    for n in 0..times {
        let wanted = format!("p.csv,{},{},\"expected 2 fields, found 1\",\"x\"", n + 2, 18 + 2 * n);
        assert_eq!(rejects.next().expect("a reject").expect("text"), wanted);
    }
    assert!(rejects.next().is_none());
}

/// A quote that never closes, at the start of a large file: the error has its place and the memory stays bounded, for a
/// file and for a pipe.
#[test]
fn a_quote_that_never_closes_in_a_large_file() {
    let rest = "2,Pen,0.10\n".repeat(100 << 20 >> 4);
    let case = Case::new(
        "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n",
        format!("customer_id,product,price\n1,Pen,0.5\n1,\"Ink,0.5\n{rest}"),
    );
    for (input, path) in [("p.csv", "p.csv"), ("<(cat p.csv)", "/dev/fd/"), ("- < p.csv", "-")] {
        for (limit, text) in [
            ("1M", ":3:3: the quote that opens here makes the record longer than 1048576 bytes\n"),
            ("512M", ":3:3: the quote that opens here never closes\n"),
        ] {
            // A record from a pipe is buffered, up to the limit; a record of a file is mapped.
            let kib = if limit == "1M" { 250_000 } else { 900_000 };
            let line = format!(
                "ulimit -v {kib}; exec \"$0\" run -q -t 2 -c c.csv -o out --max-record-bytes {limit} -p {input}"
            );
            let output = case.other("bash").args(["-c", &line, PROGRAM]).output().expect("starts");
            assert_eq!(output.status.code(), Some(1), "{line}: {}", stderr_text(&output));
            let first = stderr_text(&output).lines().next().map(|line| format!("{line}\n")).expect("a message");
            assert!(first.starts_with(path) && first.ends_with(text), "{line}: {}", stderr_text(&output));
            assert!(stderr_text(&output).contains("-no-quoting"), "{}", stderr_text(&output));
            assert!(!case.path("out").exists());
        }
    }
}
