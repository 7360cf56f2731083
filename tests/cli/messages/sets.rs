//! Messages of `verify` and `accept`.

use super::{Log, edit, replace};
use crate::common::{CUSTOMERS, Case, PURCHASES};
use serde_json::{Value, json};
use std::fs;

/// Every kind of record: rejected, unmatched, without key, age or amount.
const ODD_CUSTOMERS: &str = "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n2,Alan,Turing,18\n3,Grace,Hopper,\n\
    4,Kurt,Goedel,x\n,No,Key,50\n1,Ada,Again,36\n";
const ODD_PURCHASES: &str = "customer_id,product,price\n1,Pen,0.10\n2,Ink,0.20\n9,Lost,5\n,Odd,0.05\n2,Tea,\n1,Bad,x\n";

/// A published set of all kinds of records.
fn set(args: &[&str]) -> Case {
    let case = Case::new(ODD_CUSTOMERS, ODD_PURCHASES);
    let output = case.run().args(["--max-rejects", "100%"]).args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0));
    case
}

fn held() -> Case {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    case.write("p.csv", "customer_id,product,price\n1,Pen,0.10\n2,Ink,x\n");
    assert_eq!(case.ran(&[]).status.code(), Some(3));
    case
}

pub(super) fn collect(log: &mut Log) {
    verdicts(log);
    differences(log);
    reports(log);
    inputs(log);
    answer_keys(log);
    acceptances(log);
}

fn verdicts(log: &mut Log) {
    log.section("verify");
    let case = set(&["--digest", "sha256"]);
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["verify", "out", "--inputs"]);
    log.say(&case, &["verify", "out", "--progress", "json"]);
    edit(&case, "out/report.json", "/outputs/0/bytes", json!(1));
    log.say(&case, &["verify", "out", "--progress", "json"]);
}

fn differences(log: &mut Log) {
    log.section("differences");
    let combined = "out/combined_data.csv";
    let in_file = |log: &mut Log, args: &[&str], name: &str, from: &str, to: &str| {
        let case = set(args);
        replace(&case, name, from, to);
        log.say(&case, &["verify", "-t", "1", "out"]);
    };
    in_file(log, &[], combined, "Pen,0.10", "Pen,0.11");
    in_file(log, &[], combined, "Pen,0.10", "Pen,x.10");
    in_file(log, &[], combined, "Pen,0.10", "Pen,0.10,more");
    in_file(log, &[], combined, "Middle-aged", "Middle-ages");
    in_file(log, &[], combined, "Lost,5", "Lost,");
    in_file(log, &[], combined, "customer_id,product", "customer_id,\"product");
    in_file(log, &[], combined, "2,Tea,", ",Tea,");
    in_file(log, &[], combined, "9,Lost,5,,,,,Unknown", "9,Lost,5,A,B,2,A B,Unknown");
    in_file(log, &[], combined, "3,,,Grace", "3,,7,Grace");
    in_file(log, &[], combined, ",,,No,", "5,,,No,");
    in_file(log, &["--join", "inner"], combined, "2,Tea,", "2,Tea,1");
    in_file(log, &[], "out/rejects.csv", "c.csv,7", "d.csv,7");
    in_file(log, &[], "out/rejects.csv", "amount is", "the amount is");
    in_file(log, &[], "out/rejects.csv", "c.csv,7", "p.csv,7");
    in_file(log, &[], "out/age_group_spending.csv", "Young", "Youth");
    in_file(log, &["--digest", "sha256"], "out/SHA256SUMS", "rejects", "rejected");

    let in_report = |log: &mut Log, args: &[&str], pointer: &str, value: Value| {
        let case = set(args);
        edit(&case, "out/report.json", pointer, value);
        log.say(&case, &["verify", "-t", "1", "out"]);
    };
    in_report(log, &[], "/outputs/0/path", json!("other.csv"));
    in_report(log, &[], "/outputs/0/path", json!("rejects.csv"));
    in_report(log, &[], "/outputs", json!([]));
    in_report(log, &[], "/options/combined", json!(false));
    in_report(log, &[], "/options/delimiter", json!("€"));
    in_report(log, &[], "/options/amount", json!("cost"));
    in_report(log, &[], "/options/digest", json!("sha256"));
    in_report(log, &["--digest", "sha256"], "/outputs/0/sha256", json!("0"));
    let case = set(&["--digest", "sha256"]);
    let mut report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    report["options"].as_object_mut().expect("an object").remove("digest");
    case.write("out/report.json", report.to_string());
    log.say(&case, &["verify", "-t", "1", "out"]);
    in_report(log, &["--compress", "gz"], "/outputs/0/plain/bytes", json!(1));
    in_report(log, &["--compress", "gz"], "/outputs/0/plain/crc32", json!("0"));
    in_report(log, &["--compress", "gz"], "/outputs/0/plain", Value::Null);
    in_report(log, &[], "/outputs/0/plain", json!({"bytes": 1, "crc32": "0"}));
    compressed(log);
    in_report(log, &[], "/customers/records", json!(5));
    in_report(log, &[], "/rejects", json!({"no such reason": 2}));
    in_report(log, &[], "/outcome", json!("held"));
    let case = set(&["--no-combined"]);
    case.write(combined, "mine");
    log.say(&case, &["verify", "out"]);
    let case = set(&[]);
    fs::remove_file(case.path(combined)).expect("removed");
    log.say(&case, &["verify", "out"]);
    fs::create_dir(case.path(combined)).expect("made");
    log.say(&case, &["verify", "out"]);
}

