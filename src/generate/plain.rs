//! The lean path of a purchase that needs no quotes, or none but about its product: every piece of its row is
//! ready, or made of digits looked up several at a time.

use super::catalogue::{AWKWARD, PRODUCTS};
use super::rows::{Piece, Rows, digits, put_number};

/// More than a row can take: a key of 20 digits, 96 bytes of product, a price of 16; and more than the masks below
/// let through, so that no index into a row has to be checked.
const LONGEST: usize = 256;

/// Numbers below this are written from a table.
const SMALL: usize = 1000;

/// A product and a sign as one number; [`PlainRows`] knows what comes between key and price by it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Item(u8);

impl Item {
    const REFUND: u8 = 1 << 7;

    /// The product by its place in the catalogue.
    #[inline]
    pub(crate) fn new(product: usize, refund: bool) -> Self {
        const { assert!(PRODUCTS.len() <= Self::REFUND as usize) };
        Self(product as u8 | u8::from(refund) << 7)
    }

    /// The same from one number, the sign above seven bits of the place.
    #[inline(always)]
    pub(crate) fn of(number: u64) -> Self {
        Self(number as u8)
    }

    #[inline]
    pub(crate) fn is_refund(self) -> bool {
        self.0 >= Self::REFUND
    }

    #[inline]
    fn product(self) -> usize {
        usize::from(self.0 & !Self::REFUND)
    }
}

/// The pieces of plain rows.
#[derive(Clone, Debug)]
pub(crate) struct PlainRows {
    /// What stands between the key and the price, by item: the product between its commas, and the sign.
    items: Box<[Piece; 256]>,
    /// What stands before and behind a product that needs quotes, the commas too, by its place; and the sign.
    awkward: [(Piece, [Piece; 2]); AWKWARD.len()],
    /// What a row ends with, by its cents: the point, two digits, the line's end.
    cents: [[u8; 8]; 100],
    /// How many bytes of that there are.
    end: usize,
    /// The digits of small numbers, the first in the lowest byte, and above four of them how many there are:
    /// nearly all prices before the point.
    small: Box<[u64; SMALL]>,
}

impl PlainRows {
    pub(crate) fn new(line_end: &str) -> Self {
        let sign = |refund| if refund { "-" } else { "" };
        let item = |number: usize| {
            let item = Item(number as u8);
            let (product, _, _) = PRODUCTS[item.product() % PRODUCTS.len()];
            Piece::new(&format!(",{product},{}", sign(item.is_refund())))
        };
        let awkward = |place: usize| {
            let (before, behind) = AWKWARD[place];
            let doubled = |text: &str| text.replace('"', "\"\"");
            let behind = |refund| Piece::new(&format!("{}\",{}", doubled(behind), sign(refund)));
            (Piece::new(&format!(",\"{}", doubled(before))), [behind(false), behind(true)])
        };
        let cents = |cents: usize| {
            let mut bytes = [0; 8];
            let text = format!(".{cents:02}{line_end}");
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes
        };
        let small = |number: usize| {
            let (bytes, count) = digits(number as u32, false);
            (u64::from_le_bytes(bytes) & 0x00ff_ffff) | (count as u64) << 32
        };
        Self {
            items: Box::new(std::array::from_fn(item)),
            awkward: std::array::from_fn(awkward),
            cents: std::array::from_fn(cents),
            end: 3 + line_end.len(),
            small: Box::new(std::array::from_fn(small)),
        }
    }

    /// Writes a row: every piece is copied whole, and what is too much of it is written over.
    #[inline(always)]
    pub(crate) fn write(&self, key: u64, item: Item, cents: u32, rows: &mut Rows) {
        let row = rows.room::<LONGEST>();
        let at = put_number(key, row) & 31;
        let at = self.between(item).put(row, at);
        let len = self.price(at, cents, row);
        rows.advance(len);
    }

    /// What stands between the key and the price.
    #[inline(always)]
    pub(crate) fn between(&self, item: Item) -> &Piece {
        &self.items[usize::from(item.0)]
    }

