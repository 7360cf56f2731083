//! Hand-written unusual records, and their expected results, computed by hand.

use crate::common::{Case, stderr_text};
use std::path::Path;

#[test]
fn each_unusual_record_is_accepted_or_rejected_as_expected() {
    let case = Case::small();
    let committed = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/curated").join(name);
        std::fs::read_to_string(path).expect("read")
    };
    std::fs::create_dir_all(case.path("tests/cli/curated")).expect("made");
    let inputs = ["tests/cli/curated/customers.csv", "tests/cli/curated/purchases.csv"];
    case.write(inputs[0], committed("customers.csv"));
    case.write(inputs[1], committed("purchases.csv"));
    for threads in ["1", "2"] {
        for bytes in ["1", "7", "65536"] {
            let mut command = case.spendfold();
            command.args(["run", "-c", inputs[0], "-p", inputs[1], "-o", "out"]);
            let output = command.args(["-t", threads, "--chunk-bytes", bytes]).output().expect("starts");
            assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
            for name in ["rejects.csv", "age_group_spending.csv"] {
                assert_eq!(case.read(&format!("out/held/{name}")), committed(name), "{name}, {bytes} bytes");
            }
        }
    }
}
