//! The committed samples and the committed answers to them: both are what the scripts and the program make.
//!
//! Python 3 is needed: the expectation is worked out by `scripts/make_samples.py`, which shares no code with
//! the program. Without Python these tests fail; they are never skipped.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const CHART: &str = "total_spending_by_age_group.png";
/// How far two charts' pixels may differ, of 255: a machine with other vector instructions may round a
/// glyph's edge to the neighbouring shade (there are 48 of them).
const PIXEL_TOLERANCE: u8 = 16;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A copy of `data/` with an empty place beside it, as a fresh checkout has them.
fn workplace() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::create_dir_all(dir.path().join("data/dirty")).expect("made");
    for file in ["customers.csv", "purchases.csv", "dirty/customers.csv", "dirty/purchases.csv"] {
        let name = Path::new("data").join(file);
        fs::copy(root().join(&name), dir.path().join(&name)).expect("copied");
    }
    dir
}

/// Runs the program in `dir`, unaffected by settings of whoever runs the tests.
fn spendfold(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spendfold"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPENDFOLD_")) {
        command.env_remove(name);
    }
    command.args(arguments).current_dir(dir).output().expect("the program runs")
}

fn python(arguments: &[&str]) -> Output {
    let script = root().join("scripts/make_samples.py");
    Command::new("python3").arg(script).args(arguments).output().expect("python3 is needed for this test: install it")
}

/// The report as text, the `run` object and the chart's size and checksum taken out.
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

/// A picture's size and its pixels, eight bits a channel.
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
    assert_eq!(committed.len(), 5);
    for (name, path) in &committed {
        match name.as_str() {
            CHART => same_picture(path, &fresh[name]),
            "report.json" => assert_eq!(comparable(path), comparable(&fresh[name]), "{}", path.display()),
            _ => assert!(
                fs::read(path).expect("read") == fs::read(&fresh[name]).expect("read"),
                "{} is not what the program writes: record it anew with scripts/make_samples.py --results",
                path.display()
            ),
        }
    }
}

#[test]
fn results_are_what_the_program_makes_of_the_sample() {
    let place = workplace();
    let done = spendfold(place.path(), &["run"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    same_set(&root().join("results"), &place.path().join("results"));
}

#[test]
fn dirty_results_are_what_the_program_makes_of_the_dirty_sample() {
    let place = workplace();
    let inputs = ["-c", "data/dirty/customers.csv", "-p", "data/dirty/purchases.csv", "-o", "results/dirty"];
    let done = spendfold(place.path(), &[&["run"], &inputs[..]].concat());
    assert_eq!(done.status.code(), Some(3), "{}", text(&done.stderr));
    same_set(&root().join("results/dirty"), &place.path().join("results/dirty"));
}

#[test]
fn committed_sets_agree_with_their_reports() {
    for dir in ["results", "results/dirty"] {
        let done = spendfold(root(), &["verify", dir]);
        assert_eq!(done.status.code(), Some(0), "{dir}: {}", text(&done.stderr));
    }
}

#[test]
fn committed_answers_are_those_worked_out_independently() {
    let done = python(&["--expected"]);
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
fn samples_are_what_the_script_makes() {
    let done = python(&["--check"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}
