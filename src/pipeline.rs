//! The wiring: a pool of workers, results in order, bounded memory, and an end that never hangs.
//!
//! Each worker takes a result buffer from a bounded pool, then the next job (in a lock, so jobs are
//! numbered in their order), works on it and sends the result. The calling thread puts the results back
//! in order, consumes them one by one and returns their buffers to the pool. As a buffer is taken before a
//! job, no more jobs than buffers are ever in flight, and the job that everyone waits for has one.

use crate::error::{Error, ErrorKind, Result, os_text};
use crate::monitor::Monitor;
use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Results being worked on, or waiting for their turn, for each worker.
const IN_FLIGHT: usize = 3;

/// A job with its place in the order, or the error that ends the jobs.
struct Source<N> {
    next: N,
    number: u64,
    ended: bool,
}

/// Runs `work` on every job that `next` gives, on `threads` workers, and `consume` on the results, on this
/// thread, in the order of the jobs. The first failure in that order ends it and is returned.
///
/// `work` gets the job, the worker's scratch and a used result to write into. `consume` keeps neither.
pub(crate) fn ordered<J, S, R>(
    threads: usize,
    monitor: &Monitor,
    next: impl FnMut() -> Result<Option<J>> + Send,
    scratch: impl Fn() -> S + Sync,
    buffer: impl Fn() -> R,
    work: impl Fn(&J, &mut S, &mut R) + Sync,
    mut consume: impl FnMut(J, &mut R) -> Result<()>,
) -> Result<()>
where
    J: Send,
    R: Send,
{
    let (pool, buffers) = bounded(threads * IN_FLIGHT);
    for _ in 0..threads * IN_FLIGHT {
        // Proof: the channel holds as many, and its receiver is alive.
        pool.send(buffer()).expect("the pool has room");
    }
    let (results, finished) = unbounded();
    let source = Mutex::new(Source { next, number: 0, ended: false });
    thread::scope(|scope| {
        let mut started = 0;
        for number in 0..threads {
            let (buffers, results) = (buffers.clone(), results.clone());
            let (source, scratch, work) = (&source, &scratch, &work);
            let body = move || worker(source, buffers, results, scratch, work);
            match thread::Builder::new().name(format!("worker-{number}")).spawn_scoped(scope, body) {
                Ok(_) => started += 1,
                // Fewer threads do the same job.
                Err(error) if started > 0 => {
                    monitor.notice(format!("fewer threads than asked for could be started: {}", os_text(&error)));
                    break;
                }
                Err(error) => {
                    return Err(Error::new(
                        ErrorKind::Resources,
                        format!("cannot start a thread: {}", os_text(&error)),
                    )
                    .hint("raise the limit on processes and threads (ulimit -u)"));
                }
            }
        }
        monitor.ran_with(started);
        // Only the workers hold these now, so their end closes the channels.
        drop((buffers, results));
        let consumed = catch_unwind(AssertUnwindSafe(|| in_order(monitor, &finished, &pool, &mut consume)));
        let outcome = consumed.unwrap_or_else(|panic| Err(panicked(panic.as_ref())));
        if outcome.is_err() {
            monitor.stop();
        }
        // The workers wait for buffers or jobs only: both end here.
        drop((pool, finished));
        outcome
    })
}

type Finished<J, R> = (u64, Result<(J, R)>);

/// Consumes the results in order until there are none left.
fn in_order<J, R>(
    monitor: &Monitor,
    finished: &Receiver<Finished<J, R>>,
    pool: &Sender<R>,
    consume: &mut impl FnMut(J, &mut R) -> Result<()>,
) -> Result<()> {
    let mut waiting = BTreeMap::new();
    let mut turn = 0;
    for (number, result) in finished {
        waiting.insert(number, result);
        while let Some(result) = waiting.remove(&turn) {
            monitor.check()?;
            let (job, mut buffer) = result?;
            consume(job, &mut buffer)?;
            // Without workers nobody wants it any more.
            let _ = pool.send(buffer);
            turn += 1;
        }
    }
    match waiting.is_empty() {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::Panic, "a worker ended without its result; nothing was published")),
    }
}

fn worker<J, S, R, N: FnMut() -> Result<Option<J>>>(
    source: &Mutex<Source<N>>,
    buffers: Receiver<R>,
    results: Sender<Finished<J, R>>,
    scratch: &impl Fn() -> S,
    work: &impl Fn(&J, &mut S, &mut R),
) {
    let mut scratch = scratch();
    for mut buffer in buffers {
        let Some((number, job)) = next_job(source) else { return };
        let result = job.and_then(|job| {
            // A panic becomes a value with its place in the order; the scratch it may have left half
            // written is never used again.
            let done = catch_unwind(AssertUnwindSafe(|| {
                #[cfg(feature = "fault-injection")]
                crate::fault::at_chunk(number);
                work(&job, &mut scratch, &mut buffer);
            }));
            match done {
                Ok(()) => Ok((job, buffer)),
                Err(panic) => Err(panicked(panic.as_ref())),
            }
        });
        let failed = result.is_err();
        if results.send((number, result)).is_err() || failed {
            return;
        }
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
