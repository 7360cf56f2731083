//! SIGABRT: an abort, usually because memory ran out.

use super::{last_words, signal_handler};
use crate::error::Result;
use std::ffi::{c_int, c_void};

/// Installs the handler.
pub(super) fn install() -> Result<()> {
    signal_handler::install(libc::SIGABRT, on_sigabrt)
}

/// Async-signal-safe, as `end_aborted` is.
extern "C" fn on_sigabrt(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    last_words::end_aborted()
}
