//! `spendfold generate` as a program: runs over generated pairs agree with the answer key, for each option and for all
//! options together, and the pairs have the requested properties.

/// The oracle of the contract tests, which shares no code with the program.
#[path = "../contract"]
mod contract {
    #[allow(dead_code, reason = "the oracle has more than these tests need")]
    pub(crate) mod oracle;
}
mod spread;
mod usage;

use contract::oracle::{self, Input, Options};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Every option alone, with the options that its effect depends on.
const OPTIONS: [(&str, &[&str]); 37] = [
    ("defaults", &[]),
    ("uniform ages", &["--ages", "uniform"]),
    ("Zipf's law", &["--keys", "zipf"]),
    ("orphans", &["--orphans", "0.4"]),
    ("no orphans", &["--orphans", "0"]),
    ("only orphans", &["--orphans", "1", "--without-purchases", "1"]),
    ("mostly without purchases", &["--without-purchases", "0.9"]),
    ("all may buy", &["--without-purchases", "0"]),
    ("high prices", &["--price-median", "1000000.00", "--price-sigma", "3"]),
    ("low prices", &["--price-median", "0.01"]),
    ("one price", &["--price-sigma", "0"]),
    ("refunds", &["--refunds", "0.5"]),
    ("only refunds", &["--refunds", "1"]),
    ("habits by age", &["--habits", "by-age"]),
    ("habits by age with dirt", &["--habits", "by-age", "--dirt", "0.5", "--orphans", "0.3"]),
    ("prices by product", &["--prices", "by-product"]),
    ("high prices by product", &["--prices", "by-product", "--price-median", "1000000.00", "--price-sigma", "3"]),
    ("low prices by product", &["--prices", "by-product", "--price-median", "0.01", "--price-sigma", "0"]),
    ("awkward names", &["--awkward", "1"]),
    ("some quoted", &["--quoted", "0.3"]),
    ("all quoted", &["--quoted", "1"]),
    ("quoted line breaks", &["--quoted-newlines", "0.5"]),
    ("CRLF", &["--crlf"]),
    ("CRLF in quotes", &["--crlf", "--quoted-newlines", "0.5"]),
    ("byte order mark", &["--bom"]),
    ("extra columns", &["--extra-columns", "20"]),
    ("by key", &["--row-order", "by-key"]),
    ("parts", &["--parts", "3"]),
    ("dirt", &["--dirt", "0.4"]),
    ("only dirt", &["--dirt", "1"]),
    ("oddities", &["--odd", "0.5"]),
    ("only oddities", &["--odd", "1"]),
    ("missing keys", &["--missing-keys", "0.3"]),
    ("missing ages", &["--missing-ages", "0.3"]),
    ("invalid ages", &["--invalid-ages", "0.3"]),
    ("missing amounts", &["--missing-amounts", "0.3"]),
    ("all ages and amounts missing", &["--missing-ages", "1", "--missing-amounts", "1"]),
];

const ALL: &[&str] = &[
    "--ages",
    "uniform",
    "--keys",
    "zipf",
    "--orphans",
    "0.1",
    "--without-purchases",
    "0.2",
    "--price-median",
    "99.99",
    "--price-sigma",
    "1.5",
    "--refunds",
    "0.1",
    "--habits",
    "by-age",
    "--prices",
    "by-product",
    "--missing-keys",
    "0.05",
    "--missing-ages",
    "0.1",
    "--invalid-ages",
    "0.1",
    "--missing-amounts",
    "0.1",
    "--awkward",
    "0.2",
    "--quoted",
    "0.2",
    "--quoted-newlines",
    "0.2",
    "--crlf",
    "--bom",
    "--extra-columns",
    "3",
    "--parts",
    "4",
    "--dirt",
    "0.3",
    "--odd",
    "0.2",
];

fn spendfold(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spendfold"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"SPENDFOLD_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).current_dir(dir).args(args).output().expect("the program starts")
}

