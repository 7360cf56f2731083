//! A publication that is killed between its moves: the next run restores the old set before anything else.

use crate::common::stderr_text;
use crate::held::{MAX_CALLS, Sets, Step, found, has_report, without_times};
use crate::rules::have;
use std::process::Output;

/// A publication is killed between its moves, by a run or an acceptance. The next run does not publish: it fails, or it
/// holds or discards its set. The old set is then as it was.
#[test]
fn a_killed_publication_is_rolled_back_by_a_run_that_does_not_publish() {
    if !have("strace", "a kill, then a run that does not publish") {
        return;
    }
    let next = [
        (&["-p", "dirty.csv"][..], 3),
        (&["-p", "dirty.csv", "--over-limit", "discard"], 3),
        (&["-p", "missing.csv"], 1),
    ];
    for step in [Step::Publish, Step::Accept] {
        for never in [None, Some("renameat2:error=EINVAL")] {
            let call = if never.is_some() { "renameat" } else { "renameat2" };
            let sets = Sets::new(step, &[]);
            sets.case.write("dirty.csv", "customer_id,product,price\n4,Cap,z\n");
            let mut mixed = 0;
            for number in 1..MAX_CALLS {
                sets.reset();
                let kill = format!("{call}:signal=KILL:when={number}");
                let injections = never.into_iter().chain([&*kill]);
                let strace: Vec<String> = injections.flat_map(|what| ["-e".into(), format!("inject={what}")]).collect();
                if sets.behind(&strace).status.code().is_some() {
                    break;
                }
                let [published, _] = found(&sets.case);
                let is_new = has_report(&published) && published != sets.old[0];
                mixed += u32::from(!has_report(&published));
                let (args, status) = next[number % next.len()];
                let what = format!("{step:?} {never:?} {call} {number}, then {args:?}");
                let mut command = sets.case.spendfold();
                command.args(["run", "-q", "-c", "c.csv", "-o", "out"]).args(args);
                let output = command.output().expect("starts");
                assert_eq!(output.status.code(), Some(status), "{what}: {}", stderr_text(&output));
                let [published, _] = found(&sets.case);
                match is_new {
                    true => assert!(without_times(published) == sets.new[0], "{what}"),
                    false => assert!(published == sets.old[0], "{what}: {:?}", published.keys()),
                }
                assert!(sets.case.leftovers().is_empty(), "{what}: {:?}", sets.case.leftovers());
            }
            println!("{step:?} {never:?}: {mixed} kills between the moves");
            assert!(mixed >= 5, "{step:?} {never:?}: {mixed}");
        }
    }
}

/// A directory after a kill between the moves of a publication.
fn killed() -> Sets {
    let sets = Sets::new(Step::Publish, &[]);
    let_it_be_killed(&sets);
    sets
}

fn let_it_be_killed(sets: &Sets) {
    sets.reset();
    // The old report is moved away, and two of the new files are moved in.
    sets.behind(&["-e".into(), "inject=renameat2:signal=KILL:when=4".into()]);
    let [published, _] = found(&sets.case);
    assert!(!has_report(&published) && published != sets.old[0], "{:?}", published.keys());
}

/// A run that fails in any case, with this injection.
fn failing(sets: &Sets, inject: &[&str]) -> Output {
    let mut command = sets.case.other("strace");
    command.args(["-f", "-qq", "-o", "trace"]);
    for what in inject {
        command.args(["-e", &format!("inject={what}")]);
    }
    command.arg(crate::common::PROGRAM).args(["run", "-q", "-c", "c.csv", "-p", "missing.csv", "-o", "out"]);
    command.output().expect("starts")
}

/// While the old set is being restored, any call fails, or the process is killed again. The old set is not lost: the
/// run after that restores it.
#[test]
fn faults_during_the_recovery_do_not_lose_the_old_set() {
    if !have("strace", "faults while the old set is being restored") {
        return;
    }
    let sets = killed();
    let moves = [("renameat", "error=EIO"), ("renameat", "signal=KILL")];
    let reads = [("openat", "error=EMFILE"), ("read", "error=EIO"), ("newfstatat", "error=EIO")];
    let exchanges = [("renameat2", "error=EIO"), ("renameat2", "signal=KILL"), ("fsync", "error=EIO")];
    for (never, faults) in
        [(None, [&moves[..], &reads, &exchanges].concat()), (Some("renameat2:error=EINVAL"), moves.to_vec())]
    {
        let mut unrestored = 0;
        for (call, fault) in faults {
            for number in 1..MAX_CALLS {
                let what = format!("{never:?} {call}:{fault}:when={number}");
                let_it_be_killed(&sets);
                let fault = format!("{call}:{fault}:when={number}");
                let injected: Vec<&str> = never.into_iter().chain([&*fault]).collect();
                let output = failing(&sets, &injected);
                let trace = sets.case.read("trace");
                if !trace.contains("(INJECTED)") && output.status.code().is_some() {
                    break;
                }
                let [published, _] = found(&sets.case);
                unrestored += u32::from(published != sets.old[0]);
                assert!(!has_report(&published) || published == sets.old[0], "{what}: a report beside a mixed set");
                let output = failing(&sets, &[]);
                assert_eq!(output.status.code(), Some(1), "{what}");
                let [published, _] = found(&sets.case);
                assert!(published == sets.old[0], "{what}: {:?} {}", published.keys(), stderr_text(&output));
                assert!(sets.case.leftovers().is_empty(), "{what}: {:?}", sets.case.leftovers());
            }
        }
        println!("{never:?}: {unrestored} faults stopped the recovery");
        assert!(unrestored >= 5, "{never:?}: {unrestored}");
    }
}

/// A file system that cannot sync a directory: the old set is restored all the same.
#[test]
fn directories_that_cannot_be_synced() {
    if !have("strace", "directories that cannot be synced") {
        return;
    }
    let sets = killed();
    let output = failing(&sets, &["fsync:error=EINVAL"]);
    assert!(found(&sets.case)[0] == sets.old[0], "{}", stderr_text(&output));
}
