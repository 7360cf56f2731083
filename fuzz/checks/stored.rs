//! Runs on any bytes as a stored input: compressed, damaged, in other encodings, or of another kind. The program must end
//! with a result or an error about the data, and a pipe must give the same rows as a file.

use super::choices::Choices;
use spendfold::{Encoding, ErrorKind, Job, Verifier};
use std::fs;
use std::path::Path;

const ENCODINGS: [Encoding; 4] = [Encoding::Auto, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Latin1];
const CUSTOMERS: &str = "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n2,Alan,Turing,41\n";

/// The first byte chooses the encoding; the others are the purchases file.
pub fn check(data: &[u8]) {
    let (mut choices, stored) = Choices::split(data, 1);
    let encoding = choices.one_of(&ENCODINGS);
    let dir = tempfile::tempdir().expect("a scratch directory can be made");
    let path = |name: &str| dir.path().join(name);
    fs::write(path("c"), CUSTOMERS).expect("a scratch file can be written");
    fs::write(path("p"), stored).expect("a scratch file can be written");
    let run = |mmap: bool, out: &Path| {
        let job = Job::new(path("c"), [path("p")]).out_dir(out).purchases_encoding(encoding).mmap(mmap).threads(2);
        job.max_record_bytes(1 << 16).max_rejects(spendfold::Limit::Count(u64::MAX)).run()
    };
    let (mapped, read) = (path("mapped"), path("read"));
    match (run(true, &mapped), run(false, &read)) {
        (Ok(_), Ok(_)) => {
            let rows = |out: &Path| fs::read(out.join("combined_data.csv")).expect("there are rows");
            assert_eq!(rows(&mapped), rows(&read), "a map and a buffer differ");
            let differences = Verifier::new(&mapped).threads(1).inputs(true).run().expect("the set can be read");
            assert!(differences.is_empty(), "{differences:?}");
        }
        (Err(one), Err(other)) => {
            assert_eq!(one.to_string(), other.to_string(), "a map and a buffer differ");
            let about_data = [ErrorKind::Header, ErrorKind::Malformed, ErrorKind::Format, ErrorKind::Overflow];
            assert!(about_data.contains(&one.kind()), "{one}");
            assert!(!mapped.exists() && !read.exists(), "something was left: {one}");
        }
        (one, other) => panic!("a map and a buffer differ: {one:?} {other:?}"),
    }
}
