//! Publication faults: changes to the output directory and its names during a run, errors that only close(2) reports,
//! memory that runs out between the moves, and other hosts.

use crate::common::{Case, NAMES, stderr_text, wait_until};
use crate::kills::{Dice, large};
use crate::rules::{Before, have, soak};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::process::{Child, Output, Stdio};

/// A run that waits for more purchases from a FIFO; its output directory is locked and its files are created.
pub(crate) struct Held {
    child: Child,
    writer: File,
}

impl Held {
    /// Starts a run into `out` with purchases of this product and additional arguments.
    pub(crate) fn begin(case: &Case, product: &str, out: &str, args: &[&str]) -> Self {
        let pipe = case.fifo(product);
        let mut command = case.spendfold();
        command.args(["run", "-q", "-c", "c.csv", "-p", product, "-o", out]).args(args);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
        let rows = format!("1,{product},1.25\n").repeat(10_000);
        writer.write_all(format!("customer_id,product,price\n{rows}").as_bytes()).expect("written");
        let staged = case.path(out).join(".spendfold-staging/rejects.csv");
        wait_until("the staged rejects", || staged.exists());
        Self { child, writer }
    }

    /// Closes the FIFO and waits for the end of the run.
    pub(crate) fn end(self) -> Output {
        drop(self.writer);
        self.child.wait_with_output().expect("ends")
    }
}

fn assert_set_of(case: &Case, out: &str, product: &str) {
    let verify = case.spendfold().args(["verify", "-q", out]).output().expect("starts");
    assert_eq!(verify.status.code(), Some(0), "{out}: {}", stderr_text(&verify));
    let row = format!("1,{product},1.25,");
    assert!(case.read(&format!("{out}/combined_data.csv")).lines().nth(1).is_some_and(|line| line.starts_with(&row)));
}

/// Each of two runs stays in the directory it locked.
#[test]
fn a_directory_renamed_during_a_run_keeps_its_run() {
    let case = Case::small();
    let first = Held::begin(&case, "first", "out", &[]);
    fs::rename(case.path("out"), case.path("moved")).expect("renamed");
    let second = Held::begin(&case, "second", "out", &[]);
    let first = first.end();
    assert_eq!(first.status.code(), Some(0), "{}", stderr_text(&first));
    let moved = fs::canonicalize(case.path("moved")).expect("there");
    let notice = format!("out: was moved or replaced during the run; the set is in {}\n", moved.display());
    assert_eq!(stderr_text(&first), notice);
    assert_set_of(&case, "moved", "first");
    assert!(case.files().is_empty(), "the second run has not published: {:?}", case.files().keys());
    let second = second.end();
    assert_eq!((second.status.code(), stderr_text(&second).as_str()), (Some(0), ""));
    assert_set_of(&case, "out", "second");
    assert!(case.leftovers().is_empty());
}

/// A run does not touch a directory to which a link is re-pointed later.
#[test]
fn a_link_changed_during_a_run_does_not_redirect_it() {
    let case = Case::small();
    for dir in ["one", "two/.spendfold-staging"] {
        fs::create_dir_all(case.path(dir)).expect("made");
    }
    for name in NAMES {
        case.write(&format!("two/.spendfold-staging/{name}"), "of a killed run");
    }
    symlink("one", case.path("link")).expect("linked");
    let run = Held::begin(&case, "thing", "link", &[]);
    fs::remove_file(case.path("link")).expect("removed");
    symlink("two", case.path("link")).expect("linked");
    let output = run.end();
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("link: was moved or replaced during the run"), "{}", stderr_text(&output));
    assert_set_of(&case, "one", "thing");
    assert!(crate::common::files(&case.path("two")).is_empty());
    for name in NAMES {
        assert_eq!(case.read(&format!("two/.spendfold-staging/{name}")), "of a killed run");
    }
}

/// A directory that replaces the staging directory is neither published nor cleared.
#[test]
fn a_replaced_staging_directory_is_left_alone() {
    let case = Case::small();
    let run = Held::begin(&case, "thing", "out", &[]);
    fs::rename(case.path("out/.spendfold-staging"), case.path("stolen")).expect("renamed");
    fs::create_dir(case.path("out/.spendfold-staging")).expect("made");
    for name in NAMES {
        case.write(&format!("out/.spendfold-staging/{name}"), "mine");
    }
    let output = run.end();
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_set_of(&case, "out", "thing");
    for name in NAMES {
        assert_eq!(case.read(&format!("out/.spendfold-staging/{name}")), "mine");
    }
    assert_eq!(fs::read_dir(case.path("stolen")).expect("there").count(), 0);
}

/// A file that replaces a staged file is never published.
#[test]
fn a_replaced_staged_file_is_not_published() {
    for name in ["combined_data.csv", "rejects.csv"] {
        let before = Before::small(&[]);
        let run = Held::begin(&before.case, "thing", "out", &[]);
        before.case.write("foreign", "mine");
        let staged = before.case.path("out/.spendfold-staging").join(name);
        fs::rename(before.case.path("foreign"), staged).expect("replaced");
        let output = run.end();
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        let text = format!("out/.spendfold-staging/{name}: was replaced or removed by another program");
        assert!(stderr_text(&output).starts_with(&text), "{}", stderr_text(&output));
        before.assert_clean(name);
        before.assert_rerun(name);
    }
}

