//! Shared by the tests that run the program: a folder with inputs, a command, and access to the results.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The path of the program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_spendfold");
/// The names of a set.
pub(crate) const NAMES: [&str; 6] = [
    "age_group_spending.csv",
    "combined_data.csv",
    "rejects.csv",
    "report.html",
    "report.json",
    "total_spending_by_age_group.png",
];
/// A small customers file with a quoted line break.
pub(crate) const CUSTOMERS: &str = "customer_id,first_name,last_name,age,city\n\
    1,Ada,Byron,36,London\n2,Alan,Turing,18,\"Bletchley,\nPark\"\n3,Grace,Hopper,,Arlington\n4,Kurt,Goedel,71,\n";
/// Purchases of these customers, and one without a customer.
pub(crate) const PURCHASES: &str = "customer_id,product,price\n\
    1,Pen,0.10\n2,\"Ink,\nblue\",0.20\n9,Lost,5\n1,Paper,12.5\n4,Tea,\n";

/// File name → content.
pub(crate) type Files = BTreeMap<OsString, Vec<u8>>;

/// A temporary folder with a customers file and a purchases file.
pub(crate) struct Case {
    dir: tempfile::TempDir,
}

impl Case {
    /// A folder with these inputs.
    pub(crate) fn new(customers: impl AsRef<[u8]>, purchases: impl AsRef<[u8]>) -> Self {
        let case = Self { dir: tempfile::tempdir().expect("a directory") };
        case.write("c.csv", customers);
        case.write("p.csv", purchases);
        case
    }

    /// A folder with the small inputs.
    pub(crate) fn small() -> Self {
        Self::new(CUSTOMERS, PURCHASES)
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        let bytes = fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A program that runs in the folder, without `SPENDFOLD_` variables and with empty standard input.
    pub(crate) fn other(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_bytes().starts_with(b"SPENDFOLD_")) {
            command.env_remove(name);
        }
        command.current_dir(self.dir.path()).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    /// `spendfold`, without arguments.
    pub(crate) fn spendfold(&self) -> Command {
        self.other(PROGRAM)
    }

    /// `spendfold run -q` on the two files into `out`, to which arguments can be added.
    pub(crate) fn run(&self) -> Command {
        let mut command = self.spendfold();
        command.args(RUN);
        command
    }

    /// Runs with more arguments and waits.
    pub(crate) fn ran(&self, args: &[&str]) -> Output {
        self.run().args(args).output().expect("the program starts")
    }

    /// The files in `out`, except internal names (`.spendfold-…`).
    pub(crate) fn files(&self) -> Files {
        files(&self.path("out"))
    }

    /// The set in `out`, without what may differ between two runs.
    pub(crate) fn set(&self) -> Files {
        comparable(self.files())
    }

    /// Names in `out` that begin with `.spendfold-`.
    pub(crate) fn leftovers(&self) -> Vec<OsString> {
        let Ok(entries) = fs::read_dir(self.path("out")) else { return vec![] };
        entries.map(|entry| entry.expect("readable").file_name()).filter(|name| is_own(name)).collect()
    }

    /// A copy of the program in the folder, for a user who may not read the original. Another process makes the copy: a
    /// descriptor open for writing that a concurrent test inherits would make the file "busy".
    pub(crate) fn copy_of_program(&self) {
        let copied = Command::new("cp").arg(PROGRAM).arg(self.path("program")).status().expect("cp runs");
        assert!(copied.success());
    }

    /// Changes the size of one file in the report of the set in `out`.
    pub(crate) fn report_size(&self, name: &str, bytes: u64) {
        let mut report: serde_json::Value = serde_json::from_str(&self.read("out/report.json")).expect("JSON");
        let outputs = report["outputs"].as_array_mut().expect("a list");
        let output = outputs.iter_mut().find(|output| output["path"] == name).expect("a listed file");
        output["bytes"] = bytes.into();
        self.write("out/report.json", report.to_string());
    }

    /// A FIFO in the folder.
    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo runs");
        assert!(made.success());
        path
    }
}

/// The arguments of a plain run.
pub(crate) const RUN: [&str; 8] = ["run", "-q", "-c", "c.csv", "-p", "p.csv", "-o", "out"];

fn is_own(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b".spendfold-")
}

/// The regular files of a folder, except internal names; empty if the folder does not exist.
pub(crate) fn files(dir: &Path) -> Files {
    let Ok(entries) = fs::read_dir(dir) else { return Files::new() };
    entries
        .map(|entry| entry.expect("readable"))
        .filter(|entry| !is_own(&entry.file_name()))
        .map(|entry| (entry.file_name(), fs::read(entry.path()).unwrap_or_else(|error| error.to_string().into())))
        .collect()
}

/// A set without the object `run` of its report.
pub(crate) fn comparable(mut files: Files) -> Files {
    if let Some(report) = files.get_mut(OsStr::new("report.json")) {
        let mut json: serde_json::Value = serde_json::from_slice(report).expect("JSON");
        json.as_object_mut().expect("an object").remove("run");
        *report = json.to_string().into_bytes();
    }
    files
}

/// Standard error as text.
pub(crate) fn stderr_text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until `done`, for at most half a minute.
pub(crate) fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let clock = Instant::now();
    while !done() {
        assert!(clock.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
