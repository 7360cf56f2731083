//! Messages about inputs: headers, records, and notices on results.

use super::Log;
use crate::common::{CUSTOMERS, Case, PURCHASES};
use std::fs::OpenOptions;
use std::io::{Cursor, Write};
use std::process::Stdio;

const HEADER: &str = "customer_id,first_name,last_name,age\n";

/// Runs on these inputs.
fn on(log: &mut Log, customers: impl AsRef<[u8]>, purchases: impl AsRef<[u8]>, args: &[&str]) {
    log.run(&Case::new(customers, purchases), &[&["-q"], args].concat());
}

pub(super) fn collect(log: &mut Log) {
    headers(log);
    parts(log);
    patterns(log);
    kinds(log);
    records(log);
    notices(log);
    interrupted(log);
}

/// Files, directories and patterns.
fn parts(log: &mut Log) {
    log.section("inputs in parts");
    let case = Case::small();
    std::fs::create_dir(case.path("parts")).expect("created");
    std::fs::create_dir(case.path("many")).expect("created");
    let run =
        |log: &mut Log, args: &[&str]| log.say(&case, &[&["run", "-o", "out", "--progress", "off"], args].concat());
    case.write("parts/README.md", "");
    run(log, &["-c", "parts", "-p", "p.csv"]);
    run(log, &["-c", "c.csv", "-p", "none-*.csv"]);
    run(log, &["-c", "c.csv", "-p", "part?"]);
    run(log, &["-c", "c.csv", "-p", "p{1,2.csv"]);
    for pattern in ["p[1.csv", "p{1*.csv", "p*\\", &"{a,b}".repeat(11)] {
        run(log, &["-c", "c.csv", "-p", pattern]);
    }
    std::os::unix::fs::symlink("gone.csv", case.path("parts/p-8.csv")).expect("linked");
    run(log, &["-c", "c.csv", "-p", "parts"]);
    std::fs::remove_file(case.path("parts/p-8.csv")).expect("removed");
    let fifo = case.fifo("parts/p-8.csv");
    run(log, &["-c", "c.csv", "-p", "parts"]);
    std::fs::remove_file(fifo).expect("removed");
    case.write("parts/p-10.csv", "customer_id,product,price\n1,Pen,0.25\n");
    case.write("parts/p-9.csv", "customer_id,product,price\n2,Ink,1.50\n");
    case.write("parts/p-11.csv", "");
    case.write("parts/p-12.csv", "customer_id,product,price\n");
    case.write("parts/p-13.CSV.gz", "");
    let header = CUSTOMERS.split_inclusive('\n').next().expect("a header");
    case.write("d.csv", format!("{header}1,Ann,Lee,20,Ulm\n{header}9,Bo,Lee,70,Ulm\n"));
    run(log, &["-c", "c.csv", "d.csv", "-p", "parts", "--max-rejects", "100%"]);
    run(log, &["-q", "-c", "c.csv", "d.csv", "-p", "parts/p-1?.csv"]);
    case.write("parts/p-9.csv.gz", PURCHASES);
    case.write("parts/p-1.csv", "customer_id,price,product\n");
    run(log, &["-q", "-c", "c.csv", "-p", "parts"]);
    case.write("parts/p-10.csv.gz", PURCHASES);
    run(log, &["-q", "-c", "c.csv", "-p", "parts/p-9.*", "parts/p-10.*"]);
    let encoded = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    for part in 0..15 {
        case.write(&format!("many/{part}.csv"), encoded(&format!("\u{feff}{PURCHASES}1,Pen,0.{part:02}\n")));
    }
    run(log, &["-c", "c.csv", "-p", "many"]);
    run(log, &["-q", "-c", "c.csv", "c.csv", "-p", "p.csv", "--max-rejects", "100%"]);
    run(log, &["-q", "-c", ".", "-p", "p.csv"]);
}

