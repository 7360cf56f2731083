//! The pages in `docs/` are correct: their commands run, their options are those of `--help`, their keys are those of a
//! report, their file tree is complete, and every link and citation has a target.

#[path = "../common/checkout.rs"]
mod checkout;
#[path = "../common/pages.rs"]
mod pages;

mod facts;
mod links;

use pages::{read, root, rows, run_commands, shell};
use std::collections::BTreeSet;

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
        let is_word = |word: &String| word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let words: Vec<String> = words.collect();
        let words = if values != "switch" && words.iter().all(is_word) { words } else { vec![] };
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
