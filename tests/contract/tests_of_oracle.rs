//! Tests of the oracle: each rule of docs/contract.md with hand-written bytes.

mod outputs;

use super::oracle::{Dialect, Format, Input, Join, Kind, Options, Outcome, OverLimit, Place, crc32, run};

const CUSTOMERS: &[u8] = b"customer_id,first_name,last_name,age\n";
const PURCHASES: &[u8] = b"customer_id,price\n";

fn options(customers: &[u8], purchases: &[u8]) -> Options {
    let input = |path: &str, bytes: &[u8]| Input { path: path.into(), bytes: bytes.to_vec(), stored: None };
    Options::new(input("c.csv", customers), vec![input("p.csv", purchases)])
}

/// Records under the usual headers.
fn records(customers: &[u8], purchases: &[u8]) -> Options {
    options(&[CUSTOMERS, customers].concat(), &[PURCHASES, purchases].concat())
}

/// One customer, and purchases under the header `customer_id,price`.
fn bought(purchases: &[u8]) -> Outcome {
    run(&records(b"7,Ann,Lee,20\n", purchases))
}

/// A customer for each age, without purchases.
fn aged(age_groups: &str, ages: &[&str]) -> Outcome {
    let mut customers = Vec::new();
    for (key, age) in ages.iter().enumerate() {
        customers.extend(format!("{key},A,B,{age}\n").bytes());
    }
    run(&Options { age_groups: age_groups.to_string(), ..records(&customers, b"") })
}

fn file<'a>(outcome: &'a Outcome, name: &str) -> &'a str {
    std::str::from_utf8(&outcome.files[name]).unwrap()
}

fn combined(outcome: &Outcome) -> &str {
    file(outcome, "combined_data.csv")
}

/// `rejects.csv` without its header.
fn rejects(outcome: &Outcome) -> &str {
    file(outcome, "rejects.csv").strip_prefix("file,line,byte,reason,record\n").unwrap()
}

fn spending(outcome: &Outcome) -> &str {
    file(outcome, "age_group_spending.csv").strip_prefix("age_group,total_spending,purchases,customers\n").unwrap()
}

/// The age group of each combined row.
fn groups(outcome: &Outcome) -> Vec<&str> {
    combined(outcome).lines().skip(1).map(|row| row.rsplit_once(',').unwrap().1).collect()
}

fn total(outcome: &Outcome) -> &str {
    &outcome.ledger.as_ref().unwrap().total_spending
}

#[track_caller]
fn assert_fatal(options: &Options, status: u8, kind: Kind, file: Option<usize>, place: Option<(u64, u64)>) {
    let outcome = run(options);
    let error = outcome.error.unwrap();
    let place = place.map(|(line, column)| Place { line, column });
    assert_eq!((outcome.status, error.kind, error.file, error.place), (status, kind, file, place));
    assert!(outcome.files.is_empty() && outcome.ledger.is_none());
}

#[track_caller]
fn assert_rejected(record: &[u8], reason: &str) {
    let outcome = bought(&[record, b"\n"].concat());
    let shown = String::from_utf8_lossy(record).replace('"', "\"\"");
    assert_eq!(rejects(&outcome), format!("p.csv,2,18,{reason},\"{shown}\"\n"));
    assert_eq!(outcome.status, 3);
}

// ---------------------------------------------------------------- a complete run

