//! The customers file, from any place in it.

use super::answer::Tally;
use super::dirt::{Flaw, OddCustomer, Quality};
use super::keys::KeySpace;
use super::names::{AWKWARD_PEOPLE, Names, WORDS};
use super::options::{GenerateOptions, RowOrder};
use super::people::{People, Person};
use super::permutation::Permutation;
use super::random::{Draws, Random, Stream, index};
use super::record::{Form, RecordWriter};
use super::rows::{Piece, Rows, Short, put_number};
use std::ops::Range;

/// How often a record before a duplicate is looked for that it can be a duplicate of.
const TRIES: usize = 64;
/// Columns without the further ones.
const COLUMNS: usize = 5;
const HEADER: &str = "customer_id,first_name,last_name,email,age";

/// Everything that decides the file.
#[derive(Clone, Debug)]
pub(crate) struct CustomersFile {
    people: People,
    keys: KeySpace,
    /// Place in the file → customer; none where they stand by key.
    order: Option<Permutation>,
    random: Random,
    names: Names,
    /// What an address ends with, and the comma behind it.
    domains: [Piece; DOMAINS.len()],
    awkward: u64,
    quoted: u64,
    newlines: u64,
    extra: u32,
    line_end: &'static str,
    mark: &'static str,
}

impl CustomersFile {
    pub(crate) fn new(options: &GenerateOptions) -> Self {
        let order = || Permutation::new(options.customers, options.seed, Stream::Order);
        Self {
            people: People::new(options),
            keys: KeySpace::new(options),
            order: (options.row_order == RowOrder::Shuffled).then(order),
            random: Random::new(options.seed, Stream::CustomerRecord),
            names: Names::new(),
            domains: DOMAINS.map(|domain| Piece::new(&format!("{domain},"))),
            awkward: options.awkward.threshold(),
            quoted: options.quoted.threshold(),
            newlines: options.quoted_newlines.threshold(),
            extra: options.extra_columns,
            line_end: super::line_end(options),
            mark: super::byte_order_mark(options),
        }
    }

    pub(crate) fn header(&self) -> String {
        let extra: String = (1..=self.extra).map(|number| format!(",attribute_{number}")).collect();
        format!("{}{HEADER}{extra}{}", self.mark, self.line_end)
    }

    /// Writes the records at these places of the file, counted from 0, and counts them.
    pub(crate) fn write(&self, places: Range<u64>, rows: &mut Rows, tally: &mut Tally) {
        for place in places {
            if !self.plain_record(place, rows, tally) {
                self.record(place, rows, tally);
            }
        }
    }

    /// The lean path of a record with nothing special about it, made of ready pieces; whether it is one.
    fn plain_record(&self, place: u64, rows: &mut Rows, tally: &mut Tally) -> bool {
        /// More than pieces and numbers take, and than they write over.
        const LONGEST: usize = 320;
        let customer = self.at(place);
        let Some((group, age)) = self.people.clean(customer) else { return false };
        let mut draws = self.random.at(customer);
        let (first, last) = draws.halves();
        let (awkward, quoted) = draws.halves();
        let (newline, _) = draws.halves();
        let below = |draw: u32, threshold: u64| u64::from(draw) < threshold;
        let special = below(awkward, self.awkward) | below(quoted, self.quoted) | below(newline, self.newlines);
        if special | (self.extra > 0) {
            return false;
        }
        let (first, domain) = (&self.names.first[index(first, self.names.first.len())], last % 4);
        let last = &self.names.last[index(last, self.names.last.len())];
        let row = rows.room::<LONGEST>();
        let digits = put_number(self.keys.key(customer), row) & 31;
        // Proof: 32 bytes of a row of 320.
        let key: [u8; 32] = *row.first_chunk().expect("a row is longer");
        row[digits] = b',';
        let mut at = first.field.put(row, digits + 1);
        at = last.field.put(row, at);
        at = first.part.put(row, at);
        at = last.part.put(row, at);
        row[at..at + 32].copy_from_slice(&key);
        at = self.domains[domain as usize].put(row, at + digits);
        at += put_number(u64::from(age), &mut row[at..]);
        row[at..at + self.line_end.len()].copy_from_slice(self.line_end.as_bytes());
        rows.advance(at + self.line_end.len());
        tally.customers.records += 1;
        tally.customers.accepted += 1;
        tally.group_customers[group] += 1;
        true
    }

    fn at(&self, place: u64) -> u64 {
        self.order.map_or(place, |order| order.of(place))
    }

