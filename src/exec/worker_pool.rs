//! The wiring: a pool of workers, results in order, bounded memory, and an end that never hangs.
//!
//! Each worker takes a result buffer from a bounded pool ([`BufferPool`]), then the next job (in a lock, so jobs are
//! numbered in their order), and works on it. Then the results are consumed, in the order of the jobs, one at a time, by
//! whichever worker finds the next one ready and nobody at it: as a rule the one that made it, while it is in that
//! processor's cache. What is not yet due waits, and its worker goes on. As a buffer is taken before a job, no more
//! jobs than buffers are ever in flight, and the job that everyone waits for has one.

use crate::error::{Error, ErrorKind, Result, os_text};
use crate::exec::buffer_pool::BufferPool;
use crate::monitor::Monitor;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results being worked on, or waiting for their turn, for each worker.
const IN_FLIGHT: usize = 3;

/// How many threads there are, and results being worked on or waiting for their turn, at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workers {
    threads: usize,
    results: usize,
}

impl Workers {
    /// So many threads, with a few results each.
    pub(crate) fn new(threads: usize) -> Self {
        debug_assert!(threads > 0);
        Self { threads, results: threads * IN_FLIGHT }
    }

    /// With at least so many results, however few the threads: for as long as these take, the worker that consumes may be
    /// held up, by the disk or as the system gave its processor to another, and the others go on.
    pub(crate) fn with_results(self, at_least: usize) -> Self {
        Self { results: self.results.max(at_least), ..self }
    }
}

/// Where the jobs come from.
struct Source<N> {
    next: N,
    /// The number of the next one.
    number: u64,
    ended: bool,
}

/// The results, in order.
struct Turns<J, R, C> {
    /// Those that are done but not due.
    waiting: BTreeMap<u64, Finished<J, R>>,
    /// The number of the one that is due.
    due: u64,
    /// `None` while a worker is at it.
    consume: Option<C>,
    /// Never good again after the first failure.
    outcome: Result<()>,
}

/// A job that was worked on, or what became of it, and the buffer.
type Finished<J, R> = (Result<J>, R);

/// Runs `work` on every job that `next` gives, on the workers' threads, of which this one is the first, and `consume` on
/// the results, one at a time, in the order of the jobs. The first failure in that order ends it and is returned.
///
/// `work` gets the job, the worker's scratch and a used result to write into. `consume` keeps neither.
pub(crate) fn ordered<J, S, R>(
    workers: Workers,
    monitor: &Monitor,
    next: impl FnMut() -> Result<Option<J>> + Send,
    scratch: impl Fn() -> S + Sync,
    buffer: impl Fn() -> R + Sync,
    work: impl Fn(&J, &mut S, &mut R) + Sync,
    consume: impl FnMut(J, &mut R) -> Result<()> + Send,
) -> Result<()>
where
    J: Send,
    R: Send,
{
    let Workers { threads, results } = workers;
    let source = Mutex::new(Source { next, number: 0, ended: false });
    let turns = Mutex::new(Turns { waiting: BTreeMap::new(), due: 0, consume: Some(consume), outcome: Ok(()) });
    let buffers = BufferPool::new(2 * threads, results, &buffer);
    let worker = Worker { monitor, source: &source, buffers: &buffers, turns: &turns };
    thread::scope(|scope| {
        let mut started = 1;
        for number in 1..threads {
            let (worker, scratch, work) = (&worker, &scratch, &work);
            let body = move || worker.run(scratch(), work);
            match thread::Builder::new().name(format!("worker-{number}")).spawn_scoped(scope, body) {
                Ok(_) => started += 1,
                // Fewer threads do the same job.
                Err(error) => {
                    monitor.notice(format!("fewer threads than asked for could be started: {}", os_text(&error)));
                    break;
                }
            }
        }
        monitor.ran_with(started);
        worker.run(scratch(), &work);
    });
    let turns = turns.into_inner().unwrap_or_else(PoisonError::into_inner);
    turns.outcome?;
    // Nothing failed: then the jobs have come to their end, and each was consumed.
    let source = source.into_inner().unwrap_or_else(PoisonError::into_inner);
    match source.ended && turns.due == source.number {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Panic, "a worker ended without its result; nothing was published")),
    }
}

