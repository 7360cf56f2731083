//! Which customers have bought something: one bit for each, the only memory that grows with the pair.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};

/// A bit for each customer.
#[derive(Debug)]
pub(crate) struct Buyers {
    words: Vec<AtomicU64>,
    /// How many more there can be.
    missing: AtomicU64,
}

impl Buyers {
    /// Nobody of so many customers, of whom so many can buy.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`] when there is no memory for them.
    pub(crate) fn new(customers: u64, most: u64) -> Result<Self> {
        let mut words = Vec::new();
        let count = customers.div_ceil(64) as usize;
        if words.try_reserve_exact(count).is_err() {
            let text = format!("out of memory: {count} words of 8 bytes are needed, a bit for each customer");
            return Err(Error::new(ErrorKind::Resources, text).hint("make fewer customers"));
        }
        words.resize_with(count, AtomicU64::default);
        Ok(Self { words, missing: AtomicU64::new(most) })
    }

    /// These have bought something. Together, so that the waits for memory overlap.
    pub(crate) fn mark_all(&self, customers: &[u64]) {
        customers.iter().for_each(|&customer| self.mark(customer));
    }

    /// This one has bought something.
    #[inline]
    pub(crate) fn mark(&self, customer: u64) {
        let (word, bit) = (&self.words[(customer / 64) as usize], 1 << (customer % 64));
        // Most have bought before: a look is cheaper than a write that other threads must hear of.
        if word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            self.missing.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Whether everybody who can buy has, so that nobody need be marked any more.
    pub(crate) fn are_all(&self) -> bool {
        self.missing.load(Ordering::Relaxed) == 0
    }

    /// How many have bought something.
    pub(crate) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_marked_once() {
        let buyers = Buyers::new(130, 3).expect("memory");
        buyers.mark_all(&[0, 129, 0, 129]);
        assert!(buyers.count() == 2 && !buyers.are_all());
        buyers.mark(64);
        assert!(buyers.count() == 3 && buyers.are_all());
    }
}
