//! Large blocks of zeroed memory in huge pages, where the system has them: random look-ups into hundreds of
//! megabytes spend much of their time finding 4 KiB pages.
//!
//! Such memory costs most when it is first written: the system finds a page and clears it. On one thread that can
//! take longer than all else there is to do with the customers, so it is spread over the threads.

use crate::error::{Error, ErrorKind, Result};
use memmap2::MmapMut;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Below this size huge pages are not worth asking for.
const HUGE: usize = 4 << 20;

/// Zeroed memory; pages are only taken when they are written.
pub(crate) fn zeroed(len: usize) -> Result<MmapMut> {
    let map = MmapMut::map_anon(len).map_err(|_| {
        Error::new(ErrorKind::Resources, format!("out of memory: {len} bytes more are needed to hold the customers"))
            .hint("the customers must fit in memory, at about the size of their file and 28 bytes for each; raise the memory limit")
    })?;
    #[cfg(target_os = "linux")]
    if len >= HUGE {
        // Without huge pages everything works, a little slower.
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    Ok(map)
}

/// Writes to all pages of `from..to`, without a change to what stands there. Where the system does not know how, the
/// pages come when they are used.
fn populate(map: &MmapMut, from: usize, to: usize) {
    #[cfg(target_os = "linux")]
    let _ = map.advise_range(memmap2::Advice::PopulateWrite, from, to - from);
    #[cfg(not(target_os = "linux"))]
    let _ = (map, from, to);
}

/// Zeroed memory that will be written all over, its pages taken by `threads` threads.
pub(crate) fn populated(len: usize, threads: usize) -> Result<MmapMut> {
    let map = zeroed(len)?;
    if len >= HUGE {
        let part = len.div_ceil(threads.max(1)).next_multiple_of(HUGE);
        thread::scope(|scope| {
            for from in (part..len).step_by(part) {
                let map = &map;
                let body = move || populate(map, from, len.min(from + part));
                // Without a thread the pages come when they are used.
                let _ = thread::Builder::new().name("memory".into()).spawn_scoped(scope, body);
            }
            populate(&map, 0, part.min(len));
        });
    }
    Ok(map)
}

/// Blocks that the workers make ready for the one that stores the customers in order, which all of them wait for.
#[derive(Debug)]
pub(crate) struct BlockPool {
    size: usize,
    /// Upper bound of the blocks that are ready, being made or wanted.
    most: usize,
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    ready: Vec<MmapMut>,
    /// Requested, not yet started.
    wanted: usize,
    /// Being made.
    started: usize,
}

impl BlockPool {
    /// None yet; of `size` bytes each, and no more than `most` at a time.
    pub(crate) fn new(size: usize, most: usize) -> Self {
        Self { size, most, blocks: Mutex::default() }
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        // Numbers and blocks are whole after each line that changes them.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one ready, if any is wanted.
    pub(crate) fn make(&self) {
        {
            let mut blocks = self.blocks();
            if blocks.wanted == 0 {
                return;
            }
            blocks.wanted -= 1;
            blocks.started += 1;
        }
        let block = zeroed(self.size);
        if let Ok(block) = &block {
            populate(block, 0, self.size);
        }
        let mut blocks = self.blocks();
        blocks.started -= 1;
        // Without memory the one who needs the block says so.
        blocks.ready.extend(block);
    }

    /// A block, a ready one where there is one. `after` more are expected to be taken after it: no more than these are
    /// made ready.
    pub(crate) fn take(&self, after: usize) -> Result<MmapMut> {
        let ready = {
            let mut blocks = self.blocks();
            let ready = blocks.ready.pop();
            blocks.wanted = after.min(self.most).saturating_sub(blocks.ready.len() + blocks.started);
            ready
        };
        ready.map_or_else(|| zeroed(self.size), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    const PAGE: usize = 4096;

    /// Pages of a map that are in memory. The page map is exact where maps side by side are one to the system.
    fn resident_pages(map: &MmapMut) -> usize {
        let mut entries = vec![0; map.len().div_ceil(PAGE) * 8];
        let pages = std::fs::File::open("/proc/self/pagemap").expect("Linux");
        pages.read_exact_at(&mut entries, (map.as_ptr() as usize / PAGE * 8) as u64).expect("an entry for each page");
        // The highest bits of an entry: present, and swapped out.
        entries.chunks(8).filter(|entry| entry[7] >> 6 != 0).count()
    }

    #[test]
    fn populated_memory_is_resident_and_other_memory_is_not() {
        for threads in [1, 2, 7] {
            for len in [HUGE, 3 * HUGE + 5] {
                let map = populated(len, threads).expect("memory");
                assert_eq!(resident_pages(&map), len.div_ceil(PAGE), "{len} bytes, {threads} threads");
                assert_eq!(resident_pages(&zeroed(len).expect("memory")), 0);
            }
        }
        let spare = BlockPool::new(2 * HUGE, 1);
        assert_eq!(resident_pages(&spare.take(1).expect("memory")), 0);
        spare.make();
        assert_eq!(resident_pages(&spare.take(0).expect("memory")), 2 * HUGE / PAGE);
    }

    #[test]
    fn populated_memory_is_zero_all_over() {
        for threads in [1, 2, 7] {
            for len in [1, HUGE - 1, HUGE, 3 * HUGE + 5] {
                let map = populated(len, threads).expect("memory");
                assert!(map.len() == len && map.iter().all(|&byte| byte == 0));
            }
        }
    }

    #[test]
    fn blocks_are_made_when_they_are_expected_and_no_more() {
        let spare = BlockPool::new(4096, 2);
        let ready = || spare.blocks().ready.len();
        spare.make();
        assert_eq!(ready(), 0);
        // How many are expected after each, and how many are ready then.
        for (after, made) in [(0, 0), (1, 1), (9, 2), (9, 2), (1, 1), (0, 0), (3, 2), (0, 1), (0, 0)] {
            assert_eq!(spare.take(after).expect("memory").len(), 4096);
            (0..5).for_each(|_| spare.make());
            assert_eq!(ready(), made);
        }
        // Blocks that were requested but not started are cancelled.
        drop(spare.take(2));
        drop(spare.take(0));
        spare.make();
        assert_eq!(ready(), 0);
    }
}
