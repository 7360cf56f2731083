//! Estimates the work of a run, for its progress.

use super::context::Context;
use crate::customers::build_side::BuildSide;
use crate::input::file::InputFile;
use crate::input::reader::InputReader;
use crate::model::inputs::Inputs;
use crate::model::join::Join;
use crate::monitor::Monitor;
use crate::monitor::work_plan::{Costs, WorkPlan};

/// The costs of a join that writes its rows. They are near the values that `scripts/progress_accuracy.py --costs`
/// measures, but loading counts more and the rest less, because loading is slower in memory that the process uses for
/// the first time. See docs/performance.md#progress.
const WITH_ROWS: Costs =
    Costs { customers: 2600, map_bytes: 300, map_keys: 29_000, purchases: 4700, collected: 280, appended: 1100 };
/// The costs of a join that does not write its rows.
const TOTALS_ONLY: Costs =
    Costs { customers: 2600, map_bytes: 200, map_keys: 20_000, purchases: 2300, collected: 0, appended: 0 };

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
    pub(super) fn of(context: &Context<'_>, inputs: &Inputs<InputReader<'_>>) -> Self {
        let Context { config, files, .. } = *context;
        let purchases: Option<Vec<u64>> = files.purchases.iter().map(InputFile::size).collect();
        let appended_share = if config.combined && config.join == Join::Full {
            let lines: Option<Vec<u64>> = inputs.purchases.iter().map(InputReader::estimate_lines).collect();
            let lines = lines.map(|lines| lines.iter().sum());
            unmatched_share(inputs.customers.estimate_lines(), lines)
        } else {
            0.0
        };
        Self {
            customers: files.customers.size(),
            purchases: purchases.map(|sizes| sizes.iter().sum()),
            costs: if config.combined { WITH_ROWS } else { TOTALS_ONLY },
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
    fn few_purchases_leave_most_customers_to_append() {
        let share = |customers, purchases| unmatched_share(Some(customers), Some(purchases));
        assert_eq!(share(1000, 0), 1.0);
        assert!((share(10_000_000, 1_000_000) - 0.905).abs() < 0.001);
        assert!((share(1000, 1000) - 0.368).abs() < 0.001);
        assert!(share(1000, 20_000) < 1e-8);
        assert_eq!(unmatched_share(None, Some(1)), 1.0);
    }
}