#[test]
fn a_small_run_from_end_to_end() {
    let customers =
        b"customer_id,first_name,last_name,age\n1,Ann,Lee,30\n2,Bo,,45\n3,Cy,Orr,29\n2,Bo,Twin,50\n,No,Key,abc\n";
    let purchases = b"item,customer_id,price\r\npen,1,1.5\r\n\r\ncup,9,2\r\nink,1,-0.25\r\nmug,,\r\njar,2,x\r\n";
    let outcome = run(&Options { max_rejects: "2".to_string(), ..options(customers, purchases) });
    assert_eq!(outcome.status, 0);
    assert_eq!(
        combined(&outcome),
        "item,customer_id,price,first_name,last_name,age,full_name,age_group\n\
         pen,1,1.5,Ann,Lee,30,Ann Lee,Middle-aged\n\
         cup,9,2,,,,,Unknown\n\
         ink,1,-0.25,Ann,Lee,30,Ann Lee,Middle-aged\n\
         mug,,,,,,,Unknown\n\
         ,2,,Bo,,45,Bo,Senior\n\
         ,3,,Cy,Orr,29,Cy Orr,Young\n\
         ,,,No,Key,abc,No Key,Unknown\n"
    );
    assert_eq!(
        file(&outcome, "age_group_spending.csv"),
        "age_group,total_spending,purchases,customers\n\
         Young,0.00,0,1\nMiddle-aged,1.25,2,1\nSenior,0.00,0,1\nUnknown,2.00,2,1\n"
    );
    assert_eq!(
        file(&outcome, "rejects.csv"),
        "file,line,byte,reason,record\n\
         c.csv,5,71,\"duplicate customer_id, first at line 3\",\"2,Bo,Twin,50\"\n\
         p.csv,7,66,amount is not a decimal number,\"jar,2,x\"\n"
    );
    let outputs = outcome.ledger.as_ref().unwrap().outputs.clone();
    assert_eq!(outputs[1], ("age_group_spending.csv", 114, crc32(&outcome.files["age_group_spending.csv"])));
    let report = outcome.report_json();
    let expected = concat!(
        r#"{"dialects":{"customers":{"delimiter":",","delimiter_source":"header","quote":"\"","escape":null,"#,
        r#""comment":null,"skip_initial_space":false,"skip_lines":0,"columns":null,"ragged":"reject"},"#,
        r#""purchases":{"delimiter":",","delimiter_source":"header","quote":"\"","escape":null,"comment":null,"#,
        r#""skip_initial_space":false,"skip_lines":0,"columns":null,"ragged":"reject"}},"#,
        r#""notices":[],"outcome":"published","exceeded":[],"#,
        r#""customers":{"records":5,"accepted":4,"rejected":1,"with_purchases":1,"without_purchases":3,"#,
        r#""key_missing":1,"age_missing":0,"age_invalid":1,"blank_lines":0,"comments":0,"skipped_lines":0},"#,
        r#""purchases":{"records":5,"matched":2,"unmatched":2,"rejected":1,"key_missing":1,"amount_missing":1,"#,
        r#""unmatched_spending":"2.00","blank_lines":1,"comments":0,"skipped_lines":0},"combined":{"rows":7},"#,
        r#""age_groups":[{"age_group":"Young","total_spending":"0.00","purchases":0,"customers":1},"#,
        r#"{"age_group":"Middle-aged","total_spending":"1.25","purchases":2,"customers":1},"#,
        r#"{"age_group":"Senior","total_spending":"0.00","purchases":0,"customers":1},"#,
        r#"{"age_group":"Unknown","total_spending":"2.00","purchases":2,"customers":1}],"#,
        r#""total_spending":"3.25","rejects":{"amount is not a decimal number":1,"duplicate customer":1},"#,
        r#""inputs":[{"side":"customers","path":"c.csv","bytes":96,"records":5,"padded":0,"trimmed":0,"#,
        r#""crc32":"99978afb"},{"side":"purchases","path":"p.csv","bytes":75,"records":5,"padded":0,"trimmed":0,"#,
        r#""crc32":"ee72c22e"}],"#,
        r#""outputs":[{"path":"combined_data.csv","bytes":"#,
    );
    assert!(report.starts_with(expected), "{report}");
}

#[test]
fn headers_alone_give_zero_totals() {
    for ending in ["", "\n", "\r\n"] {
        let customers = format!("customer_id,first_name,last_name,age{ending}");
        let outcome = run(&options(customers.as_bytes(), format!("customer_id,price{ending}").as_bytes()));
        assert_eq!(outcome.status, 0);
        assert_eq!(combined(&outcome), "customer_id,price,first_name,last_name,age,full_name,age_group\n");
        assert_eq!(spending(&outcome), "Young,0,0,0\nMiddle-aged,0,0,0\nSenior,0,0,0\n");
        assert_eq!(rejects(&outcome), "");
    }
}

// ---------------------------------------------------------------- 2: reading CSV

#[test]
fn quoted_fields_hold_delimiters_and_line_endings_and_keep_their_bytes() {
    let outcome = run(&records(b"7,\"A,\r\nnn\",\"L\"\"e\"\"e\",20\n", b"\"7\",\"1\"\n"));
    let row = "\"7\",\"1\",\"A,\r\nnn\",\"L\"\"e\"\"e\",20,\"A,\r\nnn L\"\"e\"\"e\",Young\n";
    assert_eq!(combined(&outcome).split_once('\n').unwrap().1, row);
}

