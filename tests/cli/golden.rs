//! Golden outputs of small inputs.

use crate::common::{CUSTOMERS, Case, PURCHASES, stderr_text};

const HEADER: &str = "customer_id,product,price,first_name,last_name,age,city,full_name,age_group\n";
const MATCHED: &str = "1,Pen,0.10,Ada,Byron,36,London,Ada Byron,Middle-aged\n\
    2,\"Ink,\nblue\",0.20,Alan,Turing,18,\"Bletchley,\nPark\",Alan Turing,Young\n";
const UNMATCHED: &str = "9,Lost,5,,,,,,Unknown\n";
const MORE: &str =
    "1,Paper,12.5,Ada,Byron,36,London,Ada Byron,Middle-aged\n4,Tea,,Kurt,Goedel,71,,Kurt Goedel,Senior\n";
const ALONE: &str = "3,,,Grace,Hopper,,Arlington,Grace Hopper,Unknown\n";

#[test]
fn each_kind_of_join() {
    for (join, rows, unknown) in [
        ("full", format!("{HEADER}{MATCHED}{UNMATCHED}{MORE}{ALONE}"), "Unknown,5.00,1,1\n"),
        ("left", format!("{HEADER}{MATCHED}{UNMATCHED}{MORE}"), "Unknown,5.00,1,1\n"),
        ("inner", format!("{HEADER}{MATCHED}{MORE}"), "Unknown,0.00,0,1\n"),
    ] {
        let case = Case::small();
        let output = case.ran(&["--join", join]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert_eq!(case.read("out/combined_data.csv"), rows, "{join}");
        assert_eq!(
            case.read("out/age_group_spending.csv"),
            format!(
                "age_group,total_spending,purchases,customers\n\
                Young,0.20,1,1\nMiddle-aged,12.60,2,1\nSenior,0.00,1,1\n{unknown}"
            )
        );
        assert_eq!(case.read("out/rejects.csv"), "file,line,byte,reason,record\n");
        let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
        let purchases = &report["purchases"];
        assert_eq!(
            (&purchases["records"], &purchases["matched"], &purchases["unmatched"], &purchases["amount_missing"]),
            (&5.into(), &4.into(), &1.into(), &1.into())
        );
        assert_eq!(purchases["unmatched_spending"], "5.00");
        assert_eq!(
            report["combined"]["rows"],
            rows.matches("aged\n").count()
                + rows.matches("Young\n").count()
                + rows.matches("Senior\n").count()
                + rows.matches("Unknown\n").count()
        );
        assert_eq!(report["customers"]["age_missing"], 1);
        let crc = |name: &str| {
            let outputs = report["outputs"].as_array().expect("a list");
            outputs.iter().find(|output| output["path"] == name).expect(name)["crc32"].clone()
        };
        // The CRC-32 that gzip computes for this text.
        assert_eq!(crc("rejects.csv"), format!("{:08x}", crc32fast::hash(b"file,line,byte,reason,record\n")));
        assert_eq!(case.files().len(), 6);
    }
}

#[test]
fn several_purchases_files_with_byte_order_marks_and_blank_lines() {
    let case = Case::new(CUSTOMERS, "");
    case.write("a.csv", "\u{feff}\n\ncustomer_id,product,price\n\n1,A,1\nbad\n");
    case.write("b.csv", "\r\n\u{feff}");
    case.write("b.csv", "\u{feff}customer_id,\"product\",price\r\n\r\n2,B,2.5\r\nworse");
    case.write("d.csv", "customer_id,product,price");
    let args = ["run", "-q", "--max-rejects", "2", "--join", "left", "-c", "c.csv", "-o", "out", "-p"];
    let output = case.spendfold().args(args).args(["a.csv", "b.csv", "d.csv"]).output().expect("starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(
        case.read("out/combined_data.csv"),
        format!(
            "{HEADER}1,A,1,Ada,Byron,36,London,Ada Byron,Middle-aged\n\
            2,B,2.5,Alan,Turing,18,\"Bletchley,\nPark\",Alan Turing,Young\n"
        )
    );
    assert_eq!(
        case.read("out/rejects.csv"),
        "file,line,byte,reason,record\n\
        a.csv,6,38,\"expected 3 fields, found 1\",\"bad\"\nb.csv,4,43,\"expected 3 fields, found 1\",\"worse\"\n"
    );
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["purchases"]["blank_lines"], 4);
    let records: Vec<_> = report["inputs"].as_array().expect("a list").iter().map(|input| &input["records"]).collect();
    assert_eq!(records, [4, 2, 2, 0]);
}

