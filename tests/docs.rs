//! The pages in `docs/` are correct: their commands run, their options are those of `--help`, their keys are those of a
//! report, their file tree is complete, and every link and citation has a target.

#[path = "common/checkout.rs"]
mod checkout;
#[path = "common/pages.rs"]
mod pages;

use checkout::checkout;
use pages::{blocks, read, root, rows, run_commands, shell};
use serde_json::Value;
use spendfold::ErrorKind;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CONTRACT: &str = "docs/contract.md";
const OPTIONS: &str = "docs/options.md";
const DESIGN: &str = "docs/design.md";

#[test]
fn every_command_runs_and_prints_what_is_shown() {
    assert!(run_commands(CONTRACT) > 8);
    assert!(run_commands(OPTIONS) > 8);
}

/// An option as `--help` or the page describes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Opt {
    long: String,
    short: Option<String>,
    /// `FILE`, `FILE...`; empty for a switch.
    value: String,
    /// The possible values, if they are listed.
    words: Vec<String>,
    default: String,
    variable: String,
}

/// `-c, --customers FILE` → `--customers`, `-c`, `FILE`.
fn names(text: &str) -> (String, Option<String>, String) {
    let mut words = text.split([' ', ',']).filter(|word| !word.is_empty()).peekable();
    let short = words.next_if(|word| !word.starts_with("--")).map(str::to_owned);
    let long = words.next().unwrap_or_else(|| panic!("no long name: {text}")).to_owned();
    (long, short, words.next().unwrap_or_default().to_owned())
}

/// The text between `[name: ` and the last `]`; a default may contain any character.
fn bracketed<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let start = text.rfind(&format!("[{name}: "))? + name.len() + 3;
    let line = text[start..].lines().next()?;
    line.find(']').map(|end| &line[..end])
}

/// The options of a command according to `--help`.
fn options_of_help(command: &str) -> BTreeSet<Opt> {
    let done = shell(root(), &format!("spendfold {command} --help"));
    let help = String::from_utf8(done.stdout).expect("UTF-8");
    let mut paragraphs: Vec<String> = vec![];
    for line in help.lines() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        if text.starts_with('-') && depth < 8 {
            paragraphs.push(format!("{text}\n"));
        } else if let (true, Some(last)) = (depth >= 8, paragraphs.last_mut()) {
            // Wrapped lines are joined; brackets and listed words keep a line of their own.
            last.push_str(if text.starts_with(['[', '-']) { "\n" } else { " " });
            last.push_str(text);
        }
    }
    let described = paragraphs.iter().filter(|text| !text.contains("--help") && !text.contains("--version"));
    described
        .map(|text| {
            let first = text.lines().next().unwrap_or_default();
            let (long, short, value) = names(&first.replace("[=<BOOL>]", "").replace(['<', '>'], ""));
            let variable = bracketed(text, "env").expect("every option has a variable");
            let listed = text.lines().filter_map(|line| line.strip_prefix("- ")?.split(':').next());
            let words = match bracketed(text, "possible values") {
                Some(words) => words.split(", ").map(str::to_owned).collect(),
                None => listed.map(str::to_owned).collect(),
            };
            let none = if value.is_empty() { "off" } else { "" };
            let default = bracketed(text, "default").unwrap_or(none).to_owned();
            Opt { long, short, value, words, default, variable: variable.split('=').next().unwrap_or("").to_owned() }
        })
        .collect()
}

/// The options of a command according to the page; `required` and `none` are not defaults.
fn options_of_page(command: &str) -> BTreeSet<Opt> {
    let page = read(OPTIONS);
    let section = page.lines().skip_while(|line| *line != format!("## {command}"));
    let rows = rows(section, "| option | meaning | values | default | variable |");
    let option = |row: &Vec<String>| {
        let [option, _, values, default, variable] = row.as_slice() else { panic!("five cells: {row:?}") };
        let (long, short, value) = names(option);
        let words = values.split(", ").map(str::to_owned);
        let is_word = |word: &String| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        let words: Vec<String> = words.collect();
        let words = if words.len() > 1 && words.iter().all(is_word) { words } else { vec![] };
        assert_eq!(value.is_empty(), values == "switch", "{long}: a switch, and no other, takes no value");
        let default = if default.starts_with("required") || default == "none" { "" } else { default };
        Opt { long, short, value, words, default: default.to_owned(), variable: variable.clone() }
    };
    rows.iter().map(option).collect()
}

#[test]
fn the_options_are_those_of_the_help() {
    for (command, least) in [("run", 20), ("verify", 3), ("generate", 25)] {
        let (help, page) = (options_of_help(command), options_of_page(command));
        assert!(help.len() > least, "the options of {command} --help were not found: {help:?}");
        assert_eq!(help, page, "{command}");
    }
}

#[test]
fn every_command_and_every_shell_is_described() {
    let page = read(OPTIONS);
    let help = String::from_utf8(shell(root(), "spendfold --help").stdout).expect("UTF-8");
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.len() > 4, "{commands:?}");
    for command in commands.iter().filter(|command| **command != "help") {
        assert!(page.lines().any(|line| line == format!("## {command}")), "{command} is not described");
    }
    let help = String::from_utf8(shell(root(), "spendfold completions --help").stdout).expect("UTF-8");
    let section = page.split("## completions").nth(1).expect("the section");
    for shell in bracketed(&help, "possible values").expect("the shells").split(", ") {
        assert!(section.contains(&format!("`{shell}`")), "{shell} is not described");
    }
}

