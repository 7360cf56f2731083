//! Builds the report of a run from its tally.

use super::input_tally::InputTally;
use super::invariants::ObservedTotals;
use super::limits::judge;
use super::notices::notices;
use super::tally::{Tally, overflow};
use crate::config::Config;
use crate::error::Result;
use crate::input::file_kind::StoredForm;
use crate::input::reader::Decoding;
use crate::model::amount;
use crate::model::join::Join;
use crate::model::limit::Limit;
use crate::model::money::Money;
use crate::model::sides::{Side, Sides};
use crate::output::rejects::RejectsFile;
use crate::output::report_dialects::InputDialect;
use crate::output::report_json::{Report, rejects_object};
use crate::output::report_limits::Outcome;
use crate::output::report_parts::*;
use std::path::Path;

/// The column layout of the combined data, for the report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CombinedShape {
    /// Number of columns.
    pub(crate) columns: usize,
    /// Index of the amount column, from 0.
    pub(crate) amount: usize,
}

/// Builds the report of a run, and the observed totals to check it with. The caller fills in `outputs` and the object
/// `run`.
///
/// # Errors
/// [`ErrorKind::Overflow`](crate::ErrorKind::Overflow) if the total spending exceeds 128 bits.
pub(crate) fn assemble(
    mut tally: Tally,
    config: &Config,
    dialects: Sides<InputDialect>,
    shape: CombinedShape,
    rejects: &RejectsFile,
    same_inputs: &[&Path],
) -> Result<(Report, ObservedTotals)> {
    let fraction = tally.totals.fraction;
    tally.purchases.unmatched_spending = amount::format(tally.totals.unmatched, fraction);
    let total_units = tally.totals.total().map_err(overflow)?;
    let kept = tally.purchases.matched + if config.join == Join::Inner { 0 } else { tally.purchases.unmatched };
    let appended = if config.join == Join::Full { tally.customers.without_purchases } else { 0 };
    let observed = ObservedTotals {
        rows: tally.rows,
        reject_rows: rejects.counts.total(),
        consumed: tally.inputs.iter().map(|input| (input.stored(), input.size)).collect(),
        group_units: tally.totals.groups.iter().map(|group| group.units).collect(),
        total_units,
    };
    let notices = notices(&tally, config, same_inputs);
    let mut report = Report {
        run: RunSummary {
            spendfold: env!("CARGO_PKG_VERSION").to_owned(),
            started: String::new(),
            seconds: 0.0,
            threads: config.threads,
            held_against: None,
        },
        options: options(config, &dialects.purchases),
        dialects: Some(dialects),
        outcome: Outcome::default(),
        exceeded: vec![],
        acceptance: None,
        combined: CombinedSummary { rows: kept + appended, columns: shape.columns, amount_column: shape.amount + 1 },
        age_groups: age_groups(&tally, config),
        total_spending: amount::format(total_units, fraction),
        rejects: rejects_object(rejects.counts.occurred()),
        reject_samples: rejects.samples.clone(),
        reject_patterns: rejects
            .patterns
            .for_report(Sides { customers: tally.customers.records, purchases: tally.purchases.records }),
        unmatched_samples: tally.observations.unmatched,
        notices,
        inputs: tally.inputs.into_iter().map(|(side, tally)| input(side, tally)).collect(),
        outputs: vec![],
        customers: tally.customers,
        purchases: tally.purchases,
    };
    (report.exceeded, report.outcome) = judge(&report).unwrap_or_default();
    Ok((report, observed))
}

/// The configured groups, then `Other` and `Unknown`, each only if it has a purchase or a customer.
fn age_groups(tally: &Tally, config: &Config) -> Vec<AgeGroupTotal<String>> {
    let groups = config.age_groups.names().zip(&tally.totals.groups).zip(&tally.customers_by_group);
    groups
        .enumerate()
        .filter(|(number, ((_, total), customers))| {
            *number < config.age_groups.configured() || total.purchases > 0 || **customers > 0
        })
        .map(|(_, ((name, total), customers))| AgeGroupTotal {
            name: name.to_owned(),
            total_spending: amount::format(total.units, tally.totals.fraction),
            purchases: total.purchases,
            customers: *customers,
        })
        .collect()
}

fn input(side: Side, tally: InputTally) -> InputSummary {
    let bytes = tally.stored();
    let (fingerprint, decoded) = match tally.decoding {
        None => (tally.fingerprint.finish(), None),
        Some(Decoding { form: StoredForm { compression, encoding }, stored, .. }) => {
            let decoded = DecodedSummary {
                compression: compression.map(|compression| compression.name().to_owned()),
                encoding: encoding.map(|encoding| encoding.name().to_lowercase()),
                bytes: tally.consumed,
            };
            (stored.take_fingerprint(), Some(decoded))
        }
    };
    InputSummary {
        side,
        path: tally.path.to_string_lossy().into_owned(),
        path_lossy: tally.path.to_str().is_none(),
        bytes,
        decoded,
        records: tally.records,
        padded: tally.padded,
        trimmed: tally.trimmed,
        crc32: fingerprint.crc32,
        sha256: fingerprint.sha256,
    }
}

/// The options that decide the outputs, as the report lists them. `combined` is the dialect of the combined data.
pub(crate) fn options(config: &Config, combined: &InputDialect) -> ReportOptions<String> {
    let columns = &config.columns;
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    ReportOptions {
        join: config.join.name().to_owned(),
        delimiter: combined.delimiter,
        quote: combined.quote,
        match_columns: config.match_columns,
        customers_encoding: config.encodings.customers.name().to_owned(),
        purchases_encoding: config.encodings.purchases.name().to_owned(),
        age_groups: config.age_groups.spec().to_owned(),
        customers_key: text(&columns.customers_key),
        purchases_key: text(&columns.purchases_key),
        first_name: text(&columns.first_name),
        last_name: text(&columns.last_name),
        age: text(&columns.age),
        amount: text(&columns.amount),
        max_rejects: config.max_rejects.text(),
        max_unmatched: config.max_unmatched.as_ref().map(Limit::text),
        over_limit: config.over_limit,
        combined: config.combined,
        compress: config.compress,
        max_record_bytes: config.max_record_bytes,
        digest: config.digest,
        chart_title: config.chart_title.clone(),
        currency: config.currency.clone(),
        html: config.html,
    }
}

/// The totals of the groups as integers in units of the last fraction digit, and the number of fraction digits.
pub(crate) fn exact_totals(report: &Report) -> (Vec<i128>, u32) {
    let money = |text: &str| text.parse::<Money>().unwrap_or_default();
    let fraction = u32::from(money(&report.total_spending).fraction_digits());
    let unit = 10i128.pow(amount::FRACTION_DIGITS - fraction);
    (report.age_groups.iter().map(|group| money(&group.total_spending).nanos() / unit).collect(), fraction)
}
