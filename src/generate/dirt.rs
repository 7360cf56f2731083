//! What is wrong or odd about a record, and how often.

use super::options::GenerateOptions;
use super::random::index;
use super::share::Share;

/// Why a record is rejected; each stands at its place among the reasons as the report counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    TextAfterQuote = 0,
    BareCr = 1,
    FieldCount = 2,
    EmptyRecord = 3,
    NotDecimal = 4,
    FractionTooLong = 5,
    IntegerTooLong = 6,
    Duplicate = 7,
}

/// How many flaws there are.
pub(crate) const FLAWS: usize = 8;

/// An oddity of a customer who is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OddCustomer {
    NoKey,
    NoAge,
    InvalidAge,
    OddAge,
    NoName,
    BlankLineBefore,
}

/// An oddity of a purchase that is accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OddPurchase {
    NoKey,
    /// A key that would be a customer's but for a blank or a zero: no customer's.
    OddKey,
    NoAmount,
    OddAmount,
    BlankLineBefore,
}

/// The flaws a customer's record can have.
const CUSTOMER_FLAWS: [Flaw; 5] =
    [Flaw::TextAfterQuote, Flaw::BareCr, Flaw::FieldCount, Flaw::EmptyRecord, Flaw::Duplicate];
/// The flaws a purchase can have.
const PURCHASE_FLAWS: [Flaw; 7] = [
    Flaw::TextAfterQuote,
    Flaw::BareCr,
    Flaw::FieldCount,
    Flaw::EmptyRecord,
    Flaw::NotDecimal,
    Flaw::FractionTooLong,
    Flaw::IntegerTooLong,
];
const CUSTOMER_ODDITIES: [OddCustomer; 6] = [
    OddCustomer::NoKey,
    OddCustomer::NoAge,
    OddCustomer::InvalidAge,
    OddCustomer::OddAge,
    OddCustomer::NoName,
    OddCustomer::BlankLineBefore,
];
const PURCHASE_ODDITIES: [OddPurchase; 5] = [
    OddPurchase::NoKey,
    OddPurchase::OddKey,
    OddPurchase::NoAmount,
    OddPurchase::OddAmount,
    OddPurchase::BlankLineBefore,
];

/// What a record is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality<O> {
    Clean,
    Odd(O),
    Rejected(Flaw),
}

/// The shares of records that are dirty, odd, or lack one thing, as thresholds for a 32-bit draw.
#[derive(Clone, Debug)]
pub(crate) struct Dirt<O: 'static> {
    flaws: &'static [Flaw],
    oddities: &'static [O],
    /// Below this: dirty.
    dirty: u64,
    /// Below this, and not dirty: odd.
    odd: u64,
    /// Below each of these, which ascend, and none before it: that oddity.
    single: Vec<(u64, O)>,
    /// The greatest of all these.
    any: u64,
}

impl Dirt<OddCustomer> {
    pub(crate) fn of_customers(options: &GenerateOptions) -> Self {
        let single = [
            (options.missing_keys, OddCustomer::NoKey),
            (options.missing_ages, OddCustomer::NoAge),
            (options.invalid_ages, OddCustomer::InvalidAge),
        ];
        Self::new(options, &CUSTOMER_FLAWS, &CUSTOMER_ODDITIES, &single)
    }
}

impl Dirt<OddPurchase> {
    pub(crate) fn of_purchases(options: &GenerateOptions) -> Self {
        let single = [(options.missing_keys, OddPurchase::NoKey), (options.missing_amounts, OddPurchase::NoAmount)];
        Self::new(options, &PURCHASE_FLAWS, &PURCHASE_ODDITIES, &single)
    }
}

impl<O: Copy> Dirt<O> {
    fn new(options: &GenerateOptions, flaws: &'static [Flaw], oddities: &'static [O], single: &[(Share, O)]) -> Self {
        let dirty = options.dirt.threshold();
        let odd = dirty + options.odd.threshold();
        let mut any = odd;
        let mut next = |share: Share| {
            any += share.threshold();
            any
        };
        let single = single.iter().map(|&(share, oddity)| (next(share), oddity)).collect();
        Self { flaws, oddities, dirty, odd, single, any }
    }

    /// The same shares of all records, where only those records are asked that a threshold has picked.
    pub(crate) fn among(self, picked: u64) -> Self {
        let share = |threshold| among(threshold, picked);
        Self {
            dirty: share(self.dirty),
            odd: share(self.odd),
            single: self.single.into_iter().map(|(threshold, oddity)| (share(threshold), oddity)).collect(),
            any: share(self.any),
            ..self
        }
    }

