//! Where the progress line is drawn: standard error, as a terminal with one column less than it has.
//!
//! indicatif fills a line with blanks up to the width of the terminal. In the last column they would make some
//! terminals wrap at once, and the next line would not replace this one.

use super::terminal;
use indicatif::TermLike;
use std::io::{self, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Writes each redrawing in one piece.
#[derive(Debug, Default)]
pub(super) struct Target {
    pending: Mutex<String>,
}

impl Target {
    fn pending(&self) -> MutexGuard<'_, String> {
        // A panic leaves at worst a part of a line.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, text: &str) -> io::Result<()> {
        self.pending().push_str(text);
        Ok(())
    }

    /// A control sequence that moves the cursor. Without a distance there is none, since 0 would count as 1.
    fn move_cursor(&self, distance: usize, direction: char) -> io::Result<()> {
        if distance == 0 { Ok(()) } else { self.add(&format!("\x1b[{distance}{direction}")) }
    }
}

impl TermLike for Target {
    fn width(&self) -> u16 {
        u16::try_from(terminal::width().saturating_sub(1)).unwrap_or(u16::MAX).max(1)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.move_cursor(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.add(&format!("{s}\n"))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.add(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let text = std::mem::take(&mut *self.pending());
        let mut stderr = io::stderr().lock();
        stderr.write_all(text.as_bytes())?;
        stderr.flush()
    }
}