fn headers(log: &mut Log) {
    log.section("inputs that cannot be opened");
    log.say(&Case::small(), &["run"]);
    log.section("headers");
    for purchases in [&b""[..], b"\n\n", b"\xff\xfea\0", b"\xff\xfe\0\0", b"a\rb", b"\"a\"b,c\n", b"\"customer_id\n"] {
        on(log, CUSTOMERS, purchases, &[]);
    }
    on(log, CUSTOMERS, "customer_id,\"a\\\" b\",price\n", &[]);
    on(log, CUSTOMERS, "customer_id,price\\", &["--escape", "\\"]);
    on(log, CUSTOMERS, "customer_id,price\n", &["--max-record-bytes", "5"]);
    on(log, HEADER.replace(',', ";"), "customer_id;price\n", &["-d", "comma"]);
    on(log, "\"customer_id\";\"age\"\n", "customer_id;price\n", &["-d", "comma"]);
    on(log, HEADER, "\"customer_id\";\"price\"\n", &["-d", "comma"]);
    on(log, HEADER.replace(',', "\t"), "customer_id;price\n", &[]);
    on(log, HEADER.replace(',', "\t"), "id;price\n", &[]);
    on(log, CUSTOMERS, "customer_id^price\n", &[]);
    on(log, CUSTOMERS, "Purchases of March\n\ncustomer_id,price\n", &[]);
    on(log, format!("\"Report\" of March\n{HEADER}"), "customer_id,price\n", &[]);
    on(log, CUSTOMERS, "'customer_id','price'\n'1','2'\n", &[]);
    on(log, CUSTOMERS, "1,Pen,0.10\n", &[]);
    on(log, CUSTOMERS, "1;Pen;0.10\n", &[]);
    on(log, CUSTOMERS, "'1';'0.10'\n", &[]);
    on(log, CUSTOMERS, "1;12,50\n", &[]);
    on(log, CUSTOMERS, "1, 0.10\n", &[]);
    on(log, CUSTOMERS, "1,0.10\ncustomer_id,price\n", &[]);
    on(log, CUSTOMERS, "customer_id, price\n1, 2\n", &[]);
    let without_quotes = ["--purchases-no-quoting", "--purchases-delimiter", "|"];
    on(log, HEADER.replace('\n', ",\"a|b\"\n"), "customer_id|price\n", &without_quotes);
    on(log, "id,first_name,Last_Name,age,age\n", "customer_id,cost\n", &[]);
    on(log, CUSTOMERS, "customer_id,price,price\n", &[]);
    on(log, "id,first_name,last_name,age,age\n", "", &["--progress", "json"]);
    let long: String = (0..40).map(|column| format!("c{column},")).collect();
    on(log, CUSTOMERS, long + "customer_id\n", &[]);
    on(log, "customer_id,first_name,last_name,age,note,note\n", "customer_id,price,age,customer_age\n", &[]);
    let case = Case::small();
    case.write("q.csv", "customer_id,price,product\n");
    log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"]);
    log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "--match-columns", "--ragged", "fill"]);
    for header in ["customer_id,price\n", "customer_id,cost,product,price\n", "price,Product,customer_id\n"] {
        case.write("q.csv", header);
        log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"]);
        log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv", "--match-columns"]);
    }
    case.write("o.csv", "customer_id,price,,\n");
    case.write("q.csv", ",customer_id,,price\n");
    log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "o.csv", "q.csv", "--match-columns"]);
    for text in ["Report\ncustomer_id,product,price\n", "'customer_id','price'\n", "1,Pen,2\n"] {
        case.write("q.csv", text);
        log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"]);
    }
    case.write("q.csv", "customer_id;product;price\n");
    log.say(&case, &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "q.csv"]);
    let args = ["-d", "u", "--no-quoting", "--key", "id", "--first-name", "fn", "--last-name", "ln"];
    on(log, "idufnulnuage\n", "iduprice\n", &[&args[..], &["--age-groups", "A=1-2"]].concat());
    on(log, HEADER.to_owned() + "5,A,B,20\n6,C,D,33\n", "price\n5\n", &["--purchases-key", "price"]);
}

/// What rejected records look like.
fn patterns(log: &mut Log) {
    log.section("what rejected records look like");
    for amounts in [
        &["12,50", "1.234,50"][..],
        &["1,234.50", "1 234"],
        &["$12.50", "12.50 EUR"],
        &["(5.00)", "5.00-"],
        &["1.5E+02", "2e3"],
        &["12%", "5 %"],
        &["12.299999999999998", "0.30000000000000004"],
        &["NULL", "N/A"],
        &["#REF!", "#DIV/0!"],
        &["2024-05-01", "1.5.2024"],
        &["'12.50'"],
        &["twelve"],
    ] {
        for count in 1..=amounts.len() {
            let rows: String = amounts[..count].iter().map(|amount| format!("1;{amount}\n")).collect();
            on(log, CUSTOMERS, format!("customer_id;price\n{rows}"), &[]);
        }
    }
    let header = "customer_id,product,price\n";
    for rows in ["1,Pen\n2\n", "1,Pen,2,,\n", "1,Pen, blue,2\n", "1;Pen;2\n", "1,'Pen, blue','2'\n"] {
        on(log, CUSTOMERS, format!("{header}{rows}"), &[]);
    }
    for rows in ["# page 1\n# page 2\n", "1,2,red\nand blue,A\n1,3,good\nbut,B\n"] {
        on(log, CUSTOMERS, format!("customer_id,price,note,shop\n{rows}"), &[]);
    }
    on(log, CUSTOMERS, "1;2\n2;3\n", &["--purchases-no-header", "--purchases-columns", "customer_id,price"]);
    log.run(&Case::new(CUSTOMERS, format!("{header}1,Pen,\"1,5\"\n1,Ink,\"2,75\"\n1,Ink,x\n2\n")), &[]);
}

