//! A queue of tasks that the workers of a pool process between the tasks of the pool, with ordered results.
//!
//! The sink of a pool may have more to do than one worker at a time can, such as compressing what it writes. It then
//! pushes tasks into a side queue, and each worker empties the queue before it takes its next task of the pool
//! ([`Stage::between_tasks`](super::worker_pool::Stage::between_tasks)). So no thread is added, and whichever of the
//! two kinds of work takes longer gets more of the workers. The outputs go to a sink of their own, in order.
//!
//! Memory is bounded: each task holds a permit from before it is queued until its output has been consumed. If there is
//! no permit, the thread that pushes processes tasks itself. It waits only while all tasks in flight are with other
//! workers, which finish them without the sink of the pool, so this cannot deadlock.

use super::buffer_pool::BufferPool;
use super::ordered_delivery::{OrderedDelivery, Sink};
use super::task_panic::panic_error;
use super::worker_pool::Stage;
use crate::error::Result;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The queue, the stage that processes its tasks, and the sink of the outputs.
pub(crate) struct SideQueue<S: Stage, K> {
    stage: S,
    queue: Sender<(u64, S::Task)>,
    tasks: Receiver<(u64, S::Task)>,
    permits: Receiver<()>,
    release: Sender<()>,
    scratches: BufferPool<S::Scratch>,
    outputs: BufferPool<S::Output>,
    delivery: OrderedDelivery<S::Task, S::Output, K>,
}

impl<S: Stage, K: Sink<S::Task, S::Output>> SideQueue<S, K> {
    /// An empty queue with room for `max_in_flight` tasks, at least 1.
    pub(crate) fn new(stage: S, max_in_flight: usize, sink: K) -> Self {
        debug_assert!(max_in_flight > 0);
        let (queue, tasks) = bounded(max_in_flight);
        let (release, permits) = bounded(max_in_flight);
        // The channel has room for all permits.
        (0..max_in_flight).for_each(|_| _ = release.try_send(()));
        Self {
            stage,
            queue,
            tasks,
            permits,
            release,
            scratches: BufferPool::new(max_in_flight),
            outputs: BufferPool::new(max_in_flight),
            delivery: OrderedDelivery::new(sink),
        }
    }

    /// Adds the task with the next number, from 0. Only one thread at a time may push.
    ///
    /// # Errors
    /// As [`process_one`](Self::process_one).
    pub(crate) fn push(&self, number: u64, task: S::Task) -> Result<()> {
        while self.permits.try_recv().is_err() {
            if !self.process_one()? {
                // The queue owns the other end, so this ends with a permit.
                _ = self.permits.recv();
                break;
            }
        }
        // There is room for all tasks that hold a permit.
        _ = self.queue.try_send((number, task));
        Ok(())
    }

    /// Processes one task on this thread. Returns `false` if none is queued.
    ///
    /// # Errors
    /// The first failure in task order, of a task (a panic) or of the sink. Only one call fails; after it, outputs are
    /// no longer consumed.
    pub(crate) fn process_one(&self) -> Result<bool> {
        let Ok((number, task)) = self.tasks.try_recv() else { return Ok(false) };
        let mut scratch = self.scratches.take(|| self.stage.scratch());
        let mut output = self.outputs.take(|| self.stage.output());
        let processed = catch_unwind(AssertUnwindSafe(|| self.stage.process(&task, &mut scratch, &mut output)));
        // After a panic the scratch may be inconsistent.
        let finished = match processed {
            Ok(()) => {
                self.scratches.give_back(scratch);
                Ok(task)
            }
            Err(panic) => Err(panic_error(panic.as_ref())),
        };
        let recycle = |output| {
            self.outputs.give_back(output);
            // The channel has room for all permits.
            _ = self.release.try_send(());
        };
        let mut failure = None;
        self.delivery.deliver(number, (finished, output), || Ok(()), |error| failure = Some(error), recycle);
        failure.map_or(Ok(true), Err)
    }

