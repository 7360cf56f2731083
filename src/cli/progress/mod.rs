//! Shows progress on standard error.
//!
//! A separate thread polls the monitor of the job several times a second. It takes a [`snapshot`] of the figures, which
//! [`estimate`] completes with the rate and the time left, and passes it to a [`renderer`]. For a terminal, [`line`]
//! decides which figures fit into the width that [`terminal`] reports. The line is written to a [`target`].

mod estimate;
mod line;
mod renderer;
mod snapshot;
mod target;
mod terminal;

use crate::cli::ProgressMode;
use estimate::Estimate;
use renderer::Renderer;
use snapshot::Snapshot;
use spendfold::Monitor;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often the figures are sampled, and a bar is drawn.
const TICK: Duration = Duration::from_millis(100);
/// The first line comes early, so that a long run shows soon that it makes progress.
const FIRST_LINE: Duration = Duration::from_millis(500);

/// Shows the progress of a job until it is dropped.
pub(crate) struct Progress {
    /// Dropping the sender ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts to show progress; does nothing for `off`.
    pub(crate) fn start(mode: ProgressMode, monitor: &Arc<Monitor>) -> Self {
        let (mut renderer, interval) = match mode {
            ProgressMode::Off => return Self { end: None, thread: None },
            ProgressMode::Json => (Renderer::Json, Duration::from_secs(1)),
            ProgressMode::Auto if terminal::can_redraw() => (Renderer::bar(), TICK),
            ProgressMode::Plain | ProgressMode::Auto => (Renderer::Plain, Duration::from_secs(5)),
        };
        let (end, ended) = channel::<()>();
        let monitor = Arc::clone(monitor);
        let draw = move || {
            let mut estimate = Estimate::default();
            let mut next = Instant::now() + interval.min(FIRST_LINE);
            while ended.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
                let snapshot = Snapshot::take(&monitor, &mut estimate);
                let now = Instant::now();
                // A line may be half a tick early, rather than late.
                if now + TICK / 2 >= next {
                    renderer.draw(&snapshot);
                    next = (next + interval).max(now);
                }
            }
            renderer.end(&Snapshot::take(&monitor, &mut estimate));
        };
        // If the thread cannot be started, the job continues without progress.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(draw).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic of this thread is ignored: progress does not affect the job.
            let _ = thread.join();
        }
    }
}