fn done(dir: &Path, args: &[&str]) {
    let output = spendfold(dir, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// Generates a set in `pair`.
fn generate(dir: &Path, volume: &[&str], options: &[&str]) {
    done(dir, &[&["generate", "-q", "-o", "pair"], volume, options].concat());
}

/// The purchases files of `pair`, in order.
fn purchases(dir: &Path) -> Vec<String> {
    match dir.join("pair/purchases.csv").exists() {
        true => vec!["pair/purchases.csv".to_owned()],
        false => {
            (1..).map(|part| format!("pair/purchases-{part}.csv")).take_while(|name| dir.join(name).exists()).collect()
        }
    }
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("readable")).expect("JSON")
}

/// Asserts that a run, `verify` and the oracle agree with the answer key of `pair`.
fn agrees(what: &str, dir: &Path) {
    let purchases = purchases(dir);
    let names: Vec<&str> = purchases.iter().map(String::as_str).collect();
    let run = ["run", "-q", "-c", "pair/customers.csv", "-o", "results", "--max-rejects", "100%", "-p"];
    done(dir, &[&run, &names[..]].concat());
    let output = spendfold(dir, &["verify", "-q", "results", "--expected", "pair/expected.json"]);
    assert!(output.status.success(), "{what}: {}", String::from_utf8_lossy(&output.stderr));

    let (report, mut expected) = (json(&dir.join("results/report.json")), json(&dir.join("pair/expected.json")));
    assert_eq!(expected["options"]["max_rejects"].take(), "0");
    expected["options"]["max_rejects"] = "100%".into();
    for (key, value) in report.as_object().expect("an object") {
        const KNOWN: [&str; 7] =
            ["options", "customers", "purchases", "combined", "age_groups", "total_spending", "rejects"];
        assert_eq!(expected.get(key), KNOWN.contains(&key.as_str()).then_some(value), "{what}: {key}");
    }

    let input =
        |name: &str| Input { path: name.into(), bytes: fs::read(dir.join(name)).expect("readable"), stored: None };
    let options = Options::new(input("pair/customers.csv"), names.iter().map(|name| input(name)).collect());
    let oracle: Value = serde_json::from_str(&oracle::run(&options).report_json()).expect("JSON");
    for key in ["customers", "purchases", "age_groups", "total_spending", "rejects"] {
        assert_eq!(oracle[key], expected[key], "{what}: the oracle disagrees about {key}");
    }
    assert_eq!(oracle["combined"]["rows"], expected["combined"]["rows"], "{what}");
}

/// The files of a directory by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable"));
    entries
        .map(|entry| (entry.file_name().into_string().expect("UTF-8"), fs::read(entry.path()).expect("readable")))
        .collect()
}

#[test]
fn a_run_agrees_with_the_answer_key_for_each_option() {
    for (number, (what, options)) in OPTIONS.iter().enumerate() {
        let dir = tempfile::tempdir().expect("a directory");
        let seed = number.to_string();
        generate(dir.path(), &["--customers", "300", "--purchases", "2000", "--seed", &seed], options);
        agrees(what, dir.path());
    }
}

#[test]
fn a_run_agrees_with_the_answer_key_for_all_options_together() {
    for seed in ["1", "2", "3", "18446744073709551615"] {
        for (customers, purchases) in [("500", "5000"), ("1", "50"), ("5000", "10")] {
            let dir = tempfile::tempdir().expect("a directory");
            let volume = ["--customers", customers, "--purchases", purchases, "--seed", seed];
            generate(dir.path(), &volume, ALL);
            agrees(&format!("{customers} customers, {purchases} purchases, seed {seed}"), dir.path());
        }
    }
}

#[test]
fn empty_files_are_a_pair() {
    for (customers, purchases, options) in [("0", "0", &[][..]), ("0", "20", &["--orphans", "1"]), ("20", "0", ALL)] {
        let dir = tempfile::tempdir().expect("a directory");
        generate(dir.path(), &["--customers", customers, "--purchases", purchases, "--seed", "1"], options);
        agrees(&format!("{customers} customers, {purchases} purchases"), dir.path());
    }
}

#[test]
fn the_dirty_preset_agrees_for_ten_seeds() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/generate_data.sh");
    for seed in 1..=10 {
        let dir = tempfile::tempdir().expect("a directory");
        let pair = dir.path().join("pair");
        let output = Command::new(&script)
            .env("SPENDFOLD", env!("CARGO_BIN_EXE_spendfold"))
            .args(["dirty", &seed.to_string()])
            .arg(&pair)
            .output()
            .expect("the script starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("purchases-3.csv") && said.contains(&format!("seed {seed}")), "{said}");
        let names = purchases(dir.path());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let run = ["run", "-q", "-c", "pair/customers.csv", "-o", "results", "--max-rejects", "100%", "-p"];
        done(dir.path(), &[&run, &names[..]].concat());
        done(dir.path(), &["verify", "-q", "results", "--expected", "pair/expected.json"]);
        let expected = json(&pair.join("expected.json"));
        assert_eq!(
            expected["rejects"].as_object().map(serde_json::Map::len),
            Some(8),
            "every reason for rejection occurs"
        );
    }
}

#[test]
fn the_bytes_depend_on_the_seed_and_not_on_the_threads() {
    let made = |options: &[&str], volume: &[&str], seed: &str, threads: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let volume = [&["--customers", "9000", "--seed", seed, "-t", threads], volume].concat();
        generate(dir.path(), &volume, options);
        files(&dir.path().join("pair"))
    };
    for (options, volume) in
        [(&[][..], ["--purchases", "60000"]), (ALL, ["--purchases", "30000"]), (&[], ["--size", "2MB"])]
    {
        let one = made(options, &volume, "5", "1");
        assert_eq!(one.len(), if options.is_empty() { 3 } else { 6 });
        for threads in ["2", "7"] {
            assert!(one == made(options, &volume, "5", threads), "{volume:?}, {threads} threads");
        }
        let other = made(options, &volume, "6", "2");
        assert!(one.iter().all(|(name, bytes)| other[name] != *bytes), "another seed gives other bytes");
    }
}
