//! The lean path of a purchase that needs no quotes: every piece of its row is ready, or made of digits eight at a
//! time.

use super::catalogue::PRODUCTS;
use super::rows::{Rows, digits, put_number};

/// More than a plain row can take: a key of 20 digits, 32 bytes of product, a sign, a price of 16; and more than
/// the masks below let through, so that no index into a row has to be checked.
const LONGEST: usize = 128;
/// A power of two, for the same reason, and at least as many as there are products.
const PRODUCT_PLACES: usize = 128;
const _: () = assert!(PRODUCTS.len() <= PRODUCT_PLACES);

/// Numbers below this are written from a table.
const SMALL: u32 = 1000;

/// A product between its two commas.
#[derive(Clone, Copy, Debug)]
struct Piece {
    bytes: [u8; 32],
    len: usize,
}

/// The pieces of plain rows.
#[derive(Clone, Debug)]
pub(crate) struct PlainRows {
    products: Box<[Piece; PRODUCT_PLACES]>,
    /// What a row ends with, by its cents: the point, two digits, the line's end.
    cents: Vec<[u8; 8]>,
    /// How many bytes of that there are.
    end: usize,
    /// The digits of small numbers, and how many they are: nearly all prices before the point.
    small: Vec<([u8; 4], u32)>,
}

impl PlainRows {
    pub(crate) fn new(line_end: &str) -> Self {
        let piece = |place: usize| {
            let (product, _, _) = PRODUCTS[place % PRODUCTS.len()];
            let mut bytes = [0; 32];
            let len = product.len() + 2;
            bytes[..len].copy_from_slice(format!(",{product},").as_bytes());
            Piece { bytes, len }
        };
        let cents = |cents: u32| {
            let mut bytes = [0; 8];
            let text = format!(".{cents:02}{line_end}");
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes
        };
        let small = |number: u32| {
            let (bytes, count) = digits(number, false);
            ([bytes[0], bytes[1], bytes[2], 0], count as u32)
        };
        Self {
            products: Box::new(std::array::from_fn(piece)),
            cents: (0..100).map(cents).collect(),
            end: 3 + line_end.len(),
            small: (0..SMALL).map(small).collect(),
        }
    }

    /// Writes a row: every piece is copied whole, and what is too much of it is written over.
    #[inline(always)]
    pub(crate) fn write(&self, key: u64, product: usize, refund: bool, cents: u32, rows: &mut Rows) {
        let row = rows.room::<LONGEST>();
        let mut at = put_number(key, row) & 31;
        let product = &self.products[product % PRODUCT_PLACES];
        row[at..at + 32].copy_from_slice(&product.bytes);
        at += product.len & 63;
        row[at] = b'-';
        at += usize::from(refund);
        let whole = cents / 100;
        if let Some((bytes, count)) = self.small.get(whole as usize) {
            row[at..at + 4].copy_from_slice(bytes);
            at += (*count & 3) as usize;
        } else {
            let (bytes, count) = digits(whole, false);
            row[at..at + 8].copy_from_slice(&bytes);
            at += count & 15;
        }
        row[at..at + 8].copy_from_slice(&self.cents[(cents % 100) as usize]);
        rows.advance(at + self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::super::prices::DEAREST;
    use super::*;

    #[test]
    fn a_row_is_what_format_makes_of_it() {
        for line_end in ["\n", "\r\n"] {
            let (plain, mut rows, mut expected) = (PlainRows::new(line_end), Rows::default(), String::new());
            let keys = [1001, 99_999_999, 100_000_000, u64::from(u32::MAX), 200_000_001_000];
            let prices = [1, 99, 100, 1999, 99_999, 100_000, 100_001, 12_345_678, DEAREST];
            for (number, key) in keys.into_iter().cycle().take(prices.len() * PRODUCTS.len()).enumerate() {
                let (product, cents) = (number % PRODUCTS.len(), prices[number % prices.len()]);
                let refund = number % 7 == 0;
                plain.write(key, product, refund, cents, &mut rows);
                let sign = if refund { "-" } else { "" };
                let (name, _, _) = PRODUCTS[product];
                expected += &format!("{key},{name},{sign}{}.{:02}{line_end}", cents / 100, cents % 100);
            }
            assert!(rows.written() == expected.as_bytes());
        }
    }
}
