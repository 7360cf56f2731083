//! Output directories and file names.

use crate::common::{Case, PURCHASES, stderr_text};
use crate::rules::{have, skipped};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

/// A run without existing inputs: errors about the outputs come first.
fn refused(case: &Case, out: &str, status: i32, text: &str) {
    let output = case.spendfold().args(["run", "-q", "-c", "none", "-p", "none", "-o", out]).output().expect("starts");
    assert_eq!((output.status.code(), stderr_text(&output).lines().next()), (Some(status), Some(text)), "{out}");
}

#[test]
fn output_directories_that_cannot_be() {
    let case = Case::small();
    case.write("file", "mine");
    refused(&case, "file", 2, "file: is not a directory");
    refused(&case, "file/below", 1, "file/below: cannot open the output directory: Not a directory");
    refused(&case, "/proc/none/out", 1, "/proc/none: cannot create the output directory: No such file or directory");
    assert_eq!(case.read("file"), "mine");
    if have("setpriv", "a read-only directory") {
        fs::set_permissions(case.path(""), PermissionsExt::from_mode(0o755)).expect("set");
        fs::create_dir(case.path("out")).expect("made");
        case.copy_of_program();
        for (out, text) in [
            ("out", "out/.spendfold-staging: cannot create: Permission denied\n"),
            ("other", "other: cannot create the output directory: Permission denied\n"),
        ] {
            let mut command = case.other("setpriv");
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "./program", "run", "-q"]);
            let output = command.args(["-c", "none", "-p", "none", "-o", out]).output().expect("starts");
            assert_eq!((output.status.code(), stderr_text(&output).as_str()), (Some(1), text));
        }
    }
}

#[test]
fn names_that_are_no_regular_files() {
    for name in crate::common::NAMES {
        let case = Case::small();
        fs::create_dir(case.path("out")).expect("made");
        let path = case.path("out").join(name);
        let is = |what: &str| format!("out/{name}: is {what}, not a regular file");
        fs::create_dir(&path).expect("made");
        refused(&case, "out", 2, &is("a directory"));
        fs::remove_dir(&path).expect("removed");
        case.fifo(&format!("out/{name}"));
        refused(&case, "out", 2, &is("a FIFO"));
        fs::remove_file(&path).expect("removed");
        case.write("target", "mine");
        symlink("../target", &path).expect("linked");
        refused(&case, "out", 2, &is("a symbolic link"));
        assert_eq!(case.read("target"), "mine");
        assert_eq!(fs::read_link(&path).expect("a link"), std::path::Path::new("../target"));
        fs::remove_file(&path).expect("removed");
        symlink("nowhere", &path).expect("linked");
        refused(&case, "out", 2, &is("a symbolic link"));
        fs::remove_file(&path).expect("removed");
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bound"));
        refused(&case, "out", 2, &is("a device or socket"));
    }
}

#[test]
fn a_staging_name_that_is_a_link_is_not_followed() {
    let case = Case::small();
    fs::create_dir_all(case.path("out")).expect("made");
    fs::create_dir(case.path("target")).expect("made");
    case.write("target/kept", "mine");
    symlink("../target", case.path("out/.spendfold-staging")).expect("linked");
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(case.read("target/kept"), "mine");
    assert!(case.leftovers().is_empty());
}

#[test]
fn outputs_that_would_be_inputs() {
    for how in ["the path", "a hard link", "a symbolic link"] {
        for input in ["c.csv", "p.csv"] {
            let case = Case::small();
            fs::create_dir(case.path("out")).expect("made");
            let bytes = case.read(input);
            let inside = case.path("out/rejects.csv");
            match how {
                "a hard link" => fs::hard_link(case.path(input), &inside).expect("linked"),
                _ => fs::rename(case.path(input), &inside).expect("moved"),
            }
            let given = if how == "the path" { "out/rejects.csv" } else { input };
            if how == "a symbolic link" {
                symlink("out/rejects.csv", case.path(input)).expect("linked");
            }
            let (customers, purchases) = if input == "c.csv" { (given, "p.csv") } else { ("c.csv", given) };
            let args = ["run", "-q", "-c", customers, "-p", purchases, "-o", "out"];
            let output = case.spendfold().args(args).output().expect("starts");
            let text = format!("out/rejects.csv: would overwrite the input {given}\nchoose another --out-dir\n");
            assert_eq!((output.status.code(), stderr_text(&output)), (Some(2), text), "{how}");
            assert_eq!(fs::read_to_string(&inside).expect("there"), bytes);
            assert!(case.leftovers().is_empty());
        }
    }
}

