//! Edited reports: `verify` notices a change to almost every single number.

use crate::common::{Case, stderr_text};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

/// Every case at once: each reject reason, missing keys, ages and amounts, refunds.
const CUSTOMERS: &str = "customer_id,first_name,last_name,age,city\n\
    1,Ada,Byron,36,London\n2,Alan,Turing,18,Bletchley\n3,Grace,Hopper,,Arlington\n4,Kurt,Goedel,x,\n\
    ,No,Key,50,\n5,Emmy,Noether,70,\n1,Ada,Again,36,\n6\n,,,,\n\n";
const PURCHASES: &str = "customer_id,product,price\n\
    1,Pen,0.10\n2,Ink,0.20\n9,Lost,5\n1,Paper,-12.5\n5,Tea,\n,Odd,0.05\n8,Gone, \n3,Cup,7.25\n\
    1,Bad,x\n2,Bad,1.0000000001\nshort\n1,\"a\"b,3\n,,\n\n";

fn set(args: &[&str]) -> Case {
    let case = Case::new(CUSTOMERS, PURCHASES);
    let output = case.run().args(["--max-rejects", "100%"]).args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(verify(&case), (0, "out: the set agrees with its report\n".into()), "{args:?}");
    case
}

fn verify(case: &Case) -> (i32, String) {
    let output = case.spendfold().args(["verify", "--progress", "off", "-t", "1", "out"]).output().expect("starts");
    (output.status.code().expect("a status"), stderr_text(&output))
}

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// The paths of all numbers, and of all strings that hold money.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(parts) => {
            for (name, part) in parts {
                leaves(part, &format!("{path}/{}", name.replace('/', "~1")), found);
            }
        }
        Value::Array(parts) => {
            for (place, part) in parts.iter().enumerate() {
                leaves(part, &format!("{path}/{place}"), found);
            }
        }
        Value::Number(_) => found.push(path.to_owned()),
        Value::String(_) if path.ends_with("spending") => found.push(path.to_owned()),
        _ => {}
    }
}

/// The numbers whose change alone goes unnoticed.
fn unnoticed(case: &Case) -> BTreeSet<String> {
    let whole = report(case);
    let mut paths = vec![];
    leaves(&whole, "", &mut paths);
    assert!(paths.len() > 45, "{paths:?}");
    let mut unnoticed = BTreeSet::new();
    for path in paths {
        let here = whole.pointer(&path).expect("it is there");
        let others: Vec<Value> = match here {
            Value::String(money) => {
                let last = if money.ends_with('1') { "2" } else { "1" };
                vec![format!("{}{last}", &money[..money.len() - 1]).into(), format!("{money}0").into()]
            }
            number => match number.as_u64() {
                Some(0) => vec![1.into(), u64::MAX.into()],
                Some(number) => vec![(number - 1).into(), (number + 1).into(), u64::MAX.into()],
                None => vec![(number.as_f64().expect("a number") + 1.0).into()],
            },
        };
        for other in others {
            let mut edited = whole.clone();
            *edited.pointer_mut(&path).expect("it is there") = other.clone();
            case.write("out/report.json", edited.to_string());
            let (status, text) = verify(case);
            assert!(status < 2, "{path} {other}: {text}");
            // Verification does not look up the examples in the inputs.
            if status == 0 && !path.contains("_samples/") && !path.contains("reject_patterns/") {
                unnoticed.insert(path.clone());
            }
        }
    }
    unnoticed
}

#[test]
fn every_edited_number_that_a_file_records_is_noticed() {
    // No file of the set records these: the sizes and blank lines of the inputs, and an unreached limit.
    let always = [
        "/customers/blank_lines",
        "/customers/comments",
        "/customers/skipped_lines",
        "/dialects/customers/skip_lines",
        "/dialects/purchases/skip_lines",
        "/inputs/0/bytes",
        "/inputs/1/bytes",
        "/options/max_record_bytes",
        "/purchases/blank_lines",
        "/purchases/comments",
        "/purchases/skipped_lines",
        "/run/seconds",
        "/run/threads",
    ];
    // An inner join has no rows for unmatched purchases.
    let of_rows = ["/purchases/amount_missing", "/purchases/key_missing", "/purchases/unmatched_spending"];
    let of_file = ["/combined/amount_column", "/combined/columns"];
    for (args, more) in [
        (&["--join", "full"][..], &[][..]),
        (&["--join", "left"], &["/customers/key_missing"]),
        (&["--join", "inner"], &["/customers/key_missing"]),
        (&["--join", "full", "--no-combined"], &["/customers/key_missing"]),
        (&["--join", "full", "--compress", "zst"], &[]),
    ] {
        let case = set(args);
        let mut wanted: BTreeSet<String> = always.iter().chain(more).map(|path| (*path).to_owned()).collect();
        if args.contains(&"inner") || args.contains(&"--no-combined") {
            wanted.extend(of_rows.map(str::to_owned));
        }
        if args.contains(&"--no-combined") {
            wanted.extend(of_file.map(str::to_owned));
        }
        assert_eq!(unnoticed(&case), wanted, "{args:?}");
    }
}

