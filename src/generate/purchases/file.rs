//! The purchases file.
//!
//! Purchases are written by number, at any position. Two paths give the same bytes: `write_fields` writes any row field
//! by field; `plain_row` is the fast path for rows without traits (`row_traits`) and for rows that are only awkward.
//! The property test holds the fast path against `write_fields`.

use super::amounts::{self, Amount, MISSING_AMOUNTS};
use super::buyer_set::BuyerSet;
use super::catalogue::{AWKWARD, PRODUCTS};
use super::habits::HabitTable;
use super::plain_row::PlainRowWriter;
use super::prices::PriceList;
use super::row_traits::{RowTraits, TraitShares};
use crate::generate::customers::people::People;
use crate::generate::dirt::{PurchaseOddity, Quality};
use crate::generate::keys::KeySpace;
use crate::generate::options::GenerateOptions;
use crate::generate::random::{Draws, Random, Stream, halves, index};
use crate::generate::tally::{CentSums, Tally, UNMATCHED};
use crate::generate::text::extra_columns;
use crate::generate::text::record_buffer::RecordBuffer;
use crate::generate::text::record_writer::{RecordForm, RecordWriter};
use crate::generate::text::short_text::ShortText;
use crate::model::reject_reason::RejectReason;
use std::ops::Range;

/// Columns without extra columns.
const COLUMNS: usize = 3;
const HEADER: &str = "customer_id,product,price";
/// Notes on the second line of a product.
const NOTES: [&str; 4] = ["Gift wrapped", "Deliver to the \"back\" door", "Size M, blue", ""];
/// What makes a key odd, in front of it.
const KEY_PREFIXES: [&str; 3] = [" ", "0", "+"];

/// The contents of the purchases file or files.
#[derive(Clone, Debug)]
pub(crate) struct PurchasesFile {
    people: People,
    keys: KeySpace,
    habits: HabitTable,
    prices: PriceList,
    random: Random,
    /// Thresholds for 32-bit draws.
    orphans: u64,
    refunds: u64,
    traits: TraitShares,
    extra_columns: u32,
    line_end: &'static str,
    byte_order_mark: &'static str,
    plain_rows: PlainRowWriter,
}

/// A purchase before it is written.
struct Purchase {
    key: u64,
    /// Customer and age group, if an accepted record has the key.
    customer: Option<(u64, usize)>,
    cents: u32,
    refund: bool,
    /// Index in [`PRODUCTS`].
    product: usize,
}

