//! How far the latest publication of this process is, for messages about crashes.

use super::signal_handler;
use std::sync::atomic::{AtomicU8, Ordering};

/// How far the latest publication of this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationState {
    /// There was none.
    Absent,
    /// The set is being made, or was rolled back: nothing has been published.
    Staged,
    /// Files are being moved to their names: until the commit marker is there, the directory is partly old and partly
    /// new.
    Moving,
    /// The set is published.
    Published,
    /// The set exceeds a limit and is held; nothing has been published.
    Held,
}

const ALL: [PublicationState; 5] = [
    PublicationState::Absent,
    PublicationState::Staged,
    PublicationState::Moving,
    PublicationState::Published,
    PublicationState::Held,
];

static STATE: AtomicU8 = AtomicU8::new(PublicationState::Absent as u8);

/// How far the latest publication of this process is, for a program's own message about a panic. It is recorded once
/// [`install_crash_handlers`](crate::process::install_crash_handlers) has been called; before that it is
/// [`Absent`](PublicationState::Absent).
pub fn publication_state() -> PublicationState {
    ALL[usize::from(STATE.load(Ordering::Relaxed)) % ALL.len()]
}

fn enter(state: PublicationState) {
    if signal_handler::are_installed() {
        STATE.store(state as u8, Ordering::Relaxed);
    }
}

/// Records that a set is being made.
pub(crate) fn enter_staged() {
    enter(PublicationState::Staged);
}

/// Records that the set is held.
pub(crate) fn enter_held() {
    enter(PublicationState::Held);
}

/// The time between the first move and the last. Unless it is ended by one of its methods, the state stays
/// [`PublicationState::Moving`].
#[must_use]
pub(crate) struct Moving(());

impl Moving {
    pub(crate) fn begin() -> Self {
        enter(PublicationState::Moving);
        Self(())
    }

    /// Ends it: all moves are made.
    pub(crate) fn published(self) {
        enter(PublicationState::Published);
    }

    /// Ends it: all moves are undone.
    pub(crate) fn rolled_back(self) {
        enter(PublicationState::Staged);
    }
}