#[test]
fn defaults_and_limits_are_the_programs() {
    let mib = spendfold::Job::DEFAULT_MAX_RECORD_BYTES / (1 << 20);
    let kib = spendfold::Job::DEFAULT_CHUNK_BYTES / (1 << 10);
    let default = |name: &str| options_of_help("run").into_iter().find(|option| option.long == name).map(|o| o.default);
    assert_eq!(default("--max-record-bytes"), Some(format!("{mib} MiB")));
    assert_eq!(default("--chunk-bytes"), Some(format!("{kib} KiB")));

    let limits = rows(read(CONTRACT).lines(), "| limit | value |");
    let limit = |name: &str| limits.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("{name}"))[1].clone();
    assert!(limit("record").starts_with(&format!("{mib} MiB")));
    assert_eq!(limit("threads"), spendfold::Job::MAX_THREADS.to_string());
    for row in rows(read(CONTRACT).lines(), "| column | option | default name | where |") {
        for option in row[1].split(", ") {
            let found = default(option).unwrap_or_else(|| panic!("no such option: {option}"));
            assert!(found == row[2] || found == "that of --key", "the default of {option} is {found}");
        }
    }
}

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
    keys("", &serde_json::from_str(&read("results/dirty/report.json")).expect("JSON"), &mut found);
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
    let report: Value = serde_json::from_str(&read("results/dirty/report.json")).expect("JSON");
    let counted = report["rejects"].as_object().expect("an object").keys().cloned().collect();
    assert_eq!(described, counted);
    // The texts of the rejects file, without numbers.
    let shape = |text: &str| text.split(|c: char| c.is_ascii_digit() || c == 'N' || c == 'M').next().map(str::to_owned);
    let described: BTreeSet<_> = table.iter().map(|row| shape(&row[0].replace("KEY", "customer_id"))).collect();
    let rejects = csv::Reader::from_path(root().join("results/dirty/rejects.csv")).expect("readable").into_records();
    let written: BTreeSet<_> = rejects.map(|record| shape(&record.expect("a record")[3])).collect();
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
    ];
    // Not errors: success, and too many rejects.
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
    let all = [manifest_names("dependencies"), manifest_names("dev-dependencies")].concat();
    assert!(all.len() > 15);
    for name in &all {
        assert!(described.contains(name), "{name} has no reason in {DESIGN}");
    }
    assert_eq!(described.len(), all.len(), "{DESIGN} gives reasons for crates that are not used");
}

/// All pages of the project.
fn all_pages() -> Vec<String> {
    let mut pages: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("a folder")
        .map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md"))
        .collect();
    assert!(pages.len() >= 5);
    let others = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"];
    let samples = ["data/README.md", "data/dirty/README.md", "scripts/bench/README.md"];
    pages.extend(others.into_iter().chain(samples).map(str::to_owned));
    pages
}

/// A page without its code blocks.
fn prose(page: &str) -> String {
    let mut inside = false;
    let lines = page.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of links in a page: `<a id="...">`, and the anchors that GitHub makes of headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let prose = prose(page);
    let ids = prose.match_indices("<a id=\"").map(|(at, start)| {
        let rest = &prose[at + start.len()..];
        rest[..rest.find('"').expect("an id ends")].to_owned()
    });
    let heading = |line: &str| {
        let text = line.trim_start_matches('#').trim().to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect::<String>()
    };
    let headings = prose.lines().filter(|line| line.starts_with('#')).map(heading);
    ids.chain(headings).collect()
}

/// Whether a file, or an anchor in a page, exists.
fn has_target(path: &Path, anchor: Option<&str>) -> bool {
    match anchor {
        None => path.exists(),
        Some(anchor) => fs::read_to_string(path).is_ok_and(|page| anchors(&page).contains(anchor)),
    }
}

#[test]
fn every_link_has_a_target() {
    let mut links = 0;
    for name in all_pages() {
        let page = prose(&read(&name));
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        for (at, _) in page.match_indices("](") {
            let target = &page[at + 2..];
            let target = &target[..target.find(')').expect("a link ends")];
            if target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
            let path = if path.is_empty() { root().join(&name) } else { folder.join(path) };
            assert!(has_target(&path, anchor), "{name} links to {target}");
            links += 1;
        }
    }
    assert!(links > 50, "only {links} links were found");
}

/// Files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.is_dir() {
            true if matches!(name.as_str(), "target" | "seeds" | "corpus" | "artifacts" | "__pycache__") => {}
            true => files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn every_citation_of_a_page_has_a_target() {
    let mut found = vec![];
    for folder in ["src", "tests", "fuzz", "scripts", "benches", "examples"] {
        files(&root().join(folder), &mut found);
    }
    let mut citations = 0;
    for file in found {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for (at, start) in text.match_indices("docs/") {
            let rest = &text[at + start.len()..];
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.#".contains(c)).unwrap_or(rest.len());
            let Some((page, anchor)) = rest[..end].split_once(".md") else { continue };
            let anchor = anchor.strip_prefix('#').map(|anchor| anchor.trim_end_matches('.'));
            let path = root().join(format!("docs/{page}.md"));
            assert!(has_target(&path, anchor), "{} cites docs/{}", file.display(), &rest[..end]);
            citations += 1;
        }
    }
    assert!(citations > 20, "only {citations} citations were found");
}
