//! Early writeback: starts writing a part of a file to the disk, so that the final sync has less to wait for.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "rustix has no sync_file_range(2)"))]

use std::fs::File;

/// Starts the writeback of `len` bytes from offset `from`, without waiting (sync_file_range(2)). This is a hint: only
/// the final sync guarantees that the bytes are on the disk, and reports write errors.
pub(crate) fn begin(file: &File, from: u64, len: u64) {
    #[cfg(target_os = "linux")]
    if let (Ok(from), Ok(len)) = (from.try_into(), len.try_into()) {
        use std::os::fd::AsRawFd;
        // SAFETY: the call takes only numbers, and the descriptor is open as long as `file` lives.
        let _ = unsafe { libc::sync_file_range(file.as_raw_fd(), from, len, libc::SYNC_FILE_RANGE_WRITE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, from, len);
}
