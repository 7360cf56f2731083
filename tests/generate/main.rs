//! `spendfold generate` from outside: what a run finds in a generated pair is what the answer key says, for every
//! knob and for all of them at once, and the pair is what was asked for.

/// The oracle of the contract's tests: a second opinion that shares no code with the program.
#[path = "../contract"]
mod contract {
    #[allow(dead_code, reason = "the oracle tells more than is asked here")]
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

/// Every knob, with what it needs to show.
const KNOBS: [(&str, &[&str]); 37] = [
    ("defaults", &[]),
    ("uniform ages", &["--ages", "uniform"]),
    ("Zipf's law", &["--keys", "zipf"]),
    ("orphans", &["--orphans", "0.4"]),
    ("no orphans", &["--orphans", "0"]),
    ("orphans alone", &["--orphans", "1", "--without-purchases", "1"]),
    ("most buy nothing", &["--without-purchases", "0.9"]),
    ("everybody may buy", &["--without-purchases", "0"]),
    ("dear", &["--price-median", "1000000.00", "--price-sigma", "3"]),
    ("cheap", &["--price-median", "0.01"]),
    ("one price", &["--price-sigma", "0"]),
    ("refunds", &["--refunds", "0.5"]),
    ("refunds alone", &["--refunds", "1"]),
    ("habits by age", &["--habits", "by-age"]),
    ("habits of the dirty", &["--habits", "by-age", "--dirt", "0.5", "--orphans", "0.3"]),
    ("prices by product", &["--prices", "by-product"]),
    ("dear products", &["--prices", "by-product", "--price-median", "1000000.00", "--price-sigma", "3"]),
    ("cheap products", &["--prices", "by-product", "--price-median", "0.01", "--price-sigma", "0"]),
    ("awkward names", &["--awkward", "1"]),
    ("some quoted", &["--quoted", "0.3"]),
    ("all quoted", &["--quoted", "1"]),
    ("quoted line breaks", &["--quoted-newlines", "0.5"]),
    ("CRLF", &["--crlf"]),
    ("CRLF in quotes", &["--crlf", "--quoted-newlines", "0.5"]),
    ("byte order mark", &["--bom"]),
    ("further columns", &["--extra-columns", "20"]),
    ("by key", &["--row-order", "by-key"]),
    ("parts", &["--parts", "3"]),
    ("dirt", &["--dirt", "0.4"]),
    ("dirt alone", &["--dirt", "1"]),
    ("oddities", &["--odd", "0.5"]),
    ("oddities alone", &["--odd", "1"]),
    ("no keys", &["--missing-keys", "0.3"]),
    ("no ages", &["--missing-ages", "0.3"]),
    ("ages that are none", &["--invalid-ages", "0.3"]),
    ("no amounts", &["--missing-amounts", "0.3"]),
    ("nothing but gaps", &["--missing-ages", "1", "--missing-amounts", "1"]),
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

/// Generates into `pair`.
fn generate(dir: &Path, volume: &[&str], knobs: &[&str]) {
    done(dir, &[&["generate", "-q", "-o", "pair"], volume, knobs].concat());
}

/// The purchases files of `pair` in their order.
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

/// What run, verify and the oracle say about `pair` is what its answer key says.
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
        let known = !matches!(key.as_str(), "run" | "inputs" | "outputs");
        assert_eq!(expected.get(key), known.then_some(value), "{what}: {key}");
    }

    let input = |name: &str| Input { path: name.into(), bytes: fs::read(dir.join(name)).expect("readable") };
    let options = Options::new(input("pair/customers.csv"), names.iter().map(|name| input(name)).collect());
    let oracle: Value = serde_json::from_str(&oracle::run(&options).report_json()).expect("JSON");
    for key in ["customers", "purchases", "age_groups", "total_spending", "rejects"] {
        assert_eq!(oracle[key], expected[key], "{what}: the oracle says otherwise about {key}");
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
fn a_run_finds_what_the_answer_key_says_for_each_knob() {
    for (number, (what, knobs)) in KNOBS.iter().enumerate() {
        let dir = tempfile::tempdir().expect("a directory");
        let seed = number.to_string();
        generate(dir.path(), &["--customers", "300", "--purchases", "2000", "--seed", &seed], knobs);
        agrees(what, dir.path());
    }
}

#[test]
fn a_run_finds_what_the_answer_key_says_for_all_knobs_at_once() {
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
fn nothing_is_a_pair_too() {
    for (customers, purchases, knobs) in [("0", "0", &[][..]), ("0", "20", &["--orphans", "1"]), ("20", "0", ALL)] {
        let dir = tempfile::tempdir().expect("a directory");
        generate(dir.path(), &["--customers", customers, "--purchases", purchases, "--seed", "1"], knobs);
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
        assert_eq!(expected["rejects"].as_object().map(serde_json::Map::len), Some(8), "every reason occurs");
    }
}

#[test]
fn the_bytes_do_not_depend_on_the_threads_but_on_the_seed() {
    let made = |knobs: &[&str], volume: &[&str], seed: &str, threads: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let volume = [&["--customers", "9000", "--seed", seed, "-t", threads], volume].concat();
        generate(dir.path(), &volume, knobs);
        files(&dir.path().join("pair"))
    };
    for (knobs, volume) in
        [(&[][..], ["--purchases", "60000"]), (ALL, ["--purchases", "30000"]), (&[], ["--size", "2MB"])]
    {
        let one = made(knobs, &volume, "5", "1");
        assert_eq!(one.len(), if knobs.is_empty() { 3 } else { 6 });
        for threads in ["2", "7"] {
            assert!(one == made(knobs, &volume, "5", threads), "{volume:?}, {threads} threads");
        }
        let other = made(knobs, &volume, "6", "2");
        assert!(one.iter().all(|(name, bytes)| other[name] != *bytes), "another seed, other bytes");
    }
}
