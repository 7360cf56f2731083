//! Zeroed memory, in transparent huge pages if the system has them.
//!
//! Random access to hundreds of megabytes in 4 KiB pages spends much of its time on TLB misses. First-touch page faults
//! are expensive too: the kernel finds and clears each page. On one thread they can take longer than the rest of
//! loading, so [`populated`] spreads them over the threads.

use crate::error::{Error, ErrorKind, Result};
use memmap2::MmapMut;
use std::thread;

/// Mappings below this size, in bytes, do not request huge pages.
const MIN_HUGE: usize = 4 << 20;

/// Bytes that [`populated`] allocates between two calls of `advance`: a few milliseconds, or a few tenths of a second
/// on a slow virtual machine. A multiple of the size of a huge page.
const STEP: usize = 32 << 20;

/// Zeroed memory. Its pages are allocated when they are first written.
///
/// # Errors
/// [`ErrorKind::Resources`] if the system refuses.
pub(crate) fn zeroed(len: usize) -> Result<MmapMut> {
    let map = MmapMut::map_anon(len).map_err(|_| {
        Error::new(ErrorKind::Resources, format!("out of memory: {len} bytes more are needed to hold the customers"))
            .hint("the customers must fit in memory, at about the size of their file and 28 bytes for each; raise the memory limit")
    })?;
    #[cfg(target_os = "linux")]
    if len >= MIN_HUGE {
        // Only a hint: ordinary pages are slower but work.
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    Ok(map)
}

/// Allocates the pages of the bytes `from..to` without changing their content. Systems without MADV_POPULATE_WRITE
/// allocate them on first touch.
pub(super) fn populate(map: &MmapMut, from: usize, to: usize) {
    #[cfg(target_os = "linux")]
    let _ = map.advise_range(memmap2::Advice::PopulateWrite, from, to - from);
    #[cfg(not(target_os = "linux"))]
    let _ = (map, from, to);
}

/// Zeroed memory with all its pages allocated, by `threads` threads. `advance` gets the number of bytes of each step.
///
/// # Errors
/// Those of [`zeroed`].
pub(crate) fn populated(len: usize, threads: usize, advance: &(impl Fn(usize) + Sync)) -> Result<MmapMut> {
    let map = zeroed(len)?;
    if len >= MIN_HUGE {
        let part = len.div_ceil(threads.max(1)).next_multiple_of(MIN_HUGE);
        let populate_part = |from: usize, to: usize| {
            for from in (from..to).step_by(STEP) {
                let to = to.min(from + STEP);
                populate(&map, from, to);
                advance(to - from);
            }
        };
        thread::scope(|scope| {
            for from in (part..len).step_by(part) {
                let body = move || populate_part(from, len.min(from + part));
                // If no thread can be started, these pages are allocated on first touch.
                let _ = thread::Builder::new().name("memory".into()).spawn_scoped(scope, body);
            }
            populate_part(0, part.min(len));
        });
    } else {
        advance(len);
    }
    Ok(map)
}

/// Functions for tests that count pages.
#[cfg(test)]
pub(super) mod test_support {
    use memmap2::MmapMut;
    use std::os::unix::fs::FileExt;

    pub(in crate::customers) const PAGE: usize = 4096;

    /// Number of resident pages of a mapping. Reads the page map because `smaps` merges adjacent mappings.
    pub(in crate::customers) fn resident_pages(map: &MmapMut) -> usize {
        let mut entries = vec![0; map.len().div_ceil(PAGE) * 8];
        let pages = std::fs::File::open("/proc/self/pagemap").expect("Linux");
        pages.read_exact_at(&mut entries, (map.as_ptr() as usize / PAGE * 8) as u64).expect("an entry for each page");
        // The two highest bits of an entry: present, swapped out.
        entries.chunks(8).filter(|entry| entry[7] >> 6 != 0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::test_support::{PAGE, resident_pages};
    use super::*;

    #[test]
    fn only_populated_memory_is_resident() {
        for threads in [1, 2, 7] {
            for len in [MIN_HUGE, 3 * MIN_HUGE + 5] {
                let map = populated(len, threads, &|_| ()).expect("memory");
                assert_eq!(resident_pages(&map), len.div_ceil(PAGE), "{len} bytes, {threads} threads");
                assert_eq!(resident_pages(&zeroed(len).expect("memory")), 0);
            }
        }
    }

    #[test]
    fn populated_memory_is_zero() {
        for threads in [1, 2, 7] {
            for len in [1, MIN_HUGE - 1, MIN_HUGE, 3 * MIN_HUGE + 5] {
                let map = populated(len, threads, &|_| ()).expect("memory");
                assert!(map.len() == len && map.iter().all(|&byte| byte == 0));
            }
        }
    }
}
