//! Order, the first failure, bounds, and ends that never hang.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// More jobs than any failing test should be given; finite, so that a pipeline that does not stop fails the test instead
/// of hanging it.
const MANY: u64 = 100_000;
/// Longest wait for another thread before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stage over `u64` tasks without scratch, whose outputs are `u64`.
struct Numbers<P>(P);

impl<P: Fn(&u64, &mut (), &mut u64) + Sync> Stage for Numbers<P> {
    type Task = u64;
    type Scratch = ();
    type Output = u64;

    fn scratch(&self) {}

    fn output(&self) -> u64 {
        0
    }

    fn process(&self, task: &u64, scratch: &mut (), output: &mut u64) {
        self.0(task, scratch, output);
    }
}

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
        WorkerPool::new(threads).run(&Monitor::new(), numbers(1000), &Numbers(double), consume).expect("nothing fails");
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
        let error = WorkerPool::new(threads).run(&Monitor::new(), next, &Numbers(double), consume).expect_err("fails");
        assert_eq!((error.kind(), seen), (ErrorKind::Input, 50));
    }
}

#[test]
fn a_panic_surfaces_and_never_hangs() {
    for threads in [1, 2, 7] {
        let work = |job: &u64, _: &mut (), _: &mut u64| assert!(*job != 20, "twenty");
        let error =
            WorkerPool::new(threads).run(&Monitor::new(), numbers(1000), &Numbers(work), |_, _: &mut u64| Ok(()));
        let error = error.expect_err("panics");
        assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, "internal error: twenty"));
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
        let error = WorkerPool::new(threads).run(&Monitor::new(), numbers(MANY), &Numbers(work), consume);
        let error = error.expect_err("panics");
        assert_eq!((error.message(), seen), ("internal error: one", vec![0]));
    }
}

#[test]
fn no_more_jobs_than_buffers_are_in_flight() {
    for (workers, most) in [
        (WorkerPool::new(2), 2 * IN_FLIGHT_PER_THREAD),
        (WorkerPool::new(2).with_min_in_flight(1), 2 * IN_FLIGHT_PER_THREAD),
        (WorkerPool::new(2).with_min_in_flight(20), 20),
        (WorkerPool::new(7).with_min_in_flight(20), 7 * IN_FLIGHT_PER_THREAD),
    ] {
        let (most, given, mut done) = (most as u64, AtomicU64::new(0), 0);
        let next = || Ok(Some(given.fetch_add(1, Ordering::SeqCst)).filter(|&job| job < 1000));
        // The first one waits until there are no buffers left, and so does the hundredth.
        let work = |job: &u64, _: &mut (), _: &mut u64| {
            if job.is_multiple_of(100) {
                while_not(|| given.load(Ordering::SeqCst) == most + job);
            }
        };
        let consume = |_, _: &mut u64| {
            assert!(given.load(Ordering::SeqCst) - done <= most);
            done += 1;
            Ok(())
        };
        workers.run(&Monitor::new(), next, &Numbers(work), consume).expect("nothing fails");
        assert_eq!(done, 1000);
    }
}

#[test]
fn a_failure_with_many_waiting_behind_it_ends() {
    let given = AtomicU64::new(0);
    let next = || Ok(Some(given.fetch_add(1, Ordering::SeqCst)).filter(|&job| job < MANY));
    let work = |job: &u64, _: &mut (), _: &mut u64| {
        if *job == 0 {
            while_not(|| given.load(Ordering::SeqCst) == 20);
            panic!("zero");
        }
    };
    let workers = WorkerPool::new(3).with_min_in_flight(20);
    let error = workers.run(&Monitor::new(), next, &Numbers(work), |_, _: &mut u64| Ok(())).expect_err("panics");
    assert_eq!((error.message(), given.into_inner()), ("internal error: zero", 20));
}

