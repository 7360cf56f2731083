//! The README is correct: its commands run and print what it shows, its inputs and options are those of the program,
//! and its library example is the tested one. `tests/docs` checks the other pages.

#[path = "common/checkout.rs"]
mod checkout;
#[path = "common/pages.rs"]
mod pages;

use pages::{blocks, read, root, rows, run_commands};
use std::path::PathBuf;

#[test]
fn every_command_runs_and_prints_what_is_shown() {
    let run = run_commands("README.md");
    assert!(run > 8, "only {run} commands were run");
}

#[test]
fn the_page_is_short() {
    let lines = read("README.md").lines().count();
    assert!(lines <= 250, "the README has {lines} lines: move details to docs/");
}

#[test]
fn the_rust_version_is_that_of_the_manifest() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a rust-version");
    assert!(read("README.md").contains(&format!("Rust {} or newer", version.trim_matches('"'))));
}

#[test]
fn the_sample_lines_are_those_of_the_sample() {
    let readme = read("README.md");
    let shown = blocks(&readme, &["csv"]);
    assert_eq!(shown.len(), 2);
    for ((_, lines), file) in shown.iter().zip(["data/customers.csv", "data/purchases.csv"]) {
        let sample = read(file);
        assert_eq!(sample.lines().next(), lines.first().map(String::as_str), "{file}");
        for line in lines {
            assert!(sample.lines().any(|found| found == line), "{file} does not hold {line}");
        }
    }
}

#[test]
fn everyday_options_are_described_like_all_others() {
    let (readme, options) = (read("README.md"), read("docs/options.md"));
    let run = options.lines().skip_while(|line| *line != "## run");
    let all = rows(run, "| option | meaning | values | default | variable |");
    let everyday = rows(readme.lines(), "| option | meaning | default |");
    assert!(everyday.len() > 8, "the table of everyday options was not found");
    for option in &everyday {
        let found = all.iter().find(|row| row[0] == option[0]).unwrap_or_else(|| panic!("no such option: {option:?}"));
        assert_eq!(found[3], option[2], "the default of {}", option[0]);
    }
}

#[test]
fn the_library_example_is_the_tested_one() {
    let readme = read("README.md");
    let shown: Vec<String> = blocks(&readme, &["rust"])[0].1.iter().map(|line| line.trim_start().to_owned()).collect();
    let lib = read("src/lib.rs");
    let doc = lib.lines().skip_while(|line| *line != "//! ```").skip(1).take_while(|line| *line != "//! ```");
    let doc = doc.map(|line| line.strip_prefix("//!").expect("a line of documentation"));
    // rustdoc runs lines that begin with a hash, but does not show them.
    let doc: Vec<&str> = doc
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .map(|line| line.strip_prefix("# ").unwrap_or(line).trim_start())
        .collect();
    assert_eq!(shown, doc);
}

#[test]
fn the_image_copies_and_mounts_what_exists() {
    let dockerfile = read("Dockerfile");
    let ignored = read(".dockerignore");
    let mut copied: Vec<PathBuf> = vec![];
    for line in dockerfile.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0].starts_with("--from") {
            continue;
        }
        for source in &words[..words.len() - 1] {
            assert!(root().join(source).exists(), "the Dockerfile copies {source}");
            let let_in = ignored.lines().any(|line| line == format!("!{source}"));
            assert!(let_in, "the Dockerfile copies {source}, which .dockerignore leaves out");
            copied.push(source.into());
        }
    }
    assert!(copied.len() > 4, "the Dockerfile's COPY lines were not found");
    // Cargo rejects a manifest whose targets are missing.
    let manifest = read("Cargo.toml");
    for (section, folder) in [("[[bench]]", "benches"), ("[[test]]", "tests"), ("[[example]]", "examples")] {
        let needed = manifest.lines().any(|line| line == section);
        assert!(!needed || copied.contains(&folder.into()), "Cargo.toml has {section}: the image needs {folder}");
    }
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).expect("a rust-version");
    let image = format!("FROM rust:{}-", version.trim_matches('"'));
    assert!(dockerfile.contains(&image), "the image is not built with {version}");

    let compose = read("compose.yaml");
    let sources: Vec<&str> = compose.lines().filter_map(|line| line.trim().strip_prefix("source: ")).collect();
    assert!(!sources.is_empty());
    for source in sources {
        assert!(root().join(source).is_dir(), "compose.yaml mounts {source}");
    }
}

#[test]
fn sample_files_keep_their_bytes_in_every_checkout() {
    let attributes = read(".gitattributes");
    for folder in ["results", "data", "fuzz/seeds"] {
        let kept = attributes.lines().any(|line| line.starts_with(&format!("{folder}/")) && line.contains("-text"));
        assert!(kept, ".gitattributes does not keep line endings in {folder}");
    }
}
