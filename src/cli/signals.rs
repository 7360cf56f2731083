//! Signal handling. The first SIGINT, SIGTERM or SIGHUP cancels the run, which then rolls back. A second SIGINT or
//! SIGTERM ends the process immediately.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use spendfold::{Error, ErrorKind, Monitor, Result};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Installs the signal handlers for one run.
///
/// # Errors
/// [`ErrorKind::Resources`] if a handler cannot be installed.
pub(crate) fn install(monitor: &Monitor) -> Result<()> {
    let install_error = |error| Error::new(ErrorKind::Resources, format!("cannot handle signals: {error}"));
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: the shutdown must see only a flag that an earlier signal set.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again)).map_err(install_error)?;
        flag::register(signal, Arc::clone(&again)).map_err(install_error)?;
        flag::register_usize(signal, monitor.cancel_token().signal_number(), signal as usize).map_err(install_error)?;
    }
    // SIGHUP stays ignored under nohup(1). A second SIGHUP does not end the process immediately: when a terminal
    // closes, both the kernel and the shell send one.
    if !is_ignored(SIGHUP) {
        flag::register_usize(SIGHUP, monitor.cancel_token().signal_number(), SIGHUP as usize).map_err(install_error)?;
    }
    spendfold::process::install_crash_handlers()?;
    // A write past the file size limit then fails with "File too large" instead of ending the process.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).map_err(install_error)?;
    Ok(())
}

/// Whether the process ignores a signal; it can inherit this from its parent.
#[expect(unsafe_code, reason = "the standard library has no call for this; the block states why it is sound")]
fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: all zero bytes are a valid `sigaction`. A null new action changes nothing, and the old one is written
    // to a local variable of the right type.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
