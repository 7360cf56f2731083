//! Defaults, usage errors, completions, help and version.

use crate::common::{Case, stderr_text};

#[test]
fn defaults_are_the_documented_paths() {
    let case = Case::small();
    std::fs::create_dir(case.path("data")).expect("made");
    std::fs::rename(case.path("c.csv"), case.path("data/customers.csv")).expect("moved");
    std::fs::rename(case.path("p.csv"), case.path("data/purchases.csv")).expect("moved");
    let output = case.spendfold().arg("run").output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(case.path("results/report.json").exists());
    assert!(output.stdout.is_empty());
}

/// The two lines of a usage error, which ends with status 2.
fn refused(case: &Case, args: &[&str]) -> [String; 2] {
    let output = case.spendfold().args(args).output().expect("starts");
    assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr_text(&output));
    assert!(output.stdout.is_empty(), "{args:?}");
    let text = stderr_text(&output);
    let lines: Vec<&str> = text.lines().collect();
    let [what, hint] = lines.as_slice() else { panic!("{args:?}: an error is a line and a hint: {text}") };
    [(*what).to_owned(), (*hint).to_owned()]
}

#[test]
fn a_usage_error_is_one_line_and_a_hint() {
    let case = Case::small();
    let long = format!("--{}", "x".repeat(200));
    let cut = format!("no such option: --{}…", "x".repeat(78));
    for (args, what) in [
        (&["run", "--join", "outer"][..], "--join: not one of full, left, inner: outer"),
        (&["run", "--join", "a\u{1b}[31m\nb"], "--join: not one of full, left, inner: a\\u{1b}[31m\\nb"),
        (&["run", "--progress"], "--progress: the value is missing"),
        (&["run", "-c", ""], "--customers: the value is missing"),
        (&["run", "--join=left", "--join=full"], "--join: given twice"),
        (&["run", "--sync=maybe"], "--sync: not a boolean: maybe"),
        (&["run", "--bogus\n"], "no such option: --bogus\\n"),
        (&["run", &long], &cut),
        (&["run", "more"], "unexpected argument: more"),
        (&["verify"], "missing: <DIR>"),
        (&["verify", "out", "-t", "many"], "--threads: not a whole number: many"),
        (&["generate", "--customers", "1", "--seed", "1", "-o", "g"], "missing: <--purchases <N>|--size <SIZE>>"),
        (&["completions", "cmd"], "<SHELL>: not one of bash, elvish, fish, powershell, zsh: cmd"),
    ] {
        if args.contains(&"many") {
            let output = case.spendfold().args(args).output().expect("starts");
            assert_eq!((output.status.code(), stderr_text(&output)), (Some(2), format!("{what}\n")));
            continue;
        }
        let help = format!("for all options: spendfold {} --help", args[0]);
        assert_eq!(refused(&case, args), [what.to_owned(), help], "{args:?}");
    }
    let help = "for all commands: spendfold --help".to_owned();
    assert_eq!(refused(&case, &[]), ["no command is given".to_owned(), help.clone()]);
    assert_eq!(refused(&case, &["ran"])[0], "no such command: ran");
    assert_eq!(refused(&case, &["--run"]), ["no such option: --run".to_owned(), help]);
    assert!(refused(&case, &["run", "--no-clober"])[1].starts_with("try --no-clobber; for all options: "));
}

#[test]
fn completions_for_every_shell() {
    let case = Case::small();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = case.spendfold().args(["completions", shell]).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).expect("text");
        assert!(script.contains("spendfold") && script.contains("age-groups"), "{shell}");
        assert!(output.stderr.is_empty(), "{shell}");
    }
    assert_eq!(case.spendfold().args(["completions", "cmd"]).output().expect("starts").status.code(), Some(2));
}

#[test]
fn help_and_version_go_to_standard_output() {
    let case = Case::small();
    for args in [&["--help"][..], &["--version"], &["run", "--help"], &["verify", "-h"]] {
        let output = case.spendfold().args(args).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{args:?}");
        assert!(!output.stdout.contains(&0x1b), "{args:?}");
    }
    assert_eq!(case.spendfold().output().expect("starts").status.code(), Some(2));
}
