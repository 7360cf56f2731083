//! SIGBUS in a mapped input: the registry of maps, and the handler.
//!
//! The kernel raises SIGBUS when it cannot load a page of a map: the file was truncated and the page lies past its end,
//! or the disk failed to read it. The signal is the same for both causes; the size of the file tells them apart.
#![expect(unsafe_code, reason = "a signal handler; each block has a SAFETY comment")]

use super::exit::exit;
use super::{last_words, signal_handler};
use crate::error::{Error, Result};
use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maximum number of watched maps; any further file is read through a buffer.
const MAX_MAPS: usize = 512;

/// The messages for a map that cannot be read, by cause.
#[derive(Debug)]
pub(crate) struct LastWords {
    /// The file was truncated: it ends before the page.
    truncated: Vec<u8>,
    /// The disk failed: the page lies within the file.
    unreadable: Vec<u8>,
}

impl LastWords {
    pub(crate) fn new(truncated: &Error, unreadable: &Error) -> Self {
        Self { truncated: last_words::message_line(truncated), unreadable: last_words::message_line(unreadable) }
    }
}

/// A watched address range. The slot is free while `start` is 0.
struct Slot {
    /// The address of the file's first byte; page-aligned, like every map.
    start: AtomicUsize,
    end: AtomicUsize,
    /// The descriptor of the mapped file.
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

static MAPS: [Slot; MAX_MAPS] = [const { Slot::free() }; MAX_MAPS];
/// Serialises claims of slots. The handler never locks it.
static CLAIMING: Mutex<()> = Mutex::new(());
/// Set by the handler before it reads a slot's words. From then on no words are freed: the process is ending.
static FAULTED: AtomicBool = AtomicBool::new(false);

/// A watched map. Dropping this ends the watch; it must be dropped before the map.
#[derive(Debug)]
pub(crate) struct Watch(
    /// The index in [`MAPS`]; `None` if no handlers are installed.
    Option<usize>,
);

/// Watches `bytes`, the map of a whole file: a SIGBUS in it writes the message for its cause and ends the process with
/// status 1. `file` must stay open as long as the map is read. Registers nothing unless handlers are installed.
/// `None` if all slots are taken.
pub(crate) fn watch(bytes: &[u8], file: BorrowedFd<'_>, words: LastWords) -> Option<Watch> {
    if !signal_handler::are_installed() {
        return Some(Watch(None));
    }
    let _claiming = CLAIMING.lock().unwrap_or_else(PoisonError::into_inner);
    let index = MAPS.iter().position(|slot| slot.start.load(Ordering::Relaxed) == 0)?;
    let slot = &MAPS[index];
    slot.words.store(Box::into_raw(Box::new(words)), Ordering::Relaxed);
    slot.file.store(file.as_raw_fd(), Ordering::Relaxed);
    slot.end.store(bytes.as_ptr_range().end as usize, Ordering::Relaxed);
    slot.start.store(bytes.as_ptr() as usize, Ordering::Release);
    Some(Watch(Some(index)))
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Some(index) = self.0 else { return };
        let slot = &MAPS[index];
        let words = slot.words.swap(null_mut(), Ordering::SeqCst);
        slot.start.store(0, Ordering::Release);
        if !FAULTED.load(Ordering::SeqCst) {
            // SAFETY: `words` was made by `Box::into_raw` in `watch`, and only this swap takes it. No handler holds it:
            // a handler that sets `FAULTED` after the load above sees the null that was swapped in before.
            drop(unsafe { Box::from_raw(words) });
        }
    }
}

/// Installs the handler.
pub(super) fn install() -> Result<()> {
    signal_handler::install(libc::SIGBUS, on_sigbus)
}

/// Async-signal-safe: atomics, sysconf(3), fstat(2), and the calls of [`exit`].
///
/// The slot of the faulting thread's own map is stable: that thread still borrows the map, and with it the open file.
/// Another slot may be read while another thread reassigns it; at worst the message names the wrong path or cause.
/// Words are never freed while they are read ([`FAULTED`]); several threads may read the same words. fstat(2) of a
/// descriptor that was closed or reused meanwhile only reads a number.
extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo, whose address is set for a fault. For a signal sent by
    // kill(2) the field holds other numbers; `si_code` tells the two apart.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    let contains = |slot: &&Slot| {
        let start = slot.start.load(Ordering::Acquire);
        start != 0 && (start..slot.end.load(Ordering::Relaxed)).contains(&address)
    };
    let is_fault = code > 0;
    if let Some(slot) = MAPS.iter().find(contains).filter(|_| is_fault) {
        let offset = address.wrapping_sub(slot.start.load(Ordering::Relaxed));
        let readable = extends_to(slot.file.load(Ordering::Relaxed), offset);
        FAULTED.store(true, Ordering::SeqCst);
        let words = slot.words.load(Ordering::SeqCst);
        // SAFETY: null, or made by `Box::into_raw` and not freed: a `Watch` that swaps it out after this load finds
        // `FAULTED` set.
        match unsafe { words.as_ref() } {
            Some(words) => exit(if readable { &words.unreadable } else { &words.truncated }),
            // The slot was freed meanwhile, so it is not the slot of the map that faulted.
            None => last_words::end_unknown_input(),
        }
    }
    // Outside the watched maps: the default action applies once this handler returns and the signal is unblocked.
    // SAFETY: sigaction(2) and raise(3) are async-signal-safe; all zero bytes mean the default action.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &action, null_mut());
        libc::raise(signal);
    }
}

/// Whether the file extends to the page that contains the byte at `offset`; false if its size cannot be read.
fn extends_to(file: c_int, offset: usize) -> bool {
    // SAFETY: sysconf(3) and fstat(2) are on POSIX's list of async-signal-safe functions. All zero bytes are a valid
    // `stat`, and the pointer is to a local variable. fstat(2) accepts any value of `file`.
    let (page, size) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let size = if libc::fstat(file, &mut stat) == 0 { stat.st_size } else { 0 };
        (libc::sysconf(libc::_SC_PAGESIZE), size)
    };
    let page = usize::try_from(page).unwrap_or(4096).max(1);
    // The map begins at the file's first byte, so the pages of the map are the pages of the file.
    usize::try_from(size).unwrap_or(0) > offset / page * page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_extends_to_its_last_page() {
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
            assert_eq!(extends_to(file.as_raw_fd(), offset), wanted, "{size} {offset}");
        }
        assert!(!extends_to(-1, 0));
    }
}
