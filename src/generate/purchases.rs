//! The purchases, from any place among them. A plain row takes a lean path (`plain`); whatever is not plain is
//! written field by field.

use super::amounts::{self, FinishedFile, NO_AMOUNTS, UNITS_PER_CENT};
use super::answer::{Sums, Tally, UNMATCHED};
use super::batch::{BATCH, Batches};
use super::buyers::Buyers;
use super::catalogue::{AWKWARD, PRODUCTS};
use super::customers::extra_fields;
use super::dirt::{Dirt, Flaw, OddPurchase, Quality, among};
use super::habits::Taste;
use super::keys::KeySpace;
use super::options::GenerateOptions;
use super::people::People;
use super::plain::{Item, PlainRows};
use super::prices::PriceList;
use super::random::{Draws, Random, Stream, halves, index};
use super::record::{Form, RecordWriter};
use super::rows::{Rows, Short};
use crate::exec::cpu::{CpuWork, dispatch};
use std::ops::Range;

/// Columns without the further ones.
const COLUMNS: usize = 3;
const HEADER: &str = "customer_id,product,price";
/// Everything that decides the rows.
#[derive(Clone, Debug)]
pub(crate) struct PurchasesFile {
    people: People,
    keys: KeySpace,
    taste: Taste,
    prices: PriceList,
    random: Random,
    orphans: u64,
    refunds: u64,
    /// The rows that may have something special about them: one draw for the plain ones instead of four. The
    /// thresholds below are for these rows alone.
    special: u64,
    dirt: Dirt<OddPurchase>,
    awkward: u64,
    quoted: u64,
    newlines: u64,
    extra: u32,
    line_end: &'static str,
    mark: &'static str,
    plain: PlainRows,
}

/// A purchase before it is written.
struct Purchase {
    key: u64,
    /// The customer and the group, where an accepted record has that key.
    customer: Option<(u64, usize)>,
    cents: u32,
    refund: bool,
    /// Its place in the catalogue.
    product: usize,
}

