//! Messages about the output directory, and about `generate`.

use super::Log;
use crate::common::Case;
use std::fs::{self, File};
use std::os::unix::fs::symlink;

fn with_dir(name: &str) -> Case {
    let case = Case::small();
    fs::create_dir_all(case.path(name)).expect("made");
    case
}

pub(super) fn collect(log: &mut Log) {
    log.section("output directories");
    let case = Case::small();
    for out in ["c.csv", "c.csv/out"] {
        log.say(&case, &["run", "-q", "-c", "c.csv", "-p", "p.csv", "-o", out]);
    }
    let case = with_dir("out/rejects.csv");
    log.run(&case, &["-q"]);
    let case = with_dir("out");
    symlink("../c.csv", case.path("out/combined_data.csv")).expect("linked");
    log.run(&case, &["-q"]);
    let case = with_dir("out");
    case.write("out/report.json", "{}");
    log.run(&case, &["-q"]);
    File::create(case.path("out/report.json")).and_then(|file| file.set_len(1 << 30)).expect("resized");
    log.run(&case, &["-q"]);
    let case = with_dir("out");
    case.write("out/combined_data.csv", "mine\n");
    log.run(&case, &["-q", "--no-clobber"]);
    log.run(&case, &["-q", "--no-combined"]);
    let case = with_dir("out");
    case.write("out/combined_data.csv", case.read("p.csv"));
    log.say(&case, &["run", "-q", "-c", "c.csv", "-p", "out/combined_data.csv", "-o", "out"]);
    let case = with_dir("out/.spendfold-staging");
    case.write("out/.spendfold-staging/p.csv", case.read("p.csv"));
    log.say(&case, &["run", "-q", "-c", "c.csv", "-p", "out/.spendfold-staging/p.csv", "-o", "out"]);
    let case = with_dir("out");
    let lock = File::open(case.path("out")).expect("opened");
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).expect("locked");
    log.run(&case, &["-q"]);
    drop(lock);

    log.section("the directory held");
    let case = with_dir("out/held");
    case.write("out/held/mine.txt", "mine");
    log.run(&case, &["-q"]);
    case.write("out/held/report.json", "{}");
    log.run(&case, &["-q"]);
    let case = with_dir("out");
    case.write("out/held", "mine");
    log.run(&case, &["-q"]);
    log.say(&case, &["accept", "out"]);
    let case = Case::new(crate::common::CUSTOMERS, "customer_id,price\n1,x\n");
    assert_eq!(case.ran(&[]).status.code(), Some(3));
    log.run(&case, &["-q", "--no-clobber"]);
    case.write("out/held/p.csv", "customer_id,price\n");
    log.say(&case, &["run", "-q", "-c", "c.csv", "-p", "out/held/p.csv", "-o", "out"]);
    for name in ["a", "b", "c", "d", "e", "f"] {
        case.write(&format!("out/held/{name}"), "mine");
    }
    log.run(&case, &["-q"]);
    for name in ["a", "b", "c", "d", "e", "f", "p.csv"] {
        fs::remove_file(case.path(format!("out/held/{name}"))).expect("removed");
    }
    fs::remove_file(case.path("out/held/rejects.csv")).expect("removed");
    fs::create_dir(case.path("out/held/rejects.csv")).expect("made");
    log.run(&case, &["-q"]);

    log.section("generate");
    let case = Case::small();
    let args = ["generate", "--customers", "10", "--purchases", "20", "--seed", "1", "-o", "made"];
    log.say(&case, &args);
    log.say(&case, &[&args[..], &["--dirt", "0.5", "--parts", "2"]].concat());
    log.say(&case, &[&args[..], &["--progress", "json"]].concat());
    log.say(&case, &[&args[..], &["--no-clobber"]].concat());
}
