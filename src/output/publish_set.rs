//! Publishes a staged output set, and removes what it replaces: files of the old set, and the held set.

use super::file_names::{NAMES, REPORT};
use super::publish::Moves;
use super::staging::Staging;
use crate::error::{Result, escape_path};
use crate::monitor::Monitor;
use std::borrow::Cow;

/// Publishes the staged set with these files, the commit marker last, and removes a held set, which is then out of
/// date.
///
/// # Errors
/// Those of [`Staging::publish`].
pub(crate) fn publish_set(
    staging: &mut Staging,
    names: Vec<Cow<'static, str>>,
    sync: bool,
    monitor: &Monitor,
) -> Result<()> {
    let missing: Vec<&str> = NAMES.into_iter().filter(|name| !names.iter().any(|new| new == name)).collect();
    // The old report is read only if a file may have to be moved away. Otherwise it does no harm that it cannot be
    // read.
    let exists = |name: &str| !matches!(staging.out().entry(name), Ok(None));
    let old_outputs = if missing.iter().any(|name| exists(name)) { staging.old_outputs(REPORT)? } else { vec![] };
    staging.publish(&Moves::of_set(names, &old_outputs), sync, monitor)?;
    staging.remove_held(monitor);
    for name in missing {
        if staging.out().entry(name).is_ok_and(|entry| entry.is_some()) {
            let path = escape_path(&staging.out().path_of(name));
            monitor.notice(format!("{path}: does not belong to this set and was left unchanged"));
        }
    }
    Ok(())
}
