//! Requests to stop a job.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cancels a job from another thread or from a signal handler. All clones of a token cancel the same job.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(pub(super) Arc<AtomicUsize>);

/// The value of a token after [`CancelToken::cancel`]. Any other value except 0 is a signal number.
pub(super) const CANCELLED: usize = usize::MAX;

impl CancelToken {
    /// Creates a token that is not cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Requests cancellation. The job then fails with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled) and
    /// publishes nothing, unless the set is already published.
    pub fn cancel(&self) {
        self.0.store(CANCELLED, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called or a signal handler stored a signal number.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// The state of the token, for signal handlers: 0 if not cancelled. A handler stores the number of its signal, and
    /// the job then fails with [`ErrorKind::Interrupted`](crate::ErrorKind::Interrupted).
    pub fn signal_number(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.0)
    }
}
