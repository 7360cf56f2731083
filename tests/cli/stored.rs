//! Inputs that are compressed or in another encoding, made with the usual tools, and files that are not CSV.

use crate::common::{CUSTOMERS, Case, Files, PURCHASES, stderr_text};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::process::{Command, Stdio};

/// Each compression, and the command that compresses standard input.
const TOOLS: [(&str, &[&str]); 5] = [
    ("gzip", &["gzip", "-c"]),
    ("gzip", &["pigz", "-c"]),
    ("zstd", &["zstd", "-q", "-c"]),
    ("bzip2", &["bzip2", "-c"]),
    ("xz", &["xz", "-c"]),
];

/// Compresses bytes with a tool.
fn compress(tool: &[&str], bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut child = Command::new(tool[0])
        .args(&tool[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} starts: {error}", tool[0]));
    let mut stdin = child.stdin.take().expect("a pipe");
    let bytes = bytes.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&bytes));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("written");
    assert!(output.status.success());
    output.stdout
}

/// A zip archive with these files.
fn zip(case: &Case, archive: &str, files: &[&str]) {
    let status = case.other("zip").arg("-q").arg(archive).args(files).status().expect("zip starts");
    assert!(status.success());
}

/// Rows, totals and rejects; the rest of a set names its inputs.
fn rows(case: &Case) -> Files {
    let mut set = case.set();
    for name in ["report.json", "report.html"] {
        set.remove(OsStr::new(name));
    }
    set
}

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

/// A case with 3,000 customers and 20,000 purchases, so that the inputs are decoded in several blocks.
fn large() -> Case {
    let case = Case::small();
    let made = case
        .spendfold()
        .args(["generate", "-q", "--seed", "3", "-o", ".", "--customers", "3000", "--purchases", "20000"])
        .args(["--odd", "0.05"])
        .status();
    assert!(made.expect("the program starts").success());
    fs::rename(case.path("customers.csv"), case.path("c.csv")).expect("renamed");
    fs::rename(case.path("purchases.csv"), case.path("p.csv")).expect("renamed");
    case
}

#[test]
fn compressed_inputs_give_the_same_rows_from_files_and_pipes() {
    let case = large();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let wanted = rows(&case);
    let (customers, purchases) =
        (fs::read(case.path("c.csv")).expect("read"), fs::read(case.path("p.csv")).expect("read"));
    for (name, tool) in TOOLS {
        // Two members, frames or streams: the tools join them too.
        let (first, second) = purchases.split_at(purchases.len() / 3);
        let stored = [compress(tool, first), compress(tool, second)].concat();
        fs::write(case.path("p.csv"), &stored).expect("written");
        fs::write(case.path("c.csv"), compress(tool, &customers)).expect("written");
        assert_eq!(case.ran(&[]).status.code(), Some(0), "{name}");
        assert!(rows(&case) == wanted, "{tool:?}: other rows");
        let input = &report(&case)["inputs"][1];
        assert_eq!(input["bytes"], stored.len(), "{name}");
        assert_eq!(input["crc32"], format!("{:08x}", crc32fast::hash(&stored)), "{name}");
        assert_eq!(input["decoded"], serde_json::json!({"compression": name, "bytes": purchases.len()}));
        let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).status().expect("it starts");
        assert!(verified.success(), "{name}");
        let mut line = case.other("bash");
        line.args(["-c", r#"cat p.csv | "$0" run -q -c c.csv -p - -o out"#, crate::common::PROGRAM]);
        assert_eq!(line.status().expect("bash starts").code(), Some(0), "{name} from a pipe");
        assert!(rows(&case) == wanted, "{tool:?}: other rows from a pipe");
    }
}

#[test]
fn a_zip_archive_with_one_file_is_read() {
    let case = large();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let wanted = rows(&case);
    fs::create_dir_all(case.path("__MACOSX/sub")).expect("made");
    case.write("__MACOSX/sub/._p.csv", "metadata");
    zip(&case, "p.zip", &["p.csv", "__MACOSX", "__MACOSX/sub", "__MACOSX/sub/._p.csv"]);
    zip(&case, "c.zip", &["-0", "c.csv"]);
    let mut run = case.spendfold();
    let ran = run.args(["run", "-q", "-c", "c.zip", "-p", "p.zip", "-o", "out"]).output().expect("it starts");
    assert_eq!(ran.status.code(), Some(0), "{}", stderr_text(&ran));
    assert!(rows(&case) == wanted);
    let stored = fs::read(case.path("p.zip")).expect("read");
    let input = &report(&case)["inputs"][1];
    assert_eq!(input["crc32"], format!("{:08x}", crc32fast::hash(&stored)), "the whole archive");
    assert_eq!(input["bytes"], stored.len());
    let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).status().expect("it starts");
    assert!(verified.success());
}

