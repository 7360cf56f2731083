//! The wiring: a pool of workers, results in order, bounded memory, and an end that never hangs.
//!
//! Each worker takes a result buffer from a bounded pool, then the next job (in a lock, so jobs are
//! numbered in their order), and works on it. Then the results are consumed, in the order of the jobs, one at a time, by
//! whichever worker finds the next one ready and nobody at it: as a rule the one that made it, while it is in that
//! processor's cache. What is not yet due waits, and its worker goes on. As a buffer is taken before a job, no more
//! jobs than buffers are ever in flight, and the job that everyone waits for has one.

use crate::error::{Error, ErrorKind, Result, os_text};
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver, Sender, bounded};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

/// Results being worked on, or waiting for their turn, for each worker.
const IN_FLIGHT: usize = 3;

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

/// Runs `work` on every job that `next` gives, on `threads` threads, of which this one is the first, and `consume` on
/// the results, one at a time, in the order of the jobs. The first failure in that order ends it and is returned.
///
/// `work` gets the job, the worker's scratch and a used result to write into. `consume` keeps neither.
pub(crate) fn ordered<J, S, R>(
    threads: usize,
    monitor: &Monitor,
    next: impl FnMut() -> Result<Option<J>> + Send,
    scratch: impl Fn() -> S + Sync,
    buffer: impl Fn() -> R,
    work: impl Fn(&J, &mut S, &mut R) + Sync,
    consume: impl FnMut(J, &mut R) -> Result<()> + Send,
) -> Result<()>
where
    J: Send,
    R: Send,
{
    debug_assert!(threads > 0);
    let (pool, buffers) = bounded(threads * IN_FLIGHT);
    let source = Mutex::new(Source { next, number: 0, ended: false });
    let turns = Mutex::new(Turns { waiting: BTreeMap::new(), due: 0, consume: Some(consume), outcome: Ok(()) });
    let worker = Worker { monitor, source: &source, pool, buffers, turns: &turns };
    (0..threads * IN_FLIGHT).for_each(|_| worker.give_back(buffer()));
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
    pool: Sender<R>,
    buffers: Receiver<R>,
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
        while let Some(mut buffer) = kept.take().or_else(|| self.buffers.recv().ok()) {
            let job = if self.monitor.is_stopped() { None } else { next_job(self.source) };
            let Some((number, job)) = job else {
                // Another worker may be waiting for it.
                self.give_back(buffer);
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
                    self.give_back(buffer);
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
                self.give_back(before);
            }
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<J, R, C>> {
        // Jobs and buffers are dropped and handed on in this lock, and a map is changed: nothing that panics.
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn give_back(&self, buffer: R) {
        // Proof: the channel holds them all, and its receiver is alive.
        self.pool.send(buffer).expect("the pool has room");
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
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    fn numbers(end: u64) -> impl FnMut() -> Result<Option<u64>> + Send {
        let mut numbers = 0..end;
        move || Ok(numbers.next())
    }

    fn double(job: &u64, _: &mut (), result: &mut u64) {
        *result = job * 2;
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs() {
        for threads in [1, 2, 7] {
            let mut seen = vec![];
            let consume = |job, result: &mut u64| {
                seen.push((job, *result));
                Ok(())
            };
            ordered(threads, &Monitor::new(), numbers(1000), || (), || 0, double, consume).expect("nothing fails");
            assert_eq!(seen, (0..1000).map(|n| (n, n * 2)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_failure_in_order_is_the_one_reported() {
        for threads in [1, 2, 7] {
            let mut jobs = 0..100u64;
            let next = || match jobs.next() {
                Some(50) => Err(Error::new(ErrorKind::Input, "fifty")),
                job => Ok(job),
            };
            let mut seen = 0;
            let consume = |job, _: &mut u64| {
                assert_eq!(job, seen);
                seen += 1;
                Ok(())
            };
            let error = ordered(threads, &Monitor::new(), next, || (), || 0, double, consume).expect_err("fails");
            assert_eq!((error.kind(), seen), (ErrorKind::Input, 50));
        }
    }

    #[test]
    fn a_panic_surfaces_and_never_hangs() {
        for threads in [1, 2, 7] {
            let work = |job: &u64, _: &mut (), _: &mut u64| assert!(*job != 20, "twenty");
            let error = ordered(threads, &Monitor::new(), numbers(1000), || (), || 0, work, |_, _| Ok(()));
            assert_eq!(error.expect_err("panics").kind(), ErrorKind::Panic);
        }
    }

    #[test]
    fn a_failure_waits_for_its_turn() {
        for threads in [2, 7] {
            let failed = AtomicBool::new(false);
            let work = |job: &u64, _: &mut (), _: &mut u64| match job {
                0 => while_not(|| failed.load(Ordering::SeqCst)),
                1 => {
                    failed.store(true, Ordering::SeqCst);
                    panic!("one");
                }
                _ => {}
            };
            let mut seen = vec![];
            let consume = |job, _: &mut u64| {
                seen.push(job);
                Ok(())
            };
            let error = ordered(threads, &Monitor::new(), numbers(u64::MAX), || (), || 0, work, consume);
            assert_eq!((error.expect_err("fails").kind(), seen), (ErrorKind::Panic, vec![0]));
        }
    }

    #[test]
    fn no_more_jobs_than_buffers_are_in_flight() {
        let most = 2 * IN_FLIGHT as u64;
        let (given, mut done) = (AtomicU64::new(0), 0);
        let next = || Ok(Some(given.fetch_add(1, Ordering::SeqCst)).filter(|&job| job < 1000));
        // The first one waits until there are no buffers left.
        let work = |job: &u64, _: &mut (), _: &mut u64| {
            if *job == 0 {
                while_not(|| given.load(Ordering::SeqCst) == most);
            }
        };
        let consume = |_, _: &mut u64| {
            assert!(given.load(Ordering::SeqCst) - done <= most);
            done += 1;
            Ok(())
        };
        ordered(2, &Monitor::new(), next, || (), || 0, work, consume).expect("nothing fails");
        assert_eq!(done, 1000);
    }

    fn while_not(so: impl Fn() -> bool) {
        while !so() {
            thread::yield_now();
        }
    }

    #[test]
    fn an_interrupt_ends_it_before_the_next_result() {
        let (monitor, mut consumed) = (Monitor::new(), 0);
        let consume = |job, _: &mut u64| {
            consumed += 1;
            if job == 10 {
                monitor.signal().store(2, Ordering::Relaxed);
            }
            Ok(())
        };
        let error = ordered(2, &monitor, numbers(u64::MAX), || (), || 0, double, consume).expect_err("interrupted");
        assert_eq!((error.kind(), consumed), (ErrorKind::Interrupted(2), 11));
    }

    #[test]
    fn a_worker_that_waits_for_its_input_ends_when_another_fails() {
        let monitor = Monitor::new();
        let mut jobs = 0..3u64;
        let next = || match jobs.next() {
            Some(job) => Ok(Some(job)),
            // As a pipe that nobody writes to.
            None => loop {
                monitor.check()?;
            },
        };
        let consume = |job, _: &mut u64| match job {
            2 => Err(Error::new(ErrorKind::Output, "full")),
            _ => Ok(()),
        };
        let error = ordered(2, &monitor, next, || (), || 0, double, consume).expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Output);
    }

    #[test]
    fn a_monitor_that_was_stopped_is_no_success() {
        let monitor = Monitor::new();
        monitor.stop();
        let error = ordered(2, &monitor, numbers(9), || (), || 0, double, |_, _| Ok(())).expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Panic);
    }

    #[test]
    fn a_consumer_that_panics_ends_the_workers() {
        let consume = |job, _: &mut u64| {
            assert!(job != 10, "ten");
            Ok(())
        };
        let error = ordered(4, &Monitor::new(), numbers(u64::MAX), || (), || 0, double, consume).expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Panic);
    }

    #[test]
    fn a_consumer_that_fails_ends_the_workers() {
        let consume = |job, _: &mut u64| match job {
            10 => Err(Error::new(ErrorKind::Output, "full")),
            _ => Ok(()),
        };
        let error = ordered(4, &Monitor::new(), numbers(u64::MAX), || (), || 0, double, consume).expect_err("fails");
        assert_eq!(error.kind(), ErrorKind::Output);
    }
}
