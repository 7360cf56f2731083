//! Progress on standard error, drawn by a thread of its own from what the run tells its monitor. The only
//! user of indicatif.

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

/// Shows a run's progress until it is dropped.
pub(crate) struct Progress {
    /// Dropping it ends the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What to draw with.
enum Face {
    Bar(ProgressBar),
    Plain,
    Json,
}

impl Progress {
    /// Begins to show progress in the way asked for; nothing for `off`.
    pub(crate) fn start(mode: ProgressMode, monitor: &Arc<Monitor>) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let (face, step) = match mode {
            ProgressMode::Off => return Self { end: None, thread: None },
            ProgressMode::Json => (Face::Json, Duration::from_secs(1)),
            ProgressMode::Auto if terminal => (Face::Bar(bar()), Duration::from_millis(100)),
            ProgressMode::Plain | ProgressMode::Auto => (Face::Plain, Duration::from_secs(5)),
        };
        let (end, ended) = channel::<()>();
        let monitor = Arc::clone(monitor);
        let draw = move || {
            let clock = Instant::now();
            // The first look is early: a short run shows nothing, a long one shows soon that it is alive.
            let mut wait = step.min(Duration::from_millis(500));
            while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                face.draw(&Look::at(&monitor, clock.elapsed()));
                wait = step;
            }
            face.end(&Look::at(&monitor, clock.elapsed()));
        };
        // Without the thread there is no progress to see; the run itself does not need it.
        let thread = std::thread::Builder::new().name("progress".into()).spawn(draw).ok();
        Self { end: Some(end), thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to show.
            let _ = thread.join();
        }
    }
}

/// How far a run is.
struct Look {
    phase: Phase,
    done: u64,
    /// 0 when it is not known.
    total: u64,
    /// Work done, and work in all: more than the input's bytes.
    work: Option<(u64, u64)>,
    elapsed: Duration,
}

impl Look {
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
            Phase::Remainder => "appending customers without purchases",
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
            Phase::Remainder => "remainder",
            Phase::Finishing => "finishing",
            Phase::Syncing => "syncing",
            Phase::Publishing => "publishing",
            Phase::Verifying => "verifying",
            Phase::Generating => "generating",
        }
    }

    /// Bytes a second over the whole run so far.
    fn rate(&self) -> f64 {
        self.done as f64 / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// Seconds left, where the size of the input is known. The last phases are short or wait for the disk,
    /// which tells nobody how long it takes.
    fn left(&self) -> Option<f64> {
        let streaming = !matches!(self.phase, Phase::Finishing | Phase::Syncing | Phase::Publishing);
        let (done, all) = self.work.filter(|(done, _)| streaming && *done > 0)?;
        Some(self.elapsed.as_secs_f64() * all.saturating_sub(done) as f64 / done as f64)
    }

    /// The share that is done, in thousandths. Never the whole: that is when the set is published, and then
    /// there is no more progress to show.
    fn thousandths(&self) -> Option<u64> {
        let (done, all) = self.work?;
        Some((u128::from(done) * 1000 / u128::from(all)).min(990) as u64)
    }

    fn line(&self) -> String {
        let mut line = readable_bytes(self.done);
        if let Some(thousandths) = self.thousandths() {
            line = format!("{line} of {} ({} %)", readable_bytes(self.total), thousandths / 10);
        }
        line = format!("{}: {line}, {}/s", self.phase(), readable_bytes(self.rate() as u64));
        match self.left() {
            Some(left) if left >= 0.5 => format!("{line}, {left:.0} s left"),
            _ => line,
        }
    }

    fn json(&self) -> String {
        let total = if self.total > 0 { self.total.to_string() } else { "null".into() };
        let left = self.left().map_or("null".into(), |left| format!("{left:.1}"));
        format!(
            r#"{{"phase":"{}","bytes":{},"total_bytes":{total},"seconds":{:.1},"bytes_per_second":{:.0},"seconds_left":{left}}}"#,
            self.key(),
            self.done,
            self.elapsed.as_secs_f64(),
            self.rate(),
        )
    }
}

impl Face {
    fn draw(&self, look: &Look) {
        match self {
            Self::Bar(bar) => {
                bar.set_length(1000);
                bar.set_position(look.thousandths().unwrap_or(0));
                bar.set_message(look.line());
            }
            Self::Plain => write_line(&look.line()),
            Self::Json => write_line(&look.json()),
        }
    }

    fn end(&self, look: &Look) {
        match self {
            Self::Bar(bar) => bar.finish_and_clear(),
            Self::Plain => {}
            Self::Json => write_line(&look.json()),
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
    // An unusable template leaves the plain default.
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    bar
}
