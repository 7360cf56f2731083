//! Progress and cancellation of a running job.
//!
//! The stages of a job store what they have done in a [`Monitor`]. Observers ask it for a [`Progress`], and cancel the
//! job with its [`CancelToken`]. The counters are relaxed atomics that are updated once per chunk; [`work_plan`]
//! converts them into work only when an observer asks.

mod cancel_token;
pub(crate) mod map_growth;
mod progress;
pub(crate) mod work_plan;

use crate::error::{Error, ErrorKind, Result};
use cancel_token::CANCELLED;
pub use cancel_token::CancelToken;
use map_growth::GrowthCounter;
pub use progress::{Phase, Progress};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use work_plan::{Done, WorkPlan};

/// The progress, the notices and the cancellation of one job, shared between the job and its observers.
#[derive(Debug, Default)]
pub struct Monitor {
    cancel: CancelToken,
    /// Whether a worker has failed; the others then end.
    stopped: AtomicBool,
    phase: AtomicU8,
    /// Bytes processed: of an input, of a verified set, or of generated files.
    done: AtomicU64,
    /// The growth of the customers' map.
    growth: GrowthCounter,
    /// Bytes of customers without purchases that have been collected, and those that have been appended.
    collected: AtomicU64,
    appended: AtomicU64,
    /// Rows of the combined data.
    rows: AtomicU64,
    /// Bytes of the combined data that have been written, and those of them that are not yet on the disk; both 0
    /// unless the job syncs.
    written: AtomicU64,
    unsynced: AtomicU64,
    /// Changed a few times per job.
    plan: Mutex<WorkPlan>,
    /// The largest share of the work that was reported to an observer, as the bits of an `f64`. The bits of
    /// non-negative floats have the same order as the floats.
    largest_share: AtomicU64,
    started: OnceLock<Instant>,
    /// The duration of the job, once the clock has stopped.
    duration: OnceLock<Duration>,
    /// The smallest number of workers of any stage; 0 before the first stage.
    workers: AtomicUsize,
    notices: Mutex<Vec<String>>,
}

impl Monitor {
    /// Creates a monitor for one job, with a new token.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a monitor for one job that `token` cancels.
    pub fn with_cancel_token(token: &CancelToken) -> Self {
        Self { cancel: token.clone(), ..Self::default() }
    }

    /// The token that cancels the job.
    pub fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// The progress of the job.
    pub fn progress(&self) -> Progress {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        let phase = self.phase();
        let plan = self.lock_plan();
        let done = Done {
            bytes: load(&self.done),
            growth: self.growth.done(),
            collected: load(&self.collected),
            appended: load(&self.appended),
            written: load(&self.written),
            unsynced: load(&self.unsynced),
            staged: phase == Phase::Publishing,
        };
        let work = plan.work(&done);
        let fraction = work.map(|(done, total)| {
            let share = done as f64 / total.max(1) as f64;
            // The lock on the plan orders concurrent observers, so the share never decreases.
            let largest = self.largest_share.fetch_max(share.to_bits(), Ordering::Relaxed);
            share.max(f64::from_bits(largest))
        });
        Progress {
            phase,
            bytes_done: done.bytes,
            bytes_total: plan.bytes(),
            rows: load(&self.rows),
            elapsed: self.elapsed(),
            work,
            fraction,
        }
    }

    /// Time since the start of the job, or its duration once the clock has stopped.
    pub fn elapsed(&self) -> Duration {
        let running = || self.started.get().map_or(Duration::ZERO, Instant::elapsed);
        self.duration.get().copied().unwrap_or_else(running)
    }

    /// Stops the clock, so that every message states the same duration, and returns it, rounded to milliseconds.
    pub(crate) fn stop_clock(&self) -> Duration {
        let rounded = Duration::from_millis(((self.elapsed().as_micros() + 500) / 1000) as u64);
        *self.duration.get_or_init(|| rounded)
    }

