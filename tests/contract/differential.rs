//! Compares the program with the oracle on random dirty inputs, for several numbers of threads and chunk sizes.
//!
//! `SPENDFOLD_SEEDS=FROM-TO` selects other seeds; a failure names its seed.

use super::dirty;
use super::oracle::{self, Join, Options, Outcome, OverLimit};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

const THREADS: [&str; 3] = ["1", "2", "7"];
const CHUNKS: [&str; 8] = ["1", "2", "3", "7", "16", "64", "4096", "1048576"];
const USUAL: (u64, u64) = (0, 160);

#[test]
fn the_program_agrees_with_the_oracle() {
    let (from, to) = match std::env::var("SPENDFOLD_SEEDS") {
        Ok(range) => {
            let (from, to) = range.split_once('-').expect("FROM-TO");
            (from.parse().expect("a number"), to.parse().expect("a number"))
        }
        Err(_) => USUAL,
    };
    let next = AtomicU64::new(from);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    check(seed);
                }
            });
        }
    });
}

/// The files of a set that the oracle does not make.
const DRAWN: [&str; 2] = ["total_spending_by_age_group.png", "report.html"];

/// Runs one case for each number of threads and chunk size.
fn check(seed: u64) {
    let options = dirty::case(seed);
    let expected = oracle::run(&options);
    let dir = tempfile::tempdir().expect("a directory");
    for input in options.inputs() {
        fs::write(dir.path().join(OsStr::from_bytes(&input.path)), input.file()).expect("written");
    }
    // The bytes of these must not depend on threads and chunks either.
    let same = [DRAWN[0], DRAWN[1], options.combined_name()];
    let mut same: [(&str, Option<Vec<u8>>); 3] = same.map(|name| (name, None));
    for threads in THREADS {
        for chunk in CHUNKS {
            let what = format!("seed {seed}, {threads} threads, chunks of {chunk}");
            let out = dir.path().join("out of it");
            let output =
                command(&options).current_dir(dir.path()).args(["-t", threads, "--chunk-bytes", chunk]).output();
            let output = output.expect("the program starts");
            compare(&what, &options, &expected, &output, &out);
            for (name, first) in &mut same {
                if let Ok(bytes) = fs::read(out.join(*name)) {
                    assert!(*first.get_or_insert(bytes.clone()) == bytes, "{what}: another {name}");
                }
            }
            if (threads, chunk) == ("2", "64") && out.exists() {
                let set = if out.join("report.json").exists() { "out of it" } else { "out of it/held" };
                verify_with_inputs(&what, dir.path(), set);
            }
            let _ = fs::remove_dir_all(&out);
        }
    }
}

/// Joins the inputs again under the options of the report.
fn verify_with_inputs(what: &str, dir: &Path, set: &str) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spendfold"));
    let output = command.current_dir(dir).args(["verify", "-q", "--inputs", set]).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(0), "{what}: {}", String::from_utf8_lossy(&output.stderr));
}

