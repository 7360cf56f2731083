//! Notices: each one appears with its figure and examples, and nothing is said when nothing is wrong.

use crate::common::{CUSTOMERS, Case, PURCHASES, stderr_text};
use serde_json::Value;

/// Runs, and returns standard error and the notices of the report.
fn run(case: &Case, args: &[&str]) -> (String, Vec<Value>) {
    let output = case.run().args(["--max-rejects", "100%"]).args(args).output().expect("starts");
    let text = stderr_text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    (text, report["notices"].as_array().expect("a list").clone())
}

/// The only notice of a run with these inputs: its name, found and of, and its text on standard error.
#[track_caller]
fn only(customers: &str, purchases: &str, args: &[&str]) -> (String, u64, u64, String) {
    let case = Case::new(customers, purchases);
    let (text, notices) = run(&case, args);
    let [notice] = &notices[..] else { panic!("{notices:?}") };
    let part = |key: &str| notice[key].as_str().expect("text").to_owned();
    assert_eq!(text, format!("notice: {}\n  {}\n", part("message"), part("fix")));
    // The report has the same bytes for all chunk sizes and numbers of threads.
    for (threads, bytes) in [("1", "1"), ("2", "7"), ("3", "64")] {
        assert_eq!(run(&case, &[args, &["-t", threads, "--chunk-bytes", bytes]].concat()).1, notices);
    }
    let number = |key: &str| notice[key].as_u64().expect("a number");
    (part("notice"), number("found"), number("of"), text)
}

#[test]
fn nothing_is_said_when_nothing_is_wrong() {
    assert_eq!(run(&Case::small(), &[]), (String::new(), vec![]));
    // Half of the purchases are matched; 0.125 and 1.2345 are decimals; a gap of more than one year may be intended.
    let customers = "customer_id,first_name,last_name,age\n1,A,B,30\n2,C,D,x\nNULL,E,F,29\n";
    for purchases in [
        "1,1.234\n2,12.5\n9,1\n,1\n",
        "1,1.234\n2,12.50\n1,0.125\n",
        "1,1.234\n2,12.50\n1,1.2345\n",
        "1,1.234\n2,12.50\n1,-1234.567\n",
        "1,1.234\n2,12\n1,1.000\n",
        "",
    ] {
        let case = Case::new(customers, format!("customer_id,price\n{purchases}"));
        let (text, notices) = run(&case, &["--age-groups", "A=18-29,B=31-44,C=44.5-50"]);
        assert!(text.is_empty() && notices.is_empty(), "{purchases}: {text}");
    }
}

#[test]
fn few_matched_purchases_have_examples_of_both_keys() {
    let (name, found, of, text) =
        only(CUSTOMERS, "customer_id,price\n,1\nC-1,1\nC-2,1\n1,1\nC-3,1\n", &["--join", "inner"]);
    assert_eq!((name.as_str(), found, of), ("few_matched", 1, 5));
    let wanted = "1 of 5 accepted purchases (20.0 %) have a customer; purchases have keys such as \"C-1\" (p.csv:3:1), \
        and customers have keys such as \"1\" (c.csv:2:1)\n";
    assert!(text.contains(wanted) && text.contains("--customers-key"), "{text}");
    // Blanks are visible.
    let (_, _, _, text) = only("customer_id,first_name,last_name,age\n1 ,A,B,30\n", "customer_id,price\n1,1\n", &[]);
    assert!(
        text.contains("keys such as \"1\" (p.csv:2:1), and customers have keys such as \"1 \" (c.csv:2:1)"),
        "{text}"
    );
    let (_, _, _, text) = only("customer_id,first_name,last_name,age\n", "customer_id,price\n,1\n", &[]);
    assert!(text.contains("the first purchases have no key, and no customer has a key\n"), "{text}");
}

#[test]
fn ages_that_cannot_be_read_are_noticed_if_there_are_no_others() {
    let dates = "customer_id,first_name,last_name,age\n1,A,B,\n2,C,D,1990-05-01\n";
    let (name, found, of, text) = only(dates, "customer_id,price\n1,2\n", &[]);
    assert_eq!((name.as_str(), found, of), ("no_readable_age", 2, 2));
    assert!(
        text.contains("none of 2 customers has an age that can be read; for example 1990-05-01 (c.csv:3:1)"),
        "{text}"
    );
    let empty = "customer_id,first_name,last_name,age\n1,A,B,\n";
    let (_, _, _, text) = only(empty, "customer_id,price\n1,2\n", &[]);
    assert!(text.contains("that can be read: all are empty\n"), "{text}");
}

#[test]
fn gaps_of_one_year_name_the_groups_without_them() {
    let customers = "customer_id,first_name,last_name,age\n1,A,B,29\n2,C,D,30\n3,E,F,44\n";
    let groups = "Young=18-29,Middle-aged=30-44,Senior=45+";
    let (name, found, of, text) = only(customers, "customer_id,price\n1,2\n", &["--age-groups", groups]);
    assert_eq!((name.as_str(), found, of), ("group_gaps", 2, 3));
    let wanted =
        "the age groups leave out age 29, 44, since an upper bound is excluded: 2 of 3 customers are in no group\n";
    assert!(text.contains(wanted), "{text}");
    let closed = "Young=18-30,Middle-aged=30-45,Senior=45+";
    assert!(text.contains(&format!("--age-groups {closed}\n")), "{text}");
    // The fix works.
    assert!(run(&Case::new(customers, PURCHASES), &["--age-groups", closed]).1.is_empty());
}

