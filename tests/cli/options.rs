//! Defaults, variables and flags; completions; help and version.

use crate::common::{Case, said};

#[test]
fn defaults_are_the_documented_paths() {
    let case = Case::small();
    std::fs::create_dir(case.path("data")).expect("made");
    std::fs::rename(case.path("c.csv"), case.path("data/customers.csv")).expect("moved");
    std::fs::rename(case.path("p.csv"), case.path("data/purchases.csv")).expect("moved");
    let output = case.spendfold().arg("run").output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(case.path("results/report.json").exists());
    assert!(output.stdout.is_empty());
}

#[test]
fn variables_stand_for_options_and_flags_win() {
    let case = Case::small();
    let run = |env: &[(&str, &str)], args: &[&str]| {
        let output = case.run().args(args).envs(env.iter().copied()).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        case.read("out/report.json")
    };
    assert!(run(&[("SPENDFOLD_JOIN", "inner")], &[]).contains(r#""join": "inner""#));
    assert!(run(&[("SPENDFOLD_JOIN", "inner")], &["--join", "left"]).contains(r#""join": "left""#));
    assert!(run(&[("SPENDFOLD_AGE_GROUPS", "All=0+")], &[]).contains(r#""age_group": "All""#));
    assert!(run(&[("SPENDFOLD_THREADS", "3")], &[]).contains(r#""threads": 3"#));
    assert!(!run(&[("SPENDFOLD_NO_COMBINED", "1")], &[]).contains("\"combined_data.csv\""));
    assert!(run(&[("SPENDFOLD_NO_COMBINED", "false")], &[]).contains("\"combined_data.csv\""));
    // The inputs too; the flags of `run` win over these.
    let mut command = case.spendfold();
    command.args(["run", "-q"]).env("SPENDFOLD_CUSTOMERS", "c.csv").env("SPENDFOLD_PURCHASES", "p.csv");
    let output = command.env("SPENDFOLD_OUT_DIR", "by variable").output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(case.path("by variable/report.json").exists());
    // What is wrong in a variable is wrong.
    let output = case.run().env("SPENDFOLD_MAX_REJECTS", "some").output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
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
