//! Faulty inputs, and inputs that change while they are read.
//!
//! A FIFO among the purchases pauses the run at a known point: once the staged combined data exists, all inputs are
//! open and all headers read, and nothing after the FIFO is read before it ends.

use crate::common::{CUSTOMERS, Case, PROGRAM, stderr_text, wait_until};
use crate::rules::{Before, have};
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

const HEADER: &str = "customer_id,product,price\n";

/// Purchases of about a megabyte, more than the kernel maps around a page fault.
fn many() -> String {
    HEADER
        .chars()
        .chain((0..40_000).flat_map(|n| format!("{},Thing {n:08},1.25\n", n % 9).into_bytes()).map(char::from))
        .collect()
}

/// The first part of a FIFO that pauses a run: enough for the header and the first read.
fn first_part() -> String {
    format!("{HEADER}{}", "1,Pen,0.10\n".repeat(6500))
}

/// How inputs are read: mapped, or through a buffer.
const WAYS: [&[&str]; 2] = [&[], &["--no-mmap"]];

/// Runs with these purchases after a FIFO, changes something while the FIFO pauses the run, and lets the run end.
fn paused(case: &Case, purchases: &[&str], way: &[&str], change: &impl Fn(&Case)) -> Output {
    let pipe = case.fifo("held");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-o", "out", "-p", "held"]).args(purchases).args(way);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(first_part().as_bytes()).expect("written");
    let staged = case.path("out/.spendfold-staging/combined_data.csv");
    wait_until("the staged combined data", || staged.exists());
    change(case);
    drop(writer);
    child.wait_with_output().expect("ends")
}

/// Changes `p.csv` in the middle of a run that has opened it, then lets the run end.
fn changed_in_the_middle(way: &[&str], change: &impl Fn(&Case)) -> (Before, Output) {
    let case = Case::new(CUSTOMERS, many());
    // An old modification time, so that a change is visible at any clock resolution.
    let past = SystemTime::now() - Duration::from_secs(3600);
    OpenOptions::new().write(true).open(case.path("p.csv")).and_then(|file| file.set_modified(past)).expect("set");
    let before = Before::new(case, &["-t", "2"]);
    let case = &before.case;
    case.write("q.csv", first_part());
    let output = case.spendfold().args(["run", "-q", "-c", "c.csv", "-p", "q.csv", "p.csv", "-o", "plain"]).output();
    assert_eq!(output.expect("starts").status.code(), Some(0));
    let output = paused(case, &["p.csv"], way, change);
    (before, output)
}

fn assert_changed(what: &str, change: impl Fn(&Case)) {
    for way in WAYS {
        let (before, output) = changed_in_the_middle(way, &change);
        let text = stderr_text(&output);
        assert_eq!(output.status.code(), Some(1), "{what} {way:?}: {:?} {text}", output.status);
        assert!(
            text.starts_with("p.csv: changed while it was read; nothing was published\n"),
            "{what} {way:?}: {text}"
        );
        before.assert_clean(what);
        assert!(before.case.leftovers().is_empty(), "{what} {way:?}");
    }
}

fn assert_unchanged(what: &str, change: impl Fn(&Case)) {
    for way in WAYS {
        let (before, output) = changed_in_the_middle(way, &change);
        assert_eq!(output.status.code(), Some(0), "{what} {way:?}: {}", stderr_text(&output));
        for name in ["combined_data.csv", "age_group_spending.csv", "rejects.csv", "total_spending_by_age_group.png"] {
            let found = fs::read(before.case.path("out").join(name)).expect(name);
            assert!(found == fs::read(before.case.path("plain").join(name)).expect(name), "{what} {way:?}: {name}");
        }
    }
}

fn cut(case: &Case, len: impl Fn(u64) -> u64) {
    let file = OpenOptions::new().write(true).open(case.path("p.csv")).expect("opened");
    file.set_len(len(file.metadata().expect("there").len())).expect("cut");
}

#[test]
fn an_input_cut_to_nothing() {
    assert_changed("to zero", |case| cut(case, |_| 0));
}

#[test]
fn an_input_cut_in_the_middle() {
    assert_changed("to half", |case| cut(case, |len| len / 2));
    assert_changed("to a page's end", |case| cut(case, |_| 8192));
}

