//! Natural order: numbers in names are compared as numbers, so `part-2` comes before `part-10`.

use std::cmp::Ordering;

/// Compares two names in natural order. Names that differ only in leading zeros are compared byte for byte.
pub(crate) fn natural_order(one: &[u8], other: &[u8]) -> Ordering {
    let (mut a, mut b) = (one, other);
    loop {
        let ordering = match (a.first(), b.first()) {
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (take_number(&mut a), take_number(&mut b));
                // Without leading zeros, the longer number is the larger one.
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
            (Some(x), Some(y)) => {
                (a, b) = (&a[1..], &b[1..]);
                x.cmp(y)
            }
            (None, None) => return one.cmp(other),
            (x, y) => x.cmp(&y),
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// Takes the digits at the start of a name. Returns them without leading zeros.
fn take_number<'n>(name: &mut &'n [u8]) -> &'n [u8] {
    let (digits, rest) = name.split_at(name.iter().take_while(|byte| byte.is_ascii_digit()).count());
    *name = rest;
    &digits[digits.iter().take_while(|&&byte| byte == b'0').count()..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_compared_as_numbers() {
        let sorted: [&[u8]; 12] = [
            b"",
            b"1",
            b"2.csv",
            b"10.csv",
            b"a",
            b"part-1",
            b"part-01",
            b"part-2",
            b"part-2-b",
            b"part-10",
            b"part-99999999999999999999998",
            b"part-99999999999999999999999",
        ];
        for (index, one) in sorted.iter().enumerate() {
            for (place, other) in sorted.iter().enumerate() {
                // "part-01" and "part-1" have the same numbers; the bytes decide.
                let expected = match (*one, *other) {
                    (b"part-1", b"part-01") => Ordering::Greater,
                    (b"part-01", b"part-1") => Ordering::Less,
                    _ => index.cmp(&place),
                };
                assert_eq!(natural_order(one, other), expected, "{one:?} {other:?}");
            }
        }
    }

    proptest! {
        /// Sorting needs a total order.
        #[test]
        fn it_is_a_total_order(names in prop::collection::vec("[0-2a.]{0,5}", 3)) {
            let order = |one: usize, other: usize| natural_order(names[one].as_bytes(), names[other].as_bytes());
            prop_assert_eq!(order(0, 1), order(1, 0).reverse());
            prop_assert_eq!(order(0, 1) == Ordering::Equal, names[0] == names[1]);
            if order(0, 1) == order(1, 2) {
                prop_assert_eq!(order(0, 2), order(0, 1));
            }
        }
    }
}
