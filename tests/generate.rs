//! `spendfold generate` from outside: what a run finds in a generated pair is what the answer key says, for every
//! knob and for all of them at once, and the pair is what was asked for.

/// The oracle of the contract's tests: a second opinion that shares no code with the program.
mod contract {
    #[allow(dead_code, reason = "the oracle tells more than is asked here")]
    pub(crate) mod oracle;
}

use contract::oracle::{self, Input, Options};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Every knob, with what it needs to show.
const KNOBS: [(&str, &[&str]); 27] = [
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

/// The files of a directory by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable"));
    entries
        .map(|entry| (entry.file_name().into_string().expect("UTF-8"), fs::read(entry.path()).expect("readable")))
        .collect()
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

#[test]
fn a_size_is_kept_within_a_hundredth() {
    for (customers, size, bytes, knobs) in [
        ("1000", "3MB", 3_000_000.0, &[][..]),
        ("30000", "4MiB", 4_194_304.0, &["--dirt", "0.2", "--quoted", "0.5", "--crlf"]),
        ("200000", "15000kB", 15_000_000.0, &["--row-order", "by-key", "--parts", "2"]),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        generate(dir.path(), &["--customers", customers, "--size", size, "--seed", "1"], knobs);
        let csv = files(&dir.path().join("pair"));
        let found: usize = csv.iter().filter(|(name, _)| name.ends_with(".csv")).map(|(_, bytes)| bytes.len()).sum();
        assert!((found as f64 / bytes - 1.0).abs() < 0.01, "{size}: {found}");
    }
}

/// The values of the records in a generated file.
fn records(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).expect("readable");
    reader.records().map(|record| record.expect("a record").iter().map(str::to_owned).collect()).collect()
}

/// Whether so many of all are a share, within five standard deviations.
fn is_share(count: usize, all: usize, share: f64) -> bool {
    let expected = all as f64 * share;
    (count as f64 - expected).abs() <= 5.0 * (expected * (1.0 - share)).sqrt()
}

#[test]
fn the_pair_is_spread_as_asked_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let knobs = ["--orphans", "0.05", "--refunds", "0.1", "--without-purchases", "0.25", "--awkward", "0.2"];
    let knobs = [&knobs[..], &["--price-median", "50", "--price-sigma", "0.8", "--quoted-newlines", "0.03"]].concat();
    let (n, m) = (5000, 100_000);
    generate(dir.path(), &["--customers", "5000", "--purchases", "100000", "--seed", "9"], &knobs);
    let customers = records(&dir.path().join("pair/customers.csv"));
    let purchases = records(&dir.path().join("pair/purchases.csv"));
    assert_eq!((customers.len(), purchases.len()), (n, m));

    let mut bought: HashMap<&str, u64> = HashMap::new();
    for purchase in &purchases {
        *bought.entry(&purchase[0]).or_default() += 1;
    }
    let counts: Vec<u64> = customers.iter().filter_map(|customer| bought.remove(customer[0].as_str())).collect();
    assert_eq!(counts.len(), 3750, "a quarter buys nothing, the others 25 times on average");
    let orphans = bought.values().sum::<u64>() as usize;
    assert!(is_share(orphans, m, 0.05), "{orphans}");
    let mean = (m - orphans) as f64 / 3750.0;
    let chi: f64 = counts.iter().map(|&count| (count as f64 - mean).powi(2) / mean).sum();
    // 3749 degrees of freedom: the deviation is 86.6.
    assert!((chi - 3749.0).abs() < 5.0 * 86.6, "{chi}");

    let refunds = purchases.iter().filter(|purchase| purchase[2].starts_with('-')).count();
    assert!(is_share(refunds, m, 0.1), "{refunds}");
    let mut prices: Vec<f64> = purchases.iter().map(|p| p[2].parse::<f64>().expect("a price").abs()).collect();
    assert!(purchases.iter().all(|purchase| purchase[2].split_once('.').is_some_and(|(_, cents)| cents.len() == 2)));
    prices.sort_by(f64::total_cmp);
    for (share, z) in [(0.1, -1.2816), (0.5, 0.0), (0.9, 1.2816)] {
        let (found, expected) = (prices[(m as f64 * share) as usize], 50.0 * f64::exp(0.8 * z));
        assert!((found / expected - 1.0).abs() < 0.03, "{share}: {found} {expected}");
    }

    let broken = |records: &[Vec<String>], column: usize| records.iter().filter(|r| r[column].contains('\n')).count();
    assert!(is_share(broken(&purchases, 1), m, 0.03) && is_share(broken(&customers, 2), n, 0.03));
    let awkward =
        purchases.iter().filter(|purchase| purchase[1].split('\n').next().is_some_and(|p| p.contains([',', '"'])));
    assert!(is_share(awkward.count(), m, 0.2));
    assert!(customers.iter().any(|customer| !customer[1].is_ascii()), "some names have accents");
    assert!(purchases.iter().any(|purchase| !purchase[1].is_ascii()), "some products have accents");

    let mut keys: Vec<u64> = customers.iter().map(|customer| customer[0].parse().expect("a number")).collect();
    assert!(!keys.is_sorted());
    let ascents = keys.windows(2).filter(|pair| pair[0] < pair[1]).count();
    assert!(ascents.abs_diff(n / 2) < 200, "{ascents}");
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), n, "every key once");
    let mut addresses: Vec<&str> = customers.iter().map(|customer| customer[3].as_str()).collect();
    addresses.sort_unstable();
    addresses.dedup();
    assert_eq!(addresses.len(), n, "every address once");
}