/// The command line of a case, without threads and chunk size.
fn command(options: &Options) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spendfold"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"SPENDFOLD_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).args(["run", "-q", "-o", "out of it", "-c"]);
    command.args(options.customers.iter().map(|input| OsStr::from_bytes(&input.path))).arg("-p");
    command.args(options.purchases.iter().map(|input| OsStr::from_bytes(&input.path)));
    let join = match options.join {
        Join::Full => "full",
        Join::Left => "left",
        Join::Inner => "inner",
    };
    command.args(["--join", join, "--age-groups", &options.age_groups]);
    command.args(["--customers-key", &options.customers_key, "--purchases-key", &options.purchases_key]);
    command.args(["--first-name", &options.first_name, "--last-name", &options.last_name]);
    command.args(["--age", &options.age, "--amount", &options.amount]);
    let (customers, purchases) = (&options.customers_format, &options.purchases_format);
    let prefixed = [("customers-", customers), ("purchases-", purchases)];
    let formats = if customers == purchases { &[("", customers)][..] } else { &prefixed };
    for (prefix, format) in formats {
        command.args(format.delimiter.map(|byte| format!("--{prefix}delimiter=\\x{byte:02x}")));
        match format.quote {
            Some(quote) => command.arg(format!("--{prefix}quote={}", char::from(quote))),
            None => command.arg(format!("--{prefix}no-quoting")),
        };
        command.args(format.escape.map(|byte| format!("--{prefix}escape={}", char::from(byte))));
        command.args(format.comment.map(|byte| format!("--{prefix}comment={}", char::from(byte))));
        command.arg(format!("--{prefix}skip-lines={}", format.skip_lines));
        command.args(format.columns.as_ref().map(|_| format!("--{prefix}no-header")));
        command.args(format.skip_initial_space.then(|| format!("--{prefix}skip-initial-space")));
        command.args(format.pad.then(|| format!("--{prefix}ragged=pad")));
    }
    for (option, format) in [("--customers-columns", customers), ("--purchases-columns", purchases)] {
        if let Some(names) = &format.columns {
            command.arg(option).arg(OsStr::from_bytes(&names.join(&b',')));
        }
    }
    command.args(options.match_columns.then_some("--match-columns"));
    command.args(["--customers-encoding", options.customers_encoding]);
    command.args(["--purchases-encoding", options.purchases_encoding]);
    command.arg(format!("--max-rejects={}", options.max_rejects));
    command.args(options.max_unmatched.iter().map(|limit| format!("--max-unmatched={limit}")));
    command.arg(match options.over_limit {
        OverLimit::Hold => "--over-limit=hold",
        OverLimit::Publish => "--over-limit=publish",
        OverLimit::Discard => "--over-limit=discard",
    });
    command.args(["--max-record-bytes", &options.max_record_bytes.to_string()]);
    command.args(options.strict.then_some("--strict"));
    command.args(options.no_combined.then_some("--no-combined"));
    command.args(options.compress.iter().map(|compress| format!("--compress={compress}")));
    command
}

fn compare(what: &str, options: &Options, expected: &Outcome, output: &Output, out: &Path) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(expected.status)), "{what}: {said}\n{:?}", expected.error);
    assert!(output.stdout.is_empty(), "{what}: standard output");
    assert!(!said.contains("panicked") && !said.contains("internal error"), "{what}: {said}");
    let outcome = expected.ledger.as_ref().map_or("failed", |ledger| ledger.outcome);
    let published = matches!(outcome, "published" | "held");
    if !published {
        assert!(!out.exists(), "{what}: something was left");
        if let Some(problem) = &expected.error {
            compare_place(what, options, problem, &said);
        }
        return;
    }
    let held = out.join("held");
    let out = if outcome == "held" {
        assert_eq!(fs::read_dir(out).expect("readable").count(), 1, "{what}: more than the held set");
        held.as_path()
    } else {
        out
    };
    for name in [options.combined_name(), "age_group_spending.csv", "rejects.csv"] {
        let path = out.join(name);
        let found = if name.ends_with(".csv") { fs::read(path).ok() } else { decompressed(&path) };
        let wanted = expected.files.get(name);
        assert!(
            found.as_ref() == wanted,
            "{what}: {name}\nfound    {}\nexpected {}",
            found.as_deref().map_or("nothing".into(), |bytes| bytes.escape_ascii().to_string()),
            wanted.map_or("nothing".into(), |bytes| bytes.escape_ascii().to_string()),
        );
    }
    let report = fs::read(out.join("report.json")).expect("a report");
    compare_report(what, expected, &report, out);
    compare_samples(what, options, expected, &report);
    let names: Vec<_> =
        fs::read_dir(out).expect("readable").map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(names.len(), expected.files.len() + DRAWN.len() + 1, "{what}: {names:?}");
}

