//! Every exit status and its exact message.

use crate::common::{CUSTOMERS, Case, PURCHASES, stderr_text};
use std::process::Output;

fn outcome(output: &Output) -> (i32, String) {
    assert!(output.stdout.is_empty(), "standard output carries only what was asked for");
    (output.status.code().expect("a status"), stderr_text(output))
}

/// Runs on these inputs with more arguments, and returns the exit status and standard error.
fn run(customers: &str, purchases: &str, args: &[&str]) -> (i32, String) {
    let case = Case::new(customers, purchases);
    let outcome = outcome(&case.ran(args));
    assert_eq!(case.path("out").exists(), matches!(outcome.0, 0 | 3), "published or nothing at all: {outcome:?}");
    outcome
}

#[test]
fn success_is_0() {
    assert_eq!(run(CUSTOMERS, PURCHASES, &[]), (0, String::new()));
}

#[test]
fn a_fatal_record_is_1() {
    let (status, text) = run(CUSTOMERS, "customer_id,price\n1,2\n2,\"open\n3,4\n", &[]);
    assert_eq!(status, 1);
    let (first, hint) = text.split_once('\n').expect("a hint");
    assert!(first.starts_with("p.csv:3:3: "), "{text}");
    assert!(hint.contains("-no-quoting"), "{text}");

    let (status, text) = run("customer_id,first_name,last_name,age\r1,A,B,3\r", PURCHASES, &[]);
    assert_eq!(status, 1);
    assert!(text.starts_with("c.csv:1:37: ") && text.contains("Mac"), "{text}");

    let long = format!("customer_id,price\n1,2\n{},3\n", "9".repeat(300));
    let (status, text) = run(CUSTOMERS, &long, &["--max-record-bytes", "200"]);
    assert_eq!(status, 1);
    assert!(text.starts_with("p.csv:3:1: "), "{text}");
}

#[test]
fn old_mac_line_endings_are_reported_at_any_size() {
    let header = "customer_id,first_name,last_name,age,price";
    // Longer than the record limit; with a quote that never closes; both; read through a buffer.
    for (rows, limit) in
        [("1,A,B,3,4\r".repeat(90), "100"), ("1,\"A\r".repeat(3), "16M"), ("1,\"A\r".repeat(90), "100")]
    {
        let mac = format!("{header}\r{rows}");
        let case = Case::new(&mac, &mac);
        let good = format!("{header}\n1,A,B,3,4\n");
        case.write("good.csv", good);
        for files in [["c.csv", "good.csv"], ["good.csv", "p.csv"]] {
            let path = if files[0] == "c.csv" { "c.csv" } else { "p.csv" };
            let args = ["run", "-q", "-o", "out", "--max-record-bytes", limit, "-c", files[0], "-p", files[1]];
            let (status, text) = outcome(&case.spendfold().args(args).output().expect("starts"));
            assert_eq!(status, 1, "{text}");
            let place = format!("{path}:1:43: the header is malformed: customer_id,");
            assert!(text.starts_with(&place) && text.contains("\nthe file has old-Mac line endings"), "{text}");
        }
    }
    // Without a CR, or with a CR that may be half of a CRLF, the header is only too long.
    for end in ["\n", "\r\n", ""] {
        for more in 0..8 {
            let long = format!("{}{}{end}", "a".repeat(100), "a".repeat(more));
            let (status, text) = run(&long, PURCHASES, &["--max-record-bytes", "99"]);
            assert!(status == 1 && text.starts_with("c.csv:1:1: the record that begins here is longer"), "{text}");
        }
    }
}

#[test]
fn the_likely_delimiter_is_one_outside_quotes() {
    let (status, text) = run(CUSTOMERS, "\"customer_id\",\"a;price\"\n", &["-d", "tab"]);
    assert_eq!(status, 2);
    assert!(text.starts_with("c.csv: ") && text.contains("try --customers-delimiter ','"), "{text}");
    // A semicolon in a quoted name is not a delimiter, in either file.
    let case = Case::new("first_name|\"customer_id;a;b\"|age\n", "customer_id|price\n");
    let (status, text) = outcome(&case.ran(&["-d", ","]));
    assert!(status == 2 && text.ends_with("try --purchases-delimiter '|'\n"), "{text}");
    // A quote that closes before the true delimiter looks like text after a closing quote.
    let (status, text) = run("\"customer_id\",\"first;name\",last_name,age\n", PURCHASES, &["-d", ";"]);
    assert!(status == 1 && text.starts_with("c.csv:1:14: the header is malformed"), "{text}");
    assert!(text.ends_with("\nthe delimiter is likely wrong; try --customers-delimiter ','\n"), "{text}");
    let (status, text) = run("customer_id,\"first\" name,last_name,age\n", PURCHASES, &[]);
    assert!(status == 1 && text.contains("\ntext follows a closing quote"), "{text}");
}

