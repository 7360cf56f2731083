//! Options about the inputs: column names, limits, and combinations of options.

use crate::common::{Case, stderr_text};

/// In a full join, a customer without purchases would have its key in the amount column.
#[test]
fn a_key_column_that_is_the_amount_column_is_refused() {
    let case = Case::new("customer_id,first_name,last_name,age\n5,Ann,B,20\n6,Bo,C,33\n", "price\n5\n");
    let args = ["--purchases-key", "price"];
    let output = case.ran(&args);
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
    assert!(stderr_text(&output).starts_with("the key column is the amount column too"), "{}", stderr_text(&output));
    assert!(!case.path("out").exists());
    for join in ["left", "inner"] {
        assert_eq!(case.run().args(args).args(["--join", join]).status().expect("starts").code(), Some(0));
        assert!(case.read("out/age_group_spending.csv").contains("Young,5,1,1\n"));
        assert_eq!(case.spendfold().args(["verify", "-q", "out"]).status().expect("starts").code(), Some(0));
    }
    // Without a full join there are no such rows.
    case.write("p.csv", "price\n5\n6\n");
    assert_eq!(case.ran(&args).status.code(), Some(0));
}

/// Column names are bytes.
#[test]
fn columns_whose_names_are_not_utf8_can_be_named() {
    let name = |text: &[u8]| <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(text).to_owned();
    let case = Case::new(
        b"n\xb0,first_name,last_name,\xe2ge\n5,Ann,B,20\n5,Bo,C,33\n6,Cy,D,\n",
        b"n\xb0,pr\xe9is\n5,1.5\n9,2\n,3\n5,\n",
    );
    let run = |by_variable: bool| {
        let mut command = case.run();
        command.args(["--max-rejects", "1"]);
        for (option, value) in [("key", &b"n\xb0"[..]), ("age", b"\xe2ge"), ("amount", b"pr\xe9is")] {
            if by_variable {
                command.env(format!("SPENDFOLD_{}", option.to_uppercase()), name(value));
            } else {
                command.arg(format!("--{option}")).arg(name(value));
            }
        }
        command.output().expect("starts")
    };
    for by_variable in [false, true] {
        let output = run(by_variable);
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert!(case.read("out/age_group_spending.csv").contains("Young,1.5,2,1\n"));
        let verified = case.spendfold().args(["verify", "out"]).output().expect("starts");
        assert_eq!(verified.status.code(), Some(0), "{}", stderr_text(&verified));
    }
    let output = case.run().arg("--key").arg(name(b"n\xb1")).output().expect("starts");
    assert!(
        stderr_text(&output).starts_with("c.csv: no such column: n\\xb1; found: n\\xb0, first_name"),
        "{}",
        stderr_text(&output)
    );
}

#[test]
fn a_header_of_one_field_points_to_the_delimiter() {
    for header in ["customer_id:price", "customer_id^price", "\"customer_id;price\""] {
        let case = Case::new("customer_id,first_name,last_name,age\n", format!("{header}\n"));
        let output = case.ran(&[]);
        assert_eq!(output.status.code(), Some(2));
        let hint = "the header has one field; skip lines before the header with --purchases-skip-lines, give another \
                    delimiter with --purchases-delimiter, or name the column with --purchases-key\n";
        assert!(stderr_text(&output).ends_with(hint), "{}", stderr_text(&output));
    }
}

#[test]
fn an_invalid_option_is_reported_with_name_and_value() {
    let case = Case::small();
    for (args, text) in [
        (&["-d", "5"][..], "--delimiter: cannot be a quote, CR, LF, a digit, '.', '+' or '-': 5\n"),
        (&["--quote", "7"], "--quote: cannot be CR, LF, a blank, a digit, '.', '+' or '-': 7\n"),
        (&["--quote", ",", "-d", ","], "--delimiter and --quote: cannot be the same byte: ,\n"),
        (
            &["--purchases-quote", ";", "--purchases-delimiter", ";"],
            "--purchases-delimiter and --purchases-quote: cannot be the same byte: ;\n",
        ),
        (&["--chunk-bytes", "0"], "--chunk-bytes: below 1: 0\n"),
        (&["--max-record-bytes", "0"], "--max-record-bytes: not from 1 to 536870912: 0\n"),
        (&["--max-record-bytes", "1G"], "--max-record-bytes: not from 1 to 536870912: 1073741824\n"),
    ] {
        let output = case.ran(args);
        assert_eq!((output.status.code(), stderr_text(&output).as_str()), (Some(2), text));
    }
    assert_eq!(case.ran(&["--max-rejects", "99999999999999999999"]).status.code(), Some(0));
}

