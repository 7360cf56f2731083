//! Kills, interrupts and stops at any time, and the leftovers.

use crate::common::{CUSTOMERS, Case, PROGRAM, stderr_text, wait_until};
use crate::rules::{Before, soak};
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Inputs that take long enough for kills to hit every stage.
pub(crate) fn large() -> Before {
    Before::new(large_inputs(30_000), &["-t", "2", "--chunk-bytes", "4096"])
}

/// Inputs with this many purchases.
pub(crate) fn large_inputs(purchases: u32) -> Case {
    let customers: String = (0..3_000).map(|n| format!("{n},First{n},Last{n},{}\n", n % 90)).collect();
    let purchases: String =
        (0..purchases).map(|n| format!("{},\"Thing\n{n}\",{}.{:02}\n", n % 3_500, n % 90, n % 100)).collect();
    Case::new(
        format!("customer_id,first_name,last_name,age\n{customers}"),
        format!("customer_id,product,price\n{purchases}"),
    )
}

/// A random number generator for the times of faults, which failures report.
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeded differently in every run.
    pub(crate) fn new() -> Self {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos());
        Self(now as u64 ^ u64::from(std::process::id()) << 40)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

pub(crate) fn signal(child: &Child, name: &str) {
    let sent = Command::new("bash").args(["-c", &format!("kill -{name} {}", child.id())]).status().expect("runs");
    assert!(sent.success(), "{name}");
}

#[test]
fn kills_at_random_times() {
    kill_at_random_times(&large(), 60);
}

/// Kills this many runs (times the soak factor), at times spread over the whole run, and checks what each leaves.
pub(crate) fn kill_at_random_times(before: &Before, kills: u64) {
    let kills = kills * soak();
    let mut dice = Dice::new();
    // The latest time of a kill, in µs. It adapts to the duration of a run, which depends on the load of the machine.
    let mut latest = 20_000;
    let (mut killed, mut mixed) = (0, 0);
    for round in 0.. {
        assert!(round < 100 * kills, "{killed} kills in {round} runs");
        before.reset();
        let wait = dice.below(latest);
        // At low priority, the run does not end before the test can kill it on a busy machine.
        let mut child = before.behind("nice", &["-n", "19"]).stderr(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_micros(wait));
        // The process may have ended already.
        let _ = child.kill();
        let status = child.wait().expect("ends");
        let what = format!("killed after {wait} µs of {latest}");
        if status.success() {
            before.assert_exact(&what);
            latest = (latest * 9 / 10).max(100);
        } else {
            killed += 1;
            mixed += u64::from(before.assert_whole_files(&what));
            latest = latest * 21 / 20;
        }
        // A rerun takes as long as the run itself: only every third round.
        if round % 3 == 0 {
            before.assert_rerun(&what);
        }
        if killed == kills {
            break;
        }
    }
    println!("{killed} kills survived, {mixed} of them between the moves");
}

/// A run that waits for more bytes of one input, and the writer of that input.
pub(crate) fn held(before: &Before, what: &str) -> (Child, std::fs::File) {
    held_behind(before, &SIGHUP_AT_DEFAULT, what, &[])
}

/// Resets SIGHUP to its default action; the run would inherit "ignored" from tests under nohup.
pub(crate) const SIGHUP_AT_DEFAULT: [&str; 2] = ["env", "--default-signal=HUP"];

/// Like [`held`], with more arguments, and started by another program that executes it.
pub(crate) fn held_behind(before: &Before, first: &[&str], what: &str, args: &[&str]) -> (Child, std::fs::File) {
    let case = &before.case;
    let pipe = case.fifo(what);
    let mut command = case.other(first[0]);
    let (customers, purchases) = if what == "customers" { (what, "p.csv") } else { ("c.csv", what) };
    command.args(&first[1..]).arg(PROGRAM);
    command.args(["run", "-q", "-c", customers, "-p", purchases, "-o", "out"]).args(args);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    let (header, row) = match what {
        "customers" => ("customer_id,first_name,last_name,age\n", ",A,B,30\n"),
        _ => ("customer_id,price\n", ",1.25\n"),
    };
    let text: String = (10_000..20_000).map(|n| format!("{n}{row}")).collect();
    writer.write_all(format!("{header}{text}").as_bytes()).expect("written");
    let staged = case.path("out/.spendfold-staging/combined_data.csv");
    wait_until("the staged combined data", || staged.exists());
    (child, writer)
}

#[test]
fn interrupts_while_loading_and_while_streaming() {
    for what in ["customers", "purchases"] {
        for (name, status) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
            let before = Before::small(&[]);
            let (child, writer) = held(&before, what);
            let clock = Instant::now();
            signal(&child, name);
            let output = child.wait_with_output().expect("ends");
            assert!(clock.elapsed() < Duration::from_secs(3), "{what} {name}: {:?}", clock.elapsed());
            assert_eq!(output.status.code(), Some(status), "{what}: {}", stderr_text(&output));
            let text = format!("interrupted (SIG{name}); nothing was published\n");
            assert_eq!(stderr_text(&output), text);
            before.assert_clean(what);
            assert!(before.case.leftovers().is_empty());
            drop(writer);
            before.assert_rerun(what);
        }
    }
}

