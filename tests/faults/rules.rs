//! The assertions that hold after every fault.

use crate::common::{Case, Files, comparable, stderr_text};
use std::ffi::OsStr;
use std::io::Write;
use std::process::{Command, Output};

/// A folder with the output set of an earlier run, and the set that the next run must publish.
pub(crate) struct Before {
    pub(crate) case: Case,
    /// The files of an earlier run with other options.
    pub(crate) old: Files,
    /// The expected set, without the object `run` of the report.
    pub(crate) new: Files,
    args: Vec<String>,
}

impl Before {
    /// An old set that differs from the new set in every file except the rejects.
    pub(crate) fn new(case: Case, args: &[&str]) -> Self {
        Self::replacing(case, &[], args)
    }

    /// The same, with more options of the run that made the old set.
    pub(crate) fn replacing(case: Case, old: &[&str], args: &[&str]) -> Self {
        let plain = case.ran(args);
        assert_eq!(plain.status.code(), Some(0), "{}", stderr_text(&plain));
        let new = case.set();
        // Without the new set, so that all its files are removed.
        std::fs::remove_dir_all(case.path("out")).expect("removed");
        let plain = case.ran(&[&["--join", "inner", "--age-groups", "All=0+"], old].concat());
        assert_eq!(plain.status.code(), Some(0), "{}", stderr_text(&plain));
        let old = case.files();
        assert_eq!(old.len(), 6);
        Self { case, old, new, args: args.iter().map(|&arg| arg.to_owned()).collect() }
    }

    /// With the small inputs.
    pub(crate) fn small(args: &[&str]) -> Self {
        Self::new(Case::small(), args)
    }

    /// Restores the old set, for the next fault.
    pub(crate) fn reset(&self) {
        let out = self.case.path("out");
        let _ = std::fs::remove_dir_all(&out);
        std::fs::create_dir(&out).expect("made");
        for (name, bytes) in &self.old {
            std::fs::write(out.join(name), bytes).expect("written");
        }
    }

    /// CLEAN: every file is as it was.
    pub(crate) fn assert_clean(&self, what: &str) {
        let found = self.case.files();
        assert!(found == self.old, "{what}: not CLEAN: {}", differing(&found, &self.old));
    }

    /// EXACT: the set is the expected one.
    pub(crate) fn assert_exact(&self, what: &str) {
        let found = self.case.set();
        assert!(found == self.new, "{what}: not EXACT: {}", differing(&found, &self.new));
    }

    /// The run failed with a message and is CLEAN, or succeeded and is EXACT. Returns whether it succeeded.
    pub(crate) fn assert_all_or_nothing(&self, what: &str, output: &Output) -> bool {
        let text = stderr_text(output);
        assert!(!text.contains("panicked"), "{what}: {text}");
        match output.status.code() {
            Some(0) => self.assert_exact(what),
            Some(1) => self.assert_clean(what),
            other => panic!("{what}: status {other:?}, {:?}: {text}", output.status),
        }
        output.status.success()
    }

    /// After a kill: each file is a complete old or new file. Old and new files are mixed only without a report, and
    /// then `verify` fails. Returns whether they are mixed.
    pub(crate) fn assert_whole_files(&self, what: &str) -> bool {
        let found = self.case.files();
        if found == self.old || (has_report(&found) && comparable(found.clone()) == self.new) {
            return false;
        }
        for (name, bytes) in &found {
            assert!(name != "report.json", "{what}: a report beside {}", differing(&found, &self.old));
            let known = self.old.get(name) == Some(bytes) || self.new.get(name) == Some(bytes);
            assert!(known, "{what}: {name:?} is neither the old nor the new one");
        }
        let verify = self.case.spendfold().args(["verify", "-q", "out"]).output().expect("starts");
        assert_eq!(verify.status.code(), Some(2), "{what}: {}", stderr_text(&verify));
        true
    }

    /// The next run is EXACT and leaves no leftovers.
    pub(crate) fn assert_rerun(&self, what: &str) {
        let output = self.command().output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{what}: rerun: {}", stderr_text(&output));
        self.assert_exact(what);
        assert!(self.case.leftovers().is_empty(), "{what}: {:?}", self.case.leftovers());
    }

    /// The plain run.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.case.run();
        command.args(&self.args);
        command
    }

    /// The plain run as the arguments of another program, such as `strace`.
    pub(crate) fn behind(&self, program: &str, args: &[&str]) -> Command {
        // The run would inherit an ignored SIGHUP from tests under nohup.
        let mut command = self.case.other("env");
        command
            .args(["--default-signal=HUP", program])
            .args(args)
            .arg(crate::common::PROGRAM)
            .args(crate::common::RUN)
            .args(&self.args);
        command
    }

    /// The plain run in a shell, after the command `first`, such as `ulimit`.
    pub(crate) fn after(&self, first: &str) -> Command {
        let mut command = self.case.other("bash");
        command.arg("-c").arg(format!("{first}\nexec \"$0\" \"$@\"")).arg(crate::common::PROGRAM);
        command.args(crate::common::RUN).args(&self.args);
        command
    }
}

fn has_report(files: &Files) -> bool {
    files.contains_key(OsStr::new("report.json"))
}

fn differing(found: &Files, wanted: &Files) -> String {
    let names: std::collections::BTreeSet<_> = found.keys().chain(wanted.keys()).collect();
    let differs = |name: &&&std::ffi::OsString| found.get(**name) != wanted.get(**name);
    let of = |files: &Files, name: &std::ffi::OsString| {
        files.get(name).map_or("absent".to_owned(), |bytes| bytes.len().to_string())
    };
    names
        .iter()
        .filter(differs)
        .map(|name| format!("{name:?} ({} bytes, wanted {})", of(found, name), of(wanted, name)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The factor by which random tests run longer.
pub(crate) fn soak() -> u64 {
    std::env::var("SPENDFOLD_SOAK").ok().map_or(1, |times| times.parse().expect("SPENDFOLD_SOAK is a number"))
}

/// Reports that a part is skipped. Writes directly to standard error: the test harness captures the output of passing
/// tests.
pub(crate) fn skipped(part: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED {part}: {why}");
}

/// Whether a program is available; if not, reports that a part is skipped.
pub(crate) fn have(program: &str, part: &str) -> bool {
    // Runs the program: one that is installed but not permitted counts as missing.
    let args: &[&str] = match program {
        "strace" => &["-f", "-qq", "-o", "/dev/null", "true"],
        "unshare" => &["-rm", "true"],
        "mkfs.ext4" | "filefrag" => &["-V"],
        "setpriv" => &["--reuid=65534", "--regid=65534", "--clear-groups", "true"],
        _ => &["--version"],
    };
    let works = Command::new(program).args(args).output().is_ok_and(|output| output.status.success());
    if !works {
        skipped(part, &format!("{program} is missing or not permitted"));
    }
    works
}
