//! The work of a job, in a unit in which its phases are comparable.
//!
//! A byte of customers does not take as long as a byte of purchases, and the customers that a full join appends are not
//! input at all. So the share of the bytes says little about the share of the time. Work is therefore measured in
//! nanoseconds on a reference machine (see [`Costs`]). Observers compare work only with work, so the speed of the
//! actual machine cancels out. Whatever the costs do not cover, such as a slow disk, appears as a change of speed.

use super::map_growth::Growth;

/// The work of the chart, the page, the report and the publication, in nanoseconds.
const FINISHING: u64 = 20_000_000;

/// The costs of a join, in picoseconds per byte. Their ratios matter, and their proportion to [`FINISHING`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Costs {
    /// Per byte of the customers input.
    pub(crate) customers: u64,
    /// Per byte of new memory for the customers' map.
    pub(crate) map_bytes: u64,
    /// Per key that moves when the map grows.
    pub(crate) map_keys: u64,
    /// Per byte of the purchases inputs.
    pub(crate) purchases: u64,
    /// Per byte of customers in memory that are collected, to be appended.
    pub(crate) collected: u64,
    /// Per byte of customers in memory that are appended.
    pub(crate) appended: u64,
}

/// What a job has to do, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WorkPlan {
    /// Bytes of the customers input; `None` if unknown, as for a pipe.
    pub(crate) customers: Option<u64>,
    /// The growth of the customers' map, past and future. Estimated until all customers are loaded.
    pub(crate) growth: Growth,
    /// Bytes of all purchases inputs, of a verified set, or of generated files; `None` if unknown.
    pub(crate) purchases: Option<u64>,
    /// Bytes of customers to append after the purchases. Estimated until all purchases are joined.
    pub(crate) appended: u64,
    pub(crate) costs: Costs,
    /// The work of the last phases, in nanoseconds.
    finishing: u64,
}

/// What a job has done, from its counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Done {
    /// Input bytes, customers first; or bytes verified or generated.
    pub(crate) bytes: u64,
    pub(crate) growth: Growth,
    /// Bytes of customers collected, and appended.
    pub(crate) collected: u64,
    pub(crate) appended: u64,
    /// Bytes of rows written, and how many of them are not yet on the disk. Both 0 unless the job syncs.
    pub(crate) written: u64,
    pub(crate) unsynced: u64,
    /// Whether only the publication is left.
    pub(crate) staged: bool,
}

impl WorkPlan {
    /// The plan of a join.
    pub(crate) fn of_join(customers: Option<u64>, purchases: Option<u64>, appended: u64, costs: Costs) -> Self {
        Self { customers, growth: Growth::default(), purchases, appended, costs, finishing: FINISHING }
    }

    /// The plan of a job that processes `bytes` bytes of one kind.
    pub(crate) fn of_bytes(bytes: u64) -> Self {
        let costs = Costs { purchases: 1000, ..Costs::default() };
        Self { customers: Some(0), purchases: Some(bytes), costs, ..Self::default() }
    }

    /// Bytes to process in total; `None` if unknown or zero.
    pub(crate) fn bytes(&self) -> Option<u64> {
        Some(self.customers?.saturating_add(self.purchases?)).filter(|&bytes| bytes > 0)
    }