#[test]
fn a_file_that_is_not_text_as_expected_is_1() {
    for (start, encoding) in [(&b"c\0u\0"[..], "UTF-16LE"), (b"\xff\xfe\0\0", "UTF-32"), (b"\xff\xfec\0u", "UTF-16LE")]
    {
        let case = Case::new(CUSTOMERS, start);
        let (status, text) = outcome(&case.ran(&[]));
        assert!(status == 1 && text.starts_with("p.csv: ") && text.contains(encoding), "{text}");
    }
}

#[test]
fn an_incomplete_header_is_2() {
    let semicolons = "customer_id;price\n1;2\n";
    let (status, text) = run(CUSTOMERS, semicolons, &["-d", "comma"]);
    assert_eq!(status, 2);
    assert!(text.starts_with("p.csv: ") && text.ends_with("try --purchases-delimiter ';'\n"), "{text}");

    let (status, text) = run(CUSTOMERS, "customer_id,Price\n1,2\n", &[]);
    assert!(status == 2 && text.contains("Price"), "{text}");
    let (status, text) = run(CUSTOMERS, "customer_id,price,price\n1,2,3\n", &[]);
    assert!(status == 2 && text.contains("twice"), "{text}");
    let (status, text) = run(CUSTOMERS, "customer_id,price,full_name,customer_full_name\n1,2,3,4\n", &[]);
    assert!(status == 2 && text.contains("full_name"), "{text}");

    let case = Case::new(CUSTOMERS, PURCHASES);
    case.write("q.csv", "customer_id,price,product\n1,2,3\n");
    let args = ["run", "-q", "-c", "c.csv", "-p", "p.csv", "q.csv", "-o", "out"];
    let (status, text) = outcome(&case.spendfold().args(args).output().expect("starts"));
    assert!(status == 2 && text.starts_with("q.csv: "), "{text}");
    assert!(!case.path("out").exists());
}

#[test]
fn a_header_fault_is_found_before_any_other_record() {
    // The customers have a fatal record too, but after their header.
    let broken = format!("{CUSTOMERS}5,\"open\n");
    let (status, text) = run(&broken, "customer_id,cost\n", &[]);
    assert!(status == 2 && text.starts_with("p.csv: "), "{text}");
}

#[test]
fn invalid_options_are_2() {
    for (args, wanted) in [
        (&["--threads", "0"][..], "--threads: "),
        (&["--chunk-bytes", "0"], "--chunk-bytes"),
        (&["--delimiter", "5"], "--delimiter: "),
        (&["--delimiter", "ab"], "--delimiter: not one byte: ab"),
        (&["--quote", ",", "-d", "comma"], "--delimiter and --quote: "),
        (&["--customers-delimiter", "\\x0a"], "--customers-delimiter: cannot be "),
        (&["--purchases-delimiter", "\\xzz"], "--purchases-delimiter: not an escape such as \\x01: "),
        (&["--purchases-quote", "''"], "--purchases-quote: not one byte: ''"),
        (&["--age-groups", "A=5-3"], "--age-groups: "),
        (&["--age-groups", "A=1-5,B=4-9"], "--age-groups: "),
        (&["--age-groups", "Other=1-5"], "--age-groups: "),
        (&["--max-rejects", "-1"], "--max-rejects: "),
        (&["--max-rejects", "101%"], "--max-rejects: "),
        (&["--join", "outer"], "--join: not one of full, left, inner: outer\n"),
        (&["--no-such-option"], "no such option: --no-such-option\n"),
        (&["--quote", "'", "--no-quoting"], "--no-quoting and --quote exclude each other\n"),
    ] {
        let (status, text) = run(CUSTOMERS, PURCHASES, args);
        assert_eq!(status, 2, "{args:?}: {text}");
        assert!(text.starts_with(wanted), "{args:?}: {text}");
    }
}

