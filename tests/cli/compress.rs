//! `--compress`: the combined data as `zstd` and `gzip` read it, and what `verify` says about faulty ones.

use crate::common::{CUSTOMERS, Case, stderr_text};
use serde_json::Value;
use std::fs;
use std::process::Output;

/// The ending of the file and the command that reads it, for each format.
const FORMATS: [(&str, &str); 2] = [("zst", "zstd"), ("gz", "gzip")];
/// Where the rows are cut.
const BLOCK: usize = 1 << 20;

/// Inputs whose rows take a little more than three blocks.
fn large() -> Case {
    let customers: String =
        (0..3000).map(|n| format!("{n},First{n},Last{},{},City{}\n", n * 7, n % 90, n % 13)).collect();
    let purchases: String =
        (0..50_000u64).map(|n| format!("{},\"Thing\n{n}\",{}.{:02}\n", n * n % 3500, n % 90, n % 100)).collect();
    Case::new(
        format!("customer_id,first_name,last_name,age,city\n{customers}"),
        format!("customer_id,product,price\n{purchases}"),
    )
}

fn run(case: &Case, args: &[&str]) {
    let output = case.ran(args);
    assert_eq!((output.status.code(), stderr_text(&output).as_str()), (Some(0), ""), "{args:?}");
}

fn report(case: &Case) -> Value {
    serde_json::from_str(&case.read("out/report.json")).expect("JSON")
}

fn verify(case: &Case, args: &[&str]) -> (Option<i32>, String) {
    let output = case.spendfold().args(["verify", "--progress", "off", "out"]).args(args).output().expect("starts");
    (output.status.code(), stderr_text(&output))
}

/// Runs a command of a shell.
fn shell(case: &Case, line: &str) -> Output {
    let output = case.other("bash").args(["-o", "pipefail", "-c", line]).output().expect("bash starts");
    assert!(output.status.success(), "{line}: {}", stderr_text(&output));
    output
}

/// What the command of the format makes of the combined data.
fn decompressed(case: &Case, ending: &str, program: &str) -> Vec<u8> {
    shell(case, &format!("{program} -dc < out/combined_data.csv.{ending}")).stdout
}

#[test]
fn the_usual_commands_read_the_rows() {
    let case = large();
    run(&case, &[]);
    let rows = fs::read(case.path("out/combined_data.csv")).expect("there");
    assert!(rows.len() > 3 * BLOCK + 1000 && rows.len() < 4 * BLOCK, "{}", rows.len());
    let others = case.set();
    for (ending, program) in FORMATS {
        let name = format!("combined_data.csv.{ending}");
        for level in ["", ":1", ":9"] {
            let option = format!("--compress={ending}{level}");
            run(&case, &[&option, "--digest", "sha256"]);
            assert!(decompressed(&case, ending, program) == rows, "{option}");
            shell(&case, &format!("{program} -t out/{name} && cd out && sha256sum --strict -c SHA256SUMS"));
            assert_eq!(verify(&case, &["--inputs"]).0, Some(0), "{option}: {}", verify(&case, &["--inputs"]).1);

            let report = report(&case);
            let (listed, stored) = (&report["outputs"][0], fs::read(case.path(format!("out/{name}"))).expect("there"));
            assert_eq!(listed["path"], *name);
            assert_eq!(listed["bytes"], stored.len());
            assert_eq!(listed["plain"]["bytes"], rows.len());
            assert_eq!(listed["crc32"], format!("{:08x}", crc32fast::hash(&stored)));
            assert_eq!(listed["plain"]["crc32"], format!("{:08x}", crc32fast::hash(&rows)));
            assert!(stored.len() * 2 < rows.len(), "{option}: {}", stored.len());
            let level = level.strip_prefix(':').unwrap_or(if ending == "gz" { "6" } else { "3" });
            assert_eq!(report["options"]["compress"], format!("{ending}:{level}"));
        }
        // Only the combined data, the page and the report change.
        run(&case, &["--compress", ending]);
        let set = case.set();
        assert_eq!(set.len(), others.len());
        for (name, bytes) in &others {
            let name = name.to_str().expect("UTF-8");
            if !["combined_data.csv", "report.html", "report.json"].contains(&name) {
                assert!(set.get(std::ffi::OsStr::new(name)) == Some(bytes), "{name}");
            }
        }
    }
}

