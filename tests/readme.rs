//! The README is true: its commands run and print what it shows, its tables are those of the program, its
//! tree is the tree. A stranger acts on that page, so a page that has gone stale is a failed test.

#[path = "common/checkout.rs"]
mod checkout;

use checkout::checkout;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The README's code blocks in a language.
fn blocks(readme: &str, wanted: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = vec![];
    let mut inside = false;
    for line in readme.lines() {
        match line.strip_prefix("```") {
            Some("") if inside => inside = false,
            Some(language) => {
                inside = true;
                found.push((language.to_owned(), vec![]));
            }
            None if inside => found.last_mut().expect("a block is open").1.push(line.to_owned()),
            None => {}
        }
    }
    assert!(!inside, "a code block is not closed");
    found.retain(|(language, _)| wanted.contains(&language.as_str()));
    found
}

/// A command of the README, the status it must end with, and what it must print where that is shown.
#[derive(Debug)]
struct Shown {
    command: String,
    status: i32,
    output: Option<String>,
}

/// `command # status N` → both.
fn parse_command(line: &str) -> (String, i32) {
    match line.rsplit_once(" # status ") {
        Some((command, status)) => (command.trim().to_owned(), status.parse().expect("a status is a number")),
        None => (line.trim().to_owned(), 0),
    }
}

fn commands() -> Vec<Shown> {
    let mut shown: Vec<Shown> = vec![];
    for (language, lines) in blocks(&read("README.md"), &["sh", "console"]) {
        for line in lines {
            if language == "sh" {
                let (command, status) = parse_command(&line);
                shown.push(Shown { command, status, output: None });
            } else if let Some(line) = line.strip_prefix("$ ") {
                let (command, status) = parse_command(line);
                shown.push(Shown { command, status, output: Some(String::new()) });
            } else {
                let last = shown.last_mut().expect("a command comes before its output");
                let output = last.output.as_mut().expect("a console block begins with a command");
                output.push_str(&line);
                output.push('\n');
            }
        }
    }
    assert!(shown.len() > 10, "the README's commands were not found");
    shown
}

/// Runs a line of shell in `dir`, where `spendfold` is this program, without settings of whoever runs the tests.
fn shell(dir: &Path, line: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_spendfold")).parent().expect("it lies in a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin.to_owned()].into_iter().chain(std::env::split_paths(&path)));
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPENDFOLD_")) {
        shell.env_remove(name);
    }
    // A slow machine would show progress in between.
    shell.env("PATH", path.expect("a path")).env("SPENDFOLD_PROGRESS", "off");
    shell.args(["-c", &format!("{{ {line}\n}} 2>&1")]).current_dir(dir).output().expect("sh runs")
}

/// What a command printed, the time it took taken out.
fn without_seconds(output: &str) -> String {
    let line = |line: &str| match (line.find(" in "), line.find(" s → ")) {
        (Some(from), Some(to)) if from < to => format!("{} in _{}", &line[..from], &line[to..]),
        _ => line.to_owned(),
    };
    output.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_command_runs_and_prints_what_is_shown() {
    let place = checkout();
    let ci = read(".ci/run");
    let mut run = 0;
    for Shown { command, status, output } in commands() {
        if command.starts_with("docker ") {
            continue;
        }
        let mut line = command.clone();
        if command.starts_with("cargo ") {
            // Cargo inside of cargo's tests would wait for itself: .ci/run runs the very same line.
            assert!(ci.lines().any(|line| line.trim().ends_with(&command)), ".ci/run does not run `{command}`");
            match command.split_once(" -- ") {
                Some((cargo, arguments)) if cargo.starts_with("cargo run ") => line = format!("spendfold {arguments}"),
                _ => continue,
            }
        }
        let done = shell(place.path(), &line);
        let printed = String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(status), "`{command}` printed:\n{printed}");
        if let Some(shown) = output {
            assert_eq!(without_seconds(&printed), without_seconds(&shown), "what `{command}` prints");
        }
        run += 1;
    }
    assert!(run > 10, "only {run} commands were run");
}

/// An option as `--help` or the README tells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Opt {
    long: String,
    short: Option<String>,
    variable: String,
    default: String,
}

/// `-c, --customers FILE` → `--customers`, `-c`.
fn names(text: &str) -> (String, Option<String>) {
    let words = || text.split([' ', ',', '<', '[']).filter(|word| word.starts_with('-'));
    let long = words().find(|word| word.starts_with("--")).unwrap_or_else(|| panic!("no long name: {text}"));
    (long.to_owned(), words().find(|word| !word.starts_with("--")).map(str::to_owned))
}

/// The text between `[name:` and `]`, the last of them in the text; a default may itself hold anything else.
fn bracketed<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let start = text.rfind(&format!("[{name}: "))? + name.len() + 3;
    let line = text[start..].lines().next()?;
    line.find(']').map(|end| &line[..end])
}

