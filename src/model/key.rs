//! A join key in the form in which it is hashed, looked up and compared.

use ahash::RandomState;

/// The tag of a key of more than 8 bytes.
pub(crate) const LONG: u8 = 15;

/// The value of a key and its hash. Keys of 1 to 8 bytes fit in `word` and are equal if and only if `word` and `tag`
/// are equal. Longer keys have the hash in `word`; if it is equal, their bytes must be compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Key {
    pub hash: u64,
    /// The bytes of a short key as a little-endian number, or the hash of a long one.
    pub(crate) word: u64,
    /// The length, 1 to 8, or [`LONG`]. 0 is the empty key, which matches nothing.
    pub(crate) tag: u8,
}

impl Key {
    /// The key with this value.
    #[inline]
    pub fn new(value: &[u8], hasher: &RandomState) -> Self {
        Self::at(value, 0, value.len(), hasher)
    }

    /// The key with the value `bytes[start..start + len]`. Reads eight bytes at once if that many follow `start`.
    ///
    /// The functions that are not inlined return only numbers, so that the key stays in registers. A key that is
    /// written to memory in parts and read back as a whole causes a store-forwarding stall.
    #[inline(always)]
    pub(crate) fn at(bytes: &[u8], start: usize, len: usize, hasher: &RandomState) -> Self {
        if len > 8 {
            let hash = hash_long(&bytes[start..start + len], hasher);
            return Self { hash, word: hash, tag: LONG };
        }
        let word = match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(window) if len > 0 => u64::from_le_bytes(*window) & (u64::MAX >> (64 - 8 * len as u32)),
            _ => load_word(&bytes[start..start + len]),
        };
        Self::of_word(word, len as u8, hasher)
    }

    /// The key with this word and tag.
    #[inline(always)]
    pub fn of_word(word: u64, tag: u8, hasher: &RandomState) -> Self {
        // The hasher is keyed at random, so input cannot be chosen to collide.
        let hash = if tag == LONG { word } else { hasher.hash_one(word) };
        Self { hash, word, tag }
    }

    /// Whether `bytes[start..start + len]` is the value of this key. `value` must be that value; it is compared only
    /// for long keys and near the end of `bytes`.
    #[inline(always)]
    pub(crate) fn matches(&self, value: &[u8], bytes: &[u8], start: usize, len: usize) -> bool {
        match bytes.get(start..).and_then(|rest| rest.first_chunk::<8>()) {
            Some(window) if (1..=8).contains(&self.tag) => {
                let word = u64::from_le_bytes(*window) & (u64::MAX >> (64 - 8 * u32::from(self.tag)));
                word == self.word && len == usize::from(self.tag)
            }
            _ => bytes.get(start..start + len) == Some(value),
        }
    }
}

/// At most eight bytes as a little-endian number.
#[inline(never)]
fn load_word(value: &[u8]) -> u64 {
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
        fn the_single_load_agrees_with_the_definition(bytes in prop::collection::vec(0u8..4, 0..40), start in 0usize..40, len in 0usize..12) {
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
        fn a_key_matches_exactly_its_value(
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
            prop_assert_eq!(key.matches(&value, &bytes, place, len), bytes[place..place + len] == value);
        }

        #[test]
        fn short_keys_are_equal_if_and_only_if_their_values_are(a in prop::collection::vec(0u8..2, 0..9), b in prop::collection::vec(0u8..2, 0..9)) {
            let hasher = RandomState::new();
            prop_assert_eq!(Key::new(&a, &hasher) == Key::new(&b, &hasher), a == b);
        }
    }
}
