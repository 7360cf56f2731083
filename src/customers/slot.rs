//! A slot of the customers' map: one 64-bit word per customer.

use crate::model::age_group::GroupId;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// The position of an entry in the arena. It has at most [`ADDRESS_BITS`] bits and is never 0, because a word of 0 is
/// an empty slot.
pub type Address = u64;
/// Width of an address: the bits of a slot that no other part uses.
pub(crate) const ADDRESS_BITS: u32 = u64::BITS - ADDRESS_SHIFT;

/// The word of one customer. From the lowest bit: matched flag (1 bit), fingerprint (11), age group (12), address (40).
///
/// The address has the highest bits, so slots sort in file order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(NonZeroU64);

const MATCHED: u64 = 1;
const FINGERPRINT_SHIFT: u32 = 1;
const FINGERPRINT_MASK: u64 = 0x7ff;
const GROUP_SHIFT: u32 = 12;
const GROUP_MASK: u64 = 0xfff;
const ADDRESS_SHIFT: u32 = 24;

impl Slot {
    /// The slot of a customer that no purchase has matched. Only the lowest 11 bits of `fingerprint` are stored.
    pub(crate) fn new(fingerprint: u64, group: GroupId, address: Address) -> Self {
        debug_assert!(address >> ADDRESS_BITS == 0 && u64::from(group) <= GROUP_MASK);
        let fingerprint = (fingerprint & FINGERPRINT_MASK) << FINGERPRINT_SHIFT;
        let word = fingerprint | u64::from(group) << GROUP_SHIFT | address << ADDRESS_SHIFT;
        // Proof: an address is never 0.
        Self(NonZeroU64::new(word).expect("an address"))
    }

    /// The slot in a word of the map; `None` if it is empty.
    #[inline(always)]
    pub(super) fn read(word: &AtomicU64) -> Option<Self> {
        NonZeroU64::new(word.load(Ordering::Relaxed)).map(Self)
    }

    #[inline(always)]
    pub fn address(self) -> Address {
        self.0.get() >> ADDRESS_SHIFT
    }

    #[inline(always)]
    pub fn group(self) -> usize {
        (self.0.get() >> GROUP_SHIFT & GROUP_MASK) as usize
    }

    /// Whether a purchase has matched the customer.
    #[inline(always)]
    pub fn is_matched(self) -> bool {
        self.0.get() & MATCHED != 0
    }

    /// The stored bits of the fingerprint.
    pub(super) fn fingerprint(self) -> u64 {
        self.0.get() >> FINGERPRINT_SHIFT & FINGERPRINT_MASK
    }

    /// Whether the stored bits equal those of `fingerprint`.
    #[inline(always)]
    pub(super) fn has_fingerprint(self, fingerprint: u64) -> bool {
        (self.0.get() >> FINGERPRINT_SHIFT ^ fingerprint) & FINGERPRINT_MASK == 0
    }

    /// Stores the slot in a word of the map.
    #[inline(always)]
    pub(super) fn write(self, word: &AtomicU64) {
        word.store(self.0.get(), Ordering::Relaxed);
    }

    /// The same slot with the matched flag set.
    #[inline(always)]
    pub(super) fn matched(self) -> Self {
        Self(self.0 | MATCHED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_round_trip_at_their_limits() {
        for (fingerprint, group, address) in
            [(0, 0, 1), (u64::MAX, 4095, (1 << 40) - 1), (0x5a5a, 4001, 12_345_678_901)]
        {
            let slot = Slot::new(fingerprint, group, address);
            assert_eq!((slot.group(), slot.address()), (usize::from(group), address));
            assert!(slot.has_fingerprint(fingerprint));
            assert!(!slot.has_fingerprint(fingerprint ^ 1) && !slot.has_fingerprint(fingerprint ^ 0x400));
            assert!(!slot.is_matched() && slot.matched().is_matched());
            let matched = slot.matched();
            assert_eq!((matched.group(), matched.address()), (slot.group(), slot.address()));
            assert!(matched.has_fingerprint(fingerprint));
            assert_eq!(Slot::read(&AtomicU64::new(0)), None);
            let word = AtomicU64::new(0);
            matched.write(&word);
            assert_eq!(Slot::read(&word), Some(matched));
        }
    }
}