#[test]
fn a_foreign_combined_file_is_kept_and_reported() {
    let case = Case::small();
    std::fs::create_dir(case.path("out")).expect("made");
    case.write("out/combined_data.csv", "mine\n");
    let output = case.ran(&["--no-combined"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stderr_text(&output).starts_with("out/combined_data.csv: does not belong to this set"),
        "{}",
        stderr_text(&output)
    );
    assert_eq!(case.read("out/combined_data.csv"), "mine\n");
}

#[test]
fn title_and_currency_are_recorded_and_change_only_the_pictures() {
    let case = Case::new("customer_id,first_name,last_name,age\n5,Ann,B,20\n", "customer_id,price\n5,1.5\n");
    let chart = || std::fs::read(case.path("out/total_spending_by_age_group.png")).expect("a chart");
    let options = || {
        let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        [report["options"]["chart_title"].clone(), report["options"]["currency"].clone()]
    };
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(options(), [serde_json::Value::Null, serde_json::Value::Null]);
    let (plain, spending) = (chart(), case.read("out/age_group_spending.csv"));
    let mut charts = vec![plain];
    for args in [&["--chart-title", "Our customers"][..], &["--chart-title", "Our customers", "--currency", "EUR"]] {
        assert_eq!(case.ran(args).status.code(), Some(0));
        assert_eq!(case.spendfold().args(["verify", "-q", "out"]).status().expect("starts").code(), Some(0));
        assert!(!charts.contains(&chart()) && case.read("out/age_group_spending.csv") == spending);
        charts.push(chart());
    }
    assert_eq!(
        options().map(|option| option.as_str().map(str::to_owned)),
        [Some("Our customers".to_owned()), Some("EUR".to_owned())]
    );
    for (option, value) in [("--chart-title", "two\nlines"), ("--currency", "10 EUR")] {
        let output = case.ran(&[option, value]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr_text(&output).starts_with(option), "{}", stderr_text(&output));
    }
}

/// The same escapes name the delimiter, the quote, the escape byte and the comment byte, for both sides and for one.
#[test]
fn a_byte_can_be_given_as_an_escape() {
    let customers = "customer_id\tfirst_name\tlast_name\tage\n# none\n1\t'A\tB'\tC\\\tD\t30\n";
    let purchases = "customer_id\tproduct\tprice\n# none\n1\t'It''s'\t2.50\n1\t\\'x\t1\n";
    let case = Case::new(customers, purchases);
    let rows = |delimiter: &str, quote: &str, escape: &str, comment: &str, prefixes: &[&str]| {
        let _ = std::fs::remove_dir_all(case.path("out"));
        let mut command = case.run();
        for prefix in prefixes {
            for (name, value) in [("delimiter", delimiter), ("quote", quote), ("escape", escape), ("comment", comment)]
            {
                command.arg(format!("--{prefix}{name}={value}"));
            }
        }
        let output = command.output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{delimiter} {quote} {escape}: {}", stderr_text(&output));
        case.read("out/combined_data.csv")
    };
    let both = ["customers-", "purchases-"];
    let wanted = rows("tab", "'", "\\", "#", &[""]);
    assert!(wanted.contains("1\t\\'x\t1\t'A\tB'\tC\\\tD\t30\t"), "{wanted}");
    assert_eq!(rows(r"\t", r"\x27", r"\\", r"\x23", &[""]), wanted);
    assert_eq!(rows(r"\x09", r"\x27", r"\x5C", r"\x23", &both), wanted);
    // By variables.
    let variables = [("DELIMITER", r"\t"), ("QUOTE", r"\x27"), ("ESCAPE", r"\x5c"), ("COMMENT", r"\x23")];
    let mut command = case.run();
    command.envs(variables.map(|(name, value)| (format!("SPENDFOLD_{name}"), value)));
    let output = command.output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(case.read("out/combined_data.csv"), wanted);
    // What is not allowed as a byte is not allowed as an escape.
    for (option, wanted) in [
        (r"--escape=\x4e", "--escape: cannot be "),
        (r"--quote=\t", "--quote: cannot be "),
        (r"--comment=\x0a", "--comment: cannot be "),
        (r"--escape=\x5", r"--escape: not one byte: \x5"),
        (r"--customers-quote=\x+7", r"--customers-quote: not an escape such as \x01: \x+7"),
        (r"--comment=\xg0", r"--comment: not an escape such as \x01: \xg0"),
        ("--quote=ab", "--quote: not one byte: ab\ngive one byte, or an escape such as \\x01\n"),
    ] {
        let output = case.run().arg(option).output().expect("starts");
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(stderr_text(&output).starts_with(wanted), "{option}: {}", stderr_text(&output));
    }
}
