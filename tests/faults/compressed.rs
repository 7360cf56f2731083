//! The faults of a run whose combined data is compressed: calls that fail, kills, a disk that is full while all workers
//! compress, memory that runs out, and the removal of another form of the rows.

use crate::calls::{inject, sweep};
use crate::common::{Case, stderr_text};
use crate::kills::{kill_at_random_times, large_inputs};
use crate::limits::limit_address_space;
use crate::rules::{Before, have};
use crate::signals::kill_at_each_call;
use std::process::Stdio;
use std::time::{Duration, Instant};

const ZST: [&str; 4] = ["-t", "1", "--compress", "zst"];
const GZ: [&str; 4] = ["-t", "1", "--compress", "gz"];

/// The old set has `combined_data.csv`, which the new one lacks.
#[test]
fn the_nth_call_fails() {
    sweep(&Before::small(&ZST), |before, what| before.assert_rerun(what));
}

#[test]
fn the_nth_call_fails_with_sync() {
    sweep(&Before::small(&[&GZ[..], &["--sync"]].concat()), |_, _| {});
}

/// The old set is compressed, and the new one is not.
#[test]
fn the_nth_call_fails_while_compressed_rows_are_replaced() {
    sweep(&Before::replacing(Case::small(), &ZST, &["-t", "1"]), |_, _| {});
}

#[test]
fn a_kill_at_each_call() {
    if !have("strace", "SIGKILL at each call of a run that compresses") {
        return;
    }
    let runs = [(&[][..], &ZST[..]), (&ZST, &GZ), (&GZ, &["-t", "1", "--sync"])];
    kill_at_each_call(runs.map(|(old, new)| Before::replacing(Case::small(), old, new)));
}

/// Inputs whose rows take several blocks for each worker.
fn large(args: &[&str]) -> Before {
    Before::new(large_inputs(90_000), &[&["-t", "3"], args].concat())
}

#[test]
fn kills_at_random_times() {
    for args in [&["--compress", "zst"][..], &["--compress", "gz:1", "--chunk-bytes", "4096"]] {
        kill_at_random_times(&large(args), 10);
    }
}

#[test]
fn a_full_disk_while_every_worker_compresses() {
    for (args, ending) in [(&["--compress", "zst"][..], "zst"), (&["--compress", "gz:1"], "gz")] {
        let before = large(args);
        for limit in [1, 64, 150, 300] {
            before.reset();
            let output = before.after(&format!("ulimit -f {limit}")).output().expect("starts");
            assert_eq!(output.status.code(), Some(1), "{limit}: {}", stderr_text(&output));
            let path = format!("out/.spendfold-staging/combined_data.csv.{ending}");
            assert_eq!(stderr_text(&output), format!("{path}: cannot write: File too large\n"));
            before.assert_clean("a file size limit");
            assert!(before.case.leftovers().is_empty());
        }
    }
}

/// Writes that fail on any thread, also while the last blocks are written.
#[test]
fn each_write_of_each_worker_fails() {
    if !have("strace", "writes of compressed blocks that fail") {
        return;
    }
    let before = large(&["--compress", "zst"]);
    let mut failed = 0;
    for number in 1..40 {
        let what = format!("write:error=ENOSPC:when={number}");
        let output = inject(&before, &what);
        if before.assert_all_or_nothing(&what, &output) {
            continue;
        }
        failed += 1;
        // strace counts the calls of each thread, so the write of the message may fail too.
        let text = stderr_text(&output);
        assert!(text.is_empty() || text.contains("No space left on device"), "{what}: {text}");
    }
    assert!(failed > 5, "{failed}");
}

#[test]
fn a_limit_on_address_space() {
    for args in [&["--compress", "zst"][..], &["--compress", "zst:9"], &["--compress", "gz"]] {
        let before = Before::new(large_inputs(90_000), &[&["-t", "2"], args].concat());
        let (failed, done) = limit_address_space(&before, (8..64).step_by(2));
        assert!(failed > 1 && done > 2, "{args:?}: {failed} failed, {done} done");
    }
}

#[test]
fn an_interrupt_while_blocks_are_compressed() {
    let before = large(&["--compress", "zst:19"]);
    before.reset();
    let child = before.command().stderr(Stdio::piped()).spawn().expect("starts");
    std::thread::sleep(Duration::from_millis(400));
    crate::kills::signal(&child, "INT");
    let clock = Instant::now();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(130), "{}", stderr_text(&output));
    assert!(clock.elapsed() < Duration::from_secs(10), "{:?}", clock.elapsed());
    assert_eq!(stderr_text(&output), "interrupted (SIGINT); nothing was published\n");
    before.assert_clean("an interrupt");
    assert!(before.case.leftovers().is_empty());
}
