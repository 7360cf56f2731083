//! Environment variables for options. Flags take precedence; an empty variable counts as unset.

use crate::common::{Case, PURCHASES, stderr_text};
use std::collections::BTreeSet;
use std::process::Output;

/// Runs on the small inputs with these variables and arguments.
fn output(case: &Case, env: &[(&str, &str)], args: &[&str]) -> Output {
    case.run().args(args).envs(env.iter().copied()).output().expect("starts")
}

/// The report of a run that must succeed.
fn report(case: &Case, env: &[(&str, &str)], args: &[&str]) -> String {
    let output = output(case, env, args);
    assert_eq!(output.status.code(), Some(0), "{env:?} {args:?}: {}", stderr_text(&output));
    case.read("out/report.json")
}

/// The message of a run that must end with status 2.
fn refused(case: &Case, env: &[(&str, &str)], args: &[&str]) -> String {
    let output = output(case, env, args);
    assert_eq!(output.status.code(), Some(2), "{env:?} {args:?}: {}", stderr_text(&output));
    stderr_text(&output)
}

#[test]
fn variables_set_options_and_flags_take_precedence() {
    let case = Case::small();
    let run = |env: &[(&str, &str)], args: &[&str]| {
        let output = case.run().args(args).envs(env.iter().copied()).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        case.read("out/report.json")
    };
    assert!(run(&[("SPENDFOLD_JOIN", "inner")], &[]).contains(r#""join": "inner""#));
    assert!(run(&[("SPENDFOLD_JOIN", "inner")], &["--join", "left"]).contains(r#""join": "left""#));
    assert!(run(&[("SPENDFOLD_AGE_GROUPS", "All=0+")], &[]).contains(r#""age_group": "All""#));
    assert!(run(&[("SPENDFOLD_THREADS", "3")], &[]).contains(r#""threads": 3"#));
    assert!(!run(&[("SPENDFOLD_NO_COMBINED", "1")], &[]).contains("\"combined_data.csv\""));
    assert!(run(&[("SPENDFOLD_NO_COMBINED", "false")], &[]).contains("\"combined_data.csv\""));
    // Also for the inputs.
    let mut command = case.spendfold();
    command.args(["run", "-q"]).env("SPENDFOLD_CUSTOMERS", "c.csv").env("SPENDFOLD_PURCHASES", "p.csv");
    let output = command.env("SPENDFOLD_OUT_DIR", "by variable").output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(case.path("by variable/report.json").exists());
    // An invalid variable is an error.
    let output = case.run().env("SPENDFOLD_MAX_REJECTS", "some").output().expect("starts");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn an_error_names_the_variable_it_came_from() {
    let case = Case::small();
    for (name, value, wanted) in [
        ("SPENDFOLD_JOIN", "outer", "SPENDFOLD_JOIN: not one of full, left, inner: outer\n"),
        ("SPENDFOLD_SYNC", "maybe", "SPENDFOLD_SYNC: not a boolean: maybe\n"),
        ("SPENDFOLD_THREADS", "0", "SPENDFOLD_THREADS: not from 1 to 1024: 0\n"),
        ("SPENDFOLD_DELIMITER", "ab", "SPENDFOLD_DELIMITER: not one byte: ab\n"),
        ("SPENDFOLD_MAX_REJECTS", "some", "SPENDFOLD_MAX_REJECTS: not a number of records or a percentage: some\n"),
        ("SPENDFOLD_AGE_GROUPS", "A=5-3", "SPENDFOLD_AGE_GROUPS: "),
    ] {
        let text = refused(&case, &[(name, value)], &[]);
        assert!(text.starts_with(wanted), "{name}: {text}");
    }
    // With a flag, the variable is ignored, whether the flag is valid or not.
    report(&case, &[("SPENDFOLD_JOIN", "outer"), ("SPENDFOLD_SYNC", "maybe")], &["--join=left", "--sync"]);
    let text = refused(&case, &[("SPENDFOLD_JOIN", "left")], &["--join", "outer"]);
    assert!(text.starts_with("--join: "), "{text}");
}

#[test]
fn a_quote_and_no_quoting_exclude_each_other_and_the_flag_wins() {
    let case = Case::small();
    let quote = |env: &[(&str, &str)], args: &[&str]| -> serde_json::Value {
        let report: serde_json::Value = serde_json::from_str(&report(&case, env, args)).expect("JSON");
        report["options"]["quote"].clone()
    };
    // Quotes in these inputs are needed to read them, so without quoting records are rejected.
    let (off, many) = (("SPENDFOLD_NO_QUOTING", "1"), "--max-rejects=100%");
    assert_eq!(quote(&[off], &[many]), serde_json::Value::Null);
    assert_eq!(quote(&[off], &["--quote", "\""]), "\"");
    assert_eq!(quote(&[off], &["--no-quoting=false"]), "\"");
    let other = ("SPENDFOLD_QUOTE", "'");
    assert_eq!(quote(&[other], &[many]), "'");
    assert_eq!(quote(&[other], &["--no-quoting", many]), serde_json::Value::Null);
    assert_eq!(quote(&[other, ("SPENDFOLD_NO_QUOTING", "0")], &[many]), "'");
    let text = refused(&case, &[off, other], &[]);
    assert!(text.starts_with("SPENDFOLD_NO_QUOTING and SPENDFOLD_QUOTE exclude each other\n"), "{text}");
    let text = refused(&case, &[], &["--no-quoting", "--quote", "'"]);
    assert!(text.starts_with("--no-quoting and --quote exclude each other\n"), "{text}");
}

#[test]
fn the_quoting_of_one_side_wins_over_that_of_both_unless_that_is_a_flag() {
    let case = Case::small();
    let quotes = |env: &[(&str, &str)], args: &[&str]| {
        let args = [args, &["--max-rejects=100%"]].concat();
        let report: serde_json::Value = serde_json::from_str(&report(&case, env, &args)).expect("JSON");
        let quote = |side: &str| report["dialects"][side]["quote"].as_str().unwrap_or("none").to_owned();
        [quote("customers"), quote("purchases")].join(" ")
    };
    assert_eq!(quotes(&[], &["--quote", "'", "--customers-quote", "\""]), "\" '");
    assert_eq!(quotes(&[], &["--no-quoting", "--customers-quote", "\""]), "\" none");
    assert_eq!(quotes(&[], &["--purchases-no-quoting"]), "\" none");
    let customers_none = ("SPENDFOLD_CUSTOMERS_NO_QUOTING", "1");
    assert_eq!(quotes(&[customers_none], &[]), "none \"");
    assert_eq!(quotes(&[customers_none, ("SPENDFOLD_QUOTE", "'")], &[]), "none '");
    assert_eq!(quotes(&[customers_none], &["--quote", "'"]), "' '");
    assert_eq!(quotes(&[customers_none], &["--no-quoting=false"]), "\" \"");
    let text = refused(&case, &[], &["--customers-no-quoting", "--customers-quote", "'"]);
    assert!(text.starts_with("--customers-no-quoting and --customers-quote exclude each other\n"), "{text}");
}

#[test]
fn the_flag_for_both_keys_wins_over_the_variable_of_one() {
    let case = Case::new("id,first_name,last_name,age\n1,A,B,30\n", "id,who,price\n1,2,3\n");
    let wrong = [("SPENDFOLD_CUSTOMERS_KEY", "nobody"), ("SPENDFOLD_PURCHASES_KEY", "who")];
    let text = report(&case, &wrong, &["--key", "id"]);
    assert!(text.contains(r#""customers_key": "id""#) && text.contains(r#""purchases_key": "id""#), "{text}");
    // If both are flags or both are variables, the more specific one takes precedence.
    let text = report(&case, &[("SPENDFOLD_KEY", "id"), ("SPENDFOLD_PURCHASES_KEY", "who")], &[]);
    assert!(text.contains(r#""customers_key": "id""#) && text.contains(r#""purchases_key": "who""#), "{text}");
    let text = report(&case, &[("SPENDFOLD_KEY", "nobody")], &["--customers-key", "id", "--purchases-key", "who"]);
    assert!(text.contains(r#""customers_key": "id""#) && text.contains(r#""purchases_key": "who""#), "{text}");
}

#[test]
fn quiet_wins_over_progress_and_the_flag_over_the_variable() {
    let case = Case::small();
    let said_by = |env: &[(&str, &str)], args: &[&str]| {
        let plain = ["run", "-c", "c.csv", "-p", "p.csv", "-o", "out"];
        let output = case.spendfold().args(plain).args(args).envs(env.iter().copied()).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        stderr_text(&output)
    };
    let (json, quiet) = (("SPENDFOLD_PROGRESS", "json"), ("SPENDFOLD_QUIET", "1"));
    assert!(said_by(&[json], &[]).starts_with('{'));
    for (env, args) in [
        (&[json][..], &["-q"][..]),
        (&[json, quiet], &[]),
        (&[], &["-q", "--progress", "json"]),
        (&[quiet], &["--progress", "off"]),
    ] {
        assert_eq!(said_by(env, args), "", "{env:?} {args:?}");
    }
    assert!(said_by(&[quiet], &["--progress", "json"]).starts_with('{'));
    assert!(said_by(&[quiet], &["--quiet=false"]).contains("Middle-aged"));
    assert!(said_by(&[quiet], &["-q=false"]).contains("Middle-aged"));
    // The short switch can be combined with others.
    assert_eq!(said_by(&[], &["-qd,"]), "");
}

#[test]
fn a_switch_set_by_its_variable_can_be_turned_off() {
    let case = Case::small();
    let set = [("SPENDFOLD_NO_COMBINED", "yes"), ("SPENDFOLD_STRICT", "on"), ("SPENDFOLD_NO_CLOBBER", "1")];
    assert!(report(&case, &set, &[]).contains("\"combined\": false"));
    let on = report(&case, &set, &["--no-combined=false", "--no-clobber=false"]);
    assert!(on.contains("\"combined\": true"));
    case.write("p.csv", format!("{PURCHASES}bad\n"));
    let strict = output(&case, &set, &["--no-clobber=false"]);
    assert_eq!(strict.status.code(), Some(4), "{}", stderr_text(&strict));
    report(&case, &set, &["--no-clobber=false", "--strict=false", "--max-rejects=1"]);
    // Only after `=`: the next argument is not the value of a switch.
    assert!(refused(&case, &[], &["--sync", "false"]).starts_with("unexpected argument: false\n"));
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let case = Case::small();
    let plain = case.spendfold().args(["run", "--help"]).output().expect("starts").stdout;
    let variables = variables_of(&plain);
    assert!(variables.len() > 20, "{variables:?}");
    let empty: Vec<(&str, &str)> = variables.iter().map(|name| (name.as_str(), "")).collect();
    let text = report(&case, &empty, &[]);
    assert!(text.contains(r#""delimiter": ",""#) && text.contains(r#""join": "full""#), "{text}");
    // Also for the paths: the defaults apply.
    let mut command = case.spendfold();
    command.arg("run").envs(empty.iter().copied());
    let output = command.output().expect("starts");
    assert!(stderr_text(&output).starts_with("data/customers.csv: cannot open"), "{}", stderr_text(&output));
    // The help lists an empty variable like any other.
    let help = case.spendfold().args(["run", "--help"]).envs(empty).output().expect("starts");
    assert_eq!((help.status.code(), variables_of(&help.stdout)), (Some(0), variables));
    // An empty flag is an error.
    assert!(refused(&case, &[], &["--delimiter", ""]).starts_with("--delimiter: not one byte: ''\n"));
}

#[test]
fn the_variable_of_the_purchases_holds_several_paths() {
    let case = Case::small();
    case.write("q.csv", PURCHASES);
    case.write("a:b.csv", PURCHASES);
    let records = |variable: &str, args: &[&str]| {
        let mut command = case.spendfold();
        command.args(["run", "-q", "-c", "c.csv", "-o", "out"]).args(args).env("SPENDFOLD_PURCHASES", variable);
        let output = command.output().expect("starts");
        if output.status.code() != Some(0) {
            return Err(stderr_text(&output));
        }
        let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        let inputs = report["inputs"].as_array().expect("a list").clone();
        Ok(inputs[1..].iter().map(|input| input["path"].as_str().expect("a path").to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(records("p.csv", &[]), Ok(vec!["p.csv".to_owned()]));
    assert_eq!(records("p.csv:q.csv:p.csv", &[]), Ok(["p.csv", "q.csv", "p.csv"].map(str::to_owned).to_vec()));
    assert_eq!(records(":q.csv::", &[]), Ok(vec!["q.csv".to_owned()]));
    assert_eq!(records("p.csv:q.csv", &["-p", "a:b.csv"]), Ok(vec!["a:b.csv".to_owned()]));
    assert!(records("a:b.csv", &[]).expect_err("two paths").starts_with("a: cannot open"));
    assert!(records(":", &[]).expect_err("no path").starts_with("SPENDFOLD_PURCHASES: "));
}

/// The variables in a help text.
fn variables_of(help: &[u8]) -> BTreeSet<String> {
    let help = String::from_utf8_lossy(help).into_owned();
    let names = help.split("[env: ").skip(1).map(|rest| rest.split(['=', ']']).next().unwrap_or("").to_owned());
    names.collect()
}

#[test]
fn every_option_has_a_variable() {
    let case = Case::small();
    for command in ["run", "verify", "generate"] {
        let help = case.spendfold().args([command, "--help"]).output().expect("starts").stdout;
        let variables = variables_of(&help);
        let text = String::from_utf8(help).expect("text");
        let options = text.lines().map(str::trim_start).filter(|line| line.starts_with("--") || line.starts_with('-'));
        let options = options.filter(|line| line.split([' ', ',']).any(|word| word.starts_with("--")));
        let options = options.filter(|line| !line.contains("--help") && !line.contains("--version")).count();
        assert!(options > 3, "{command}: {text}");
        assert_eq!(variables.len(), options, "{command}: {variables:?}");
        // A variable that `run` and `generate` share means the same in both.
        let shared = ["NO_CLOBBER", "SYNC", "THREADS", "PROGRESS", "QUIET"].map(|name| format!("SPENDFOLD_{name}"));
        let own = |name: &&String| name.starts_with("SPENDFOLD_GENERATE_") || shared.contains(name);
        assert!(command != "generate" || variables.iter().all(|name| own(&name)), "{variables:?}");
    }
}

#[test]
fn generate_and_verify_read_their_variables() {
    let case = Case::small();
    let own = [("CUSTOMERS", "50"), ("PURCHASES", "200"), ("SEED", "7"), ("OUT_DIR", "pair"), ("CRLF", "1")];
    let own: Vec<(String, &str)> =
        own.iter().map(|(name, value)| (format!("SPENDFOLD_GENERATE_{name}"), *value)).collect();
    let generate = |env: &[(&str, &str)], args: &[&str]| {
        let mut command = case.spendfold();
        command.args(["generate", "-q"]).args(args).envs(own.clone()).envs(env.iter().copied());
        // Variables of `run` are ignored here.
        command.env("SPENDFOLD_CUSTOMERS", "c.csv").env("SPENDFOLD_OUT_DIR", "results");
        let output = command.output().expect("starts");
        (output.status.code(), stderr_text(&output))
    };
    assert_eq!(generate(&[], &[]), (Some(0), String::new()));
    let lines = |name: &str| case.read(name).lines().count();
    assert_eq!((lines("pair/customers.csv"), lines("pair/purchases.csv")), (51, 201));
    assert!(case.read("pair/customers.csv").contains("\r\n") && !case.path("results").exists());
    assert_eq!(generate(&[], &["--crlf=false", "-o", "other"]), (Some(0), String::new()));
    assert!(!case.read("other/customers.csv").contains("\r\n"));
    // The flag for the size takes precedence over the variable for the purchases.
    assert_eq!(generate(&[], &["--size", "100kB", "-o", "sized"]), (Some(0), String::new()));
    assert!(lines("sized/purchases.csv") > 1000);
    let (status, text) = generate(&[("SPENDFOLD_GENERATE_SIZE", "100kB")], &[]);
    let both = "SPENDFOLD_GENERATE_PURCHASES and SPENDFOLD_GENERATE_SIZE exclude each other\n";
    assert!(status == Some(2) && text.starts_with(both), "{text}");
    let (status, text) = generate(&[], &["--size", "100kB", "--purchases", "7"]);
    assert!(status == Some(2) && text.starts_with("--purchases and --size exclude each other\n"), "{text}");
    let (status, text) = generate(&[("SPENDFOLD_GENERATE_DIRT", "x")], &[]);
    assert!(status == Some(2) && text.starts_with("SPENDFOLD_GENERATE_DIRT: "), "{text}");

    let args = ["run", "-q", "-c", "pair/customers.csv", "-p", "pair/purchases.csv", "-o", "out"];
    assert_eq!(case.spendfold().args(args).status().expect("starts").code(), Some(0));
    let mut command = case.spendfold();
    let output = command.args(["verify", "out"]).env("SPENDFOLD_EXPECTED", "pair/expected.json").output();
    assert_eq!(stderr_text(&output.expect("starts")), "out: the set agrees with its report and with the answer key\n");
}
