//! Order of outputs, the first failure, bounds, and shutdown without hanging.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// More tasks than a failing run should produce. Finite, so that a pool that does not stop fails the test instead of
/// hanging it.
const MANY: u64 = 100_000;
/// Longest wait for another thread before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stage whose tasks and outputs are numbers, and which calls a closure.
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

fn double(task: &u64, _: &mut (), result: &mut u64) {
    *result = task * 2;
}

#[test]
fn outputs_are_consumed_in_task_order() {
    for threads in [1, 2, 7] {
        let mut seen = vec![];
        let consume = |task, result: &mut u64| {
            seen.push((task, *result));
            Ok(())
        };
        WorkerPool::new(threads).run(&Monitor::new(), numbers(1000), &Numbers(double), consume).expect("nothing fails");
        assert_eq!(seen, (0..1000).map(|n| (n, n * 2)).collect::<Vec<_>>());
    }
}

#[test]
fn the_first_failure_in_task_order_is_reported() {
    for threads in [1, 2, 7] {
        let mut tasks = 0..100u64;
        let next = || match tasks.next() {
            Some(50) => Err(Error::new(ErrorKind::Input, "fifty")),
            task => Ok(task),
        };
        let mut seen = 0;
        let consume = |task, _: &mut u64| {
            assert_eq!(task, seen);
            seen += 1;
            Ok(())
        };
        let error = WorkerPool::new(threads).run(&Monitor::new(), next, &Numbers(double), consume).expect_err("fails");
        assert_eq!((error.kind(), seen), (ErrorKind::Input, 50));
    }
}

#[test]
fn a_panic_becomes_an_error() {
    for threads in [1, 2, 7] {
        let work = |task: &u64, _: &mut (), _: &mut u64| assert!(*task != 20, "twenty");
        let error =
            WorkerPool::new(threads).run(&Monitor::new(), numbers(1000), &Numbers(work), |_, _: &mut u64| Ok(()));
        let error = error.expect_err("panics");
        assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, "internal error: twenty"));
    }
}

#[test]
fn a_failed_task_is_reported_after_the_tasks_before_it() {
    for threads in [2, 7] {
        let failed = AtomicBool::new(false);
        let work = |task: &u64, _: &mut (), _: &mut u64| match task {
            0 => wait_until(|| failed.load(Ordering::SeqCst)),
            1 => {
                failed.store(true, Ordering::SeqCst);
                panic!("one");
            }
            _ => {}
        };
        let mut seen = vec![];
        let consume = |task, _: &mut u64| {
            seen.push(task);
            Ok(())
        };
        let error = WorkerPool::new(threads).run(&Monitor::new(), numbers(MANY), &Numbers(work), consume);
        let error = error.expect_err("panics");
        assert_eq!((error.message(), seen), ("internal error: one", vec![0]));
    }
}

#[test]
fn the_number_of_tasks_in_flight_is_bounded() {
    for (workers, most) in [
        (WorkerPool::new(2), 2 * IN_FLIGHT_PER_THREAD),
        (WorkerPool::new(2).with_min_in_flight(1), 2 * IN_FLIGHT_PER_THREAD),
        (WorkerPool::new(2).with_min_in_flight(20), 20),
        (WorkerPool::new(7).with_min_in_flight(20), 7 * IN_FLIGHT_PER_THREAD),
    ] {
        let (most, produced, mut done) = (most as u64, AtomicU64::new(0), 0);
        let next = || Ok(Some(produced.fetch_add(1, Ordering::SeqCst)).filter(|&task| task < 1000));
        // Every hundredth task waits until no permit is left.
        let work = |task: &u64, _: &mut (), _: &mut u64| {
            if task.is_multiple_of(100) {
                wait_until(|| produced.load(Ordering::SeqCst) == most + task);
            }
        };
        let consume = |_, _: &mut u64| {
            assert!(produced.load(Ordering::SeqCst) - done <= most);
            done += 1;
            Ok(())
        };
        workers.run(&Monitor::new(), next, &Numbers(work), consume).expect("nothing fails");
        assert_eq!(done, 1000);
    }
}

#[test]
fn a_failure_ends_a_run_with_many_waiting_outputs() {
    let produced = AtomicU64::new(0);
    let next = || Ok(Some(produced.fetch_add(1, Ordering::SeqCst)).filter(|&task| task < MANY));
    let work = |task: &u64, _: &mut (), _: &mut u64| {
        if *task == 0 {
            wait_until(|| produced.load(Ordering::SeqCst) == 20);
            panic!("zero");
        }
    };
    let workers = WorkerPool::new(3).with_min_in_flight(20);
    let error = workers.run(&Monitor::new(), next, &Numbers(work), |_, _: &mut u64| Ok(())).expect_err("panics");
    assert_eq!((error.message(), produced.into_inner()), ("internal error: zero", 20));
}

