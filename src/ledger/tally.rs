//! The account of a run in the making: counts and sums as the chunks come in, in order.

use crate::config::{Config, Join};
use crate::customers::batch::CustomerBatch;
use crate::customers::build_side::BuildSide;
use crate::error::{Error, ErrorKind, Result};
use crate::input::chunks::Chunk;
use crate::input::file::InputFile;
use crate::input::header::Header;
use crate::input::reader::InputReader;
use crate::ledger::invariants::ObservedTotals;
use crate::model::amount;
use crate::model::reject::REASON_NAMES;
use crate::output::rejects::RejectsFile;
use crate::output::report::*;
use crate::purchases::chunk_output::ChunkOutput;
use crate::purchases::totals::{Overflow, Totals};
use crate::run::layout::Layout;

/// What is known of one input so far.
#[derive(Debug)]
struct InputTally {
    path: std::path::PathBuf,
    size: Option<u64>,
    consumed: u64,
    records: u64,
    /// The line the next chunk begins at, from 1.
    next_line: u64,
}

/// Counts and sums of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    inputs: Vec<InputTally>,
    pub(crate) customers: CustomersInfo,
    purchases: PurchasesInfo,
    totals: Totals,
    customers_by_group: Vec<u64>,
    remainder: u64,
    /// Rows handed to the combined file, or that would have been.
    rows: u64,
}

