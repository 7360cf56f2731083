//! The lean path of many purchases: a batch at a time, in stages. A stage keeps little in mind, so that all of it
//! stays in registers, and no row of a stage waits for another. What comes of it is what the purchases come to one
//! at a time (`purchases`).

use super::answer::{Sums, UNMATCHED};
use super::buyers::Buyers;
use super::catalogue::PRODUCTS;
use super::keys::KeySpace;
use super::people::People;
use super::plain::{Item, LONGEST, PlainRows, SHORT_KEYS};
use super::prices::Prices;
use super::random::{Draws, Random, halves, index};
use super::rows::Rows;
use std::ops::Range;

/// Purchases at a time: a bit of a word for each, and the nearest cache holds them from stage to stage.
pub(crate) const BATCH: usize = 64;

/// What becomes of a batch.
#[derive(Debug)]
pub(crate) struct Batch {
    draws: [Draws; BATCH],
    /// A bit for each purchase that may have something special about it and is written in another way.
    special: u64,
    items: [Item; BATCH],
    cents: [u32; BATCH],
    /// The customers, and above them who is none: keys, counted from the first.
    buyers: [u64; BATCH],
    groups: [u8; BATCH],
}

impl Batch {
    pub(crate) fn new() -> Self {
        Self {
            draws: [Draws::default(); BATCH],
            special: 0,
            items: [Item::default(); BATCH],
            cents: [0; BATCH],
            buyers: [0; BATCH],
            groups: [0; BATCH],
        }
    }

    /// Draws what the purchases from this one on come from; those below the threshold are special.
    #[inline(never)]
    pub(crate) fn start(&mut self, random: Random, first: u64, special: u64) {
        let mut bits = 0;
        for (place, draws) in self.draws.iter_mut().enumerate() {
            *draws = random.at(first + place as u64);
            let (draw, _) = halves(draws.start());
            bits |= u64::from(u64::from(draw) < special) << place;
        }
        self.special = bits;
    }

    /// Draws what is bought and for how much, where all buy alike.
    #[inline(never)]
    pub(crate) fn buy(&mut self, prices: &Prices, refunds: u64) {
        for ((draws, item), cents) in self.draws.iter().zip(&mut self.items).zip(&mut self.cents) {
            let mut draws = *draws;
            let price = draws.next();
            let (refund, rest) = draws.halves();
            let (pick, fine) = (rest & 0xffff_0000, rest as u16);
            *item = Item::new(index(pick, PRODUCTS.len()), u64::from(refund) < refunds);
            *cents = prices.cents(price, fine);
        }
    }

    /// Draws who buys.
    #[inline(never)]
    pub(crate) fn find_buyers(&mut self, keys: &KeySpace, orphans: u64) {
        for (start, buyer) in self.draws.iter().zip(&mut self.buyers) {
            let (_, orphan) = halves(start.start());
            // Behind those for the price and for the product.
            let mut draws = start.after(2);
            *buyer = match u64::from(orphan) < orphans {
                true => keys.orphan(&mut draws) - keys.first(),
                false => keys.buyer(&mut draws),
            };
        }
    }

    /// Counts the purchases that are not special, and marks who bought.
    #[inline(never)]
    pub(crate) fn count(&mut self, people: &People, customers: u64, buyers: &Buyers, sums: &mut Sums) {
        // Special ones become purchases of nobody for nothing, and are taken from the count again.
        for place in bits(self.special) {
            (self.buyers[place], self.cents[place]) = (customers, 0);
        }
        self.find_groups(people, customers);
        // The count above 48 bits of cents: one sum to look up instead of two.
        let mut packed = [0u64; (UNMATCHED + 1).next_power_of_two()];
        for ((&group, &item), &cents) in self.groups.iter().zip(&self.items).zip(&self.cents) {
            // Without a branch: nothing foretells a refund.
            let minus = u64::from(item.is_refund());
            let cents = (u64::from(cents) ^ minus.wrapping_neg()).wrapping_add(minus);
            let sum = &mut packed[usize::from(group) % (UNMATCHED + 1).next_power_of_two()];
            *sum = sum.wrapping_add(cents).wrapping_add(1 << 48);
        }
        for (group, sum) in packed[..=UNMATCHED].iter().enumerate() {
            let cents = (*sum << 16) as i64 >> 16;
            sums.cents[group] += cents;
            sums.counts[group] += sum.wrapping_sub(cents as u64) >> 48;
        }
        sums.counts[UNMATCHED] -= u64::from(self.special.count_ones());
        if !buyers.are_all() {
            for (&buyer, &group) in self.buyers.iter().zip(&self.groups) {
                if usize::from(group) != UNMATCHED {
                    buyers.mark(buyer);
                }
            }
        }
    }

    /// The groups that the purchases count in.
    fn find_groups(&mut self, people: &People, customers: u64) {
        let buyers = self.buyers.iter().zip(&mut self.groups);
        if people.are_usual() {
            buyers.for_each(|(&buyer, group)| {
                // Worked out for nobody too: a choice between two numbers and no branch.
                let usual = people.usual_group(buyer);
                *group = if buyer < customers { usual } else { UNMATCHED } as u8;
            });
        } else {
            buyers.for_each(|(&buyer, group)| {
                let found = if buyer < customers { people.group(buyer) } else { None };
                *group = found.unwrap_or(UNMATCHED) as u8;
            });
        }
    }

    /// Writes the rows in their order; `special` is asked to write those that are.
    #[inline(always)]
    pub(crate) fn write(
        &self,
        keys: &KeySpace,
        plain: &PlainRows,
        rows: &mut Rows,
        mut special: impl FnMut(usize, &mut Rows),
    ) {
        let mut next = 0;
        for place in bits(self.special) {
            self.write_plain(next..place, keys, plain, rows);
            special(place, rows);
            next = place + 1;
        }
        self.write_plain(next..BATCH, keys, plain, rows);
    }

    #[inline(never)]
    fn write_plain(&self, places: Range<usize>, keys: &KeySpace, plain: &PlainRows, rows: &mut Rows) {
        /// A power of two.
        const ROOM: usize = BATCH * LONGEST;
        let buyers = self.buyers[places.clone()].iter().zip(&self.items[places.clone()]).zip(&self.cents[places]);
        if keys.last() >= SHORT_KEYS {
            buyers.for_each(|((buyer, &item), &cents)| plain.write(keys.first() + buyer, item, cents, rows));
            return;
        }
        let room = rows.room::<{ ROOM + LONGEST }>();
        let mut at = 0;
        for ((buyer, &item), &cents) in buyers {
            // The mask changes nothing, and spares a check. Proof: behind it a row of the greatest length is left.
            let row = room[at % ROOM..].first_chunk_mut().expect("there is room");
            at += plain.write_short((keys.first() + buyer) as u32, item, cents, row);
        }
        rows.advance(at);
    }
}

/// The places of the bits that are set, from the lowest.
fn bits(mut word: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = word.trailing_zeros() as usize;
        // With no bit left, 0 & anything.
        word &= word.wrapping_sub(1);
        (place < 64).then_some(place)
    })
}