#[test]
fn a_quote_in_an_unquoted_field_is_an_ordinary_byte() {
    let outcome = run(&records(b"1,5\" nails,\\\",20\n", b""));
    assert_eq!(combined(&outcome).split_once('\n').unwrap().1, "1,,5\" nails,\\\",20,\"5\"\" nails \\\"\"\",Young\n");
}

#[test]
fn line_endings_may_be_mixed_and_the_last_may_be_missing() {
    let outcome = bought(b"7,1\r\n7,2\n7,3");
    assert_eq!((total(&outcome), outcome.status), ("6", 0));
}

#[test]
fn text_after_a_closing_quote_is_read_as_unquoted() {
    // The comma ends the field and the LF ends the record, although quotes precede them.
    let outcome = bought(b"\"7\"x\",\"1\"\n7,2\n");
    assert_eq!(rejects(&outcome), "p.csv,2,18,text after closing quote,\"\"\"7\"\"x\"\",\"\"1\"\"\"\n");
    assert_eq!(total(&outcome), "2");
}

#[test]
fn carriage_returns_outside_quotes() {
    assert_rejected(b"7\r,1", "bare carriage return");
    assert_rejected(b"\"7\"\r,1", "text after closing quote"); // both faults: the first in the list
    // CR CR LF: the first is bare, the second belongs to the ending. A CR before a quote keeps the quote ordinary.
    let outcome = bought(b"7,1\r\r\n\r\r\n\r\"7,1\n7,2\r");
    assert_eq!(
        rejects(&outcome),
        "p.csv,2,18,bare carriage return,\"7,1\r\"\np.csv,3,24,bare carriage return,\"\r\"\n\
         p.csv,4,27,bare carriage return,\"\r\"\"7,1\"\np.csv,5,33,bare carriage return,\"7,2\r\"\n"
    );
}

#[test]
fn empty_lines_are_counted_and_a_line_of_blanks_is_a_record() {
    let outcome = run(&options(&[b"\n\r\n", CUSTOMERS, b"\n"].concat(), &[PURCHASES, b"\r\n7,1\n\n \n"].concat()));
    let ledger = outcome.ledger.as_ref().unwrap();
    assert_eq!((ledger.customers.blank_lines, ledger.purchases.blank_lines), (3, 2));
    assert_eq!(rejects(&outcome), "p.csv,5,25,\"expected 2 fields, found 1\",\" \"\n");
}

#[test]
fn a_byte_order_mark_is_dropped_and_counts_as_bytes() {
    let purchases = b"\xEF\xBB\xBF\"customer_id\",price\n\xEF\xBB\xBF7,1\n7\n";
    let outcome = run(&options(&[CUSTOMERS, b"7,Ann,Lee,20\n"].concat(), purchases));
    assert_eq!(
        combined(&outcome),
        "\"customer_id\",price,first_name,last_name,age,full_name,age_group\n\
         \u{feff}7,1,,,,,Unknown\n7,,Ann,Lee,20,Ann Lee,Young\n"
    );
    assert_eq!(rejects(&outcome), "p.csv,3,30,\"expected 2 fields, found 1\",\"7\"\n");
}

#[test]
fn utf_16_is_read_and_other_encodings_and_kinds_are_fatal() {
    for mark in [b"\xFF\xFE\0\0", b"\0\0\xFE\xFF"] {
        assert_fatal(&options(CUSTOMERS, &[mark, PURCHASES].concat()), 1, Kind::Encoding, Some(1), None);
    }
    let utf_16 = |mark: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}customer_id,price\n7,1\n").encode_utf16().flat_map(unit).collect()
    };
    for unit in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
        let customers = [CUSTOMERS, b"7,Ann,Lee,20\n"].concat();
        assert_eq!(total(&run(&options(&customers, &utf_16("\u{feff}", unit)))), "1");
        assert_fatal(&options(CUSTOMERS, &utf_16("", unit)), 1, Kind::Encoding, Some(1), None);
        let cut = &utf_16("\u{feff}", unit)[..5];
        assert_fatal(&options(CUSTOMERS, cut), 1, Kind::Encoding, Some(1), None);
    }
    for other in [&b"PAR1"[..], b" {\"a\":1}", b"\n<HTML>"] {
        assert_fatal(&options(CUSTOMERS, other), 2, Kind::Format, Some(1), None);
    }
}