/// The content of a compressed file, according to the command of its format; `None` if there is no such file.
fn decompressed(path: &Path) -> Option<Vec<u8>> {
    let file = fs::File::open(path).ok()?;
    let program = if path.extension() == Some(OsStr::new("gz")) { "gzip" } else { "zstd" };
    let output = Command::new(program).arg("-dc").stdin(file).output().expect("gzip and zstd are installed");
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

/// Compares every key that the contract names.
fn compare_report(what: &str, expected: &Outcome, report: &[u8], out: &Path) {
    let mut report: Value = serde_json::from_slice(report).expect("JSON");
    let expected: Value = serde_json::from_str(&expected.report_json()).expect("JSON");
    without_texts(&mut report);
    let outputs = report["outputs"].as_array_mut().expect("a list");
    outputs.retain(|output| !DRAWN.iter().any(|name| output["path"] == *name));
    // The oracle does not compress: the stored size and checksum are compared with the file.
    for output in outputs.iter_mut().filter(|output| output["plain"].is_object()) {
        let stored = fs::read(out.join(output["path"].as_str().expect("a name"))).expect("the file");
        let output = output.as_object_mut().expect("an object");
        assert_eq!(output.remove("bytes"), Some(stored.len().into()), "{what}");
        assert_eq!(output.remove("crc32"), Some(format!("{:08x}", oracle::crc32(&stored)).into()), "{what}");
    }
    for (key, wanted) in expected.as_object().expect("an object") {
        let found = &report[key];
        // Objects may have more keys than the contract names.
        match (found, wanted) {
            (Value::Object(found), Value::Object(wanted)) if key != "rejects" => {
                for (name, value) in wanted {
                    assert_eq!(found.get(name), Some(value), "{what}: {key}.{name}");
                }
            }
            _ => assert_eq!(found, wanted, "{what}: {key}"),
        }
    }
}

/// Removes the texts of the notices: the oracle has only their figures.
fn without_texts(report: &mut Value) {
    for notice in report["notices"].as_array_mut().expect("a list") {
        let notice = notice.as_object_mut().expect("an object");
        assert!(notice.remove("message").is_some() && notice.remove("fix").is_some());
    }
}

/// Compares the examples in the report: which records they are, and where.
fn compare_samples(what: &str, options: &Options, expected: &Outcome, report: &[u8]) {
    let report: Value = serde_json::from_slice(report).expect("JSON");
    let ledger = expected.ledger.as_ref().expect("a ledger");
    let path = |file: usize| {
        let input = options.inputs().nth(file).expect("an input");
        spendfold::text::escape_path(Path::new(OsStr::from_bytes(&input.path)))
    };
    let place = |file: usize, place: &oracle::Place| format!("{}:{}:{}", path(file), place.line, place.column);
    let found = |key: &str, names: &[&str]| -> Vec<Vec<String>> {
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let samples = report[key].as_array().expect("a list").iter();
        let sample = |sample: &Value| {
            let place = format!("{}:{}:{}", text(&sample["path"]), sample["line"], sample["column"]);
            names.iter().map(|name| text(&sample[*name])).chain([place]).collect()
        };
        samples.map(sample).collect()
    };
    let rejects = ledger.reject_samples.iter();
    let rejects = rejects.map(|sample| {
        let text = spendfold::text::escape(&sample.text);
        vec![sample.reason.to_owned(), text, place(sample.file, &sample.place)]
    });
    assert_eq!(found("reject_samples", &["reason", "text"]), rejects.collect::<Vec<_>>(), "{what}");
    let unmatched = ledger.unmatched_samples.iter().map(|(file, at)| vec![place(*file, at)]);
    assert_eq!(found("unmatched_samples", &[]), unmatched.collect::<Vec<_>>(), "{what}");
}

/// Compares the file, line and column in the message.
fn compare_place(what: &str, options: &Options, problem: &oracle::Problem, said: &str) {
    let Some(place) = &problem.place else { return };
    let path = options.inputs().nth(problem.file.unwrap_or(0)).expect("an input");
    let path = spendfold::text::escape_path(Path::new(OsStr::from_bytes(&path.path)));
    // Under --strict the message points at the field in the record.
    let wanted = match problem.kind {
        oracle::Kind::Rejected => format!("{path}:"),
        _ => format!("{path}:{}:{}: ", place.line, place.column),
    };
    assert!(said.starts_with(&wanted), "{what}: {wanted:?} is not where {said:?} is");
}
