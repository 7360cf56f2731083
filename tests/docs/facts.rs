//! Tables and lists of the pages: the keys of a report and of progress, the reasons of rejection, exit statuses, the file
//! tree, the reasons for dependencies.

use crate::checkout::checkout;
use crate::pages::{blocks, read, root, rows, shell};
use crate::{CONTRACT, DESIGN};
use serde_json::Value;
use spendfold::ErrorKind;
use std::collections::BTreeSet;
use std::fs;

/// The keys of a report as the contract names them: `a.b`, `list[].c`, and `rejects.REASON` for any reason.
fn keys(name: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(parts) => {
            for (part, value) in parts {
                let part = if name == "rejects" { "REASON" } else { part };
                keys(&if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") }, value, found);
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| keys(&format!("{name}[]"), element, found)),
        _ => drop(found.insert(name.to_owned())),
    }
}

#[test]
fn the_keys_of_the_report_are_described() {
    let mut found = BTreeSet::new();
    // The report of an accepted set with digests, a notice and encoded inputs has all keys.
    let place = checkout();
    let command = "iconv -t UTF-16 data/dirty/purchases.csv | gzip > p.csv.gz; \
        spendfold run -c data/dirty/customers.csv -p p.csv.gz --digest sha256 --compress zst \
        --age-groups A=18-29,B=30+; \
        spendfold accept results";
    let done = shell(place.path(), command);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let report = fs::read(place.path().join("results/report.json")).expect("a report");
    keys("", &serde_json::from_slice(&report).expect("JSON"), &mut found);
    // Only present if bytes of a path were replaced.
    found.insert("inputs[].path_lossy".to_owned());
    let described = rows(read(CONTRACT).lines(), "| key | meaning |").into_iter().map(|row| row[0].clone());
    assert_eq!(found, described.collect());
}

#[test]
fn the_keys_of_progress_are_described() {
    let place = checkout();
    let done = shell(place.path(), "spendfold run --progress json");
    let text = String::from_utf8(done.stdout).expect("UTF-8");
    let line = text.lines().next().expect("a line of progress");
    let Value::Object(found) = serde_json::from_str(line).expect("JSON") else { panic!("no object: {line}") };
    let contract = read(CONTRACT);
    let section = contract.lines().skip_while(|line| *line != "## 18. JSON lines");
    let described = rows(section, "| key | meaning |").into_iter().map(|row| row[0].clone());
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), described.collect());
}

#[test]
fn the_reasons_of_rejection_are_described_in_their_order() {
    let header = "| reason in `rejects.csv` | name in `report.json` | input | when |";
    let table = rows(read(CONTRACT).lines(), header);
    let name = |row: &Vec<String>| if row[1] == "the same" { row[0].clone() } else { row[1].clone() };
    let described: BTreeSet<String> = table.iter().map(name).collect();
    let report: Value = serde_json::from_str(&read("results/dirty/held/report.json")).expect("JSON");
    let counted = report["rejects"].as_object().expect("an object").keys().cloned();
    // The reasons that files of the default dialect with one header cannot have.
    let others = ["escape at end of input", "cannot be written without quotes", "repeated header"];
    assert_eq!(described, counted.chain(others.map(str::to_owned)).collect());
    // The texts of the rejects file, without numbers.
    let shape = |text: &str| text.split(|c: char| c.is_ascii_digit() || c == 'N' || c == 'M').next().map(str::to_owned);
    let described: BTreeSet<_> = table.iter().map(|row| shape(&row[0].replace("KEY", "customer_id"))).collect();
    let rejects =
        csv::Reader::from_path(root().join("results/dirty/held/rejects.csv")).expect("readable").into_records();
    let written = rejects.map(|record| shape(&record.expect("a record")[3]));
    let written: BTreeSet<_> = written.chain(others.map(shape)).collect();
    assert_eq!(described, written);
}

#[test]
fn the_exit_statuses_are_described() {
    let described = rows(read(CONTRACT).lines(), "| status | meaning |").into_iter().map(|row| row[0].clone());
    let kinds = [
        ErrorKind::Config,
        ErrorKind::Header,
        ErrorKind::Input,
        ErrorKind::Malformed,
        ErrorKind::Changed,
        ErrorKind::Overflow,
        ErrorKind::Output,
        ErrorKind::OutputName,
        ErrorKind::Locked,
        ErrorKind::Strict,
        ErrorKind::Interrupted(1),
        ErrorKind::Interrupted(2),
        ErrorKind::Interrupted(15),
        ErrorKind::Resources,
        ErrorKind::Invariant,
        ErrorKind::Panic,
        ErrorKind::NoReport,
        ErrorKind::Stale,
    ];
    // Not errors: success, and an exceeded limit.
    let statuses = kinds.iter().map(|kind| kind.exit_status()).chain([0, 3]);
    assert_eq!(described.collect::<BTreeSet<_>>(), statuses.map(|status| status.to_string()).collect());
}

/// The paths of the file tree; folders end with a slash.
fn tree() -> Vec<String> {
    let page = read(DESIGN);
    let all = blocks(&page, &["text"]);
    let lines = &all.iter().find(|(_, lines)| lines.iter().any(|line| line == "spendfold/")).expect("the tree").1;
    let mut folders: Vec<String> = vec![];
    let mut paths = vec![];
    for line in lines {
        let Some(at) = line.find("── ") else { continue };
        let depth = line[..at].chars().count() / 4;
        let name = line[at + "── ".len()..].split_whitespace().next().expect("a name").to_owned();
        folders.truncate(depth);
        paths.push(folders.concat() + &name);
        folders.push(name);
    }
    paths
}

#[test]
fn the_file_tree_is_complete() {
    let described = tree();
    assert!(described.len() > 30, "the tree was not found");
    for path in &described {
        let found = root().join(path);
        assert!(found.exists(), "{path} is in the tree of {DESIGN} and not there");
        assert_eq!(found.is_dir(), path.ends_with('/'), "{path}");
    }
    for folder in ["src", "tests", "scripts"] {
        for entry in fs::read_dir(root().join(folder)).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "__pycache__" || name.ends_with("_tests.rs") {
                continue;
            }
            let slash = if entry.path().is_dir() { "/" } else { "" };
            let path = format!("{folder}/{name}{slash}");
            assert!(described.contains(&path), "{path} is not in the tree of {DESIGN}");
        }
    }
}

/// The names in a section of the manifest, such as `[dependencies]`.
fn manifest_names(section: &str) -> Vec<String> {
    let manifest = read("Cargo.toml");
    let lines = manifest.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ").map(|(name, _)| name.to_owned())).collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let described = rows(read(DESIGN).lines(), "| crate | why |");
    let described: Vec<String> = described.iter().flat_map(|row| row[0].split(", ").map(str::to_owned)).collect();
    // A crate of both sections, with more features in tests, has one row.
    let all: BTreeSet<String> =
        [manifest_names("dependencies"), manifest_names("dev-dependencies")].concat().into_iter().collect();
    assert!(all.len() > 15);
    for name in &all {
        assert!(described.contains(name), "{name} has no reason in {DESIGN}");
    }
    assert_eq!(described.len(), all.len(), "{DESIGN} gives reasons for crates that are not used");
}
