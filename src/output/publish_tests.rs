use super::*;
use crate::fs::directory::Dir;
use crate::output::file_names::{COMBINED, REPORT};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// An output directory with a staged set in it.
struct Case {
    place: tempfile::TempDir,
    out: Dir,
    staging: Dir,
    files: Vec<StagedName>,
}

impl Case {
    /// An output directory that holds `old` under each name, if given, and a staged set.
    fn new(old: Option<&str>) -> Self {
        let place = tempfile::tempdir().expect("a directory");
        if let Some(text) = old {
            write_all(place.path(), text);
        }
        fs::create_dir(place.path().join("staging")).expect("made");
        write_all(&place.path().join("staging"), "new");
        let out = Dir::open(place.path()).expect("opened");
        let staging = out.child("staging").expect("opened");
        let id = |name| staging.entry(name).expect("there").expect("there").id;
        let files = NAMES.map(|name| StagedName { name: name.into(), id: id(name), _pin: None }).into();
        Self { place, out, staging, files }
    }

    fn publish(&self, no_clobber: bool, sync: bool, monitor: &Monitor) -> Outcome {
        let Self { out, staging, files, .. } = self;
        let mover = Mover { out, staging, no_clobber };
        let publication = Publication { mover, files, sync, monitor };
        publication.plan(&Moves::of_set(NAMES.map(Cow::Borrowed).to_vec(), &[])).expect("all are staged").run()
    }

    fn fails(&self, no_clobber: bool) -> String {
        let published = self.publish(no_clobber, false, &Monitor::new());
        assert!(published.complete);
        let error = published.result.expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Output);
        error.to_string()
    }

    fn texts(&self) -> Vec<Option<String>> {
        NAMES.map(|name| fs::read_to_string(self.path(name)).ok()).to_vec()
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.place.path().join(name)
    }
}

/// The names of a set without combined data.
fn without_combined() -> Vec<Cow<'static, str>> {
    NAMES.into_iter().filter(|name| *name != COMBINED).map(Cow::Borrowed).collect()
}

fn write_all(dir: &Path, text: &str) {
    for name in NAMES {
        fs::write(dir.join(name), text).expect("written");
    }
}

fn all(text: &str) -> Vec<Option<String>> {
    vec![Some(text.to_owned()); NAMES.len()]
}

#[test]
fn a_publication_replaces_every_file() {
    for old in [None, Some("old")] {
        for sync in [false, true] {
            let case = Case::new(old);
            let published = case.publish(false, sync, &Monitor::new());
            published.result.expect("published");
            assert!(published.complete);
            assert_eq!(case.texts(), all("new"));
        }
    }
}

#[test]
fn a_missing_or_replaced_staged_file_restores_the_old_set() {
    for missing in NAMES {
        for replaced in [false, true] {
            let case = Case::new(Some("old"));
            let staged = case.path("staging").join(missing);
            fs::rename(&staged, case.path("elsewhere")).expect("moved");
            if replaced {
                fs::write(&staged, "foreign").expect("written");
            }
            let text = case.fails(false);
            assert!(text.contains(&format!("staging/{missing}: was replaced or removed by another program")), "{text}");
            assert_eq!(case.texts(), all("old"), "{missing}");
        }
    }
}

#[test]
fn a_failure_leaves_absent_names_absent() {
    let case = Case::new(None);
    fs::remove_file(case.path("staging").join(REPORT)).expect("removed");
    case.fails(false);
    assert_eq!(case.texts(), vec![None; NAMES.len()]);
}

#[test]
fn a_signal_before_the_last_move_restores_the_old_set() {
    let case = Case::new(Some("old"));
    let monitor = Monitor::new();
    monitor.cancel_token().signal_number().store(2, std::sync::atomic::Ordering::Relaxed);
    let error = case.publish(false, false, &monitor).result.expect_err("interrupted");
    assert_eq!(error.exit_status(), 130);
    assert_eq!(case.texts(), all("old"));
}

