//! The lean path of many purchases: a batch at a time, in stages. In a stage all purchases take the same way, so that
//! the compiler makes several at once (`crate::exec::cpu`, `lanes`); the few that would go astray are made again on their own.
//! What comes of it is what the purchases come to one at a time (`purchases`).

use super::ages::BY_BOUNDS;
use super::answer::{Sums, Tally, UNMATCHED};
use super::buyers::Buyers;
use super::catalogue::PRODUCTS;
use super::keys::KeySpace;
use super::lanes::{bits, draw, low, places};
use super::people::People;
use super::plain::{Item, PlainRows};
use super::prices::{Prices, sum_of_bytes};
use super::random::{Draws, Random};
use super::rows::Rows;
use super::texts::Texts;
use crate::exec::cpu::{Cpu, CpuWork};
use std::ops::Range;

/// Purchases at a time: a bit of a word for each, and the nearest cache holds them from stage to stage.
pub(crate) const BATCH: usize = 64;
/// Above the cents of a sum, the count: one number to add instead of two.
const COUNT: u32 = 48;

/// Purchases to be written in whole batches, and all that decides their rows.
pub(crate) struct Batches<'a, S> {
    pub(crate) random: Random,
    pub(crate) special: u64,
    pub(crate) prices: &'a Prices,
    pub(crate) refunds: u64,
    pub(crate) keys: &'a KeySpace,
    pub(crate) orphans: u64,
    pub(crate) people: &'a People,
    pub(crate) plain: &'a PlainRows,
    /// As many as fill batches.
    pub(crate) numbers: Range<u64>,
    pub(crate) buyers: &'a Buyers,
    pub(crate) rows: &'a mut Rows,
    pub(crate) tally: &'a mut Tally,
    /// Writes and counts a purchase that may have something special about it.
    pub(crate) write_special: S,
}

impl<S: Fn(u64, &mut Rows, &mut Tally)> CpuWork for Batches<'_, S> {
    type Output = ();

    #[inline(always)]
    fn run(self, _: impl Cpu) {
        let (mut batch, mut sums) = (Batch::new(), Sums::default());
        for first in self.numbers.step_by(BATCH) {
            batch.start(self.random, first, self.special, self.orphans);
            batch.buy(self.prices, self.refunds);
            batch.find_buyers(self.keys);
            batch.count(self.people, self.buyers, &mut sums);
            batch.write(self.keys, self.plain, self.rows, |place, rows| {
                (self.write_special)(first + place as u64, rows, self.tally);
            });
        }
        self.tally.add(&sums);
    }
}

/// What becomes of a batch.
struct Batch {
    starts: [u64; BATCH],
    /// A bit for each purchase that may have something special about it and is written in another way.
    special: u64,
    /// A bit for each that names no customer.
    orphans: u64,
    /// The prices between which those of the purchases lie.
    ends: [u64; BATCH],
    items: [u64; BATCH],
    cents: [u32; BATCH],
    /// One purchase and its cents, below 0 for a refund: what a group's sum grows by.
    growth: [u64; BATCH],
    /// Keys, counted from the first: the customers, and above them who is none.
    buyers: [u32; BATCH],
    texts: Texts,
}

impl Batch {
    fn new() -> Self {
        Self {
            starts: [0; BATCH],
            special: 0,
            orphans: 0,
            ends: [0; BATCH],
            items: [0; BATCH],
            cents: [0; BATCH],
            growth: [0; BATCH],
            buyers: [0; BATCH],
            texts: Texts::new(),
        }
    }

    /// Draws what the purchases from this one on come from; those below the thresholds are special, or orphans.
    #[inline(always)]
    fn start(&mut self, random: Random, first: u64, special: u64, orphans: u64) {
        for (place, start) in (0..).zip(&mut self.starts) {
            *start = random.at(first + place).start();
        }
        self.special = bits(&self.starts, |start| ((start >> 32) as i64) < special as i64);
        self.orphans = bits(&self.starts, |start| (low(start) as i64) < orphans as i64);
    }

