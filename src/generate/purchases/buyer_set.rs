//! The set of customers who have bought something, a bitmap: the only memory that grows with the number of customers.

use crate::error::{Error, ErrorKind, Result};
use std::sync::atomic::{AtomicU64, Ordering};

/// A set of customers, filled by all workers.
#[derive(Debug)]
pub(crate) struct BuyerSet {
    /// A bit for each customer. Relaxed ordering suffices: the bits are read after the workers have been joined.
    words: Vec<AtomicU64>,
}

impl BuyerSet {
    /// An empty set for so many customers.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`] when memory is insufficient.
    pub(crate) fn new(customers: u64) -> Result<Self> {
        let mut words = Vec::new();
        let count = customers.div_ceil(64) as usize;
        if words.try_reserve_exact(count).is_err() {
            let text = format!("out of memory: {count} words of 8 bytes are needed, a bit for each customer");
            return Err(Error::new(ErrorKind::Resources, text).hint("make fewer customers"));
        }
        words.resize_with(count, AtomicU64::default);
        Ok(Self { words })
    }

    /// Adds a customer.
    #[inline]
    pub(crate) fn insert(&self, customer: u64) {
        let (word, bit) = (&self.words[(customer / 64) as usize], 1 << (customer % 64));
        // Most customers are in the set already, and a load keeps the cache line shared between threads.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// The number of customers in the set.
    pub(crate) fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.load(Ordering::Relaxed).count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_customer_counts_once() {
        let buyers = BuyerSet::new(130).expect("memory");
        [0, 129, 0, 129].into_iter().for_each(|customer| buyers.insert(customer));
        assert_eq!(buyers.len(), 2);
        buyers.insert(64);
        assert_eq!(buyers.len(), 3);
    }
}
