//! The digits of a batch's keys and prices, and its rows.

use super::batch::BATCH;
use super::lanes::bits;
use super::plain::{Item, PlainRows};
use super::rows::Rows;
use std::ops::Range;

/// Keys and prices of a batch as they stand in a row, the first byte in the lowest.
#[derive(Debug)]
pub(crate) struct Texts {
    keys: [u64; BATCH],
    key_lens: [u32; BATCH],
    /// The price and the line's end.
    ends: [u64; BATCH],
    end_lens: [u32; BATCH],
    /// Room for their halves.
    halves: [[u32; BATCH]; 2],
}

/// Keys below this have eight digits at most.
const SHORT_KEYS: u32 = 100_000_000;
/// Cents below this have three digits before the point at most.
const SHORT_PRICES: u32 = 100_000;
/// More than a row of short texts can take, with what is written too much: 8 bytes of key, 32 of product, 8 of price.
const LONGEST: usize = 64;
/// The digit 0 in every byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

impl Texts {
    pub(crate) fn new() -> Self {
        Self { keys: [0; BATCH], key_lens: [0; BATCH], ends: [0; BATCH], end_lens: [0; BATCH], halves: [[0; BATCH]; 2] }
    }

    /// Makes the texts. A bit comes back for each row that has a longer key or price than they hold.
    #[inline(always)]
    pub(crate) fn make(&mut self, first: u32, buyers: &[u32; BATCH], cents: &[u32; BATCH], plain: &PlainRows) -> u64 {
        self.keys(first, buyers);
        self.ends(cents, plain);
        let most = |numbers: &[u32; BATCH]| numbers.iter().fold(0, |most, &number| most.max(number));
        let most_keys = SHORT_KEYS - first;
        if most(buyers) < most_keys && most(cents) < SHORT_PRICES {
            return 0;
        }
        bits(buyers, |buyer| buyer >= most_keys) | bits(cents, |cents| cents >= SHORT_PRICES)
    }

    /// Eight digits each, and the zeros in front away.
    #[inline(always)]
    fn keys(&mut self, first: u32, buyers: &[u32; BATCH]) {
        // Four digits each, as numbers and then as digits.
        let [highs, lows] = &mut self.halves;
        for ((&buyer, high), low) in buyers.iter().zip(&mut *highs).zip(&mut *lows) {
            let key = first.wrapping_add(buyer);
            *high = ((u64::from(key) * 109_951_163) >> 40) as u32;
            *low = key.wrapping_sub(high.wrapping_mul(10_000));
        }
        highs.iter_mut().for_each(|high| *high = four_digits(*high));
        lows.iter_mut().for_each(|low| *low = four_digits(*low));
        for (&buyer, len) in buyers.iter().zip(&mut self.key_lens) {
            let passed = |bound: u32| u32::from(buyer as i32 >= bound.wrapping_sub(first) as i32);
            *len = 4 + passed(10_000) + passed(100_000) + passed(1_000_000) + passed(10_000_000);
        }
        for (((text, &high), &low), &len) in self.keys.iter_mut().zip(&*highs).zip(&*lows).zip(&self.key_lens) {
            let zeros = (8 - u64::from(len)) * 8;
            *text = (u64::from(high) | u64::from(low) << 32 | ZEROS) >> (zeros & 63);
        }
    }

    /// Three digits, the point, two digits, the line's end.
    #[inline(always)]
    fn ends(&mut self, cents: &[u32; BATCH], plain: &PlainRows) {
        let (line_end, len) = plain.line_end();
        let [fronts, backs] = &mut self.halves;
        for ((&cents, front), back) in cents.iter().zip(&mut *fronts).zip(&mut *backs) {
            let whole = (cents >> 2).wrapping_mul(5243) >> 17;
            let rest = cents.wrapping_sub(whole.wrapping_mul(100));
            let hundreds = whole.wrapping_mul(41) >> 12;
            let two = whole.wrapping_sub(hundreds.wrapping_mul(100));
            *front = hundreds | two_digits(two) << 8 | 0x2e30_3030;
            *back = two_digits(rest) | 0x3030;
        }
        for (&cents, end_len) in cents.iter().zip(&mut self.end_lens) {
            let passed = |bound: u32| u32::from(cents as i32 >= bound as i32);
            *end_len = 4 + len + passed(1000) + passed(10_000);
        }
        for (((text, &front), &back), &end_len) in self.ends.iter_mut().zip(&*fronts).zip(&*backs).zip(&self.end_lens) {
            let zeros = (6 + u64::from(len) - u64::from(end_len)) * 8;
            *text = (u64::from(front) | u64::from(back) << 32 | line_end) >> (zeros & 63);
        }
    }

