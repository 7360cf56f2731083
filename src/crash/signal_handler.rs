//! Installs signal handlers, and records whether the program asked for them.
#![expect(unsafe_code, reason = "sigaction(2); each block has a SAFETY comment")]

use crate::error::{Error, ErrorKind, Result};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether all handlers are installed. While false, nothing is registered for them.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// A handler as SA_SIGINFO requires it.
pub(super) type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

pub(super) fn are_installed() -> bool {
    INSTALLED.load(Ordering::Relaxed)
}

pub(super) fn set_installed() {
    INSTALLED.store(true, Ordering::Relaxed);
}

/// Installs a handler, which must be async-signal-safe.
///
/// # Errors
/// [`ErrorKind::Resources`] when the system refuses it.
pub(super) fn install(signal: c_int, handler: Handler) -> Result<()> {
    // SAFETY: all zero bytes are a valid `sigaction`: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // Runs on the alternate stack that the standard library gives each thread, if there is one.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: `action` is initialised, and its handler has the signature that SA_SIGINFO requires and is
    // async-signal-safe (argued at each handler). The old action is not requested.
    if unsafe { libc::sigaction(signal, &action, null_mut()) } == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(Error::new(ErrorKind::Resources, format!("cannot handle signals: {error}")))
}