/// What the workers share.
struct Worker<'a, N, J, R, C> {
    monitor: &'a Monitor,
    source: &'a Mutex<Source<N>>,
    buffers: &'a BufferPool<'a, R>,
    turns: &'a Mutex<Turns<J, R, C>>,
}

impl<N, J, R, C> Worker<'_, N, J, R, C>
where
    N: FnMut() -> Result<Option<J>>,
    C: FnMut(J, &mut R) -> Result<()>,
{
    /// Works until there are no more jobs.
    fn run<S>(&self, mut scratch: S, work: &impl Fn(&J, &mut S, &mut R)) {
        let mut kept = None;
        loop {
            let mut buffer = kept.take().unwrap_or_else(|| self.buffers.take());
            let job = if self.monitor.is_stopped() { None } else { next_job(self.source) };
            let Some((number, job)) = job else {
                // Another worker may be waiting for it.
                self.buffers.give_back(buffer);
                return;
            };
            let done = job.and_then(|job| {
                // A panic becomes a value with its place in the order; the scratch it may have left half
                // written is never used again.
                let done = catch_unwind(AssertUnwindSafe(|| {
                    #[cfg(feature = "fault-injection")]
                    crate::fault::at_chunk(number);
                    work(&job, &mut scratch, &mut buffer);
                }));
                done.map(|()| job).map_err(|panic| panicked(panic.as_ref()))
            });
            let failed = done.is_err();
            kept = self.take_turns(number, (done, buffer));
            if failed {
                if let Some(buffer) = kept {
                    self.buffers.give_back(buffer);
                }
                return;
            }
        }
    }

    /// Puts a result in its place, and consumes all that are due unless another worker is at it. The buffer of the
    /// last one, which is in the cache, is returned.
    fn take_turns(&self, number: u64, finished: Finished<J, R>) -> Option<R> {
        let mut turns = self.turns();
        turns.waiting.insert(number, finished);
        let mut consume = turns.consume.take()?;
        let mut last = None;
        loop {
            let due = turns.due;
            let Some((done, mut buffer)) = turns.waiting.remove(&due) else {
                turns.consume = Some(consume);
                return last;
            };
            turns.due += 1;
            if turns.outcome.is_ok() {
                drop(turns);
                // Not in the lock: what is too much is freed.
                if let Some(before) = last.take() {
                    self.buffers.give_back(before);
                }
                let consumed = catch_unwind(AssertUnwindSafe(|| {
                    self.monitor.check()?;
                    consume(done?, &mut buffer)
                }));
                let outcome = consumed.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
                if outcome.is_err() {
                    // No more jobs; and a worker that waits for its input ends too.
                    self.monitor.stop();
                }
                turns = self.turns();
                turns.outcome = outcome;
            }
            if let Some(before) = last.replace(buffer) {
                self.buffers.give_back(before);
            }
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<J, R, C>> {
        // Jobs and buffers are dropped and handed on in this lock, and a map is changed: nothing that panics.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The next job and its number; none after the last, and after a failure.
fn next_job<J, N: FnMut() -> Result<Option<J>>>(source: &Mutex<Source<N>>) -> Option<(u64, Result<J>)> {
    // A worker that panicked in here has left `ended` set.
    let mut source = source.lock().unwrap_or_else(PoisonError::into_inner);
    if source.ended {
        return None;
    }
    source.ended = true;
    let job = match catch_unwind(AssertUnwindSafe(&mut source.next)) {
        Ok(Ok(None)) => return None,
        Ok(Ok(Some(job))) => {
            source.ended = false;
            Ok(job)
        }
        Ok(Err(error)) => Err(error),
        Err(panic) => Err(panicked(panic.as_ref())),
    };
    let number = source.number;
    source.number += 1;
    Some((number, job))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied().or(panic.downcast_ref::<String>().map(String::as_str));
    let text = format!("internal error: {}", text.unwrap_or("no message"));
    Error::new(ErrorKind::Panic, text).hint("this is a bug; nothing was published")
}

#[cfg(test)]
#[path = "worker_pool_tests.rs"]
mod tests;
