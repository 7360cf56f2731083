//! The quality of a record: clean, odd (accepted with a missing or unusual value) or rejected, each with its share.

use super::options::GenerateOptions;
use super::random::index;
use super::share::Share;
use crate::model::reject_reason::RejectReason;

/// An oddity of an accepted customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CustomerOddity {
    NoKey,
    NoAge,
    InvalidAge,
    OddAge,
    NoName,
    BlankLineBefore,
}

/// An oddity of an accepted purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PurchaseOddity {
    NoKey,
    /// A customer's key with a space, a zero or a plus sign in front. Keys are compared as bytes, so it matches no customer.
    OddKey,
    NoAmount,
    OddAmount,
    BlankLineBefore,
}

/// The flaws of customers.
const CUSTOMER_FLAWS: [RejectReason; 5] = [
    RejectReason::TextAfterClosingQuote,
    RejectReason::BareCarriageReturn,
    RejectReason::WrongFieldCount,
    RejectReason::EmptyRecord,
    RejectReason::DuplicateCustomer,
];
/// The flaws of purchases.
const PURCHASE_FLAWS: [RejectReason; 7] = [
    RejectReason::TextAfterClosingQuote,
    RejectReason::BareCarriageReturn,
    RejectReason::WrongFieldCount,
    RejectReason::EmptyRecord,
    RejectReason::AmountNotDecimal,
    RejectReason::AmountFractionTooLong,
    RejectReason::AmountIntegerTooLong,
];
/// The oddities of customers.
const CUSTOMER_ODDITIES: [CustomerOddity; 6] = [
    CustomerOddity::NoKey,
    CustomerOddity::NoAge,
    CustomerOddity::InvalidAge,
    CustomerOddity::OddAge,
    CustomerOddity::NoName,
    CustomerOddity::BlankLineBefore,
];
/// The oddities of purchases.
const PURCHASE_ODDITIES: [PurchaseOddity; 5] = [
    PurchaseOddity::NoKey,
    PurchaseOddity::OddKey,
    PurchaseOddity::NoAmount,
    PurchaseOddity::OddAmount,
    PurchaseOddity::BlankLineBefore,
];

/// The quality of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quality<O> {
    Clean,
    Odd(O),
    Rejected(RejectReason),
}

/// The shares of the qualities, as ascending thresholds for a 32-bit draw: dirty (any flaw or oddity), odd (any
/// oddity), then single oddities.
#[derive(Clone, Debug)]
pub(crate) struct QualityShares<O: 'static> {
    flaws: &'static [RejectReason],
    oddities: &'static [O],
    /// Draws below this are dirty.
    dirty: u64,
    /// Draws from `dirty` to below this are odd.
    odd: u64,
    /// Upper bounds of the draws with a single oddity, ascending from `odd`.
    single: Vec<(u64, O)>,
    /// Draws from this on are clean.
    clean: u64,
}

impl QualityShares<CustomerOddity> {
    pub(crate) fn of_customers(options: &GenerateOptions) -> Self {
        let single = [
            (options.missing_keys, CustomerOddity::NoKey),
            (options.missing_ages, CustomerOddity::NoAge),
            (options.invalid_ages, CustomerOddity::InvalidAge),
        ];
        Self::new(options, &CUSTOMER_FLAWS, &CUSTOMER_ODDITIES, &single)
    }
}

impl QualityShares<PurchaseOddity> {
    pub(crate) fn of_purchases(options: &GenerateOptions) -> Self {
        let single =
            [(options.missing_keys, PurchaseOddity::NoKey), (options.missing_amounts, PurchaseOddity::NoAmount)];
        Self::new(options, &PURCHASE_FLAWS, &PURCHASE_ODDITIES, &single)
    }
}

impl<O: Copy> QualityShares<O> {
    fn new(
        options: &GenerateOptions,
        flaws: &'static [RejectReason],
        oddities: &'static [O],
        single: &[(Share, O)],
    ) -> Self {
        let dirty = options.dirt.threshold();
        let odd = dirty + options.odd.threshold();
        let mut any = odd;
        let mut next = |share: Share| {
            any += share.threshold();
            any
        };
        let single = single.iter().map(|&(share, oddity)| (next(share), oddity)).collect();
        Self { flaws, oddities, dirty, odd, single, clean: any }
    }