/// Files that are not CSV, or not as they are stored.
fn kinds(log: &mut Log) {
    log.section("kinds of files, compression and encodings");
    let gzip = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(vec![], flate2::Compression::none());
        encoder.write_all(text).and_then(|()| encoder.finish()).expect("memory can be written")
    };
    let xz = |text: &[u8]| {
        let mut encoder = liblzma::write::XzEncoder::new(vec![], 1);
        encoder.write_all(text).and_then(|()| encoder.finish()).expect("memory can be written")
    };
    let zip = |names: &[&str]| {
        let mut archive = zip::ZipWriter::new(Cursor::new(vec![]));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::STORE);
        for name in names {
            archive
                .start_file(*name, stored)
                .and_then(|()| Ok(archive.write_all(PURCHASES.as_bytes())?))
                .expect("a member");
        }
        archive.finish().expect("an archive").into_inner()
    };
    let whole = gzip(PURCHASES.as_bytes());
    let mut damaged = whole.clone();
    *damaged.iter_mut().nth_back(5).expect("a checksum") ^= 1;
    let mut needs_memory = vec![];
    let mut encoder = zstd::Encoder::new(&mut needs_memory, 1).expect("an encoder");
    encoder.long_distance_matching(true).and_then(|()| encoder.window_log(28)).expect("a parameter");
    encoder.write_all(PURCHASES.as_bytes()).and_then(|()| encoder.finish().map(drop)).expect("written");
    let many: Vec<String> = (1..=8).map(|month| format!("2026-{month:02}.csv")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for purchases in [
        &whole[..whole.len() - 9],
        &damaged,
        &needs_memory,
        &gzip(&whole),
        &zip(&[]),
        &zip(&many),
        &zip(&["a.csv"])[..60],
        &zip(&["xl/workbook.xml"]),
        &gzip(b"a\rb\n"),
        &zstd::encode_all(&b"a\rb\n"[..], 1).expect("memory can be written"),
        &xz(b"a\rb\n"),
        &gzip(b"PAR1"),
        b"7z\xbc\xaf\x27\x1c",
        b"\x01a\rb",
        b"PAR1",
        b"SQLite format 3\0",
        b"%PDF-",
        b"<html>",
        b"<?xml ",
        b"{\"a\": 1}",
        b"c\0u\0",
        b"\0c\0u",
        b"\xff\xfec\0u",
        b"a\r\r\nb\r\r\n",
        "\u{feff}customer\u{200b},price\n".as_bytes(),
        "\u{feff}\u{feff}customer_id,price\n1,2\n".as_bytes(),
    ] {
        on(log, CUSTOMERS, purchases, &[]);
    }
    on(log, CUSTOMERS, b"\xff\xfec\0", &["--purchases-encoding", "utf-16be"]);
    let case = Case::new(CUSTOMERS, whole);
    log.run(&case, &[]);
    let mut piped = case.spendfold();
    case.write("a.zip", zip(&["a.csv"]));
    piped.stdin(OpenOptions::new().read(true).open(case.path("a.zip")).expect("opened"));
    log.command(piped.args(["run", "-q", "-c", "c.csv", "-p", "-", "-o", "out"]));
}

