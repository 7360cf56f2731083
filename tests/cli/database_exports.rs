//! Exports of databases, in which a backslash escapes the byte after it, are joined to a set with the right rows.

use crate::common::{Case, stderr_text};
use std::process::Output;

/// MySQL, `SELECT … INTO OUTFILE` with its defaults: tabs, no quotes, no header, `\N` for NULL.
const OUTFILE: &str = concat!(
    "1\tAda\tByron\t36\tsays \"hi\"\\\tand leaves\n",
    "2\tAlan\tTuring\t\\N\ttwo\\\nlines\n",
    "a\\\\b\tGrace\t\\N\t45\tC:\\\\dir\\\\\n",
    "\\N\tNo\tKey\t18\t\\0\n",
);
const OUTFILE_ARGS: [&str; 6] = [
    "--customers-no-header",
    "--customers-columns=customer_id,first_name,last_name,age,note",
    "--customers-delimiter=tab",
    "--customers-no-quoting",
    "--customers-escape",
    "\\",
];

/// MySQL, `mysqldump --tab … --fields-terminated-by=, --fields-optionally-enclosed-by='"'`, with a header added.
const ENCLOSED: &str = concat!(
    "\"customer_id\",\"product\",\"price\"\n",
    "1,\"5\\\" nails, \"\"best\"\"\",0.10\n",
    "\"a\\\\b\",\"line\\\nbreak\\\\\",\"2\"\n",
    "2,\\N,3\\.5\n",
    "\\N,\"no key\",4\n",
);
const ENCLOSED_ARGS: [&str; 2] = ["--purchases-escape", "\\"];

pub(crate) fn ran(case: &Case, args: &[&str]) -> Output {
    let output = case.ran(args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    for chunk in ["1", "7"] {
        let combined = case.read("out/combined_data.csv");
        let again = case.ran(&[args, &["--chunk-bytes", chunk, "-t", "2"]].concat());
        assert_eq!(again.status.code(), Some(0), "{}", stderr_text(&again));
        assert_eq!(case.read("out/combined_data.csv"), combined, "chunks of {chunk}");
    }
    let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).output().expect("starts");
    assert_eq!(verified.status.code(), Some(0), "{}", stderr_text(&verified));
    output
}

/// The customers' fields, whose dialect differs, are decoded and written anew; the purchases keep their bytes.
#[test]
fn exports_of_mysql_of_two_forms_are_joined() {
    let case = Case::new(OUTFILE, ENCLOSED);
    let output = ran(&case, &[&OUTFILE_ARGS[..], &ENCLOSED_ARGS].concat());
    assert_eq!(
        case.read("out/combined_data.csv"),
        concat!(
            "\"customer_id\",\"product\",\"price\",first_name,last_name,age,note,full_name,age_group\n",
            "1,\"5\\\" nails, \"\"best\"\"\",0.10,Ada,Byron,36,\"says \"\"hi\"\"\tand leaves\",Ada Byron,Middle-aged\n",
            "\"a\\\\b\",\"line\\\nbreak\\\\\",\"2\",Grace,\\N,45,C:\\\\dir\\\\,Grace \\\\N,Senior\n",
            "2,\\N,3\\.5,Alan,Turing,\\N,\"two\nlines\",Alan Turing,Unknown\n",
            "\\N,\"no key\",4,No,Key,18,0,No Key,Young\n",
        )
    );
    assert!(case.read("out/age_group_spending.csv").contains("\nUnknown,3.50,1,1\n"));
    let text = stderr_text(&output);
    assert!(text.contains("with the key \\N joined the customer with that key"), "{text}");
    let report: serde_json::Value = serde_json::from_str(&case.read("out/report.json")).expect("JSON");
    assert_eq!(report["dialects"]["customers"]["escape"], "\\");
    assert_eq!(report["dialects"]["purchases"]["escape"], "\\");
    assert_eq!(report["customers"]["age_invalid"], 1);
    let page = case.read("out/report.html");
    assert!(page.contains("--customers-escape '\\'") && page.contains("--purchases-escape '\\'"), "{page}");
}

