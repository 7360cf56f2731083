//! Asks the system to begin writing a part of a file to the disk, so that a sync at the end need not wait for all of it.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "a system call that no library here has wrapped"))]

use std::fs::File;

/// Begins to write `len` bytes from `from` on, and does not wait for it. A hint: whether they have reached the disk is
/// told by the sync at the end alone, which also reports what went wrong with them.
pub(crate) fn begin(file: &File, from: u64, len: u64) {
    #[cfg(target_os = "linux")]
    if let (Ok(from), Ok(len)) = (from.try_into(), len.try_into()) {
        use std::os::fd::AsRawFd;
        // SAFETY: the call takes numbers and no memory, and the descriptor is open as long as `file` lives.
        let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), from, len, libc::SYNC_FILE_RANGE_WRITE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, from, len);
}
