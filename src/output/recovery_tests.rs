use super::*;
use crate::output::file_names::{CHART, COMBINED, REJECTS, SPENDING};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const OLD: [&str; 4] = [COMBINED, SPENDING, CHART, REJECTS];

/// The report of a set whose files contain `text` and their name.
fn report(names: &[&str], text: &str) -> String {
    let outputs: Vec<_> = names
        .iter()
        .map(|name| {
            let content = format!("{text} {name}");
            let crc = format!("{:08x}", crc32fast::hash(content.as_bytes()));
            serde_json::json!({"path": name, "bytes": content.len(), "crc32": crc})
        })
        .collect();
    serde_json::json!({"run": {"spendfold": "0.1.0"}, "text": text, "outputs": outputs}).to_string()
}

fn write(dir: &Path, names: &[&str], text: &str) {
    for name in names {
        fs::write(dir.join(name), format!("{text} {name}")).expect("written");
    }
}

fn contents(dir: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(dir).expect("readable").map(|entry| entry.expect("readable"));
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|entry| {
            let name = entry.file_name().into_string().expect("UTF-8");
            let text = fs::read_to_string(entry.path()).expect("readable");
            (name, text)
        })
        .collect()
}

/// An output directory with an old set, and a staged set of the files `new`.
fn case(new: &[&str]) -> (tempfile::TempDir, BTreeMap<String, String>) {
    let place = tempfile::tempdir().expect("a directory");
    let (out, staging) = (place.path(), place.path().join(STAGING_DIR));
    fs::create_dir(&staging).expect("made");
    write(out, &OLD, "old");
    fs::write(out.join(REPORT), report(&OLD, "old")).expect("written");
    let before = contents(out);
    write(&staging, new, "new");
    fs::write(staging.join(REPORT), report(new, "new")).expect("written");
    fs::rename(out.join(REPORT), staging.join(away_name(REPORT))).expect("moved");
    (place, before)
}

fn rolled_back(place: &Path) -> BTreeMap<String, String> {
    roll_back_killed(&Dir::open(place).expect("opened"), &Monitor::new()).expect("rolled back");
    contents(place)
}

#[test]
fn a_publication_killed_after_any_move_is_rolled_back() {
    for moved in 0..=OLD.len() {
        let (place, before) = case(&OLD);
        let staging = place.path().join(STAGING_DIR);
        for name in &OLD[..moved] {
            fs::rename(place.path().join(name), staging.join("aside")).expect("moved");
            fs::rename(staging.join(name), place.path().join(name)).expect("moved");
            fs::rename(staging.join("aside"), staging.join(name)).expect("moved");
        }
        assert_eq!(rolled_back(place.path()), before, "{moved}");
        // Nothing is left to do.
        assert_eq!(rolled_back(place.path()), before, "{moved}");
    }
}

/// On a file system without an exchange, the old file gets another name in the staging directory.
#[test]
fn old_files_are_found_under_each_name() {
    for away in [replaced_name, away_name] {
        for arrived in [false, true] {
            let (place, before) = case(&OLD);
            let staging = place.path().join(STAGING_DIR);
            fs::rename(place.path().join(CHART), staging.join(away(CHART))).expect("moved");
            if arrived {
                fs::rename(staging.join(CHART), place.path().join(CHART)).expect("moved");
            }
            assert_eq!(rolled_back(place.path()), before);
        }
    }
}

/// Without combined data in the old set, and with a file of that name that belongs to somebody else.
#[test]
fn new_files_at_names_that_the_old_set_lacks_are_moved_away() {
    let (place, mut before) = case(&NAMES[..NAMES.len() - 1]);
    let (out, staging) = (place.path(), place.path().join(STAGING_DIR));
    let without: Vec<&str> = OLD.into_iter().filter(|name| *name != COMBINED).collect();
    fs::write(staging.join(away_name(REPORT)), report(&without, "old")).expect("written");
    before.insert(REPORT.to_owned(), report(&without, "old"));
    for foreign in [false, true] {
        // The new file came to its name, by an exchange if there was another.
        fs::write(out.join(COMBINED), format!("new {COMBINED}")).expect("written");
        match foreign {
            true => fs::write(staging.join(COMBINED), "of somebody").expect("written"),
            false => fs::remove_file(staging.join(COMBINED)).expect("removed"),
        }
        match foreign {
            true => before.insert(COMBINED.to_owned(), "of somebody".to_owned()),
            false => before.remove(COMBINED),
        };
        assert_eq!(rolled_back(out), before, "{foreign}");
        fs::rename(out.join(REPORT), staging.join(away_name(REPORT))).expect("moved");
    }
}

/// On a file system with hard links only, the new file has both names.
#[test]
fn a_new_file_that_came_as_a_hard_link_is_moved_away() {
    let (place, mut before) = case(&NAMES[..NAMES.len() - 1]);
    let (out, staging) = (place.path(), place.path().join(STAGING_DIR));
    let without: Vec<&str> = OLD.into_iter().filter(|name| *name != COMBINED).collect();
    for foreign in [false, true] {
        fs::write(staging.join(away_name(REPORT)), report(&without, "old")).expect("written");
        fs::write(staging.join(COMBINED), format!("new {COMBINED}")).expect("written");
        let _ = fs::remove_file(out.join(REPORT));
        let _ = fs::remove_file(out.join(COMBINED));
        fs::hard_link(staging.join(COMBINED), out.join(COMBINED)).expect("linked");
        before.insert(REPORT.to_owned(), report(&without, "old"));
        match foreign {
            true => {
                // A file of somebody was moved away before.
                fs::write(staging.join(replaced_name(COMBINED)), "of somebody").expect("written");
                before.insert(COMBINED.to_owned(), "of somebody".to_owned());
            }
            false => drop(before.remove(COMBINED)),
        }
        assert_eq!(rolled_back(out), before, "{foreign}");
    }
}

#[test]
fn a_cancelled_recovery_changes_nothing() {
    let (place, _) = case(&OLD);
    let monitor = Monitor::new();
    monitor.cancel_token().cancel();
    let found = contents(place.path());
    let error = roll_back_killed(&Dir::open(place.path()).expect("opened"), &monitor).expect_err("cancelled");
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(contents(place.path()), found);
}

#[test]
fn nothing_changes_unless_the_old_set_is_whole() {
    // A file is gone, or another program has changed it.
    for changed in [false, true] {
        let (place, _) = case(&OLD);
        match changed {
            true => fs::write(place.path().join(REJECTS), "old rejects.txt").expect("written"),
            false => fs::remove_file(place.path().join(REJECTS)).expect("removed"),
        }
        let found = contents(place.path());
        assert_eq!(rolled_back(place.path()), found);
    }
    // The publication was complete.
    let (place, _) = case(&OLD);
    write(place.path(), &OLD, "new");
    fs::write(place.path().join(REPORT), report(&OLD, "new")).expect("written");
    let found = contents(place.path());
    assert_eq!(rolled_back(place.path()), found);
}
