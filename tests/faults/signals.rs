//! Signals and kills at each system call of a run in turn, injected by strace.

use crate::calls::{inject, own_calls};
use crate::common::stderr_text;
use crate::rules::{Before, have};

/// A signal at each write, open and rename: either the run is interrupted, or the complete new set is published.
#[test]
fn a_signal_at_each_call() {
    if !have("strace", "signals at each call") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    for (signal, status) in [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)] {
        let mut interrupted = 0;
        for call in ["write", "openat", "renameat2"] {
            let (first, end) = own_calls(&before, call);
            for number in first..end {
                let what = format!("{call}:signal={signal}:when={number}");
                let output = inject(&before, &what);
                match output.status.code() {
                    Some(0) => before.assert_exact(&what),
                    code => {
                        assert_eq!(code, Some(status), "{what}: {}", stderr_text(&output));
                        assert!(
                            stderr_text(&output).contains("nothing was published"),
                            "{what}: {}",
                            stderr_text(&output)
                        );
                        before.assert_clean(&what);
                        assert!(before.case.leftovers().is_empty(), "{what}");
                        interrupted += 1;
                    }
                }
            }
        }
        println!("{signal}: {interrupted} runs interrupted, each CLEAN");
        assert!(interrupted > 5, "{signal}: {interrupted}");
    }
}

/// SIGKILL at each call that changes the file system.
#[test]
fn a_kill_at_each_call_of_the_publication() {
    if !have("strace", "SIGKILL at each call") {
        return;
    }
    let runs = [&["-t", "1"][..], &["-t", "1", "--sync"], &["-t", "1", "--no-combined"]];
    kill_at_each_call(runs.map(Before::small));
}

/// Kills each run at each of its calls. The old or the new set must be whole, and the next run must succeed.
pub(crate) fn kill_at_each_call(runs: impl IntoIterator<Item = Before>) {
    let (mut kills, mut mixed) = (0, 0);
    for (run, before) in runs.into_iter().enumerate() {
        for call in ["write", "openat", "renameat2", "fsync", "unlinkat", "mkdirat"] {
            let (first, end) = own_calls(&before, call);
            for number in first..end {
                let what = format!("run {run}, {call}:signal=KILL:when={number}");
                let output = inject(&before, &format!("{call}:signal=KILL:when={number}"));
                assert!(!output.status.success(), "{what}: {}", stderr_text(&output));
                kills += 1;
                mixed += usize::from(before.assert_whole_files(&what));
                before.assert_rerun(&what);
            }
        }
    }
    println!("{kills} kills survived, {mixed} of them between the moves");
    assert!(mixed >= 8, "the moves were not hit: {mixed}");
}
