//! Ends the process, from a signal handler or an allocator.
#![expect(unsafe_code, reason = "async-signal-safe system calls; the block has a SAFETY comment")]

use super::cleanup;
use std::sync::atomic::{AtomicBool, Ordering};

/// Set by the first thread that ends the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether the cursor is on a status line that is redrawn, such as a progress bar.
static STATUS_LINE: AtomicBool = AtomicBool::new(false);

/// Tells whether standard error shows a status line that is redrawn in place, such as a progress bar. The message of a
/// crash then replaces it instead of following it. The default is that it shows none.
pub fn set_status_line(shown: bool) {
    STATUS_LINE.store(shown, Ordering::Relaxed);
}

/// Return to the first column and erase the line (ECMA-48).
const ERASE_LINE: &[u8] = b"\r\x1b[2K";

/// Removes the registered staged sets, writes `message` to standard error and ends the process with status 1.
/// Async-signal-safe.
pub(super) fn exit(message: &[u8]) -> ! {
    let already_ending = ENDING.swap(true, Ordering::AcqRel);
    // SAFETY: pause(2), write(2) and _exit(2) are on POSIX's list of async-signal-safe functions, and `message` is a
    // live slice.
    unsafe {
        if already_ending {
            // Another thread is ending the process: wait for it.
            loop {
                libc::pause();
            }
        }
        cleanup::remove_all();
        if STATUS_LINE.load(Ordering::Relaxed) {
            libc::write(libc::STDERR_FILENO, ERASE_LINE.as_ptr().cast(), ERASE_LINE.len());
        }
        // A short write truncates the message; no further error can be reported.
        libc::write(libc::STDERR_FILENO, message.as_ptr().cast(), message.len());
        libc::_exit(1)
    }
}
