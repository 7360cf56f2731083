//! The sizes of the units of work of a run, derived from the configured chunk size.

use crate::config::{Config, MAX_RECORD_BYTES};

/// Upper bound on the target size of a chunk of purchases, in bytes. Offsets in a chunk have 31 bits, and a chunk may
/// exceed its target size by one record.
const MAX_PURCHASES_CHUNK: usize = 1 << 30;
const _: () = assert!(MAX_PURCHASES_CHUNK + MAX_RECORD_BYTES < 1 << 31);
/// Upper bound on the target size of a chunk of customers, in bytes. All entries of a chunk are stored in one arena
/// block, where the offset of an entry has 26 bits.
const MAX_CUSTOMERS_CHUNK: usize = 512 * 1024;
/// Upper bound on the rows of the outputs that [`ChunkSizes::min_in_flight`] allows, in bytes.
const MAX_BUFFERED_ROWS: usize = 32 << 20;

/// The sizes of the chunks and of the buffers for their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkSizes {
    /// Target size of a chunk of purchases, in bytes.
    pub(super) purchases: usize,
    /// Target size of a chunk of customers, in bytes.
    pub(super) customers: usize,
    /// Upper bound on the bytes of rows that one output buffers. Rows beyond it are deferred: the sink assembles them
    /// when it writes them. Usually rows take four times the bytes of their chunk; the bound limits memory for long
    /// customer records.
    pub(super) max_row_bytes: usize,
}

impl ChunkSizes {
    pub(super) fn of(config: &Config) -> Self {
        let purchases = config.chunk_bytes.min(MAX_PURCHASES_CHUNK);
        Self {
            purchases,
            customers: config.chunk_bytes.min(MAX_CUSTOMERS_CHUNK),
            max_row_bytes: purchases.saturating_mul(16).clamp(2 << 20, 256 << 20),
        }
    }

    /// The number of outputs that may be in flight even with few threads. 16 outputs bridge a stall of the consumer of
    /// about 5 ms with two processors. The number is lower if their rows could take more than 32 MiB.
    pub(super) fn min_in_flight(&self) -> usize {
        16.min(MAX_BUFFERED_ROWS / self.max_row_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffered_rows_are_bounded() {
        let sizes = |chunk_bytes| ChunkSizes::of(&Config { chunk_bytes, ..Config::new("c", "p", "o") });
        assert_eq!(sizes(1), ChunkSizes { purchases: 1, customers: 1, max_row_bytes: 2 << 20 });
        assert_eq!(sizes(1).min_in_flight(), 16);
        assert_eq!(sizes(1 << 20).min_in_flight(), 2);
        let largest = sizes(usize::MAX);
        assert_eq!((largest.purchases, largest.customers), (1 << 30, 512 << 10));
        assert_eq!((largest.max_row_bytes, largest.min_in_flight()), (256 << 20, 0));
    }
}