    /// The draws of records that are any of it, as a threshold.
    pub(crate) fn threshold(&self) -> u64 {
        self.any
    }

    /// Whether a record of this draw is none of it.
    #[inline]
    pub(crate) fn spares(&self, draw: u32) -> bool {
        u64::from(draw) >= self.any
    }

    /// What a record of these two draws is like: dirty ones are spread over all flaws and oddities evenly.
    pub(crate) fn quality(&self, draw: u32, kind: u32) -> Quality<O> {
        let draw = u64::from(draw);
        if draw >= self.odd {
            let single = self.single.iter().find(|(threshold, _)| draw < *threshold);
            return single.map_or(Quality::Clean, |(_, oddity)| Quality::Odd(*oddity));
        }
        if draw >= self.dirty {
            return Quality::Odd(self.oddities[index(kind, self.oddities.len())]);
        }
        let kind = index(kind, self.flaws.len() + self.oddities.len());
        match self.flaws.get(kind) {
            Some(flaw) => Quality::Rejected(*flaw),
            None => Quality::Odd(self.oddities[kind - self.flaws.len()]),
        }
    }
}

/// A threshold for records picked by another one, so that the share of all records stays the same.
pub(crate) fn among(threshold: u64, picked: u64) -> u64 {
    (u128::from(threshold) << 32).checked_div(u128::from(picked)).unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::super::random::{Random, Stream};
    use super::*;

    const COUNT: u64 = 100_000;

    /// How often a purchase has each flaw and each oddity, and neither.
    fn counts(dirt: &Dirt<OddPurchase>) -> ([u64; FLAWS], [u64; 5], u64) {
        let (mut flaws, mut odd, mut clean) = ([0; FLAWS], [0; 5], 0);
        let random = Random::new(1, Stream::Person);
        for index in 0..COUNT {
            let (draw, kind) = random.at(index).halves();
            let quality = dirt.quality(draw, kind);
            assert_eq!(dirt.spares(draw), quality == Quality::Clean);
            match quality {
                Quality::Clean => clean += 1,
                Quality::Odd(oddity) => odd[oddity as usize] += 1,
                Quality::Rejected(flaw) => flaws[flaw as usize] += 1,
            }
        }
        (flaws, odd, clean)
    }

    fn options() -> GenerateOptions {
        GenerateOptions::new(1, Volume::Purchases(1), 1, "o")
    }

    fn percent(percent: u32) -> Share {
        Share::billionths(percent * 10_000_000)
    }

    #[test]
    fn dirt_is_spread_evenly_over_everything() {
        let mut options = options();
        (options.dirt, options.odd) = (percent(24), percent(6));
        let (flaws, odd, clean) = counts(&Dirt::of_purchases(&options));
        assert!(clean.abs_diff(70_000) < 800, "{clean}");
        assert!(flaws[..7].iter().all(|count| count.abs_diff(2000) < 250), "{flaws:?}");
        assert!(odd.iter().all(|count| count.abs_diff(3200) < 300), "{odd:?}");
    }

    #[test]
    fn one_oddity_can_be_asked_for_alone_and_beside_the_others() {
        let mut options = options();
        (options.missing_keys, options.missing_amounts) = (percent(4), percent(30));
        let (flaws, odd, clean) = counts(&Dirt::of_purchases(&options));
        assert_eq!((flaws, odd[1], odd[3], odd[4]), ([0; FLAWS], 0, 0, 0));
        assert!(odd[0].abs_diff(4000) < 320 && odd[2].abs_diff(30_000) < 730, "{odd:?}");
        options.odd = percent(10);
        let (_, odd, with_odd) = counts(&Dirt::of_purchases(&options));
        assert!(odd[0].abs_diff(6000) < 390 && odd[1].abs_diff(2000) < 250, "{odd:?}");
        assert!(clean.abs_diff(with_odd).abs_diff(10_000) < 800, "{clean} {with_odd}");
        // Half of the records are asked, at double the rate: as many of all.
        let (_, odd, _) = counts(&Dirt::of_purchases(&options).among(1 << 31));
        assert!(odd[0].abs_diff(12_000) < 520 && odd[1].abs_diff(4000) < 320, "{odd:?}");
    }

    #[test]
    fn flaws_stand_where_the_report_counts_them() {
        use crate::model::reject::REASON_NAMES;
        assert_eq!(REASON_NAMES.len(), FLAWS);
        assert_eq!(REASON_NAMES[Flaw::NotDecimal as usize], "amount is not a decimal number");
        assert_eq!(REASON_NAMES[Flaw::IntegerTooLong as usize], "amount has more than 18 integer digits");
        assert_eq!(REASON_NAMES[Flaw::Duplicate as usize], "duplicate customer");
    }
}
