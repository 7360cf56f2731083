//! The worker pool: tasks are processed in parallel, their outputs are consumed in the order of the tasks.
//!
//! A source produces the tasks, a [`Stage`] processes each of them, and a [`Sink`] consumes the outputs.
//! Tasks reach the workers through a bounded crossbeam channel. There is no producer thread: an idle worker waits for a
//! task or for the right to produce, whichever comes first. The worker that produces fills the channel before it
//! processes tasks again.
//!
//! Finished outputs wait in a reorder buffer ([`OrderedDelivery`]) for their turn. A worker that finishes an output
//! consumes all outputs that are next in order, unless another worker is already consuming. Usually that is just its
//! own output, which is still in its processor's cache. The other workers continue while one consumes.
//!
//! Memory is bounded (backpressure): each task holds a permit from before it is produced until its output has been
//! consumed, so at most [`WorkerPool::max_in_flight`] tasks are in flight. The pool cannot deadlock: the channel is
//! FIFO, so the task that is next in order never waits behind a later one. Disconnecting the channel shuts the pool
//! down.

use super::buffer_pool::BufferPool;
use super::ordered_delivery::{Finished, OrderedDelivery, Sink};
use super::task_panic::panic_error;
use crate::error::{Error, ErrorKind, Result, os_text};
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver, Sender, bounded, select};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Tasks in flight per thread, unless a pool asks for more.
const IN_FLIGHT_PER_THREAD: usize = 3;

/// Processes tasks. All workers of a pool share one stage.
pub(crate) trait Stage: Sync {
    /// A unit of work.
    type Task: Send;
    /// The reusable working memory of a worker.
    type Scratch;
    /// A reusable buffer for the output of one task.
    type Output: Send;

    fn scratch(&self) -> Self::Scratch;

    fn output(&self) -> Self::Output;

    /// Processes a task into `output`, which may contain the output of an earlier task.
    fn process(&self, task: &Self::Task, scratch: &mut Self::Scratch, output: &mut Self::Output);

    /// Other work that a worker does before it takes its next task, such as a part of what the sink has to do. A
    /// failure ends the run.
    fn between_tasks(&self) -> Result<()> {
        Ok(())
    }
}

/// The configuration of a worker pool. Its threads exist only during [`run`](Self::run).
#[derive(Clone, Copy, Debug)]
pub(crate) struct WorkerPool {
    threads: usize,
    max_in_flight: usize,
}

impl WorkerPool {
    /// A pool of `threads` workers, at least 1; the calling thread is one of them.
    pub(crate) fn new(threads: usize) -> Self {
        debug_assert!(threads > 0);
        Self { threads, max_in_flight: threads * IN_FLIGHT_PER_THREAD }
    }

    /// Allows at least this many tasks in flight, so that the other workers can continue while the consuming worker is
    /// blocked on I/O or descheduled.
    pub(crate) fn with_min_in_flight(self, tasks: usize) -> Self {
        Self { max_in_flight: self.max_in_flight.max(tasks), ..self }
    }

    /// Processes every task that `next_task` produces, until it returns `None`, and consumes the outputs in order.
    ///
    /// # Errors
    /// The first failure in task order, whether of the source, the stage (a panic) or the sink. A failure of
    /// [`Stage::between_tasks`] takes precedence if it comes earlier in time. Nothing after it is consumed.
    pub(crate) fn run<S: Stage>(
        self,
        monitor: &Monitor,
        next_task: impl FnMut() -> Result<Option<S::Task>> + Send,
        stage: &S,
        sink: impl Sink<S::Task, S::Output>,
    ) -> Result<()> {
        let (sender, tasks) = bounded(self.threads);
        let (release, permits) = bounded(self.max_in_flight);
        // The channel has room for all permits.
        (0..self.max_in_flight).for_each(|_| _ = release.try_send(()));
        let (end_turn, producer) = bounded(1);
        _ = end_turn.try_send(Producer { next_task, sender: Some(sender), produced: 0, ended: false });
        let shared = Shared {
            monitor,
            stage,
            tasks,
            permits,
            release,
            producer,
            end_turn,
            outputs: BufferPool::new(2 * self.threads),
            delivery: OrderedDelivery::new(sink),
            failure: Mutex::new(None),
        };
        thread::scope(|scope| {
            let mut started = 1;
            for number in 1..self.threads {
                let worker = || shared.work();
                match thread::Builder::new().name(format!("worker-{number}")).spawn_scoped(scope, worker) {
                    Ok(_) => started += 1,
                    // Fewer threads give the same result.
                    Err(error) => {
                        monitor.notice(format!("fewer threads than requested could be started: {}", os_text(&error)));
                        break;
                    }
                }
            }
            monitor.record_workers(started);
            shared.work();
        });
        if let Some(failure) = shared.failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            return Err(failure);
        }
        match shared.producer.try_recv() {
            Ok(producer) if producer.ended && shared.delivery.delivered() == producer.produced => Ok(()),
            _ => Err(Error::new(ErrorKind::Panic, "a worker ended without its result; nothing was published")),
        }
    }
}

/// A task with its position in the order, or the error that took its place.
type Numbered<T> = (u64, Result<T>);