impl PurchasesFile {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let line_end = super::line_end(options);
        let dirt = Dirt::of_purchases(options);
        let shares = [options.awkward, options.quoted, options.quoted_newlines];
        let special = dirt.threshold() + shares.iter().map(|share| share.threshold()).sum::<u64>();
        let special = special.min(1 << 32);
        Self {
            people: People::new(options),
            keys: KeySpace::new(options),
            taste: Taste::new(options.habits),
            prices: PriceList::new(options),
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
            plain: PlainRows::new(line_end),
        }
    }

    pub(crate) fn header(&self) -> String {
        let extra: String = (1..=self.extra).map(|number| format!(",detail_{number}")).collect();
        format!("{}{HEADER}{extra}{}", self.mark, self.line_end)
    }

    /// Writes these purchases, numbered from 0, counts them, and marks who bought.
    pub(crate) fn write(&self, numbers: Range<u64>, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        tally.purchases += numbers.end - numbers.start;
        // Asked once a block and not thrice a row. What both versions call on the way of a row is always inlined: with
        // two callers the compiler would not.
        match self.taste.is_alike() && self.prices.is_alike() {
            true if self.extra == 0 && self.keys.are_short() => self.write_batches(numbers, buyers, rows, tally),
            true => self.write_rows::<true>(numbers, buyers, rows, tally),
            false => self.write_rows::<false>(numbers, buyers, rows, tally),
        }
    }

    /// Where all buy alike, all products have the same prices, there are no further columns and keys are short.
    fn write_batches(&self, numbers: Range<u64>, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        let rest = numbers.end - (numbers.end - numbers.start) % BATCH as u64;
        dispatch(self.batches(numbers.start..rest, buyers, rows, tally));
        self.write_rows::<true>(rest..numbers.end, buyers, rows, tally);
    }

    /// These purchases in batches, which they must fill.
    fn batches<'a>(
        &'a self,
        numbers: Range<u64>,
        buyers: &'a Buyers,
        rows: &'a mut Rows,
        tally: &'a mut Tally,
    ) -> impl CpuWork<Output = ()> + 'a {
        Batches {
            random: self.random,
            special: self.special,
            prices: self.prices.of(0),
            refunds: self.refunds,
            keys: &self.keys,
            orphans: self.orphans,
            people: &self.people,
            plain: &self.plain,
            numbers,
            buyers,
            rows,
            tally,
            write_special: |number, rows: &mut Rows, tally: &mut Tally| {
                self.write_special(number, buyers, rows, tally);
            },
        }
    }

    /// A row of a batch that may have something special about it.
    #[inline(never)]
    fn write_special(&self, number: u64, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        let mut draws = self.random.at(number);
        let (_, orphan) = halves(draws.start());
        let purchase = self.purchase::<true>(orphan, &mut draws);
        self.careful(&purchase, true, &mut draws, buyers, rows, tally);
    }

    /// One at a time. `ALIKE`: all buy alike, and all products have the same prices.
    fn write_rows<const ALIKE: bool>(&self, numbers: Range<u64>, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        let mut sums = Sums::default();
        let mut marks = [0; 64];
        let mut marked = 0;
        for number in numbers {
            let mut draws = self.random.at(number);
            let (special, orphan) = halves(draws.start());
            let special = u64::from(special) < self.special;
            let purchase = self.purchase::<ALIKE>(orphan, &mut draws);
            if special | (self.extra > 0) {
                self.careful(&purchase, special, &mut draws, buyers, rows, tally);
                continue;
            }
            self.plain.write(purchase.key, Item::new(purchase.product, purchase.refund), purchase.cents, rows);
            let group = match purchase.customer {
                Some((customer, group)) => {
                    marks[marked] = customer;
                    marked += 1;
                    if marked == marks.len() {
                        buyers.mark_all(&marks);
                        marked = 0;
                    }
                    group
                }
                None => UNMATCHED,
            };
            sums.counts[group] += 1;
            // Without a branch: nothing foretells a refund.
            let sign = 1 - 2 * i64::from(purchase.refund);
            sums.cents[group] += sign * i64::from(purchase.cents);
        }
        buyers.mark_all(&marks[..marked]);
        tally.add(&sums);
    }

    #[inline(always)]
    fn purchase<const ALIKE: bool>(&self, orphan: u32, draws: &mut Draws) -> Purchase {
        let price = draws.next();
        let (refund, rest) = draws.halves();
        let orphan = u64::from(orphan) < self.orphans;
        let (key, customer) = if orphan { (self.keys.orphan(draws), None) } else { self.buyer::<ALIKE>(draws) };
        // The upper half decides the product, the lower one what is finer than a step of the price.
        let (pick, fine) = (rest & 0xffff_0000, rest as u16);
        let product = match ALIKE {
            true => index(pick, PRODUCTS.len()),
            false => self.taste.product(customer.map(|(_, group)| group), pick),
        };
        let prices = self.prices.of(if ALIKE { 0 } else { product });
        Purchase { key, customer, cents: prices.cents(price, fine), refund: u64::from(refund) < self.refunds, product }
    }

    /// Who buys: the key, and the customer and the group where an accepted record has it.
    #[inline(always)]
    fn buyer<const ALIKE: bool>(&self, draws: &mut Draws) -> (u64, Option<(u64, usize)>) {
        loop {
            let customer = self.keys.buyer(draws);
            let group = self.people.group(customer);
            if ALIKE || self.taste.buys(group, draws) {
                return (self.keys.key(customer), group.map(|group| (customer, group)));
            }
        }
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
            true => self.dirt.quality(dirt, kind),
            false => Quality::Clean,
        };
        let (quoted, newline, awkward) =
            (has(quoted, self.quoted), has(newline, self.newlines), has(awkward, self.awkward));
        if awkward && quality == Quality::Clean && !quoted && !newline && self.extra == 0 {
            return self.awkward_row(purchase, place, buyers, rows, tally);
        }
        let mut form = Form::sound(quoted);
        let mut key = Short::new().number(purchase.key);
        let mut customer = purchase.customer;
        let mut amount = amounts::usual(u64::from(purchase.cents), purchase.refund);
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
                amount = FinishedFile { text, units: 0, fraction: 0 };
                tally.amount_missing += 1;
            }
            Quality::Odd(OddPurchase::OddAmount) => {
                amount = amounts::odd(u64::from(purchase.cents), purchase.refund, variant, fine);
            }
            Quality::Odd(OddPurchase::BlankLineBefore) => {
                rows.put(self.line_end.as_bytes());
                tally.blank_lines += 1;
            }
            Quality::Rejected(flaw @ (Flaw::NotDecimal | Flaw::FractionTooLong | Flaw::IntegerTooLong)) => {
                amount.text = amounts::wrong(flaw, u64::from(purchase.cents), variant, fine);
            }
            Quality::Rejected(flaw) => {
                form = Form::flawed(quoted, flaw, COLUMNS + self.extra as usize, (place, variant));
            }
        }
        match quality {
            Quality::Rejected(flaw) => tally.reject(flaw),
            _ => {
                let group = customer.map_or(UNMATCHED, |(customer, group)| {
                    buyers.mark(customer);
                    group
                });
                tally.group_purchases[group] += 1;
                tally.units[group] += amount.units;
                tally.fraction = tally.fraction.max(amount.fraction);
            }
        }

        let mut record = RecordWriter::new(rows, form);
        record.field(&[key.bytes()]);
        let (before, behind) = match awkward {
            true => AWKWARD[index(place, AWKWARD.len())],
            false => ("", ""),
        };
        let product = [before, PRODUCTS[purchase.product].0, behind].map(str::as_bytes);
        if newline {
            let note = ["Gift wrapped", "Deliver to the \"back\" door", "Size M, blue", ""][(variant % 4) as usize];
            record.field(&[product[0], product[1], product[2], self.line_end.as_bytes(), note.as_bytes()]);
        } else {
            record.field(&product);
        }
        record.field(&[amount.text.bytes()]);
        extra_fields(self.extra, draws, &mut record);
        record.end(self.line_end.as_bytes());
    }

    /// The lean path of most special rows: nothing is special but the product.
    fn awkward_row(&self, purchase: &Purchase, place: u32, buyers: &Buyers, rows: &mut Rows, tally: &mut Tally) {
        let item = Item::new(purchase.product, purchase.refund);
        self.plain.write_awkward(purchase.key, index(place, AWKWARD.len()), item, purchase.cents, rows);
        let group = purchase.customer.map_or(UNMATCHED, |(customer, group)| {
            buyers.mark(customer);
            group
        });
        let cents = i128::from(purchase.cents) * i128::from(UNITS_PER_CENT);
        tally.group_purchases[group] += 1;
        tally.units[group] += if purchase.refund { -cents } else { cents };
        tally.fraction = tally.fraction.max(2);
    }
}

#[cfg(test)]
#[path = "purchases_tests.rs"]
mod tests;
