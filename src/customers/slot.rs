//! What the customers' map holds of a customer: one word.

use crate::model::age_group::GroupId;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where an entry begins in the customers' memory: at most [`ADDRESS_BITS`], and never 0.
pub(crate) type Address = u64;
/// What is left of a slot's word beside the other parts.
pub(crate) const ADDRESS_BITS: u32 = u64::BITS - ADDRESS_SHIFT;

/// What a slot holds, from its lowest bit: whether a purchase named the customer (1 bit), a hint of the key (11), the
/// group (12), the address (40).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot(NonZeroU64);

const MATCHED: u64 = 1;
const HINT_SHIFT: u32 = 1;
const HINT_BITS: u64 = 0x7ff;
const GROUP_SHIFT: u32 = 12;
const GROUP_BITS: u64 = 0xfff;
const ADDRESS_SHIFT: u32 = 24;

impl Slot {
    /// A customer without purchases; of the hint the lowest bits count.
    pub(crate) fn new(hint: u64, group: GroupId, address: Address) -> Self {
        debug_assert!(address >> ADDRESS_BITS == 0 && u64::from(group) <= GROUP_BITS);
        let hint = (hint & HINT_BITS) << HINT_SHIFT;
        let word = hint | u64::from(group) << GROUP_SHIFT | address << ADDRESS_SHIFT;
        // Proof: no address is 0.
        Self(NonZeroU64::new(word).expect("an address"))
    }

    /// What a word of the table holds, where it is not free.
    #[inline(always)]
    pub(super) fn read(word: &AtomicU64) -> Option<Self> {
        NonZeroU64::new(word.load(Ordering::Relaxed)).map(Self)
    }

    #[inline(always)]
    pub(crate) fn address(self) -> Address {
        self.0.get() >> ADDRESS_SHIFT
    }

    #[inline(always)]
    pub(crate) fn group(self) -> usize {
        (self.0.get() >> GROUP_SHIFT & GROUP_BITS) as usize
    }

    /// Whether a purchase named the customer.
    #[inline(always)]
    pub(crate) fn is_matched(self) -> bool {
        self.0.get() & MATCHED != 0
    }

    /// The hint it was made with, as far as a slot holds it.
    pub(super) fn hint(self) -> u64 {
        self.0.get() >> HINT_SHIFT & HINT_BITS
    }

    /// Whether it has this hint.
    #[inline(always)]
    pub(super) fn may_be(self, hint: u64) -> bool {
        (self.0.get() >> HINT_SHIFT ^ hint) & HINT_BITS == 0
    }

    /// Puts it into a word of the table.
    #[inline(always)]
    pub(super) fn write(self, word: &AtomicU64) {
        word.store(self.0.get(), Ordering::Relaxed);
    }

    /// The same customer, named by a purchase.
    #[inline(always)]
    pub(super) fn matched(self) -> Self {
        Self(self.0 | MATCHED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest values that its parts may have, and others.
    #[test]
    fn a_slot_holds_its_parts() {
        for (hint, group, address) in [(0, 0, 1), (u64::MAX, 4095, (1 << 40) - 1), (0x5a5a, 4001, 12_345_678_901)] {
            let slot = Slot::new(hint, group, address);
            assert_eq!((slot.group(), slot.address()), (usize::from(group), address));
            assert!(slot.may_be(hint) && !slot.may_be(hint ^ 1) && !slot.may_be(hint ^ 0x400));
            assert!(!slot.is_matched() && slot.matched().is_matched());
            let matched = slot.matched();
            assert!((matched.group(), matched.address()) == (slot.group(), slot.address()) && matched.may_be(hint));
            assert_eq!(Slot::read(&AtomicU64::new(0)), None);
            let word = AtomicU64::new(0);
            matched.write(&word);
            assert_eq!(Slot::read(&word), Some(matched));
        }
    }
}