/// Edits the report, and returns the differences that `verify` reports; there must be some.
fn after(case: &Case, edit: impl FnOnce(&mut Value)) -> String {
    let mut edited = report(case);
    edit(&mut edited);
    case.write("out/report.json", edited.to_string());
    let (status, text) = verify(case);
    assert_eq!(status, 1, "{text}");
    text
}

#[test]
fn consistently_edited_numbers_are_compared_with_the_rows() {
    let swap = |name: &'static str| {
        move |report: &mut Value| {
            // One more matched purchase, one fewer unmatched.
            for (path, by) in [("/purchases/matched", 1i64), ("/purchases/unmatched", -1)] {
                let number = report.pointer_mut(path).expect(name);
                *number = (number.as_i64().expect("a number") + by).into();
            }
        }
    };
    // If all customers have an age, a row without one is a purchase without a customer.
    let full = "customer_id,first_name,last_name,age\n1,A,B,30\n2,,,40\n";
    let case = Case::new(full, "customer_id,price\n1,2\n2,3\n9,4\n8,5\n");
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let text = after(&case, swap("ages"));
    assert!(text.contains("purchases without a customer: found 2, the report says 1"), "{text}");

    let case = Case::new(full, "customer_id,price\n1,2\n2,3\n9,4\n8,5\n");
    assert_eq!(case.ran(&["--join", "left"]).status.code(), Some(0));
    let text = after(&case, |report| report["purchases"]["unmatched_spending"] = "8".into());
    assert!(text.contains("spending without a customer: found 9, the report says 8"), "{text}");

    // The purchases of a customer without name and age look unmatched; that is no difference.
    let case = Case::new("customer_id,first_name,last_name,age\n1,,,\n2,A,B,\n", "customer_id,price\n1,2\n2,3\n9,4\n");
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(verify(&case).0, 0);
    // A column of both inputs is ambiguous.
    let case = Case::new("customer_id,first_name,last_name,age\n1,A,B,30\n", "customer_id,price,age\n1,2,\n9,4,\n");
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(verify(&case), (0, "out: the set agrees with its report\n".into()));
}

#[test]
fn rejects_are_counted_again_by_reason_and_input() {
    let case = set(&[]);
    let text = after(&case, |report| {
        report["rejects"]["empty record"] = 1.into();
        report["rejects"]["bare carriage return"] = 1.into();
    });
    assert!(text.contains("out/rejects.csv: bare carriage return: found 0, the report says 1\n"), "{text}");
    assert!(text.contains("out/rejects.csv: empty record: found 2, the report says 1\n"), "{text}");
    // One reject fewer among the customers, one more among the purchases; all sums agree.
    let case = set(&[]);
    let text = after(&case, |report| {
        for (path, by) in [
            ("/customers/rejected", -1i64),
            ("/customers/records", -1),
            ("/inputs/0/records", -1),
            ("/purchases/rejected", 1),
            ("/purchases/records", 1),
            ("/inputs/1/records", 1),
        ] {
            let number = report.pointer_mut(path).expect(path);
            *number = (number.as_i64().expect("a number") + by).into();
        }
    });
    assert!(text.contains("out/rejects.csv: at byte ") && text.contains("not a reject of the purchases"), "{text}");
    let case = set(&[]);
    let text = after(&case, |report| report["inputs"][0]["path"] = "other.csv".into());
    assert!(text.contains("the file c.csv is not an input of the report"), "{text}");
}

#[test]
fn options_that_do_not_fit_the_set_differ() {
    for (option, value, wanted) in [
        ("join", "left", "combined rows = purchases kept"),
        ("join", "outer", "the join is full, left or inner"),
        ("age_groups", "Young=18-30", "the groups are those of the options"),
        ("amount", "cost", "combined.amount_column"),
        ("delimiter", "\n", "its delimiter and quote cannot be used"),
        ("delimiter", "é", "at byte"),
        ("delimiter", "€", "its delimiter and quote cannot be used"),
        ("delimiter", "\"", "its delimiter and quote cannot be used"),
        ("delimiter", ";", "columns: found 1"),
        ("customers_key", "key", "not a reject reason: duplicate customer_id, first at line 2"),
    ] {
        let text = after(&set(&[]), |report| report["options"][option] = value.into());
        assert!(text.contains(wanted), "{option} {value}: {text}");
    }
    let text = after(&set(&[]), |report| report["options"]["combined"] = false.into());
    assert!(text.contains("lists combined_data.csv, and says that none was written"), "{text}");
    let text = after(&set(&["--no-combined"]), |report| report["options"]["combined"] = true.into());
    assert!(text.contains("does not list combined_data.csv"), "{text}");
}