#[test]
fn without_quoting_the_quote_is_an_ordinary_byte() {
    let customers = b"7,\"Ann,\"Lee\"x,20\n";
    let format = Format { quote: None, ..Format::default() };
    let spec = records(customers, b"\"7\",1\n");
    let outcome = run(&Options { customers_format: format.clone(), purchases_format: format, ..spec });
    assert_eq!(
        combined(&outcome).split_once('\n').unwrap().1,
        "\"7\",1,,,,,Unknown\n7,,\"Ann,\"Lee\"x,20,\"Ann \"Lee\"x,Young\n"
    );
}

#[test]
fn a_delimiter_is_found_for_each_side() {
    let customers = b"sep=;\r\ncustomer_id;first_name;last_name;age\n7;\"A\";L,e;20\n8;\"B\";\"x\"\"\";33\n";
    let outcome = run(&options(customers, b"price|customer_id|n,o\n1|7|x\n"));
    assert_eq!(
        combined(&outcome),
        "price|customer_id|n,o|first_name|last_name|age|full_name|age_group\n\
         1|7|x|A|L,e|20|A L,e|Young\n|8||B|\"x\"\"\"|33|\"B x\"\"\"|Middle-aged\n"
    );
    let [customers, purchases] = outcome.ledger.unwrap().dialects;
    assert_eq!((customers.delimiter, customers.source), (b';', "sep_line"));
    assert_eq!((purchases.delimiter, purchases.source), (b'|', "header"));
}

#[test]
fn what_precedes_the_header_and_comments_are_skipped_and_counted() {
    let format = Format { comment: Some(b'#'), skip_lines: 2, ..Format::default() };
    let customers = b"Export \"of\n\n#a,\"b\n\ncustomer_id,first_name,last_name,age\n#x\r\n7,Ann,Lee,20\n";
    let outcome = run(&Options { customers_format: format, ..options(customers, b"customer_id,price\n#7,1\n") });
    assert_eq!(
        combined(&outcome).lines().skip(1).collect::<Vec<_>>(),
        ["#7,1,,,,,Unknown", "7,,Ann,Lee,20,Ann Lee,Young"]
    );
    let ledger = outcome.ledger.unwrap();
    assert_eq!((ledger.customers.skipped_lines, ledger.customers.comments, ledger.customers.blank_lines), (2, 2, 1));
    assert_eq!((ledger.customers.records, ledger.purchases.comments), (1, 0));
}

#[test]
fn files_without_a_header_and_initial_blanks() {
    let columns = |names: &[&str]| Some(names.iter().map(|name| name.as_bytes().to_vec()).collect());
    let customers = columns(&["age", "", "customer_id", "first_name", "last_name", ""]);
    let spec = options(b"20, x, 7, \"A,n\", Lee,y\n", b"\t7 , \" 1\"\n");
    let outcome = run(&Options {
        customers_format: Format { columns: customers, skip_initial_space: true, ..Format::default() },
        purchases_format: Format {
            columns: columns(&["customer_id", "price"]),
            skip_initial_space: true,
            ..Format::default()
        },
        ..spec
    });
    assert_eq!(
        combined(&outcome),
        "customer_id,price,age,,first_name,last_name,,full_name,age_group\n\
         \t7 , \" 1\",,,,,,,Unknown\n 7,,20, x, \"A,n\", Lee,y,\"A,n Lee\",Young\n"
    );
}

