//! The numbers of `random`, in a form that compilers work out for several records at a time: no product is wider than
//! 64 bits, none of its factors wider than 32, and no record takes a way of its own.

use super::random::{STEP, WYRAND};

/// The low half.
#[inline(always)]
pub(crate) fn low(number: u64) -> u64 {
    number & 0xffff_ffff
}

/// The draw that is so far behind a start, at least 1: the product of 128 bits from four of 64.
#[inline(always)]
pub(crate) fn draw<const COUNT: u64>(start: u64) -> u64 {
    let one = start.wrapping_add(STEP.wrapping_mul(COUNT));
    let other = one ^ WYRAND;
    let (lows, highs) = (low(one) * low(other), (one >> 32) * (other >> 32));
    let (crossed, across) = (low(one) * (other >> 32), (one >> 32) * low(other));
    // Three numbers of 32 bits, and so are those below: nothing is carried out of 64 bits.
    let middle = (lows >> 32) + low(crossed) + low(across);
    let high = highs + (crossed >> 32) + (across >> 32) + (middle >> 32);
    high ^ (middle << 32 | low(lows))
}

/// A 64-bit draw as a number below a bound of 32 bits, as `scaled` does.
#[inline(always)]
pub(crate) fn scaled_short(draw: u64, bound: u32) -> u32 {
    let bound = u64::from(bound);
    ((((low(draw) * bound) >> 32) + (draw >> 32) * bound) >> 32) as u32
}

/// A bit for each number that is so, the first in the lowest.
#[inline(always)]
pub(crate) fn bits<T: Copy>(numbers: &[T; 64], is: impl Fn(T) -> bool) -> u64 {
    let mut bits = 0;
    for (place, &number) in numbers.iter().enumerate() {
        bits |= u64::from(is(number)) << place;
    }
    bits
}

/// The places of the bits that are set, from the lowest.
#[inline(always)]
pub(crate) fn places(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros() as usize;
        // With no bit left, 0 & anything.
        word &= word.wrapping_sub(1);
        (place < 64).then_some(place)
    })
}

#[cfg(test)]
mod tests {
    use super::super::random::{Draws, scaled};
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn draws_are_those_of_a_sequence(start: u64, bound: u32) {
            let mut draws = Draws::behind(start);
            let expected = [draws.next(), draws.next(), draws.next()];
            prop_assert_eq!([draw::<1>(start), draw::<2>(start), draw::<3>(start)], expected);
            prop_assert_eq!(u64::from(scaled_short(start, bound)), scaled(start, u64::from(bound)));
        }

        #[test]
        fn bits_have_places(word: u64) {
            let numbers: [u64; 64] = std::array::from_fn(|place| word >> place & 1);
            prop_assert_eq!(bits(&numbers, |number| number == 1), word);
            let expected: Vec<usize> = (0..64).filter(|place| word >> place & 1 == 1).collect();
            prop_assert_eq!(places(word).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn the_edges_of_draws() {
        for start in [0, 1, u64::MAX, STEP.wrapping_neg(), STEP.wrapping_neg() ^ WYRAND, 1 << 32, u64::MAX << 32] {
            assert_eq!(draw::<1>(start), Draws::behind(start).next());
            for bound in [0, 1, u32::MAX] {
                assert_eq!(u64::from(scaled_short(start, bound)), scaled(start, u64::from(bound)));
            }
        }
    }
}