/// For each name of the set, and through a link to the directory.
#[test]
fn each_name_of_the_set_may_be_an_input_to_be_spared() {
    for name in crate::common::NAMES {
        for out in ["out", "link"] {
            let case = Case::small();
            fs::create_dir(case.path("out")).expect("made");
            symlink("out", case.path("link")).expect("linked");
            let inside = format!("out/{name}");
            fs::rename(case.path("c.csv"), case.path(&inside)).expect("moved");
            let args = ["run", "-q", "-c", &inside, "-p", "p.csv", "-o", out];
            let output = case.spendfold().args(args).output().expect("starts");
            assert_eq!(output.status.code(), Some(2), "{name} {out}: {}", stderr_text(&output));
            assert_eq!(case.read(&inside), crate::common::CUSTOMERS);
        }
    }
}

#[test]
fn modes_follow_the_umask() {
    for (umask, mode) in [("022", 0o644), ("077", 0o600), ("000", 0o666)] {
        let case = Case::small();
        let line = format!("umask {umask}; exec \"$0\" \"$@\"");
        let mut command = case.other("bash");
        command.args(["-c", &line, crate::common::PROGRAM]).args(crate::common::RUN);
        assert!(command.output().expect("starts").status.success());
        for name in crate::common::NAMES {
            let found = fs::metadata(case.path("out").join(name)).expect("there");
            assert_eq!(found.mode() & 0o7777, mode, "{umask} {name}");
        }
    }
}

/// A staging directory is accessible to its owner only, whatever the umask.
#[test]
fn staged_files_are_the_owners_alone() {
    let case = Case::small();
    let line = "umask 000; exec \"$0\" run -q -c c.csv -p - -o out";
    let mut command = case.other("bash");
    command.args(["-c", line, crate::common::PROGRAM]).stdin(std::process::Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let staging = case.path("out/.spendfold-staging");
    crate::common::wait_until("the staging directory", || staging.exists());
    assert_eq!(fs::metadata(&staging).expect("there").mode() & 0o7777, 0o700);
    drop(child.stdin.take());
    child.wait().expect("ends");
}

/// The staging directory is cleared, so an input in it is refused first.
#[test]
fn an_input_in_the_staging_folder_is_refused() {
    let case = Case::small();
    fs::create_dir_all(case.path("out/.spendfold-staging")).expect("made");
    fs::rename(case.path("c.csv"), case.path("out/.spendfold-staging/c.csv")).expect("moved");
    symlink("out/.spendfold-staging/c.csv", case.path("link")).expect("linked");
    for given in ["out/.spendfold-staging/c.csv", "link"] {
        let args = ["run", "-q", "-c", given, "-p", "p.csv", "-o", "out"];
        let output = case.spendfold().args(args).output().expect("starts");
        assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
        assert!(
            stderr_text(&output).starts_with(&format!("{given}: is in the staging directory")),
            "{}",
            stderr_text(&output)
        );
        assert_eq!(case.read("out/.spendfold-staging/c.csv"), crate::common::CUSTOMERS);
    }
}

#[test]
fn paths_that_are_not_utf8_and_another_file_system() {
    let case = Case::small();
    let odd = |name: &[u8]| std::ffi::OsString::from_vec(name.to_vec());
    fs::write(case.path(odd(b"p\xff\n.csv")), PURCHASES.replace("0.10", "x")).expect("written");
    let mut command = case.spendfold();
    command.args(["run", "-q", "-c", "c.csv", "--max-rejects", "1", "-p"]).arg(odd(b"p\xff\n.csv"));
    let output = command.arg("-o").arg(odd(b"o\xfe")).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let dir = case.path(odd(b"o\xfe"));
    let wanted = b"file,line,byte,reason,record\n\"p\xff\n.csv\",2,26,amount is not a decimal number,\"1,Pen,x\"\n";
    assert!(fs::read(dir.join("rejects.csv")).expect("rejects") == wanted);
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(dir.join("report.json")).expect("there")).expect("JSON");
    assert_eq!(report["inputs"][1]["path"], "p\u{fffd}\n.csv");
    assert_eq!(report["inputs"][1]["path_lossy"], true);
    // The temporary directory is not used.
    let output = case.run().env("TMPDIR", "/nowhere").output().expect("starts");
    assert_eq!(output.status.code(), Some(0));
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        skipped("another file system", "no /dev/shm");
        return;
    };
    let output = case.run().arg("-o").arg(other.path()).output().expect("starts");
    if output.status.code() == Some(2) {
        // `-o` may occur only once.
        let mut command = case.spendfold();
        let output = command.args(["run", "-q", "-c", "c.csv", "-p", "p.csv", "-o"]).arg(other.path()).output();
        assert_eq!(output.expect("starts").status.code(), Some(0));
    }
    assert_eq!(crate::common::files(other.path()).len(), 6);
}
