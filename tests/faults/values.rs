//! Extreme values that the differential test does not cover: sums, linear time, determinism, charts.

use crate::common::{CUSTOMERS, Case, stderr_text};

/// Sums are exact: 0.1 many times (ten million times with SPENDFOLD_SOAK), and huge amounts that cancel.
#[test]
fn a_tenth_many_times_and_huge_amounts_that_cancel() {
    let times = if crate::rules::soak() > 1 { 10_000_000 } else { 1_000_000 };
    let case = Case::new(CUSTOMERS, format!("customer_id,price\n{}", "1,0.1\n".repeat(times)));
    assert_eq!(case.ran(&["--no-combined"]).status.code(), Some(0));
    let row = format!("Middle-aged,{}.0,{times},1\n", times / 10);
    assert!(case.read("out/age_group_spending.csv").contains(&row));
    let huge = "999999999999999999.999999999";
    let case = Case::new(CUSTOMERS, format!("customer_id,price\n1,{huge}\n1,0.000000001\n1,-{huge}\n"));
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert!(case.read("out/age_group_spending.csv").contains("Middle-aged,0.000000001,3,1\n"));
}

/// The whole input is one quoted record of nearly the maximum size, from a file and from a pipe. A unit test shows that
/// the search for its end takes linear time.
#[test]
fn a_file_of_one_quoted_record() {
    let lines = "1,Pen,0.10\n".repeat((15 << 20) / 11);
    let case = Case::new(CUSTOMERS, format!("customer_id,product,price\n1,\"{lines}\",2.5\n"));
    let output = case.ran(&["--join", "inner"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    let header = "customer_id,product,price,first_name,last_name,age,city,full_name,age_group\n";
    let wanted = format!("{header}1,\"{lines}\",2.5,Ada,Byron,36,London,Ada Byron,Middle-aged\n");
    assert!(case.read("out/combined_data.csv") == wanted);
    let line = "cat p.csv | \"$0\" run -q -c c.csv -p - -o out --join inner --chunk-bytes 4096";
    let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert!(case.read("out/combined_data.csv") == wanted);
}

/// A quoted field of 5,000 lines that look like records, with chunk cuts everywhere.
#[test]
fn quoted_lines_that_look_like_records() {
    let lines = "1,Pen,0.10\n2,\"\"Ink\"\",0.20\r\n".repeat(2_500);
    let purchases = format!("customer_id,product,price\n1,\"{lines}\",2.5\n2,x,1\n");
    let case = Case::new(CUSTOMERS, &purchases);
    let rows = purchases.split_once('\n').expect("a header").1;
    let rows = rows.replace(",2.5\n", ",2.5,Ada,Byron,36,London,Ada Byron,Middle-aged\n");
    let rows = rows.replace("2,x,1\n", "2,x,1,Alan,Turing,18,\"Bletchley,\nPark\",Alan Turing,Young\n");
    let wanted = format!("customer_id,product,price,first_name,last_name,age,city,full_name,age_group\n{rows}");
    for threads in ["1", "2", "7"] {
        for chunk in ["1", "2", "3", "7", "16", "4096", "64K"] {
            let output = case.ran(&["--join", "left", "-t", threads, "--chunk-bytes", chunk]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
            assert!(case.read("out/combined_data.csv") == wanted, "{threads} threads, chunks of {chunk}");
        }
    }
}

#[test]
fn outputs_do_not_depend_on_threads_chunks_or_environment() {
    let purchases: String = (0..500).map(|n| format!("{},\"T\n{n}\",{n}.25\nshort\n", n % 7)).collect();
    let case = Case::new(CUSTOMERS, format!("customer_id,product,price\n{purchases}"));
    let mut first = None;
    let mut same = |what: &str, args: &[&str], env: &[(&str, &str)]| {
        let output =
            case.run().args(["--max-rejects=100%"]).args(args).envs(env.iter().copied()).output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(&output));
        let set = case.set();
        assert!(*first.get_or_insert(set.clone()) == set, "{what}");
    };
    for threads in ["1", "2", "3", "7", "64"] {
        for chunk in ["1", "7", "4096", "1M"] {
            same(&format!("{threads} threads, {chunk}"), &["-t", threads, "--chunk-bytes", chunk], &[]);
        }
    }
    for _ in 0..20 * crate::rules::soak() {
        same("again", &["-t", "7", "--chunk-bytes", "64"], &[]);
    }
    for env in [
        ("LC_ALL", "tr_TR.UTF-8"),
        ("TZ", "Pacific/Kiritimati"),
        ("TERM", "dumb"),
        ("NO_COLOR", "1"),
        ("HOME", "/nowhere"),
    ] {
        same(env.0, &[], &[env]);
    }
}

#[test]
fn invalid_numbers_of_threads() {
    for threads in ["0", "-1", "abc", "1000000", "", "99999999999999999999999"] {
        let case = Case::small();
        let output = case.ran(&["-t", threads]);
        assert_eq!(output.status.code(), Some(2), "{threads}: {}", stderr_text(&output));
        assert!(stderr_text(&output).starts_with("--threads: "), "{}", stderr_text(&output));
        assert!(!case.path("out").exists());
    }
}

/// There is a chart for unusual totals; unit tests check what it looks like.
#[test]
fn charts_of_unusual_totals() {
    let twenty: Vec<String> = (0..20).map(|n| format!("Group number {n}={n}-{}", n + 1)).collect();
    let twenty = twenty.join(",");
    let huge = "999999999999999999";
    for (amounts, groups) in [
        (["0", "0"], "All=0+"),
        (["-5", "-7.5"], "Young=18-30,Old=30+"),
        ([huge, huge], "Young=18-30,Old=30+"),
        ([huge, "-999999999999999999"], &twenty),
    ] {
        let case = Case::new(CUSTOMERS, format!("customer_id,price\n1,{}\n2,{}\n", amounts[0], amounts[1]));
        let output = case.run().args(["--age-groups", groups]).env_clear().output().expect("starts");
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        let chart = std::fs::read(case.path("out/total_spending_by_age_group.png")).expect("a chart");
        assert!(chart.starts_with(b"\x89PNG\r\n\x1a\n") && chart.ends_with(b"IEND\xaeB`\x82"), "{amounts:?}");
    }
}