/// The directory is replaced between opening and locking (TOCTOU).
#[test]
fn a_lock_on_a_directory_that_was_replaced_does_not_count() {
    if !have("strace", "a directory replaced before it is locked") {
        return;
    }
    let before = Before::small(&[]);
    let case = &before.case;
    let trace = case.path("trace");
    let trace_name = trace.to_str().expect("UTF-8");
    let inject = ["-f", "-qq", "-o", trace_name, "-e", "trace=flock", "-e", "inject=flock:delay_enter=1500000:when=1"];
    let child = before.behind("strace", &inject).stderr(Stdio::piped()).spawn().expect("starts");
    wait_until("the lock", || fs::read_to_string(&trace).is_ok_and(|text| text.contains("flock(")));
    fs::rename(case.path("out"), case.path("old")).expect("renamed");
    fs::create_dir(case.path("out")).expect("made");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(fs::read_to_string(&trace).expect("a trace").matches("flock(").count() > 1, "it was locked once more");
    before.assert_exact("a replaced directory");
    assert!(crate::common::files(&case.path("old")) == before.old);
    assert!(!case.path("old/.spendfold-staging").exists());
}

/// A directory is renamed at a random time during a run, and another run starts under the old name: each report
/// found is that of a complete set of one run.
#[test]
fn directories_renamed_at_random_times() {
    let before = large();
    let case = &before.case;
    // The second run has another key for every amount, so that no row of one run is a row of the other.
    case.write("q.csv", case.read("p.csv").replace("\"Thing", "\"Other"));
    let start = |purchases: &str| {
        let mut command = case.spendfold();
        command.args(["run", "-q", "-t", "2", "--chunk-bytes", "4096", "-c", "c.csv", "-o", "out", "-p", purchases]);
        command.stderr(Stdio::piped()).spawn().expect("starts")
    };
    let clock = std::time::Instant::now();
    assert!(start("p.csv").wait().expect("ends").success());
    let whole = clock.elapsed().as_micros() as u64;
    let (mut dice, mut sets, mut moved) = (Dice::new(), 0, 0);
    let rounds = 20 * soak();
    for round in 0.. {
        // On a busy machine, more rounds follow until one run has found its directory moved.
        if round >= rounds && moved > 0 {
            break;
        }
        assert!(round < 50 * rounds, "no run found that its directory had been moved");
        before.reset();
        let _ = fs::remove_dir_all(case.path("moved"));
        let first = start("p.csv");
        let wait = dice.below(whole);
        std::thread::sleep(std::time::Duration::from_micros(wait));
        fs::rename(case.path("out"), case.path("moved")).expect("renamed");
        let second = start("q.csv").wait_with_output().expect("ends");
        let first = first.wait_with_output().expect("ends");
        let what = format!("renamed after {wait} µs of {whole}: {} {}", stderr_text(&first), stderr_text(&second));
        // The second run to lock a directory is refused.
        let statuses = [first.status.code(), second.status.code()];
        assert!(statuses.iter().all(|status| matches!(status, Some(0 | 1))) && statuses != [Some(1); 2], "{what}");
        moved += u32::from(stderr_text(&first).contains("was moved or replaced"));
        for dir in ["out", "moved"] {
            let files = crate::common::files(&case.path(dir));
            let Some(rows) = files.get(std::ffi::OsStr::new("combined_data.csv")) else { continue };
            if dir == "moved" && files == before.old {
                continue;
            }
            let verify = case.spendfold().args(["verify", "-q", dir]).output().expect("starts");
            assert_eq!(verify.status.code(), Some(0), "{dir}: {what} {}", stderr_text(&verify));
            let rows = String::from_utf8_lossy(rows);
            assert!(rows.contains("\"Thing") != rows.contains("\"Other"), "{dir}: {what}");
            assert!(!case.path(dir).join(".spendfold-staging").exists(), "{dir}: {what}");
            sets += 1;
        }
    }
    println!("{sets} sets published, {moved} of them into a directory that had been moved");
}