#[test]
fn standard_input_twice_is_2() {
    let case = Case::small();
    let output = case.spendfold().args(["run", "-q", "-c", "-", "-p", "-", "-o", "out"]).output().expect("starts");
    assert_eq!(outcome(&output), (2, "standard input can be read only once: -\n".into()));
}

#[test]
fn no_clobber_refuses_with_2() {
    let case = Case::small();
    assert_eq!(case.ran(&["--no-clobber"]).status.code(), Some(0));
    let before = case.files();
    let (status, text) = outcome(&case.ran(&["--no-clobber"]));
    assert_eq!(
        (status, text.as_str()),
        (
            2,
            "out/combined_data.csv: exists, and --no-clobber is given\nleave out --no-clobber to replace it, or choose another --out-dir\n"
        )
    );
    assert!(case.files() == before);
}

/// Three of ten records rejected.
const DIRTY: &str = "customer_id,product,price\n1,Pen,0.10\n1,Pen,x\n2,Ink,0.20\n9\n1,Paper,12.5\n4,Tea,1.2345678901\n";

#[test]
fn more_rejects_than_allowed_is_3_and_held() {
    for (most, status) in
        [("0", 3), ("2", 3), ("3", 0), ("10", 0), ("29.999%", 3), ("30%", 0), ("30.0%", 0), ("100%", 0), ("0%", 3)]
    {
        let last = format!(
            "3 of 10 records (30.0 %) were rejected, more than the limit of {most}\n  \
            p.csv:3:7: amount is not a decimal number: x\n  \
            p.csv:5:1: expected 3 fields, found 1: 9\n  \
            p.csv:7:7: amount has more than 9 fraction digits: 1.2345678901\n\
            the set is held in out/held and was not published\n\
            fix the inputs or the options and run again (--max-rejects 3 would allow this), or accept the set: \
            spendfold accept out --note TEXT\n"
        );
        let wanted = if status == 3 { last } else { String::new() };
        assert_eq!(run(CUSTOMERS, DIRTY, &["--max-rejects", most]), (status, wanted), "{most}");
    }
    let case = Case::new(CUSTOMERS, DIRTY);
    case.ran(&[]);
    assert_eq!(
        case.read("out/held/rejects.csv"),
        "file,line,byte,reason,record\n\
        p.csv,3,37,amount is not a decimal number,\"1,Pen,x\"\n\
        p.csv,5,56,\"expected 3 fields, found 1\",\"9\"\n\
        p.csv,7,71,amount has more than 9 fraction digits,\"4,Tea,1.2345678901\"\n"
    );
}

#[test]
fn the_suggested_max_rejects_is_a_valid_value() {
    let rows = "9\n".repeat(1234);
    let (status, text) = run(CUSTOMERS, &format!("customer_id,price\n{rows}"), &[]);
    assert!(status == 3 && text.contains("(--max-rejects 1234 would"), "{text}");
}

#[test]
fn strict_is_4_at_the_first_rejected_record() {
    let (status, text) = run(CUSTOMERS, DIRTY, &["--strict"]);
    assert_eq!(status, 4);
    assert!(text.starts_with("p.csv:3:7: amount is not a decimal number: x\n"), "{text}");
    // The whole value, whatever bytes it contains.
    let quoted = "customer_id,price,product\n1,\"1,234.50\"\"\",Pen\n";
    let (status, text) = run(CUSTOMERS, quoted, &["--strict"]);
    assert_eq!(status, 4);
    assert!(text.starts_with("p.csv:2:3: amount is not a decimal number: 1,234.50\"\n"), "{text}");
    // Customers come first in reading order.
    let doubled = format!("{CUSTOMERS}1,Ada,Again,36,\n");
    for threads in ["1", "7"] {
        let (status, text) = run(&doubled, DIRTY, &["--strict", "-t", threads, "--chunk-bytes", "1"]);
        assert_eq!(status, 4);
        assert!(text.starts_with("c.csv:7:1: duplicate customer_id, first at line 2: 1\n"), "{text}");
    }
    let case = Case::new(CUSTOMERS, PURCHASES);
    case.ran(&[]);
    let before = case.files();
    case.write("p.csv", DIRTY);
    assert_eq!(case.ran(&["--strict"]).status.code(), Some(4));
    assert!(case.files() == before && case.leftovers().is_empty());
}