impl Tally {
    /// An account that knows of the headers only.
    pub(crate) fn new(config: &Config, opened: &[InputFile], headers: &[Header], inputs: &[InputReader<'_>]) -> Self {
        let accounts = opened.iter().zip(headers).zip(inputs);
        Self {
            inputs: accounts
                .map(|((opened, header), input)| InputTally {
                    path: opened.path.clone(),
                    size: opened.size(),
                    consumed: input.offset(),
                    records: 0,
                    next_line: header.next_line,
                })
                .collect(),
            customers: CustomersInfo { blank_lines: headers[0].blank_lines, ..CustomersInfo::default() },
            purchases: PurchasesInfo {
                blank_lines: headers[1..].iter().map(|header| header.blank_lines).sum(),
                ..PurchasesInfo::default()
            },
            totals: Totals::new(config.age_groups.names().len()),
            customers_by_group: vec![],
            remainder: 0,
            rows: 0,
        }
    }

    /// The line the next chunk of an input begins at.
    pub(crate) fn next_line(&self, file: usize) -> u64 {
        self.inputs[file].next_line
    }

    fn add_chunk(&mut self, file: usize, chunk: &Chunk<'_>, records: u64, lines: u64) {
        let input = &mut self.inputs[file];
        input.consumed += chunk.bytes.len() as u64;
        input.records += records;
        input.next_line += lines;
    }

    /// A chunk of customers that was stored.
    pub(crate) fn add_customers(&mut self, chunk: &Chunk<'_>, loaded: &CustomerBatch) {
        self.add_chunk(0, chunk, loaded.records, loaded.lines);
        self.customers.records += loaded.records;
        self.customers.rejected += loaded.rejects.len() as u64;
        self.customers.blank_lines += loaded.blank_lines;
    }

    /// All customers are stored.
    pub(crate) fn take_customers(&mut self, customers: &BuildSide) {
        let counts = &customers.counts;
        self.customers.accepted = counts.accepted;
        self.customers.key_missing = counts.key_missing;
        self.customers.age_missing = counts.age_missing;
        self.customers.age_invalid = counts.age_invalid;
        self.customers_by_group = counts.groups.clone();
    }

    /// A chunk of purchases whose rows were written.
    pub(crate) fn add_purchases(&mut self, file: usize, chunk: &Chunk<'_>, joined: &ChunkOutput) -> Result<()> {
        let counts = &joined.counts;
        self.add_chunk(file, chunk, counts.records, counts.lines);
        self.purchases.records += counts.records;
        self.purchases.matched += counts.matched;
        self.purchases.unmatched += counts.unmatched;
        self.purchases.rejected += joined.rejects.len() as u64;
        self.purchases.key_missing += counts.key_missing;
        self.purchases.amount_missing += counts.amount_missing;
        self.purchases.blank_lines += counts.blank_lines;
        self.rows += counts.kept;
        self.totals.merge(&joined.totals).map_err(overflow)
    }

    /// Customers with and without purchases.
    pub(crate) fn take_named_and_left(&mut self, [named, left]: [u64; 2]) {
        self.customers.with_purchases = named;
        self.remainder = left;
    }

    /// Rows of customers without purchases that were written, or would have been.
    pub(crate) fn add_left_over(&mut self, rows: u64) {
        self.rows += rows;
    }

    /// The report, its manifest still empty, and what its numbers are held against.
    pub(crate) fn close(
        mut self,
        config: &Config,
        layout: &Layout,
        rejects: &RejectsFile,
    ) -> Result<(Report, ObservedTotals)> {
        self.customers.without_purchases = self.remainder;
        let fraction = self.totals.fraction;
        self.purchases.unmatched_spending = amount::format(self.totals.unmatched, fraction);
        let total_units = self.totals.total().map_err(overflow)?;
        let kept = self.purchases.matched + if config.join == Join::Inner { 0 } else { self.purchases.unmatched };
        let appended = if config.join == Join::Full { self.remainder } else { 0 };
        let report = Report {
            run: RunInfo {
                spendfold: env!("CARGO_PKG_VERSION").to_owned(),
                started: String::new(),
                seconds: 0.0,
                threads: config.threads,
            },
            options: options(config),
            combined: CombinedInfo {
                rows: kept + appended,
                columns: layout.combined_columns(),
                amount_column: layout.purchases.amount + 1,
            },
            age_groups: self.group_rows(config, fraction),
            total_spending: amount::format(total_units, fraction),
            rejects: REASON_NAMES
                .iter()
                .zip(rejects.counts)
                .filter(|(_, count)| *count > 0)
                .map(|(name, count)| ((*name).to_owned(), count.into()))
                .collect(),
            inputs: self.inputs.iter().map(InputTally::info).collect(),
            outputs: vec![],
            customers: self.customers,
            purchases: self.purchases,
        };
        let witness = ObservedTotals {
            rows: self.rows,
            reject_rows: rejects.total(),
            consumed: self.inputs.iter().map(|input| (input.consumed, input.size)).collect(),
            group_units: self.totals.groups.iter().map(|group| group.units).collect(),
            total_units,
        };
        Ok((report, witness))
    }

    /// The configured groups, then `Other` and `Unknown` where they hold a purchase or a customer.
    fn group_rows(&self, config: &Config, fraction: u8) -> Vec<GroupInfo> {
        let groups = config.age_groups.names().zip(&self.totals.groups).zip(&self.customers_by_group);
        groups
            .enumerate()
            .filter(|(number, ((_, total), customers))| {
                *number < config.age_groups.configured() || total.purchases > 0 || **customers > 0
            })
            .map(|(_, ((name, total), customers))| GroupInfo {
                age_group: name.to_owned(),
                total_spending: amount::format(total.units, fraction),
                purchases: total.purchases,
                customers: *customers,
            })
            .collect()
    }
}

impl InputTally {
    fn info(&self) -> InputInfo {
        InputInfo {
            path: self.path.to_string_lossy().into_owned(),
            path_lossy: self.path.to_str().is_none(),
            bytes: self.consumed,
            records: self.records,
        }
    }
}

fn overflow(_: Overflow) -> Error {
    Error::new(ErrorKind::Overflow, "the sum of the amounts does not fit 128 bits; nothing was published")
}

/// The options that decide the outputs, as the report has them.
pub(crate) fn options(config: &Config) -> OptionsInfo {
    let columns = &config.columns;
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    OptionsInfo {
        join: config.join.name().to_owned(),
        delimiter: char::from(config.dialect.delimiter),
        quote: config.dialect.quote.map(char::from),
        age_groups: config.age_groups.spec().to_owned(),
        customers_key: text(&columns.customers_key),
        purchases_key: text(&columns.purchases_key),
        first_name: text(&columns.first_name),
        last_name: text(&columns.last_name),
        age: text(&columns.age),
        amount: text(&columns.amount),
        max_rejects: config.max_rejects.text(),
        combined: config.combined,
        max_record_bytes: config.max_record_bytes,
    }
}

/// The groups' totals as integers, in units of the last of the fraction digits they are written with.
pub(crate) fn exact_totals(report: &Report) -> (Vec<i128>, u32) {
    let fraction = report.total_spending.split_once('.').map_or(0, |(_, fraction)| fraction.len() as u32);
    let units = |text: &str| text.replace('.', "").parse().unwrap_or(0);
    (report.age_groups.iter().map(|group| units(&group.total_spending)).collect(), fraction)
}
