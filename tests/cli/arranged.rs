//! Records with another number of fields (`--ragged pad`), and files with another column order (`--match-columns`).

use crate::common::{Case, stderr_text};
use serde_json::Value;

const CUSTOMERS: &str = "customer_id,first_name,last_name,age,note\n1,Ada,Byron,36\n\"2\",\"Al\"\"an\",Turing,18,x,,\"\"\n3,G,H,60,y,z\n4\n";
const FIRST: &str = "customer_id,product,price\n1,Pen,0.10\n2\n2,\"Ink, blue\",2,,\n2,x,1,y\n";
const SECOND: &str = "price,customer_id,product\r\n3,1,\"a\nb\"\r\n4,\"2\"\r\nx,1,Cup\r\n5,9,Cap,\r\n";
const ARGS: [&str; 5] = ["q.csv", "--ragged", "pad", "--match-columns", "--max-rejects=3"];

fn case() -> Case {
    let case = Case::new(CUSTOMERS, FIRST);
    case.write("q.csv", SECOND);
    case
}

fn run<'a>(case: &'a Case, args: &[&'a str]) -> (Option<i32>, String) {
    let output = case.spendfold().args(["run", "-o", "out", "-c", "c.csv", "-p", "p.csv"]).args(args).output();
    let output = output.expect("starts");
    (output.status.code(), stderr_text(&output))
}

const ROWS: &str = "customer_id,product,price,first_name,last_name,age,note,full_name,age_group\n\
    1,Pen,0.10,Ada,Byron,36,,Ada Byron,Middle-aged\n\
    2,,,\"Al\"\"an\",Turing,18,x,\"Al\"\"an Turing\",Young\n\
    2,\"Ink, blue\",2,\"Al\"\"an\",Turing,18,x,\"Al\"\"an Turing\",Young\n\
    1,\"a\nb\",3,Ada,Byron,36,,Ada Byron,Middle-aged\n\
    \"2\",,4,\"Al\"\"an\",Turing,18,x,\"Al\"\"an Turing\",Young\n\
    9,Cap,5,,,,,,Unknown\n\
    4,,,,,,,,Unknown\n";

#[test]
fn records_are_arranged_and_their_fields_keep_their_bytes() {
    let case = case();
    let (status, text) = run(&case, &ARGS);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(case.read("out/combined_data.csv"), ROWS);
    // Rejects have the places and the bytes of the inputs.
    assert_eq!(
        case.read("out/rejects.csv"),
        "file,line,byte,reason,record\n\
         c.csv,4,86,\"expected 5 fields, found 6\",\"3,G,H,60,y,z\"\n\
         p.csv,5,57,\"expected 3 fields, found 4\",\"2,x,1,y\"\n\
         q.csv,5,45,amount is not a decimal number,\"x,1,Cup\"\n"
    );
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    let counts = |number: usize| {
        let input = &report["inputs"][number];
        (input["records"].as_u64(), input["padded"].as_u64(), input["trimmed"].as_u64())
    };
    assert_eq!(counts(0), (Some(4), Some(2), Some(1)));
    assert_eq!(counts(1), (Some(4), Some(1), Some(1)));
    assert_eq!(counts(2), (Some(4), Some(1), Some(1)));
    assert_eq!(report["dialects"]["purchases"]["ragged"], "pad");
    assert_eq!(report["options"]["match_columns"], true);
    assert_eq!(report["unmatched_samples"][0]["key"], "9");
    assert_eq!(report["reject_samples"][2]["value"], "x");
    for line in ["c.csv  2 padded, 1 trimmed", "q.csv  1 padded, 1 trimmed"] {
        assert!(text.contains(&format!("ragged records  {line}\n")), "{text}");
    }
    let page = case.read("out/report.html");
    for part in ["--ragged pad", "--match-columns", "1 padded", "1 trimmed", "in any order"] {
        assert!(page.contains(part), "{part}");
    }
    let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
    assert_eq!(verified.status.code(), Some(0), "{}", stderr_text(&verified));
}

#[test]
fn threads_chunks_and_pipes_make_no_difference() {
    let case = case();
    for args in [&["--chunk-bytes", "1"][..], &["-t", "1"], &["-t", "3", "--chunk-bytes", "20"], &["--no-mmap"]] {
        let (status, text) = run(&case, &[&ARGS[..], args].concat());
        assert_eq!(status, Some(0), "{text}");
        assert_eq!(case.read("out/combined_data.csv"), ROWS, "{args:?}");
    }
    let (status, text) = run(&case, &[&ARGS[..], &["--no-combined", "--join", "inner"]].concat());
    assert_eq!(status, Some(0), "{text}");
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!((report["total_spending"].as_str(), report["combined"]["rows"].as_u64()), (Some("9.10"), Some(5)));
}

#[test]
fn one_side_alone_may_be_padded() {
    let case = case();
    let rejected = |args: &[&str]| {
        let (status, text) = run(&case, &[&["-q", "--max-rejects", "100%"], args].concat());
        assert_eq!(status, Some(0), "{text}");
        let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        (
            report["customers"]["rejected"].as_u64().expect("a number"),
            report["purchases"]["rejected"].as_u64().expect("a number"),
        )
    };
    assert_eq!(rejected(&[]), (4, 3));
    assert_eq!(rejected(&["--customers-ragged", "pad"]), (1, 3));
    assert_eq!(rejected(&["--purchases-ragged", "pad"]), (4, 1));
    assert_eq!(rejected(&["--ragged", "pad", "--customers-ragged", "reject"]), (4, 1));
}

/// The customers' fields are written anew, and padded, if the dialects of the sides differ.
#[test]
fn customers_of_another_dialect_are_padded() {
    let case = Case::new(
        "customer_id;first_name;last_name;age;note\n1;\"A;d\"\"a\"\n2;B;\"x,y\";20;;\"\"\n",
        "customer_id,price\n1,2\n2\n",
    );
    let (status, text) = run(&case, &["-q", "--ragged", "pad"]);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(
        case.read("out/combined_data.csv").lines().skip(1).collect::<Vec<_>>(),
        ["1,2,\"A;d\"\"a\",,,,\"A;d\"\"a\",Unknown", "2,,B,\"x,y\",20,,\"B x,y\",Young"]
    );
}

#[test]
fn columns_that_cannot_be_matched_are_named() {
    let said = |first: &str, second: &str, args: &[&str]| {
        let case = Case::new("customer_id,first_name,last_name,age\n", first);
        case.write("q.csv", second);
        let (status, text) = run(&case, &[&["q.csv", "-q"], args].concat());
        assert_eq!(status, Some(2), "{text}");
        text
    };
    let (first, moved) = ("customer_id,price,a,b\n", "b,customer_id,price,a\n");
    assert_eq!(
        said(first, moved, &[]),
        "q.csv: the header differs from that of p.csv: column 1 is b instead of customer_id\n\
         the columns are the same in another order: to allow that, use --match-columns\n"
    );
    assert_eq!(
        said(first, "b,customer_id,price,c\n", &["--match-columns"]),
        "q.csv: lacks a column of p.csv: a\nq.csv: has a column that p.csv lacks: c\n\
         give each run only purchases files with the same columns\n"
    );
    assert_eq!(
        said("customer_id,price,a,a\n", "a,a,customer_id,price\n", &["--match-columns"]),
        "q.csv: the columns are in another order than in p.csv, and this name occurs twice: a\n\
         columns are matched by their names: rename one of the two\n"
    );
}