    /// Calls `look` with the sink, unless a thread is consuming.
    pub(crate) fn look_at_sink<R>(&self, look: impl FnOnce(&K) -> R) -> Option<R> {
        self.delivery.look_at_sink(look)
    }

    /// Processes all queued tasks on this thread and takes the sink. `None` if another thread still uses it, or after
    /// an earlier call.
    ///
    /// # Errors
    /// As [`process_one`](Self::process_one).
    pub(crate) fn finish(&self) -> Result<Option<K>> {
        while self.process_one()? {}
        Ok(self.delivery.take_sink())
    }
}

#[cfg(test)]
mod tests {
    use super::super::worker_pool::WorkerPool;
    use super::*;
    use crate::error::{Error, ErrorKind};
    use crate::monitor::Monitor;
    use std::sync::Mutex;

    /// Doubles numbers; panics at a number.
    struct Double(Option<u64>);

    impl Stage for Double {
        type Task = u64;
        type Scratch = ();
        type Output = u64;

        fn scratch(&self) {}

        fn output(&self) -> u64 {
            0
        }

        fn process(&self, task: &u64, (): &mut (), output: &mut u64) {
            assert!(Some(*task) != self.0, "at {task}");
            *output = task * 2;
        }
    }

    /// A stage of a pool whose workers help with a side queue.
    struct Helping<'a, K>(&'a SideQueue<Double, K>);

    impl<K: Sink<u64, u64>> Stage for Helping<'_, K> {
        type Task = u64;
        type Scratch = ();
        type Output = u64;

        fn scratch(&self) {}

        fn output(&self) -> u64 {
            0
        }

        fn process(&self, task: &u64, (): &mut (), output: &mut u64) {
            *output = *task;
        }

        fn between_tasks(&self) -> Result<()> {
            while self.0.process_one()? {}
            Ok(())
        }
    }

    /// Sends 1000 numbers through a pool whose sink pushes each three times into a side queue.
    fn run<K: Sink<u64, u64>>(threads: usize, queue: &SideQueue<Double, K>) -> Result<Option<K>> {
        let (mut numbers, mut pushed) = (0..1000, 0);
        let push = |_, output: &mut u64| {
            for copy in 0..3 {
                queue.push(pushed, *output * 3 + copy)?;
                pushed += 1;
            }
            Ok(())
        };
        WorkerPool::new(threads).run(&Monitor::new(), || Ok(numbers.next()), &Helping(queue), push)?;
        queue.finish()
    }

    #[test]
    fn outputs_are_consumed_in_order_for_any_number_of_threads_and_permits() {
        for (threads, permits) in [(1, 1), (1, 5), (2, 1), (2, 4), (7, 1), (7, 3), (7, 100)] {
            let seen = Mutex::new(vec![]);
            let sink = |task, output: &mut u64| {
                seen.lock().expect("not poisoned").push((task, *output));
                Ok(())
            };
            let queue = SideQueue::new(Double(None), permits, sink);
            assert!(run(threads, &queue).expect("nothing fails").is_some());
            drop(queue);
            let expected: Vec<_> = (0..3000).map(|number| (number, number * 2)).collect();
            assert_eq!(seen.into_inner().expect("not poisoned"), expected, "{threads} {permits}");
        }
    }

    #[test]
    fn a_failure_of_the_side_queue_fails_the_run() {
        for threads in [1, 2, 7] {
            let fail = |task, _: &mut u64| match task {
                1500 => Err(Error::new(ErrorKind::Output, "no space")),
                _ => Ok(()),
            };
            let queue = SideQueue::new(Double(None), 2, fail);
            let error = run(threads, &queue).err().expect("the sink fails");
            assert_eq!((error.kind(), error.message()), (ErrorKind::Output, "no space"), "{threads}");
            let queue = SideQueue::new(Double(Some(700)), 2, |_, _: &mut u64| Ok(()));
            let error = run(threads, &queue).err().expect("the stage panics");
            assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, "internal error: at 700"), "{threads}");
        }
    }
}
