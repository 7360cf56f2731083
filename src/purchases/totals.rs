//! Exact sums per age group, and the counts that go with them.
//!
//! Law: `Totals::new` is the identity of `merge`, and `merge` is associative and commutative wherever no
//! sum overflows 128 bits; so any split of the work gives the same totals.

/// What one age group adds up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupTotal {
    /// Units of 10⁻⁹.
    pub(crate) units: i128,
    /// Rows of combined data that carry a purchase.
    pub(crate) purchases: u64,
}

/// Sums over purchases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    /// By group number.
    pub(crate) groups: Vec<GroupTotal>,
    /// Units of 10⁻⁹ spent without a customer, whether or not such rows are kept.
    pub(crate) unmatched: i128,
    /// The longest fraction among all accepted amounts, in digits, nine at most.
    pub(crate) fraction: u8,
}

/// A sum left the 128-bit integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Totals {
    /// No purchases at all.
    pub(crate) fn new(groups: usize) -> Self {
        Self { groups: vec![GroupTotal::default(); groups], unmatched: 0, fraction: 0 }
    }

    /// Back to no purchases.
    pub(crate) fn clear(&mut self) {
        self.groups.fill(GroupTotal::default());
        self.unmatched = 0;
        self.fraction = 0;
    }

    /// Adds another part's totals.
    pub(crate) fn merge(&mut self, other: &Self) -> Result<(), Overflow> {
        for (group, other) in self.groups.iter_mut().zip(&other.groups) {
            group.units = group.units.checked_add(other.units).ok_or(Overflow)?;
            group.purchases += other.purchases;
        }
        self.unmatched = self.unmatched.checked_add(other.unmatched).ok_or(Overflow)?;
        self.fraction = self.fraction.max(other.fraction);
        Ok(())
    }

    /// The sum of all groups.
    pub(crate) fn total(&self) -> Result<i128, Overflow> {
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
    fn a_sum_past_128_bits_is_an_error() {
        let mut almost = Totals::new(1);
        almost.groups[0].units = i128::MAX;
        let mut one = Totals::new(1);
        one.groups[0].units = 1;
        assert_eq!(almost.clone().merge(&one), Err(Overflow));
        one.groups[0].units = -1;
        assert_eq!(almost.merge(&one), Ok(()));
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
        fn merge_obeys_its_law(a: Vec<(i64, u8)>, b: Vec<(i64, u8)>, c: Vec<(i64, u8)>) {
            let (a, b, c) = (totals(&a), totals(&b), totals(&c));
            prop_assert_eq!(merged(&a, &b), merged(&b, &a));
            prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
            prop_assert_eq!(&merged(&a, &Totals::new(2)), &a);
        }
    }
}
