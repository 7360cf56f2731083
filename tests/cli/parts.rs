//! Inputs in parts: several files, directories and patterns.

use crate::common::{Case, stderr_text};
use serde_json::Value;
use std::fs;
use std::process::{Command, Output};

const CUSTOMERS_HEADER: &str = "customer_id,first_name,last_name,age\n";
const PURCHASES_HEADER: &str = "customer_id,product,price\n";

/// Customers and purchases in whole files, and as parts: customers in `c/`, purchases in `p/`.
fn in_parts(parts: usize) -> Case {
    let customers: Vec<String> = (0..900).map(|n| format!("{n},First{n},\"Last\n{n}\",{}\n", n % 90)).collect();
    let purchases: Vec<String> =
        (0..6000).map(|n| format!("{},\"Thing\n{n}\",{}.{:02}\n", n % 1000, n % 90, n % 100)).collect();
    let case =
        Case::new(CUSTOMERS_HEADER.to_owned() + &customers.concat(), PURCHASES_HEADER.to_owned() + &purchases.concat());
    for (side, header, records) in [("c", CUSTOMERS_HEADER, &customers), ("p", PURCHASES_HEADER, &purchases)] {
        fs::create_dir(case.path(side)).expect("created");
        for part in 0..parts {
            let of_part = &records[records.len() * part / parts..records.len() * (part + 1) / parts];
            case.write(&format!("{side}/part-{part}.csv"), header.to_owned() + &of_part.concat());
        }
    }
    case
}

/// Runs with these arguments into `out`, which is emptied first.
fn run(mut command: Command, case: &Case, args: &[&str]) -> Output {
    let _ = fs::remove_dir_all(case.path("out"));
    command.args(["run", "-q", "-o", "out"]).args(args).output().expect("starts")
}

fn files(case: &Case) -> [Vec<u8>; 3] {
    ["combined_data.csv", "age_group_spending.csv", "rejects.csv"]
        .map(|name| fs::read(case.path(format!("out/{name}"))).expect("published"))
}

fn assert_published(output: &Output, what: &str) {
    assert_eq!(output.status.code(), Some(0), "{what}: {}", stderr_text(output));
}

#[test]
fn parts_give_the_rows_of_the_whole() {
    let case = in_parts(12);
    assert_published(&run(case.spendfold(), &case, &["-c", "c.csv", "-p", "p.csv"]), "whole");
    let whole = files(&case);
    for args in [
        &["-c", "c", "-p", "p"][..],
        &["-c", "c/", "-p", "p/part-*.csv", "--no-mmap"],
        &["-c", "c/part-?.csv", "c/part-1?.csv", "-p", "p/part-[0-9].csv", "p/part-1{0,1}*", "-t", "1"],
        &["-c", "**/c/*.csv", "-p", "p"],
    ] {
        let what = format!("{args:?}");
        let output = run(case.spendfold(), &case, args);
        assert_published(&output, &what);
        assert!(files(&case) == whole, "{what}");
        let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        let inputs = report["inputs"].as_array().expect("a list");
        let of = |side: &str| inputs.iter().filter(|input| input["side"] == side).count();
        assert_eq!((of("customers"), of("purchases")), (12, 12), "{what}");
        let last = inputs.last().expect("an input")["path"].as_str().expect("a path");
        assert!(last.ends_with("part-11.csv"), "{what}: natural order, {last}");
        let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
        assert_published(&verified, &what);
    }
}

#[test]
fn a_variable_holds_several_customers_files() {
    let case = in_parts(2);
    let mut command = case.spendfold();
    command.env("SPENDFOLD_CUSTOMERS", "c/part-0.csv::c/part-1.csv").env("SPENDFOLD_PURCHASES", "p");
    assert_published(&run(command, &case, &[]), "variables");
    let parts = files(&case);
    assert_published(&run(case.spendfold(), &case, &["-c", "c.csv", "-p", "p.csv"]), "whole");
    assert!(files(&case) == parts);
}

/// More files than a process may have open, plain and compressed, and decoders that together would take much memory.
#[test]
fn any_number_of_files_is_read_with_few_open_files() {
    let case = in_parts(300);
    assert_published(&run(case.spendfold(), &case, &["-c", "c.csv", "-p", "p.csv"]), "whole");
    let whole = files(&case);
    fs::create_dir(case.path("z")).expect("created");
    for part in 0..300 {
        let text = fs::read(case.path(format!("p/part-{part}.csv"))).expect("a part");
        case.write(&format!("z/part-{part}.csv.zst"), zstd::encode_all(&text[..], 1).expect("compressed"));
    }
    for args in [&["-p", "p"][..], &["-p", "p", "--no-mmap"], &["-p", "z"], &["-p", "p", "--digest", "sha256"]] {
        let mut limited = case.other("bash");
        limited.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_spendfold")]);
        assert_published(&run(limited, &case, &[&["-c", "c"], args].concat()), &format!("{args:?}"));
        assert!(files(&case) == whole, "{args:?}");
        let mut limited = case.other("bash");
        limited.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_spendfold")]);
        let verified = limited.args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
        assert_published(&verified, &format!("{args:?}"));
    }
}