impl PurchasesFile {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        Self {
            people: People::new(options),
            keys: KeySpace::new(options),
            habits: HabitTable::new(options.habits),
            prices: PriceList::new(options),
            random: Random::new(options.seed, Stream::Purchase),
            orphans: options.orphans.threshold(),
            refunds: options.refunds.threshold(),
            traits: TraitShares::new(options),
            extra_columns: options.extra_columns,
            line_end: options.line_end(),
            byte_order_mark: options.byte_order_mark(),
            plain_rows: PlainRowWriter::new(options.line_end()),
        }
    }

    /// The byte order mark and the header.
    pub(crate) fn header(&self) -> String {
        let extra = extra_columns::header("detail", self.extra_columns);
        format!("{}{HEADER}{extra}{}", self.byte_order_mark, self.line_end)
    }

    /// Writes and counts these purchases, numbered from 0, and adds their customers to the buyers.
    pub(crate) fn write(&self, numbers: Range<u64>, buyers: &BuyerSet, buffer: &mut RecordBuffer, tally: &mut Tally) {
        tally.purchases += numbers.end - numbers.start;
        let mut sums = CentSums::default();
        for number in numbers {
            let (purchase, special, mut draws) = self.purchase(number);
            let Purchase { key, product, cents, refund, .. } = purchase;
            if !special && self.extra_columns == 0 {
                self.plain_rows.write(key, product, cents, refund, buffer);
                sums.add(count_buyer(purchase.customer, buyers), cents, refund);
                continue;
            }
            let traits = self.traits.traits(special, &mut draws);
            match traits.only_awkward() {
                Some(awkward) if self.extra_columns == 0 => {
                    self.plain_rows.write_awkward(key, (product, awkward), cents, refund, buffer);
                    sums.add(count_buyer(purchase.customer, buyers), cents, refund);
                }
                _ => self.write_fields(&purchase, &traits, &mut draws, buyers, buffer, tally),
            }
        }
        tally.add_cents(&sums);
    }

    /// A purchase, whether its row is special, and the draws behind it.
    #[inline(always)]
    fn purchase(&self, number: u64) -> (Purchase, bool, Draws) {
        let mut draws = self.random.at(number);
        let (special, orphan) = halves(draws.start());
        let price = draws.next();
        let (refund, rest) = draws.halves();
        let (key, customer) = match u64::from(orphan) < self.orphans {
            true => (self.keys.orphan(&mut draws), None),
            false => self.buyer(&mut draws),
        };
        // The upper half selects the product, the lower half interpolates the price.
        let (product, fine) = (rest & 0xffff_0000, rest as u16);
        let product = self.habits.product(customer.map(|(_, group)| group), product);
        let cents = self.prices.of(product).cents(price, fine);
        let refund = u64::from(refund) < self.refunds;
        (Purchase { key, customer, cents, refund, product }, self.traits.preselects(special), draws)
    }

    /// Draws the buyer: the key, and customer and group if an accepted record has the key.
    #[inline(always)]
    fn buyer(&self, draws: &mut Draws) -> (u64, Option<(u64, usize)>) {
        loop {
            let customer = self.keys.buyer(draws);
            let group = self.people.group(customer);
            if self.habits.accepts(group, draws) {
                return (self.keys.key(customer), group.map(|group| (customer, group)));
            }
        }
    }

    /// Writes and counts any row, field by field.
    #[inline(never)]
    fn write_fields(
        &self,
        purchase: &Purchase,
        traits: &RowTraits,
        draws: &mut Draws,
        buyers: &BuyerSet,
        buffer: &mut RecordBuffer,
        tally: &mut Tally,
    ) {
        let &RowTraits { quality, quoted, variant, fine, place, .. } = traits;
        let cents = u64::from(purchase.cents);
        let mut form = RecordForm::well_formed(quoted);
        let mut key = ShortText::new().number(purchase.key);
        let mut customer = purchase.customer;
        let mut amount = amounts::usual(cents, purchase.refund);
        match quality {
            Quality::Clean => {}
            Quality::Odd(PurchaseOddity::NoKey) => {
                (key, customer) = (ShortText::new(), None);
                tally.key_missing += 1;
            }
            Quality::Odd(PurchaseOddity::OddKey) => {
                let prefix = KEY_PREFIXES[index(variant, KEY_PREFIXES.len())];
                (key, customer) = (ShortText::new().text(prefix.as_bytes()).number(purchase.key), None);
            }
            Quality::Odd(PurchaseOddity::NoAmount) => {
                let text = MISSING_AMOUNTS[index(variant, MISSING_AMOUNTS.len())];
                amount = Amount { text: ShortText::new().text(text.as_bytes()), units: 0, fraction: 0 };
                tally.amount_missing += 1;
            }
            Quality::Odd(PurchaseOddity::OddAmount) => amount = amounts::odd(cents, purchase.refund, variant, fine),
            Quality::Odd(PurchaseOddity::BlankLineBefore) => {
                buffer.push(self.line_end.as_bytes());
                tally.blank_lines += 1;
            }
            Quality::Rejected(
                flaw @ (RejectReason::AmountNotDecimal
                | RejectReason::AmountFractionTooLong
                | RejectReason::AmountIntegerTooLong),
            ) => {
                amount.text = amounts::invalid(flaw, cents, variant, fine);
            }
            Quality::Rejected(flaw) => {
                let fields = COLUMNS + self.extra_columns as usize;
                form = RecordForm::flawed(quoted, flaw, fields, (place, variant));
            }
        }
        match quality {
            Quality::Rejected(flaw) => tally.reject(flaw),
            _ => {
                let group = count_buyer(customer, buyers);
                tally.group_purchases[group] += 1;
                tally.units[group] += amount.units;
                tally.fraction = tally.fraction.max(amount.fraction);
            }
        }

        let mut record = RecordWriter::new(buffer, form);
        record.field(&[key.as_bytes()]);
        let (before, behind) = traits.awkward.map_or(("", ""), |awkward| AWKWARD[awkward]);
        let [before, name, behind] = [before, PRODUCTS[purchase.product].name, behind].map(str::as_bytes);
        if traits.newline {
            let note = NOTES[(variant % 4) as usize];
            record.field(&[before, name, behind, self.line_end.as_bytes(), note.as_bytes()]);
        } else {
            record.field(&[before, name, behind]);
        }
        record.field(&[amount.text.as_bytes()]);
        extra_columns::write(self.extra_columns, draws, &mut record);
        record.end(self.line_end.as_bytes());
    }
}

/// Adds the customer of an accepted purchase to the buyers and returns the index under which the purchase is counted.
#[inline(always)]
fn count_buyer(customer: Option<(u64, usize)>, buyers: &BuyerSet) -> usize {
    match customer {
        Some((customer, group)) => {
            buyers.insert(customer);
            group
        }
        None => UNMATCHED,
    }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
