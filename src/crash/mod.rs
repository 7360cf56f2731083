//! Ends the process where no error can be returned: when a mapped input can no longer be read (SIGBUS), when memory
//! runs out, and on an abort. Each writes a message and exits with status 1, with nothing left behind.
//!
//! A signal handler may do almost nothing, so everything is prepared beforehand: each map registers its address range,
//! its file and its last words, the messages to write (`watch`); each staged set registers the names to remove. The
//! handler only compares numbers, calls fstat(2), write(2) and unlinkat(2), and ends the process. A SIGBUS outside the
//! registered maps takes its default action.
#![expect(unsafe_code, reason = "a signal handler; the argument stands at each block")]

mod last_words;
mod publication_state;
mod sigbus;

pub use last_words::{MessageFormat, end_out_of_memory, set_last_words_format};
pub(crate) use publication_state::{Moving, enter_staged};
pub use publication_state::{PublicationState, publication_state};
pub(crate) use sigbus::{LastWords, Watch, watch};

use crate::error::{Error, ErrorKind, Result};
use crate::fs::directory::Dir;
use std::ffi::{CString, OsStr, c_int, c_void};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// Maximum number of registered staged sets; further ones are cleared by the next run.
const MOST_STAGES: usize = 16;

/// The paths to remove of a staged set. The descriptors are duplicates, owned by this struct.
struct Paths {
    staging: OwnedFd,
    files: Vec<CString>,
    /// Innermost first, each with its parent directory.
    dirs: Vec<(OwnedFd, CString)>,
}

static STAGES: [AtomicPtr<Paths>; MOST_STAGES] = [const { AtomicPtr::new(null_mut()) }; MOST_STAGES];
/// Set by the first thread that ends the process.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Registers a staged set for removal when the process is ended from here. Dropping this unregisters it.
#[derive(Debug)]
pub(crate) struct Cleanup(Option<usize>);

impl Cleanup {
    /// Registers the names of files in a staging directory, and directories, innermost first, each with its parent
    /// directory. If descriptors run out, the next run clears the set.
    pub(crate) fn new<'a>(
        staging: &Dir,
        files: impl Iterator<Item = &'a str>,
        dirs: impl Iterator<Item = (&'a Dir, &'a OsStr)>,
    ) -> Self {
        let copy = |dir: &Dir| dir.as_fd().try_clone_to_owned().ok();
        // A name with a NUL cannot exist.
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
            // SAFETY: made by `Box::into_raw`, and the swap made this the only owner. The pointer is null when a
            // handler has taken it: then the process is ending.
            drop(unsafe { Box::from_raw(paths) });
        }
    }
}

/// What a handler of SA_SIGINFO is.
type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// Installs process-wide handlers that turn a SIGBUS from an input that was truncated or that the disk cannot read, and
/// a SIGABRT, into an error message and exit status 1 with nothing left behind. The standard library aborts when it
/// finds no memory for a thread it has just started. For programs: a library call should not install signal handlers
/// unasked.
///
/// # Errors
/// [`ErrorKind::Resources`] when the system refuses a handler.
pub fn catch_sudden_ends() -> Result<()> {
    sigbus::catch_sigbus()?;
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

/// Async-signal-safe, like `end_aborted`.
extern "C" fn on_sigabrt(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    last_words::end_aborted()
}

/// Removes staged sets, writes the last words and ends the process with status 1, using async-signal-safe calls only.
fn end(words: &[u8]) -> ! {
    // SAFETY: each call is on POSIX's list of async-signal-safe functions; `words` is a live slice; the
    // strings end in NUL and are never freed, as the swap made them ours and the process ends.
    unsafe {
        if ENDING.swap(true, Ordering::AcqRel) {
            // Another thread is already ending the process.
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
