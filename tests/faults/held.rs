//! Faults while a set is held, and while a held set is accepted: at any time the published set and the held set are
//! both whole, and the next run or acceptance completes what was begun.

use crate::common::{CUSTOMERS, Case, Files, PROGRAM, PURCHASES, RUN, comparable, files, stderr_text};
use crate::kills::Dice;
use crate::rules::{have, soak};
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Output, Stdio};

/// One rejected record.
const DIRTY: &str = "customer_id,product,price\n1,Pen,0.10\n2,Ink,x\n9,Lost,5\n";
/// Another rejected record.
const OLDER: &str = "customer_id,product,price\n3,Cup,y\n";

/// What the program does to the held set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A run holds its set, beside a published set and in place of an older held one.
    Hold,
    /// The held set is accepted.
    Accept,
    /// A run within the limits publishes its set and removes the held one.
    Publish,
}

/// A directory before a step, and the sets after it.
pub(crate) struct Sets {
    pub(crate) case: Case,
    step: Step,
    args: Vec<&'static str>,
    /// The published and the held set before the step.
    pub(crate) old: [Files; 2],
    /// The same after it, without `run` and `acceptance` of the reports.
    pub(crate) new: [Files; 2],
}

impl Sets {
    pub(crate) fn new(step: Step, more: &[&'static str]) -> Self {
        let case = Case::new(CUSTOMERS, PURCHASES);
        assert_eq!(case.ran(&["--join", "inner", "--age-groups", "All=0+"]).status.code(), Some(0));
        case.write("p.csv", if step == Step::Accept { DIRTY } else { OLDER });
        assert_eq!(case.ran(&[]).status.code(), Some(3));
        case.write("p.csv", if step == Step::Publish { PURCHASES } else { DIRTY });
        let mut args = match step {
            Step::Accept => vec!["accept", "-q", "out"],
            Step::Hold | Step::Publish => [&RUN[..], &["-t", "1"]].concat(),
        };
        args.extend(more);
        let old = found(&case);
        let mut sets = Self { case, step, args, old, new: Default::default() };
        let output = sets.command().output().expect("starts");
        assert_eq!(output.status.code(), Some(sets.done()), "{}", stderr_text(&output));
        sets.new = found(&sets.case).map(without_times);
        sets
    }

    /// The status of a step that succeeds.
    pub(crate) fn done(&self) -> i32 {
        if self.step == Step::Hold { 3 } else { 0 }
    }

    pub(crate) fn reset(&self) {
        let out = self.case.path("out");
        let _ = fs::remove_dir_all(&out);
        fs::create_dir_all(out.join("held")).expect("made");
        for (dir, set) in [out.clone(), out.join("held")].iter().zip(&self.old) {
            for (name, bytes) in set {
                fs::write(dir.join(name), bytes).expect("written");
            }
        }
    }

    fn command(&self) -> Command {
        let mut command = self.case.spendfold();
        command.args(&self.args);
        command
    }

    pub(crate) fn behind(&self, strace: &[String]) -> Output {
        let mut command = self.case.other("env");
        command.args(["--default-signal=HUP", "strace", "-f", "-qq", "-o", "trace"]).args(strace).arg(PROGRAM);
        command.args(&self.args).output().expect("starts")
    }

    /// Runs the step with this injection. `None` if it was not reached.
    fn inject(&self, call: &str, what: &str) -> Option<Output> {
        self.reset();
        let output = self.behind(&["-e".into(), format!("trace={call}"), "-e".into(), format!("inject={what}")]);
        let hit = self.case.read("trace").contains("(INJECTED)") || output.status.code().is_none();
        hit.then_some(output)
    }

    /// Both sets are as they were.
    fn assert_clean(&self, what: &str) {
        let [published, held] = found(&self.case);
        assert!(published == self.old[0], "{what}: the published set changed: {:?}", published.keys());
        assert!(held == self.old[1], "{what}: the held set changed: {:?}", held.keys());
    }

    fn assert_done(&self, what: &str) {
        let sets = found(&self.case).map(without_times);
        assert!(sets[0] == self.new[0], "{what}: another published set: {:?}", sets[0].keys());
        assert!(sets[1] == self.new[1], "{what}: another held set: {:?}", sets[1].keys());
    }

    /// Each set is whole: the old one or the new one. Only while a set is being published may files be mixed, without a
    /// report; the held set is then as it was.
    fn assert_whole(&self, what: &str) {
        let [published, held] = found(&self.case);
        let new_held = self.new[1] == without_times(held.clone());
        assert!(held == self.old[1] || new_held, "{what}: a held set that is neither: {:?}", held.keys());
        let (is_old, is_new) =
            (published == self.old[0], without_times(published.clone()) == self.new[0] && has_report(&published));
        match self.step {
            Step::Hold => assert!(is_old, "{what}: the published set changed"),
            _ if is_old || is_new => {}
            _ => {
                assert!(!has_report(&published), "{what}: a report beside {:?}", published.keys());
                assert!(held == self.old[1], "{what}: a mixed set, and the held one changed");
            }
        }
    }

    /// The step succeeds afterwards and leaves nothing behind.
    fn assert_completed(&self, what: &str) {
        let output = self.command().output().expect("starts");
        let code = output.status.code();
        // The step may have been complete before the kill; then nothing is held.
        let was_complete =
            self.step == Step::Accept && code == Some(2) && stderr_text(&output).contains("was accepted");
        assert!(code == Some(self.done()) || was_complete, "{what}: again: {}", stderr_text(&output));
        self.assert_done(what);
        assert!(self.case.leftovers().is_empty(), "{what}: {:?}", self.case.leftovers());
    }
}

/// The published and the held set.
pub(crate) fn found(case: &Case) -> [Files; 2] {
    let mut published = case.files();
    // A directory is listed like a file.
    published.remove(OsStr::new("held"));
    [published, files(&case.path("out/held"))]
}

pub(crate) fn without_times(set: Files) -> Files {
    let mut set = comparable(set);
    if let Some(report) = set.get_mut(OsStr::new("report.json")) {
        let mut json: serde_json::Value = serde_json::from_slice(report).expect("JSON");
        if let Some(acceptance) = json.get_mut("acceptance") {
            acceptance["time"].take();
            acceptance["held_report_crc32"].take();
        }
        *report = json.to_string().into_bytes();
    }
    set
}

pub(crate) fn has_report(files: &Files) -> bool {
    files.contains_key(OsStr::new("report.json"))
}

const STEPS: [Step; 3] = [Step::Hold, Step::Accept, Step::Publish];
/// More calls than a step makes.
pub(crate) const MAX_CALLS: usize = 400;

#[test]
fn the_nth_call_fails() {
    if !have("strace", "the Nth call of holding and accepting fails") {
        return;
    }
    // calls.rs has a publication with `--sync`.
    let steps = [
        (Step::Hold, &[][..]),
        (Step::Hold, &["--sync"]),
        (Step::Accept, &[]),
        (Step::Accept, &["--sync"]),
        (Step::Publish, &[]),
    ];
    for (step, more) in steps {
        let sets = Sets::new(step, more);
        let mut failed = 0;
        for (call, error) in [
            ("write", "ENOSPC"),
            ("openat", "EMFILE"),
            ("close", "EDQUOT"),
            ("fsync", "EIO"),
            ("renameat2", "EIO"),
            ("renameat", "EIO"),
            ("linkat", "EIO"),
            ("mkdirat", "ENOSPC"),
            ("unlinkat", "EIO"),
            ("newfstatat", "EIO"),
            ("getdents64", "EIO"),
        ] {
            for later in ["", "+"] {
                for number in 1..MAX_CALLS {
                    let what = format!("{step:?} {more:?} {call}:error={error}:when={number}{later}");
                    let Some(output) = sets.inject(call, &format!("{call}:error={error}:when={number}{later}")) else {
                        break;
                    };
                    let text = stderr_text(&output);
                    assert!(!text.contains("panicked"), "{what}: {text}");
                    match output.status.code() {
                        Some(code) if code == sets.done() => sets.assert_whole(&what),
                        // 127: the dynamic loader failed.
                        Some(1 | 2 | 127) => {
                            failed += 1;
                            sets.assert_clean(&what);
                        }
                        other => panic!("{what}: {other:?} {text}"),
                    }
                    if number % 3 == 0 {
                        sets.assert_completed(&what);
                    }
                }
            }
        }
        println!("{step:?} {more:?}: {failed} failed, each clean");
        assert!(failed > 30, "{step:?}: only {failed} failures: nothing was injected?");
    }
}

#[test]
fn kills_at_every_call() {
    if !have("strace", "kills at every call of holding and accepting") {
        return;
    }
    for step in STEPS {
        let sets = Sets::new(step, &[]);
        let mut killed = 0;
        for call in ["write", "openat", "renameat2", "renameat", "linkat", "unlinkat", "mkdirat", "getdents64"] {
            for number in 1..MAX_CALLS {
                let what = format!("{step:?}: killed at {call} {number}");
                let Some(_) = sets.inject(call, &format!("{call}:signal=KILL:when={number}")) else { break };
                killed += 1;
                sets.assert_whole(&what);
                sets.assert_completed(&what);
            }
        }
        println!("{step:?}: {killed} kills");
        assert!(killed > 30, "{step:?}: only {killed} kills");
    }
}

#[test]
fn kills_at_random_times() {
    let mut dice = Dice::new();
    for step in STEPS {
        let sets = Sets::new(step, &[]);
        for _ in 0..20 * soak() {
            sets.reset();
            let wait = dice.below(30_000);
            let mut child = sets.command().stderr(Stdio::null()).spawn().expect("starts");
            std::thread::sleep(std::time::Duration::from_micros(wait));
            // The process may have ended already.
            let _ = child.kill();
            child.wait().expect("ends");
            let what = format!("{step:?}: killed after {wait} µs");
            sets.assert_whole(&what);
            sets.assert_completed(&what);
        }
    }
}

/// Without `RENAME_EXCHANGE` and `RENAME_NOREPLACE`, with and without hard links: plain moves and copies.
#[test]
fn file_systems_without_an_exchange_or_hard_links() {
    if !have("strace", "holding without an exchange") {
        return;
    }
    for step in STEPS {
        let sets = Sets::new(step, &[]);
        for never in [&["renameat2:error=EINVAL"][..], &["renameat2:error=EINVAL", "linkat:error=EPERM"]] {
            let injections: Vec<String> =
                never.iter().flat_map(|what| ["-e".to_owned(), format!("inject={what}")]).collect();
            sets.reset();
            let output = sets.behind(&injections);
            assert_eq!(output.status.code(), Some(sets.done()), "{step:?} {never:?}: {}", stderr_text(&output));
            sets.assert_done(&format!("{step:?} {never:?}"));
            for fault in ["error=EIO", "signal=KILL"] {
                for number in 1..MAX_CALLS {
                    let what = format!("{step:?} {never:?} renameat:{fault}:when={number}");
                    sets.reset();
                    let fault = format!("inject=renameat:{fault}:when={number}");
                    let output = sets.behind(&[&injections[..], &["-e".into(), fault]].concat());
                    match output.status.code() {
                        Some(code) if code == sets.done() => {
                            sets.assert_whole(&what);
                            break;
                        }
                        Some(1) => sets.assert_clean(&what),
                        // Killed: between two moves the held set is missing, until the step is completed.
                        None if number % 2 == 0 => {}
                        // Another run, which fails, moves it back.
                        None => {
                            let mut command = sets.case.spendfold();
                            command.args(["run", "-q", "-c", "missing.csv", "-p", "p.csv", "-o", "out"]);
                            assert_eq!(command.output().expect("starts").status.code(), Some(1), "{what}");
                            sets.assert_whole(&what);
                        }
                        other => panic!("{what}: {other:?}: {}", stderr_text(&output)),
                    }
                    sets.assert_completed(&what);
                }
            }
        }
    }
}

/// A file that appears in the older held set while the run is at work is not removed.
#[test]
fn a_file_that_appears_in_held_fails_the_run() {
    let sets = Sets::new(Step::Hold, &[]);
    sets.reset();
    let pipe = sets.case.fifo("pipe");
    let mut args: Vec<&str> = sets.args.clone();
    let place = args.iter().position(|arg| *arg == "p.csv").expect("there");
    args[place] = "pipe";
    let child = sets.case.spendfold().args(&args).stderr(Stdio::piped()).spawn().expect("starts");
    // The run has opened the pipe once this returns, and has checked the directory before.
    let mut writer = fs::OpenOptions::new().write(true).open(pipe).expect("opened");
    sets.case.write("out/held/notes.txt", "mine");
    std::io::Write::write_all(&mut writer, DIRTY.as_bytes()).expect("written");
    drop(writer);
    let output = child.wait_with_output().expect("ends");
    let text = stderr_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("out/held: has files that are not part of the held set: notes.txt\n"), "{text}");
    assert_eq!(sets.case.read("out/held/notes.txt"), "mine");
    fs::remove_file(sets.case.path("out/held/notes.txt")).expect("removed");
    sets.assert_clean("a file that appears");
    assert!(sets.case.leftovers().is_empty());
}

