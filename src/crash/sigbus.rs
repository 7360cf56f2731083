//! Watched maps of input files, and what a SIGBUS in one of them means.
//!
//! The kernel raises SIGBUS when it cannot load a page of a map: the file was truncated and the page lies behind its
//! end, or the disk failed to read it. The signal is the same for both; the file's size tells them apart.

use super::{catch, end, last_words};
use crate::error::{Error, Result};
use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maximum number of watched maps; further files are read through a buffer.
const MOST_MAPS: usize = 512;

/// The messages for a map that cannot be read, by cause.
#[derive(Debug)]
pub(crate) struct LastWords {
    /// The file ends before the page.
    cut: Vec<u8>,
    /// The page lies within the file.
    unreadable: Vec<u8>,
}

impl LastWords {
    pub(crate) fn new(cut: &Error, unreadable: &Error) -> Self {
        Self { cut: last_words::prepared(cut), unreadable: last_words::prepared(unreadable) }
    }
}

/// A watched range of addresses. Free while `start` is 0.
struct Slot {
    /// The address of the file's first byte; page-aligned, as in every map.
    start: AtomicUsize,
    end: AtomicUsize,
    /// The mapped file's descriptor.
    file: AtomicI32,
    /// Made by `Box::into_raw`; see [`FAULTED`] for when it is freed.
    words: AtomicPtr<LastWords>,
}

impl Slot {
    const fn free() -> Self {
        Self {
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            file: AtomicI32::new(-1),
            words: AtomicPtr::new(null_mut()),
        }
    }
}

static MAPS: [Slot; MOST_MAPS] = [const { Slot::free() }; MOST_MAPS];
/// Held while a slot is taken; never locked by the handler.
static TAKING: Mutex<()> = Mutex::new(());
/// Set by the handler before it reads any words. From then on none are freed, as the process is ending.
static FAULTED: AtomicBool = AtomicBool::new(false);

/// A watched map. Dropping this ends the watch; it must be dropped before the map.
#[derive(Debug)]
pub(crate) struct Watch(usize);

/// Watches `bytes`, the map of a whole file: a SIGBUS in it writes the message for its cause and ends the process with
/// status 1. `file` must stay open as long as the map is read. `None` if all slots are taken.
pub(crate) fn watch(bytes: &[u8], file: BorrowedFd<'_>, words: LastWords) -> Option<Watch> {
    let _taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let number = MAPS.iter().position(|slot| slot.start.load(Ordering::Relaxed) == 0)?;
    let slot = &MAPS[number];
    slot.words.store(Box::into_raw(Box::new(words)), Ordering::Relaxed);
    slot.file.store(file.as_raw_fd(), Ordering::Relaxed);
    slot.end.store(bytes.as_ptr_range().end as usize, Ordering::Relaxed);
    slot.start.store(bytes.as_ptr() as usize, Ordering::Release);
    Some(Watch(number))
}

impl Drop for Watch {
    fn drop(&mut self) {
        let slot = &MAPS[self.0];
        let words = slot.words.swap(null_mut(), Ordering::SeqCst);
        slot.start.store(0, Ordering::Release);
        if !FAULTED.load(Ordering::SeqCst) {
            // SAFETY: `words` came from `Box::into_raw` in `watch`, and only this swap takes it. No handler has it: a
            // handler that sets `FAULTED` after the load above sees the null that was swapped in before.
            drop(unsafe { Box::from_raw(words) });
        }
    }
}

/// Handles SIGBUS.
pub(super) fn catch_sigbus() -> Result<()> {
    catch(libc::SIGBUS, on_sigbus)
}

/// Async-signal-safe: atomics, sysconf(3), fstat(2), and the calls of [`end`].
///
/// A slot that another thread is reassigning can be read half old, half new; at worst the message names the wrong path
/// or cause. The thread that faulted still borrows its own map, and with it the open file: that map's slot is stable,
/// and its descriptor is the file's. Words are never freed while they are read ([`FAULTED`]), and several threads may
/// read the same ones. fstat(2) of a descriptor that was closed or reused meanwhile only reads a number.
extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo, whose address is set for SIGBUS; if kill(2) sent the
    // signal, it holds other numbers, which the code tells apart.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    let holds = |slot: &&Slot| {
        let start = slot.start.load(Ordering::Acquire);
        start != 0 && (start..slot.end.load(Ordering::Relaxed)).contains(&address)
    };
    let fault = code > 0;
    if let Some(slot) = MAPS.iter().find(holds).filter(|_| fault) {
        let offset = address.wrapping_sub(slot.start.load(Ordering::Relaxed));
        let within = reaches(slot.file.load(Ordering::Relaxed), offset);
        FAULTED.store(true, Ordering::SeqCst);
        let words = slot.words.load(Ordering::SeqCst);
        // SAFETY: null, or made by `Box::into_raw` and not freed: a `Watch` that takes it out after this load finds
        // `FAULTED` set.
        match unsafe { words.as_ref() } {
            Some(words) => end(if within { &words.unreadable } else { &words.cut }),
            // The slot was freed while it was read, so it is not that of the map that faulted.
            None => last_words::end_unnamed(),
        }
    }
    // Not in a watched map: the default action applies once this handler returns and the signal is unblocked.
    // SAFETY: sigaction and raise are async-signal-safe; zeroes mean the default action.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &action, null_mut());
        libc::raise(signal);
    }
}

/// Whether the file reaches into the page of the byte at `offset`; false if its size cannot be read.
fn reaches(file: c_int, offset: usize) -> bool {
    // SAFETY: sysconf(3) and fstat(2) are on POSIX's list of async-signal-safe functions; all zero bytes are a valid
    // `stat`, which fstat(2) fills in, for any value of `file`; the pointer is to a local variable.
    let (page, size) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let size = if libc::fstat(file, &mut stat) == 0 { stat.st_size } else { 0 };
        (libc::sysconf(libc::_SC_PAGESIZE), size)
    };
    let page = usize::try_from(page).unwrap_or(4096).max(1);
    // The map begins with the file's first byte, so pages of the map are pages of the file.
    usize::try_from(size).unwrap_or(0) > offset / page * page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_reaches_into_its_last_page_and_no_further() {
        let file = tempfile::tempfile().expect("a temporary file");
        // SAFETY: sysconf(3) takes a number and returns one.
        let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
        for (size, offset, wanted) in [
            (0, 0, false),
            (1, 0, true),
            (1, page - 1, true),
            (page, page - 1, true),
            (page, page, false),
            (page + 1, page, true),
            (page + 1, 2 * page - 1, true),
            (page + 1, 2 * page, false),
        ] {
            file.set_len(size as u64).expect("set");
            assert_eq!(reaches(file.as_raw_fd(), offset), wanted, "{size} {offset}");
        }
        assert!(!reaches(-1, 0));
    }
}
