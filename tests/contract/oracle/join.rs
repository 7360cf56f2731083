//! The join, the groups and the output files (docs/contract.md#join and the sections after it).

use std::collections::BTreeMap;

use super::header::Plan;
use super::notices::{Seen, notices};
use super::reader::{Field, LF, Reader, Record};
use super::rejects::{REASONS, Reason, Rejects, can_be_written, faulty_record, too_many, written};
use super::values::{Age, Money, age_of, amount_of, money_text};
use super::{GroupLine, Join, Kind, Ledger, LedgerInput, Outcome, OverLimit, Problem, crc32};

/// An accepted customer.
struct Customer {
    fields: Vec<Field>,
    /// Index of the age group: the configured ones, then `Other`, then `Unknown`.
    group: usize,
    bought: bool,
}

#[derive(Clone, Default)]
struct Tally {
    total: Money,
    purchases: u64,
    customers: u64,
}

/// A run after the headers.
pub(super) struct Run<'a> {
    plan: Plan<'a>,
    ledger: Ledger,
    rejects: Rejects<'a>,
    /// One per group, in the order of `Customer::group`.
    tallies: Vec<Tally>,
    /// Accepted customers in file order.
    customers: Vec<Customer>,
    /// From the key to the index of the customer, and the file and line of its record.
    by_key: BTreeMap<Vec<u8>, (usize, (usize, u64))>,
    /// The rows of the combined data, header first.
    combined: Vec<Vec<Vec<u8>>>,
    unmatched_spending: Money,
    seen: Seen,
    /// The longest fraction among the accepted amounts so far.
    fraction_digits: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(plan: Plan<'a>) -> Self {
        Run {
            ledger: Ledger::default(),
            rejects: Rejects::new(plan.options),
            tallies: vec![Tally::default(); plan.groups.len() + 2],
            customers: Vec::new(),
            by_key: BTreeMap::new(),
            combined: vec![plan.combined_header.clone()],
            unmatched_spending: 0,
            seen: Seen::default(),
            fraction_digits: 0,
            plan,
        }
    }

    /// Reads everything in reading order and makes the output set.
    pub(super) fn complete(mut self) -> Result<Outcome, Problem> {
        for mut reader in std::mem::take(&mut self.plan.customers) {
            self.read_customers(&mut reader)?;
        }
        for mut reader in std::mem::take(&mut self.plan.purchases) {
            self.read_purchases(&mut reader)?;
        }
        self.finish_customers();
        self.finish()
    }

    // ------------------------------------------------------------ customers

    fn read_customers(&mut self, reader: &mut Reader) -> Result<(), Problem> {
        let mut records = 0;
        while let Some(record) = reader.next()? {
            records += 1;
            let fault = faulty_record(&record, self.plan.customers_width, reader.pad);
            let repeats = fault.is_none() && reader.repeats_header(&record, &self.plan.customers_names);
            let record = if fault.is_none() { reader.arranged(record, self.plan.customers_width) } else { record };
            let fault = fault.or(repeats.then_some(Reason::RepeatedHeader));
            match self.customer_fault(&record.fields, fault) {
                Some(reason) => {
                    self.rejects.add(reader.file, &record, &reason, self.plan.customers_key)?;
                    self.ledger.customers.rejected += 1;
                }
                None => self.accept_customer(record.fields, (reader.file, record.line)),
            }
        }
        self.ledger.customers.records += records;
        self.ledger.customers.blank_lines += reader.blank_lines;
        self.ledger.customers.comments += reader.comments;
        self.ledger.customers.skipped_lines += reader.skipped_lines;
        self.ledger_input(reader.file, records, (reader.padded, reader.trimmed));
        Ok(())
    }

    /// The duplicate check comes last. An empty key is never in the map, so it is no duplicate.
    fn customer_fault(&self, fields: &[Field], fault: Option<Reason>) -> Option<Reason> {
        if fault.is_some() {
            return fault;
        }
        let [read, written] = &self.plan.dialects;
        let unwritable = fields.iter().position(|field| !can_be_written(&field.value, written));
        if let (Some(column), false) = (unwritable, read.writes_like(written)) {
            return Some(Reason::CannotBeWritten { column });
        }
        let &(_, (file, first_line)) = self.by_key.get(&fields[self.plan.customers_key].value)?;
        let options = self.plan.options;
        let first_file = (options.customers.len() > 1).then(|| options.input(file).path.clone());
        Some(Reason::Duplicate { key_name: options.customers_key.clone(), first_line, first_file })
    }

    fn accept_customer(&mut self, fields: Vec<Field>, place: (usize, u64)) {
        let group = match age_of(&fields[self.plan.age].value) {
            Age::Missing => {
                self.ledger.customers.age_missing += 1;
                self.unknown()
            }
            Age::Invalid => {
                self.ledger.customers.age_invalid += 1;
                self.unknown()
            }
            Age::Years(years) => {
                let holding = self.plan.groups.iter().position(|group| group.holds(&years));
                holding.unwrap_or(self.other())
            }
        };
        self.seen.in_other += u64::from(group == self.other());
        self.tallies[group].customers += 1;
        let key = &fields[self.plan.customers_key].value;
        if key.is_empty() {
            self.ledger.customers.key_missing += 1;
        } else {
            self.by_key.insert(key.clone(), (self.customers.len(), place));
        }
        self.customers.push(Customer { fields, group, bought: false });
    }

    /// Customers without purchases are known only now; under a full join they follow the purchases.
    fn finish_customers(&mut self) {
        for customer in &self.customers {
            if customer.bought {
                self.ledger.customers.with_purchases += 1;
                continue;
            }
            self.ledger.customers.without_purchases += 1;
            if self.plan.options.join == Join::Full {
                let mut row = vec![Vec::new(); self.plan.purchases_width];
                row[self.plan.purchases_key] = self.written(&customer.fields[self.plan.customers_key]);
                row.extend(self.customer_columns(customer));
                self.combined.push(row);
            }
        }
        self.ledger.customers.accepted = self.customers.len() as u64;
    }

    // ------------------------------------------------------------ purchases

    fn read_purchases(&mut self, reader: &mut Reader) -> Result<(), Problem> {
        let mut records = 0;
        while let Some(record) = reader.next()? {
            records += 1;
            let fault = faulty_record(&record, self.plan.purchases_width, reader.pad);
            let repeats = fault.is_none() && reader.repeats_header(&record, &self.plan.purchases_names);
            let record = if fault.is_none() { reader.arranged(record, self.plan.purchases_width) } else { record };
            let fault = fault.or(repeats.then_some(Reason::RepeatedHeader));
            let parsed = match fault {
                Some(reason) => Err(reason),
                None => amount_of(&record.fields[self.plan.amount].value),
            };
            match parsed {
                Ok(amount) => self.accept_purchase(reader.file, &record, amount)?,
                Err(reason) => {
                    self.rejects.add(reader.file, &record, &reason, self.plan.amount)?;
                    self.ledger.purchases.rejected += 1;
                }
            }
        }
        self.ledger.purchases.records += records;
        self.ledger.purchases.blank_lines += reader.blank_lines;
        self.ledger.purchases.comments += reader.comments;
        self.ledger.purchases.skipped_lines += reader.skipped_lines;
        self.ledger_input(reader.file, records, (reader.padded, reader.trimmed));
        Ok(())
    }

    fn accept_purchase(&mut self, file: usize, record: &Record, amount: Option<(Money, usize)>) -> Result<(), Problem> {
        let fields = &record.fields;
        self.ledger.purchases.amount_missing += u64::from(amount.is_none());
        self.seen.amounts.extend(amount.map(|(money, digits)| (digits, money)));
        let (money, digits) = amount.unwrap_or((0, 0));
        self.fraction_digits = self.fraction_digits.max(digits);
        let key = &fields[self.plan.purchases_key].value;
        self.ledger.purchases.key_missing += u64::from(key.is_empty());
        let mut row: Vec<Vec<u8>> = fields.iter().map(|field| field.raw.clone()).collect();
        let group = if let Some(&(index, _)) = self.by_key.get(key) {
            self.ledger.purchases.matched += 1;
            *self.seen.matched.entry(key.clone()).or_default() += 1;
            self.customers[index].bought = true;
            row.extend(self.customer_columns(&self.customers[index]));
            self.customers[index].group
        } else {
            self.ledger.purchases.unmatched += 1;
            if self.ledger.unmatched_samples.len() < 3 {
                self.ledger.unmatched_samples.push((file, record.place));
            }
            checked_add(&mut self.unmatched_spending, money)?;
            if self.plan.options.join == Join::Inner {
                return Ok(()); // no row, and so no part of the groups
            }
            // The columns of the customers except the key, and the full name.
            row.extend(vec![Vec::new(); self.plan.customers_width]);
            row.push(self.group_field(self.unknown()));
            self.unknown()
        };
        self.tallies[group].purchases += 1;
        checked_add(&mut self.tallies[group].total, money)?;
        self.combined.push(row);
        Ok(())
    }

    // ------------------------------------------------------------ rows

    fn other(&self) -> usize {
        self.plan.groups.len()
    }

    fn unknown(&self) -> usize {
        self.plan.groups.len() + 1
    }

    fn group_name(&self, group: usize) -> Vec<u8> {
        if group == self.unknown() {
            b"Unknown".to_vec()
        } else if group == self.other() {
            b"Other".to_vec()
        } else {
            self.plan.groups[group].name.clone().into_bytes()
        }
    }

    /// The name of a group as a field of the combined data.
    fn group_field(&self, group: usize) -> Vec<u8> {
        written(&self.group_name(group), &self.plan.dialects[1])
    }

    /// The columns of a combined row that come from the customer (all but the key), the full name and the age group.
    fn customer_columns(&self, customer: &Customer) -> Vec<Vec<u8>> {
        let mut out = Vec::new();
        for (index, field) in customer.fields.iter().enumerate() {
            if index != self.plan.customers_key {
                out.push(self.written(field));
            }
        }
        let first = &customer.fields[self.plan.first_name].value;
        let last = &customer.fields[self.plan.last_name].value;
        let blank: &[u8] = if first.is_empty() || last.is_empty() { b"" } else { b" " };
        let full_name = [first, blank, last].concat();
        out.push(written(&full_name, &self.plan.dialects[1]));
        out.push(self.group_field(customer.group));
        out
    }

    /// A field of a customer in the combined data: its bytes, or its value in the dialect of the purchases.
    fn written(&self, field: &Field) -> Vec<u8> {
        let [read, combined] = &self.plan.dialects;
        match read.writes_like(combined) {
            true => field.raw.clone(),
            false => written(&field.value, combined),
        }
    }

    // ------------------------------------------------------------ the set

    fn ledger_input(&mut self, file: usize, records: u64, (padded, trimmed): (u64, u64)) {
        let input = self.plan.options.input(file);
        let (crc, text) = (crc32(input.file()), input.bytes.len() as u64);
        let (path, stored) = (input.path.clone(), input.stored.clone());
        let side = if self.plan.options.is_of_customers(file) { "customers" } else { "purchases" };
        self.ledger.inputs.push(LedgerInput { side, path, stored, text, records, padded, trimmed, crc });
    }

    fn finish(mut self) -> Result<Outcome, Problem> {
        let mut total_spending = 0;
        for (index, tally) in self.tallies.iter().enumerate() {
            checked_add(&mut total_spending, tally.total)?;
            let configured = index < self.other();
            if configured || tally.purchases > 0 || tally.customers > 0 {
                self.ledger.age_groups.push(GroupLine {
                    age_group: String::from_utf8_lossy(&self.group_name(index)).into_owned(),
                    total_spending: money_text(tally.total, self.fraction_digits),
                    purchases: tally.purchases,
                    customers: tally.customers,
                });
            }
        }
        self.ledger.total_spending = money_text(total_spending, self.fraction_digits);
        self.ledger.purchases.unmatched_spending = money_text(self.unmatched_spending, self.fraction_digits);
        self.ledger.combined_rows = self.combined.len() as u64 - 1;
        for reason in REASONS {
            if let Some(&count) = self.rejects.counts.get(reason) {
                self.ledger.rejects.push((reason, count));
            }
        }

        let options = self.plan.options;
        self.ledger.dialects = self.plan.dialects;
        self.ledger.formats = [options.customers_format.clone(), options.purchases_format.clone()];
        let mut set = Vec::new();
        if !options.no_combined {
            set.push((options.combined_name(), combined_csv(&self.combined, self.plan.dialects[1].delimiter)));
        }
        set.push(("age_group_spending.csv", spending_csv(&self.ledger.age_groups)));
        set.push(("rejects.csv", self.rejects.csv));
        for (name, bytes) in &set {
            self.ledger.outputs.push((name, bytes.len() as u64, crc32(bytes)));
        }
        assert_invariants(&self.ledger, options.join);

        let rejected = self.ledger.customers.rejected + self.ledger.purchases.rejected;
        let records = self.ledger.customers.records + self.ledger.purchases.records;
        if too_many(&options.max_rejects, rejected, records) == Some(true) {
            let allowed = normal_limit(&options.max_rejects);
            self.ledger.exceeded.push(("max_rejects", allowed, rejected, records));
        }
        let accepted = self.ledger.purchases.matched + self.ledger.purchases.unmatched;
        let unmatched = self.ledger.purchases.unmatched;
        if let Some(limit) = &options.max_unmatched
            && too_many(limit, unmatched, accepted) == Some(true)
        {
            self.ledger.exceeded.push(("max_unmatched", normal_limit(limit), unmatched, accepted));
        }
        let status = if self.ledger.exceeded.is_empty() { 0 } else { 3 };
        self.ledger.outcome = match options.over_limit {
            _ if status == 0 => "published",
            OverLimit::Publish => "published",
            OverLimit::Hold => "held",
            OverLimit::Discard => "discarded",
        };
        self.ledger.reject_samples = self.rejects.samples;
        self.ledger.notices = notices(options, &self.plan.groups, &self.seen, &self.ledger);
        let files = set.into_iter().map(|(name, bytes)| (name.to_string(), bytes)).collect();
        Ok(Outcome { status, files, ledger: Some(self.ledger), error: None })
    }
}

