//! Exports in the styles of other programs are joined to a set with the right rows.

use crate::common::{Case, stderr_text};
use crate::database_exports::ran;
use serde_json::Value;

const CUSTOMERS: &str = "customer_id,first_name,last_name,age\n101,Zoë,Müller,29\n102,Bo,Ek,45\n";

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// The rows of the combined data without the header.
fn rows(case: &Case) -> String {
    case.read("out/combined_data.csv").split_once('\n').expect("a header").1.to_owned()
}

/// A German Excel: byte order mark, `sep=;`, CRLF, line breaks and quotes in cells, empty rows at the end.
#[test]
fn excel_with_semicolons_is_read_as_it_is() {
    let text = "sep=;\r\nprice;customer_id;note\r\n12.50;101;\"rot; \"\"groß\"\"\nund schwer\"\r\n3;102;\r\n;;\r\n";
    for bytes in [
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
    ] {
        let case = Case::new(CUSTOMERS, bytes);
        ran(&case, &["--max-rejects", "1", "--join", "left"]);
        assert_eq!(report(&case)["dialects"]["purchases"]["delimiter_source"], "sep_line");
        assert_eq!(report(&case)["rejects"], serde_json::json!({"empty record": 1}));
        assert_eq!(
            rows(&case),
            "12.50;101;\"rot; \"\"groß\"\"\nund schwer\";Zoë;Müller;29;Zoë Müller;Young\n\
             3;102;;Bo;Ek;45;Bo Ek;Senior\n"
        );
    }
    // Older versions save in Windows-1252, and a comma would be the decimal point.
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode("price;customer_id;note\r\n12,50;101;groß €\r\n3;102;\r\n");
    let case = Case::new(CUSTOMERS, latin);
    ran(&case, &["--purchases-encoding", "latin1", "--max-rejects", "1", "--join", "left"]);
    let said = stderr_text(&case.ran(&["--purchases-encoding", "latin1"]));
    assert!(said.contains("1 amount such as 12,50 looks like a number with a decimal comma"), "{said}");
}

/// PostgreSQL: `COPY … TO … CSV HEADER` quotes an empty text and leaves NULL empty; the text format has tabs,
/// backslashes and `\N`, and no header.
#[test]
fn postgresql_copy_is_read_in_both_formats() {
    let csv = "customer_id,note,price\n101,\"\",2.50\n102,\"two\nlines, \"\"quoted\"\"\",\n,,1\n";
    let case = Case::new(CUSTOMERS, csv);
    ran(&case, &["--join", "left"]);
    assert_eq!(
        rows(&case),
        "101,\"\",2.50,Zoë,Müller,29,Zoë Müller,Young\n\
         102,\"two\nlines, \"\"quoted\"\"\",,Bo,Ek,45,Bo Ek,Senior\n,,1,,,,,Unknown\n"
    );
    let text = "101\tsays \"hi\"\t2.50\n102\ttwo\\\nlines\\\\\t0.75\n\\N\t\\N\t1\n";
    let case = Case::new(CUSTOMERS, text);
    let format = ["--purchases-no-header", "--purchases-columns", "customer_id,note,price"];
    let dialect = ["--purchases-delimiter", "tab", "--purchases-no-quoting", "--purchases-escape", "\\"];
    ran(&case, &[&format[..], &dialect, &["--join", "left"]].concat());
    assert_eq!(report(&case)["total_spending"], "4.25");
    assert!(rows(&case).contains("102\ttwo\\\nlines\\\\\t0.75\tBo\tEk\t45\tBo Ek\tSenior\n"), "{}", rows(&case));
}

/// R: `write.csv` adds row names in a column without a name, quotes text, and writes NA for missing values.
#[test]
fn r_with_row_names_is_read_as_it_is() {
    let text = "\"\",\"customer_id\",\"product\",\"price\"\n\"1\",101,\"Pen, blue\",0.1\n\"2\",102,NA,NA\n";
    let case = Case::new(CUSTOMERS, text);
    ran(&case, &["--max-rejects", "1", "--join", "left"]);
    assert_eq!(rows(&case), "\"1\",101,\"Pen, blue\",0.1,Zoë,Müller,29,Zoë Müller,Young\n");
    assert_eq!(report(&case)["rejects"], serde_json::json!({"amount is not a decimal number": 1}));
    assert_eq!(report(&case)["reject_patterns"][0]["pattern"], "missing_value");
}

