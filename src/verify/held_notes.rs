//! What a verification says about held sets: that this set was accepted, or that another set is held beside it.

use crate::error::{Error, ErrorKind, Place, escape_path, shell_word};
use crate::exec::fingerprint::crc32_text;
use crate::monitor::Monitor;
use crate::output::file_names::{HELD_DIR, NAMES, REPORT};
use crate::output::leftovers::old_report_paths;
use crate::output::report_json::{RUN_AGAIN, Report, read_report};
use crate::output::report_limits::Outcome;
use std::path::Path;

/// The addition to a message about a held set that `accept` refuses.
const STALE: &str = "; it is out of date and cannot be accepted";

/// Whether the directory is that of a held set: it has the name that a run gives it.
pub(super) fn is_held(dir: &Path, report: &Report) -> bool {
    let named = std::fs::canonicalize(dir).is_ok_and(|path| path.file_name().is_some_and(|name| name == HELD_DIR));
    named && report.outcome == Outcome::Held
}

/// The error for a directory without a published set, if a set is held in it.
pub(super) fn only_held(dir: &Path) -> Option<Error> {
    let held = dir.join(HELD_DIR);
    let waiting = Report::read(&held.join(REPORT)).ok()?;
    let is_there = |name: &str| dir.join(name).symlink_metadata().is_ok();
    let interrupted = if NAMES.iter().any(|name| is_there(name)) {
        "no complete set is published: a publication was interrupted, or the report was removed"
    } else {
        "nothing is published"
    };
    // What was published before a killed run: an acceptance compares the held set with it.
    let old = old_report_paths(dir).iter().find_map(|path| read_report(path).ok()).map(|text| crc32_text(&text));
    let stale = if old == waiting.run.held_against { "" } else { STALE };
    let text = format!("{interrupted}; a set is held in {}{stale}", escape_path(&held));
    let (held, out) = (shell_word(&held), shell_word(dir));
    let hint = match stale {
        "" => format!("check that set with `spendfold verify {held}`, or publish it with `spendfold accept {out}`"),
        _ => RUN_AGAIN.to_owned(),
    };
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
    let crc32 = |dir: &Path| read_report(&dir.join(REPORT)).ok().map(|text| crc32_text(&text));
    let accepted = report.acceptance.as_ref().map(|acceptance| &acceptance.held_report_crc32);
    let note = if accepted.is_some() && accepted == crc32(&held).as_ref() {
        format!("; it is the set that was accepted; `spendfold accept {}` removes it", shell_word(dir))
    } else if crc32(dir) == waiting.run.held_against {
        String::new()
    } else {
        STALE.to_owned()
    };
    monitor.notice(format!("{}: a set is held: {}{note}", escape_path(&held), limits.join("; ")));
}