#[test]
fn an_input_cut_inside_its_last_page() {
    assert_changed("by one byte", |case| cut(case, |len| len - 1));
    assert_changed("by ten bytes", |case| cut(case, |len| len - 10));
}

#[test]
fn a_cut_input_leaves_a_new_directory_absent() {
    let case = Case::new(CUSTOMERS, many());
    let pipe = case.fifo("held");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "-p", "held", "p.csv", "-o", "new/dir"]);
    let child = command.stderr(Stdio::piped()).spawn().expect("starts");
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(first_part().as_bytes()).expect("written");
    let staged = case.path("new/dir/.spendfold-staging/combined_data.csv");
    wait_until("the staged combined data", || staged.exists());
    cut(&case, |_| 0);
    drop(writer);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("p.csv: changed while it was read"), "{}", stderr_text(&output));
    assert!(!case.path("new").exists());
}

#[test]
fn a_bus_error_of_another_cause_keeps_its_default_action() {
    let case = Case::small();
    let pipe = case.fifo("held");
    let mut command = case.spendfold();
    let child = command.args(["run", "-q", "-c", "c.csv", "-p", "held", "-o", "out"]).stderr(Stdio::piped()).spawn();
    let child = child.expect("starts");
    let mut writer = OpenOptions::new().write(true).open(pipe).expect("opened");
    writer.write_all(first_part().as_bytes()).expect("written");
    let staged = case.path("out/.spendfold-staging/combined_data.csv");
    wait_until("the staged combined data", || staged.exists());
    let sent = case.other("bash").args(["-c", &format!("kill -BUS {}", child.id())]).status().expect("runs");
    assert!(sent.success());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(7), "{:?}", output.status);
    drop(writer);
}

#[test]
fn an_input_appended_to() {
    assert_changed("appended to", |case| {
        let mut file = OpenOptions::new().append(true).open(case.path("p.csv")).expect("opened");
        file.write_all(b"1,More,1\n").expect("written");
    });
}

#[test]
fn an_input_overwritten_in_place() {
    assert_changed("overwritten", |case| {
        let mut file = OpenOptions::new().write(true).open(case.path("p.csv")).expect("opened");
        file.seek(SeekFrom::Start(500_000)).expect("there");
        file.write_all(b"7").expect("written");
    });
    assert_changed("overwritten, and its time set back", |case| {
        let path = case.path("p.csv");
        let time = fs::metadata(&path).and_then(|found| found.modified()).expect("a time");
        let mut file = OpenOptions::new().write(true).open(path).expect("opened");
        file.seek(SeekFrom::Start(500_000)).expect("there");
        file.write_all(b"7").expect("written");
        file.set_modified(time).expect("set");
    });
}

#[test]
fn an_input_replaced_or_linked_or_given_another_mode() {
    assert_unchanged("replaced", |case| {
        case.write("other.csv", HEADER);
        fs::rename(case.path("other.csv"), case.path("p.csv")).expect("moved");
    });
    assert_unchanged("linked", |case| fs::hard_link(case.path("p.csv"), case.path("link.csv")).expect("linked"));
    assert_unchanged("removed", |case| fs::remove_file(case.path("p.csv")).expect("removed"));
    assert_unchanged("another mode", |case| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(case.path("p.csv"), mode).expect("set");
    });
}

#[test]
fn inputs_that_cannot_be_read() {
    let before = Before::small(&[]);
    let missing =
        "none.csv: cannot open: No such file or directory\nname the inputs with --customers and --purchases\n";
    for (args, names) in [(["-c", "none.csv"], missing), (["-p", "none.csv"], missing)] {
        let mut command = before.case.spendfold();
        command.args(["run", "-q", "-o", "out"]).args(args);
        command.args(if args[0] == "-c" { ["-p", "p.csv"] } else { ["-c", "c.csv"] });
        let output = command.output().expect("starts");
        assert_eq!((output.status.code(), stderr_text(&output).as_str()), (Some(1), names));
        before.assert_clean(names);
    }
    if have("setpriv", "an input without permission") {
        let case = Case::small();
        let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(case.path(""), mode(0o777)).expect("set");
        fs::set_permissions(case.path("c.csv"), mode(0o600)).expect("set");
        // The other user may not be able to read the program, so copy it. Another process makes the copy: a descriptor
        // open for writing that a concurrent test inherits would make the file "busy".
        assert!(case.other("cp").args([PROGRAM, "program"]).status().expect("starts").success());
        let args = ["--reuid=65534", "--regid=65534", "--clear-groups", "./program"];
        let output = case.other("setpriv").args(args).args(crate::common::RUN).output().expect("starts");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(stderr_text(&output), "c.csv: cannot open: Permission denied\n");
        assert!(!case.path("out").exists());
    }
}