/// A run that holds its set excludes an acceptance, and the other way round.
#[test]
fn the_lock_excludes_an_acceptance() {
    let sets = Sets::new(Step::Accept, &[]);
    sets.reset();
    let lock = fs::File::open(sets.case.path("out")).expect("opened");
    lock.lock().expect("locked");
    let output = sets.command().output().expect("starts");
    let text = stderr_text(&output);
    assert!(output.status.code() == Some(1) && text.starts_with("out: another run is writing"), "{text}");
    sets.assert_clean("locked");
}

/// The held set is on the disk before it gets its name, and the accepted files before they are published.
#[test]
fn sync_comes_before_the_names() {
    if !have("strace", "the order of syncs of a held set") {
        return;
    }
    let trace = |sets: &Sets| {
        sets.reset();
        let output = sets.behind(&["-y".into(), "-e".into(), "trace=fsync,renameat2".into()]);
        assert_eq!(output.status.code(), Some(sets.done()), "{}", stderr_text(&output));
        let lines = sets.case.read("trace");
        lines
            .lines()
            .map(|line| line.split_once(' ').map_or("", |(_, call)| call.trim()).to_owned())
            .collect::<Vec<_>>()
    };
    let sets = Sets::new(Step::Hold, &["--sync"]);
    let calls = trace(&sets);
    let exchange = calls.iter().position(|call| call.contains("RENAME_EXCHANGE")).expect("an exchange");
    let synced =
        |calls: &[String], path: &str| calls.iter().any(|call| call.starts_with("fsync(") && call.contains(path));
    for name in sets.new[1].keys() {
        assert!(synced(&calls[..exchange], &format!("staging/{}>", name.display())), "{name:?}: {calls:?}");
    }
    assert!(synced(&calls[..exchange], "staging/held>"), "{calls:?}");
    assert!(synced(&calls[exchange..], "/out>"), "{calls:?}");

    let sets = Sets::new(Step::Accept, &["--sync"]);
    let calls = trace(&sets);
    let first = calls.iter().position(|call| call.starts_with("renameat2(")).expect("a move");
    for name in sets.new[0].keys() {
        assert!(synced(&calls[..first], &format!("staging/{}>", name.display())), "{name:?}: {calls:?}");
    }
}