    fn lock_plan(&self) -> std::sync::MutexGuard<'_, WorkPlan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The current phase.
    pub(crate) fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed)) % Phase::ALL.len()]
    }

    /// The notices of the job: one-line remarks on events that did not fail it, in the order in which they occurred.
    pub fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a notice, unless one with the same text exists.
    pub(crate) fn notice(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    /// Sets the current phase. The clock starts with the first.
    pub(crate) fn enter(&self, phase: Phase) {
        self.started.get_or_init(Instant::now);
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Sets or changes what the job has to do.
    pub(crate) fn plan(&self, change: impl FnOnce(&mut WorkPlan)) {
        change(&mut self.lock_plan());
    }

    /// Bytes processed so far, over all phases.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The counter for the growth of the customers' map.
    pub(crate) fn growth(&self) -> &GrowthCounter {
        &self.growth
    }

    /// Adds bytes of customers that have been collected, to be appended.
    pub(crate) fn advance_collected(&self, bytes: u64) {
        self.collected.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds bytes of customers that have been appended.
    pub(crate) fn advance_appended(&self, bytes: u64) {
        self.appended.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Sets the number of rows of the combined data so far.
    pub(crate) fn set_rows(&self, rows: u64) {
        self.rows.store(rows, Ordering::Relaxed);
    }

    /// Sets how many bytes of the combined data have been written, and how many of them are not yet on the disk.
    pub(crate) fn set_unsynced(&self, written: u64, unsynced: u64) {
        // An observer between the two stores may see a share that is slightly off.
        self.written.store(written, Ordering::Relaxed);
        self.unsynced.store(unsynced, Ordering::Relaxed);
    }

    /// Records the number of workers of a stage.
    pub(crate) fn record_workers(&self, workers: usize) {
        let smallest = |known| if known == 0 { workers } else { workers.min(known) };
        self.workers.store(smallest(self.workers()), Ordering::Relaxed);
    }

    /// The smallest number of workers of any stage.
    pub(crate) fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    /// Adds input bytes whose results have been written.
    pub(crate) fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Tells every thread of the job to end, after a failure.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether [`stop`](Self::stop) was called.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Whether [`check`](Self::check) would fail. Does not allocate.
    pub(crate) fn should_stop(&self) -> bool {
        self.cancel.is_cancelled() || self.is_stopped()
    }

    /// Fails if the job is cancelled, interrupted or stopped.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.should_stop() {
            return Ok(());
        }
        // A verification never publishes anything, so its message does not mention it.
        let then = if self.phase() == Phase::Verifying { "" } else { "; nothing was published" };
        match self.interruption(then) {
            Some(error) => Err(error),
            // The user does not see this error: the failed worker reports its own.
            None => Err(Error::new(ErrorKind::Panic, "a worker was stopped without a reason")),
        }
    }

    /// The error for a cancellation or a signal, if there was one; `then` is appended to the message.
    pub(crate) fn interruption(&self, then: &str) -> Option<Error> {
        let signal = self.cancel.0.load(Ordering::Relaxed);
        let name = match signal {
            0 => return None,
            CANCELLED => return Some(Error::new(ErrorKind::Cancelled, format!("cancelled{then}"))),
            1 => "interrupted (SIGHUP)".to_owned(),
            2 => "interrupted (SIGINT)".to_owned(),
            15 => "interrupted (SIGTERM)".to_owned(),
            other => format!("interrupted (signal {other})"),
        };
        Some(Error::new(ErrorKind::Interrupted(signal as i32), format!("{name}{then}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_the_work_never_decreases() {
        let monitor = Monitor::new();
        assert_eq!(monitor.progress().fraction, None);
        monitor.plan(|plan| *plan = WorkPlan::of_bytes(100));
        monitor.advance(50);
        assert_eq!(monitor.progress().fraction, Some(0.5));
        monitor.plan(|plan| *plan = WorkPlan::of_bytes(200));
        let progress = monitor.progress();
        assert_eq!((progress.fraction, progress.work), (Some(0.5), Some((50, 200))));
        monitor.advance(100);
        assert_eq!(monitor.progress().fraction, Some(0.75));
    }

    #[test]
    fn the_clock_starts_with_the_first_phase_and_stops_once() {
        let monitor = Monitor::new();
        assert_eq!(monitor.elapsed(), Duration::ZERO);
        monitor.enter(Phase::Opening);
        std::thread::sleep(Duration::from_millis(2));
        let duration = monitor.stop_clock();
        assert!(
            duration >= Duration::from_millis(2) && duration.subsec_nanos().is_multiple_of(1_000_000),
            "{duration:?}"
        );
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!((monitor.stop_clock(), monitor.progress().elapsed), (duration, duration));
    }

    #[test]
    fn interruption_messages_mention_publication_only_in_runs() {
        let monitor = Monitor::new();
        assert!(monitor.check().is_ok());
        monitor.cancel_token().signal_number().store(2, Ordering::Relaxed);
        let message = || monitor.check().expect_err("interrupted").to_string();
        assert_eq!(message(), "interrupted (SIGINT); nothing was published");
        monitor.enter(Phase::Verifying);
        assert_eq!(message(), "interrupted (SIGINT)");
    }
}