#[test]
fn a_cut_or_damaged_file_fails_the_run_and_publishes_nothing() {
    let case = large();
    let purchases = fs::read(case.path("p.csv")).expect("read");
    let mut stored: Vec<(&str, Vec<u8>)> = TOOLS.map(|(name, tool)| (name, compress(tool, &purchases))).to_vec();
    zip(&case, "p.zip", &["p.csv"]);
    stored.push(("zip", fs::read(case.path("p.zip")).expect("read")));
    for (name, whole) in stored {
        for cut in [1, 5, whole.len() / 3] {
            case.write("p.csv", &whole[..whole.len() - cut]);
            let ran = case.ran(&[]);
            let text = stderr_text(&ran);
            assert_eq!(ran.status.code(), Some(1), "{name} without {cut} bytes: {text}");
            assert!(text.contains(name) && text.contains("copy it again"), "{name} without {cut} bytes: {text}");
            assert!(!case.path("out").exists(), "{name}");
        }
        let mut damaged = whole.clone();
        let middle = damaged.len() * 2 / 3;
        damaged[middle] ^= 0x10;
        case.write("p.csv", &damaged);
        let ran = case.ran(&[]);
        assert_eq!(ran.status.code(), Some(1), "{name}: {}", stderr_text(&ran));
        assert!(!case.path("out").exists(), "{name}");
    }
}

/// Text of a decoder may be wrong before its checksum shows it. The cause is reported, not the consequence.
#[test]
fn damage_explains_a_record_that_cannot_be_used() {
    let case = large();
    let stored = compress(&["gzip", "-1", "-c"], &fs::read(case.path("p.csv")).expect("read"));
    for at in (stored.len() / 3..).step_by(997).take(40) {
        let mut damaged = stored.clone();
        damaged[at] ^= 4;
        case.write("p.csv", &damaged);
        let ran = case.ran(&["--strict", "--max-record-bytes", "200"]);
        let text = stderr_text(&ran);
        assert_eq!(ran.status.code(), Some(1), "byte {at}: {text}");
        assert!(text.contains("the gzip data"), "byte {at}: {text}");
    }
}

#[test]
fn a_converted_file_replaces_no_file() {
    let case = Case::small();
    case.write("converted.csv", PURCHASES.replace('\n', "\r"));
    let ran = case.spendfold().args(["run", "-q", "-c", "c.csv", "-p", "converted.csv", "-o", "out"]).output();
    let ran = ran.expect("it starts");
    assert!(stderr_text(&ran).contains("< converted.csv > converted-2.csv"), "{}", stderr_text(&ran));
}

#[test]
fn a_small_file_that_decompresses_to_a_large_one_takes_little_memory() {
    let case = Case::small();
    // 1 GiB of zeros in about 1 MB.
    let line =
        r#"head -c 1G /dev/zero | gzip -1 > p.csv; ulimit -v 2000000; "$0" run -q -c c.csv -p p.csv -o out -t 2"#;
    let ran = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("bash starts");
    assert_eq!(ran.status.code(), Some(1), "{}", stderr_text(&ran));
    assert!(stderr_text(&ran).contains("longer than 16777216 bytes"), "{}", stderr_text(&ran));
}

#[test]
fn data_that_needs_much_memory_is_refused() {
    let case = Case::small();
    for tool in [&["zstd", "-q", "-c", "--long=28"][..], &["xz", "-c", "--lzma2=preset=1,dict=256MiB"]] {
        case.write("p.csv", compress(tool, PURCHASES.as_bytes()));
        let ran = case.ran(&[]);
        assert_eq!(ran.status.code(), Some(1), "{tool:?}");
        assert!(stderr_text(&ran).contains("needs too much memory"), "{}", stderr_text(&ran));
        assert!(stderr_text(&ran).contains("decompress it first"), "{}", stderr_text(&ran));
    }
}

