//! Progress and cancellation of a running job.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The phase of a job. A join passes through the first seven in order, [`Syncing`](Self::Syncing) only on request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Opening the inputs and reading their headers.
    Opening,
    /// Loading the customers; progress in input bytes.
    Customers,
    /// Joining the purchases; progress in input bytes.
    Purchases,
    /// Appending the customers without purchases.
    UnmatchedCustomers,
    /// Checking the invariants and writing totals, chart and report.
    Finishing,
    /// Writing totals, chart and report, and syncing all files to disk. Only with [`Job::sync`](crate::Job::sync).
    Syncing,
    /// Moving the staged files to their final names.
    Publishing,
    /// Re-reading an output set; progress in bytes read.
    Verifying,
    /// Generating synthetic inputs; progress in bytes written.
    Generating,
}

impl Phase {
    const ALL: [Self; 9] = [
        Self::Opening,
        Self::Customers,
        Self::Purchases,
        Self::UnmatchedCustomers,
        Self::Finishing,
        Self::Syncing,
        Self::Publishing,
        Self::Verifying,
        Self::Generating,
    ];
}

/// The progress of a job at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The current phase.
    pub phase: Phase,
    /// Bytes processed since the start, over all phases.
    pub bytes_done: u64,
    /// Bytes to process in total; `None` if unknown, for example if an input is a pipe.
    pub bytes_total: Option<u64>,
    /// Work done and total work, in bytes; `None` if unknown. Work is the input and, for a full join, the estimated
    /// size of the customers that are appended after it. A progress bar should show their ratio.
    pub work: Option<(u64, u64)>,
}

/// Cancels a job from another thread or from a signal handler. All clones of a token cancel the same job.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicUsize>);

/// The value of a token after [`CancelToken::cancel`]. Any other value except 0 is a signal number.
const CANCELLED: usize = usize::MAX;

impl CancelToken {
    /// Creates a token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests cancellation. The job then fails with [`ErrorKind::Cancelled`] and publishes nothing, unless the set is
    /// already published.
    pub fn cancel(&self) {
        self.0.store(CANCELLED, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called or a signal handler stored a signal number.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// The state of the token, for signal handlers: 0 if not cancelled. A handler stores the number of its signal, and
    /// the job then fails with [`ErrorKind::Interrupted`].
    pub fn signal_number(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }
}

/// The progress, the notices and the cancellation of one job, shared between the job and its observers.
#[derive(Debug, Default)]
pub struct Monitor {
    cancel: CancelToken,
    /// Whether a worker has failed; the others then end.
    stopped: AtomicBool,
    phase: AtomicU8,
    /// Bytes processed: of an input, of a verified set, or of generated files.
    done: AtomicU64,
    /// Bytes to process in total; 0 if unknown.
    total: AtomicU64,
    /// Upper bound on the bytes of customers to append after the input.
    appended_total: AtomicU64,
    /// Bytes of customers that have been appended, or that will not be.
    appended_done: AtomicU64,
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
        let total = self.total();
        Progress {
            phase: self.phase(),
            bytes_done: self.done(),
            bytes_total: (total > 0).then_some(total),
            work: self.work(),
        }
    }

    /// The current phase.
    pub(crate) fn phase(&self) -> Phase {
        Phase::ALL[usize::from(self.phase.load(Ordering::Relaxed)) % Phase::ALL.len()]
    }

    /// Input bytes whose results have been written, over all phases so far.
    pub(crate) fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// Input bytes in total; 0 if unknown, as for pipes.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
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

    /// Sets the current phase.
    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Sets the total number of bytes to process.
    pub(crate) fn set_total(&self, bytes: u64) {
        self.total.store(bytes, Ordering::Relaxed);
    }

    /// Work done and total work, as in [`Progress::work`]: [`done`](Self::done) and [`total`](Self::total) plus the
    /// appended customers.
    pub(crate) fn work(&self) -> Option<(u64, u64)> {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        (self.total() > 0).then(|| (self.done() + load(&self.appended_done), self.total() + load(&self.appended_total)))
    }

    /// Sets the upper bound on the bytes of customers that are appended after the input.
    pub(crate) fn set_appended_total(&self, bytes: u64) {
        self.appended_total.store(bytes, Ordering::Relaxed);
    }

    /// Adds bytes of customers that have been appended, or that will not be.
    pub(crate) fn advance_appended(&self, bytes: u64) {
        self.appended_done.fetch_add(bytes, Ordering::Relaxed);
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