/// The rows are cut at every MiB: each piece of the rows alone gives a piece of the file.
#[test]
fn the_file_is_cut_at_every_mebibyte_of_the_rows() {
    let case = large();
    run(&case, &["--compress", "zst"]);
    let listed = String::from_utf8(shell(&case, "zstd -lv out/combined_data.csv.zst").stdout).expect("text");
    let frames = listed.lines().find_map(|line| line.strip_prefix("# Zstandard Frames: ")).expect("a number of frames");
    assert_eq!(frames, "4", "{listed}");
    run(&case, &["--compress", "gz"]);
    let stored = fs::read(case.path("out/combined_data.csv.gz")).expect("there");
    let header = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let starts: Vec<usize> = (0..stored.len() - 10).filter(|&at| stored[at..].starts_with(&header)).collect();
    assert_eq!((starts.len(), starts[0]), (4, 0));
    for end in &starts[1..] {
        let size = stored[end - 4..*end].try_into().expect("four bytes");
        assert_eq!(u32::from_le_bytes(size), BLOCK as u32);
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_chunks() {
    let case = large();
    for (ending, _) in FORMATS {
        let mut first = None;
        for (threads, chunk) in [("1", "96K"), ("1", "5M"), ("2", "1000"), ("2", "96K"), ("7", "20K"), ("16", "1M")] {
            for mapping in [&[][..], &["--no-mmap", "--sync"]] {
                run(&case, &[&["--compress", ending, "-t", threads, "--chunk-bytes", chunk], mapping].concat());
                let set = case.set();
                assert!(*first.get_or_insert(set.clone()) == set, "{ending} {threads} {chunk} {mapping:?}");
            }
        }
    }
}

/// A set has one form of the combined data. The others of the old set are removed, and foreign files stay.
#[test]
fn another_form_of_the_rows_replaces_the_old_one() {
    let case = Case::small();
    let forms = |case: &Case| -> Vec<String> {
        let names = case.files().into_keys().map(|name| name.into_string().expect("UTF-8"));
        names.filter(|name| name.starts_with("combined")).collect()
    };
    for (args, wanted) in [
        (&[][..], &["combined_data.csv"][..]),
        (&["--compress", "zst"], &["combined_data.csv.zst"]),
        (&["--compress", "gz"], &["combined_data.csv.gz"]),
        (&["--compress", "zst:9"], &["combined_data.csv.zst"]),
        (&[], &["combined_data.csv"]),
        (&["--compress", "gz"], &["combined_data.csv.gz"]),
        (&["--no-combined"], &[]),
    ] {
        run(&case, args);
        assert_eq!(forms(&case), wanted);
        assert_eq!(verify(&case, &["--inputs"]).0, Some(0), "{args:?}");
    }
    case.write("out/combined_data.csv.zst", "mine");
    let notice = "out/combined_data.csv.zst: does not belong to this set and was left unchanged\n";
    for args in [&[][..], &["--compress", "gz"]] {
        let output = case.ran(args);
        assert_eq!((output.status.code(), stderr_text(&output).as_str()), (Some(0), notice));
        assert_eq!(case.read("out/combined_data.csv.zst"), "mine");
        let (status, text) = verify(&case, &[]);
        assert!(status == Some(1) && text.contains("exists, but the report does not list it"), "{text}");
    }
    // Under the name of the new set, it is replaced, as any regular file.
    run(&case, &["--compress", "zst"]);
    assert_eq!(forms(&case), ["combined_data.csv.zst"]);
    let output = case.ran(&["--compress", "gz", "--no-clobber"]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr_text(&output));
}

#[test]
fn a_held_set_is_compressed_too() {
    let case = Case::small();
    run(&case, &[]);
    let output = case.ran(&["--compress", "zst", "--max-unmatched", "0"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
    assert!(case.path("out/held/combined_data.csv.zst").exists() && case.path("out/combined_data.csv").exists());
    let accepted = case.spendfold().args(["accept", "out", "-q", "--verify"]).output().expect("starts");
    assert_eq!(accepted.status.code(), Some(0), "{}", stderr_text(&accepted));
    assert!(case.path("out/combined_data.csv.zst").exists() && !case.path("out/combined_data.csv").exists());
    assert_eq!(verify(&case, &["--inputs"]).0, Some(0));
}

/// Changes the stored file and, in the report, its size and checksum.
fn store(case: &Case, name: &str, bytes: &[u8]) {
    fs::write(case.path("out").join(name), bytes).expect("written");
    let mut report = report(case);
    report["outputs"][0]["bytes"] = bytes.len().into();
    report["outputs"][0]["crc32"] = format!("{:08x}", crc32fast::hash(bytes)).into();
    case.write("out/report.json", report.to_string());
}

/// Even if size and checksum of the stored file agree with the report, a damaged one is a difference with its place.
#[test]
fn damage_is_a_difference_with_its_place() {
    let case = large();
    for (ending, _) in FORMATS {
        run(&case, &["--compress", ending, "-t", "2"]);
        let name = format!("combined_data.csv.{ending}");
        let whole = fs::read(case.path("out").join(&name)).expect("there");
        for args in [&["-t", "1"][..], &["-t", "3", "--inputs"]] {
            for len in [1, 5, 12, 1000, whole.len() / 2, whole.len() - 1] {
                store(&case, &name, &whole[..len]);
                let (status, text) = verify(&case, args);
                let wanted = format!("out/{name}: is truncated: it ends at byte {len}, in the middle of a frame\n");
                assert_eq!((status, text.starts_with(&wanted)), (Some(1), true), "{ending} {len}: {text}");
            }
            for at in [0, 3, whole.len() / 3, whole.len() - 2] {
                let mut damaged = whole.clone();
                damaged[at] ^= 0x55;
                store(&case, &name, &damaged);
                let (status, text) = verify(&case, args);
                let wanted = format!("out/{name}: ");
                assert_eq!((status, text.starts_with(&wanted)), (Some(1), true), "{ending} {at}: {text}");
                assert!(
                    text.contains("cannot be decompressed at byte") || text.contains("in the middle of a frame"),
                    "{text}"
                );
            }
            // Trailing bytes are not a frame.
            store(&case, &name, &[&whole[..], b"more"].concat());
            let (status, text) = verify(&case, args);
            assert!(status == Some(1) && text.contains("at byte"), "{ending}: {text}");
        }
        // An empty file has no rows.
        store(&case, &name, b"");
        let (status, text) = verify(&case, &["--inputs"]);
        assert!(status == Some(1) && text.starts_with(&format!("out/{name}: ")), "{text}");
        store(&case, &name, &whole);
        assert_eq!(verify(&case, &["--inputs"]).0, Some(0));
    }
}

/// Rows that another program has compressed again are read like those of a run, and compared with the inputs.
#[test]
fn the_first_row_that_differs_is_named() {
    let case = large();
    for (ending, program) in FORMATS {
        run(&case, &["--compress", ending]);
        let (name, plain) = (format!("combined_data.csv.{ending}"), case.path("rows"));
        let mut rows = decompressed(&case, ending, program);
        let at = rows.len() - 20_000;
        rows[at] = if rows[at] == b'x' { b'y' } else { b'x' };
        fs::write(&plain, &rows).expect("written");
        let again = shell(&case, &format!("{program} -c rows")).stdout;
        store(&case, &name, &again);
        let (status, text) = verify(&case, &[]);
        assert!(status == Some(1) && text.contains("uncompressed CRC-32: found"), "{text}");
        let (status, text) = verify(&case, &["--inputs"]);
        assert_eq!(status, Some(1));
        let wanted = format!(", byte {at}): found ");
        assert!(
            text.lines().any(|line| line.starts_with(&format!("out/{name}: row ")) && line.contains(&wanted)),
            "{text}"
        );
        // One row less.
        fs::write(&plain, &rows[..at]).expect("written");
        let again = shell(&case, &format!("{program} -c rows")).stdout;
        store(&case, &name, &again);
        let (_, text) = verify(&case, &["--inputs"]);
        assert!(text.contains(&format!("byte {at}): found the end of the file, the inputs give ")), "{text}");
    }
}

/// A file that is decompressed to far more than the report says is not decompressed to its end.
#[test]
fn a_decompression_bomb_is_bounded() {
    let case = Case::small();
    for (ending, program) in FORMATS {
        run(&case, &["--compress", ending]);
        let bomb = shell(&case, &format!("head -c 512M /dev/zero | {program} -c")).stdout;
        store(&case, &format!("combined_data.csv.{ending}"), &bomb);
        let line = "ulimit -t 5; exec \"$0\" verify -q out";
        let output = case.other("bash").args(["-c", line, crate::common::PROGRAM]).output().expect("starts");
        assert_eq!(output.status.code(), Some(1), "{}", stderr_text(&output));
        let text = stderr_text(&output);
        assert!(text.contains("decompresses to far more bytes than the report says"), "{text}");
    }
}

#[test]
fn compression_and_no_combined_exclude_each_other_and_the_flag_wins() {
    let case = Case::new(CUSTOMERS, "customer_id,price\n1,2\n");
    let set = |env: &[(&str, &str)], args: &[&str]| -> (Option<i32>, String) {
        let output = case.run().args(args).envs(env.iter().copied()).output().expect("starts");
        (output.status.code(), stderr_text(&output))
    };
    let (compress, none) = (("SPENDFOLD_COMPRESS", "gz"), ("SPENDFOLD_NO_COMBINED", "1"));
    let done = (Some(0), String::new());
    assert_eq!(set(&[compress], &[]), done);
    assert!(case.path("out/combined_data.csv.gz").exists());
    assert_eq!(set(&[compress], &["--no-combined"]), done);
    assert!(!case.path("out/combined_data.csv.gz").exists());
    assert_eq!(set(&[none], &["--compress", "zst"]), done);
    assert!(case.path("out/combined_data.csv.zst").exists());
    assert_eq!(set(&[compress, none], &["--no-combined=false"]), done);
    assert!(case.path("out/combined_data.csv.gz").exists());
    let (status, text) = set(&[compress, none], &[]);
    assert_eq!(status, Some(2));
    assert!(text.starts_with("SPENDFOLD_NO_COMBINED and SPENDFOLD_COMPRESS exclude each other\n"), "{text}");
    let (status, text) = set(&[], &["--no-combined", "--compress", "zst"]);
    assert_eq!(status, Some(2));
    assert!(text.starts_with("--no-combined and --compress exclude each other\n"), "{text}");
}

/// The command on the page makes the same set again.
#[test]
fn the_page_names_the_option_and_the_sizes() {
    let case = large();
    run(&case, &["--compress", "zst:1"]);
    let page = case.read("out/report.html");
    let report = report(&case);
    let grouped = |number: &Value| spendfold::text::grouped(&number.to_string());
    let (plain, stored) = (&report["outputs"][0]["plain"]["bytes"], &report["outputs"][0]["bytes"]);
    assert!(page.contains("--compress zst:1") && page.contains("combined_data.csv.zst"));
    let sizes = format!("compressed with zst:1 from {} to {} bytes", grouped(plain), grouped(stored));
    assert!(page.contains(&sizes), "{sizes}");
    let before = case.set();
    run(&case, &["--compress", "zst:1"]);
    assert!(case.set() == before);
    let mut command = case.spendfold();
    command.args(["run", "--progress", "off", "-c", "c.csv", "-p", "p.csv", "-o", "out", "--compress", "gz"]);
    let output = command.output().expect("starts");
    assert!(stderr_text(&output).contains("\ncompressed  "), "{}", stderr_text(&output));
}
