//! Estimates the work of a run, for its progress.

use super::context::Context;
use crate::customers::build_side::BuildSide;
use crate::input::file::InputFile;
use crate::input::line_estimate::estimate_lines;
use crate::model::compression::{Compression, CompressionFormat};
use crate::model::join::Join;
use crate::monitor::Monitor;
use crate::monitor::work_plan::{Costs, WorkPlan};

/// The costs of a join that writes its rows. They are near the values that `scripts/progress_accuracy.py --costs`
/// measures. Loading counts more and unmatched customers less, because loading is slower in memory that the process
/// uses for the first time. See docs/performance.md#progress.
const WITH_ROWS: Costs =
    Costs { customers: 2600, map_bytes: 300, map_keys: 29_000, purchases: 4700, collected: 280, appended: 1100 };
/// The costs of a join that does not write its rows.
const TOTALS_ONLY: Costs =
    Costs { customers: 2600, map_bytes: 200, map_keys: 20_000, purchases: 2300, collected: 0, appended: 0 };

/// Usual bytes of rows for each byte of purchases, and for each byte of a customer in memory that is appended, in
/// tenths.
const ROWS_OF_PURCHASES: u64 = 40;
const ROWS_OF_CUSTOMERS: u64 = 13;

/// The cost of compressing a byte of rows, in picoseconds. Rounded: the levels of a format differ by up to a hundred
/// times, so a rough value is far better than none.
fn compression_cost(compression: Compression) -> u64 {
    match (compression.format(), compression.level()) {
        (CompressionFormat::Zstd, ..=2) => 2000,
        (CompressionFormat::Zstd, ..=4) => 3000,
        (CompressionFormat::Zstd, ..=8) => 10_000,
        (CompressionFormat::Zstd, ..=10) => 18_000,
        (CompressionFormat::Zstd, ..=12) => 30_000,
        (CompressionFormat::Zstd, ..=15) => 100_000,
        (CompressionFormat::Zstd, ..=17) => 190_000,
        (CompressionFormat::Zstd, _) => 270_000,
        (CompressionFormat::Gzip, 1) => 4000,
        (CompressionFormat::Gzip, ..=5) => 8000,
        (CompressionFormat::Gzip, ..=7) => 12_000,
        (CompressionFormat::Gzip, _) => 18_000,
    }
}

/// The costs of a run.
fn costs(combined: bool, compress: Option<Compression>) -> Costs {
    match (combined, compress) {
        (false, _) => TOTALS_ONLY,
        (true, None) => WITH_ROWS,
        (true, Some(compression)) => {
            let cost = compression_cost(compression);
            Costs {
                purchases: WITH_ROWS.purchases + cost * ROWS_OF_PURCHASES / 10,
                appended: WITH_ROWS.appended + cost * ROWS_OF_CUSTOMERS / 10,
                ..WITH_ROWS
            }
        }
    }
}

/// The work of a run, estimated from the sizes of its inputs.
#[derive(Clone, Copy, Debug)]
pub(super) struct ExpectedWork {
    customers: Option<u64>,
    purchases: Option<u64>,
    costs: Costs,
    /// The expected share of customers that a full join appends, from 0 to 1.
    appended_share: f64,
}

impl ExpectedWork {
    pub(super) fn of(context: &Context<'_>) -> Self {
        let Context { config, files, .. } = *context;
        let appended_share = if config.combined && config.join == Join::Full {
            unmatched_share(estimate_lines(&files.customers), estimate_lines(&files.purchases))
        } else {
            0.0
        };
        let size = |files: &[InputFile]| files.iter().map(InputFile::size).sum();
        Self {
            customers: size(&files.customers),
            purchases: size(&files.purchases),
            costs: costs(config.combined, config.compress),
            appended_share,
        }
    }

    /// Plans the work before the customers are read. In memory they are assumed to take as many bytes as in their file.
    pub(super) fn plan(&self, monitor: &Monitor) {
        let appended = self.share_of(self.customers.unwrap_or(0));
        monitor.plan(|plan| *plan = WorkPlan::of_join(self.customers, self.purchases, appended, self.costs));
    }

    /// Corrects the plan once the customers are loaded. The size of a customers pipe is known then.
    pub(super) fn customers_loaded(&self, monitor: &Monitor, customers: &BuildSide) {
        let read = monitor.done();
        monitor.plan(|plan| {
            plan.customers = plan.customers.or(Some(read));
            plan.growth = monitor.growth().done();
            plan.appended = self.share_of(customers.bytes());
        });
    }

    fn share_of(&self, bytes: u64) -> u64 {
        (bytes as f64 * self.appended_share) as u64
    }
}

/// The expected share of customers without purchases, for n customers and m purchases, if every purchase belonged to a
/// customer drawn at random: (1−1/n)^m ≈ exp(−m/n). 1 if a number is unknown.
fn unmatched_share(customers: Option<u64>, purchases: Option<u64>) -> f64 {
    match (customers, purchases) {
        (Some(customers), Some(purchases)) => (-(purchases as f64) / customers.max(1) as f64).exp(),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compression_costs_more_at_higher_levels() {
        for (format, levels) in [("zst", 1..=22), ("gz", 1..=9)] {
            let mut previous = WITH_ROWS;
            for level in levels {
                let costs = costs(true, Some(Compression::parse(&format!("{format}:{level}")).expect("valid")));
                assert!(costs.purchases >= previous.purchases && costs.appended >= previous.appended, "{level}");
                assert!(costs.purchases > WITH_ROWS.purchases && costs.customers == WITH_ROWS.customers, "{level}");
                previous = costs;
            }
        }
    }

    #[test]
    fn few_purchases_leave_most_customers_to_append() {
        let share = |customers, purchases| unmatched_share(Some(customers), Some(purchases));
        assert_eq!(share(1000, 0), 1.0);
        assert!((share(10_000_000, 1_000_000) - 0.905).abs() < 0.001);
        assert!((share(1000, 1000) - 0.368).abs() < 0.001);
        assert!(share(1000, 20_000) < 1e-8);
        assert_eq!(unmatched_share(None, Some(1)), 1.0);
    }
}