/// Parts without records count as nothing; a side whose parts are all empty has no header.
#[test]
fn empty_parts_are_read_as_empty() {
    let case = in_parts(3);
    assert_published(&run(case.spendfold(), &case, &["-c", "c.csv", "-p", "p.csv"]), "whole");
    let whole = files(&case);
    case.write("p/part-0a.csv", "");
    case.write("p/part-00.csv", "\u{feff}");
    case.write("p/part-1a.csv", PURCHASES_HEADER);
    case.write("c/part-0.csv.zst", zstd::encode_all(&b"\n\r\n"[..], 1).expect("compressed"));
    let output = run(case.spendfold(), &case, &["-c", "c", "-p", "p"]);
    assert_published(&output, "parts");
    let said = stderr_text(&output);
    assert!(said.contains("c/part-0.csv.zst (and 3 more) has no record"), "{said}");
    assert!(said.contains("c/part-0.csv and c/part-0.csv.zst were both read"), "{said}");
    assert!(files(&case) == whole);
    let output = run(case.spendfold(), &case, &["-c", "c", "-p", "p/part-0a.csv", "p/part-00.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr_text(&output).starts_with("p/part-0a.csv: has no header"), "{}", stderr_text(&output));
}

/// Headers that were joined with the records of their files.
#[test]
fn repeated_headers_are_rejected_whatever_the_columns_are_called() {
    for (key, amount) in [("customer_id", "price"), ("7", "12.50"), ("customer_id", "")] {
        let customers = format!("{key},first_name,last_name,age\n");
        let purchases = format!("{key},product,{amount}\n");
        let case = Case::new(
            format!("{customers}{key},A,B,30\n{customers}2,C,D,40\n\"{key}\",first_name,last_name,age\n"),
            format!("{purchases}2,Pen,1.25\n{purchases}{key},Ink,2.50\n{key},\"product\",{amount}"),
        );
        let args = ["-c", "c.csv", "-p", "p.csv", "--key", key, "--amount", amount, "--max-rejects", "4"];
        assert_published(&run(case.spendfold(), &case, &args), amount);
        let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        assert_eq!(report["rejects"], serde_json::json!({"repeated header": 4}), "{amount}");
        assert_eq!(report["total_spending"], "3.75");
    }
}

/// `cat a.csv b.csv`, of files that begin with byte order marks.
#[test]
fn headers_after_byte_order_marks_are_repeated_headers() {
    for (key, quoted) in [("customer_id", false), ("customer_id", true), ("7", false)] {
        let name = if quoted { format!("\"{key}\"") } else { key.to_owned() };
        let customers = |record: &str| format!("\u{feff}{name},first_name,last_name,age\n{record}\n");
        let purchases = |record: &str| format!("\u{feff}{name},product,price\n{record}\n");
        let case = Case::new(
            customers("1,A,B,30") + &customers("2,C,D,40"),
            purchases("1,Pen,1.25") + &purchases("2,Ink,2.50") + &purchases("1,Cup,1"),
        );
        for args in [&[][..], &["--no-combined"], &["--ragged", "pad"], &["--no-mmap", "--chunk-bytes", "1"]] {
            let usual = ["-c", "c.csv", "-p", "p.csv", "--key", key, "--max-rejects", "3"];
            assert_published(&run(case.spendfold(), &case, &[&usual, args].concat()), key);
            let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
            assert_eq!(report["rejects"], serde_json::json!({"repeated header": 3}), "{key}, {args:?}");
            assert_eq!(report["total_spending"], "4.75");
            let rejects = case.read("out/rejects.csv");
            let record = format!("{name},first_name,last_name,age").replace('"', "\"\"");
            let byte = 3 + name.len() + ",first_name,last_name,age\n1,A,B,30\n".len();
            let wanted = format!("c.csv,3,{byte},repeated header,\"\u{feff}{record}\"\n");
            assert!(rejects.contains(&wanted), "{wanted}{rejects}");
        }
    }
}

/// A file that has the columns in another order, and to which a file with the order of the first one was appended.
#[test]
fn headers_in_the_order_of_the_first_file_are_repeated_headers() {
    // The name that is in the amount column of the second file may itself be an amount.
    for product in ["product", "2024"] {
        let case = Case::new(
            "customer_id,first_name,last_name,age\n1,A,B,30\n",
            format!("customer_id,{product},price\n1,Pen,1.25\n"),
        );
        case.write("c2.csv", "age,customer_id,first_name,last_name\n40,2,C,D\ncustomer_id,first_name,last_name,age\n");
        case.write(
            "q.csv",
            format!(
                "price,customer_id,{product}\n2.50,1,Ink\nprice,customer_id,{product}\ncustomer_id,{product},price\n"
            ),
        );
        case.write("r.csv", format!("customer_id,price,{product}\n1,4,Ink\n\u{feff}customer_id,{product},price\n"));
        for args in [&[][..], &["--no-combined"], &["--chunk-bytes", "1"]] {
            let usual =
                ["-c", "c.csv", "c2.csv", "-p", "p.csv", "q.csv", "r.csv", "--match-columns", "--max-rejects=4"];
            assert_published(&run(case.spendfold(), &case, &[&usual, args].concat()), product);
            let report: Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
            assert_eq!(report["rejects"], serde_json::json!({"repeated header": 4}), "{product}, {args:?}");
            assert_eq!(report["total_spending"], "7.75");
        }
    }
}