#[test]
fn the_byte_after_an_escape_byte_is_data() {
    let format = |quote| Format { delimiter: Some(b','), quote, escape: Some(b'\\'), ..Format::default() };
    let customers = b"customer_id,first_name,last_name,age\na\\,b,\"A\\\"n\"\"n\\\"\",\\N,2\\0\n\\\nc,x\\\r\n";
    let spec = options(customers, b"customer_id,price\n\"a\\,b\",1\na\\,b,2\n\\\r\nx,3\\");
    let outcome = run(&Options {
        customers_format: format(Some(b'"')),
        purchases_format: format(Some(b'"')),
        max_rejects: "9".to_string(),
        ..spec.clone()
    });
    // A carriage return alone is data; the LF after it ends the record.
    assert_eq!(
        rejects(&outcome),
        "c.csv,3,61,\"expected 4 fields, found 2\",\"\\\nc,x\\\r\"\n\
         p.csv,4,34,\"expected 2 fields, found 1\",\"\\\r\"\np.csv,5,37,escape at end of input,\"x,3\\\"\n"
    );
    assert_eq!(
        combined(&outcome).split_once('\n').unwrap().1,
        "\"a\\,b\",1,\"A\\\"n\"\"n\\\"\",\\N,2\\0,\"A\"\"n\"\"n\"\" \\\\N\",Young\n\
         a\\,b,2,\"A\\\"n\"\"n\\\"\",\\N,2\\0,\"A\"\"n\"\"n\"\" \\\\N\",Young\n"
    );
    // Rewritten without quotes: the value `\\N` is written as it is.
    let purchases = Input { path: b"p.csv".to_vec(), bytes: b"customer_id,price\n".to_vec(), stored: None };
    let outcome = run(&Options {
        customers_format: format(Some(b'"')),
        purchases_format: format(None),
        purchases: vec![purchases],
        max_rejects: "9".to_string(),
        ..spec
    });
    let row = combined(&outcome).lines().last().unwrap().to_string();
    assert_eq!(row, "a\\,b,,A\"n\"n\",\\N,20,A\"n\"n\" \\\\N,Young");
}

#[test]
fn ragged_records_are_padded_and_trimmed() {
    let customers = b"7,\"Ann\"\n8,Bo,Ek,30,,\"\"\n9,C,D,40,x\n\"\",\"\"\n";
    let spec = records(customers, b"7\n8,2,\n8,x,\n,,\n9,1,y\n8,4\n");
    let pad = Format { pad: true, ..Format::default() };
    let outcome = run(&Options { customers_format: pad.clone(), purchases_format: pad, ..spec.clone() });
    assert_eq!(
        combined(&outcome).split_once('\n').unwrap().1,
        "7,,\"Ann\",,,Ann,Unknown\n8,2,Bo,Ek,30,Bo Ek,Middle-aged\n8,4,Bo,Ek,30,Bo Ek,Middle-aged\n"
    );
    assert_eq!(
        rejects(&outcome),
        "c.csv,4,60,\"expected 4 fields, found 5\",\"9,C,D,40,x\"\nc.csv,5,71,empty record,\"\"\"\"\",\"\"\"\"\"\n\
         p.csv,4,25,amount is not a decimal number,\"8,x,\"\np.csv,5,30,empty record,\",,\"\n\
         p.csv,6,33,\"expected 2 fields, found 3\",\"9,1,y\"\n"
    );
    let counts: Vec<_> = outcome.ledger.unwrap().inputs.iter().map(|input| (input.padded, input.trimmed)).collect();
    assert_eq!(counts, [(1, 1), (1, 2)]);
    let rejected = run(&spec).ledger.unwrap().rejects;
    assert_eq!(rejected, [("wrong number of fields", 9)]);
}

#[test]
fn columns_of_further_files_are_matched() {
    let input = |path: &str, text: &str| Input { path: path.into(), bytes: text.as_bytes().to_vec(), stored: None };
    let first = "customer_id,item,price\n7,pen,1\n";
    let with = |second: &str, match_columns| Options {
        purchases: vec![input("p.csv", first), input("q.csv", second)],
        match_columns,
        max_rejects: "100%".to_string(),
        ..records(b"7,Ann,Lee,20\n", b"")
    };
    let outcome = run(&with("price,\"customer_id\",item\n2,\"7\",\"a,b\"\nx,7,z\n1,2\n", true));
    assert_eq!(
        combined(&outcome),
        "customer_id,item,price,first_name,last_name,age,full_name,age_group\n\
         7,pen,1,Ann,Lee,20,Ann Lee,Young\n\"7\",\"a,b\",2,Ann,Lee,20,Ann Lee,Young\n"
    );
    assert_eq!(
        rejects(&outcome),
        "q.csv,3,37,amount is not a decimal number,\"x,7,z\"\nq.csv,4,43,\"expected 3 fields, found 2\",\"1,2\"\n"
    );
    let samples = outcome.ledger.unwrap().reject_samples;
    assert_eq!(samples[0].place, Place { line: 3, column: 1 });
    for (second, match_columns) in [
        ("price,customer_id,item\n", false),
        ("price,customer_id\n", true),
        ("price,customer_id,item,more\n", true),
        ("price,customer_id,item,item\n", true),
    ] {
        assert_fatal(&with(second, match_columns), 2, Kind::HeadersDiffer, Some(2), None);
    }
    let doubled = |second| Options {
        purchases: vec![input("p.csv", "customer_id,price,x,x\n"), input("q.csv", second)],
        ..with("", true)
    };
    assert_eq!(run(&doubled("customer_id,price,x,x\n")).status, 0);
    assert_fatal(&doubled("price,customer_id,x,x\n"), 2, Kind::HeadersDiffer, Some(2), None);
}

