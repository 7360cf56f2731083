//! The customers file.
//!
//! Records are written by position in the file, at any position. Two paths give the same bytes: `record` writes any
//! record field by field; `plain_record` is the fast path for clean, unquoted records, assembled with fixed-size copies
//! (`text::padded_text`). The property test holds the fast path against `record`.

use super::names::{AWKWARD_PEOPLE, Names};
use super::people::{People, Person};
use crate::generate::dirt::{CustomerOddity, Quality};
use crate::generate::keys::KeySpace;
use crate::generate::options::{GenerateOptions, RowOrder};
use crate::generate::random::permutation::Permutation;
use crate::generate::random::{Draws, Random, Stream, index};
use crate::generate::tally::Tally;
use crate::generate::text::extra_columns;
use crate::generate::text::number::put_number;
use crate::generate::text::padded_text::PaddedText;
use crate::generate::text::record_buffer::RecordBuffer;
use crate::generate::text::record_writer::{RecordForm, RecordWriter};
use crate::generate::text::short_text::ShortText;
use crate::model::reject_reason::RejectReason;
use std::ops::Range;

/// Attempts to find an earlier record for a duplicate to repeat the key of.
const DUPLICATE_ATTEMPTS: usize = 64;
/// Columns without extra columns.
const COLUMNS: usize = 5;
const HEADER: &str = "customer_id,first_name,last_name,email,age";
const DOMAINS: [&str; 4] = ["@example.com", "@example.org", "@example.net", "@mail.example"];