/// Compressed rows that are truncated, damaged, or more than the report says.
fn compressed(log: &mut Log) {
    let name = "out/combined_data.csv.gz";
    let case = set(&["--compress", "gz"]);
    let whole = fs::read(case.path(name)).expect("there");
    case.write(name, &whole[..whole.len() / 2]);
    log.say(&case, &["verify", "-t", "1", "out"]);
    case.write(name, [&whole[..], b"more than a few bytes that are no member"].concat());
    log.say(&case, &["verify", "-t", "1", "out"]);
    let bomb = case.other("bash").args(["-c", "head -c 4M /dev/zero | gzip -nc"]).output().expect("starts");
    edit(&case, "out/report.json", "/outputs/0/bytes", json!(bomb.stdout.len()));
    case.write(name, bomb.stdout);
    log.say(&case, &["verify", "-t", "1", "out"]);
}

fn reports(log: &mut Log) {
    log.section("reports that cannot be read");
    let case = set(&[]);
    log.say(&case, &["verify", "nowhere"]);
    log.say(&case, &["verify", "c.csv"]);
    let whole = case.read("out/report.json");
    case.write("out/report.json", &whole[..whole.find("\"outcome\"").expect("an outcome")]);
    log.say(&case, &["verify", "out"]);
    case.write("out/report.json", "[]");
    log.say(&case, &["verify", "out"]);
    case.write("out/report.json", whole.replace("\"outcome\"", "\"outcomes\""));
    log.say(&case, &["verify", "out"]);
    let version = format!("\"spendfold\": \"{}\"", env!("CARGO_PKG_VERSION"));
    let other = whole.replace(&version, "\"spendfold\": \"9.9.9\"").replace("\"outcome\"", "\"outcomes\"");
    case.write("out/report.json", other);
    log.say(&case, &["verify", "out"]);
    fs::File::create(case.path("out/report.json")).and_then(|file| file.set_len(1 << 30)).expect("resized");
    log.say(&case, &["verify", "out"]);
}