#[test]
fn a_value_that_needs_quotes_is_rejected_without_quoting() {
    let spec = records(b"7,\"An|n\",Lee,20\n8,\"Bo\",\"x\ny\",20\n9,\"C,y\",z,20\n", b"");
    let format = Format { delimiter: Some(b'|'), quote: None, ..Format::default() };
    let outcome = run(&Options {
        purchases_format: format,
        purchases: vec![Input { path: b"p.csv".to_vec(), bytes: b"customer_id|price\n".to_vec(), stored: None }],
        ..spec
    });
    assert_eq!(combined(&outcome).lines().last().unwrap(), "9||C,y|z|20|C,y z|Young");
    let rejected = rejects(&outcome);
    assert_eq!(rejected.matches("cannot be written without quotes").count(), 2, "{rejected}");
}

#[test]
fn lines_inside_quotes_count_and_a_bare_cr_ends_none() {
    let outcome = bought(b"\"7\n\n\",1\n7\r,1\n7\n");
    assert_eq!(
        rejects(&outcome),
        "p.csv,5,26,bare carriage return,\"7\r,1\"\np.csv,6,31,\"expected 2 fields, found 1\",\"7\"\n"
    );
}

#[test]
fn other_dialects() {
    let customers = b"customer_id;first_name;last_name;age\n7;'A;nn';O'Brien;20\n";
    let spec = options(customers, b"customer_id;price\n7;1,5\n7;1.5\n");
    let format = Format { delimiter: Some(b';'), quote: Some(b'\''), ..Format::default() };
    let outcome = run(&Options { customers_format: format.clone(), purchases_format: format, ..spec });
    assert_eq!(
        combined(&outcome),
        "customer_id;price;first_name;last_name;age;full_name;age_group\n\
         7;1.5;'A;nn';O'Brien;20;'A;nn O''Brien';Young\n"
    );
    // The other files are always comma and double quote.
    assert_eq!(rejects(&outcome), "p.csv,2,18,amount is not a decimal number,\"7;1,5\"\n");
}

#[test]
fn unreadable_input_is_fatal_with_its_place() {
    let none: [&[u8]; 3] = [b"", b"\n\r\n", b"\xEF\xBB\xBF"];
    for bytes in none {
        assert_fatal(&options(CUSTOMERS, bytes), 1, Kind::NoHeader, Some(1), None);
        assert_fatal(&options(bytes, PURCHASES), 1, Kind::NoHeader, Some(0), None);
    }
    let old_mac = b"\xEF\xBB\xBFcustomer_id,price\r7,1\r";
    assert_fatal(&options(CUSTOMERS, old_mac), 1, Kind::HeaderCarriageReturn, Some(1), Some((1, 21)));
    let text = b"\n\"customer_id\" ,price\n";
    assert_fatal(&options(CUSTOMERS, text), 1, Kind::HeaderTextAfterQuote, Some(1), Some((2, 14)));
    let unclosed = records(b"7,\"A\nnn\",x,\"20\n\n", b"");
    assert_fatal(&unclosed, 1, Kind::UnclosedQuote, Some(0), Some((3, 7)));
}

#[test]
fn the_limit_of_a_record_excludes_its_ending() {
    let limited = |bytes: &[u8], limit| Options { max_record_bytes: limit, ..records(b"", bytes) };
    assert_eq!(run(&limited(&[b"7,", &[b'1'; 34][..], b"\r\n"].concat(), 36)).status, 3); // as long as the header
    let long = limited(&[b"7,", &[b'1'; 35][..], b"\r\n"].concat(), 36);
    assert_fatal(&long, 1, Kind::RecordTooLong, Some(1), Some((2, 1)));
    // The limit is reported instead of the quote that never closes.
    let open = limited(&[b"7,\"\n\",\"", &[b'1'; 40][..]].concat(), 36);
    assert_fatal(&open, 1, Kind::RecordTooLong, Some(1), Some((3, 3)));
    // The first byte over the limit is the first of a doubled quote: the quote is still open.
    let doubled = limited(&[b"7,\"", &[b'1'; 33][..], b"\"\"x\"\n"].concat(), 36);
    assert_fatal(&doubled, 1, Kind::RecordTooLong, Some(1), Some((2, 3)));
    let closed = limited(&[b"7,\"", &[b'1'; 33][..], b"\",x\n"].concat(), 36);
    assert_fatal(&closed, 1, Kind::RecordTooLong, Some(1), Some((2, 1)));
    assert_fatal(&limited(b"", 35), 1, Kind::RecordTooLong, Some(0), Some((1, 1)));
}