    /// The work done and the total work, in nanoseconds; `None` if the total is unknown. The former never exceeds the
    /// latter.
    pub(crate) fn work(&self, done: &Done) -> Option<(u64, u64)> {
        self.bytes()?;
        let (customers, purchases) = (self.customers?, self.purchases?);
        let cost = |bytes: u64, picoseconds: u64| u128::from(bytes) * u128::from(picoseconds) / 1000;
        let of_customers = |bytes: u64, growth: Growth| {
            cost(bytes.min(customers), self.costs.customers)
                + cost(growth.bytes.min(self.growth.bytes), self.costs.map_bytes)
                + cost(growth.keys.min(self.growth.keys), self.costs.map_keys)
        };
        let of_rows = |bytes: u64, collected: u64, appended: u64| {
            cost(bytes.saturating_sub(customers).min(purchases), self.costs.purchases)
                + cost(collected.min(self.appended), self.costs.collected)
                + cost(appended.min(self.appended), self.costs.appended)
        };
        // With --sync, input counts as done once its rows are on the disk. This assumes a constant ratio of rows to
        // input.
        let mut rows = of_rows(done.bytes, done.collected, done.appended);
        if done.written > 0 {
            rows = rows * u128::from(done.written.saturating_sub(done.unsynced)) / u128::from(done.written);
        }
        let last = u128::from(self.finishing);
        let total = of_customers(u64::MAX, self.growth) + of_rows(u64::MAX, u64::MAX, u64::MAX) + last;
        let done = of_customers(done.bytes, done.growth) + rows + if done.staged { last } else { 0 };
        let number = |work: u128| u64::try_from(work).unwrap_or(u64::MAX);
        Some((number(done), number(total)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COSTS: Costs =
        Costs { customers: 3000, map_bytes: 500, map_keys: 20_000, purchases: 1000, collected: 1000, appended: 2000 };

    fn work(plan: WorkPlan, done: Done) -> Option<(u64, u64)> {
        plan.work(&done).map(|(done, total)| (done, total - plan.finishing))
    }

    #[test]
    fn each_phase_counts_by_its_cost() {
        let plan = WorkPlan::of_join(Some(100), Some(1000), 50, COSTS);
        let done = |bytes, collected, appended| Done { bytes, collected, appended, ..Done::default() };
        assert_eq!(work(plan, done(0, 0, 0)), Some((0, 1450)));
        assert_eq!(work(plan, done(60, 0, 0)), Some((180, 1450)));
        assert_eq!(work(plan, done(600, 0, 0)), Some((800, 1450)));
        assert_eq!(work(plan, done(1100, 30, 0)), Some((1330, 1450)));
        assert_eq!(work(plan, done(1100, 50, 10)), Some((1370, 1450)));
        let staged = Done { staged: true, ..done(1100, 50, 50) };
        assert_eq!(plan.work(&staged), Some((1450 + FINISHING, 1450 + FINISHING)));
    }

    #[test]
    fn growth_counts_as_far_as_it_is_planned() {
        let growth = |bytes, keys| Growth { bytes, keys };
        let plan = WorkPlan { growth: growth(200, 10), ..WorkPlan::of_join(Some(100), Some(1000), 0, COSTS) };
        let done = |bytes, keys| Done { bytes: 60, growth: growth(bytes, keys), ..Done::default() };
        assert_eq!(work(plan, done(0, 0)), Some((180, 1600)));
        assert_eq!(work(plan, done(100, 0)), Some((230, 1600)));
        assert_eq!(work(plan, done(200, 4)), Some((360, 1600)));
        assert_eq!(work(plan, done(900, 90)), Some((480, 1600)));
    }

    #[test]
    fn rows_count_once_they_are_on_the_disk() {
        let plan = WorkPlan::of_join(Some(100), Some(1000), 0, COSTS);
        let done = |unsynced| Done { bytes: 1100, written: 4000, unsynced, ..Done::default() };
        assert_eq!(work(plan, done(4000)), Some((300, 1300)));
        assert_eq!(work(plan, done(1000)), Some((1050, 1300)));
        assert_eq!(work(plan, done(0)), Some((1300, 1300)));
    }

    #[test]
    fn no_total_without_the_sizes_of_all_inputs() {
        for (customers, purchases) in [(None, Some(1)), (Some(1), None), (Some(0), Some(0))] {
            assert_eq!(WorkPlan::of_join(customers, purchases, 0, COSTS).work(&Done::default()), None);
        }
        assert_eq!(WorkPlan::default().work(&Done::default()), None);
    }

    #[test]
    fn work_done_never_exceeds_the_total() {
        let plan = WorkPlan::of_join(Some(u64::MAX / 4), Some(u64::MAX / 4), u64::MAX, COSTS);
        let growth = Growth { bytes: u64::MAX, keys: u64::MAX };
        let plan = WorkPlan { growth, ..plan };
        let all =
            Done { bytes: u64::MAX, growth, collected: u64::MAX, appended: u64::MAX, staged: true, ..Done::default() };
        let (done, total) = plan.work(&all).expect("known");
        assert_eq!(done, total);
        assert_eq!(WorkPlan::of_bytes(10).work(&Done { bytes: 12, ..Done::default() }), Some((10, 10)));
    }
}