/// Without quotes, what needs them is escaped, so no customer is rejected.
#[test]
fn customers_with_quotes_are_written_with_escapes() {
    let customers = "customer_id,first_name,last_name,age\n1,\"A\tda\",\"By\nron\",36\n2,\"a \"\"b\"\"\",\\c,18\n";
    let case = Case::new(customers, "customer_id\tprice\n1\t2\n1\\\t1\t3\n");
    ran(&case, &["--purchases-delimiter", "tab", "--purchases-no-quoting", "--purchases-escape", "\\"]);
    assert_eq!(
        case.read("out/combined_data.csv"),
        concat!(
            "customer_id\tprice\tfirst_name\tlast_name\tage\tfull_name\tage_group\n",
            "1\t2\tA\\\tda\tBy\\\nron\t36\tA\\\tda By\\\nron\tMiddle-aged\n",
            "1\\\t1\t3\t\t\t\t\tUnknown\n",
            "2\t\ta \"b\"\t\\\\c\t18\ta \"b\" \\\\c\tYoung\n",
        )
    );
}

/// One option for both sides: the customers' bytes are kept, and the delimiter is found although a name contains another.
#[test]
fn both_sides_with_escapes_keep_their_bytes() {
    let customers = "customer\\_id;first_name;last_name;age;a\\;b,c,d\n\\1;A\\;;\"B\\\"\";3\\6;\\N\n";
    let case = Case::new(customers, "customer\\_id;price\n1;2\n\"\\1\";3\n");
    ran(&case, &["--escape", "\\"]);
    assert_eq!(
        case.read("out/combined_data.csv"),
        concat!(
            "customer\\_id;price;first_name;last_name;age;a\\;b,c,d;full_name;age_group\n",
            "1;2;A\\;;\"B\\\"\";3\\6;\\N;\"A; B\"\"\";Middle-aged\n",
            "\"\\1\";3;A\\;;\"B\\\"\";3\\6;\\N;\"A; B\"\"\";Middle-aged\n",
        )
    );
}

/// With `--no-combined`, keys with escapes are compared by their values too, however long they are.
#[test]
fn keys_with_escapes_are_compared_by_value() {
    let long = "x".repeat(20);
    let customers = format!("customer_id,first_name,last_name,age\n{long}\\,,A,B,20\n\\y\\,,C,D,40\n{long}\",E,F,50\n");
    let purchases = format!("customer_id,price\n\"{long},\",1\n\\{long}\\,,2\n\"y,\",4\n\"{long}\\\"\",8\n{long},16\n");
    let case = Case::new(customers, purchases);
    for args in [&["--escape", "\\"][..], &["--escape", "\\", "--no-combined"]] {
        let output = case.ran(args);
        assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
        assert_eq!(
            case.read("out/age_group_spending.csv"),
            "age_group,total_spending,purchases,customers\nYoung,3,2,1\nMiddle-aged,4,1,1\nSenior,8,1,1\nUnknown,16,1,0\n"
        );
    }
    let customers = "customer_id,first_name,last_name,age\na\\,b,A,B,20\n\"a,b\",C,D,40\n";
    let case = Case::new(customers, "customer_id,price\n");
    assert_eq!(case.ran(&["--escape", "\\"]).status.code(), Some(3));
    assert!(
        case.read("out/held/rejects.csv").contains("\"duplicate customer_id, first at line 2\",\"\"\"a,b\"\",C,D,40\"")
    );
}

/// An input that ends after an escape byte may have been cut off.
#[test]
fn an_escape_at_the_end_of_the_input_is_rejected() {
    let case = Case::new("customer_id,first_name,last_name,age\n", "customer_id,price\n1,2\n3,4\\");
    let output = case.ran(&["--escape", "\\", "--max-rejects", "1"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr_text(&output));
    assert_eq!(
        case.read("out/rejects.csv"),
        "file,line,byte,reason,record\np.csv,3,22,escape at end of input,\"3,4\\\"\n"
    );
}
