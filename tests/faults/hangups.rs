//! Hangups, sent as a signal or caused by a terminal that closes.

use crate::common::{PROGRAM, stderr_text};
use crate::kills::{held, held_behind, signal};
use crate::rules::{Before, have};
use std::process::{Command, Stdio};
use std::time::Duration;

/// When a terminal closes, the kernel and the shell each send SIGHUP; a run must roll back after two as well.
#[test]
fn two_hangups_roll_the_run_back() {
    for pause in 0..20 {
        let before = Before::small(&[]);
        let (child, writer) = held(&before, "purchases");
        let pause = format!("for ((i = 0; i < {}; i++)); do :; done", pause * 30);
        let both = format!("kill -HUP {0}; {pause}; kill -HUP {0}", child.id());
        // The process may have ended before the second.
        let _ = Command::new("bash").args(["-c", &both]).stderr(Stdio::null()).status().expect("runs");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(129), "{:?} {}", output.status, stderr_text(&output));
        before.assert_clean("two hangups");
        assert!(before.case.leftovers().is_empty());
        drop(writer);
    }
}

#[test]
fn a_hangup_that_was_ignored_from_the_start_stays_ignored() {
    for first in [&["nohup"][..], &["env", "--ignore-signal=HUP"]] {
        let before = Before::small(&[]);
        let (child, writer) = held_behind(&before, first, "purchases", &[]);
        signal(&child, "HUP");
        // Longer than the poll interval at which a run that waits for a pipe notices a signal.
        std::thread::sleep(Duration::from_millis(300));
        signal(&child, "HUP");
        drop(writer);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{first:?}: {:?} {}", output.status, stderr_text(&output));
        let report: serde_json::Value = serde_json::from_str(&before.case.read("out/report.json")).expect("JSON");
        assert_eq!(report["purchases"]["records"], 10_000);
    }
}

/// A run on a terminal of its own that is closed during the run: SIGHUP, and no process reads the messages.
const ON_A_TERMINAL: &str = r#"
import os, pty, signal, sys, time
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[1], sys.argv[1:])
writer = open("purchases", "w")
writer.write("customer_id,price\n" + "1,1.25\n" * 20000)
writer.flush()
while not os.path.exists("out/.spendfold-staging/combined_data.csv"):
    time.sleep(0.002)
# Time for the bar to be drawn.
time.sleep(0.7)
if not os.read(terminal, 1):
    sys.exit("no bar was drawn")
os.close(terminal)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"#;

#[test]
fn a_closed_terminal_rolls_the_run_back() {
    if !have("python3", "a terminal that closes") {
        return;
    }
    let before = Before::small(&[]);
    before.case.fifo("purchases");
    let run = ["run", "-c", "c.csv", "-p", "purchases", "-o", "out"];
    let mut command = before.case.other("python3");
    let output = command.args(["-c", ON_A_TERMINAL, PROGRAM]).args(run).output().expect("starts");
    assert_eq!(output.status.code(), Some(129), "{:?} {}", output.status, stderr_text(&output));
    before.assert_clean("a terminal that closes");
    assert!(before.case.leftovers().is_empty());
}
