//! Writes every message of the program to standard error, as text or as JSON lines. Each message is a single write, so
//! messages of different threads do not interleave. Failed writes are ignored: the terminal may be closed.

use crate::cli::over_limit;
use serde::Serialize;
use spendfold::process::{MessageFormat, PublicationState};
use spendfold::report::{Acceptance, ExceededLimit, LimitName, Notice};
use spendfold::text::escape_path;
use spendfold::{Difference, Error, Monitor, Outcome, Report};
use std::io::Write;
use std::path::Path;

/// Writes messages in the requested format.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    format: MessageFormat,
}

/// The keys of a JSON line. Each event uses some of them; errors have their own form, [`Error::to_json`].
#[derive(Default, Serialize)]
struct Line<'a> {
    event: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmatched: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchases: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "Option::is_none")]
    differences: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u8>,
}

impl Line<'_> {
    fn json(&self) -> String {
        // Serializing strings and numbers cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl Console {
    pub(crate) fn new(format: MessageFormat) -> Self {
        Self { format }
    }

    /// Whether messages are JSON lines.
    pub(crate) fn is_json(self) -> bool {
        self.format == MessageFormat::Json
    }

    /// Reports the error that ended the command.
    pub(crate) fn error(self, error: &Error) {
        match self.format {
            MessageFormat::Text => write_line(&error.to_string()),
            MessageFormat::Json => write_line(&error.to_json()),
        }
    }

    /// Reports a panic outside the worker threads, for which there is no [`Error`].
    pub(crate) fn internal_error(self) {
        let message = match spendfold::process::publication_state() {
            PublicationState::Absent => "internal error",
            PublicationState::Staged => "internal error; nothing was published",
            PublicationState::Moving => "internal error while the set was moved to its names; see `spendfold verify`",
            PublicationState::Published => "internal error after the set was published",
            PublicationState::Held => "internal error after the set was held",
        };
        self.write(Line {
            event: "error",
            message,
            hint: Some("this is a bug; please report it with the options used"),
            status: Some(1),
            ..Line::default()
        });
    }

    /// Reports the notices of a run.
    pub(crate) fn notices(self, monitor: &Monitor) {
        for message in monitor.notices() {
            self.notice(&message);
        }
    }

    /// Reports a warning.
    pub(crate) fn notice(self, message: &str) {
        self.write(Line { event: "notice", message, ..Line::default() });
    }

    /// Reports the notices of a report.
    pub(crate) fn report_notices(self, report: &Report) {
        for Notice { message, fix, .. } in &report.notices {
            match self.format {
                MessageFormat::Text => write_line(&format!("notice: {message}\n  {fix}")),
                MessageFormat::Json => {
                    self.write(Line { event: "notice", message, hint: Some(fix), ..Line::default() });
                }
            }
        }
    }

    /// Reports the limits that a run exceeded, what happened to its set, and what to do. In text, the first rejected
    /// records are left out if the summary has just shown them.
    pub(crate) fn over_limit(self, dir: &Path, report: &Report, after_summary: bool, status: u8) {
        let (outcome, hint) = (over_limit::outcome(dir, report), over_limit::hint(dir, report));
        for exceeded in over_limit::exceeded(report) {
            let ExceededLimit { limit, found, of, .. } = exceeded.limit;
            let examples: Vec<&str> = exceeded.examples.iter().map(String::as_str).collect();
            match self.format {
                MessageFormat::Text => {
                    write_line(&exceeded.message);
                    let shown = after_summary && *limit == LimitName::MaxRejects;
                    examples.iter().filter(|_| !shown).for_each(|example| write_line(&format!("  {example}")));
                }
                MessageFormat::Json => {
                    let line = Line {
                        message: &format!("{}; {outcome}", exceeded.message),
                        hint: Some(&hint),
                        outcome: Some(report.outcome),
                        examples,
                        status: Some(status),
                        ..Line::default()
                    };
                    self.write(match limit {
                        LimitName::MaxUnmatched => {
                            Line { event: "too_many_unmatched", unmatched: Some(*found), purchases: Some(*of), ..line }
                        }
                        _ => Line { event: "too_many_rejects", rejected: Some(*found), records: Some(*of), ..line },
                    });
                }
            }
        }
        if self.format == MessageFormat::Text {
            write_line(&format!("{outcome}\n{hint}"));
        }
    }

    /// Reports that a held set was accepted and published.
    pub(crate) fn accepted(self, dir: &Path, acceptance: &Acceptance) {
        let path = escape_path(dir);
        let message = format!("the held set was {acceptance}");
        match self.format {
            MessageFormat::Text => write_line(&format!("{path}: {message}")),
            MessageFormat::Json => self.write(Line {
                event: "accepted",
                message: &message,
                path: Some(&path),
                status: Some(0),
                ..Line::default()
            }),
        }
    }

    /// Reports differences between the set in `dir` and its report, and the verdict with status 1.
    pub(crate) fn differences(self, dir: &Path, differences: &[Difference], hint: &str) {
        differences.iter().for_each(|difference| self.difference(difference));
        let count = differences.len();
        let message = if count == 1 { "1 difference".to_owned() } else { format!("{count} differences") };
        self.verdict(dir, count, &message, Some(hint), 1);
    }

    /// Reports a difference.
    fn difference(self, difference: &Difference) {
        match self.format {
            MessageFormat::Text => write_line(&difference.to_string()),
            MessageFormat::Json => {
                let path = escape_path(&difference.path);
                self.write(Line {
                    event: "difference",
                    message: &difference.what,
                    path: Some(&path),
                    ..Line::default()
                });
            }
        }
    }

    /// Reports the result of verifying `dir`.
    pub(crate) fn verdict(self, dir: &Path, differences: usize, message: &str, hint: Option<&str>, status: u8) {
        let path = escape_path(dir);
        match (self.format, hint) {
            (MessageFormat::Text, None) => write_line(&format!("{path}: {message}")),
            (MessageFormat::Text, Some(hint)) => write_line(&format!("{path}: {message}; {hint}")),
            (MessageFormat::Json, hint) => self.write(Line {
                event: "verdict",
                message,
                path: Some(&path),
                hint,
                differences: Some(differences),
                status: Some(status),
                ..Line::default()
            }),
        }
    }

    fn write(self, line: Line<'_>) {
        match (self.format, line.hint) {
            (MessageFormat::Json, _) => write_line(&line.json()),
            (MessageFormat::Text, Some(hint)) => write_line(&format!("{}\n{hint}", line.message)),
            (MessageFormat::Text, None) => write_line(line.message),
        }
    }
}

/// Writes a text and a line ending to standard error in a single write.
pub(crate) fn write_line(text: &str) {
    let _ = std::io::stderr().lock().write_all(format!("{text}\n").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_lines_omit_unset_keys() {
        let line = Line { event: "notice", message: "a \"b\"\n", ..Line::default() };
        assert_eq!(line.json(), r#"{"event":"notice","message":"a \"b\"\n"}"#);
        let line = Line { event: "error", message: "m", hint: Some("h"), status: Some(1), ..Line::default() };
        assert_eq!(line.json(), r#"{"event":"error","message":"m","hint":"h","status":1}"#);
    }
}
