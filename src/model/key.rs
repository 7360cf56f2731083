//! A key as it is looked up and compared.

use ahash::RandomState;

/// The tag of a key of more than 8 bytes; shorter keys have their length as tag.
pub(crate) const LONG: u8 = 15;

/// A key's value, hashed. Keys of 1 to 8 bytes are wholly in `word` (first byte lowest, zeros above) and
/// equal exactly when `word` and `tag` are; for longer ones `word` is the hash and the bytes decide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    pub(crate) word: u64,
    /// 1 to 8, or [`LONG`]; 0 is the empty key, which matches nothing.
    pub(crate) tag: u8,
}

impl Key {
    /// The key with this value.
    #[inline]
    pub(crate) fn new(value: &[u8], hasher: &RandomState) -> Self {
        Self::at(value, 0, value.len(), hasher)
    }

    /// The key that is `bytes[start..start + len]`: one load where eight bytes are there.
    ///
    /// Only numbers come back from what is not inlined, so that a key stays in registers: written to memory in parts and
    /// read back as one it would be waited for.
    #[inline(always)]
    pub(crate) fn at(bytes: &[u8], start: usize, len: usize, hasher: &RandomState) -> Self {
        if len > 8 {
            let hash = hash_long(&bytes[start..start + len], hasher);
            return Self { hash, word: hash, tag: LONG };
        }
        let word = match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(window) if len > 0 => u64::from_le_bytes(*window) & (u64::MAX >> (64 - 8 * len as u32)),
            _ => word_of(&bytes[start..start + len]),
        };
        Self::of_word(word, len as u8, hasher)
    }

    /// The key with this word and tag.
    #[inline(always)]
    pub(crate) fn of_word(word: u64, tag: u8, hasher: &RandomState) -> Self {
        // A random state: keys cannot be chosen so that they collide.
        let hash = if tag == LONG { word } else { hasher.hash_one(word) };
        Self { hash, word, tag }
    }

    /// Whether this key, whose value is `value`, is the one that `bytes[start..start + len]` holds.
    #[inline(always)]
    pub(crate) fn is(&self, value: &[u8], bytes: &[u8], start: usize, len: usize) -> bool {
        match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(window) if (1..=8).contains(&self.tag) => {
                let word = u64::from_le_bytes(*window) & (u64::MAX >> (64 - 8 * u32::from(self.tag)));
                word == self.word && len == usize::from(self.tag)
            }
            _ => bytes.get(start..start + len) == Some(value),
        }
    }
}

/// At most eight bytes, first byte lowest.
#[inline(never)]
fn word_of(value: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..value.len()].copy_from_slice(value);
    u64::from_le_bytes(word)
}

#[inline(never)]
fn hash_long(value: &[u8], hasher: &RandomState) -> u64 {
    hasher.hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_one_load_way_agrees(bytes in prop::collection::vec(0u8..4, 0..40), start in 0usize..40, len in 0usize..12) {
            let hasher = RandomState::new();
            let start = start.min(bytes.len());
            let len = len.min(bytes.len() - start);
            let value = &bytes[start..start + len];
            let expected = if len > 8 {
                let hash = hasher.hash_one(value);
                Key { hash, word: hash, tag: LONG }
            } else {
                let word = value.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
                Key { hash: hasher.hash_one(word), word, tag: len as u8 }
            };
            prop_assert_eq!(Key::at(&bytes, start, len, &hasher), expected);
            prop_assert_eq!(Key::new(value, &hasher), expected);
        }

        #[test]
        fn a_key_is_what_has_its_value(
            value in prop::collection::vec(0u8..2, 0..12),
            bytes in prop::collection::vec(0u8..2, 0..30),
            place in 0usize..30,
            len in 0usize..12,
            copied in any::<bool>(),
        ) {
            let (mut bytes, place) = (bytes.clone(), place.min(bytes.len()));
            if copied {
                bytes.splice(place.., value.iter().copied().chain(bytes.clone()));
            }
            let len = if copied { value.len() } else { len.min(bytes.len() - place) };
            let key = Key::new(&value, &RandomState::new());
            prop_assert_eq!(key.is(&value, &bytes, place, len), bytes[place..place + len] == value);
        }

        #[test]
        fn short_keys_are_equal_exactly_when_their_values_are(a in prop::collection::vec(0u8..2, 0..9), b in prop::collection::vec(0u8..2, 0..9)) {
            let hasher = RandomState::new();
            prop_assert_eq!(Key::new(&a, &hasher) == Key::new(&b, &hasher), a == b);
        }
    }
}
