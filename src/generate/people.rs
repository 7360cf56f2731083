//! Who a customer is, as far as it bears on purchases: a function of the customer's number, so that whoever
//! writes a purchase can work it out again instead of keeping it.

use super::ages::{AgeTable, EMPTY_AGES, INVALID_AGES, ODD_AGES, UNKNOWN};
use super::dirt::{Dirt, OddCustomer, Quality};
use super::options::GenerateOptions;
use super::random::{Random, Stream, halves, index};
use super::rows::Short;

/// All customers.
#[derive(Clone, Debug)]
pub(crate) struct People {
    random: Random,
    dirt: Dirt<OddCustomer>,
    ages: AgeTable,
}

/// One of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Person {
    pub(crate) quality: Quality<OddCustomer>,
    age: u32,
    /// Decides between the variants of an oddity.
    variant: u32,
}

impl People {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        Self {
            random: Random::new(options.seed, Stream::Person),
            dirt: Dirt::of_customers(options),
            ages: AgeTable::new(options.ages),
        }
    }

    /// Customer number so-and-so, from 0.
    pub(crate) fn person(&self, customer: u64) -> Person {
        let mut draws = self.random.at(customer);
        let (dirt, age) = halves(draws.start());
        let (kind, variant) = draws.halves();
        let quality = self.dirt.quality(dirt, kind);
        Person { quality, age, variant }
    }

    /// The group and the age of a customer in whose record nothing is odd or wrong; none for the others.
    #[inline]
    pub(crate) fn clean(&self, customer: u64) -> Option<(usize, u8)> {
        let (dirt, age) = halves(self.random.at(customer).start());
        self.dirt.spares(dirt).then(|| (self.ages.group(age), self.ages.age(age)))
    }

    /// The group that purchases under a customer's key count in; none when no accepted record has that key.
    #[inline(always)]
    pub(crate) fn group(&self, customer: u64) -> Option<usize> {
        let (dirt, age) = halves(self.random.at(customer).start());
        if self.dirt.spares(dirt) {
            return Some(self.ages.group(age));
        }
        self.group_of_unusual(customer)
    }

    /// Whether [`group`](Self::group) depends on nothing but the age, and every customer has one.
    pub(crate) fn are_usual(&self) -> bool {
        self.dirt.threshold() == 0
    }

    /// The draw that decides a customer's age, and so the group where all are usual.
    #[inline(always)]
    pub(crate) fn age_draw(&self, customer: u64) -> u32 {
        self.random.at(customer).start() as u32
    }

    /// The draws between the groups in the order of their ages.
    pub(crate) fn bounds(&self) -> [u64; 3] {
        self.ages.bounds()
    }

    /// Apart, so that the usual way stays short.
    #[cold]
    #[inline(never)]
    fn group_of_unusual(&self, customer: u64) -> Option<usize> {
        let person = self.person(customer);
        if person.has_key() { Some(self.group_of(&person)) } else { None }
    }

    /// The group of an accepted customer.
    pub(crate) fn group_of(&self, person: &Person) -> usize {
        match person.quality {
            Quality::Odd(OddCustomer::NoAge | OddCustomer::InvalidAge) => UNKNOWN,
            Quality::Odd(OddCustomer::OddAge) => ODD_AGES[index(person.variant, ODD_AGES.len())].1,
            _ => self.ages.group(person.age),
        }
    }

    /// The age as it stands in the record.
    pub(crate) fn age_of(&self, person: &Person) -> Short {
        let pick = |texts: &[&str]| Short::new().text(texts[index(person.variant, texts.len())].as_bytes());
        match person.quality {
            Quality::Odd(OddCustomer::NoAge) => pick(&EMPTY_AGES),
            Quality::Odd(OddCustomer::InvalidAge) => pick(&INVALID_AGES),
            Quality::Odd(OddCustomer::OddAge) => pick(&ODD_AGES.map(|(text, _)| text)),
            _ => Short::new().number(u64::from(self.ages.age(person.age))),
        }
    }
}

impl Person {
    /// Whether an accepted record claims this customer's key.
    pub(crate) fn has_key(&self) -> bool {
        !matches!(self.quality, Quality::Rejected(_) | Quality::Odd(OddCustomer::NoKey))
    }
}
