//! Ends that leave no time to return: an input cut short behind its map, which raises SIGBUS, memory that
//! ran out, and an abort. All become a message and exit status 1, with nothing left behind.
//!
//! A signal handler may do almost nothing, so everything is made ready before: each map registers its range
//! of addresses with its last words, each staged set the names to remove. The handler only compares
//! numbers, calls write(2), unlinkat(2) and ends the process. A SIGBUS that no registered map
//! explains takes its default action.
#![expect(unsafe_code, reason = "a signal handler; the argument stands at each block")]

use crate::directory::Dir;
use crate::error::{Error, ErrorKind, Result};
use std::ffi::{CString, OsStr, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Maps that can be watched at one time; a file that finds no place here is read through a buffer.
const MOST_MAPS: usize = 512;
/// Staged sets that can be cleared at one time; one that finds no place is cleared by the next run.
const MOST_STAGES: usize = 16;

/// A watched range of addresses. Free while `start` is 0.
struct Slot {
    start: AtomicUsize,
    end: AtomicUsize,
    /// What to say; made by `Box::into_raw`, owned by whoever swaps it out.
    words: AtomicPtr<Vec<u8>>,
}

/// What is removed of a staged set. The descriptors are copies, so they stay open as long as the names are.
struct Paths {
    staging: OwnedFd,
    files: Vec<CString>,
    /// Innermost first, each with the directory that it is in.
    dirs: Vec<(OwnedFd, CString)>,
}

static MAPS: [Slot; MOST_MAPS] =
    [const { Slot { start: AtomicUsize::new(0), end: AtomicUsize::new(0), words: AtomicPtr::new(null_mut()) } };
        MOST_MAPS];
static STAGES: [AtomicPtr<Paths>; MOST_STAGES] = [const { AtomicPtr::new(null_mut()) }; MOST_STAGES];
/// Held to take a slot, never by the handler.
static TAKING: Mutex<()> = Mutex::new(());
/// Set by the first thread that ends the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// A watched map; no longer watched when this is dropped, which must be before the map is.
#[derive(Debug)]
pub(crate) struct Watch(usize);

/// Watches `bytes`, a map of a file: a SIGBUS in there says `words` and ends the process with status 1.
/// `None` when too many are watched already.
pub(crate) fn watch(bytes: &[u8], words: String) -> Option<Watch> {
    let _taking = TAKING.lock().unwrap_or_else(PoisonError::into_inner);
    let number = MAPS.iter().position(|slot| slot.start.load(Ordering::Relaxed) == 0)?;
    let slot = &MAPS[number];
    slot.words.store(Box::into_raw(Box::new(words.into_bytes())), Ordering::Relaxed);
    slot.end.store(bytes.as_ptr_range().end as usize, Ordering::Relaxed);
    slot.start.store(bytes.as_ptr() as usize, Ordering::Release);
    Some(Watch(number))
}

impl Drop for Watch {
    fn drop(&mut self) {
        let slot = &MAPS[self.0];
        let words = slot.words.swap(null_mut(), Ordering::AcqRel);
        slot.start.store(0, Ordering::Release);
        if !words.is_null() {
            // SAFETY: `words` came from `Box::into_raw`, and the swap made this the only place that has it.
            drop(unsafe { Box::from_raw(words) });
        }
    }
}

/// A staged set that is removed when the process is ended from here; given up when this is dropped.
#[derive(Debug)]
pub(crate) struct Cleanup(Option<usize>);

impl Cleanup {
    /// Registers the names of files in a staging directory, and directories, innermost first, each with the directory
    /// that it is in. Without descriptors for it, a set is cleared by the next run.
    pub(crate) fn new<'a>(
        staging: &Dir,
        files: impl Iterator<Item = &'a str>,
        dirs: impl Iterator<Item = (&'a Dir, &'a OsStr)>,
    ) -> Self {
        let copy = |dir: &Dir| dir.as_fd().try_clone_to_owned().ok();
        // A name with a NUL inside cannot exist.
        let name = |name: &OsStr| CString::new(name.as_bytes()).ok();
        let dirs = dirs.map_while(|(dir, child)| Some((copy(dir)?, name(child)?))).collect();
        let files = files.filter_map(|file| name(file.as_ref())).collect();
        let Some(staging) = copy(staging) else { return Self(None) };
        let paths = Box::into_raw(Box::new(Paths { staging, files, dirs }));
        let take = |slot: &AtomicPtr<Paths>| {
            slot.compare_exchange(null_mut(), paths, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        let place = STAGES.iter().position(take);
        if place.is_none() {
            // SAFETY: made above by `Box::into_raw`, and nobody took it.
            drop(unsafe { Box::from_raw(paths) });
        }
        Self(place)
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let Some(place) = self.0 else { return };
        let paths = STAGES[place].swap(null_mut(), Ordering::AcqRel);
        if !paths.is_null() {
            // SAFETY: as for the words of a watch. Null when a handler has it: then the process is ending.
            drop(unsafe { Box::from_raw(paths) });
        }
    }
}

/// What a handler of SA_SIGINFO is.
type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Turns a SIGBUS from an input that was cut short while it was read, and a SIGABRT, into an error message and
/// exit status 1 with nothing left behind, for the whole process. The standard library aborts where it finds no
/// memory for a thread it has just started. For programs: a library call should not take a signal over unasked.
///
/// # Errors
/// [`ErrorKind::Resources`] when the system refuses a handler.
pub fn catch_sudden_ends() -> Result<()> {
    catch(libc::SIGBUS, on_sigbus)?;
    catch(libc::SIGABRT, on_sigabrt)
}

fn catch(signal: c_int, handler: Handler) -> Result<()> {
    // SAFETY: all zero bytes are a valid `sigaction`: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // On the alternate stack that the standard library gives each thread, where there is one.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    // SAFETY: `action` is initialised, its handler has the signature that SA_SIGINFO asks for and is
    // async-signal-safe (argued there); the old action is not asked for.
    if unsafe { libc::sigaction(signal, &action, null_mut()) } == 0 {
        return Ok(());
    }
    let error = std::io::Error::last_os_error();
    Err(Error::new(ErrorKind::Resources, format!("cannot handle signals: {error}")))
}

/// Async-signal-safe: the calls of [`end`].
extern "C" fn on_sigabrt(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    end(b"aborted, most likely for want of memory\n\
        fewer --threads and smaller --chunk-bytes need less; otherwise this is a bug, please report it\n")
}

/// Async-signal-safe: atomics, and the calls of [`end`].
///
/// A slot that another thread is just giving to another map can be read half old, half new. Then the path
/// named may be the wrong one, no more: the thread that faulted still borrows its own map, so that map's slot
/// is stable, and the words are swapped out, so they have one owner.
extern "C" fn on_sigbus(signal: c_int, info: *mut libc::siginfo_t, _: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a valid siginfo, whose address is set for SIGBUS; for one
    // sent by kill(2) it holds other numbers, and the code says so.
    let (code, address) = unsafe { ((*info).si_code, (*info).si_addr() as usize) };
    let holds = |slot: &&Slot| {
        let start = slot.start.load(Ordering::Acquire);
        start != 0 && (start..slot.end.load(Ordering::Relaxed)).contains(&address)
    };
    let fault = code > 0;
    if let Some(slot) = MAPS.iter().find(holds).filter(|_| fault) {
        let words = slot.words.swap(null_mut(), Ordering::AcqRel);
        // SAFETY: null, or made by `Box::into_raw` and, by the swap, ours; never freed, as the process ends.
        end(unsafe { words.as_ref() }.map_or(b"a file changed while it was read\n", |w| w));
    }
    // Not ours: the default action, when this handler returns and the signal is no longer blocked.
    // SAFETY: sigaction and raise are async-signal-safe; zeroes mean the default action, as above.
    unsafe {
        let action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, &action, null_mut());
        libc::raise(signal);
    }
}

/// Ends the process with a message and status 1, staged sets taken away; `then` is what follows of it and what
/// to do about it, as text behind the message. For a program's allocator, which cannot return an error: takes no
/// memory itself.
pub fn end_out_of_memory(bytes: usize, then: &str) -> ! {
    let mut words = Words { text: [0; 512], len: 0 };
    words.add(b"out of memory: ");
    let mut digits = [0; 20];
    let (mut rest, mut place) = (bytes, digits.len());
    // 20 digits hold any number of 64 bits.
    while place == digits.len() || rest > 0 {
        place -= 1;
        digits[place] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    words.add(&digits[place..]);
    words.add(b" bytes more are needed");
    words.add(then.as_bytes());
    words.add(b"\n");
    end(&words.text[..words.len])
}

/// A text without memory of its own; what does not fit is left out.
struct Words {
    text: [u8; 512],
    len: usize,
}

impl Words {
    fn add(&mut self, piece: &[u8]) {
        let free = &mut self.text[self.len..];
        let len = piece.len().min(free.len());
        free[..len].copy_from_slice(&piece[..len]);
        self.len += len;
    }
}

/// Says the last words, takes staged sets away and ends the process with status 1, at once and with
/// async-signal-safe calls only.
fn end(words: &[u8]) -> ! {
    // SAFETY: each call is on POSIX's list of async-signal-safe functions; `words` is a live slice; the
    // strings end in NUL and are never freed, as the swap made them ours and the process ends.
    unsafe {
        if ENDING.swap(true, Ordering::AcqRel) {
            // Another thread is at it, and ends this one too.
            loop {
                libc::pause();
            }
        }
        for stage in &STAGES {
            let Some(paths) = stage.swap(null_mut(), Ordering::AcqRel).as_ref() else { continue };
            for file in &paths.files {
                libc::unlinkat(paths.staging.as_raw_fd(), file.as_ptr(), 0);
            }
            for (parent, dir) in &paths.dirs {
                libc::unlinkat(parent.as_raw_fd(), dir.as_ptr(), libc::AT_REMOVEDIR);
            }
        }
        // A short write here loses the end of a message, and there is nobody to tell.
        libc::write(libc::STDERR_FILENO, words.as_ptr().cast(), words.len());
        libc::_exit(1)
    }
}