/// Tested for each name and for two kinds of entry.
#[test]
fn an_entry_that_appears_during_the_run_is_left_untouched() {
    for name in NAMES {
        for (kind, what) in [("directory", "a directory"), ("link", "a symbolic link")] {
            let case = Case::new(Some("old"));
            let path = case.path(name);
            fs::remove_file(&path).expect("removed");
            fs::write(case.path("target"), "mine").expect("written");
            match kind {
                "directory" => fs::create_dir(&path).and_then(|()| fs::write(path.join("file"), "mine")).expect("made"),
                _ => symlink("target", &path).expect("linked"),
            }
            let text = case.fails(false);
            assert!(text.contains(&format!("{name}: became {what} during the run")), "{text}");
            match kind {
                "directory" => assert_eq!(fs::read_to_string(path.join("file")).expect("there"), "mine"),
                _ => assert_eq!(fs::read_link(&path).expect("a link"), Path::new("target")),
            }
            assert_eq!(fs::read_to_string(case.path("target")).expect("there"), "mine");
            for other in NAMES.into_iter().filter(|other| *other != name) {
                assert_eq!(fs::read_to_string(case.path(other)).expect("there"), "old");
            }
        }
    }
}

#[test]
fn no_clobber_is_checked_at_the_move() {
    for name in NAMES {
        let case = Case::new(None);
        fs::write(case.path(name), "mine").expect("written");
        let text = case.fails(true);
        assert!(text.contains(&format!("{name}: was created during the run, and no_clobber is given")), "{text}");
        let texts = NAMES.map(|other| (other == name).then(|| "mine".to_owned())).to_vec();
        assert_eq!(case.texts(), texts);
    }
}

/// A rollback never removes a file that another program moved to a name after our move.
#[test]
fn a_rollback_leaves_foreign_files() {
    for old in [None, Some("old")] {
        let case = Case::new(old);
        let Case { out, staging, files, .. } = &case;
        let mover = Mover { out, staging, no_clobber: false };
        let name = Name { name: NAMES[0].to_owned(), away: "away".to_owned() };
        let mut done = vec![];
        mover.move_in(&name, files[0].id, &mut done).expect("moved");
        fs::write(case.path("foreign"), "mine").expect("written");
        fs::rename(case.path("foreign"), case.path(NAMES[0])).expect("moved");
        // If there was no old file, there is nothing to restore. If there was one, it cannot be restored.
        assert_eq!(mover.undo(&done[0]), old.is_none());
        assert_eq!(fs::read_to_string(case.path(NAMES[0])).expect("there"), "mine");
    }
    let case = Case::new(Some("old"));
    let mover = Mover { out: &case.out, staging: &case.staging, no_clobber: false };
    let name = Name { name: NAMES[0].to_owned(), away: "away".to_owned() };
    let mut done = vec![];
    mover.move_away(&name, &mut done).expect("moved");
    fs::write(case.path(NAMES[0]), "mine").expect("written");
    assert!(!mover.undo(&done[0]));
    assert_eq!(fs::read_to_string(case.path(NAMES[0])).expect("there"), "mine");
    assert_eq!(fs::read_to_string(case.path("staging/away")).expect("there"), "old");
}

#[test]
fn stale_files_are_moved_away_and_restored() {
    let moves = Moves::of_set(without_combined(), &[COMBINED.to_owned()]);
    assert_eq!(moves.stale, [COMBINED]);
    assert!(Moves::of_set(NAMES.map(Cow::Borrowed).to_vec(), &[COMBINED.to_owned()]).stale.is_empty());
    assert!(Moves::of_set(without_combined(), &[REPORT.to_owned()]).stale.is_empty());
    for fail in [false, true] {
        let case = Case::new(Some("old"));
        let Case { out, staging, files, .. } = &case;
        if fail {
            fs::remove_file(case.path("staging").join(REPORT)).expect("removed");
        }
        let monitor = Monitor::new();
        let mover = Mover { out, staging, no_clobber: false };
        let publication = Publication { mover, files, sync: true, monitor: &monitor };
        let published = publication.plan(&moves).expect("all are staged").run();
        assert_eq!(published.result.is_err(), fail);
        assert_eq!(case.path(COMBINED).exists(), fail);
        if fail {
            assert_eq!(case.texts(), all("old"));
        }
    }
}
