//! Properties of the terminal on standard error.

use std::io::IsTerminal;

/// The width in columns if the terminal reports none.
const DEFAULT_WIDTH: usize = 80;

/// Whether standard error is a terminal that can redraw a line.
pub(super) fn can_redraw() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The current width of the terminal in columns. It may change, because a window can be resized.
pub(super) fn width() -> usize {
    match rustix::termios::tcgetwinsize(std::io::stderr()) {
        Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
        _ => DEFAULT_WIDTH,
    }
}

/// Whether this process may draw: a job that a shell moved to the background must leave the terminal to others.
pub(super) fn is_foreground() -> bool {
    rustix::termios::tcgetpgrp(std::io::stderr()).map_or(true, |group| group == rustix::process::getpgrp())
}

/// Whether colours are wanted (<https://no-color.org>).
pub(super) fn has_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
