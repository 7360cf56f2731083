//! Names of the set that other programs take during a run.

use crate::common::{Case, NAMES, stderr_text, wait_until};
use crate::publication::Held;
use crate::rules::{Before, have};
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::process::Stdio;

/// What appears at a name during a run, and how the message describes it.
const TAKEN: [(&str, &str); 3] =
    [("directory", "became a directory"), ("link", "became a symbolic link"), ("FIFO", "became a FIFO")];

/// Whatever appears at a name during the run is left untouched, and so is the rest of the old set.
#[test]
fn names_taken_during_a_run() {
    for name in NAMES {
        for (kind, text) in TAKEN {
            let before = Before::small(&[]);
            let case = &before.case;
            let run = Held::begin(case, "thing", "out", &[]);
            let path = case.path("out").join(name);
            fs::remove_file(&path).expect("removed");
            case.write("target", "precious");
            match kind {
                "directory" => {
                    fs::create_dir(&path).expect("made");
                    case.write(&format!("out/{name}/file"), "precious");
                }
                "link" => symlink("../target", &path).expect("linked"),
                _ => drop(case.fifo(&format!("out/{name}"))),
            }
            let inode = fs::symlink_metadata(&path).expect("there").ino();
            let output = run.end();
            let what = format!("{name} {kind}: {}", stderr_text(&output));
            assert_eq!(output.status.code(), Some(1), "{what}");
            let text = format!("out/{name}: {text} during the run; nothing was published\n");
            assert!(stderr_text(&output).starts_with(&text), "{what}");
            assert_eq!(fs::symlink_metadata(&path).expect("there").ino(), inode, "{what}");
            assert_eq!(case.read("target"), "precious");
            if kind == "directory" {
                assert_eq!(case.read(&format!("out/{name}/file")), "precious");
                fs::remove_dir_all(&path).expect("removed");
            } else {
                fs::remove_file(&path).expect("removed");
            }
            let mut rest = before.old.clone();
            rest.remove(std::ffi::OsStr::new(name));
            assert!(case.files() == rest, "{what}");
            assert!(case.leftovers().is_empty(), "{what}");
        }
    }
}

/// `--no-clobber` applies when the set is moved, not only when the run starts.
#[test]
fn no_clobber_spares_a_file_made_during_the_run() {
    for name in NAMES {
        let case = Case::small();
        let run = Held::begin(&case, "thing", "out", &["--no-clobber"]);
        case.write(&format!("out/{name}"), "precious");
        let output = run.end();
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stderr_text(&output));
        let text =
            format!("out/{name}: was created during the run, and --no-clobber is given; nothing was published\n");
        assert!(stderr_text(&output).starts_with(&text), "{}", stderr_text(&output));
        let found = case.files();
        assert_eq!(found.len(), 1, "{name}: {:?}", found.keys());
        assert_eq!(case.read(&format!("out/{name}")), "precious");
        assert!(case.leftovers().is_empty());
    }
}

/// Waits until a traced run makes this call, and is held in it.
fn wait_for_call(trace: &std::path::Path, call: &str) {
    wait_until(call, || fs::read_to_string(trace).is_ok_and(|text| text.contains(&format!("{call}("))));
}

/// A name that is taken between the check and the move, on a file system that cannot exchange names.
#[test]
fn a_name_taken_between_two_moves() {
    if !have("strace", "a name taken between two moves") {
        return;
    }
    // The old file is moved away, then another program takes its name before the new one gets it.
    for sync in [false, true] {
        let before = Before::small(if sync { &["-t", "1", "--sync"] } else { &["-t", "1"] });
        let case = &before.case;
        let trace = case.path("trace");
        let name = trace.to_str().expect("UTF-8");
        let mut strace = vec!["-f", "-qq", "-o", name, "-e", "trace=linkat,renameat2"];
        strace.extend(["-e", "inject=renameat2:error=EINVAL", "-e", "inject=linkat:delay_enter=1500000:when=1"]);
        if sync {
            strace.extend(["-e", "inject=fsync:error=EIO:when=9+"]);
        }
        before.reset();
        let child = before.behind("strace", &strace).stderr(Stdio::piped()).spawn().expect("starts");
        wait_for_call(&trace, "linkat");
        case.write("out/combined_data.csv", "precious");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        let text = stderr_text(&output);
        assert!(
            text.starts_with("out/combined_data.csv: was replaced by another program during the publication\n"),
            "{text}"
        );
        assert!(text.contains("could not be restored completely"), "{text}");
        assert_eq!(case.read("out/combined_data.csv"), "precious");
        // The old file is where the message says, and no report claims that the set is whole.
        assert_eq!(
            case.read("out/.spendfold-staging/combined_data.csv.old").as_bytes(),
            before.old[std::ffi::OsStr::new("combined_data.csv")]
        );
        assert!(!case.path("out/report.json").exists());
    }
}

/// A name that is taken while a failed publication is rolled back.
#[test]
fn a_name_taken_during_the_rollback() {
    if !have("strace", "a name taken during the rollback") {
        return;
    }
    let before = Before::small(&["-t", "1"]);
    let case = &before.case;
    let trace = case.path("trace");
    let name = trace.to_str().expect("UTF-8");
    let strace = [
        "-f",
        "-qq",
        "-o",
        name,
        "-e",
        "trace=linkat,renameat2",
        "-e",
        "inject=renameat2:error=EIO:when=2",
        "-e",
        "inject=linkat:delay_enter=1500000:when=1",
    ];
    before.reset();
    let child = before.behind("strace", &strace).stderr(Stdio::piped()).spawn().expect("starts");
    wait_for_call(&trace, "linkat");
    case.write("out/report.json", "precious");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
    assert!(stderr_text(&output).contains("could not be restored completely"), "{}", stderr_text(&output));
    assert_eq!(case.read("out/report.json"), "precious");
    let old = case.read("out/.spendfold-staging/old-report.json");
    assert_eq!(old.as_bytes(), before.old[std::ffi::OsStr::new("report.json")]);
}
