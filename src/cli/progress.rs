//! Shows progress on standard error. A separate thread polls the monitor of the run and draws. This is the only user of
//! indicatif.

use crate::cli::ProgressMode;
use crate::cli::console::write_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use spendfold::text::readable_bytes;
use spendfold::{Monitor, Phase};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Shows the progress of a run until it is dropped.
pub(crate) struct Progress {
    /// Dropping the sender ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// How progress is drawn.
enum Renderer {
    Bar(ProgressBar),
    Plain,
    Json,
}

impl Progress {
    /// Starts to show progress; does nothing for `off`.
    pub(crate) fn start(mode: ProgressMode, monitor: &Arc<Monitor>) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let (renderer, interval) = match mode {
            ProgressMode::Off => return Self { end: None, thread: None },
            ProgressMode::Json => (Renderer::Json, Duration::from_secs(1)),
            ProgressMode::Auto if terminal => (Renderer::Bar(bar()), Duration::from_millis(100)),
            ProgressMode::Plain | ProgressMode::Auto => (Renderer::Plain, Duration::from_secs(5)),
        };
        let (end, ended) = channel::<()>();
        let monitor = Arc::clone(monitor);
        let draw = move || {
            let clock = Instant::now();
            // The first update comes early, so that a long run shows soon that it makes progress.
            let mut wait = interval.min(Duration::from_millis(500));
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                renderer.draw(&Snapshot::at(&monitor, clock.elapsed()));
                wait = interval;
            }
            renderer.end(&Snapshot::at(&monitor, clock.elapsed()));
        };
        // If the thread cannot be started, the run continues without progress.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(draw).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic of this thread is ignored: progress does not affect the run.
            let _ = thread.join();
        }
    }
}

/// The progress of a run at one moment.
struct Snapshot {
    phase: Phase,
    /// Input bytes processed.
    done: u64,
    /// Input bytes in total; 0 if unknown.
    total: u64,
    /// Work done and total work in bytes, the appended customers included; `None` if unknown.
    work: Option<(u64, u64)>,
    elapsed: Duration,
}

impl Snapshot {
    fn at(monitor: &Monitor, elapsed: Duration) -> Self {
        let progress = monitor.progress();
        Self {
            phase: progress.phase,
            done: progress.bytes_done,
            total: progress.bytes_total.unwrap_or(0),
            work: progress.work,
            elapsed,
        }
    }

    fn phase(&self) -> &'static str {
        match self.phase {
            Phase::Opening => "opening",
            Phase::Customers => "loading customers",
            Phase::Purchases => "joining purchases",
            Phase::UnmatchedCustomers => "appending customers without purchases",
            Phase::Finishing => "writing totals, chart and report",
            Phase::Syncing => "waiting for the disk",
            Phase::Publishing => "publishing",
            Phase::Verifying => "verifying",
            Phase::Generating => "generating",
        }
    }

    fn key(&self) -> &'static str {
        match self.phase {
            Phase::Opening => "opening",
            Phase::Customers => "customers",
            Phase::Purchases => "purchases",
            // The contract fixes the names of the JSON lines.
            Phase::UnmatchedCustomers => "remainder",
            Phase::Finishing => "finishing",
            Phase::Syncing => "syncing",
            Phase::Publishing => "publishing",
            Phase::Verifying => "verifying",
            Phase::Generating => "generating",
        }
    }

    /// Average bytes per second since the start.
    fn rate(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Estimated seconds left. `None` if the size of the input is unknown, and in the last phases, whose duration
    /// depends on the disk.
    fn seconds_left(&self) -> Option<f64> {
        let streaming = !matches!(self.phase, Phase::Finishing | Phase::Syncing | Phase::Publishing);
        let (done, total) = self.work.filter(|(done, _)| streaming && *done > 0)?;
        Some(self.elapsed.as_secs_f64() * total.saturating_sub(done) as f64 / done as f64)
    }

    /// The share that is done, in thousandths. At most 990, because the set is not published yet.
    fn thousandths(&self) -> Option<u64> {
        let (done, total) = self.work?;
        Some((u128::from(done) * 1000 / u128::from(total)).min(990) as u64)
    }

    fn line(&self) -> String {
        let mut line = readable_bytes(self.done);
        if let Some(thousandths) = self.thousandths() {
            line = format!("{line} of {} ({} %)", readable_bytes(self.total), thousandths / 10);
        }
        line = format!("{}: {line}, {}/s", self.phase(), readable_bytes(self.rate() as u64));
        match self.seconds_left() {
            Some(left) if left >= 0.5 => format!("{line}, {left:.0} s left"),
            _ => line,
        }
    }

    fn json(&self) -> String {
        let total = if self.total > 0 { self.total.to_string() } else { "null".into() };
        let left = self.seconds_left().map_or("null".into(), |left| format!("{left:.1}"));
        format!(
            r#"{{"phase":"{}","bytes":{},"total_bytes":{total},"seconds":{:.1},"bytes_per_second":{:.0},"seconds_left":{left}}}"#,
            self.key(),
            self.done,
            self.elapsed.as_secs_f64(),
            self.rate(),
        )
    }
}

impl Renderer {
    fn draw(&self, snapshot: &Snapshot) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(1000);
                bar.set_position(snapshot.thousandths().unwrap_or(0));
                bar.set_message(snapshot.line());
            }
            Self::Plain => write_line(&snapshot.line()),
            Self::Json => write_line(&snapshot.json()),
        }
    }

    fn end(&self, snapshot: &Snapshot) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Plain => {}
            Self::Json => write_line(&snapshot.json()),
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(10));
    let template = if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        "[{bar:28}] {wide_msg}"
    } else {
        "{bar:28.cyan/dim} {wide_msg}"
    };
    // If the template is invalid, the default style is used.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}