/// The source of tasks. The worker that holds it has the right to produce.
struct Producer<T, N> {
    next_task: N,
    /// `None` once there are no more tasks: the channel is disconnected.
    sender: Option<Sender<Numbered<T>>>,
    /// Tasks produced so far, including an error in place of a task.
    produced: u64,
    /// The source returned `None` or an error.
    ended: bool,
}

impl<T, N: FnMut() -> Result<Option<T>>> Producer<T, N> {
    /// Sends tasks until the channel is full or no permit is left. If the channel is empty, waits for a permit
    /// instead of returning. Disconnects the channel after the last task, after an error, and once `monitor` is
    /// stopped.
    fn produce(&mut self, permits: &Receiver<()>, monitor: &Monitor) {
        while let Some(sender) = &self.sender {
            if sender.is_full() {
                return;
            }
            // Blocking on an empty channel is safe: every task that holds a permit is then with another worker, or its
            // output waits for such a task. Outputs are consumed without the producer, so a permit will be released.
            let permit = if sender.is_empty() { permits.recv().is_ok() } else { permits.try_recv().is_ok() };
            if !permit {
                return;
            }
            if monitor.is_stopped() {
                self.sender = None;
                return;
            }
            let produced = catch_unwind(AssertUnwindSafe(&mut self.next_task));
            let task = produced.unwrap_or_else(|panic| Err(panic_error(panic.as_ref()))).transpose();
            self.ended = !matches!(task, Some(Ok(_)));
            if let Some(task) = task {
                // Only the producer sends, and it saw room in the channel.
                _ = sender.try_send((self.produced, task));
                self.produced += 1;
            }
            if self.ended {
                self.sender = None;
            }
        }
    }
}

/// The state that the workers share.
struct Shared<'a, S: Stage, N, K> {
    monitor: &'a Monitor,
    stage: &'a S,
    tasks: Receiver<Numbered<S::Task>>,
    permits: Receiver<()>,
    release: Sender<()>,
    /// Holds the producer while no worker does.
    producer: Receiver<Producer<S::Task, N>>,
    end_turn: Sender<Producer<S::Task, N>>,
    outputs: BufferPool<S::Output>,
    delivery: OrderedDelivery<S::Task, S::Output, K>,
    /// The first failure.
    failure: Mutex<Option<Error>>,
}

impl<S, N, K> Shared<'_, S, N, K>
where
    S: Stage,
    N: FnMut() -> Result<Option<S::Task>>,
    K: Sink<S::Task, S::Output>,
{
    /// The loop of a worker. It ends after the last task, after one of its own tasks failed, or once the monitor is
    /// stopped.
    fn work(&self) {
        let mut scratch = self.stage.scratch();
        // The buffer consumed last, which is still in this processor's cache.
        let mut warm = None;
        while let Some((number, task)) = self.next_task() {
            if self.monitor.is_stopped() {
                return;
            }
            let mut output = warm.take().unwrap_or_else(|| self.outputs.take(|| self.stage.output()));
            let finished = task.and_then(|task| {
                // A panic becomes the task's error. The scratch may be inconsistent after it, so the worker ends.
                let processed = catch_unwind(AssertUnwindSafe(|| {
                    #[cfg(feature = "fault-injection")]
                    crate::fault_injection::at_chunk(number);
                    self.stage.process(&task, &mut scratch, &mut output);
                }));
                processed.map(|()| task).map_err(|panic| panic_error(panic.as_ref()))
            });
            let failed = finished.is_err();
            self.deliver(number, (finished, output), &mut warm);
            if failed {
                return;
            }
            let between = catch_unwind(AssertUnwindSafe(|| self.stage.between_tasks()));
            if let Err(error) = between.unwrap_or_else(|panic| Err(panic_error(panic.as_ref()))) {
                return self.fail(error);
            }
        }
    }

    /// Records a failure, unless there has been one, and ends the other workers, even a producer that is blocked on
    /// input.
    fn fail(&self, error: Error) {
        // No code under this lock panics, so it is never poisoned.
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.monitor.stop();
    }

    /// The next task; `None` after the last one.
    fn next_task(&self) -> Option<Numbered<S::Task>> {
        loop {
            if let Ok(task) = self.tasks.try_recv() {
                return Some(task);
            }
            // Either the channel `producer` holds the producer, or another worker has it. That worker sends a task,
            // disconnects the channel `tasks` or puts the producer back. In each case this wait ends.
            select! {
                recv(self.tasks) -> task => return task.ok(),
                recv(self.producer) -> producer => {
                    let mut producer = producer.ok()?;
                    producer.produce(&self.permits, self.monitor);
                    // There is one producer, and room for it.
                    _ = self.end_turn.try_send(producer);
                }
            }
        }
    }

    /// Delivers a finished output, and consumes all outputs that are next in order. Leaves the last consumed buffer in
    /// `warm`.
    fn deliver(&self, number: u64, finished: Finished<S::Task, S::Output>, warm: &mut Option<S::Output>) {
        let recycle = |output| {
            if let Some(previous) = warm.replace(output) {
                self.outputs.give_back(previous);
            }
            // The channel has room for all permits.
            _ = self.release.try_send(());
        };
        self.delivery.deliver(number, finished, || self.monitor.check(), |error| self.fail(error), recycle);
    }
}

#[cfg(test)]
#[path = "worker_pool_tests.rs"]
mod tests;
