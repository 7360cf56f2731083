//! Inputs that become unreadable, for the program through its map or for the kernel in a write(2) from it.

use crate::common::{CUSTOMERS, Case, PROGRAM, stderr_text, wait_until};
use crate::rules::{Before, have, skipped};
use std::fs::OpenOptions;
use std::process::{Output, Stdio};
use std::time::Duration;

/// Purchases of more than half a megabyte.
fn many() -> String {
    let rows: String = (0..40_000).map(|n| format!("{},Thing {n:08},1.25\n", n % 9)).collect();
    format!("customer_id,product,price\n{rows}")
}

/// Mounts a file system image that is truncated after `$2` bytes of the file `$1`, so that the rest cannot be read,
/// then runs the program with the other arguments. The mount is private to this shell and ends with it.
const ON_A_BAD_DISK: &str = r#"
    file=$1; kept=$2; shift 2
    truncate -s 8M image && mkfs.ext4 -q -b 4096 -O ^has_journal image || exit 97
    mkdir -p disk && mount -o loop image disk || exit 99
    cp "$file" "disk/$file" && umount disk && mount -o loop,ro image disk || exit 98
    start=$(filefrag -v -b1 "disk/$file" | awk '$1 == "0:" { print $4 + 0 }')
    truncate -s $((start + kept)) image
    cat "disk/$file" > /dev/null
    exec "$0" "$@"
"#;

/// Runs on a disk that cannot read `file` after its first `kept` bytes; `None` if such a disk cannot be set up.
fn on_a_bad_disk(before: &Before, file: &str, kept: u64, args: &[&str]) -> Option<Output> {
    let tools = ["unshare", "mkfs.ext4", "filefrag"];
    if !tools.iter().all(|tool| have(tool, "a read error of the disk")) {
        return None;
    }
    let mut command = before.case.other("unshare");
    command.args(["-m", "bash", "-c", ON_A_BAD_DISK, PROGRAM, file, &kept.to_string()]).args(args);
    let mut output = command.env("LC_ALL", "C").output().expect("starts");
    if output.status.code() == Some(99) {
        skipped("a read error of the disk", &format!("no loop mounts: {}", stderr_text(&output)));
        return None;
    }
    // `cat` proves that the read error is real.
    let proof = format!("cat: disk/{file}: Input/output error\n");
    let text = stderr_text(&output);
    let own = text.strip_prefix(&proof).unwrap_or_else(|| panic!("the fault was not injected: {text}"));
    output.stderr = own.as_bytes().to_vec();
    Some(output)
}

#[test]
fn a_read_error_of_the_disk() {
    let before = Before::new(Case::new(CUSTOMERS, many()), &["-t", "2"]);
    for (file, kept) in [("p.csv", 524_288), ("p.csv", 0), ("c.csv", 0)] {
        before.reset();
        let path = format!("disk/{file}");
        let (customers, purchases) = if file == "c.csv" { (path.as_str(), "p.csv") } else { ("c.csv", path.as_str()) };
        let args = ["run", "-q", "-t", "2", "-c", customers, "-p", purchases, "-o", "out"];
        let Some(output) = on_a_bad_disk(&before, file, kept, &args) else { return };
        let what = format!("{file} after {kept} bytes: {:?} {}", output.status, stderr_text(&output));
        assert_eq!(output.status.code(), Some(1), "{what}");
        let text = stderr_text(&output);
        let (first, hint) = text.split_once('\n').expect("a hint");
        assert_eq!(first, format!("{path}: cannot read: Input/output error"), "{what}");
        assert!(hint.contains("another disk") && hint.lines().count() == 1, "{what}");
        before.assert_clean(&what);
        assert!(before.case.leftovers().is_empty(), "{what}");
    }
}

#[test]
fn a_read_error_of_the_disk_as_json() {
    let before = Before::new(Case::new(CUSTOMERS, many()), &["-t", "2"]);
    before.reset();
    let args = ["run", "--progress", "json", "-c", "c.csv", "-p", "disk/p.csv", "-o", "out"];
    let Some(output) = on_a_bad_disk(&before, "p.csv", 524_288, &args) else { return };
    let last = crate::json::lines(&output).pop().expect("a line");
    assert_eq!((&last["path"], &last["message"]), (&"disk/p.csv".into(), &"cannot read: Input/output error".into()));
    assert_eq!((&last["event"], &last["status"], output.status.code()), (&"error".into(), &1.into(), Some(1)));
}

/// Purchases whose second record makes a row longer than a row buffer: it is written directly from the map.
fn with_a_long_record() -> Before {
    let long = "x".repeat(3 << 20);
    let case = Case::new(CUSTOMERS, format!("customer_id,product,price\n1,Pen,0.10\n2,{long},1.25\n"));
    Before::new(case, &["-t", "1"])
}

/// The number of the write(2) call for the long record.
fn write_of_long_record(before: &Before) -> usize {
    let trace = before.case.path("trace");
    let args = ["-f", "-qq", "-o", trace.to_str().expect("UTF-8"), "-e", "trace=write"];
    before.reset();
    let output = before.behind("strace", &args).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let text = std::fs::read_to_string(trace).expect("a trace");
    let calls = text.lines().filter(|line| line.contains("write("));
    1 + calls.clone().position(|line| line.contains("\"2,xxx")).unwrap_or_else(|| panic!("not deferred: {text}"))
}

#[test]
fn an_input_cut_while_the_kernel_reads_a_record_from_it() {
    if !have("strace", "an input cut during a write") {
        return;
    }
    let before = with_a_long_record();
    let number = write_of_long_record(&before);
    before.reset();
    let delay = format!("inject=write:delay_enter=2000000:when={number}");
    let args = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=write", "-e", &delay];
    let child = before.behind("strace", &args).stderr(Stdio::piped()).spawn().expect("starts");
    // The rows before the long record have been written; its checksum takes a millisecond, then strace delays its
    // write.
    let staged = before.case.path("out/.spendfold-staging/combined_data.csv");
    wait_until("the first row", || std::fs::metadata(&staged).is_ok_and(|found| found.len() > 100));
    std::thread::sleep(Duration::from_millis(500));
    let cut = OpenOptions::new().write(true).open(before.case.path("p.csv")).and_then(|file| file.set_len(0));
    cut.expect("cut");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    let text =
        "p.csv: changed while it was read; nothing was published\nrun again when nothing writes to it, or on a copy\n";
    assert_eq!(stderr_text(&output), text);
    before.assert_clean("cut during a write");
    assert!(before.case.leftovers().is_empty());
}

/// EFAULT of a write from an unchanged map means a page that the disk could not read; EFAULT of any other write is
/// reported unchanged.
#[test]
fn a_read_error_while_the_kernel_reads_a_record() {
    if !have("strace", "a read error during a write") {
        return;
    }
    let before = with_a_long_record();
    let number = write_of_long_record(&before);
    for (number, wanted) in [
        (number, "p.csv: cannot read: Input/output error\n"),
        (number - 1, "out/.spendfold-staging/combined_data.csv: cannot write: Bad address\n"),
    ] {
        before.reset();
        let fault = format!("inject=write:error=EFAULT:when={number}");
        let output = before.behind("strace", &["-f", "-qq", "-o", "/dev/null", "-e", &fault]).output().expect("starts");
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        assert!(stderr_text(&output).starts_with(wanted), "{}", stderr_text(&output));
        before.assert_clean(wanted);
        assert!(before.case.leftovers().is_empty());
    }
}