    /// Writes any record, field by field.
    fn record(&self, place: u64, rows: &mut Rows, tally: &mut Tally) {
        let customer = self.at(place);
        let person = self.people.person(customer);
        let mut draws = self.random.at(customer);
        let (first, last) = draws.halves();
        let (awkward, quoted) = draws.halves();
        let (newline, awkward_kind) = draws.halves();
        let quoted = u64::from(quoted) < self.quoted;
        let mut key = Short::new().number(self.keys.key(customer));
        let mut form = Form::sound(quoted);

        tally.customers.records += 1;
        match person.quality {
            Quality::Rejected(mut flaw) => {
                if flaw == Flaw::Duplicate {
                    match self.earlier(place, &mut draws) {
                        Some(other) => key = Short::new().number(self.keys.key(other)),
                        // Nothing to be a duplicate of: wrong in another way.
                        None => flaw = Flaw::FieldCount,
                    }
                }
                form = Form::flawed(quoted, flaw, COLUMNS + self.extra as usize, draws.halves());
                tally.customers.rejected += 1;
                tally.reject(flaw);
            }
            quality => {
                tally.customers.accepted += 1;
                tally.group_customers[self.people.group_of(&person)] += 1;
                match quality {
                    Quality::Odd(OddCustomer::NoKey) => {
                        key = Short::new();
                        tally.customers.key_missing += 1;
                    }
                    Quality::Odd(OddCustomer::NoAge) => tally.customers.age_missing += 1,
                    Quality::Odd(OddCustomer::InvalidAge) => tally.customers.age_invalid += 1,
                    Quality::Odd(OddCustomer::BlankLineBefore) => {
                        rows.put(self.line_end.as_bytes());
                        tally.customers.blank_lines += 1;
                    }
                    _ => {}
                }
            }
        }

        let mut record = RecordWriter::new(rows, form);
        record.field(&[key.bytes()]);
        let awkward = (u64::from(awkward) < self.awkward).then_some(awkward_kind);
        let name = self.name(&person, (first, last), awkward);
        record.field(&[name.first.as_bytes()]);
        if u64::from(newline) < self.newlines {
            let host = &self.names.last[index(newline ^ last, self.names.last.len())];
            record.field(&[name.last.as_bytes(), self.line_end.as_bytes(), b"c/o ", host.text.as_bytes()]);
        } else {
            record.field(&[name.last.as_bytes()]);
        }
        // Numbered by customer, so no address stands twice, a duplicate's neither.
        let number = Short::new().number(self.keys.key(customer)).text(DOMAINS[(last % 4) as usize].as_bytes());
        match name.mailbox {
            Some((first, last)) => record.field(&[first.as_bytes(), b".", last.as_bytes(), number.bytes()]),
            None => record.field(&[b"customer", number.bytes()]),
        }
        record.field(&[self.people.age_of(&person).bytes()]);
        extra_fields(self.extra, &mut draws, &mut record);
        record.end(self.line_end.as_bytes());
    }

    fn name(&self, person: &Person, (first, last): (u32, u32), awkward: Option<u32>) -> FullName<'_> {
        if person.quality == Quality::Odd(OddCustomer::NoName) {
            return FullName { first: "", last: "", mailbox: None };
        }
        if let Some(kind) = awkward {
            let (first, last) = AWKWARD_PEOPLE[index(kind, AWKWARD_PEOPLE.len())];
            return FullName { first, last, mailbox: None };
        }
        let first = &self.names.first[index(first, self.names.first.len())];
        let last = &self.names.last[index(last, self.names.last.len())];
        FullName { first: first.text, last: last.text, mailbox: Some((&first.mailbox, &last.mailbox)) }
    }

    /// A customer before a place of the file whose key is taken.
    fn earlier(&self, place: u64, draws: &mut Draws) -> Option<u64> {
        let tries = if place == 0 { 0 } else { TRIES };
        let mut customers = (0..tries).map(|_| self.at(draws.below(place)));
        customers.find(|&customer| self.people.person(customer).has_key())
    }
}

const DOMAINS: [&str; 4] = ["@example.com", "@example.org", "@example.net", "@mail.example"];

struct FullName<'n> {
    first: &'n str,
    last: &'n str,
    /// Both as they stand in an address.
    mailbox: Option<(&'n str, &'n str)>,
}

/// Writes the fields of the further columns.
pub(crate) fn extra_fields(count: u32, draws: &mut Draws, record: &mut RecordWriter<'_>) {
    let mut draw = 0;
    for number in 0..count {
        if number % 16 == 0 {
            draw = draws.next();
        }
        record.field(&[WORDS[(draw & 15) as usize].as_bytes()]);
        draw >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::super::options::Volume;
    use super::super::share::Share;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_plain_record_is_what_any_record_would_be(
            seed: u64,
            customers in prop_oneof![1u64..200, 1u64..100_000_000_000],
            shares: [bool; 5],
            (crlf, extra) in (any::<bool>(), 0u32..2),
        ) {
            let share = |on: bool| Share::billionths(if on { 200_000_000 } else { 0 });
            let mut options = GenerateOptions::new(customers, Volume::Purchases(0), seed, "o");
            [options.awkward, options.quoted, options.quoted_newlines, options.dirt, options.odd] = shares.map(share);
            (options.crlf, options.extra_columns) = (crlf, extra);
            let file = CustomersFile::new(&options);
            let (mut rows, mut tally) = (Rows::default(), Tally::default());
            let (mut slow_rows, mut slow_tally) = (Rows::default(), Tally::default());
            let start = customers / 2;
            let places = start..customers.min(start + 100);
            file.write(places.clone(), &mut rows, &mut tally);
            places.for_each(|place| file.record(place, &mut slow_rows, &mut slow_tally));
            prop_assert!(rows.written() == slow_rows.written());
            prop_assert_eq!(tally, slow_tally);
        }
    }
}
