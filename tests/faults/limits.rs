//! Exhausted resources.

use crate::common::{CUSTOMERS, Case, comparable, files, stderr_text};
use crate::rules::{Before, have};
use std::fmt::Write as _;
use std::io::{Seek, SeekFrom, Write};

/// A small tmpfs of each size; the set is copied out of it for comparison.
#[test]
fn a_disk_that_is_full_at_every_size() {
    if !have("unshare", "a full disk") {
        return;
    }
    let purchases: String = (0..2_000).map(|n| format!("{},Thing,{n}.5\n", n % 7)).collect();
    let before = Before::new(Case::new(CUSTOMERS, format!("customer_id,product,price\n{purchases}")), &["-t", "2"]);
    before.reset();
    let size = |files: &crate::common::Files| files.values().map(|file| file.len().div_ceil(4096) * 4).sum::<usize>();
    let (old, new) = (size(&before.old), size(&before.new));
    let script = r#"
        mkdir -p disk copies
        mount -t tmpfs -o size=${1}k,mode=755 tmpfs disk || exit 99
        if [ "$2" = old ]; then mkdir disk/out; cp out/* disk/out/ || exit 98; fi
        "$0" run -q -t 2 -c c.csv -p p.csv -o disk/out
        status=$?
        rm -rf copies/out; cp -r disk/out copies/out 2>/dev/null
        exit $status"#;
    for (with, from) in [("old", old), ("none", 4)] {
        let (mut full, mut done) = (0, 0);
        // More than both sets need, as directories take pages too.
        for kib in (from..from + new + 24).step_by(4) {
            let what = format!("{kib} KiB, {with} set");
            let _ = std::fs::remove_dir_all(before.case.path("copies"));
            let mut command = before.case.other("unshare");
            command.args(["-rm", "bash", "-c", script, crate::common::PROGRAM, &kib.to_string(), with]);
            let output = command.output().expect("starts");
            let found = files(&before.case.path("copies/out"));
            match output.status.code() {
                Some(0) => {
                    done += 1;
                    let found = comparable(found);
                    assert!(found == before.new, "{what}: not EXACT");
                }
                Some(1) => {
                    full += 1;
                    assert!(
                        stderr_text(&output).contains("No space left on device"),
                        "{what}: {}",
                        stderr_text(&output)
                    );
                    assert!(stderr_text(&output).starts_with("disk/out"), "{what}: {}", stderr_text(&output));
                    assert!(if with == "old" { found == before.old } else { found.is_empty() }, "{what}: not CLEAN");
                }
                Some(98 | 99) => assert!(with == "old" && done == 0, "{what}: {}", stderr_text(&output)),
                other => panic!("{what}: {other:?} {}", stderr_text(&output)),
            }
        }
        assert!(full > 10 && done > 0, "{with}: {full} full, {done} done");
    }
}

#[test]
fn a_limit_on_the_size_of_files() {
    let before = Before::small(&["-t", "2"]);
    let mut failed = 0;
    for kib in 0..64 {
        let what = format!("ulimit -f {kib}");
        before.reset();
        let output = before.after(&what).output().expect("starts");
        if !before.assert_all_or_nothing(&what, &output) {
            failed += 1;
            assert!(stderr_text(&output).contains("File too large"), "{what}: {}", stderr_text(&output));
        }
    }
    assert!(failed > 3, "the chart alone is larger: {failed}");
}

#[test]
fn too_few_file_descriptors() {
    let case = Case::small();
    let parts: Vec<String> = (0..30).map(|n| format!("p{n}.csv")).collect();
    let mut args = vec!["-t", "2", "-p"];
    for part in &parts {
        case.write(part, "customer_id,price\n1,1\n");
        args.push(part);
    }
    case.write("p.csv", "customer_id,price\n");
    // A further `-p` adds to the arguments of a plain run.
    let before = Before::new(case, &args);
    let mut failed = 0;
    for limit in 3..60 {
        let what = format!("ulimit -n {limit}");
        before.reset();
        let output = before.after(&what).output().expect("starts");
        // With very few descriptors even the dynamic loader fails.
        if output.status.code() == Some(127) && limit < 8 {
            before.assert_clean(&what);
            continue;
        }
        if !before.assert_all_or_nothing(&what, &output) {
            failed += 1;
            let text = stderr_text(&output);
            assert!(
                text.ends_with("Too many open files\nraise the limit on open files (ulimit -n)\n"),
                "{what}: {text}"
            );
        }
    }
    assert!(failed > 20, "{failed}");
}

#[test]
fn a_limit_on_threads() {
    // The limit does not apply to root, and other processes of the user count towards it.
    if !have("setpriv", "a limit on processes") {
        return;
    }
    let case = Case::small();
    std::fs::set_permissions(case.path(""), std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("set");
    case.copy_of_program();
    for limit in [1, 2, 3, 8] {
        let line = format!("ulimit -u {limit}; exec ./program run -q -t 6 -c c.csv -p p.csv -o out");
        let mut command = case.other("setpriv");
        command.args(["--reuid=65533", "--regid=65533", "--clear-groups", "bash", "-c", &line]);
        let output = command.output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert_eq!(case.files().len(), 6);
        assert!(limit > 1 || stderr_text(&output).contains("fewer threads"), "a notice: {}", stderr_text(&output));
    }
}

/// Address space from almost none to enough.
#[test]
fn a_limit_on_address_space() {
    let customers: String = (0..20_000).map(|n| format!("{n},First,Last,{}\n", n % 100)).collect();
    let purchases: String = (0..100_000).map(|n| format!("{},Thing,1.25\n", n % 25_000)).collect();
    let case = Case::new(
        format!("customer_id,first_name,last_name,age\n{customers}"),
        format!("customer_id,product,price\n{purchases}"),
    );
    let before = Before::new(case, &["-t", "2"]);
    let (failed, done) = limit_address_space(&before, (4..100).step_by(2));
    assert!(failed > 3 && done > 3, "{failed} failed, {done} done");
}

/// Runs with each of these limits on the address space, in MiB. Each run publishes all or nothing; a failure names memory.
/// Returns how many failed and how many were done.
pub(crate) fn limit_address_space(before: &Before, limits: impl Iterator<Item = usize>) -> (usize, usize) {
    let (mut failed, mut done) = (0, 0);
    for mib in limits {
        let what = format!("ulimit -v {}", mib * 1024);
        before.reset();
        let output = before.after(&what).output().expect("starts");
        // Too little for the dynamic loader, or for the main thread before the run starts.
        if matches!(output.status.code(), Some(127) | None) && failed + done == 0 {
            before.assert_clean(&what);
            continue;
        }
        if before.assert_all_or_nothing(&what, &output) {
            done += 1;
        } else {
            failed += 1;
            let text = stderr_text(&output);
            assert!(text.contains("memory"), "{what}: {text}");
        }
    }
    (failed, done)
}

/// The out-of-memory message of a verification does not mention a publication.
#[test]
fn memory_that_runs_out_while_a_set_is_verified() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    // All fields of the record are indexed before they are counted.
    let combined = format!("a,b\n{}\n", ",".repeat(20 << 20));
    case.report_size("combined_data.csv", combined.len() as u64);
    case.write("out/combined_data.csv", combined);
    let line = "ulimit -v 250000; exec \"$0\" verify -q -t 1 out";
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    let text = stderr_text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("out of memory: "), "{text}");
    assert!(text.ends_with(" bytes more are needed\nfewer --threads need less\n"), "{text}");
}

#[test]
fn a_field_of_a_gigabyte_is_refused_by_the_stated_limit() {
    let case = Case::small();
    let mut file = std::fs::File::create(case.path("p.csv")).expect("made");
    file.write_all(b"customer_id,product,price\n1,Pen,0.5\n1,").expect("written");
    file.seek(SeekFrom::Current(1 << 30)).expect("there");
    file.write_all(b",0.5\n").expect("written");
    for (args, limit) in [(&[][..], 16 << 20), (&["--max-record-bytes", "512M"], 512 << 20)] {
        let output = case.ran(args);
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        let text = format!("p.csv:3:1: the record that begins here is longer than {limit} bytes\n");
        assert!(stderr_text(&output).starts_with(&text), "{}", stderr_text(&output));
        assert!(!case.path("out").exists());
    }
}

/// A million customers with the same key only with SPENDFOLD_SOAK.
#[test]
fn a_hundred_thousand_columns_and_one_key_many_times() {
    let names: Vec<String> = (0..100_000).map(|n| format!("n{n}")).collect();
    let values = "v,".repeat(99_999);
    let case =
        Case::new(CUSTOMERS, format!("customer_id,price,{}\n1,2.5,{values}v\n1,2.5,{values}\n", names.join(",")));
    let output = case.ran(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let text = case.read("out/combined_data.csv");
    let row = text.lines().nth(1).expect("a row");
    assert_eq!(row, format!("1,2.5,{values}v,Ada,Byron,36,London,Ada Byron,Middle-aged"));

    let mut customers = "customer_id,first_name,last_name,age\n".to_owned();
    let times = if crate::rules::soak() > 1 { 1_000_000 } else { 100_000 };
    for n in 0..times {
        let _ = writeln!(customers, "same,A,B,{}", 20 + n % 7);
    }
    let case = Case::new(customers, "customer_id,price\nsame,1\n");
    let output = case.ran(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
    let rejects = case.read("out/held/rejects.csv");
    assert_eq!(rejects.lines().count(), times);
    assert!(rejects.lines().skip(1).all(|line| line.contains("\"duplicate customer_id, first at line 2\"")));
}

/// A record longer than the limit ends the run and takes no more memory than the limit.
#[test]
fn a_record_without_an_end_stays_within_memory() {
    let case = Case::small();
    let line = "ulimit -v 400000; { cat p.csv; head -c 2G /dev/zero; } | \
        exec \"$0\" run -q -t 1 -c c.csv -p - -o out --max-record-bytes 1M";
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("-:8:1: "), "{}", stderr_text(&output));
    assert!(!case.path("out").exists());
}
