//! `--digest sha256`: the digests in the report and `SHA256SUMS`, compared with `sha256sum`.

use crate::common::{CUSTOMERS, Case, stderr_text};
use serde_json::{Value, json};
use std::fs;

const DIGEST: [&str; 2] = ["--digest", "sha256"];
const SUMS: &str = "out/SHA256SUMS";

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// A field of each input or output in the report.
fn fields(case: &Case, list: &str, field: &str) -> Vec<Value> {
    report(case)[list].as_array().expect("a list").iter().map(|file| file[field].clone()).collect()
}

/// What bash writes to standard output.
fn shell(case: &Case, line: &str) -> String {
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("bash starts");
    assert_eq!(output.status.code(), Some(0), "{line}: {}", stderr_text(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The digest of a file according to `sha256sum`.
fn sha256sum(case: &Case, path: &str) -> Value {
    shell(case, &format!("sha256sum {path}")).split(' ').next().expect("a digest").into()
}

fn verify(case: &Case) -> (Option<i32>, String) {
    let output = case.spendfold().args(["verify", "--progress", "off", "out"]).output().expect("starts");
    (output.status.code(), stderr_text(&output))
}

/// Inputs that take several buffers of the hashing thread.
fn large() -> Case {
    let purchases: String = (0..60_000).map(|n| format!("{},\"Thing {n}\",{n}.25\n", n % 7)).collect();
    let case = Case::new(format!("\u{feff}\n{CUSTOMERS}"), format!("customer_id,product,price\n{purchases}"));
    case.write("q.csv", "customer_id,product,price");
    case.write("r.csv", format!("\r\ncustomer_id,product,price\n{purchases}{purchases}"));
    case
}

#[test]
fn the_digests_are_those_of_sha256sum() {
    let case = large();
    let files = ["c.csv", "p.csv", "q.csv", "r.csv", "p.csv"];
    let wanted: Vec<Value> = files.iter().map(|path| sha256sum(&case, path)).collect();
    for more in [&[][..], &["--no-combined"], &["--no-mmap", "-t", "1"], &["--sync", "--chunk-bytes", "2M"]] {
        let args = [&["run", "-q", "-o", "out", "-c", "c.csv", "-p"], &files[1..], &DIGEST, more].concat();
        let output = case.spendfold().args(args).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert_eq!(fields(&case, "inputs", "sha256"), wanted, "{more:?}");
        for output in report(&case)["outputs"].as_array().expect("a list") {
            let path = format!("out/{}", output["path"].as_str().expect("a name"));
            assert_eq!(output["sha256"], sha256sum(&case, &path), "{path} {more:?}");
        }
        let names = fields(&case, "outputs", "path");
        let checked = shell(&case, "cd out && sha256sum --strict -c SHA256SUMS");
        let ok: Vec<Value> = checked.lines().map(|line| line.strip_suffix(": OK").expect("OK").into()).collect();
        assert_eq!([&ok[..], &["SHA256SUMS".into()]].concat(), names, "{more:?}");
        assert_eq!(verify(&case).0, Some(0), "{more:?}");
        fs::remove_dir_all(case.path("out")).expect("removed");
    }
}

#[test]
fn pipes_have_digests_too() {
    let case = large();
    shell(&case, r#"cat p.csv | "$0" run -q -c <(cat c.csv) -p q.csv - -o out --digest sha256"#);
    let wanted: Vec<Value> = ["c.csv", "q.csv", "p.csv"].iter().map(|path| sha256sum(&case, path)).collect();
    assert_eq!(fields(&case, "inputs", "sha256"), wanted);
}

#[test]
fn the_digest_is_an_option_in_the_report() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(report(&case)["options"]["digest"], Value::Null);
    assert!(fields(&case, "inputs", "sha256").iter().chain(&fields(&case, "outputs", "sha256")).all(Value::is_null));
    assert!(!case.path(SUMS).exists());
    let output = case.run().env("SPENDFOLD_DIGEST", "sha256").output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(report(&case)["options"]["digest"], "sha256");
    let output = case.run().env("SPENDFOLD_DIGEST", "md5").output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr_text(&output).starts_with("SPENDFOLD_DIGEST: "), "{}", stderr_text(&output));
}

#[test]
fn a_set_without_digests_removes_the_old_sums() {
    let case = Case::small();
    assert_eq!(case.ran(&DIGEST).status.code(), Some(0));
    assert!(case.path(SUMS).exists());
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert!(!case.path(SUMS).exists());
    // A file that no report lists belongs to somebody else.
    case.write(SUMS, "mine");
    let output = case.ran(&[]);
    assert!(stderr_text(&output).contains("SHA256SUMS: does not belong to this set"), "{}", stderr_text(&output));
    assert_eq!(case.read(SUMS), "mine");
    let (status, text) = verify(&case);
    assert!(status == Some(1) && text.starts_with("out/SHA256SUMS: exists, but the report does not list it"), "{text}");
}

#[test]
fn the_name_of_the_sums_is_protected() {
    let case = Case::small();
    fs::create_dir(case.path("out")).expect("made");
    case.write(SUMS, "mine");
    let output = case.ran(&["--no-clobber", DIGEST[0], DIGEST[1]]);
    assert!(output.status.code() == Some(2) && stderr_text(&output).starts_with("out/SHA256SUMS: exists"));
    fs::remove_file(case.path(SUMS)).expect("removed");
    fs::create_dir(case.path(SUMS)).expect("made");
    let output = case.ran(&DIGEST);
    assert!(output.status.code() == Some(2) && stderr_text(&output).starts_with("out/SHA256SUMS: is a directory"));
}

#[test]
fn verify_notices_other_digests() {
    type Edit = fn(&Case, &mut Value);
    let edits: [(&str, Edit); 7] = [
        ("out/combined_data.csv: SHA-256: found ", |_, report| report["outputs"][0]["sha256"] = "0".repeat(64).into()),
        ("out/SHA256SUMS: its lines are not those of the report", |case, _| {
            case.write(SUMS, case.read(SUMS).replacen("  ", " *", 1));
        }),
        ("out/SHA256SUMS: cannot open", |case, _| fs::remove_file(case.path(SUMS)).expect("removed")),
        ("out/report.json: has no SHA-256 of c.csv", |_, report| {
            report["inputs"][0].as_object_mut().expect("an object").remove("sha256");
        }),
        ("out/report.json: has no SHA-256 of rejects.csv", |_, report| {
            report["outputs"][3].as_object_mut().expect("an object").remove("sha256");
        }),
        ("out/report.json: does not list SHA256SUMS", |_, report| {
            drop(report["outputs"].as_array_mut().expect("a list").pop())
        }),
        ("out/report.json: has a SHA-256 of p.csv, which its options exclude", |_, report| {
            report["options"]["digest"] = json!(null);
        }),
    ];
    for (wanted, edit) in edits {
        let case = Case::small();
        assert_eq!(case.ran(&DIGEST).status.code(), Some(0));
        let mut report = report(&case);
        edit(&case, &mut report);
        case.write("out/report.json", report.to_string());
        let (status, text) = verify(&case);
        assert!(status == Some(1) && text.lines().any(|line| line.starts_with(wanted)), "{wanted}: {text}");
    }
}

#[test]
fn a_held_set_has_digests_and_keeps_them_when_it_is_accepted() {
    let case = Case::new(CUSTOMERS, "customer_id,product,price\n1,Pen,0.10\nx\n");
    assert_eq!(case.ran(&DIGEST).status.code(), Some(3));
    shell(&case, "cd out/held && sha256sum --strict -c SHA256SUMS");
    assert!(case.spendfold().args(["accept", "-q", "out"]).status().expect("starts").success());
    shell(&case, "cd out && sha256sum --strict -c SHA256SUMS");
    let output = case.spendfold().args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
}
