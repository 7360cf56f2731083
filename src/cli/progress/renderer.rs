//! Draws progress: a bar on a terminal, lines of text or JSON lines elsewhere. The only user of indicatif, with
//! [`Target`].

use super::line::{self, Line};
use super::snapshot::Snapshot;
use super::target::Target;
use super::terminal;
use crate::cli::console::write_line;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt;

/// The resolution of the bar. Its smallest step is an eighth of a character.
const STEPS: u64 = 1000;
/// An upper bound for indicatif. The caller decides when to draw, and draws less often.
const MAX_DRAWS_PER_SECOND: u8 = 50;

/// How progress is drawn.
pub(super) enum Renderer {
    Bar(Bar),
    Plain,
    Json,
}

/// A line that is redrawn on a terminal. indicatif draws the bar and replaces the line.
pub(super) struct Bar {
    bar: ProgressBar,
    /// Without colours, brackets show the full length of the bar.
    has_colours: bool,
}

impl Renderer {
    /// A bar on standard error.
    pub(super) fn bar() -> Self {
        let target = ProgressDrawTarget::term_like_with_hz(Box::<Target>::default(), MAX_DRAWS_PER_SECOND);
        let bar = ProgressBar::with_draw_target(Some(STEPS), target);
        Self::Bar(Bar { bar, has_colours: terminal::has_colours() })
    }

    pub(super) fn draw(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Bar(bar) if terminal::is_foreground() => bar.draw(snapshot),
            Self::Bar(_) => {}
            Self::Plain => write_line(&line::plain(snapshot)),
            Self::Json => write_line(&snapshot.json()),
        }
    }

    pub(super) fn end(&mut self, snapshot: &Snapshot) {
        match self {
            Self::Bar(bar) => bar.clear(),
            Self::Plain => {}
            Self::Json => write_line(&snapshot.json()),
        }
    }
}

impl Bar {
    fn draw(&self, snapshot: &Snapshot) {
        let line = line::line(snapshot, terminal::width(), if self.has_colours { 0 } else { 2 });
        // If the template is invalid, nothing is drawn.
        let Ok(style) = ProgressStyle::with_template(&self.template(&line)) else { return };
        let Line { before, after, .. } = line;
        let style = style.progress_chars("█▉▊▋▌▍▎▏ ").with_key("before", text(before)).with_key("after", text(after));
        self.bar.set_style(style);
        let steps = snapshot.fraction.map_or(0, |fraction| (fraction * STEPS as f64) as u64);
        spendfold::process::set_status_line(true);
        // Draws once, with the new style.
        self.bar.update(|state| state.set_pos(steps));
    }

    fn template(&self, line: &Line) -> String {
        let bar = match (line.bar, self.has_colours) {
            (0, _) => String::new(),
            // Not a style of indicatif, which asks whether standard output has colours.
            (width, true) => format!("\x1b[36m{{bar:{width}}}\x1b[0m  "),
            (width, false) => format!("[{{bar:{width}}}]  "),
        };
        let before = if line.before.is_empty() { "" } else { "{before}  " };
        format!("{before}{bar}{{after}}")
    }

    fn clear(&self) {
        if !terminal::is_foreground() {
            self.bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        self.bar.finish_and_clear();
        spendfold::process::set_status_line(false);
    }
}

/// Text as a key of the template. In the template itself, it would have to be escaped.
fn text(text: String) -> impl Fn(&ProgressState, &mut dyn fmt::Write) + Clone + Send + Sync {
    move |_, out| {
        // If this fails, the text is left out.
        let _ = out.write_str(&text);
    }
}
