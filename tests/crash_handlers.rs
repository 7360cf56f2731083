//! The library changes no process-wide state unless the program installs its crash handlers.
//!
//! One test in its own process: signal handlers belong to the whole process.
#![expect(unsafe_code, reason = "sigaction(2); the block has a SAFETY comment")]

use spendfold::Job;
use spendfold::process::{PublicationState, install_crash_handlers, publication_state};
use std::fs;

/// The handler and flags of SIGBUS and of SIGABRT. The Rust runtime may handle SIGBUS itself, to detect a stack
/// overflow.
fn dispositions() -> [(usize, i32); 2] {
    [libc::SIGBUS, libc::SIGABRT].map(|signal| {
        // SAFETY: all zero bytes are a valid `sigaction`. A null new action changes nothing, and the current one is
        // written to a local variable of the right type.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            assert_eq!(libc::sigaction(signal, std::ptr::null(), &mut action), 0);
            (action.sa_sigaction, action.sa_flags)
        }
    })
}

#[test]
fn a_run_leaves_signal_handlers_and_publication_state_alone() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| dir.path().join(name);
    fs::write(path("customers.csv"), "customer_id,first_name,last_name,age\n1,Ada,Byron,36\n").expect("written");
    fs::write(path("purchases.csv"), "customer_id,product,price\n1,Pen,0.10\n").expect("written");
    let job = || Job::new(path("customers.csv"), [path("purchases.csv")]).out_dir(path("results"));

    let before = dispositions();
    job().run().expect("published");
    assert_eq!(dispositions(), before);
    assert_eq!(publication_state(), PublicationState::Absent);

    install_crash_handlers().expect("installed");
    let [sigbus, sigabrt] = dispositions();
    assert!(sigbus != before[0] && sigabrt != before[1], "both handlers are installed");
    job().run().expect("published");
    assert_eq!(publication_state(), PublicationState::Published);
}
