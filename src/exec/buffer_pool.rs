//! A bounded pool of buffers, with few of them as a rule.
//!
//! Few buffers in turn stay in the cache. But who fills them should not have to wait whenever who empties them is held up
//! for a moment. So more are made where there is none, up to a limit, and those that are too many afterwards are dropped.

use crossbeam_channel::{Receiver, Sender, bounded};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The pool, and how its buffers are made.
pub(crate) struct BufferPool<'a, B> {
    put: Sender<B>,
    spare: Receiver<B>,
    make: &'a (dyn Fn() -> B + Sync),
    /// Spare ones that are kept.
    kept: usize,
    /// Buffers there may be in all.
    most: usize,
    made: AtomicUsize,
}

impl<'a, B> BufferPool<'a, B> {
    /// No buffer yet. Of those that come back about `kept` are, at least one; there are never more than `most`. Each one
    /// that is taken must come back, or one less is there for the others.
    pub(crate) fn new(kept: usize, most: usize, make: &'a (dyn Fn() -> B + Sync)) -> Self {
        debug_assert!((1..=most).contains(&kept));
        let (put, spare) = bounded(most);
        Self { put, spare, make, kept, most, made: AtomicUsize::new(0) }
    }

    /// A buffer: one that was used, or a new one; where there are too many, the next one that comes back.
    pub(crate) fn take(&self) -> B {
        if let Ok(buffer) = self.spare.try_recv() {
            return buffer;
        }
        let more = |made| (made < self.most).then_some(made + 1);
        if self.made.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok() {
            return (self.make)();
        }
        // Proof: the sender is here, so the channel is open. Nobody waits for ever: a buffer is dropped only while others
        // stand in the channel, and whoever takes those brings them back.
        self.spare.recv().expect("the pool is open")
    }

    /// Takes a buffer back.
    pub(crate) fn give_back(&self, buffer: B) {
        if self.spare.len() >= self.kept {
            drop(buffer);
            self.made.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        // Proof: the channel has room for all there are.
        self.put.send(buffer).expect("the pool has room");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_are_made_up_to_the_limit_and_few_are_kept() {
        let number = AtomicUsize::new(0);
        let make = || number.fetch_add(1, Ordering::Relaxed);
        let buffers = BufferPool::new(2, 5, &make);
        for _ in 0..3 {
            let taken: Vec<usize> = (0..5).map(|_| buffers.take()).collect();
            assert_eq!((buffers.made.load(Ordering::Relaxed), buffers.spare.len()), (5, 0));
            taken.into_iter().for_each(|buffer| buffers.give_back(buffer));
            assert_eq!((buffers.made.load(Ordering::Relaxed), buffers.spare.len()), (2, 2));
        }
        // Five at first, then three more each time.
        assert_eq!(number.load(Ordering::Relaxed), 11);
    }

    #[test]
    fn who_waits_gets_what_comes_back() {
        let (buffers, asked) = (BufferPool::new(1, 1, &|| 7), AtomicUsize::new(0));
        let first = buffers.take();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                asked.store(1, Ordering::SeqCst);
                buffers.take()
            });
            while asked.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            // Time enough to wait, as a rule; the answer is the same otherwise.
            std::thread::sleep(std::time::Duration::from_millis(20));
            buffers.give_back(first);
            assert_eq!(waiting.join().expect("no panic"), 7);
        });
    }

    #[test]
    fn nobody_waits_for_ever() {
        for (kept, most) in [(1, 1), (1, 2), (2, 3), (3, 3)] {
            let buffers = BufferPool::new(kept, most, &Vec::<u8>::new);
            let (taken, most_taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let take_and_give_back = || {
                let buffer = buffers.take();
                most_taken.fetch_max(taken.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                taken.fetch_sub(1, Ordering::SeqCst);
                buffers.give_back(buffer);
            };
            std::thread::scope(|scope| {
                for _ in 0..7 {
                    scope.spawn(|| (0..2000).for_each(|_| take_and_give_back()));
                }
            });
            assert!(most_taken.into_inner() <= most && buffers.made.into_inner() <= most, "{kept} {most}");
        }
    }
}
