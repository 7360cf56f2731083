//! The purchases, from any place among them. A plain row takes a lean path: every piece of it is ready, or made
//! of digits eight at a time. Whatever is not plain is written field by field.

use super::amounts::{self, NO_AMOUNTS, UNITS_PER_CENT, Written};
use super::answer::{Tally, UNMATCHED};
use super::buyers::Buyers;
use super::customers::extra_fields;
use super::dirt::{Dirt, Flaw, OddPurchase, PURCHASE_FLAWS, PURCHASE_ODDITIES, Quality, among};
use super::keys::KeySpace;
use super::names::{AWKWARD_PRODUCTS, PRODUCTS};
use super::options::GenerateOptions;
use super::people::People;
use super::prices::Prices;
use super::random::{Draws, Random, Stream, halves, index};
use super::record::{Form, RecordWriter};
use super::rows::{Rows, Short, digits, put_number};
use std::ops::Range;

/// Columns without the further ones.
const COLUMNS: usize = 3;
const HEADER: &str = "customer_id,product,price";
/// More than a plain row can take: a key of 20 digits, 32 bytes of product, a price of 16.
const LONGEST_PLAIN: usize = 96;

/// A product between its two commas.
#[derive(Clone, Copy, Debug)]
struct Piece {
    bytes: [u8; 32],
    len: usize,
}

/// Everything that decides the rows.
#[derive(Clone, Debug)]
pub(crate) struct PurchasesFile {
    people: People,
    keys: KeySpace,
    prices: Prices,
    random: Random,
    orphans: u64,
    refunds: u64,
    /// The rows that may have something special about them: one draw for the plain ones instead of four. The
    /// thresholds below are for these rows alone.
    special: u64,
    dirt: Dirt,
    awkward: u64,
    quoted: u64,
    newlines: u64,
    extra: u32,
    line_end: &'static str,
    mark: &'static str,
    products: Vec<Piece>,
    /// What a plain row ends with, by its cents: the point, two digits, the line's end.
    cents: Vec<[u8; 8]>,
}

/// A purchase before it is written.
struct Purchase {
    key: u64,
    /// The customer and the group, where an accepted record has that key.
    customer: Option<(u64, usize)>,
    cents: u64,
    refund: bool,
    product: u32,
}

impl Purchase {
    /// Where it is counted when it is accepted; its customer has bought something then.
    #[inline]
    fn group(&self, buyers: &Buyers) -> usize {
        match self.customer {
            Some((customer, group)) => {
                buyers.mark(customer);
                group
            }
            None => UNMATCHED,
        }
    }
}

impl PurchasesFile {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let line_end = super::line_end(options);
        let dirt = Dirt::new(options);
        let shares = [options.awkward, options.quoted, options.quoted_newlines];
        let special = dirt.threshold() + shares.iter().map(|share| share.threshold()).sum::<u64>();
        let special = special.min(1 << 32);
        let piece = |product: &&str| {
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
        Self {
            people: People::new(options),
            keys: KeySpace::new(options),
            prices: Prices::new(options.price_median, options.price_sigma),
            random: Random::new(options.seed, Stream::Purchase),
            orphans: options.orphans.threshold(),
            refunds: options.refunds.threshold(),
            special,
            dirt: dirt.among(special),
            awkward: among(options.awkward.threshold(), special),
            quoted: among(options.quoted.threshold(), special),
            newlines: among(options.quoted_newlines.threshold(), special),
            extra: options.extra_columns,
            line_end,
            mark: super::byte_order_mark(options),
            products: PRODUCTS.iter().map(piece).collect(),
            cents: (0..100).map(cents).collect(),
        }
    }

    pub(crate) fn header(&self) -> String {
        let extra: String = (1..=self.extra).map(|number| format!(",detail_{number}")).collect();
        format!("{}{HEADER}{extra}{}", self.mark, self.line_end)
    }

    /// Writes these purchases, numbered from 0, counts them, and marks who bought.
    pub(crate) fn write(&self, numbers: Range<u64>, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        tally.purchases += numbers.end - numbers.start;
        // In cents: far from 64 bits for the rows of any block.
        let (mut counts, mut cents) = ([0; UNMATCHED + 1], [0i64; UNMATCHED + 1]);
        for number in numbers {
            let mut draws = self.random.at(number);
            let (special, orphan) = halves(draws.start());
            let special = u64::from(special) < self.special;
            let purchase = self.purchase(orphan, &mut draws);
            if special | (self.extra > 0) {
                self.careful(&purchase, special, &mut draws, buyers, rows, tally);
                continue;
            }
            self.plain(&purchase, rows);
            let group = purchase.group(buyers);
            counts[group] += 1;
            // Without a branch: nothing foretells a refund.
            let sign = 1 - 2 * i64::from(purchase.refund);
            cents[group] += sign * purchase.cents as i64;
        }
        for (group, (count, cents)) in counts.into_iter().zip(cents).enumerate() {
            tally.group_purchases[group] += count;
            tally.units[group] += i128::from(cents) * i128::from(UNITS_PER_CENT);
            if count > 0 {
                tally.fraction = tally.fraction.max(2);
            }
        }
    }

