//! What a verification says about held sets: that this set was accepted, or that another set is held beside it.

use crate::error::{Error, ErrorKind, Place, escape_path, shell_word};
use crate::exec::fingerprint::crc32_text;
use crate::monitor::Monitor;
use crate::output::file_names::{HELD_DIR, NAMES, REPORT, STAGING_DIR};
use crate::output::report_json::{Report, read_report};
use crate::output::report_limits::Outcome;
use std::path::Path;

/// Whether the directory is that of a held set: it has the name that a run gives it.
pub(super) fn is_held(dir: &Path, report: &Report) -> bool {
    let named = std::fs::canonicalize(dir).is_ok_and(|path| path.file_name().is_some_and(|name| name == HELD_DIR));
    named && report.outcome == Outcome::Held
}

/// The error for a directory without a published set, if a set is held in it.
pub(super) fn only_held(dir: &Path) -> Option<Error> {
    let held = dir.join(HELD_DIR);
    Report::read(&held.join(REPORT)).ok()?;
    let is_there = |name: &str| dir.join(name).symlink_metadata().is_ok();
    let interrupted = if is_there(STAGING_DIR) || NAMES.iter().any(|name| is_there(name)) {
        "no complete set is published: a publication was interrupted, or the report was removed"
    } else {
        "nothing is published"
    };
    let text = format!("{interrupted}; a set is held in {}", escape_path(&held));
    let (held, out) = (shell_word(&held), shell_word(dir));
    let hint = format!("check that set with `spendfold verify {held}`, or publish it with `spendfold accept {out}`");
    Some(Error::new(ErrorKind::NoReport, text).at(Place::file(dir)).hint(hint))
}

/// Adds notices about an acceptance, and about a set that is held beside this one.
pub(super) fn add_notices(dir: &Path, report: &Report, monitor: &Monitor) {
    if let Some(acceptance) = &report.acceptance {
        monitor.notice(format!("{}: {acceptance}", escape_path(dir)));
    }
    let held = dir.join(HELD_DIR);
    let Ok(waiting) = Report::read(&held.join(REPORT)) else { return };
    let limits: Vec<String> = waiting.exceeded.iter().map(ToString::to_string).collect();
    let published = read_report(&dir.join(REPORT)).ok().map(|text| crc32_text(&text));
    let stale = if published == waiting.run.held_against { "" } else { "; it is out of date and cannot be accepted" };
    monitor.notice(format!("{}: a set is held: {}{stale}", escape_path(&held), limits.join("; ")));
}
