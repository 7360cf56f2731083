//! Messages about commands and options.

use super::Log;
use crate::common::Case;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

pub(super) fn collect(log: &mut Log) {
    let case = Case::small();
    log.section("commands and options");
    for args in [
        &[][..],
        &["frobnicate"],
        &["verfy"],
        &["run", "--nonsense"],
        &["run", "--thread", "2"],
        &["run", "extra"],
        &["run", "--join"],
        &["run", "--join", "outer"],
        &["run", "--key", "a", "--key", "b"],
        &["run", "--sync=maybe"],
        &["run", "--no-combined=yes", "--no-combined=no"],
        &["run", "--no-quoting", "--quote", "x"],
        &["run", "--no-combined", "--compress", "zst"],
        &["run", "--help=x"],
        &["verify"],
        &["verify", "out", "--threads", "0"],
        &["accept", "out", "--note"],
        &["generate", "--seed", "1"],
    ] {
        log.say(&case, args);
    }
    let mut with_variable = |name: &str, value: &str, args: &[&str]| {
        let mut command = case.spendfold();
        log.command(command.args(args).env(name, value));
    };
    with_variable("SPENDFOLD_JOIN", "outer", &["run"]);
    with_variable("SPENDFOLD_SYNC", "maybe", &["run"]);
    with_variable("SPENDFOLD_DELIMITER", "ab", &["run"]);
    with_variable("SPENDFOLD_THREADS", "x", &["run"]);
    with_variable("SPENDFOLD_PROGRESS", "json", &["run", "--nonsense"]);
    let mut command = case.spendfold();
    log.command(command.args(["run", "--age-groups"]).arg(OsStr::from_bytes(b"\xff")));
    let mut command = case.spendfold();
    log.command(command.args(["run", "--join"]).arg(OsStr::from_bytes(b"\xff")));

    log.section("values of options");
    let groups: String = (0..4001).map(|group| format!("g{group}={group}-{}", group + 1)).collect::<Vec<_>>().join(",");
    let title = "x".repeat(101);
    let note = "x".repeat(4097);
    for args in [
        &["--threads", "0"][..],
        &["--threads", "-1"],
        &["--threads", "99999999999999999999"],
        &["--chunk-bytes", "0"],
        &["--chunk-bytes", "x"],
        &["--chunk-bytes", "5X"],
        &["--chunk-bytes", "K"],
        &["--chunk-bytes", "99999999999G"],
        &["--max-record-bytes", "0"],
        &["--max-rejects", "x"],
        &["--max-rejects", "101%"],
        &["--max-unmatched", "-1"],
        &["--over-limit", "keep"],
        &["--delimiter", "ab"],
        &["--delimiter", "5"],
        &["--compress", "bzip2"],
        &["--compress", "gz:10"],
        &["--delimiter", "\\xzz"],
        &["--quote", "7"],
        &["--quote", ",", "-d", ","],
        &["--delimiter", "o"],
        &["--delimiter", "h", "--no-quoting", "--age-groups", "A=1-2"],
        &["--delimiter", "_", "--no-quoting"],
        &["--age-groups", ""],
        &["--age-groups", "Young"],
        &["--age-groups", "=1-2"],
        &["--age-groups", "a\tb=1-2"],
        &["--age-groups", "Unknown=1-2"],
        &["--age-groups", "A=x-2"],
        &["--age-groups", "A=12"],
        &["--age-groups", "A=2-2"],
        &["--age-groups", "A=1-2,A=3-4"],
        &["--age-groups", "A=1-20,B=10-30"],
        &["--age-groups", &groups],
        &["--chart-title", &title],
        &["--currency", "10 EUR"],
        &["-c", "-", "-p", "-"],
    ] {
        log.say(&case, &[&["run"], args].concat());
    }
    case.write("p.csv", "customer_id,price\n1,x\n");
    assert_eq!(case.ran(&[]).status.code(), Some(3));
    log.say(&case, &["accept", "out", "--note", &note]);

    log.section("options of generate");
    for args in [
        &["--size", "5Q"][..],
        &["--size", "x"],
        &["--size", "99999999TB"],
        &["--size", "100TB"],
        &["--size", "1kB", "--customers", "100"],
        &["--purchases", "999999999999"],
        &["--purchases", "1", "--customers", "999999999999"],
        &["--purchases", "1", "--customers", "0"],
        &["--purchases", "1", "--size", "1kB"],
        &["--purchases", "1", "--dirt", "5%"],
        &["--purchases", "1", "--dirt", "0.6", "--odd", "0.6"],
        &["--purchases", "1", "--parts", "0"],
        &["--purchases", "1", "--parts", "99999999999"],
        &["--purchases", "1", "--extra-columns", "2000"],
        &["--purchases", "1", "--price-median", "0"],
        &["--purchases", "1", "--price-median", "1.234"],
        &["--purchases", "1", "--price-sigma", "4"],
        &["--purchases", "1", "--threads", "0"],
    ] {
        let customers = if args.contains(&"--customers") { &[][..] } else { &["--customers", "10"] };
        log.say(&case, &[&["generate", "--seed", "1", "-o", "made"], customers, args].concat());
    }
}
