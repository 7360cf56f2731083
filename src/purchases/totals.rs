//! Exact totals per age group.
//!
//! `Totals::new` is the identity of `merge`, and `merge` is associative and commutative unless a sum overflows 128
//! bits. So any split of the work gives the same totals.

/// The total of one age group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupTotal {
    /// Sum of the amounts, in units of 10⁻⁹.
    pub units: i128,
    /// Number of purchases the join keeps.
    pub(crate) purchases: u64,
}

/// The totals of a set of purchases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Indexed by [`GroupId`](crate::model::age_group::GroupId).
    pub groups: Vec<GroupTotal>,
    /// Sum of the amounts of unmatched purchases, in units of 10⁻⁹, whether or not the join keeps them.
    pub(crate) unmatched: i128,
    /// The largest number of fraction digits of an accepted amount, at most nine.
    pub fraction: u8,
}

/// A sum does not fit in 128 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl Totals {
    /// The totals of no purchases.
    pub fn new(groups: usize) -> Self {
        Self { groups: vec![GroupTotal::default(); groups], unmatched: 0, fraction: 0 }
    }

    /// Resets to the totals of no purchases.
    pub(crate) fn clear(&mut self) {
        self.groups.fill(GroupTotal::default());
        self.unmatched = 0;
        self.fraction = 0;
    }

    /// Adds other totals.
    ///
    /// # Errors
    /// [`Overflow`] if a sum does not fit in 128 bits; `self` is then unusable.
    pub fn merge(&mut self, other: &Self) -> Result<(), Overflow> {
        for (group, other) in self.groups.iter_mut().zip(&other.groups) {
            group.units = group.units.checked_add(other.units).ok_or(Overflow)?;
            group.purchases += other.purchases;
        }
        self.unmatched = self.unmatched.checked_add(other.unmatched).ok_or(Overflow)?;
        self.fraction = self.fraction.max(other.fraction);
        Ok(())
    }

    /// The sum of all groups.
    ///
    /// # Errors
    /// [`Overflow`] if it does not fit in 128 bits.
    pub fn total(&self) -> Result<i128, Overflow> {
        self.groups.iter().try_fold(0i128, |sum, group| sum.checked_add(group.units)).ok_or(Overflow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn totals(parts: &[(i64, u8)]) -> Totals {
        let mut totals = Totals::new(2);
        for (number, &(units, fraction)) in parts.iter().enumerate() {
            totals.groups[number % 2].units += i128::from(units);
            totals.groups[number % 2].purchases += 1;
            totals.unmatched += i128::from(units);
            totals.fraction = totals.fraction.max(fraction);
        }
        totals
    }

    fn merged(a: &Totals, b: &Totals) -> Totals {
        let mut sum = a.clone();
        sum.merge(b).expect("far from overflow");
        sum
    }

    #[test]
    fn overflow_of_128_bits_is_an_error() {
        let mut max = Totals::new(1);
        max.groups[0].units = i128::MAX;
        let mut one = Totals::new(1);
        one.groups[0].units = 1;
        assert_eq!(max.clone().merge(&one), Err(Overflow));
        one.groups[0].units = -1;
        assert_eq!(max.merge(&one), Ok(()));
        let mut unmatched = Totals::new(0);
        unmatched.unmatched = i128::MIN;
        assert_eq!(unmatched.clone().merge(&unmatched), Err(Overflow));
        let mut groups = Totals::new(2);
        groups.groups[0].units = i128::MAX;
        groups.groups[1].units = 1;
        assert_eq!(groups.total(), Err(Overflow));
    }

    proptest! {
        #[test]
        fn merge_is_a_commutative_monoid(a: Vec<(i64, u8)>, b: Vec<(i64, u8)>, c: Vec<(i64, u8)>) {
            let (a, b, c) = (totals(&a), totals(&b), totals(&c));
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(&merged(&a, &Totals::new(2)), &a);
        }
    }
}