fn inputs(log: &mut Log) {
    log.section("verify --inputs");
    let case = set(&["--digest", "sha256"]);
    replace(&case, "c.csv", "Ada", "Eve");
    fs::remove_file(case.path("p.csv")).expect("removed");
    log.say(&case, &["verify", "out", "--inputs"]);
    let case = set(&[]);
    case.write("c.csv", ODD_CUSTOMERS.to_owned() + "7,A,B,1\n");
    log.say(&case, &["verify", "out", "--inputs"]);
    let case = Case::small();
    let fifo = case.fifo("fifo");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-p", "fifo", "-o", "out"]);
    let mut child = command.spawn().expect("starts");
    fs::write(fifo, PURCHASES).expect("written");
    assert!(child.wait().expect("ends").success());
    log.say(&case, &["verify", "out", "--inputs"]);
    let case = Case::small();
    fs::rename(case.path("p.csv"), case.path("é.csv")).expect("renamed");
    let input = fs::File::open(case.path("é.csv")).expect("opened");
    let mut command = case.spendfold();
    let ran = command.args(["run", "-q", "-c", "c.csv", "-p", "-", "-o", "out"]).stdin(input).status();
    assert!(ran.expect("starts").success());
    log.say(&case, &["verify", "out", "--inputs"]);
    edit(&case, "out/report.json", "/inputs/1/path_lossy", json!(true));
    log.say(&case, &["verify", "out", "--inputs"]);
    let edited = |log: &mut Log, pointer: &str, value: Value| {
        let case = set(&[]);
        edit(&case, "out/report.json", pointer, value);
        log.say(&case, &["verify", "out", "--inputs"]);
    };
    edited(log, "/options/age", json!("zip"));
    edited(log, "/run/spendfold", json!("9.9.9"));
    edited(log, "/options/age", json!("a\u{fffd}"));
    edited(log, "/options/join", json!("outer"));
    edited(log, "/dialects/purchases/delimiter", json!("€"));
    edited(log, "/unmatched_samples/0/line", json!(9));
    let case = set(&[]);
    replace(&case, "out/combined_data.csv", "Lost", "Last");
    log.say(&case, &["verify", "out", "--inputs"]);
    // A row more, and a row less.
    let case = set(&[]);
    let text = case.read("out/combined_data.csv");
    case.write("out/combined_data.csv", text.clone() + ",,,x,y,z,,Other\n");
    log.say(&case, &["verify", "out", "--inputs"]);
    let last = text.trim_end().rfind('\n').expect("rows") + 1;
    case.write("out/combined_data.csv", &text[..last]);
    log.say(&case, &["verify", "out", "--inputs"]);
}

fn answer_keys(log: &mut Log) {
    log.section("verify --expected");
    let case = Case::small();
    let made = ["generate", "-q", "--customers", "5", "--purchases", "9", "--seed", "1", "-o", "made"];
    assert!(case.spendfold().args(made).status().expect("starts").success());
    let ran = ["run", "-q", "-c", "made/customers.csv", "-p", "made/purchases.csv", "-o", "out"];
    assert!(case.spendfold().args(ran).status().expect("starts").success());
    log.say(&case, &["verify", "out", "--expected", "made/expected.json"]);
    edit(&case, "made/expected.json", "/total_spending", json!("1"));
    log.say(&case, &["verify", "out", "--expected", "made/expected.json"]);
    log.say(&case, &["verify", "out", "--expected", "nowhere.json"]);
    for key in ["{", "[]", "{}"] {
        case.write("key.json", key);
        log.say(&case, &["verify", "out", "--expected", "key.json"]);
    }
    fs::File::create(case.path("key.json")).and_then(|file| file.set_len(1 << 30)).expect("resized");
    log.say(&case, &["verify", "out", "--expected", "key.json"]);
}

fn acceptances(log: &mut Log) {
    log.section("accept");
    let case = held();
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["verify", "out/held"]);
    log.say(&case, &["accept", "out", "--note", "agreed with sales"]);
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["accept", "out"]);
    let case = held();
    log.say(&case, &["accept", "out", "--progress", "json"]);
    let case = held();
    fs::remove_file(case.path("out/report.json")).expect("removed");
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["accept", "out"]);
    let case = Case::new(CUSTOMERS, "customer_id,product,price\n1,Pen,x\n");
    log.say(&case, &["run", "-q", "-c", "c.csv", "-p", "p.csv", "-o", "out"]);
    log.say(&case, &["verify", "out"]);
    let case = held();
    replace(&case, "out/report.json", "}", "} ");
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["accept", "out"]);
    let case = held();
    replace(&case, "out/held/rejects.csv", "p.csv", "pp.csv");
    log.say(&case, &["accept", "out"]);
    let case = held();
    edit(&case, "out/held/report.json", "/outcome", json!("published"));
    log.say(&case, &["accept", "out"]);
    let case = held();
    fs::remove_file(case.path("out/held/report.json")).expect("removed");
    log.say(&case, &["accept", "out"]);
    let case = held();
    let waiting = fs::read(case.path("out/held/report.json")).expect("there");
    assert!(case.spendfold().args(["accept", "out", "-q"]).status().expect("starts").success());
    fs::create_dir(case.path("out/held")).expect("made");
    fs::write(case.path("out/held/report.json"), waiting).expect("written");
    log.say(&case, &["verify", "out"]);
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,x\n");
    assert_eq!(case.ran(&[]).status.code(), Some(3));
    log.say(&case, &["verify", "out"]);
    log.say(&case, &["accept", "nowhere"]);
}