fn options_of_help() -> BTreeSet<Opt> {
    let done = shell(root(), "spendfold run --help");
    let help = String::from_utf8(done.stdout).expect("UTF-8");
    let mut paragraphs: Vec<String> = vec![];
    for line in help.lines() {
        let text = line.trim_start();
        let depth = line.len() - text.len();
        if text.starts_with('-') && depth < 8 {
            paragraphs.push(format!("{text}\n"));
        } else if let (true, Some(last)) = (depth >= 8, paragraphs.last_mut()) {
            // Wrapped lines are joined; what stands in brackets stays on a line of its own.
            last.push_str(if text.starts_with('[') { "\n" } else { " " });
            last.push_str(text);
        }
    }
    let told = paragraphs.iter().filter(|text| !text.contains("--help") && !text.contains("--version"));
    told.map(|text| {
        let (long, short) = names(text.lines().next().unwrap_or(""));
        let variable = bracketed(text, "env").expect("every option has a variable").trim_end_matches('=').to_owned();
        let default = bracketed(text, "default").unwrap_or("off").to_owned();
        Opt { long, short, variable: variable.split('=').next().unwrap_or("").to_owned(), default }
    })
    .collect()
}

fn options_of_readme() -> BTreeSet<Opt> {
    let readme = read("README.md");
    let mut rows = readme.lines().skip_while(|line| *line != "| option | meaning | variable | default |").skip(2);
    let mut options = BTreeSet::new();
    for row in rows.by_ref().take_while(|line| line.starts_with('|')) {
        let row = row.replace("\\|", "/");
        let cells: Vec<String> = row.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        let [option, _, variable, default] = cells.as_slice() else { panic!("four cells: {row}") };
        let (long, short) = names(option);
        options.insert(Opt { long, short, variable: variable.clone(), default: default.clone() });
    }
    options
}

#[test]
fn the_table_of_options_is_that_of_the_help() {
    let (help, readme) = (options_of_help(), options_of_readme());
    assert!(help.len() > 20, "the options of --help were not found: {help:?}");
    assert_eq!(help, readme);
}

#[test]
fn defaults_that_the_help_words_itself_are_the_programs() {
    let mib = spendfold::DEFAULT_MAX_RECORD_BYTES / (1 << 20);
    let kib = spendfold::DEFAULT_CHUNK_BYTES / (1 << 10);
    let default = |name: &str| options_of_help().into_iter().find(|option| option.long == name).map(|o| o.default);
    assert_eq!(default("--max-record-bytes"), Some(format!("{mib} MiB")));
    assert_eq!(default("--chunk-bytes"), Some(format!("{kib} KiB")));
}

/// The paths of the README's tree, folders with a slash at the end.
fn tree() -> Vec<String> {
    let readme = read("README.md");
    let all = blocks(&readme, &["text"]);
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
fn the_tree_is_the_tree() {
    let told = tree();
    assert!(told.len() > 30, "the tree was not found");
    for path in &told {
        let found = root().join(path);
        assert!(found.exists(), "{path} is in the README's tree and not there");
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
            assert!(told.contains(&path), "{path} is not in the README's tree");
        }
    }
}

#[test]
fn the_library_example_is_the_tested_one() {
    let readme = read("README.md");
    let shown: Vec<String> = blocks(&readme, &["rust"])[0].1.iter().map(|line| line.trim_start().to_owned()).collect();
    let lib = read("src/lib.rs");
    let doc = lib.lines().skip_while(|line| *line != "//! ```").skip(1).take_while(|line| *line != "//! ```");
    let doc = doc.map(|line| line.strip_prefix("//!").expect("a line of documentation"));
    // Lines that begin with a hash are run, and not shown, by rustdoc.
    let doc: Vec<&str> = doc
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .map(|line| line.strip_prefix("# ").unwrap_or(line).trim_start())
        .collect();
    assert_eq!(shown, doc);
}

/// Names in a section of the manifest: `[dependencies]` and the like.
fn manifest_names(section: &str) -> Vec<String> {
    let manifest = read("Cargo.toml");
    let lines = manifest.lines().skip_while(|line| *line != format!("[{section}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_once(" = ").map(|(name, _)| name.to_owned())).collect()
}

#[test]
fn every_dependency_has_its_reason() {
    let readme = read("README.md");
    let reasons: String = readme
        .lines()
        .skip_while(|line| *line != "| crate | why |")
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(1))
        .collect();
    let all = [manifest_names("dependencies"), manifest_names("dev-dependencies")].concat();
    assert!(all.len() > 15);
    for name in &all {
        assert!(reasons.contains(&format!("`{name}`")), "{name} has no reason in the README");
    }
    assert_eq!(reasons.matches('`').count() / 2, all.len(), "the README gives reasons for crates that are not used");
}

#[test]
fn the_page_links_to_what_exists() {
    let readme = read("README.md");
    let targets = readme.match_indices("](").map(|(at, _)| {
        let rest = &readme[at + 2..];
        &rest[..rest.find(')').expect("a link ends")]
    });
    let mut links = 0;
    for target in targets.filter(|target| !target.starts_with('#')) {
        assert!(root().join(target).exists(), "the README links to {target}");
        links += 1;
    }
    assert!(links >= 3);
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
    // Cargo reads no manifest whose targets are missing.
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
