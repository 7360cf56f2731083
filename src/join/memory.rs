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
pub(crate) struct Spare {
    size: usize,
    /// Blocks asked for and not taken yet, at most.
    ahead: usize,
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    ready: Vec<MmapMut>,
    /// Asked for, and nobody makes them yet.
    wanted: usize,
    /// Asked for, and not taken yet.
    ahead: usize,
    /// How many may still be asked for.
    left: usize,
}

impl Spare {
    /// None yet; of `size` bytes each, `ahead` of them at a time, and in all no more than `expected` bytes.
    pub(crate) fn new(size: usize, ahead: usize, expected: usize) -> Self {
        Self { size, ahead, blocks: Mutex::new(Blocks { left: expected / size, ..Blocks::default() }) }
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        // Numbers and blocks are whole after each line that changes them.
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one ready, if any is asked for.
    pub(crate) fn make(&self) {
        {
            let mut blocks = self.blocks();
            if blocks.wanted == 0 {
                return;
            }
            blocks.wanted -= 1;
        }
        // Without memory the one who needs the block says so.
        if let Ok(block) = zeroed(self.size) {
            populate(&block, 0, self.size);
            self.blocks().ready.push(block);
        }
    }

    /// A block, a ready one where there is one; and asks for those that come next.
    pub(crate) fn take(&self) -> Result<MmapMut> {
        let ready = {
            let mut blocks = self.blocks();
            let ready = blocks.ready.pop();
            blocks.ahead -= usize::from(ready.is_some());
            // What was made here is one less to be made by others.
            blocks.left -= usize::from(ready.is_none()).min(blocks.left);
            let more = (self.ahead - blocks.ahead).min(blocks.left);
            blocks.left -= more;
            blocks.wanted += more;
            blocks.ahead += more;
            ready
        };
        ready.map_or_else(|| zeroed(self.size), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn blocks_are_made_when_they_are_asked_for_and_no_more_than_expected() {
        let spare = Spare::new(4096, 2, 5 * 4096);
        let ready = || spare.blocks().ready.len();
        spare.make();
        assert_eq!(ready(), 0);
        // The first is made by the one who takes it; two more are asked for.
        assert_eq!(spare.take().expect("memory").len(), 4096);
        (0..5).for_each(|_| spare.make());
        assert_eq!(ready(), 2);
        for left in [2, 2, 1, 0, 0] {
            assert_eq!(spare.take().expect("memory").len(), 4096);
            (0..5).for_each(|_| spare.make());
            assert_eq!(ready(), left);
        }
    }
}
