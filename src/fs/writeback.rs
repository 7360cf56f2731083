//! Early writeback: writes the parts of a file to the disk while the file grows, so that the final sync has little to
//! wait for.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "rustix has no sync_file_range(2)"))]

use std::fs::File;
use std::io;

/// Starts the writeback of `len` bytes from offset `from`, without waiting. This is a hint: only the final sync
/// guarantees that the bytes are on the disk.
pub(crate) fn begin(file: &File, from: u64, len: u64) {
    // A disk error is reported by `wait` or by the final sync.
    let _ = sync_range(file, from, len, Call::Begin);
}

/// Waits until the writeback of `len` bytes from offset `from` has ended.
///
/// # Errors
/// Those of the disk. The system reports a disk error only once, so the final sync may succeed after it. It is no error
/// if the file system does not support this call.
pub(crate) fn wait(file: &File, from: u64, len: u64) -> io::Result<()> {
    match sync_range(file, from, len, Call::Wait) {
        Err(error) if matches!(error.raw_os_error(), Some(libc::EIO | libc::ENOSPC | libc::EDQUOT)) => Err(error),
        _ => Ok(()),
    }
}

#[derive(Clone, Copy)]
enum Call {
    Begin,
    Wait,
}

/// sync_file_range(2).
#[cfg(target_os = "linux")]
fn sync_range(file: &File, from: u64, len: u64, call: Call) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let (Ok(from), Ok(len)) = (from.try_into(), len.try_into()) else { return Ok(()) };
    let flags = match call {
        Call::Begin => libc::SYNC_FILE_RANGE_WRITE,
        Call::Wait => {
            libc::SYNC_FILE_RANGE_WAIT_BEFORE | libc::SYNC_FILE_RANGE_WRITE | libc::SYNC_FILE_RANGE_WAIT_AFTER
        }
    };
    // SAFETY: the call takes only numbers, and the descriptor is open as long as `file` lives.
    match unsafe { libc::sync_file_range(file.as_raw_fd(), from, len, flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn sync_range(file: &File, from: u64, len: u64, call: Call) -> io::Result<()> {
    let _ = (file, from, len, call);
    Ok(())
}
