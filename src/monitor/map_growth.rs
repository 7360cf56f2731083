//! Counts the work of growing the customers' map, during which no input is read.

use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Work of growing a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Growth {
    /// Bytes of new memory.
    pub(crate) bytes: u64,
    /// Keys moved into it.
    pub(crate) keys: u64,
}

impl Add for Growth {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { bytes: self.bytes.saturating_add(other.bytes), keys: self.keys.saturating_add(other.keys) }
    }
}

/// The work that growing a map has done so far. All clones share one count.
#[derive(Clone, Debug, Default)]
pub(crate) struct GrowthCounter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    bytes: AtomicU64,
    keys: AtomicU64,
}

impl GrowthCounter {
    /// Adds bytes of new memory, which several threads allocate.
    pub(crate) fn add_bytes(&self, bytes: u64) {
        self.0.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Adds keys that have moved. Only one thread may call this, since it moves the keys: a load and a store cost less
    /// than an atomic addition.
    pub(crate) fn add_keys(&self, keys: u64) {
        self.0.keys.store(self.0.keys.load(Ordering::Relaxed) + keys, Ordering::Relaxed);
    }

    /// The growth so far.
    pub(crate) fn done(&self) -> Growth {
        let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Growth { bytes: load(&self.0.bytes), keys: load(&self.0.keys) }
    }
}
