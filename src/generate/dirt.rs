//! What is wrong or odd about a record, and how often.

use super::options::GenerateOptions;
use super::random::index;

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
pub(crate) const CUSTOMER_FLAWS: [Flaw; 5] =
    [Flaw::TextAfterQuote, Flaw::BareCr, Flaw::FieldCount, Flaw::EmptyRecord, Flaw::Duplicate];
/// The flaws a purchase can have.
pub(crate) const PURCHASE_FLAWS: [Flaw; 7] = [
    Flaw::TextAfterQuote,
    Flaw::BareCr,
    Flaw::FieldCount,
    Flaw::EmptyRecord,
    Flaw::NotDecimal,
    Flaw::FractionTooLong,
    Flaw::IntegerTooLong,
];
pub(crate) const CUSTOMER_ODDITIES: [OddCustomer; 6] = [
    OddCustomer::NoKey,
    OddCustomer::NoAge,
    OddCustomer::InvalidAge,
    OddCustomer::OddAge,
    OddCustomer::NoName,
    OddCustomer::BlankLineBefore,
];
pub(crate) const PURCHASE_ODDITIES: [OddPurchase; 5] = [
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

/// The shares of dirty and of odd records, as thresholds for a 32-bit draw.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dirt {
    /// Below this: dirty.
    dirty: u64,
    /// Below this, and not dirty: odd.
    odd: u64,
}

impl Dirt {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let dirty = options.dirt.threshold();
        Self { dirty, odd: dirty + options.odd.threshold() }
    }

    /// The same shares of all records, where only those records are asked that a threshold has picked.
    pub(crate) fn among(self, picked: u64) -> Self {
        Self { dirty: among(self.dirty, picked), odd: among(self.odd, picked) }
    }

    /// The draws of records that are either, as a threshold.
    pub(crate) fn threshold(self) -> u64 {
        self.odd
    }

    /// Whether a record of this draw is neither.
    #[inline]
    pub(crate) fn spares(&self, draw: u32) -> bool {
        u64::from(draw) >= self.odd
    }

    /// What a record of these two draws is like: dirty ones are spread over all flaws and oddities evenly.
    pub(crate) fn quality<O: Copy>(&self, draw: u32, kind: u32, flaws: &[Flaw], oddities: &[O]) -> Quality<O> {
        if self.spares(draw) {
            return Quality::Clean;
        }
        if u64::from(draw) >= self.dirty {
            return Quality::Odd(oddities[index(kind, oddities.len())]);
        }
        let kind = index(kind, flaws.len() + oddities.len());
        match flaws.get(kind) {
            Some(flaw) => Quality::Rejected(*flaw),
            None => Quality::Odd(oddities[kind - flaws.len()]),
        }
    }
}

/// A threshold for records picked by another one, so that the share of all records stays the same.
pub(crate) fn among(threshold: u64, picked: u64) -> u64 {
    (u128::from(threshold) << 32).checked_div(u128::from(picked)).unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::options::{Share, Volume};
    use super::super::random::{Random, Stream};
    use super::*;

    #[test]
    fn dirt_is_spread_evenly_over_everything() {
        let mut options = GenerateOptions::new(1, Volume::Purchases(1), 1, "o");
        options.dirt = Share::billionths(240_000_000);
        options.odd = Share::billionths(60_000_000);
        let dirt = Dirt::new(&options);
        let (mut flaws, mut odd, mut clean) = ([0u64; FLAWS], [0u64; 5], 0u64);
        let random = Random::new(1, Stream::Person);
        for index in 0..100_000 {
            let (draw, kind) = random.at(index).halves();
            match dirt.quality(draw, kind, &PURCHASE_FLAWS, &PURCHASE_ODDITIES) {
                Quality::Clean => clean += 1,
                Quality::Odd(oddity) => odd[oddity as usize] += 1,
                Quality::Rejected(flaw) => flaws[flaw as usize] += 1,
            }
        }
        assert!(clean.abs_diff(70_000) < 800, "{clean}");
        assert!(flaws[..7].iter().all(|count| count.abs_diff(2000) < 250), "{flaws:?}");
        assert!(odd.iter().all(|count| count.abs_diff(3200) < 300), "{odd:?}");
    }

    #[test]
    fn flaws_stand_where_the_report_counts_them() {
        use crate::join::reason::COUNTED_AS;
        assert_eq!(COUNTED_AS.len(), FLAWS);
        assert_eq!(COUNTED_AS[Flaw::NotDecimal as usize], "amount is not a decimal number");
        assert_eq!(COUNTED_AS[Flaw::IntegerTooLong as usize], "amount has more than 18 integer digits");
        assert_eq!(COUNTED_AS[Flaw::Duplicate as usize], "duplicate customer");
    }
}