/// Results that are already waiting when one fails are dropped: they are not consumed and do not change the outcome.
#[test]
fn results_behind_the_first_failure_are_dropped() {
    for threads in [2, 7] {
        let workers = WorkerPool::new(threads);
        let given = AtomicU64::new(0);
        let next = || Ok(Some(given.fetch_add(1, Ordering::SeqCst)).filter(|&job| job < MANY));
        let work = |job: &u64, _: &mut (), _: &mut u64| {
            if *job == 0 {
                while_not(|| given.load(Ordering::SeqCst) == workers.max_in_flight as u64);
            }
        };
        let mut seen = vec![];
        let consume = |job: u64, _: &mut u64| {
            seen.push(job);
            Err(Error::new(ErrorKind::Output, format!("job {job}")))
        };
        let error = workers.run(&Monitor::new(), next, &Numbers(work), consume).expect_err("fails");
        assert_eq!((error.kind(), error.message(), seen), (ErrorKind::Output, "job 0", vec![0]));
    }
}

fn while_not(so: impl Fn() -> bool) {
    let clock = Instant::now();
    while !so() {
        assert!(clock.elapsed() < PATIENCE, "waited in vain");
        thread::yield_now();
    }
}

#[test]
fn an_interrupt_ends_it_before_the_next_result() {
    let (monitor, mut consumed) = (Monitor::new(), 0);
    let consume = |job, _: &mut u64| {
        consumed += 1;
        if job == 10 {
            monitor.cancel_token().signal_number().store(2, Ordering::Relaxed);
        }
        Ok(())
    };
    let error = WorkerPool::new(2).run(&monitor, numbers(MANY), &Numbers(double), consume).expect_err("interrupted");
    assert_eq!((error.kind(), consumed), (ErrorKind::Interrupted(2), 11));
}

#[test]
fn a_worker_that_waits_for_its_input_ends_when_another_fails() {
    let (monitor, in_vain) = (Monitor::new(), AtomicBool::new(false));
    let mut jobs = 0..3u64;
    let next = || match jobs.next() {
        Some(job) => Ok(Some(job)),
        // Like a pipe whose writer sends nothing.
        None => {
            let clock = Instant::now();
            while clock.elapsed() < PATIENCE {
                monitor.check()?;
            }
            in_vain.store(true, Ordering::SeqCst);
            Ok(None)
        }
    };
    let consume = |job, _: &mut u64| match job {
        2 => Err(Error::new(ErrorKind::Output, "full")),
        _ => Ok(()),
    };
    let error = WorkerPool::new(2).run(&monitor, next, &Numbers(double), consume).expect_err("fails");
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(!in_vain.into_inner(), "the worker kept waiting");
}

#[test]
fn a_monitor_that_was_stopped_is_no_success() {
    let monitor = Monitor::new();
    monitor.stop();
    let error =
        WorkerPool::new(2).run(&monitor, numbers(9), &Numbers(double), |_, _: &mut u64| Ok(())).expect_err("fails");
    assert_eq!(error.kind(), ErrorKind::Panic);
}

/// Runs until `consume` fails at job 10, and returns the error. No worker takes a new job after that, so the jobs that
/// were given are the consumed ones and at most those in flight.
fn ended_by(consume: impl FnMut(u64, &mut u64) -> Result<()> + Send) -> Error {
    let (workers, given) = (WorkerPool::new(4), AtomicU64::new(0));
    let next = || Ok(Some(given.fetch_add(1, Ordering::SeqCst)).filter(|&job| job < MANY));
    let error = workers.run(&Monitor::new(), next, &Numbers(double), consume).expect_err("fails");
    let given = given.into_inner();
    assert!(given <= 10 + workers.max_in_flight as u64, "{given} jobs were given");
    error
}

#[test]
fn a_consumer_that_panics_ends_the_workers() {
    let error = ended_by(|job, _| {
        assert!(job != 10, "ten");
        Ok(())
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, "internal error: ten"));
}

#[test]
fn a_consumer_that_fails_ends_the_workers() {
    let error = ended_by(|job, _| match job {
        10 => Err(Error::new(ErrorKind::Output, "full")),
        _ => Ok(()),
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Output, "full"));
}