/// The contents of the customers file.
#[derive(Clone, Debug)]
pub(crate) struct CustomersFile {
    people: People,
    keys: KeySpace,
    /// Position in the file → customer; none when the records are in key order.
    order: Option<Permutation>,
    random: Random,
    names: Names,
    /// The domains, each with a comma behind it.
    padded_domains: [PaddedText; DOMAINS.len()],
    /// Thresholds for 32-bit draws.
    awkward: u64,
    quoted: u64,
    newlines: u64,
    extra_columns: u32,
    line_end: &'static str,
    byte_order_mark: &'static str,
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
            padded_domains: DOMAINS.map(|domain| PaddedText::new(&format!("{domain},"))),
            awkward: options.awkward.threshold(),
            quoted: options.quoted.threshold(),
            newlines: options.quoted_newlines.threshold(),
            extra_columns: options.extra_columns,
            line_end: options.line_end(),
            byte_order_mark: options.byte_order_mark(),
        }
    }

    /// The byte order mark and the header.
    pub(crate) fn header(&self) -> String {
        let extra = extra_columns::header("attribute", self.extra_columns);
        format!("{}{HEADER}{extra}{}", self.byte_order_mark, self.line_end)
    }

    /// Writes and counts the records at these positions, counted from 0.
    pub(crate) fn write(&self, positions: Range<u64>, buffer: &mut RecordBuffer, tally: &mut Tally) {
        for position in positions {
            if !self.plain_record(position, buffer, tally) {
                self.record(position, buffer, tally);
            }
        }
    }

    /// The fast path: writes the record if it is plain, and returns whether it is.
    fn plain_record(&self, position: u64, buffer: &mut RecordBuffer, tally: &mut Tally) -> bool {
        /// Upper bound on the length of a plain record and of the copies' overrun.
        const LONGEST: usize = 320;
        let customer = self.customer_at(position);
        let Some((group, age)) = self.people.clean(customer) else { return false };
        let mut draws = self.random.at(customer);
        let (first, last) = draws.halves();
        let (awkward, quoted) = draws.halves();
        let (newline, _) = draws.halves();
        let below = |draw: u32, threshold: u64| u64::from(draw) < threshold;
        let special = below(awkward, self.awkward) | below(quoted, self.quoted) | below(newline, self.newlines);
        if special | (self.extra_columns > 0) {
            return false;
        }
        let domain = &self.padded_domains[(last % 4) as usize];
        let first = &self.names.first[index(first, self.names.first.len())];
        let last = &self.names.last[index(last, self.names.last.len())];
        let record = buffer.reserve::<LONGEST>();
        // The masks below change nothing; they show the compiler that the indexes are in bounds.
        let digits = put_number(self.keys.key(customer), record) & 31;
        // Proof: a record has more than 32 bytes reserved.
        let key: [u8; 32] = *record.first_chunk().expect("a record is longer");
        record[digits] = b',';
        let mut at = first.padded_field.put(record, digits + 1);
        at = last.padded_field.put(record, at);
        at = first.padded_mailbox.put(record, at);
        at = last.padded_mailbox.put(record, at);
        record[at..at + 32].copy_from_slice(&key);
        at = domain.put(record, at + digits);
        at += put_number(u64::from(age), &mut record[at..]);
        record[at..at + self.line_end.len()].copy_from_slice(self.line_end.as_bytes());
        buffer.advance(at + self.line_end.len());
        tally.customers.records += 1;
        tally.customers.accepted += 1;
        tally.group_customers[group] += 1;
        true
    }

    fn customer_at(&self, position: u64) -> u64 {
        self.order.map_or(position, |order| order.of(position))
    }

    /// Writes any record, field by field.
    fn record(&self, position: u64, buffer: &mut RecordBuffer, tally: &mut Tally) {
        let customer = self.customer_at(position);
        let person = self.people.person(customer);
        let mut draws = self.random.at(customer);
        let (first, last) = draws.halves();
        let (awkward, quoted) = draws.halves();
        let (newline, awkward_kind) = draws.halves();
        let quoted = u64::from(quoted) < self.quoted;
        let mut key = ShortText::new().number(self.keys.key(customer));
        let mut form = RecordForm::well_formed(quoted);

        tally.customers.records += 1;
        match person.quality {
            Quality::Rejected(mut flaw) => {
                if flaw == RejectReason::DuplicateCustomer {
                    match self.earlier_customer(position, &mut draws) {
                        Some(other) => key = ShortText::new().number(self.keys.key(other)),
                        // No earlier key to repeat: another flaw instead.
                        None => flaw = RejectReason::WrongFieldCount,
                    }
                }
                form = RecordForm::flawed(quoted, flaw, COLUMNS + self.extra_columns as usize, draws.halves());
                tally.customers.rejected += 1;
                tally.reject(flaw);
            }
            quality => {
                tally.customers.accepted += 1;
                tally.group_customers[self.people.group_of(&person)] += 1;
                match quality {
                    Quality::Odd(CustomerOddity::NoKey) => {
                        key = ShortText::new();
                        tally.customers.key_missing += 1;
                    }
                    Quality::Odd(CustomerOddity::NoAge) => tally.customers.age_missing += 1,
                    Quality::Odd(CustomerOddity::InvalidAge) => tally.customers.age_invalid += 1,
                    Quality::Odd(CustomerOddity::BlankLineBefore) => {
                        buffer.push(self.line_end.as_bytes());
                        tally.customers.blank_lines += 1;
                    }
                    _ => {}
                }
            }
        }

        let mut record = RecordWriter::new(buffer, form);
        record.field(&[key.as_bytes()]);
        let awkward = (u64::from(awkward) < self.awkward).then_some(awkward_kind);
        let name = self.name(&person, (first, last), awkward);
        record.field(&[name.first.as_bytes()]);
        if u64::from(newline) < self.newlines {
            let host = &self.names.last[index(newline ^ last, self.names.last.len())];
            record.field(&[name.last.as_bytes(), self.line_end.as_bytes(), b"c/o ", host.text.as_bytes()]);
        } else {
            record.field(&[name.last.as_bytes()]);
        }
        // The customer's own key makes the address unique, also in a duplicate.
        let domain = DOMAINS[(last % 4) as usize];
        let address_end = ShortText::new().number(self.keys.key(customer)).text(domain.as_bytes());
        match name.mailbox {
            Some((first, last)) => record.field(&[first.as_bytes(), b".", last.as_bytes(), address_end.as_bytes()]),
            None => record.field(&[b"customer", address_end.as_bytes()]),
        }
        record.field(&[self.people.age_of(&person).as_bytes()]);
        extra_columns::write(self.extra_columns, &mut draws, &mut record);
        record.end(self.line_end.as_bytes());
    }

    fn name(&self, person: &Person, (first, last): (u32, u32), awkward: Option<u32>) -> FullName<'_> {
        if person.quality == Quality::Odd(CustomerOddity::NoName) {
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

    /// A customer at an earlier position whose record is accepted with its key.
    fn earlier_customer(&self, position: u64, draws: &mut Draws) -> Option<u64> {
        let attempts = if position == 0 { 0 } else { DUPLICATE_ATTEMPTS };
        let mut customers = (0..attempts).map(|_| self.customer_at(draws.below(position)));
        customers.find(|&customer| self.people.person(customer).has_key())
    }
}

struct FullName<'n> {
    first: &'n str,
    last: &'n str,
    /// First and last name as parts of an address; none for names that have no such form.
    mailbox: Option<(&'n str, &'n str)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::options::Volume;
    use crate::generate::share::Share;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_fast_path_agrees_with_the_general_path(
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
            let (mut buffer, mut tally) = (RecordBuffer::default(), Tally::default());
            let (mut slow_buffer, mut slow_tally) = (RecordBuffer::default(), Tally::default());
            let start = customers / 2;
            let positions = start..customers.min(start + 100);
            file.write(positions.clone(), &mut buffer, &mut tally);
            positions.for_each(|position| file.record(position, &mut slow_buffer, &mut slow_tally));
            prop_assert!(buffer.as_bytes() == slow_buffer.as_bytes());
            prop_assert_eq!(tally, slow_tally);
        }
    }
}
