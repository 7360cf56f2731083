//! Blocks of arena memory that the workers populate before they are needed.
//!
//! One worker at a time stores customers, in file order. Page faults would slow this serial part down, so all workers
//! share them in advance.

use super::huge_pages::{populate, zeroed};
use crate::error::Result;
use memmap2::MmapMut;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A pool of populated blocks of equal size.
#[derive(Debug)]
pub struct BlockPool {
    /// Bytes of a block.
    size: usize,
    /// Upper bound on the blocks that are ready, in preparation or requested.
    max_ahead: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    ready: Vec<MmapMut>,
    /// Requested, not yet started.
    requested: usize,
    /// In preparation.
    started: usize,
}

impl BlockPool {
    /// An empty pool of blocks of `size` bytes that prepares at most `max_ahead` of them.
    pub(crate) fn new(size: usize, max_ahead: usize) -> Self {
        Self { size, max_ahead, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each statement that changes the state leaves it valid, so a poisoned lock is usable.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Populates one block if any is requested.
    pub(crate) fn prepare(&self) {
        {
            let mut state = self.state();
            if state.requested == 0 {
                return;
            }
            state.requested -= 1;
            state.started += 1;
        }
        let block = zeroed(self.size);
        if let Ok(block) = &block {
            populate(block, 0, self.size);
        }
        let mut state = self.state();
        state.started -= 1;
        // If memory ran out, `take` reports it when a block is needed.
        state.ready.extend(block);
    }

    /// Takes a block, populated if one is ready. The caller expects to take `after` more blocks soon: requests as many
    /// of these as are not ready or in preparation, within the bound of the pool.
    ///
    /// # Errors
    /// Those of [`zeroed`].
    pub(crate) fn take(&self, after: usize) -> Result<MmapMut> {
        let ready = {
            let mut state = self.state();
            let ready = state.ready.pop();
            state.requested = after.min(self.max_ahead).saturating_sub(state.ready.len() + state.started);
            ready
        };
        ready.map_or_else(|| zeroed(self.size), Ok)
    }
}

#[cfg(test)]
mod tests {
    use super::super::huge_pages::test_support::{PAGE, resident_pages};
    use super::*;

    #[test]
    fn only_prepared_blocks_are_resident() {
        let size = 8 << 20;
        let pool = BlockPool::new(size, 1);
        assert_eq!(resident_pages(&pool.take(1).expect("memory")), 0);
        pool.prepare();
        assert_eq!(resident_pages(&pool.take(0).expect("memory")), size / PAGE);
    }

    #[test]
    fn no_more_blocks_are_prepared_than_expected() {
        let pool = BlockPool::new(4096, 2);
        let ready = || pool.state().ready.len();
        pool.prepare();
        assert_eq!(ready(), 0);
        // Blocks expected after each take, and blocks ready then.
        for (after, expected) in [(0, 0), (1, 1), (9, 2), (9, 2), (1, 1), (0, 0), (3, 2), (0, 1), (0, 0)] {
            assert_eq!(pool.take(after).expect("memory").len(), 4096);
            (0..5).for_each(|_| pool.prepare());
            assert_eq!(ready(), expected);
        }
        // Blocks that were requested but not started are cancelled.
        drop(pool.take(2));
        drop(pool.take(0));
        pool.prepare();
        assert_eq!(ready(), 0);
    }
}