#[test]
fn progress_counts_stored_bytes_and_reaches_the_end() {
    let case = large();
    for (_, tool) in TOOLS {
        let stored = compress(tool, &fs::read(case.path("p.csv")).expect("read"));
        case.write("p.gz", &stored);
        let customers = fs::metadata(case.path("c.csv")).expect("a file").len();
        let ran = case
            .spendfold()
            .args(["run", "-c", "c.csv", "-p", "p.gz", "-o", "out", "--progress", "json"])
            .output()
            .expect("it starts");
        let text = stderr_text(&ran);
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let last = lines.iter().rfind(|line| line.get("bytes").is_some()).expect("a progress line");
        assert_eq!(last["total_bytes"], customers + stored.len() as u64, "{text}");
        assert!(last["bytes"].as_u64() <= last["total_bytes"].as_u64(), "{text}");
    }
}

#[test]
fn text_in_other_encodings_is_converted() {
    let case = Case::new(
        CUSTOMERS.replace("Ada", "Zoë").replace("Bletchley", "Besançon"),
        PURCHASES.replace("Pen", "Stylo à 5 €"),
    );
    let (customers, purchases) = (case.read("c.csv"), case.read("p.csv"));
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let wanted = rows(&case);
    let utf16 = |text: &str, mark: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{text}").encode_utf16().flat_map(unit).collect()
    };
    let latin1 = |text: &str| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    for (encoded, options) in [
        (utf16(&purchases, "\u{feff}", u16::to_le_bytes), &[][..]),
        (utf16(&purchases, "\u{feff}", u16::to_be_bytes), &[]),
        (utf16(&purchases, "", u16::to_le_bytes), &["--purchases-encoding", "utf-16le"]),
        (utf16(&purchases, "\u{feff}", u16::to_be_bytes), &["--purchases-encoding", "utf-16be"]),
        (latin1(&purchases), &["--purchases-encoding", "latin1"]),
    ] {
        case.write("p.csv", &encoded);
        let ran = case.ran(options);
        assert_eq!(ran.status.code(), Some(0), "{options:?}: {}", stderr_text(&ran));
        assert!(rows(&case) == wanted, "{options:?}");
        let input = &report(&case)["inputs"][1];
        assert_eq!((&input["bytes"], &input["decoded"]["bytes"]), (&encoded.len().into(), &purchases.len().into()));
        let verified = case.spendfold().args(["verify", "-q", "--inputs", "out"]).status().expect("it starts");
        assert!(verified.success(), "{options:?}");
    }
    case.write("c.csv", latin1(&customers));
    case.write("p.csv", latin1(&purchases));
    let ran =
        case.spendfold().args(["run", "-c", "c.csv", "-p", "p.csv", "-o", "out", "--encoding", "latin1"]).output();
    let ran = ran.expect("it starts");
    assert_eq!(ran.status.code(), Some(0), "{}", stderr_text(&ran));
    assert!(rows(&case) == wanted);
    assert!(stderr_text(&ran).contains("decoded  c.csv  windows-1252"), "{}", stderr_text(&ran));
    // A mark contradicts the option.
    case.write("p.csv", format!("\u{feff}{purchases}"));
    let ran = case.ran(&["--purchases-encoding", "latin1"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(stderr_text(&ran).contains("begins with the byte order mark of UTF-8"), "{}", stderr_text(&ran));
    // Not valid in the encoding.
    for bytes in [&b"\xff\xfea\0b"[..], b"\xff\xfea\0\0\xd8b\0"] {
        case.write("p.csv", bytes);
        let ran = case.ran(&[]);
        assert_eq!(ran.status.code(), Some(1));
        assert!(stderr_text(&ran).contains("is not valid UTF-16LE at byte 4"), "{}", stderr_text(&ran));
    }
}

#[test]
fn a_file_of_another_kind_is_named_before_anything_else() {
    let case = Case::small();
    case.write("a.csv", PURCHASES);
    zip(&case, "two.zip", &["p.csv", "a.csv"]);
    zip(&case, "locked.zip", &["-P", "secret", "p.csv"]);
    fs::create_dir_all(case.path("xl")).expect("made");
    case.write("xl/workbook.xml", "<workbook/>");
    zip(&case, "book.xlsx", &["xl/workbook.xml"]);
    zip(&case, "folder.zip", &["xl"]);
    let read = |name: &str| fs::read(case.path(name)).expect("read");
    let gzip = |bytes: &[u8]| compress(&["gzip", "-c"], bytes);
    for (bytes, status, what, hint) in [
        (read("two.zip"), 2, "contains several files: p.csv, a.csv", "unzip -p p.csv p.csv > unpacked.csv"),
        (read("locked.zip"), 2, "encrypted", "unzip p.csv"),
        (read("folder.zip"), 2, "without a file", "right archive"),
        (read("book.xlsx"), 2, "an Excel workbook", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), 2, "an Excel workbook", "libreoffice"),
        (b"PAR1\x15\x04".to_vec(), 2, "a Parquet file", "read_parquet('p.csv')"),
        (b"SQLite format 3\0\x10".to_vec(), 2, "an SQLite database", "sqlite3 -header -csv p.csv"),
        (b"%PDF-1.7".to_vec(), 2, "a PDF document", "as CSV"),
        (b"\n<!DOCTYPE HTML><p>".to_vec(), 2, "an HTML page", "login"),
        (b"<?xml version=\"1.0\"?>".to_vec(), 2, "XML", "as CSV"),
        (b"[{\"customer_id\": 1}]".to_vec(), 2, "JSON", "mlr --ijson --ocsv"),
        (gzip(b"{\"customer_id\": 1}"), 2, "JSON", "mlr --ijson --ocsv"),
        (gzip(&gzip(PURCHASES.as_bytes())), 2, "is compressed twice", "decompress it once"),
        (b"\xff\xfe\0\0a\0\0\0".to_vec(), 1, "is in UTF-32", "iconv -f UTF-32"),
        (b"c\0u\0s\0t\0".to_vec(), 1, "seems to be in UTF-16LE", "use --purchases-encoding utf-16le"),
        (b"7z\xbc\xaf\x27\x1c".to_vec(), 2, "is compressed with 7z", "decompress it first"),
        (b"\x01\x02a\rb\n".to_vec(), 1, "the header is malformed", "does not look like text"),
        (gzip(PURCHASES.replace('\n', "\r").as_bytes()), 1, "old-Mac", "first: gzip -dc p.csv | tr '\\r' '\\n' >"),
        (gzip(b"PAR1"), 2, "a Parquet file", "decompress it, then convert it: duckdb"),
        (PURCHASES.replace('\n', "\r\r\n").into_bytes(), 1, "CR CR LF", "sed 's/\\r*$//'"),
        (PURCHASES.replace('\n', "\r").into_bytes(), 1, "old-Mac", "tr '\\r' '\\n'"),
        (b"customer_id\xe2\x80\x8b,price\n".to_vec(), 2, r"customer_id\u{200b}", "--purchases-key"),
    ] {
        case.write("p.csv", &bytes);
        let ran = case.ran(&[]);
        let text = stderr_text(&ran);
        assert_eq!(ran.status.code(), Some(status), "{what}: {text}");
        assert!(text.contains(what) && text.contains(hint), "{what}: {text}");
        assert!(!case.path("out").exists(), "{what}");
    }
    let line = r#"cat two.zip | "$0" run -q -c c.csv -p - -o out"#;
    let ran = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("bash starts");
    assert_eq!(ran.status.code(), Some(2));
    assert!(stderr_text(&ran).contains("is a zip archive in a pipe, which cannot be read"), "{}", stderr_text(&ran));
}

#[test]
fn every_byte_order_mark_is_dropped() {
    let case = Case::small();
    assert_eq!(case.ran(&[]).status.code(), Some(0));
    let wanted = rows(&case);
    case.write("p.csv", format!("\u{feff}\u{feff}{PURCHASES}"));
    let ran = case.ran(&[]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(rows(&case) == wanted);
    assert!(stderr_text(&ran).contains("p.csv begins with 2 byte order marks"), "{}", stderr_text(&ran));
    assert_eq!(report(&case)["notices"][0]["notice"], "doubled_byte_order_mark");
}