#[test]
fn header_faults_end_the_run_before_any_record() {
    let broken = b"customer_id,first_name,last_name,age\n\"";
    let columns = |names: &[u8]| options(broken, names);
    assert_fatal(&columns(b"customer_id,Price\n"), 2, Kind::MissingColumn, Some(1), None);
    assert_fatal(&columns(b"customer_id:price\n"), 2, Kind::MissingColumn, Some(1), None);
    assert_fatal(&columns(b"price,customer_id,price\n"), 2, Kind::DoubledColumn, Some(1), None);
    let mut two = columns(PURCHASES);
    two.purchases.push(Input { path: b"q.csv".to_vec(), bytes: b"price,customer_id\n".to_vec(), stored: None });
    assert_fatal(&two, 2, Kind::HeadersDiffer, Some(2), None);
    two.purchases[1].bytes = b"\"customer_id\",\"price\"\r\n".to_vec();
    assert_fatal(&two, 1, Kind::UnclosedQuote, Some(0), Some((2, 1)));
}

// ---------------------------------------------------------------- 3: rejected records

#[test]
fn each_reason_and_the_order_of_reasons() {
    assert_rejected(b"\"7\"x\r,", "text after closing quote");
    assert_rejected(b"7\r,,", "bare carriage return");
    assert_rejected(b",,", "\"expected 2 fields, found 3\"");
    assert_rejected(b",", "empty record");
    assert_rejected(b"\"\",", "empty record");
    assert_rejected(b"7,1.0000000001x", "amount is not a decimal number");
    assert_rejected(b"7,1000000000000000000.0000000001", "amount has more than 9 fraction digits");
    assert_rejected(b"7,1000000000000000000", "amount has more than 18 integer digits");
}

#[test]
fn the_first_accepted_customer_keeps_the_key() {
    let customers = b"k,first_name,last_name,age\n1,A\n1,B,B,20\n\"1\",C,C,30\n,D,D,40\n,E,E,50\n";
    let spec = options(customers, b"customer_id,price\n1,5\n,6\n");
    let outcome = run(&Options { customers_key: "k".to_string(), ..spec });
    assert_eq!(
        rejects(&outcome),
        "c.csv,2,27,\"expected 4 fields, found 2\",\"1,A\"\n\
         c.csv,4,40,\"duplicate k, first at line 3\",\"\"\"1\"\",C,C,30\"\n"
    );
    let ledger = outcome.ledger.unwrap();
    assert_eq!(ledger.rejects, [("wrong number of fields", 1), ("duplicate customer", 1)]);
    assert_eq!((ledger.customers.key_missing, ledger.purchases.key_missing), (2, 1));
}

#[test]
fn rejects_decide_the_exit_status() {
    let with = |max: &str| {
        run(&Options { max_rejects: max.to_string(), ..records(b"1,A,B,1\n1,A,B,1\n", b"1,1\n1,x\n") }).status
    };
    assert_eq!((with("0"), with("1"), with("2")), (3, 3, 0));
    assert_eq!((with("0%"), with("49.99%"), with("50%"), with("100%")), (3, 3, 0, 0));
    assert_eq!((with(""), with("-1"), with("%"), with("101%"), with("x")), (2, 2, 2, 2, 2));
}

