//! A generated pair is published like any other set: failures and kills while it is made.

use crate::common::{Case, Files, PROGRAM, files, stderr_text};
use crate::rules::have;
use std::process::{Command, Output};

/// The arguments to generate a pair with a seed and a number of parts.
fn arguments(seed: &str, parts: &str) -> Vec<String> {
    let args =
        ["generate", "-q", "-t", "1", "--customers", "20", "--purchases", "50", "--seed", seed, "--parts", parts];
    args.into_iter().chain(["-o", "out"]).map(str::to_owned).collect()
}

/// A folder with a pair of three parts, and the expected next pair, of two parts.
struct Pairs {
    case: Case,
    old: Files,
    new: Files,
}

impl Pairs {
    fn new() -> Self {
        let case = Case::small();
        let made = |seed, parts| {
            let _ = std::fs::remove_dir_all(case.path("out"));
            let output = case.spendfold().args(arguments(seed, parts)).output().expect("starts");
            assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
            files(&case.path("out"))
        };
        let new = made("2", "2");
        let old = made("1", "3");
        assert_eq!((old.len(), new.len()), (5, 4));
        Self { case, old, new }
    }

    /// Restores the old pair, then generates the new pair with a fault.
    fn with(&self, fault: &str) -> Output {
        let _ = std::fs::remove_dir_all(self.case.path("out"));
        std::fs::create_dir(self.case.path("out")).expect("made");
        for (name, bytes) in &self.old {
            std::fs::write(self.case.path("out").join(name), bytes).expect("written");
        }
        let mut strace: Command = self.case.other("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={fault}"), PROGRAM]);
        strace.args(arguments("2", "2")).output().expect("starts")
    }

    fn found(&self) -> Files {
        files(&self.case.path("out"))
    }
}

#[test]
fn a_call_that_fails_leaves_the_old_pair_or_the_new_one() {
    if !have("strace", "a pair whose calls fail") {
        return;
    }
    let pairs = Pairs::new();
    for (call, error) in [("write", "ENOSPC"), ("renameat2", "EIO"), ("mkdirat", "ENOSPC"), ("flock", "ENOLCK")] {
        let mut failed = 0;
        for number in 1..100 {
            let fault = format!("{call}:error={error}:when={number}");
            let output = pairs.with(&fault);
            if output.status.code() == Some(0) {
                assert!(pairs.found() == pairs.new, "{fault}: not the new pair");
                break;
            }
            failed += 1;
            assert_eq!(output.status.code(), Some(1), "{fault}: {}", stderr_text(&output));
            assert!(pairs.found() == pairs.old, "{fault}: not the old pair");
            assert!(pairs.case.leftovers().is_empty(), "{fault}");
        }
        assert!((1..99).contains(&failed), "{call}: {failed}");
    }
}

/// No part of the old pair may remain, even if it had more parts than the new one.
#[test]
fn a_kill_between_the_moves_is_repaired_by_the_next_pair() {
    if !have("strace", "a pair that is killed") {
        return;
    }
    let pairs = Pairs::new();
    let mut killed = 0;
    for number in 1..100 {
        let fault = format!("renameat2:signal=KILL:when={number}");
        if pairs.with(&fault).status.success() {
            break;
        }
        killed += 1;
        for (name, bytes) in pairs.found() {
            let whole = [&pairs.old, &pairs.new].into_iter().any(|pair| pair.get(&name) == Some(&bytes));
            assert!(whole, "{fault}: {name:?} is half a file");
        }
        let again = pairs.case.spendfold().args(arguments("2", "2")).output().expect("starts");
        assert_eq!(again.status.code(), Some(0), "{fault}: {}", stderr_text(&again));
        assert!(pairs.found() == pairs.new, "{fault}: {:?}", pairs.found().keys());
        assert!(pairs.case.leftovers().is_empty(), "{fault}");
    }
    assert!(killed >= 5, "each file is moved: {killed}");
}
