//! How far the publication of this process is, for messages of ends that do not return an error.

use std::sync::atomic::{AtomicU8, Ordering};

/// How far the latest publication of this process is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicationState {
    /// There was none.
    Absent,
    /// The set is being made, or was given up: nothing has been published.
    Staged,
    /// Files are being moved to their names: without a commit marker, the directory is partly old and partly new.
    Moving,
    /// The set is published.
    Published,
}

const ALL: [PublicationState; 4] =
    [PublicationState::Absent, PublicationState::Staged, PublicationState::Moving, PublicationState::Published];

static STATE: AtomicU8 = AtomicU8::new(PublicationState::Absent as u8);

/// How far the latest publication of this process is. For a program's own message of an end that returns no error, such
/// as a panic.
pub fn publication_state() -> PublicationState {
    ALL[usize::from(STATE.load(Ordering::Relaxed)) % ALL.len()]
}

fn enter(state: PublicationState) {
    STATE.store(state as u8, Ordering::Relaxed);
}

/// A set is being made.
pub(crate) fn enter_staged() {
    enter(PublicationState::Staged);
}

/// The time between the first move and the last. If neither method ends it, the directory stays partly old and partly
/// new.
#[must_use]
pub(crate) struct Moving(());

impl Moving {
    pub(crate) fn begin() -> Self {
        enter(PublicationState::Moving);
        Self(())
    }

    /// All moves are made.
    pub(crate) fn published(self) {
        enter(PublicationState::Published);
    }

    /// All moves are undone.
    pub(crate) fn rolled_back(self) {
        enter(PublicationState::Staged);
    }
}