    /// Writes these rows: every piece is copied whole, and what is too much of it is written over.
    #[inline(always)]
    pub(crate) fn write(&self, places: Range<usize>, items: &[u64; BATCH], plain: &PlainRows, rows: &mut Rows) {
        /// A power of two.
        const ROOM: usize = BATCH * LONGEST;
        let room = rows.room::<{ ROOM + LONGEST }>();
        let mut at = 0;
        let keys = self.keys[places.clone()].iter().zip(&self.key_lens[places.clone()]);
        let ends = self.ends[places.clone()].iter().zip(&self.end_lens[places.clone()]);
        for (((key, key_len), (end, end_len)), &item) in keys.zip(ends).zip(&items[places]) {
            // The mask changes nothing, and spares a check. Proof: behind it a row of the greatest length is left.
            let row: &mut [u8; LONGEST] = room[at % ROOM..].first_chunk_mut().expect("there is room");
            row[..8].copy_from_slice(&key.to_le_bytes());
            let len = *key_len as usize & 15;
            let len = plain.between(Item::of(item)).put(row, len);
            row[len..len + 8].copy_from_slice(&end.to_le_bytes());
            at += len + *end_len as usize;
        }
        rows.advance(at);
    }
}

/// The values of the digits of a number below 10⁴, the first in the lowest byte.
#[inline(always)]
fn four_digits(number: u32) -> u32 {
    let hundreds = number.wrapping_mul(5243) >> 19;
    // In lanes of 16 bits, then of 8.
    let twos = hundreds | number.wrapping_sub(hundreds.wrapping_mul(100)) << 16;
    let tens = (twos.wrapping_mul(103) >> 10) & 0x000f_000f;
    tens | twos.wrapping_sub(tens.wrapping_mul(10)) << 8
}

/// The same of a number below 100.
#[inline(always)]
fn two_digits(number: u32) -> u32 {
    let tens = number.wrapping_mul(103) >> 10;
    tens | number.wrapping_sub(tens.wrapping_mul(10)) << 8
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::PRODUCTS;
    use super::*;

    /// The rows of these keys and cents, and what `format` makes of them; those with long texts are left out.
    fn rows(first: u32, buyers: &[u32; BATCH], cents: &[u32; BATCH], line_end: &str) -> (String, String) {
        let plain = PlainRows::new(line_end);
        let items: [u64; BATCH] = std::array::from_fn(|place| (place as u64 * 7 % 96) | (place as u64 % 2) << 7);
        let (mut texts, mut rows, mut expected) = (Texts::new(), Rows::default(), String::new());
        let long = texts.make(first, buyers, cents, &plain);
        for place in 0..BATCH {
            let (key, cents) = (first + buyers[place], cents[place]);
            assert_eq!(long >> place & 1 == 1, key >= SHORT_KEYS || cents >= SHORT_PRICES);
            if long >> place & 1 == 0 {
                texts.write(place..place + 1, &items, &plain, &mut rows);
                let (product, _, _) = PRODUCTS[(items[place] & 0x7f) as usize];
                let sign = if items[place] >> 7 == 1 { "-" } else { "" };
                expected += &format!("{key},{product},{sign}{}.{:02}{line_end}", cents / 100, cents % 100);
            }
        }
        (String::from_utf8_lossy(rows.written()).into_owned(), expected)
    }

    #[test]
    fn every_short_price_is_what_format_makes_of_it() {
        for start in (0..SHORT_PRICES + 64).step_by(BATCH) {
            let line_end = if start % 128 == 0 { "\n" } else { "\r\n" };
            let cents = std::array::from_fn(|place| start + place as u32);
            let (made, expected) = rows(1001, &std::array::from_fn(|place| start + place as u32), &cents, line_end);
            assert_eq!(made, expected);
        }
    }

    #[test]
    fn keys_are_what_format_makes_of_them() {
        let edges = (4..10).flat_map(|power| (0..64).map(move |step| 10u32.pow(power) - 32 + step));
        let spread = (0..64_000u32).map(|number| number.wrapping_mul(0x9e37_79b9) >> 1 >> (number % 20));
        let keys: Vec<u32> = edges.chain(spread).map(|key| key.max(1001)).collect();
        let (batches, _) = keys.as_chunks::<BATCH>();
        for batch in batches {
            let (made, expected) = rows(1001, &batch.map(|key| key - 1001), &[199; BATCH], "\n");
            assert_eq!(made, expected);
        }
    }

    #[test]
    fn whole_batches_are_their_rows() {
        let plain = PlainRows::new("\n");
        let buyers = std::array::from_fn(|place| 1 << (place % 26));
        let (items, cents) =
            (std::array::from_fn(|place| place as u64), std::array::from_fn(|place| 3 << (place % 15)));
        let (mut texts, mut whole, mut single) = (Texts::new(), Rows::default(), Rows::default());
        assert_eq!(texts.make(1001, &buyers, &cents, &plain), 0);
        texts.write(0..BATCH, &items, &plain, &mut whole);
        (0..BATCH).for_each(|place| texts.write(place..place + 1, &items, &plain, &mut single));
        assert!(whole.written() == single.written());
    }
}
