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

/// Shared between a run and whoever watches it. One monitor serves one run.
#[derive(Debug, Default)]
pub struct Monitor {
    signal: Arc<AtomicUsize>,
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

    /// Where a signal's number goes to end the run: 0 means "go on". A signal handler may store into it.
    pub fn signal(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.signal)
    }

    /// What the run is doing.
    pub fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed)) % Phase::ALL.len()]
    }

    /// Input bytes finished, over all phases so far: rows of these bytes have been written.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Input bytes in all, or 0 while that is not known (pipes).
    pub fn total(&self) -> u64 {
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
    pub fn work(&self) -> Option<(u64, u64)> {
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
        self.signal.load(Ordering::Relaxed) != 0 || self.is_stopped()
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
        let signal = self.signal.load(Ordering::Relaxed);
        let name = match signal {
            0 => return None,
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
        monitor.signal().store(2, Ordering::Relaxed);
        let told = || monitor.check().expect_err("interrupted").to_string();
        assert_eq!(told(), "interrupted (SIGINT); nothing was published");
        monitor.enter(Phase::Verifying);
        assert_eq!(told(), "interrupted (SIGINT)");
    }
}
