//! The committed samples and results: `spendfold generate` reproduces the samples, the program reproduces the results,
//! and data/README.md describes them correctly.
//!
//! Needs Python 3: `scripts/sample_answer.py`, which shares no code with the program, computes the expected answer.
//! Without Python these tests fail; they are never skipped.

#[path = "common/checkout.rs"]
mod checkout;

use checkout::checkout;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const CHART: &str = "total_spending_by_age_group.png";
/// Maximum difference between pixels of two charts, of 255: other vector instructions may round the edge of a glyph to
/// the neighbouring one of 48 shades.
const PIXEL_TOLERANCE: u8 = 16;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs the program in `dir`, without `SPENDFOLD_` variables.
fn spendfold(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spendfold"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPENDFOLD_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(dir).output().expect("the program runs")
}

fn python(script: &str, arguments: &[&str]) -> Output {
    Command::new("python3")
        .arg(root().join("scripts").join(script))
        .args(arguments)
        .output()
        .expect("python3 is needed for this test: install it")
}

/// The report as text, without the object `run` and the size and checksum of the chart.
fn comparable(report: &Path) -> String {
    let text = fs::read_to_string(report).expect("a report");
    let run = text.find("  \"run\": {").expect("the run object comes first");
    let options = text.find("  \"options\": {").expect("the options come second");
    assert!(run < options);
    let mut lines: Vec<&str> = text[..run].lines().chain(text[options..].lines()).collect();
    let chart = lines.iter().position(|line| line.contains(CHART)).expect("the chart is listed");
    lines.drain(chart + 1..chart + 3);
    lines.join("\n")
}

/// The size and the pixels of a picture, with eight bits per channel.
fn pixels(path: &Path) -> (u32, u32, Vec<u8>) {
    let file = std::io::BufReader::new(fs::File::open(path).expect("a chart"));
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a picture of this size fits in memory")];
    let info = reader.next_frame(&mut pixels).expect("pixels");
    pixels.truncate(info.buffer_size());
    (info.width, info.height, pixels)
}

fn same_picture(committed: &Path, fresh: &Path) {
    let (a, b) = (pixels(committed), pixels(fresh));
    assert_eq!((a.0, a.1, a.2.len()), (b.0, b.1, b.2.len()), "{} has another size", fresh.display());
    let most = a.2.iter().zip(&b.2).map(|(a, b)| a.abs_diff(*b)).max().unwrap_or(0);
    assert!(most <= PIXEL_TOLERANCE, "{}: a pixel differs by {most}", committed.display());
}

/// The files directly in a directory.
fn files(dir: &Path) -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry"));
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect()
}

fn same_set(committed: &Path, fresh: &Path) {
    let (committed, fresh) = (files(committed), files(fresh));
    assert_eq!(committed.keys().collect::<Vec<_>>(), fresh.keys().collect::<Vec<_>>());
    assert_eq!(committed.len(), 6);
    for (name, path) in &committed {
        match name.as_str() {
            CHART => same_picture(path, &fresh[name]),
            "report.json" => assert_eq!(comparable(path), comparable(&fresh[name]), "{}", path.display()),
            _ => assert!(
                fs::read(path).expect("read") == fs::read(&fresh[name]).expect("read"),
                "{} is not what the program writes: make it anew with scripts/make_samples.py",
                path.display()
            ),
        }
    }
}