#[test]
fn inputs_without_a_header() {
    for empty in ["", "\n", "\r\n\n\n", "\u{feff}", "\u{feff}\n\n"] {
        for (customers, purchases, name) in [(empty, "customer_id,price\n", "c.csv"), (CUSTOMERS, empty, "p.csv")] {
            let case = Case::new(customers, purchases);
            let output = case.ran(&[]);
            assert_eq!(output.status.code(), Some(1), "{empty:?}: {}", stderr_text(&output));
            assert!(
                stderr_text(&output).starts_with(name) && stderr_text(&output).contains("no header"),
                "{}",
                stderr_text(&output)
            );
            assert!(!case.path("out").exists());
        }
    }
}

#[test]
fn inputs_of_a_header_alone() {
    for end in ["", "\n", "\r\n"] {
        let customers = format!("customer_id,first_name,last_name,age{end}");
        let purchases = format!("customer_id,price{end}");
        for (customers, purchases, rows) in [
            (customers.as_str(), purchases.as_str(), ""),
            (&customers, "customer_id,price\n1,2\n", "1,2,,,,,Unknown\n"),
            ("customer_id,first_name,last_name,age\n1,A,B,20\n", &purchases, "1,,A,B,20,A B,Young\n"),
        ] {
            let case = Case::new(customers, purchases);
            let output = case.ran(&[]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
            let header = "customer_id,price,first_name,last_name,age,full_name,age_group\n";
            assert_eq!(case.read("out/combined_data.csv"), format!("{header}{rows}"));
            let chart = fs::read(case.path("out/total_spending_by_age_group.png")).expect("a chart");
            assert!(chart.starts_with(b"\x89PNG\r\n\x1a\n") && chart.ends_with(b"IEND\xaeB`\x82"));
        }
    }
}

/// A purchases file of exactly this size, whose last record lacks its line ending.
fn of_size(size: usize) -> String {
    let mut text = HEADER.to_owned();
    while text.len() + 40 < size {
        text.push_str("1,Pen,0.25\n");
    }
    let rest = size - text.len() - "2,,1".len();
    format!("{text}2,{},1", "x".repeat(rest))
}

#[test]
fn sizes_around_pages_and_chunks() {
    for size in [4095, 4096, 4097, 8192, 65535, 65536, 65537, 131_072] {
        let text = of_size(size);
        assert_eq!(text.len(), size);
        let case = Case::new(CUSTOMERS, &text);
        let expected = {
            let output = case.ran(&["-t", "1", "--chunk-bytes", "1G"]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
            case.set()
        };
        let rows = text.lines().count() - 1;
        let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        assert_eq!(report["purchases"]["records"], rows);
        assert_eq!(report["inputs"][1]["bytes"], size);
        for args in [&["-t", "2"][..], &["-t", "7", "--chunk-bytes", "4096"], &["-t", "64", "--chunk-bytes", "4097"]] {
            assert_eq!(case.ran(args).status.code(), Some(0));
            assert!(case.set() == expected, "{size} {args:?}");
        }
    }
}

/// Offsets and line numbers beyond 4 GiB.
#[test]
fn more_than_four_gibibytes() {
    let case = Case::small();
    let mut file = File::create(case.path("p.csv")).expect("made");
    file.write_all(HEADER.as_bytes()).expect("written");
    // Records whose product is a hole of 15 MiB.
    const HOLE: u64 = 15 << 20;
    let mut place = HEADER.len() as u64;
    let mut records = 0u64;
    while place <= (4 << 30) + HOLE {
        file.write_all(b"1,").expect("written");
        file.seek(SeekFrom::Current(HOLE as i64)).expect("there");
        file.write_all(b",0.5\n").expect("written");
        place += HOLE + 7;
        records += 1;
    }
    file.write_all(b"1,short\n1,Pen,1.5\n").expect("written");
    drop(file);
    let output = case.ran(&["--no-combined", "--max-rejects", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let reject = format!("p.csv,{},{place},\"expected 3 fields, found 2\",\"1,short\"\n", records + 2);
    assert_eq!(case.read("out/rejects.csv"), format!("file,line,byte,reason,record\n{reject}"));
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["total_spending"], format!("{}.{}", (records + 3) / 2, if records % 2 == 1 { 0 } else { 5 }));
    assert!(Path::new(&case.path("out/report.json")).exists());
}

/// A file in /proc has size 0 but content: the arguments of a process, which look like purchases.
#[test]
fn a_file_in_proc_is_read_to_its_end() {
    let case = Case::small();
    let line = "(exec -a $'customer_id,price\\n1,2.5\\n9,1\\n1,' sleep 60) & \
        while ! grep -q customer_id /proc/$!/cmdline; do sleep 0.01; done; \
        \"$0\" run -q -c c.csv -p /proc/$!/cmdline -o out --max-rejects 1; status=$?; kill $!; exit $status";
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!((&report["purchases"]["records"], &report["total_spending"]), (&3.into(), &"3.5".into()));
}

/// The customers file is truncated after it was read.
#[test]
fn customers_cut_after_they_were_read() {
    for len in [0, 40] {
        let (before, output) = changed_in_the_middle(&[], &|case: &Case| {
            let file = OpenOptions::new().write(true).open(case.path("c.csv")).expect("opened");
            file.set_len(len).expect("cut");
        });
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        assert!(stderr_text(&output).starts_with("c.csv: changed while it was read"), "{}", stderr_text(&output));
        before.assert_clean("customers cut");
        assert!(before.case.leftovers().is_empty());
    }
}

/// A file that is empty when it is opened, and not empty when the run ends.
#[test]
fn an_empty_input_that_grows() {
    let case = Case::new(CUSTOMERS, "");
    let pipe = case.fifo("customers");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "customers", "-p", "p.csv", "-o", "out"]);
    let child = command.stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    let mut writer = std::fs::OpenOptions::new().write(true).open(pipe).expect("opened");
    // All inputs are opened before any is read: once the first byte was consumed, both are open.
    let (first, rest) = CUSTOMERS.as_bytes().split_at(1);
    writer.write_all(first).expect("written");
    wait_until("the first byte to be read", || rustix::io::ioctl_fionread(&writer).is_ok_and(|left| left == 0));
    case.write("p.csv", "customer_id,product,price\n1,Pen,1\n");
    writer.write_all(rest).expect("written");
    drop(writer);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("p.csv: changed while it was read"), "{}", stderr_text(&output));
}

