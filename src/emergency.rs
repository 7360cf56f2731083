//! Ends that leave no time to return: an input that can no longer be read through its map, which raises SIGBUS,
//! memory that ran out, and an abort. All become a message and exit status 1, with nothing left behind.
//!
//! A signal handler may do almost nothing, so everything is made ready before: each map registers its range
//! of addresses and its file with its last words (`watch`), each staged set the names to remove. The handler
//! only compares numbers, calls fstat(2), write(2), unlinkat(2) and ends the process. A SIGBUS that no
//! registered map explains takes its default action.
#![expect(unsafe_code, reason = "a signal handler; the argument stands at each block")]

mod watch;
mod words;

pub(crate) use watch::{LastWords, Watch, watch};
pub(crate) use words::Moving;
pub use words::{MessageFormat, end_out_of_memory, set_last_words_format};

use crate::directory::Dir;
use crate::error::{Error, ErrorKind, Result};
use std::ffi::{CString, OsStr, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Staged sets that can be cleared at one time; one that finds no place is cleared by the next run.
const MOST_STAGES: usize = 16;

/// What is removed of a staged set. The descriptors are copies, so they stay open as long as the names are.
struct Paths {
    staging: OwnedFd,
    files: Vec<CString>,
    /// Innermost first, each with the directory that it is in.
    dirs: Vec<(OwnedFd, CString)>,
}

static STAGES: [AtomicPtr<Paths>; MOST_STAGES] = [const { AtomicPtr::new(null_mut()) }; MOST_STAGES];
/// Set by the first thread that ends the process.
static ENDING: AtomicBool = AtomicBool::new(false);

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
            // SAFETY: made by `Box::into_raw`, and the swap made this the only place that has it. It is null when a
            // handler has it: then the process is ending.
            drop(unsafe { Box::from_raw(paths) });
        }
    }
}

/// What a handler of SA_SIGINFO is.
type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Turns a SIGBUS from an input that was cut short or that the disk does not deliver, and a SIGABRT, into an error
/// message and exit status 1 with nothing left behind, for the whole process. The standard library aborts where it finds no
/// memory for a thread it has just started. For programs: a library call should not take a signal over unasked.
///
/// # Errors
/// [`ErrorKind::Resources`] when the system refuses a handler.
pub fn catch_sudden_ends() -> Result<()> {
    watch::catch_sigbus()?;
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

/// Async-signal-safe, as `end_aborted` is.
extern "C" fn on_sigabrt(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    words::end_aborted()
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
