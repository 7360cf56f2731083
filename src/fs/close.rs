//! Calls close(2) and returns its error.
#![expect(unsafe_code, reason = "the standard library ignores the error of close(2)")]

use std::fs::File;
use std::io;
use std::os::fd::IntoRawFd;

/// Closes a file. NFS, CIFS and file systems with quotas may report lost writes only here.
///
/// # Errors
/// The error of close(2). EINTR counts as success: Linux has closed the descriptor then, and it must not be closed
/// again.
pub(crate) fn close(file: File) -> io::Result<()> {
    // SAFETY: `into_raw_fd` made this the only owner of an open descriptor, and it is not used afterwards.
    match unsafe { libc::close(file.into_raw_fd()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()).or_else(|error| match error.kind() {
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(error),
        }),
    }
}
