//! What a verification says about held sets: that this set was accepted, or that another set is held beside it.

use crate::error::{Error, ErrorKind, Place, escape_path, shell_word};
use crate::monitor::Monitor;
use crate::output::file_names::{HELD_DIR, REPORT};
use crate::output::report_json::Report;
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
    let text = format!("nothing is published; a set is held in {}", escape_path(&held));
    let (held, out) = (shell_word(&held), shell_word(dir));
    let hint = format!("`spendfold verify {held}` checks that set, and `spendfold accept {out}` publishes it");
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
    monitor.notice(format!("{}: another set is held there: {}", escape_path(&held), limits.join("; ")));
}