/// A limit as the report writes it: numbers without leading zeros, percentages as given.
fn normal_limit(limit: &str) -> String {
    if limit.ends_with('%') {
        return limit.to_string();
    }
    let digits = limit.trim_start_matches('0');
    if digits.is_empty() { "0".to_string() } else { digits.to_string() }
}

fn checked_add(total: &mut Money, amount: Money) -> Result<(), Problem> {
    let overflow = Problem { kind: Kind::Overflow, file: None, place: None };
    *total = total.checked_add(amount).ok_or(overflow)?;
    Ok(())
}

fn combined_csv(rows: &[Vec<Vec<u8>>], delimiter: u8) -> Vec<u8> {
    let mut out = Vec::new();
    for row in rows {
        out.extend(row.join(&delimiter));
        out.push(LF);
    }
    out
}

fn spending_csv(groups: &[GroupLine]) -> Vec<u8> {
    let mut out = "age_group,total_spending,purchases,customers\n".to_string();
    for line in groups {
        let GroupLine { age_group, total_spending, purchases, customers } = line;
        out += &format!("{age_group},{total_spending},{purchases},{customers}\n");
    }
    out.into_bytes()
}

/// Asserts the invariants of the counts (docs/contract.md#invariants).
fn assert_invariants(ledger: &Ledger, join: Join) {
    let (c, p) = (&ledger.customers, &ledger.purchases);
    assert_eq!(c.records, c.accepted + c.rejected);
    assert_eq!(c.accepted, c.with_purchases + c.without_purchases);
    assert_eq!(p.records, p.matched + p.unmatched + p.rejected);
    let rows = match join {
        Join::Full => p.matched + p.unmatched + c.without_purchases,
        Join::Left => p.matched + p.unmatched,
        Join::Inner => p.matched,
    };
    assert_eq!(ledger.combined_rows, rows);
}
