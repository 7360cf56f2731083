//! What a run tells and is told while it runs: how far it is, and whether to stop.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a run is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Opening inputs and reading headers.
    Opening,
    /// Loading the customers; progress in input bytes.
    Customers,
    /// Joining the purchases; progress in input bytes.
    Purchases,
    /// Appending the customers without purchases.
    Remainder,
    /// Writing totals, chart and report.
    Finishing,
    /// Waiting until the set is on the disk, where that was asked for.
    Syncing,
    /// Moving the set to its names.
    Publishing,
    /// Re-reading an output set; progress in bytes.
    Verifying,
    /// Making a synthetic pair; progress in bytes written.
    Generating,
}

impl Phase {
    const ALL: [Self; 9] = [
        Self::Opening,
        Self::Customers,
        Self::Purchases,
        Self::Remainder,
        Self::Finishing,
        Self::Syncing,
        Self::Publishing,
        Self::Verifying,
        Self::Generating,
    ];
}

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// What the job is doing.
    pub phase: Phase,
    /// Bytes of input processed, over all phases so far.
    pub bytes_done: u64,
    /// Bytes of input in total; `None` if unknown, as with pipes.
    pub bytes_total: Option<u64>,
    /// Work done and work in total, in bytes of input and of the rows that are appended after it; `None` if unknown.
    /// Their ratio is what a progress bar shows.
    pub work: Option<(u64, u64)>,
}

/// Cancels a job from another thread or from a signal handler. Clones cancel the same job.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicUsize>);

/// The value of a token that was cancelled by the program, not by a signal.
const CANCELLED: usize = usize::MAX;

impl CancelToken {
    /// A token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the job to stop. It ends soon, and publishes nothing unless it is already published.
    pub fn cancel(&self) {
        self.0.store(CANCELLED, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called or a signal arrived.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// The number behind the token: 0, or the number of a signal. A signal handler may store a signal's number, so that
    /// the job ends with [`ErrorKind::Interrupted`].
    pub fn signal_number(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }
}

/// Shared between a job and whoever watches it. One monitor serves one job.
#[derive(Debug, Default)]
pub struct Monitor {
    cancel: CancelToken,
    stopped: AtomicBool,
    phase: AtomicU8,
    done: AtomicU64,
    total: AtomicU64,
    /// Bytes of customers to be written when the input is done, at most, and those that have been.
    rest: AtomicU64,
    rest_done: AtomicU64,
    /// The fewest workers that a stage had; 0 before the first.
    workers: AtomicUsize,
    notices: Mutex<Vec<String>>,
}

impl Monitor {
    /// A monitor that nobody watches yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A monitor whose job is cancelled with `token`.
    pub fn with_cancel_token(token: &CancelToken) -> Self {
        Self { cancel: token.clone(), ..Self::default() }
    }

    /// The token that cancels the job.
    pub fn cancel_token(&self) -> CancelToken {
        self.cancel.clone()
    }

    /// How far the job is.
    pub fn progress(&self) -> Progress {
        let total = self.total();
        Progress {
            phase: self.phase(),
            bytes_done: self.done(),
            bytes_total: (total > 0).then_some(total),
            work: self.work(),
        }
    }

    /// What the run is doing.
    pub(crate) fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed)) % Phase::ALL.len()]
    }

    /// Input bytes finished, over all phases so far: rows of these bytes have been written.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Input bytes in all, or 0 while that is not known (pipes).
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// What a person should know of a run that went on: one line each, in the order they came up.
    pub fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a notice, the first time it comes up.
    pub(crate) fn notice(&self, text: String) {
        let mut notices = self.notices.lock().unwrap_or_else(PoisonError::into_inner);
        if !notices.contains(&text) {
            notices.push(text);
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    pub(crate) fn expect_total(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// How much work is done, and how much there is, in bytes of input and of what is made of it; `None` while
    /// the input's size is not known. More than [`done`](Self::done) and [`total`](Self::total), as customers
    /// are left over at the end.
    pub(crate) fn work(&self) -> Option<(u64, u64)> {
        let of = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (self.total() > 0).then(|| (self.done() + of(&self.rest_done), self.total() + of(&self.rest)))
    }

    /// At most this many bytes of customers are to be written when the input is done.
    pub(crate) fn expect_rest(&self, bytes: u64) {
        self.rest.store(bytes, Ordering::Relaxed);
    }

    pub(crate) fn advance_rest(&self, bytes: u64) {
        self.rest_done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A stage ran with so many workers.
    pub(crate) fn ran_with(&self, workers: usize) {
        let fewest = |fewest| if fewest == 0 { workers } else { workers.min(fewest) };
        self.workers.store(fewest(self.workers()), Ordering::Relaxed);
    }

    /// The fewest workers that a stage had.
    pub(crate) fn workers(&self) -> usize {
        self.workers.load(Ordering::Relaxed)
    }

    pub(crate) fn advance(&self, bytes: u64) {
        self.done.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Tells every thread of the run to end: something failed.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether something failed.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Whether [`check`](Self::check) would fail; does not allocate.
    pub(crate) fn must_end(&self) -> bool {
        self.cancel.is_cancelled() || self.is_stopped()
    }

    /// Fails when a signal asked for an end.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.must_end() {
            return Ok(());
        }
        // A verification would have published nothing anyway.
        let then = if self.phase() == Phase::Verifying { "" } else { "; nothing was published" };
        match self.interruption(then) {
            Some(error) => Err(error),
            // The worker that stopped the others reports its own error.
            None => Err(Error::new(ErrorKind::Panic, "a worker was stopped without a reason")),
        }
    }

    /// The error of a signal, if one arrived; `then` says what follows of it.
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
    fn an_interrupt_says_what_it_spoils() {
        let monitor = Monitor::new();
        assert!(monitor.check().is_ok());
        monitor.cancel_token().signal_number().store(2, Ordering::Relaxed);
        let told = || monitor.check().expect_err("interrupted").to_string();
        assert_eq!(told(), "interrupted (SIGINT); nothing was published");
        monitor.enter(Phase::Verifying);
        assert_eq!(told(), "interrupted (SIGINT)");
    }
}