    #[inline]
    fn purchase(&self, orphan: u32, draws: &mut Draws) -> Purchase {
        let price = draws.next();
        let (refund, rest) = draws.halves();
        let (key, customer) = if u64::from(orphan) < self.orphans {
            (self.keys.orphan(draws), None)
        } else {
            let customer = self.keys.buyer(draws);
            (self.keys.key(customer), self.people.group(customer).map(|group| (customer, group)))
        };
        Purchase {
            key,
            customer,
            cents: self.prices.cents(price, rest << 16),
            refund: u64::from(refund) < self.refunds,
            product: rest & 0xffff_0000,
        }
    }

    /// Writes a row that needs no quotes: every piece is copied whole, and what is too much of it is written over.
    #[inline]
    fn plain(&self, purchase: &Purchase, rows: &mut Rows) {
        let row = rows.room::<LONGEST_PLAIN>();
        let mut at = put_number(purchase.key, row);
        let product = &self.products[index(purchase.product, PRODUCTS.len())];
        row[at..at + 32].copy_from_slice(&product.bytes);
        at += product.len;
        row[at] = b'-';
        at += usize::from(purchase.refund);
        // Proof of the cast: no price is dearer than eight digits before the point.
        let (whole, count) = digits((purchase.cents / 100) as u32, false);
        row[at..at + 8].copy_from_slice(&whole);
        at += count;
        row[at..at + 8].copy_from_slice(&self.cents[(purchase.cents % 100) as usize]);
        rows.advance(at + 3 + self.line_end.len());
    }

    /// Writes any row, field by field.
    #[inline(never)]
    fn careful(
        &self,
        purchase: &Purchase,
        special: bool,
        draws: &mut Draws,
        buyers: &Buyers,
        rows: &mut Rows,
        tally: &mut Tally,
    ) {
        let (dirt, quoted) = draws.halves();
        let (newline, awkward) = draws.halves();
        let (kind, variant) = draws.halves();
        let (fine, place) = draws.halves();
        let has = |draw: u32, threshold: u64| special && u64::from(draw) < threshold;
        let quality = match special {
            true => self.dirt.quality(dirt, kind, &PURCHASE_FLAWS, &PURCHASE_ODDITIES),
            false => Quality::Clean,
        };
        let quoted = has(quoted, self.quoted);
        let mut form = Form::sound(quoted);
        let mut key = Short::new().number(purchase.key);
        let mut customer = purchase.customer;
        let mut amount = amounts::usual(purchase.cents, purchase.refund);
        match quality {
            Quality::Clean => {}
            Quality::Odd(OddPurchase::NoKey) => {
                (key, customer) = (Short::new(), None);
                tally.key_missing += 1;
            }
            Quality::Odd(OddPurchase::OddKey) => {
                let before = [" ", "0", "+"][index(variant, 3)];
                (key, customer) = (Short::new().text(before.as_bytes()).number(purchase.key), None);
            }
            Quality::Odd(OddPurchase::NoAmount) => {
                let text = Short::new().text(NO_AMOUNTS[index(variant, NO_AMOUNTS.len())].as_bytes());
                amount = Written { text, units: 0, fraction: 0 };
                tally.amount_missing += 1;
            }
            Quality::Odd(OddPurchase::OddAmount) => {
                amount = amounts::odd(purchase.cents, purchase.refund, variant, fine);
            }
            Quality::Odd(OddPurchase::BlankLineBefore) => {
                rows.put(self.line_end.as_bytes());
                tally.blank_lines += 1;
            }
            Quality::Rejected(flaw @ (Flaw::NotDecimal | Flaw::FractionTooLong | Flaw::IntegerTooLong)) => {
                amount.text = amounts::wrong(flaw, purchase.cents, variant, fine);
            }
            Quality::Rejected(flaw) => {
                form = Form::flawed(quoted, flaw, COLUMNS + self.extra as usize, (place, variant));
            }
        }
        match quality {
            Quality::Rejected(flaw) => tally.reject(flaw),
            _ => {
                let group = Purchase { customer, ..*purchase }.group(buyers);
                tally.group_purchases[group] += 1;
                tally.units[group] += amount.units;
                tally.fraction = tally.fraction.max(amount.fraction);
            }
        }

        let mut record = RecordWriter::new(rows, form);
        record.field(&[key.bytes()]);
        let product = match has(awkward, self.awkward) {
            true => AWKWARD_PRODUCTS[index(purchase.product, AWKWARD_PRODUCTS.len())],
            false => PRODUCTS[index(purchase.product, PRODUCTS.len())],
        };
        if has(newline, self.newlines) {
            let note = ["Gift wrapped", "Deliver to the \"back\" door", "Size M, blue", ""][(variant % 4) as usize];
            record.field(&[product.as_bytes(), self.line_end.as_bytes(), note.as_bytes()]);
        } else {
            record.field(&[product.as_bytes()]);
        }
        record.field(&[amount.text.bytes()]);
        extra_fields(self.extra, draws, &mut record);
        record.end(self.line_end.as_bytes());
    }
}