/// SAS: a title and a blank line before the header, blanks after delimiters, and a footer of one field.
#[test]
fn sas_with_titles_is_read_with_two_options() {
    let text = "The SAS System  09:15 Monday\r\n\r\ncustomer_id, price, product\r\n101, 12.50, \"Pen, blue\"\r\n102,    3,\r\n";
    let case = Case::new(CUSTOMERS, text);
    let said = stderr_text(&case.ran(&[]));
    assert!(said.contains("line 3 has the names of the columns; try --purchases-skip-lines 2"), "{said}");
    let said = stderr_text(&case.ran(&["--purchases-skip-lines", "2"]));
    assert!(said.contains("read them with --purchases-skip-initial-space"), "{said}");
    let options = ["--purchases-skip-lines", "2", "--purchases-skip-initial-space"];
    ran(&case, &[&options[..], &["--join", "left"]].concat());
    assert_eq!(
        rows(&case),
        "101, 12.50, \"Pen, blue\",Zoë,Müller,29,Zoë Müller,Young\n102,    3,,Bo,Ek,45,Bo Ek,Senior\n"
    );
    assert_eq!(report(&case)["purchases"]["skipped_lines"], 2);
}

/// Shopify: many columns, notes over several lines, and orders in parts whose columns have moved.
#[test]
fn shopify_in_parts_is_read_with_the_columns_matched() {
    let case = Case::new(CUSTOMERS, "");
    std::fs::create_dir(case.path("orders")).expect("created");
    case.write(
        "orders/orders_export_2.csv",
        "Name,Customer ID,Total,Notes\n#1003,102,30.00,\"ring\n\ntwice\"\n#1003,,,\n",
    );
    case.write(
        "orders/orders_export_1.csv",
        "Name,Total,Customer ID,Notes\n#1001,12.50,101,\n#1002,0.00,101,\"it's a \"\"gift\"\"\"\n",
    );
    let columns = ["--purchases-key", "Customer ID", "--amount", "Total"];
    let args = [&["-p", "orders"][..], &columns, &["--join", "left"]].concat();
    let refused = case.spendfold().args(["run", "-q", "-c", "c.csv", "-o", "out"]).args(&args).output();
    let said = stderr_text(&refused.expect("starts"));
    assert!(said.contains("to allow that, use --match-columns"), "{said}");
    let run = case.spendfold().args(["run", "-q", "-c", "c.csv", "-o", "out", "--match-columns"]).args(&args).output();
    assert_eq!(run.expect("starts").status.code(), Some(0));
    assert_eq!(
        rows(&case),
        "#1001,12.50,101,,Zoë,Müller,29,Zoë Müller,Young\n\
         #1002,0.00,101,\"it's a \"\"gift\"\"\",Zoë,Müller,29,Zoë Müller,Young\n\
         #1003,30.00,102,\"ring\n\ntwice\",Bo,Ek,45,Bo Ek,Senior\n#1003,,,,,,,,Unknown\n"
    );
    let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).status().expect("starts");
    assert_eq!(verified.code(), Some(0));
}

/// Stripe: names with blanks and brackets, trailing columns that are left out where they are empty, gzip.
#[test]
fn stripe_with_short_records_is_padded() {
    let text = "id,Created date (UTC),Amount,Currency,Customer ID,Refunded date (UTC)\n\
                ch_1,2026-03-01 09:15:00,12.50,eur,101\nch_2,2026-03-02 10:00:00,3.00,eur,102,2026-03-05 00:00:00\n\
                ch_3,2026-03-02 11:00:00,4.00,eur,101\n";
    let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text.as_bytes()).expect("memory can be written");
    let case = Case::new(CUSTOMERS, encoder.finish().expect("memory can be written"));
    let columns = ["--purchases-key", "Customer ID", "--amount", "Amount", "--currency", "EUR"];
    let held = case.ran(&columns);
    assert!(stderr_text(&held).contains("; try --purchases-ragged pad"), "{}", stderr_text(&held));
    ran(&case, &[&columns[..], &["--purchases-ragged", "pad", "--join", "left"]].concat());
    assert_eq!(
        rows(&case),
        "ch_1,2026-03-01 09:15:00,12.50,eur,101,,Zoë,Müller,29,Zoë Müller,Young\n\
         ch_2,2026-03-02 10:00:00,3.00,eur,102,2026-03-05 00:00:00,Bo,Ek,45,Bo Ek,Senior\n\
         ch_3,2026-03-02 11:00:00,4.00,eur,101,,Zoë,Müller,29,Zoë Müller,Young\n"
    );
    assert_eq!(report(&case)["inputs"][1]["padded"], 2);
}