/// The rows have the number of columns that the report says, and the header has more: columns that the header names may
/// be missing in the rows.
#[test]
fn rows_that_are_shorter_than_the_header_differ() {
    for count in 1..9 {
        let case = set(&[]);
        let whole = case.read("out/combined_data.csv");
        let header = whole.lines().next().expect("a header");
        assert_eq!(header.split(',').count(), 9, "{header}");
        let row = |group: &str| format!("{}{group}\n", "1,".repeat(count - 1));
        case.write("out/combined_data.csv", format!("{header}\n{}{}", row("Young"), row("Unknown")));
        let text = after(&case, |report| report["combined"]["columns"] = count.into());
        assert!(text.contains(&format!("columns: found 9, the report says {count}")), "{text}");
        assert!(!text.contains("not in the report"), "the rows were read: {text}");
    }
}

#[test]
fn combined_data_that_is_not_listed_differs() {
    let case = set(&["--no-combined"]);
    case.write("out/combined_data.csv", "mine");
    let (status, text) = verify(&case);
    assert!(status == 1, "{text}");
    assert!(text.starts_with("out/combined_data.csv: exists, but the report does not list it\n"), "{text}");
    let text = after(&set(&[]), |report| {
        let first = report["outputs"][0].clone();
        report["outputs"].as_array_mut().expect("a list").push(first);
    });
    assert!(text.contains("lists combined_data.csv twice"), "{text}");
}

#[test]
fn malformed_csv_is_reported_once() {
    let case = set(&[]);
    case.write("out/combined_data.csv", "customer_id,\"product\" x\n1,2\n");
    case.write("out/rejects.csv", "");
    let (status, text) = verify(&case);
    assert_eq!(status, 1, "{text}");
    let malformed = "out/combined_data.csv: cannot be read as CSV at 1:22: the header is malformed: ";
    assert!(text.lines().any(|line| line.starts_with(malformed)), "{text}");
    let empty = "out/rejects.csv: cannot be read as CSV: has no header: it contains no record";
    assert!(text.lines().any(|line| line == empty), "{text}");
}

#[test]
fn an_invalid_report_is_refused_with_a_place_and_a_hint() {
    let case = set(&[]);
    let whole = report(&case);
    let refused = |text: &str| {
        case.write("out/report.json", text);
        let (status, text) = verify(&case);
        assert_eq!((status, text.lines().count()), (2, 2), "{text}");
        text
    };
    for (text, wanted) in [
        ("", "out/report.json:1:1: not a report: EOF while parsing a value\n"),
        ("{", "out/report.json:1:1: not a report: EOF while parsing an object\n"),
        ("{\n\n", "out/report.json:3:1: not a report: EOF while parsing an object\n"),
        ("[1, 2]", "out/report.json:1:2: not a report: invalid type: integer `1`, expected struct RunSummary\n"),
        ("{\"\u{7}\": 1}", "out/report.json:1:3: not a report: control character"),
        ("{}", "out/report.json:1:2: not a report: missing field `run`\n"),
    ] {
        assert!(refused(text).starts_with(wanted), "{text}");
    }
    let mut less = whole.clone();
    less.as_object_mut().expect("an object").remove("rejects");
    let text = refused(&less.to_string());
    assert!(text.contains(": not a whole report: missing field `rejects`\nrun again into this directory"), "{text}");
    less["run"]["spendfold"] = "7.0.0".into();
    let text = refused(&less.to_string());
    let own = env!("CARGO_PKG_VERSION");
    let wanted =
        format!(": a report of spendfold 7.0.0, which {own} cannot read: missing field `rejects`\nverify it with");
    assert!(text.contains(&wanted), "{text}");
    // A report with all required members, and more, of another version is accepted.
    let mut more = whole;
    more["run"]["spendfold"] = "7.0.0".into();
    more["customers"]["happy"] = 3.into();
    case.write("out/report.json", more.to_string());
    assert_eq!(verify(&case).0, 0);
    fs::remove_file(case.path("out/report.json")).expect("removed");
    let (status, text) = verify(&case);
    assert!(
        status == 2 && text.starts_with("out/report.json: no report: No such file or directory\nrun again"),
        "{text}"
    );
}
