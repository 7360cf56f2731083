//! A worker that panics (feature `fault-injection`).
#![cfg(feature = "fault-injection")]

use crate::common::{Case, stderr_text};
use crate::rules::Before;

#[test]
fn a_panic_ends_the_run_with_a_message() {
    let customers: String = (0..50).map(|n| format!("{n},A,B,30\n")).collect();
    let purchases: String = (0..400).map(|n| format!("{},1.5\n", n % 60)).collect();
    let case = Case::new(
        format!("customer_id,first_name,last_name,age\n{customers}"),
        format!("customer_id,price\n{purchases}"),
    );
    let before = Before::new(case, &[]);
    // While loading customers, in the first purchases, and in the last ones.
    for chunk in ["0", "7", "60", "120"] {
        for threads in ["1", "2", "7"] {
            let what = format!("chunk {chunk}, {threads} threads");
            before.reset();
            let mut command = before.command();
            command.args(["-t", threads, "--chunk-bytes", "16"]);
            let output = command.env("SPENDFOLD_FAULT", format!("panic-at-chunk:{chunk}")).output().expect("starts");
            assert_eq!(output.status.code(), Some(1), "{what}: {}", stderr_text(&output));
            assert!(stderr_text(&output).starts_with("internal error: deliberate fault"), "{}", stderr_text(&output));
            assert!(!stderr_text(&output).contains("panicked"), "{}", stderr_text(&output));
            before.assert_clean(&what);
            assert!(before.case.leftovers().is_empty(), "{what}");
        }
    }
}