/// With many inputs, files are closed and opened again, so a file that has been replaced is noticed. With few, the run
/// reads the files that it opened.
#[test]
fn parts_that_are_replaced_during_a_run() {
    let replace: fn(&Case) = |case| {
        fs::copy(case.path("parts/7.csv"), case.path("copy")).expect("copied");
        fs::rename(case.path("copy"), case.path("parts/7.csv")).expect("renamed");
    };
    let remove: fn(&Case) = |case| fs::remove_file(case.path("parts/7.csv")).expect("removed");
    let append: fn(&Case) = |case| case.write("parts/7.csv", format!("{HEADER}1,Pen,0.10\n9,Pen,0.10\n"));
    let nothing: fn(&Case) = |_| {};
    let changed = "parts/7.csv: changed while it was read; nothing was published\n";
    for (count, change, error) in [
        (200, replace, Some(changed)),
        (200, remove, Some(changed)),
        (200, append, Some(changed)),
        (200, nothing, None),
        (20, replace, None),
        (20, remove, None),
        (20, append, Some(changed)),
    ] {
        for way in WAYS {
            let before = Before::small(&[]);
            let case = &before.case;
            fs::create_dir(case.path("parts")).expect("created");
            for part in 0..count {
                case.write(&format!("parts/{part}.csv"), format!("{HEADER}{part},Pen,0.10\n"));
            }
            let output = paused(case, &["parts"], way, &change);
            let what = format!("{count} parts, {way:?}: {}", stderr_text(&output));
            match error {
                Some(error) => {
                    assert_eq!(output.status.code(), Some(1), "{what}");
                    assert!(stderr_text(&output).starts_with(error), "{what}");
                    before.assert_clean(&what);
                }
                None => assert_eq!(output.status.code(), Some(0), "{what}"),
            }
        }
    }
}
