//! Every message that the program prints, in one file: `golden.txt`. Read it as a whole when you change a message: it
//! should read as if one person had written it. `SPENDFOLD_BLESS=1` writes the file anew.

mod commands;
mod inputs;
mod literals;
mod outputs;
mod sets;

use crate::common::{Case, stderr_text};
use serde_json::Value;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of a file beside this one.
fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/messages").join(name)
}

#[test]
fn every_message_is_as_in_the_golden_file() {
    let found = collected();
    let path = here("golden.txt");
    if std::env::var_os("SPENDFOLD_BLESS").is_some() {
        fs::write(&path, &found).expect("written");
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    for (number, (found, golden)) in found.lines().zip(golden.lines()).enumerate() {
        assert_eq!(found, golden, "line {} of golden.txt; SPENDFOLD_BLESS=1 writes it anew", number + 1);
    }
    assert_eq!(found.lines().count(), golden.lines().count(), "SPENDFOLD_BLESS=1 writes golden.txt anew");
}

/// The messages of all situations.
fn collected() -> String {
    let mut log = Log(String::new());
    commands::collect(&mut log);
    inputs::collect(&mut log);
    outputs::collect(&mut log);
    sets::collect(&mut log);
    log.0
}

/// The collected text.
struct Log(String);

impl Log {
    /// Begins a section.
    fn section(&mut self, title: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.0, "\n## {title}");
    }

    /// Runs the program in the folder, and adds the command, its exit status and what it printed on standard error.
    fn say(&mut self, case: &Case, args: &[&str]) {
        let mut command = case.spendfold();
        command.args(args);
        self.command(&mut command);
    }

    /// Runs `run` on the two files with more arguments, as [`say`](Self::say).
    fn run(&mut self, case: &Case, args: &[&str]) {
        self.say(case, &[&["run", "-c", "c.csv", "-p", "p.csv", "-o", "out"], args].concat());
    }

    /// Runs a command, as [`say`](Self::say). Variables that were set for it are shown.
    fn command(&mut self, command: &mut Command) {
        let output = command.output().expect("starts");
        let mut line = String::from("$ ");
        for (name, value) in command.get_envs() {
            if let Some(value) = value {
                let _ = write!(line, "{}={} ", name.to_string_lossy(), shown(value));
            }
        }
        line.push_str("spendfold");
        command.get_args().for_each(|argument| {
            let _ = write!(line, " {}", shown(argument));
        });
        if line.len() > 200 {
            line.truncate(line.floor_char_boundary(160));
            line.push('…');
        }
        let status = output.status.code().map_or("killed".to_owned(), |status| status.to_string());
        let _ = writeln!(self.0, "\n{line}  # status {status}");
        self.text(&stderr_text(&output));
    }

    /// Adds printed lines without what differs between two runs, such as the progress that a slow machine shows.
    fn text(&mut self, text: &str) {
        let is_progress =
            |line: &str| line.starts_with("{\"phase\":") && !line.contains("\"done\"") || line.contains(" s elapsed");
        for line in text.lines().filter(|line| !is_progress(line)) {
            let _ = writeln!(self.0, "{}", normalised(line));
        }
    }
}

/// An argument as a word of a shell command.
fn shown(argument: &OsStr) -> String {
    let text = spendfold::text::escape(argument.as_encoded_bytes());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text } else { format!("'{text}'") }
}

/// A line with durations, rates, times, checksums and the version replaced.
fn normalised(line: &str) -> String {
    let line = line.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut result = String::new();
    let mut rest = line.as_str();
    while let Some(next) = rest.chars().next() {
        let before_number = ["\"seconds\":", " in ", "host "].iter().find(|start| rest.starts_with(**start));
        if let Some(start) = before_number {
            let number = rest[start.len()..].chars().take_while(|c| is_number(*c)).count();
            let after = &rest[start.len() + number..];
            if number > 0 && (*start != " in " || after.starts_with(" s")) {
                result.push_str(start);
                result.push('N');
                rest = after;
                continue;
            }
        }
        let time = rest.get(..20).is_some_and(|time| {
            time.bytes().zip(*b"dddd-dd-ddTdd:dd:ddZ").all(|(found, wanted)| match wanted {
                b'd' => found.is_ascii_digit(),
                _ => found == wanted,
            })
        });
        let word = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let is_checksum = matches!(word, 8 | 64)
            && !result.ends_with(|c: char| c.is_ascii_alphanumeric())
            && rest[..word].bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && rest[..word].bytes().any(|byte| byte.is_ascii_digit());
        let rate = rest.starts_with('(').then(|| rest.find("/s)")).flatten();
        if is_checksum {
            result.push_str(if word == 8 { "CRC" } else { "SHA" });
            rest = &rest[word..];
        } else if time {
            result.push_str("TIME");
            rest = &rest[20..];
        } else if let Some(end) = rate.filter(|end| *end < 20) {
            result.push_str("(RATE");
            rest = &rest[end..];
        } else {
            result.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    result
}

/// Replaces text in a file of the folder.
fn replace(case: &Case, name: &str, from: &str, to: &str) {
    let text = case.read(name);
    assert!(text.contains(from), "{name}: {from}");
    case.write(name, text.replacen(from, to, 1));
}

/// Sets a value of a report.
fn edit(case: &Case, name: &str, pointer: &str, value: Value) {
    let mut report: Value = serde_json::from_str(&case.read(name)).expect("JSON");
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    let parent = report.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match key.parse::<usize>() {
        Ok(index) => parent[index] = value,
        Err(_) => parent[key] = value,
    }
    case.write(name, serde_json::to_vec_pretty(&report).expect("JSON"));
}