    /// Rescales the thresholds for a second draw that is made only for records preselected by a first one, so that the
    /// shares of all records stay the same. `preselected` is the threshold of the first draw.
    pub(crate) fn among(self, preselected: u64) -> Self {
        let share = |threshold| among(threshold, preselected);
        Self {
            dirty: share(self.dirty),
            odd: share(self.odd),
            single: self.single.into_iter().map(|(threshold, oddity)| (share(threshold), oddity)).collect(),
            clean: share(self.clean),
            ..self
        }
    }

    /// Draws below this are not clean.
    pub(crate) fn threshold(&self) -> u64 {
        self.clean
    }

    /// Whether a record with this draw is clean.
    #[inline]
    pub(crate) fn is_clean(&self, draw: u32) -> bool {
        u64::from(draw) >= self.clean
    }

    /// The quality of a record with these two draws. Dirty records are spread evenly over all flaws and oddities.
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

/// Rescales a threshold for records preselected by another threshold, so that the share of all records stays the same.
pub(crate) fn among(threshold: u64, preselected: u64) -> u64 {
    (u128::from(threshold) << 32).checked_div(u128::from(preselected)).unwrap_or(0) as u64
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::super::random::{Random, Stream};
    use super::*;

    const FLAWS: usize = RejectReason::ALL.len();

    const COUNT: u64 = 100_000;

    /// Counts of flaws, of oddities and of clean records.
    fn counts(dirt: &QualityShares<PurchaseOddity>) -> ([u64; FLAWS], [u64; 5], u64) {
        let (mut flaws, mut odd, mut clean) = ([0; FLAWS], [0; 5], 0);
        let random = Random::new(1, Stream::Person);
        for index in 0..COUNT {
            let (draw, kind) = random.at(index).halves();
            let quality = dirt.quality(draw, kind);
            assert_eq!(dirt.is_clean(draw), quality == Quality::Clean);
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
    fn dirt_is_spread_evenly_over_all_flaws_and_oddities() {
        let mut options = options();
        (options.dirt, options.odd) = (percent(24), percent(6));
        let (flaws, odd, clean) = counts(&QualityShares::of_purchases(&options));
        assert!(clean.abs_diff(70_000) < 800, "{clean}");
        assert!(PURCHASE_FLAWS.iter().all(|flaw| flaws[*flaw as usize].abs_diff(2000) < 250), "{flaws:?}");
        assert!(odd.iter().all(|count| count.abs_diff(3200) < 300), "{odd:?}");
    }

    #[test]
    fn single_oddities_have_their_own_shares() {
        let mut options = options();
        (options.missing_keys, options.missing_amounts) = (percent(4), percent(30));
        let (flaws, odd, clean) = counts(&QualityShares::of_purchases(&options));
        assert_eq!((flaws, odd[1], odd[3], odd[4]), ([0; FLAWS], 0, 0, 0));
        assert!(odd[0].abs_diff(4000) < 320 && odd[2].abs_diff(30_000) < 730, "{odd:?}");
        options.odd = percent(10);
        let (_, odd, with_odd) = counts(&QualityShares::of_purchases(&options));
        assert!(odd[0].abs_diff(6000) < 390 && odd[1].abs_diff(2000) < 250, "{odd:?}");
        assert!(clean.abs_diff(with_odd).abs_diff(10_000) < 800, "{clean} {with_odd}");
        // Half of the records preselected, at double the rate.
        let (_, odd, _) = counts(&QualityShares::of_purchases(&options).among(1 << 31));
        assert!(odd[0].abs_diff(12_000) < 520 && odd[1].abs_diff(4000) < 320, "{odd:?}");
    }

    #[test]
    fn the_flaws_are_the_reasons_that_apply() {
        let applying = |applies: fn(RejectReason) -> bool| {
            // Both files of a pair have one dialect without an escape byte, in which every value can be written, and one
            // header.
            let other = [RejectReason::LastEscape, RejectReason::CannotBeWritten, RejectReason::RepeatedHeader];
            let possible = RejectReason::ALL.into_iter().filter(|reason| !other.contains(reason));
            possible.filter(|reason| applies(*reason)).collect::<Vec<_>>()
        };
        assert_eq!(CUSTOMER_FLAWS.to_vec(), applying(RejectReason::applies_to_customers));
        assert_eq!(PURCHASE_FLAWS.to_vec(), applying(RejectReason::applies_to_purchases));
    }
}
