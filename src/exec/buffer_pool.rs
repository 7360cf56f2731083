//! A pool of reusable buffers. Reusing a few buffers keeps them in the cache; surplus buffers are freed.

use crossbeam_channel::{Receiver, Sender, bounded};

/// Idle buffers of one kind.
#[derive(Debug)]
pub(crate) struct BufferPool<B> {
    returned: Sender<B>,
    idle: Receiver<B>,
}

impl<B> BufferPool<B> {
    /// An empty pool that keeps at most `capacity` idle buffers and frees the rest.
    pub(crate) fn new(capacity: usize) -> Self {
        let (returned, idle) = bounded(capacity);
        Self { returned, idle }
    }

    /// An idle buffer, or a new one if there is none.
    pub(crate) fn take(&self, make: impl FnOnce() -> B) -> B {
        self.idle.try_recv().unwrap_or_else(|_| make())
    }

    /// Returns a buffer to the pool.
    pub(crate) fn give_back(&self, buffer: B) {
        // A full pool refuses the buffer, and the error drops it.
        drop(self.returned.try_send(buffer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_buffers_are_reused_and_surplus_ones_freed() {
        let mut created = 0;
        let pool = BufferPool::new(2);
        for _ in 0..3 {
            let taken: Vec<usize> = (0..5)
                .map(|_| {
                    pool.take(|| {
                        created += 1;
                        created
                    })
                })
                .collect();
            taken.into_iter().for_each(|buffer| pool.give_back(buffer));
            assert_eq!(pool.idle.len(), 2);
        }
        // Five in the first round, three in each of the others.
        assert_eq!(created, 11);
    }
}
