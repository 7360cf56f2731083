//! Who a customer is: a pure function of the customer's number. The generator of purchases evaluates it again for each
//! purchase instead of keeping customers in memory.

use super::ages::{AgeTable, EMPTY_AGES, INVALID_AGES, ODD_AGES};
use crate::generate::age_groups::UNKNOWN;
use crate::generate::dirt::{CustomerOddity, Quality, QualityShares};
use crate::generate::options::GenerateOptions;
use crate::generate::random::{Random, Stream, halves, index};
use crate::generate::text::short_text::ShortText;

/// All customers, by number from 0.
#[derive(Clone, Debug)]
pub(crate) struct People {
    random: Random,
    quality: QualityShares<CustomerOddity>,
    ages: AgeTable,
}

/// One customer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) quality: Quality<CustomerOddity>,
    /// The draw for the age.
    age: u32,
    /// The draw for the variant of an oddity.
    variant: u32,
}

impl People {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        Self {
            random: Random::new(options.seed, Stream::Person),
            quality: QualityShares::of_customers(options),
            ages: AgeTable::new(options.ages),
        }
    }

    /// A customer by number.
    pub(crate) fn person(&self, customer: u64) -> Person {
        let mut draws = self.random.at(customer);
        let (quality, age) = halves(draws.start());
        let (kind, variant) = draws.halves();
        Person { quality: self.quality.quality(quality, kind), age, variant }
    }

    /// Group and age of a customer with a clean record; none for other customers.
    #[inline]
    pub(crate) fn clean(&self, customer: u64) -> Option<(usize, u8)> {
        let (quality, age) = halves(self.random.at(customer).start());
        self.quality.is_clean(quality).then(|| (self.ages.group(age), self.ages.age(age)))
    }

    /// The group under which purchases with a customer's key count; none when no accepted record has the key.
    #[inline]
    pub(crate) fn group(&self, customer: u64) -> Option<usize> {
        let (quality, age) = halves(self.random.at(customer).start());
        if self.quality.is_clean(quality) {
            return Some(self.ages.group(age));
        }
        self.group_of_unclean(customer)
    }

    /// Out of line, to keep [`group`](Self::group) small.
    #[cold]
    #[inline(never)]
    fn group_of_unclean(&self, customer: u64) -> Option<usize> {
        let person = self.person(customer);
        person.has_key().then(|| self.group_of(&person))
    }

    /// The group of an accepted customer.
    pub(crate) fn group_of(&self, person: &Person) -> usize {
        match person.quality {
            Quality::Odd(CustomerOddity::NoAge | CustomerOddity::InvalidAge) => UNKNOWN,
            Quality::Odd(CustomerOddity::OddAge) => ODD_AGES[index(person.variant, ODD_AGES.len())].1,
            _ => self.ages.group(person.age),
        }
    }

    /// The age field of the record.
    pub(crate) fn age_of(&self, person: &Person) -> ShortText {
        let one_of = |texts: &[&str]| ShortText::new().text(texts[index(person.variant, texts.len())].as_bytes());
        match person.quality {
            Quality::Odd(CustomerOddity::NoAge) => one_of(&EMPTY_AGES),
            Quality::Odd(CustomerOddity::InvalidAge) => one_of(&INVALID_AGES),
            Quality::Odd(CustomerOddity::OddAge) => one_of(&ODD_AGES.map(|(text, _)| text)),
            _ => ShortText::new().number(u64::from(self.ages.age(person.age))),
        }
    }
}

impl Person {
    /// Whether the record is accepted and has the customer's key.
    pub(crate) fn has_key(&self) -> bool {
        !matches!(self.quality, Quality::Rejected(_) | Quality::Odd(CustomerOddity::NoKey))
    }
}