/// Outputs that wait behind a failure are not consumed and do not change the outcome.
#[test]
fn outputs_behind_the_first_failure_are_dropped() {
    for threads in [2, 7] {
        let workers = WorkerPool::new(threads);
        let produced = AtomicU64::new(0);
        let next = || Ok(Some(produced.fetch_add(1, Ordering::SeqCst)).filter(|&task| task < MANY));
        let work = |task: &u64, _: &mut (), _: &mut u64| {
            if *task == 0 {
                wait_until(|| produced.load(Ordering::SeqCst) == workers.max_in_flight as u64);
            }
        };
        let mut seen = vec![];
        let consume = |task: u64, _: &mut u64| {
            seen.push(task);
            Err(Error::new(ErrorKind::Output, format!("job {task}")))
        };
        let error = workers.run(&Monitor::new(), next, &Numbers(work), consume).expect_err("fails");
        assert_eq!((error.kind(), error.message(), seen), (ErrorKind::Output, "job 0", vec![0]));
    }
}

fn wait_until(condition: impl Fn() -> bool) {
    let clock = Instant::now();
    while !condition() {
        assert!(clock.elapsed() < PATIENCE, "the condition was not reached in time");
        thread::yield_now();
    }
}

#[test]
fn an_interrupt_ends_a_run_before_the_next_output() {
    let (monitor, mut consumed) = (Monitor::new(), 0);
    let consume = |task, _: &mut u64| {
        consumed += 1;
        if task == 10 {
            monitor.cancel_token().signal_number().store(2, Ordering::Relaxed);
        }
        Ok(())
    };
    let error = WorkerPool::new(2).run(&monitor, numbers(MANY), &Numbers(double), consume).expect_err("interrupted");
    assert_eq!((error.kind(), consumed), (ErrorKind::Interrupted(2), 11));
}

#[test]
fn a_worker_that_waits_for_input_ends_when_another_fails() {
    let (monitor, timed_out) = (Monitor::new(), AtomicBool::new(false));
    let mut tasks = 0..3u64;
    let next = || match tasks.next() {
        Some(task) => Ok(Some(task)),
        // Like a pipe whose writer sends nothing.
        None => {
            let clock = Instant::now();
            while clock.elapsed() < PATIENCE {
                monitor.check()?;
            }
            timed_out.store(true, Ordering::SeqCst);
            Ok(None)
        }
    };
    let consume = |task, _: &mut u64| match task {
        2 => Err(Error::new(ErrorKind::Output, "full")),
        _ => Ok(()),
    };
    let error = WorkerPool::new(2).run(&monitor, next, &Numbers(double), consume).expect_err("fails");
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(!timed_out.into_inner(), "the worker kept waiting");
}

#[test]
fn a_run_with_a_stopped_monitor_fails() {
    let monitor = Monitor::new();
    monitor.stop();
    let error =
        WorkerPool::new(2).run(&monitor, numbers(9), &Numbers(double), |_, _: &mut u64| Ok(())).expect_err("fails");
    assert_eq!(error.kind(), ErrorKind::Panic);
}

/// Runs until `consume` fails at task 10, and returns the error. No task is produced after that, so the number of tasks
/// is bounded by those consumed and those in flight.
fn error_of(consume: impl FnMut(u64, &mut u64) -> Result<()> + Send) -> Error {
    let (workers, produced) = (WorkerPool::new(4), AtomicU64::new(0));
    let next = || Ok(Some(produced.fetch_add(1, Ordering::SeqCst)).filter(|&task| task < MANY));
    let error = workers.run(&Monitor::new(), next, &Numbers(double), consume).expect_err("fails");
    let produced = produced.into_inner();
    assert!(produced <= 10 + workers.max_in_flight as u64, "{produced} tasks were produced");
    error
}

#[test]
fn a_panic_of_the_sink_ends_the_workers() {
    let error = error_of(|task, _| {
        assert!(task != 10, "ten");
        Ok(())
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Panic, "internal error: ten"));
}

#[test]
fn an_error_of_the_sink_ends_the_workers() {
    let error = error_of(|task, _| match task {
        10 => Err(Error::new(ErrorKind::Output, "full")),
        _ => Ok(()),
    });
    assert_eq!((error.kind(), error.message()), (ErrorKind::Output, "full"));
}

/// Regression: a worker that ended after a failure could leave another worker waiting for a task forever.
#[test]
fn no_worker_waits_for_a_task_after_a_failure() {
    for round in 0..4_000u64 {
        let (threads, failing) = (2 + round as usize % 6, round % 23);
        let process = |task: &u64, _: &mut (), _: &mut u64| assert!(*task != failing, "failed");
        let sink = |task: u64, _: &mut u64| match round % 3 {
            0 if task == failing / 2 => Err(Error::new(ErrorKind::Output, "full")),
            _ => Ok(()),
        };
        let error = WorkerPool::new(threads).run(&Monitor::new(), numbers(100), &Numbers(process), sink);
        assert!(error.is_err());
    }
}
