//! Keys that usually mean a missing value. They are compared like all other keys, so they join; a notice points
//! this out.

use super::arena::{CustomerArena, Origin};
use super::bucket::BucketKind;
use super::map::MapView;
use super::slot::Slot;
use crate::model::key::Key;
use crate::model::missing_value::MISSING_VALUES;
use ahash::RandomState;

/// The customers that have such keys; usually none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Placeholders {
    /// The index in [`MISSING_VALUES`], and the slot without its matched flag.
    found: Vec<(usize, Slot)>,
}

impl Placeholders {
    /// Finds the customers with such keys.
    pub(crate) fn find(map: &MapView<'_>, arena: &CustomerArena, hasher: &RandomState) -> Self {
        let find = |(index, text): (usize, &&str)| {
            let value = text.as_bytes();
            let (key, is_key) = (Key::new(value, hasher), |address| arena.key_is(address, value));
            let hit = match map.kind() {
                BucketKind::Fingerprints => map.find(key, is_key),
                BucketKind::Keys => map.find_with_key(key, is_key),
            };
            Some((index, hit?.slot))
        };
        Self { found: MISSING_VALUES.iter().enumerate().filter_map(find).collect() }
    }

    /// Whether no customer has such a key.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The position among the found customers of the one at this slot.
    #[cold]
    pub(crate) fn position(&self, slot: Slot) -> Option<usize> {
        self.found.iter().position(|(_, found)| found.address() == slot.address())
    }

    /// The key and the place of each found customer.
    pub(crate) fn keys<'a>(&'a self, arena: &'a CustomerArena) -> impl Iterator<Item = (&'static str, Origin)> + 'a {
        self.found.iter().map(|(index, slot)| (MISSING_VALUES[*index], arena.origin(slot.address())))
    }
}
