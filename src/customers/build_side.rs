//! The build side of the join: all accepted customers in memory.
//!
//! The arena stores one entry per customer, in file order; the map finds an entry by its key.

use super::arena::{CustomerArena, Origin};
use super::batch::{AgeStatus, CustomerBatch, ParsedCustomer};
use super::block_pool::BlockPool;
use super::bucket::BucketKind;
use super::forecast::Forecast;
use super::map::{CustomerMap, MapView};
use super::slot::{Address, Slot};
use crate::error::Result;
use crate::model::dialect::Dialect;
use crate::model::mode::Mode;
use crate::model::reject::DetailedReason;
use crate::monitor::map_growth::{Growth, GrowthCounter};
use ahash::RandomState;

/// Counts of accepted customers for the report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CustomerCounts {
    pub accepted: u64,
    pub(crate) key_missing: u64,
    pub(crate) age_missing: u64,
    pub(crate) age_invalid: u64,
    /// By [`GroupId`](crate::model::age_group::GroupId).
    pub(crate) groups: Vec<u64>,
}

impl CustomerCounts {
    fn add(&mut self, new: &ParsedCustomer) {
        self.accepted += 1;
        self.groups[usize::from(new.group)] += 1;
        self.age_missing += u64::from(new.age == AgeStatus::Missing);
        self.age_invalid += u64::from(new.age == AgeStatus::Invalid);
    }
}

/// All accepted customers.
#[derive(Debug)]
pub struct BuildSide {
    arena: CustomerArena,
    map: CustomerMap,
    /// Customers with an empty key. They match no purchase and are not in the map.
    keyless: Vec<Slot>,
    pub counts: CustomerCounts,
}

impl BuildSide {
    /// An empty build side with room for `first` customers and `groups` age groups. `threads` threads populate the
    /// memory of the map when it grows.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources) if memory runs out.
    pub fn new(dialect: Dialect, groups: usize, first: usize, threads: usize, mode: Mode) -> Result<Self> {
        let counts = CustomerCounts { groups: vec![0; groups], ..CustomerCounts::default() };
        let map = CustomerMap::with_capacity(first, threads, BucketKind::for_mode(mode))?;
        Ok(Self { arena: CustomerArena::new(dialect, map.hasher().clone()), map, keyless: vec![], counts })
    }

    pub fn hasher(&self) -> &RandomState {
        self.map.hasher()
    }

    /// Stores the customers of one chunk. Chunks must come in file order, so that the first customer with a key wins;
    /// later ones become rejects of the batch.
    ///
    /// `origin` is where the chunk begins; `forecast` is the forecast at the end of the chunk.
    ///
    /// # Errors
    /// [`ErrorKind::Resources`](crate::ErrorKind::Resources) if memory or addresses run out.
    pub fn add(
        &mut self,
        batch: &mut CustomerBatch,
        origin: Origin,
        forecast: &Forecast,
        block_pool: &BlockPool,
    ) -> Result<()> {
        /// Prefetch distance, in customers.
        const AHEAD: usize = 16;
        let Self { arena, map, keyless, counts } = self;
        let base = arena.append(&batch.entries, batch.customers.len(), origin, forecast, block_pool)?;
        let rejects_before = batch.rejects.len();
        let mut contiguous = true;
        for (index, new) in batch.customers.iter().enumerate() {
            if let Some(later) = batch.customers.get(index + AHEAD) {
                map.view().prefetch(later.key.hash);
            }
            // All entries are appended at once. After a duplicate has been removed, the rest are appended one by one.
            let address = if contiguous {
                base + Address::from(new.entry)
            } else {
                let end = batch.customers.get(index + 1).map_or(batch.entries.len(), |next| next.entry as usize);
                arena.append(&batch.entries[new.entry as usize..end], 1, origin, forecast, block_pool)?
            };
            arena.rebase_line(address, origin.line);
            if new.has_key() {
                let is_key = |other| arena.same_key(address, other);
                if let Some(first) = map.insert(new.key, new.group, address, is_key, arena)? {
                    let Origin { file, line } = arena.origin(first);
                    batch.rejects.push(new.reject(DetailedReason::DuplicateCustomer { file, line }));
                    // Rejected customers must not take memory.
                    arena.truncate(address, if contiguous { batch.customers.len() - index } else { 1 });
                    contiguous = false;
                    continue;
                }
            } else {
                counts.key_missing += 1;
                keyless.push(Slot::new(0, new.group, address));
            }
            counts.add(new);
        }
        map.expect(forecast.customers(map.len()));
        if batch.rejects.len() > rejects_before {
            batch.rejects.sort_unstable_by_key(|reject| reject.start);
        }
        Ok(())
    }

    /// Counts the work of growing the map in `counter` from now on.
    pub(crate) fn count_growth(&mut self, counter: &GrowthCounter) {
        self.map.count_growth(counter);
    }

    /// The growth of the map until it holds all customers of the last forecast.
    pub(crate) fn growth_ahead(&self) -> Growth {
        self.map.growth_ahead()
    }

    /// The pool of arena blocks that workers populate for [`add`](Self::add).
    pub fn block_pool(threads: usize) -> BlockPool {
        CustomerArena::block_pool(threads)
    }

    /// The map and the arena, for lookups.
    pub(crate) fn view(&mut self) -> (MapView<'_>, &CustomerArena) {
        (self.map.view(), &self.arena)
    }

    /// Bytes of the customers' entries.
    pub(crate) fn bytes(&self) -> u64 {
        self.arena.bytes() as u64
    }

    /// Number of customers with and without a matching purchase. Both are counted, because an invariant checks their
    /// sum.
    pub(crate) fn matched_and_unmatched(&mut self) -> [u64; 2] {
        let keyless = self.keyless.len() as u64;
        self.map.iter().fold([0, keyless], |[matched, unmatched], slot| match slot.is_matched() {
            true => [matched + 1, unmatched],
            false => [matched, unmatched + 1],
        })
    }

    /// The customers without a matching purchase, in parts. The parts are in file order; the customers of a part are
    /// not.
    ///
    /// `advance` gets the number of customers of each step. There are two passes, so it gets each of them twice.
    pub(crate) fn unmatched_parts(&mut self, advance: impl Fn(u64)) -> Vec<Vec<Slot>> {
        /// Customers of a step.
        const STEP: u64 = 1 << 16;
        let Self { arena, map, keyless, .. } = self;
        let mut for_each = |visit: &mut dyn FnMut(usize, Slot)| {
            let unmatched = map.iter().filter(|slot| !slot.is_matched()).chain(keyless.iter().copied());
            let mut step = 0;
            for slot in unmatched {
                visit(CustomerArena::part(slot.address()), slot);
                step += 1;
                if step == STEP {
                    advance(std::mem::take(&mut step));
                }
            }
            advance(step);
        };
        // The first pass counts the customers of each part, because vectors that grow would need twice the memory.
        let mut counts = vec![0; arena.parts()];
        for_each(&mut |part, _| counts[part] += 1);
        let mut parts: Vec<Vec<Slot>> = counts.into_iter().map(Vec::with_capacity).collect();
        for_each(&mut |part, slot| parts[part].push(slot));
        parts.retain(|part| !part.is_empty());
        parts
    }
}

#[cfg(test)]
#[path = "build_side_tests.rs"]
mod tests;