    /// What ends a line, as it stands behind six bytes in a word with the first byte the lowest, and its length.
    pub(crate) fn line_end(&self) -> (u64, u32) {
        let end = u64::from_le_bytes(self.cents[0]) >> 24;
        (end << 48, self.end as u32 - 3)
    }

    /// Writes a row whose product has these awkward things about it, by their place, and stands in quotes.
    pub(crate) fn write_awkward(&self, key: u64, place: usize, item: Item, cents: u32, rows: &mut Rows) {
        let row = rows.room::<LONGEST>();
        let (before, behind) = &self.awkward[place];
        let at = put_number(key, row) & 31;
        let at = before.put(row, at);
        // A product has no quote to be doubled.
        let (name, _, _) = PRODUCTS[item.product()];
        row[at..at + name.len()].copy_from_slice(name.as_bytes());
        let at = behind[usize::from(item.is_refund())].put(row, at + name.len());
        let len = self.price(at, cents, row);
        rows.advance(len);
    }

    /// Writes the price and the line's end from `at` on; where they end comes back.
    #[inline(always)]
    fn price(&self, at: usize, cents: u32, row: &mut [u8; LONGEST]) -> usize {
        let mut at = at & 127;
        let whole = cents / 100;
        if let Some(small) = self.small.get(whole as usize) {
            row[at..at + 4].copy_from_slice(&(*small as u32).to_le_bytes());
            at += (*small >> 32) as usize & 3;
        } else {
            let (bytes, count) = digits(whole, false);
            row[at..at + 8].copy_from_slice(&bytes);
            at += count & 15;
        }
        row[at..at + 8].copy_from_slice(&self.cents[(cents % 100) as usize]);
        at + self.end
    }
}

#[cfg(test)]
mod tests {
    use super::super::prices::DEAREST;
    use super::*;

    /// Every product, with these keys and a few prices; what is written must be this.
    fn each(
        keys: &[u64],
        write: impl Fn(&PlainRows, u64, usize, Item, u32, &mut Rows),
        product: impl Fn(usize, usize) -> String,
    ) {
        for line_end in ["\n", "\r\n"] {
            let (plain, mut rows, mut expected) = (PlainRows::new(line_end), Rows::default(), String::new());
            let prices = [1, 99, 100, 1999, 99_999, 100_000, 100_001, 12_345_678, DEAREST];
            for number in 0..prices.len() * PRODUCTS.len() * AWKWARD.len() {
                let (place, key, cents) =
                    (number % PRODUCTS.len(), keys[number % keys.len()], prices[number % prices.len()]);
                let (awkward, refund) = (number / PRODUCTS.len() % AWKWARD.len(), number % 7 == 0);
                write(&plain, key, awkward, Item::new(place, refund), cents, &mut rows);
                let sign = if refund { "-" } else { "" };
                expected +=
                    &format!("{key},{},{sign}{}.{:02}{line_end}", product(place, awkward), cents / 100, cents % 100);
            }
            assert!(rows.written() == expected.as_bytes());
        }
    }

    const KEYS: [u64; 8] = [1, 1001, 99_999, 12_345_670, 99_999_999, 100_000_000, u32::MAX as u64, 200_000_001_000];

    #[test]
    fn a_row_is_what_format_makes_of_it() {
        let name = |place: usize, _| PRODUCTS[place].0.to_owned();
        each(&KEYS, |plain, key, _, item, cents, rows| plain.write(key, item, cents, rows), name);
    }

    #[test]
    fn an_awkward_product_stands_in_quotes() {
        let quoted = |place: usize, awkward: usize| {
            let (before, behind) = AWKWARD[awkward];
            format!("\"{}\"", format!("{before}{}{behind}", PRODUCTS[place].0).replace('"', "\"\""))
        };
        each(&KEYS, |plain, key, place, item, cents, rows| plain.write_awkward(key, place, item, cents, rows), quoted);
    }
}