#[test]
fn keys_can_be_in_order_and_skewed() {
    let dir = tempfile::tempdir().expect("a directory");
    let knobs = ["--row-order", "by-key", "--keys", "zipf", "--orphans", "0", "--without-purchases", "0"];
    generate(dir.path(), &["--customers", "1000", "--purchases", "50000", "--seed", "4"], &knobs);
    let customers = records(&dir.path().join("pair/customers.csv"));
    let keys: Vec<u64> = customers.iter().map(|customer| customer[0].parse().expect("a number")).collect();
    assert!(keys.is_sorted());
    let mut bought: HashMap<String, usize> = HashMap::new();
    for purchase in records(&dir.path().join("pair/purchases.csv")) {
        *bought.entry(purchase[0].clone()).or_default() += 1;
    }
    let mut counts: Vec<usize> = bought.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let harmonic: f64 = (1..=1000).map(|rank| 1.0 / f64::from(rank)).sum();
    for rank in [1, 2, 5] {
        assert!(is_share(counts[rank - 1], 50_000, 1.0 / harmonic / rank as f64), "{rank}: {}", counts[rank - 1]);
    }
}

#[test]
fn a_bad_knob_is_told_by_name_and_nothing_is_made() {
    let dir = tempfile::tempdir().expect("a directory");
    let usual = ["--customers", "10", "--purchases", "10", "--seed", "1"];
    let shares = ["--orphans", "--without-purchases", "--refunds", "--awkward", "--quoted", "--quoted-newlines"];
    let mut cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["--customers", "ten", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "-1", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "99999999999999999999", "--purchases", "1", "--seed", "1"], "--customers"),
        (vec!["--customers", "10", "--seed", "1"], "--purchases"),
        (vec!["--customers", "10", "--purchases", "1"], "--seed"),
        (vec!["--customers", "10", "--purchases", "1", "--seed", "x"], "--seed"),
        (vec!["--customers", "10", "--purchases", "1", "--size", "1MB", "--seed", "1"], "--size"),
        (vec!["--customers", "10", "--size", "1XB", "--seed", "1"], "--size"),
        (vec!["--customers", "10", "--size", "1.5GB", "--seed", "1"], "--size"),
        (vec!["--customers", "1000", "--size", "1kB", "--seed", "1"], "--size"),
        (vec!["--customers", "0", "--purchases", "1", "--seed", "1"], "--customers"),
    ];
    for share in shares.iter().chain(&["--dirt", "--odd"]) {
        for value in ["1.1", "-0.1", "5%", "", "NaN", "half"] {
            cases.push(([&usual[..], &[share, value]].concat(), share));
        }
    }
    for (knob, value) in [
        ("--parts", "0"),
        ("--parts", "10000"),
        ("--extra-columns", "1001"),
        ("--extra-columns", "4294967296"),
        ("--price-median", "0"),
        ("--price-median", "1.234"),
        ("--price-sigma", "3.1"),
        ("--price-sigma", "-1"),
        ("--ages", "old"),
        ("--keys", "pareto"),
        ("--row-order", "none"),
        ("--threads", "0"),
        ("--threads", "many"),
    ] {
        cases.push(([&usual[..], &[knob, value]].concat(), knob));
    }
    cases.push(([&usual[..], &["--dirt", "0.6", "--odd", "0.6"]].concat(), "--dirt"));
    cases.push(([&usual[..], &["--without-purchases", "1"]].concat(), "--without-purchases"));
    for (args, named) in cases {
        let output = spendfold(dir.path(), &[&["generate", "-q", "-o", "pair"], &args[..]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        assert!(said.contains(named), "{args:?}: {said}");
        assert!(!dir.path().join("pair").exists(), "{args:?}");
    }
}

#[test]
fn a_set_replaces_an_older_one_as_a_whole() {
    let dir = tempfile::tempdir().expect("a directory");
    let volume = ["--customers", "20", "--purchases", "100", "--seed", "1"];
    let names = || files(&dir.path().join("pair")).into_keys().collect::<Vec<_>>();
    generate(dir.path(), &volume, &["--parts", "3"]);
    let parts = ["customers.csv", "expected.json", "purchases-1.csv", "purchases-2.csv", "purchases-3.csv"];
    assert_eq!(names(), parts);
    // Fewer parts leave no part of the old pair behind; what is not of a set stays.
    fs::write(dir.path().join("pair/purchases-notes.csv"), "mine").expect("written");
    generate(dir.path(), &volume, &["--parts", "2"]);
    assert_eq!(names(), [&parts[..4], &["purchases-notes.csv"]].concat());
    generate(dir.path(), &volume, &[]);
    assert_eq!(names(), ["customers.csv", "expected.json", "purchases-notes.csv", "purchases.csv"]);
    // Without an answer key nothing says whose the parts are.
    fs::rename(dir.path().join("pair/expected.json"), dir.path().join("old.json")).expect("moved");
    generate(dir.path(), &volume, &["--parts", "1"]);
    assert!(names().contains(&"purchases.csv".to_owned()));

    let before = files(&dir.path().join("pair"));
    let refused = [&["generate", "-q", "-o", "pair", "--no-clobber"], &volume[..4], &["--seed", "2"]].concat();
    assert_eq!(spendfold(dir.path(), &refused).status.code(), Some(2));
    assert!(before == files(&dir.path().join("pair")));
}

#[test]
fn a_report_that_differs_from_the_answer_key_is_told_line_by_line() {
    let dir = tempfile::tempdir().expect("a directory");
    generate(dir.path(), &["--customers", "50", "--purchases", "200", "--seed", "1"], &["--dirt", "0.5"]);
    agrees("as it was made", dir.path());
    let path = dir.path().join("pair/expected.json");
    let mut key = json(&path);
    key["customers"]["records"] = 51.into();
    key["age_groups"][0]["total_spending"] = "0.01".into();
    key["rejects"]["empty record"].take();
    fs::write(&path, key.to_string()).expect("written");
    let output = spendfold(dir.path(), &["verify", "results", "--expected", "pair/expected.json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let told = ["customers.records: found 50, ", "age_groups[Young].total_spending: ", "rejects.empty record: "];
    for what in told {
        assert!(said.lines().any(|line| line.starts_with(&format!("results/report.json: {what}"))), "{said}");
    }
    assert!(said.contains("3 differences"), "{said}");
    let missing = spendfold(dir.path(), &["verify", "results", "--expected", "no.json"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn what_was_made_is_printed_unless_quiet() {
    let dir = tempfile::tempdir().expect("a directory");
    let args = ["generate", "-o", "pair", "--customers", "20", "--purchases", "100", "--seed", "1"];
    let output = spendfold(dir.path(), &args);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.stdout.is_empty() && said.contains("pair/purchases.csv") && said.contains("seed 1"), "{said}");
    let quiet = spendfold(dir.path(), &[&args[..], &["-q"]].concat());
    assert!(quiet.status.success() && quiet.stderr.is_empty());
}