#[test]
fn placeholder_keys_that_join_are_noticed() {
    let customers = "customer_id,first_name,last_name,age\n1,A,B,30\nNULL,C,D,40\n-,E,F,50\n\\N,G,H,60\n";
    let purchases = "customer_id,price\nNULL,1\n1,2\n\"NULL\",3\nNULLs,4\nnull,5\n1,6\n";
    for args in [&[][..], &["--no-combined"], &["--join", "inner"]] {
        let (name, found, of, text) = only(customers, purchases, args);
        assert_eq!((name.as_str(), found, of), ("placeholder_key", 2, 4));
        let wanted = "2 purchases with the key NULL joined the customer with that key (c.csv:3); such a key usually means a \
            missing value\n";
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn a_missing_line_ending_is_noticed() {
    let (name, found, of, text) = only(CUSTOMERS, PURCHASES.trim_end(), &[]);
    assert_eq!((name.as_str(), found, of), ("no_final_line_ending", 1, 2));
    assert!(text.contains("the last line of p.csv has no line ending (line 7): the file may be truncated\n"), "{text}");
    let (_, found, of, text) = only(CUSTOMERS.trim_end(), PURCHASES.trim_end(), &[]);
    assert_eq!((found, of), (2, 2));
    assert!(text.contains("of c.csv (and 1 more) has no line ending (line 6)"), "{text}");
    // An input with only a header has no record that could be truncated.
    assert!(run(&Case::new(CUSTOMERS, "customer_id,price"), &[]).1.is_empty());
}

#[test]
fn the_same_file_twice_is_noticed_whatever_its_name() {
    let case = Case::small();
    std::fs::hard_link(case.path("p.csv"), case.path("q.csv")).expect("linked");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-p", "p.csv", "q.csv", "./p.csv", "-o", "out"]);
    let text = stderr_text(&command.output().expect("starts"));
    assert!(text.starts_with("notice: q.csv (and 1 more) is the same file as an earlier input\n"), "{text}");
    // An equal file is another file.
    case.write("r.csv", PURCHASES);
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-p", "p.csv", "r.csv", "-o", "out"]);
    assert_eq!(stderr_text(&command.output().expect("starts")), "");
}

#[test]
fn an_empty_file_given_twice_is_noticed() {
    let case = Case::small();
    case.write("empty.csv", "");
    case.write("other.csv", "");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-p", "p.csv", "empty.csv", "./empty.csv", "other.csv", "-o", "out"]);
    let text = stderr_text(&command.output().expect("starts"));
    assert!(text.starts_with("notice: ./empty.csv is the same file as an earlier input\n"), "{text}");
    assert!(text.contains("notice: empty.csv (and 2 more) has no record\n"), "{text}");
}

/// The advice fits a file of 0 bytes and one with a header.
#[test]
fn parts_without_records_are_noticed() {
    for part in ["", "\n", "customer_id,product,price\n"] {
        let case = Case::small();
        case.write("q.csv", part);
        let (text, notices) = run(&case, &["-p", "q.csv"]);
        assert_eq!((notices.len(), notices[0]["notice"].as_str()), (1, Some("empty_input")), "{part:?}");
        assert!(text.starts_with("notice: q.csv has no record\n"), "{text}");
        assert!(text.contains("may leave an empty file") && text.contains("may leave only a header"), "{text}");
    }
}

/// The advice keeps files that exist only compressed.
#[test]
fn a_compressed_copy_is_noticed_and_one_of_the_two_can_be_moved_away() {
    let case = Case::small();
    std::fs::create_dir(case.path("p")).expect("created");
    let compressed = |text: &str| zstd::encode_all(text.as_bytes(), 1).expect("compressed");
    case.write("p/a.csv", PURCHASES);
    case.write("p/a.csv.zst", compressed(PURCHASES));
    case.write("p/b.csv.zst", compressed(PURCHASES));
    let (text, notices) = run(&case, &["-p", "p"]);
    assert_eq!(notices[0]["notice"], "compressed_copy");
    assert!(text.contains("p/a.csv and p/a.csv.zst were both read, and one may be a copy of the other\n"), "{text}");
    assert!(text.contains("leave out one of the two: move it to another directory, or name the files"), "{text}");
    assert!(!text.contains('*'), "a pattern such as *.csv would leave out p/b.csv.zst: {text}");
    // The fix works, both ways.
    assert!(run(&case, &["-p", "p/a.csv", "p/b.csv.zst"]).1.is_empty());
    std::fs::rename(case.path("p/a.csv"), case.path("a.csv")).expect("moved");
    assert!(run(&case, &["-p", "p"]).1.is_empty());
}

#[test]
fn amounts_that_look_like_thousands_are_noticed() {
    let purchases = "customer_id,price\n1,12.50\n1,1.234\n2,-999.999\n2,\n2, 1.000 \n";
    let (name, found, of, text) = only(CUSTOMERS, purchases, &[]);
    assert_eq!((name.as_str(), found, of), ("thousands_separators", 3, 4));
    let wanted = "3 of 4 amounts have three fraction digits, such as 1.234 (p.csv:3:1), and others have two";
    assert!(text.contains(wanted), "{text}");
}