#[test]
fn the_program_reproduces_the_results() {
    let place = checkout();
    let done = spendfold(place.path(), &["run"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    same_set(&root().join("results"), &place.path().join("results"));
}

#[test]
fn the_program_reproduces_the_dirty_results() {
    let place = checkout();
    let inputs = ["-c", "data/dirty/customers.csv", "-p", "data/dirty/purchases.csv", "-o", "results/dirty"];
    let done = spendfold(place.path(), &[&["run"], &inputs[..]].concat());
    assert_eq!(done.status.code(), Some(3), "{}", text(&done.stderr));
    same_set(&root().join("results/dirty/held"), &place.path().join("results/dirty/held"));
}

#[test]
fn committed_sets_agree_with_their_reports() {
    for dir in ["results", "results/dirty/held"] {
        let done = spendfold(root(), &["verify", dir]);
        assert_eq!(done.status.code(), Some(0), "{dir}: {}", text(&done.stderr));
    }
}

#[test]
fn committed_results_agree_with_an_independent_computation() {
    let done = python("sample_answer.py", &[]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let expected = text(&done.stdout);
    let (totals, counts) = expected.split_once("\n\n").expect("totals, then counts");
    let committed = fs::read_to_string(root().join("results/age_group_spending.csv")).expect("read");
    assert_eq!(totals.trim_end(), committed.trim_end());

    let report = fs::read(root().join("results/report.json")).expect("read");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let mut compared = 0;
    for line in counts.lines().filter(|line| !line.is_empty()) {
        let (path, wanted) = line.split_once(": ").expect("a name and a value");
        let found = path.split('.').fold(&report, |value, name| &value[name]);
        let found = found.as_str().map_or_else(|| found.to_string(), str::to_owned);
        assert_eq!(found, wanted, "{path}");
        compared += 1;
    }
    assert!(compared >= 18, "only {compared} counts were compared");
}

#[test]
fn generate_reproduces_the_samples_and_their_answer_keys() {
    let done = python("make_samples.py", &["--check", env!("CARGO_BIN_EXE_spendfold")]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    for (results, key) in [("results", "data/expected.json"), ("results/dirty/held", "data/dirty/expected.json")] {
        let done = spendfold(root(), &["verify", results, "--expected", key]);
        assert_eq!(done.status.code(), Some(0), "{results}: {}", text(&done.stderr));
    }
}

#[test]
fn a_sample_of_another_seed_is_noticed() {
    // Copies of the scripts next to other data: the script must notice the difference.
    let place = checkout();
    fs::create_dir(place.path().join("scripts")).expect("made");
    for script in ["make_samples.py", "sample_answer.py"] {
        fs::copy(root().join("scripts").join(script), place.path().join("scripts").join(script)).expect("copied");
    }
    let check = || {
        let script = place.path().join("scripts/make_samples.py");
        let command = [script.to_str().expect("UTF-8"), "--check", env!("CARGO_BIN_EXE_spendfold")];
        Command::new("python3").args(command).output().expect("python3 is needed for this test: install it")
    };
    assert!(check().status.success());
    let pair = ["generate", "-q", "--customers", "40", "--purchases", "60", "--seed", "1", "-o", "data/dirty"];
    assert_eq!(spendfold(place.path(), &pair).status.code(), Some(0));
    let done = check();
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).contains("data/dirty/customers.csv"), "{}", text(&done.stderr));
}

/// The part of a page from a heading to the next one.
fn section(page: &str, heading: &str) -> String {
    let page = fs::read_to_string(root().join(page)).expect("read");
    let lines = page.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_sample_contains_every_case_it_should_show() {
    let key =
        |name: &str| -> Value { serde_json::from_slice(&fs::read(root().join(name)).expect("read")).expect("JSON") };
    let clean = key("data/expected.json");
    let count = |file: &str, name: &str| clean[file][name].as_u64().expect("a number");
    assert_eq!((count("customers", "records"), count("purchases", "records")), (1000, 5000));
    assert_eq!(clean["rejects"], serde_json::json!({}));
    for name in ["without_purchases", "key_missing", "age_missing", "age_invalid"] {
        assert!(count("customers", name) > 0, "{name}");
    }
    for name in ["unmatched", "key_missing", "amount_missing"] {
        assert!(count("purchases", name) > 0, "{name}");
    }
    assert_eq!(clean["age_groups"].as_array().map(Vec::len), Some(5), "Other and Unknown occur");
    let newlines = |name: &str| {
        csv::Reader::from_path(root().join(name))
            .expect("readable")
            .into_records()
            .filter(|record| record.as_ref().expect("a record").iter().any(|field| field.contains('\n')))
            .count()
    };
    assert!(newlines("data/customers.csv") > 10 && newlines("data/purchases.csv") > 10);

    // Every reject reason, in each file that can have it.
    let mut reasons = BTreeMap::<_, usize>::new();
    for record in
        csv::Reader::from_path(root().join("results/dirty/held/rejects.csv")).expect("readable").into_records()
    {
        let record = record.expect("a record");
        let reason = record[3].split(|c: char| c.is_ascii_digit()).next().expect("a part").to_owned();
        *reasons.entry((record[0].to_owned(), reason)).or_default() += 1;
    }
    let both = ["text after closing quote", "bare carriage return", "expected ", "empty record"];
    let customers = ["duplicate customer_id, first at line "];
    let purchases = ["amount is not a decimal number", "amount has more than "];
    for (file, own) in [("customers", &customers[..]), ("purchases", &purchases[..])] {
        for reason in both.iter().chain(own) {
            assert!(
                reasons.contains_key(&(format!("data/dirty/{file}.csv"), (*reason).to_owned())),
                "{file}: {reason}"
            );
        }
    }
    assert_eq!(key("data/dirty/expected.json")["rejects"].as_object().map(serde_json::Map::len), Some(8));
}

#[test]
fn the_observations_quote_correct_figures() {
    let done = python("sample_answer.py", &["--figures"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let observations = section("data/README.md", "## Observations");
    let words: Vec<&str> = observations.split(|c: char| c.is_whitespace() || "();*".contains(c)).collect();
    let words = format!(" {} ", words.join(" "));
    let mut figures = 0;
    for line in text(&done.stdout).lines() {
        let (name, figure) = line.rsplit_once(": ").expect("a name and a figure");
        let ends = [' ', ',', '.', ':', '?'];
        let quoted = ends.iter().any(|end| words.contains(&format!(" {figure}{end}")));
        assert!(quoted, "data/README.md does not say {figure} ({name})");
        figures += 1;
    }
    assert!(figures > 20, "only {figures} figures");
    // The table of options names the seeds.
    let synthetic = section("docs/options.md", "## generate");
    let commands = fs::read_to_string(root().join("data/README.md")).expect("read");
    let dirty = fs::read_to_string(root().join("data/dirty/README.md")).expect("read");
    assert!(synthetic.contains("seed 2025") && commands.contains("--seed 2025"));
    assert!(synthetic.contains("seed 1459") || synthetic.contains("seed\n1459"));
    assert!(dirty.contains("--seed 1459"));
}