#[test]
fn other_dialects() {
    for (args, customers, purchases, rows) in [
        (
            &["-d", ";"][..],
            "customer_id;first_name;last_name;age\n1;A;\"B;C\";30\n",
            "customer_id;price\n1;2\n",
            "customer_id;price;first_name;last_name;age;full_name;age_group\n1;2;A;\"B;C\";30;\"A B;C\";Middle-aged\n",
        ),
        (
            &["-d", "tab", "--quote", "'"],
            "customer_id\tfirst_name\tlast_name\tage\n'1'\tO''B\t'C\t''D'\t30\n",
            "customer_id\tprice\n1\t'2'\n",
            "customer_id\tprice\tfirst_name\tlast_name\tage\tfull_name\tage_group\n\
            1\t'2'\tO''B\t'C\t''D'\t30\t'O''''B C\t''D'\tMiddle-aged\n",
        ),
        (
            &["-d", "\\t", "--no-quoting"],
            "customer_id\tfirst_name\tlast_name\tage\n\"1\t\"A\tB\"\t30\n",
            "customer_id\tprice\n\"1\t2\n1\t3\n",
            "customer_id\tprice\tfirst_name\tlast_name\tage\tfull_name\tage_group\n\
            \"1\t2\t\"A\tB\"\t30\t\"A B\"\tMiddle-aged\n1\t3\t\t\t\t\tUnknown\n",
        ),
        (
            &["-d", "|"],
            "customer_id|first_name|last_name|age\n1||B|17\n",
            "customer_id|price\n1|-2.50\n",
            "customer_id|price|first_name|last_name|age|full_name|age_group\n1|-2.50||B|17|B|Other\n",
        ),
    ] {
        let case = Case::new(customers, purchases);
        let output = case.ran(args);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {}", stderr_text(&output));
        assert_eq!(case.read("out/combined_data.csv"), rows, "{args:?}");
        let verify = case.spendfold().args(["verify", "-q", "out"]).output().expect("starts");
        assert_eq!(verify.status.code(), Some(0), "{args:?}: {}", stderr_text(&verify));
    }
}

#[test]
fn a_taken_name_gets_the_prefix() {
    let customers = "customer_id,first_name,last_name,age,product,\"a,b\"\n1,A,B,30,x,y\n";
    let purchases = "customer_id,price,product,\"a,b\"\n1,2,p,q\n";
    let case = Case::new(customers, purchases);
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert_eq!(
        case.read("out/combined_data.csv"),
        "customer_id,price,product,\"a,b\",first_name,last_name,age,customer_product,\"customer_a,b\",full_name,age_group\n\
        1,2,p,q,A,B,30,x,y,A B,Middle-aged\n"
    );
    // The prefixed name is taken too: an error.
    let case = Case::new(customers, "customer_id,price,product,customer_product\n1,2,p,q\n");
    let output = case.ran(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
    assert!(stderr_text(&output).contains("customer_product"), "{}", stderr_text(&output));
}

#[test]
fn other_columns_and_groups() {
    let case = Case::new("Id,Vor,Nach,Alter\n1,A,B,30\n2,C,D,31\n", "Kunde,Betrag\n1,2\n2,3\n3,4\n");
    let args = ["--customers-key", "Id", "--purchases-key", "Kunde", "--first-name", "Vor", "--last-name", "Nach"];
    let groups = "Young=18-31,Middle-aged=31-46,Senior=46+";
    let output = case.run().args(args).args(["--age", "Alter", "--amount", "Betrag", "--age-groups", groups]).output();
    assert_eq!(output.expect("starts").status.code(), Some(0));
    assert_eq!(
        case.read("out/combined_data.csv"),
        "Kunde,Betrag,Vor,Nach,Alter,full_name,age_group\n\
        1,2,A,B,30,A B,Young\n2,3,C,D,31,C D,Middle-aged\n3,4,,,,,Unknown\n"
    );
    assert_eq!(
        case.read("out/age_group_spending.csv"),
        "age_group,total_spending,purchases,customers\nYoung,2,1,1\nMiddle-aged,3,1,1\nSenior,0,0,0\nUnknown,4,1,0\n"
    );
}

#[test]
fn no_html_removes_only_a_page_of_the_old_set() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let with_page = case.set();
    assert!(with_page.contains_key(std::ffi::OsStr::new("report.html")));
    assert_eq!(case.ran(&["--no-html"]).status.code(), Some(0));
    assert!(!case.path("out/report.html").exists() && case.files().len() == 5);
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["options"]["html"], false);
    let verify = || case.spendfold().args(["verify", "-q", "out"]).output().expect("starts");
    assert_eq!(verify().status.code(), Some(0), "{}", stderr_text(&verify()));
    // A file that no report lists is not ours.
    case.write("out/report.html", "mine");
    let output = case.ran(&["--no-html"]);
    assert_eq!(output.status.code(), Some(0));
    assert!(stderr_text(&output).starts_with("out/report.html: does not belong"), "{}", stderr_text(&output));
    assert_eq!(case.read("out/report.html"), "mine");
    // A reader would take it for a part of the set.
    assert!(stderr_text(&verify()).starts_with("out/report.html: exists, but the report does not list it"));
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    assert!(case.set() == with_page);
}

#[test]
fn no_combined_removes_only_a_combined_file_of_the_old_set() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let rows = case.read("out/combined_data.csv").len();
    assert!(rows > 0);
    assert_eq!(case.ran(&["--no-combined"]).status.code(), Some(0));
    assert!(!case.path("out/combined_data.csv").exists());
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["combined"]["rows"], 6);
    let verify = case.spendfold().args(["verify", "-q", "out"]).output().expect("starts");
    assert_eq!(verify.status.code(), Some(0), "{}", stderr_text(&verify));
    // A file that no report lists is not ours.
    case.write("out/combined_data.csv", "mine");
    assert_eq!(case.ran(&["--no-combined"]).status.code(), Some(0));
    assert_eq!(case.read("out/combined_data.csv"), "mine");
    assert_eq!(Case::small().read("p.csv"), PURCHASES);
}