fn records(log: &mut Log) {
    let headless = ["--no-header", "--customers-columns", "customer_id,first_name,last_name,age"];
    on(log, "7,A,B,30\n", "7,1\n", &headless);
    on(log, CUSTOMERS, PURCHASES, &["--purchases-columns", "customer_id,price"]);
    on(log, CUSTOMERS, PURCHASES, &["--escape", "N"]);
    on(log, CUSTOMERS, PURCHASES, &["--escape", "ab"]);
    on(log, CUSTOMERS, PURCHASES, &["--purchases-escape", "|", "-d", "|"]);
    on(log, CUSTOMERS, PURCHASES, &["--customers-escape", "\\", "-d", "N"]);
    on(log, CUSTOMERS, PURCHASES, &["--escape", "\\", "--age-groups", "a\\b=1-2"]);
    on(log, CUSTOMERS, PURCHASES, &["--comment", ",", "-d", ","]);
    on(log, CUSTOMERS, PURCHASES, &["--purchases-comment", "5"]);
    log.section("records that end a run");
    on(log, CUSTOMERS, "customer_id,price\n1,\"2\n", &[]);
    on(log, CUSTOMERS, format!("customer_id,price\n1,{}\n", "2".repeat(100)), &["--max-record-bytes", "80"]);
    on(log, CUSTOMERS, format!("customer_id,price\n1,\"{}\n\"\n", "2".repeat(100)), &["--max-record-bytes", "80"]);
    on(log, CUSTOMERS, "customer_id,price\n1,x\n", &["--strict"]);
    on(log, CUSTOMERS, "customer_id,price\n1\n", &["--strict"]);
    on(log, CUSTOMERS.to_owned() + "1,Ada,Again,36,\n", "customer_id,price\n", &["--strict"]);

    log.section("rejected records: every reason, and the summary");
    let case = Case::new(
        CUSTOMERS.to_owned() + "1,Ada,Again,36,\n,No,Key,x,\n",
        "customer_id,product,price\n1,Pen,0.10\n1,\"a\"b,3\n1,a\rb,3\n1,short\n,,\n2,Ink,x\n1,Cup,1.0000000001\n\
         1,Tea,1234567890123456789\n9,Lost,5\n,Odd,\n",
    );
    log.run(&case, &[]);
    log.run(&case, &["--max-rejects", "100%"]);
    log.run(&case, &["--max-rejects", "8", "--no-combined", "--join", "inner"]);
    log.run(&case, &["--max-rejects", "8", "--no-combined", "--progress", "json"]);

    let case = Case::new(CUSTOMERS, "customer_id,product,price\n1,\"5\\\" nails\",2\n1,Pen,3\\");
    log.run(&case, &["-q"]);
    log.run(&case, &["-q", "--escape", "\\"]);
    let case = Case::new(CUSTOMERS, "customer_id;price\n1;2\n");
    log.run(&case, &["--purchases-no-quoting"]);
    let case = Case::new(CUSTOMERS, "customer_id,price\n1\n1,2,\n1,3,,\n");
    log.run(&case, &["--ragged", "pad"]);
    let case = Case::new("sep=|\n".to_owned() + &CUSTOMERS.replace(',', "|"), "customer_id\tprice\n1\t2\n");
    log.run(&case, &[]);

    log.section("limits");
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,x\n9,2\n1,3\n");
    log.run(&case, &["-q"]);
    log.run(&case, &["-q", "--max-unmatched", "0"]);
    log.run(&case, &["-q", "--max-rejects", "1", "--max-unmatched", "10%"]);
    log.run(&case, &["-q", "--over-limit", "publish"]);
    on(log, CUSTOMERS, "customer_id,price\n,2\n1,3\n", &["--max-unmatched", "0"]);
    log.run(&case, &["--over-limit", "discard"]);
    log.run(&case, &["-q", "--max-unmatched", "0", "--progress", "json"]);
}

fn notices(log: &mut Log) {
    log.section("notices");
    on(log, CUSTOMERS, "customer_id,price\n,1\nC-1,1\n1,1\n", &[]);
    on(log, HEADER, "customer_id,price\n,1\n", &[]);
    on(log, HEADER.to_owned() + "1,A,B,\n2,C,D,1990-05-01\n", "customer_id,price\n1,2\n", &[]);
    on(log, HEADER.to_owned() + "1,A,B,\n", "customer_id,price\n1,2\n", &[]);
    on(log, HEADER.to_owned() + "1,A,B,29\n", "customer_id,price\n1,2\n", &["--age-groups", "Young=18-29,Old=30+"]);
    on(log, HEADER.to_owned() + "1,A,B,30\nNULL,C,D,40\n", "customer_id,price\nNULL,1\n1,2\n", &[]);
    on(log, CUSTOMERS, PURCHASES.trim_end(), &[]);
    on(log, CUSTOMERS.trim_end(), PURCHASES.trim_end(), &["--progress", "json"]);
    on(log, CUSTOMERS, "customer_id,price\n1,12.50\n1,1.234\n", &[]);
    log.say(&Case::small(), &["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "p.csv"]);
    let three = ["run", "-q", "-o", "out", "-c", "c.csv", "-p", "p.csv", "p.csv", "p.csv"];
    log.say(&Case::small(), &three);
}

/// A run that waits for an input is interrupted.
fn interrupted(log: &mut Log) {
    log.section("interrupted");
    for signal in ["HUP", "INT", "TERM"] {
        let case = Case::small();
        let fifo = case.fifo("fifo");
        let mut command = case.spendfold();
        command.args(["run", "-q", "-c", "c.csv", "-p", "fifo", "-o", "out"]).stderr(Stdio::piped());
        let child = command.spawn().expect("starts");
        // Returns once the run has opened the other end; then its signal handlers are installed.
        let writer = OpenOptions::new().write(true).open(fifo).expect("opened");
        let killed = case.other("kill").args(["-s", signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(killed.success());
        let output = child.wait_with_output().expect("ends");
        drop(writer);
        log.text(&format!("{signal}, status {:?}: {}", output.status.code(), String::from_utf8_lossy(&output.stderr)));
    }
}