    /// Draws what is bought and for how much, where all buy alike.
    #[inline(always)]
    fn buy(&mut self, prices: &Prices, refunds: u64) {
        for (ends, &start) in self.ends.iter_mut().zip(&self.starts) {
            *ends = sum_of_bytes(draw::<1>(start));
        }
        // Looked up one at a time: the only way that is fast on all processors.
        for ends in &mut self.ends {
            *ends = prices.ends(*ends);
        }
        let bought = self.items.iter_mut().zip(&mut self.cents).zip(&mut self.growth);
        for (((item, cents), growth), (&start, &ends)) in bought.zip(self.starts.iter().zip(&self.ends)) {
            let draw = draw::<2>(start);
            let (refund, rest) = ((draw >> 32) as i64, low(draw));
            let minus = u64::from(refund < refunds as i64);
            *item = ((rest >> 16) * PRODUCTS.len() as u64) >> 16 | minus << 7;
            let price = Prices::between(ends, rest & 0xffff);
            *cents = price as u32;
            *growth = ((price ^ minus.wrapping_neg()).wrapping_add(minus)).wrapping_add(1 << COUNT);
        }
    }

    /// Draws who buys.
    #[inline(always)]
    fn find_buyers(&mut self, keys: &KeySpace) {
        keys.buyers(&self.starts, &mut self.buyers);
        for place in places(self.orphans) {
            // Behind those for the price and for the product.
            let mut draws = Draws::behind(self.starts[place]).after(2);
            self.buyers[place] = (keys.orphan(&mut draws) - keys.first()) as u32;
        }
    }

    /// Counts the purchases that are not special, and marks who bought.
    #[inline(always)]
    fn count(&mut self, people: &People, buyers: &Buyers, sums: &mut Sums) {
        for place in places(self.orphans & !self.special) {
            add(sums, UNMATCHED, self.growth[place]);
        }
        let bought = !(self.orphans | self.special);
        if !people.are_usual() {
            return self.count_each(bought, people, buyers, sums);
        }
        for place in places(!bought) {
            self.growth[place] = 0;
        }
        // The sums of all, and of those at or above each bound between the groups: those between two are a group.
        let bounds = people.bounds().map(|bound| bound as i64);
        let (mut all, mut passed) = (0u64, [0u64; 3]);
        for (&buyer, &growth) in self.buyers.iter().zip(&self.growth) {
            let age = i64::from(people.age_draw(u64::from(buyer)));
            all = all.wrapping_add(growth);
            for (sum, bound) in passed.iter_mut().zip(bounds) {
                *sum = sum.wrapping_add(if age >= bound { growth } else { 0 });
            }
        }
        let [one, two, three] = passed;
        for (group, sum) in
            BY_BOUNDS.into_iter().zip([all.wrapping_sub(one), one.wrapping_sub(two), two.wrapping_sub(three), three])
        {
            add(sums, group, sum);
        }
        if !buyers.are_all() {
            places(bought).for_each(|place| buyers.mark(u64::from(self.buyers[place])));
        }
    }

    /// The same where some customers are not usual.
    #[inline(never)]
    fn count_each(&self, bought: u64, people: &People, buyers: &Buyers, sums: &mut Sums) {
        let are_all = buyers.are_all();
        for place in places(bought) {
            let buyer = u64::from(self.buyers[place]);
            let group = people.group(buyer);
            add(sums, group.unwrap_or(UNMATCHED), self.growth[place]);
            if group.is_some() && !are_all {
                buyers.mark(buyer);
            }
        }
    }

    /// Writes the rows in their order; `special` is asked to write those that are.
    #[inline(always)]
    fn write(
        &mut self,
        keys: &KeySpace,
        plain: &PlainRows,
        rows: &mut Rows,
        mut special: impl FnMut(usize, &mut Rows),
    ) {
        let long = self.texts.make(keys.first() as u32, &self.buyers, &self.cents, plain);
        let mut next = 0;
        for place in places(self.special | long) {
            self.texts.write(next..place, &self.items, plain, rows);
            if self.special >> place & 1 == 1 {
                special(place, rows);
            } else {
                let (key, item) = (keys.first() + u64::from(self.buyers[place]), Item::of(self.items[place]));
                plain.write(key, item, self.cents[place], rows);
            }
            next = place + 1;
        }
        self.texts.write(next..BATCH, &self.items, plain, rows);
    }
}

/// Adds what a group's sum has grown by. 64 purchases count and cost less than what the parts of a word hold.
#[inline(always)]
fn add(sums: &mut Sums, group: usize, growth: u64) {
    let cents = (growth << (64 - COUNT)) as i64 >> (64 - COUNT);
    sums.cents[group] += cents;
    sums.counts[group] += growth.wrapping_sub(cents as u64) >> COUNT;
}