#[test]
fn limits_decide_the_outcome() {
    let outcome = |max_unmatched: &str, over_limit| {
        let options = Options {
            max_rejects: "1".to_string(),
            max_unmatched: Some(max_unmatched.to_string()),
            over_limit,
            ..records(b"1,A,B,1\n", b"1,1\n2,1\n3,1\n4,x\n")
        };
        run(&options)
    };
    for (limit, exceeded) in [("1", true), ("2", false), ("66%", true), ("66.7%", false), ("100%", false)] {
        let outcome = outcome(limit, OverLimit::Discard);
        let ledger = outcome.ledger.unwrap();
        let wanted = if exceeded { vec![("max_unmatched", limit.to_string(), 2, 3)] } else { vec![] };
        assert_eq!((outcome.status == 3, &ledger.exceeded), (exceeded, &wanted), "{limit}");
        assert_eq!(ledger.outcome, if exceeded { "discarded" } else { "published" });
        assert_eq!(ledger.unmatched_samples.len(), 2);
    }
    assert_eq!(outcome("0", OverLimit::Hold).ledger.unwrap().outcome, "held");
    assert_eq!(outcome("007%", OverLimit::Publish).status, 3);
    assert_eq!(outcome("x", OverLimit::Hold).status, 2);
}

#[test]
fn strict_stops_at_the_first_reject_in_reading_order() {
    let strict = |customers, purchases| Options { strict: true, ..records(customers, purchases) };
    assert_eq!(run(&strict(b"1,A,B,1\n", b"1,1\n")).status, 0);
    let both = strict(b"1,A,B,1\n1,A,B,1\n\"", b"1,x\n");
    assert_fatal(&both, 4, Kind::Rejected, Some(0), Some((3, 1)));
    // The quote that never closes comes first in reading order.
    assert_fatal(&strict(b"\"", b"1,x\n"), 1, Kind::UnclosedQuote, Some(0), Some((2, 1)));
}

#[test]
fn a_path_is_written_as_given() {
    let mut spec = records(b"1\n", b"");
    spec.customers[0].path = b"a,\"b\".csv\xFF".to_vec();
    let outcome = run(&spec);
    let expected = b"\n\"a,\"\"b\"\".csv\xFF\",2,37,\"expected 4 fields, found 1\",\"1\"\n";
    assert!(outcome.files["rejects.csv"].ends_with(expected));
    assert!(outcome.report_json().contains(
        r#""path":"a,\"b\".csv�","path_lossy":true,"bytes":39,"records":1,"padded":0,"trimmed":0,"crc32":"968299ce"}"#
    ));
}

#[test]
fn parts_of_a_side() {
    let mut spec = records(b"1,A,B,20\n", b"1,5\n");
    let input = |path: &str, bytes: &[u8]| Input { path: path.into(), bytes: bytes.to_vec(), stored: None };
    spec.customers.push(input("empty.csv", b"\n"));
    spec.customers.push(input("d.csv", &[CUSTOMERS, b"1,C,D,30\n2,E,F,40\n", CUSTOMERS, b"1,G,H,1\n"].concat()));
    spec.purchases.push(input("p.csv.gz", &[PURCHASES, b"2,7\n"].concat()));
    spec.max_rejects = "3".to_string();
    let outcome = run(&spec);
    assert_eq!(
        rejects(&outcome),
        "d.csv,2,37,\"duplicate customer_id, first at line 2 of c.csv\",\"1,C,D,30\"\n\
         d.csv,4,55,repeated header,\"customer_id,first_name,last_name,age\"\n\
         d.csv,5,92,\"duplicate customer_id, first at line 2 of c.csv\",\"1,G,H,1\"\n"
    );
    let ledger = outcome.ledger.unwrap();
    assert_eq!((ledger.customers.records, ledger.customers.blank_lines, ledger.purchases.matched), (5, 1, 2));
    assert_eq!(ledger.inputs.iter().map(|input| input.records).collect::<Vec<_>>(), [1, 0, 4, 1, 1]);
    assert_eq!(ledger.notices, [("compressed_copy", 1, 5), ("empty_input", 1, 5)]);
    // Repeated headers after byte order marks, before and inside the quotes.
    spec.customers[2].bytes = [
        CUSTOMERS,
        b"\xEF\xBB\xBF",
        CUSTOMERS,
        b"\xEF\xBB\xBF\"customer_id\",first_name,last_name,age\n",
        b"\"\xEF\xBB\xBFcustomer_id\",first_name,last_name,age\n",
    ]
    .concat();
    assert_eq!(run(&spec).ledger.unwrap().rejects, [("repeated header", 3)]);
    // All files of a side are empty.
    spec.customers[0].bytes.clear();
    spec.customers.truncate(2);
    assert_fatal(&spec, 1, Kind::NoHeader, Some(0), None);
}
