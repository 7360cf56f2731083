//! The registry of staged sets, which are removed when the process ends without unwinding.
#![expect(unsafe_code, reason = "owned raw pointers and unlinkat(2); each block has a SAFETY comment")]

use super::signal_handler;
use crate::fs::directory::Dir;
use std::ffi::{CString, OsStr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Maximum number of registered sets. The next run removes any further one.
const MAX_SETS: usize = 16;

/// The names to remove. The descriptors are duplicates, owned by this struct.
struct StagedSet {
    staging: OwnedFd,
    /// In the staging directory.
    files: Vec<CString>,
    /// Each with its parent directory, innermost first.
    dirs: Vec<(OwnedFd, CString)>,
}

/// Each pointer is null, or was made by `Box::into_raw` and is owned by the caller that swaps it out.
static SETS: [AtomicPtr<StagedSet>; MAX_SETS] = [const { AtomicPtr::new(null_mut()) }; MAX_SETS];

/// A registered staged set; dropping this unregisters it. Registers nothing unless handlers are installed.
#[derive(Debug)]
pub(crate) struct Cleanup(
    /// The index in [`SETS`]; `None` for a set that is not registered.
    Option<usize>,
);

impl Cleanup {
    /// Registers the names of files in a staging directory, and directories with their parent directories, innermost
    /// first. A set that cannot be registered, for example because descriptors run out, is left to the next run.
    pub(crate) fn new<'a>(
        staging: &Dir,
        files: impl Iterator<Item = &'a str>,
        dirs: impl Iterator<Item = (&'a Dir, &'a OsStr)>,
    ) -> Self {
        if !signal_handler::are_installed() {
            return Self(None);
        }
        let duplicate = |dir: &Dir| dir.as_fd().try_clone_to_owned().ok();
        // A file name never contains a NUL.
        let c_name = |name: &OsStr| CString::new(name.as_bytes()).ok();
        let dirs = dirs.map_while(|(parent, name)| Some((duplicate(parent)?, c_name(name)?))).collect();
        let files = files.filter_map(|file| c_name(file.as_ref())).collect();
        let Some(staging) = duplicate(staging) else { return Self(None) };
        let set = Box::into_raw(Box::new(StagedSet { staging, files, dirs }));
        let claim = |slot: &AtomicPtr<StagedSet>| {
            slot.compare_exchange(null_mut(), set, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        };
        let index = SETS.iter().position(claim);
        if index.is_none() {
            // SAFETY: made by `Box::into_raw` above, and stored in no slot.
            drop(unsafe { Box::from_raw(set) });
        }
        Self(index)
    }
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        let Some(index) = self.0 else { return };
        let set = SETS[index].swap(null_mut(), Ordering::AcqRel);
        // Null if a handler has taken the set: then the process is ending.
        if !set.is_null() {
            // SAFETY: made by `Box::into_raw`, and the swap made this the only owner.
            drop(unsafe { Box::from_raw(set) });
        }
    }
}

/// Removes all registered sets; for a process that is about to end. Async-signal-safe.
pub(super) fn remove_all() {
    for slot in &SETS {
        // SAFETY: the pointer is null or was made by `Box::into_raw`; the swap made it ours, and it is never freed, as
        // the process ends. unlinkat(2) is on POSIX's list of async-signal-safe functions; the descriptors are open and
        // the names end in NUL.
        unsafe {
            let Some(set) = slot.swap(null_mut(), Ordering::AcqRel).as_ref() else { continue };
            for file in &set.files {
                libc::unlinkat(set.staging.as_raw_fd(), file.as_ptr(), 0);
            }
            for (parent, dir) in &set.dirs {
                libc::unlinkat(parent.as_raw_fd(), dir.as_ptr(), libc::AT_REMOVEDIR);
            }
        }
    }
}