/// The second interrupt ends the process immediately and leaves the staging directory, unlike the first.
#[test]
fn a_second_interrupt_ends_at_once() {
    let mut at_once = 0;
    for pause in 0..40 {
        let before = Before::small(&[]);
        let (child, writer) = held(&before, "purchases");
        // The second signal must arrive after the first was seen and before the run has ended. That takes from a
        // millisecond to a tenth of a second, depending on the thread that receives it, so the pause grows with each
        // attempt.
        let pause = format!("for ((i = 0; i < {}; i++)); do :; done", pause * 30);
        let both = format!("kill -INT {0}; {pause}; kill -INT {0}", child.id());
        // The process may have ended before the second signal.
        let _ = Command::new("bash").args(["-c", &both]).stderr(Stdio::null()).status().expect("runs");
        let clock = Instant::now();
        let output = child.wait_with_output().expect("ends");
        assert!(clock.elapsed() < Duration::from_secs(3));
        assert_eq!(output.status.code(), Some(130));
        at_once += u32::from(!before.case.leftovers().is_empty());
        before.assert_clean("two interrupts");
        drop(writer);
        before.assert_rerun("two interrupts");
    }
    assert!(at_once > 0, "the second interrupt changed nothing");
}

/// The standard library aborts if a new thread finds no memory: still no leftovers.
#[test]
fn an_abort_leaves_nothing_behind() {
    let before = Before::small(&[]);
    let (child, writer) = held(&before, "purchases");
    signal(&child, "ABRT");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("aborted, probably because memory ran out\n"), "{}", stderr_text(&output));
    before.assert_clean("an abort");
    assert!(before.case.leftovers().is_empty());
    drop(writer);
    before.assert_rerun("an abort");
}

#[test]
fn a_stopped_run_goes_on() {
    let before = large();
    for wait in [5, 20, 60] {
        before.reset();
        let child = before.command().stderr(Stdio::piped()).spawn().expect("starts");
        std::thread::sleep(Duration::from_millis(wait));
        signal(&child, "STOP");
        std::thread::sleep(Duration::from_millis(100));
        signal(&child, "CONT");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        before.assert_exact("stopped and continued");
    }
}

#[test]
fn a_full_disk_while_every_worker_is_busy() {
    let before = large();
    for limit in [1, 8, 64, 256] {
        before.reset();
        let output = before.after(&format!("ulimit -f {limit}")).output().expect("starts");
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        assert_eq!(stderr_text(&output), "out/.spendfold-staging/combined_data.csv: cannot write: File too large\n");
        before.assert_clean("a file size limit");
        assert!(before.case.leftovers().is_empty());
    }
}

#[test]
fn a_second_run_into_the_directory_is_refused() {
    let before = Before::small(&[]);
    let (child, writer) = held(&before, "purchases");
    let second = before.command().output().expect("starts");
    assert_eq!(second.status.code(), Some(1));
    let text = "out: another run is writing into this directory\nwait for it to end, or choose another --out-dir\n";
    assert_eq!(stderr_text(&second), text);
    before.assert_clean("a second run");
    assert!(!before.case.leftovers().is_empty(), "the first one's staged files");
    drop(writer);
    let first = child.wait_with_output().expect("ends");
    assert_eq!(first.status.code(), Some(0), "{}", stderr_text(&first));
    let report: serde_json::Value = serde_json::from_str(&before.case.read("out/report.json")).expect("JSON");
    assert_eq!(report["purchases"]["records"], 10_000);
    let verify = before.case.spendfold().args(["verify", "-q", "out"]).status().expect("starts");
    assert!(verify.success());
}

#[test]
fn leftovers_are_cleared_and_never_read() {
    let before = Before::new(Case::new(CUSTOMERS, "customer_id,price\n1,2\n"), &[]);
    let out = before.case.path("out");
    let staging = out.join(".spendfold-staging/deep");
    std::fs::create_dir_all(&staging).expect("made");
    for name in crate::common::NAMES {
        std::fs::write(out.join(".spendfold-staging").join(name), "half a file").expect("written");
        std::fs::write(staging.join(name), "half a file").expect("written");
    }
    before.case.write("kept", "mine");
    std::os::unix::fs::symlink(before.case.path("kept"), out.join(".spendfold-staging/kept")).expect("linked");
    std::os::unix::fs::symlink(before.case.path(""), out.join(".spendfold-staging/link")).expect("linked");
    before.assert_rerun("leftovers");
    assert_eq!(before.case.read("kept"), "mine");
    assert_eq!(before.case.read("p.csv"), "customer_id,price\n1,2\n");
}

/// Only the staging directory is cleared, not a user's file with a similar name.
#[test]
fn a_file_with_a_similar_name_is_not_a_leftover() {
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,2\n");
    std::fs::create_dir(case.path("out")).expect("made");
    std::fs::rename(case.path("p.csv"), case.path("out/.spendfold-p.csv")).expect("moved");
    let args = ["run", "-q", "-c", "c.csv", "-p", "out/.spendfold-p.csv", "-o", "out"];
    let output = case.spendfold().args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(case.read("out/.spendfold-p.csv"), "customer_id,price\n1,2\n");
}