/// Some file systems report only on close(2) that data was lost. strace injects the error into the system call
/// itself, which a preloaded library might not intercept, and the trace shows that it was injected.
#[test]
fn errors_of_close_fail_the_run() {
    if !have("strace", "errors of close") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    before.reset();
    let trace = before.case.path("trace");
    let trace_name = trace.to_str().expect("UTF-8");
    let traced = ["-f", "-qq", "-y", "-o", trace_name, "-e", "trace=close"];
    let run = |more: &[&str]| {
        before.reset();
        before.behind("strace", &[&traced[..], more].concat()).output().expect("starts")
    };
    assert_eq!(run(&[]).status.code(), Some(0));
    let calls = fs::read_to_string(&trace).expect("a trace");
    let staged = |line: &str| NAMES.iter().position(|name| line.contains(&format!(".spendfold-staging/{name}>")));
    let closes = (1..).zip(calls.lines().filter(|line| line.contains("close(")));
    // Each staged file is closed after writing. Later closes of the same name are of old files, opened for checks.
    let mut of_staged = std::collections::BTreeMap::new();
    for (number, name) in closes.filter_map(|(number, line)| Some((number, staged(line)?))) {
        of_staged.entry(name).or_insert(number);
    }
    assert_eq!(of_staged.len(), NAMES.len(), "{calls}");
    for (name, number) in of_staged {
        for (error, text) in [("ENOSPC", "No space left on device"), ("EIO", "Input/output error")] {
            let output = run(&["-e", &format!("inject=close:error={error}:when={number}")]);
            let what = format!("close of {} fails: {}", NAMES[name], stderr_text(&output));
            let injected = fs::read_to_string(&trace).expect("a trace");
            assert!(injected.lines().any(|line| line.contains("(INJECTED)") && staged(line) == Some(name)), "{what}");
            assert_eq!(output.status.code(), Some(1), "{what}");
            let path = format!("out/.spendfold-staging/{}", NAMES[name]);
            assert_eq!(stderr_text(&output), format!("{path}: cannot write: {text}\n"), "{what}");
            before.assert_clean(&what);
            assert!(before.case.leftovers().is_empty(), "{what}");
        }
    }
}

/// Moves and a rollback need no memory.
#[cfg(feature = "fault-injection")]
#[test]
fn moves_without_memory() {
    let before = Before::small(&["-t", "1"]);
    let run = |strace: &[&str]| {
        before.reset();
        let mut command = if strace.is_empty() { before.command() } else { before.behind("strace", strace) };
        command.env("SPENDFOLD_FAULT", "no-memory-while-moving").output().expect("starts")
    };
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    before.assert_exact("moves without memory");
    if !have("strace", "a rollback without memory") {
        return;
    }
    let mut failed = 0;
    for number in 1..10 {
        let what = format!("inject=renameat2:error=EIO:when={number}");
        let output = run(&["-f", "-qq", "-o", "/dev/null", "-e", &what]);
        if before.assert_all_or_nothing(&what, &output) {
            break;
        }
        failed += 1;
        assert!(stderr_text(&output).ends_with(": Input/output error\n"), "{what}: {}", stderr_text(&output));
    }
    assert!(failed >= NAMES.len(), "the moves were not hit: {failed}");
}

/// If another thread runs out of memory between two moves, the message describes the state of the directory.
#[cfg(feature = "fault-injection")]
#[test]
fn memory_that_runs_out_between_two_moves() {
    let before = Before::small(&["-t", "1"]);
    for moves in 1..=NAMES.len() {
        before.reset();
        let fault = format!("no-memory-after-move:{moves}");
        let output = before.command().env("SPENDFOLD_FAULT", &fault).output().expect("starts");
        assert_eq!(output.status.code(), Some(1), "{fault}: {}", stderr_text(&output));
        let text = "out of memory: 4096 bytes more are needed while the set was moved to its names: without a report.json \
            there, it is partly old and partly new\n`spendfold verify` checks what is there, and another run repairs it\n";
        assert_eq!(stderr_text(&output), text, "{fault}");
        assert!(before.assert_whole_files(&fault), "{fault}: not between the moves");
        before.assert_rerun(&fault);
    }
}

/// On a network file system, a staging directory may be in use by another host.
#[cfg(feature = "fault-injection")]
#[test]
fn a_staging_directory_of_another_host_is_not_cleared() {
    let before = Before::small(&[]);
    let case = &before.case;
    let run = || before.command().env("SPENDFOLD_FAULT", "network-file-system").output().expect("starts");
    let held = {
        let pipe = case.fifo("held");
        let mut command = case.spendfold();
        command.args(["run", "-q", "-c", "c.csv", "-p", "held", "-o", "out"]);
        let mut child = command.env("SPENDFOLD_FAULT", "network-file-system").spawn().expect("starts");
        let writer = OpenOptions::new().write(true).open(pipe).expect("opened");
        let owner = case.path("out/.spendfold-staging/owner");
        wait_until("the owner", || fs::read_to_string(&owner).is_ok_and(|text| text.ends_with('\n')));
        let owner = fs::read_to_string(owner).expect("there");
        assert!(owner.ends_with(&format!(" {}\n", child.id())), "{owner}");
        child.kill().expect("killed");
        child.wait().expect("ends");
        drop(writer);
        owner
    };
    // The leftovers of this host are cleared as usual.
    let output = run();
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    before.assert_exact("leftovers of this host");
    assert!(case.leftovers().is_empty());

    before.reset();
    fs::create_dir(case.path("out/.spendfold-staging")).expect("made");
    case.write("out/.spendfold-staging/owner", format!("another-{held}"));
    case.write("out/.spendfold-staging/rejects.csv", "in use");
    let output = run();
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(
        stderr_text(&output).starts_with("out/.spendfold-staging/owner: a run on the host another-"),
        "{}",
        stderr_text(&output)
    );
    assert_eq!(case.read("out/.spendfold-staging/rejects.csv"), "in use");
    before.assert_clean("another host");
    // On a local file system the lock is enough.
    before.assert_rerun("a local file system");
}
