//! Parses the pages of the documentation: code blocks, tables and commands; and runs the commands in a shell.

use super::checkout::checkout;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The code blocks of a page in some languages, each with its language.
pub(crate) fn blocks(page: &str, wanted: &[&str]) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = vec![];
    let mut inside = false;
    for line in page.lines() {
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

/// The rows of the table under a header line, their cells without blanks and backticks. `\|` is a `|` in a cell.
pub(crate) fn rows<'p>(lines: impl Iterator<Item = &'p str>, header: &str) -> Vec<Vec<String>> {
    let rows = lines.skip_while(|line| *line != header).skip(2).take_while(|line| line.starts_with('|'));
    let cell = |cell: &str| cell.trim().replace('`', "").replace('\u{0}', "|");
    let row = |row: &str| row.replace("\\|", "\0").trim_matches('|').split('|').map(cell).collect();
    rows.map(row).collect()
}

/// Runs a shell command in `dir`, where `spendfold` is this program, without `SPENDFOLD_` variables.
pub(crate) fn shell(dir: &Path, line: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_spendfold")).parent().expect("it lies in a directory");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin.to_owned()].into_iter().chain(std::env::split_paths(&path)));
    let mut shell = Command::new("sh");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SPENDFOLD_")) {
        shell.env_remove(name);
    }
    // On a slow machine, progress would appear in the output.
    shell.env("PATH", path.expect("a path")).env("SPENDFOLD_PROGRESS", "off");
    shell.args(["-c", &format!("{{ {line}\n}} 2>&1")]).current_dir(dir).output().expect("sh runs")
}

/// A command of a page, its exit status, and its output if the page shows it.
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

fn commands(page: &str) -> Vec<Shown> {
    let mut shown: Vec<Shown> = vec![];
    for (language, lines) in blocks(page, &["sh", "console"]) {
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
    shown
}

/// What a command printed, without the time it took.
fn without_seconds(output: &str) -> String {
    let line = |line: &str| match (line.find(" in "), line.find(" s → ")) {
        (Some(from), Some(to)) if from < to => format!("{} in _{}", &line[..from], &line[to..]),
        _ => line.to_owned(),
    };
    output.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Runs every command of a page in a fresh checkout and compares status and output with what the page shows.
/// Returns how many were run.
pub(crate) fn run_commands(name: &str) -> usize {
    let place = checkout();
    let ci = read(".ci/run");
    let mut run = 0;
    for Shown { command, status, output } in commands(&read(name)) {
        if command.starts_with("docker ") {
            continue;
        }
        let mut line = command.clone();
        if command.starts_with("cargo ") {
            // Cargo inside cargo test would deadlock on its lock; .ci/run runs the same command.
            assert!(ci.lines().any(|line| line.trim().ends_with(&command)), ".ci/run does not run `{command}`");
            match command.split_once(" -- ") {
                Some((cargo, arguments)) if cargo.starts_with("cargo run ") => line = format!("spendfold {arguments}"),
                _ => continue,
            }
        }
        let done = shell(place.path(), &line);
        let printed = String::from_utf8_lossy(&done.stdout);
        assert_eq!(done.status.code(), Some(status), "{name}: `{command}` printed:\n{printed}");
        if let Some(shown) = output {
            assert_eq!(without_seconds(&printed), without_seconds(&shown), "{name}: what `{command}` prints");
        }
        run += 1;
    }
    run
}
