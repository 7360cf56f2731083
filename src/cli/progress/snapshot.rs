//! The figures that the progress display shows, at one moment.

use super::estimate::Estimate;
use spendfold::{Monitor, Phase};
use std::time::Duration;

/// The progress of a job at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Snapshot {
    pub(super) phase: Phase,
    /// Bytes processed.
    pub(super) bytes: u64,
    /// Bytes to process in total; `None` if unknown.
    pub(super) total_bytes: Option<u64>,
    /// Rows joined.
    pub(super) rows: u64,
    pub(super) elapsed: Duration,
    /// Bytes per second over the last three seconds.
    pub(super) rate: u64,
    /// The share of the work that is done, from 0 to 1; `None` if unknown.
    pub(super) fraction: Option<f64>,
    pub(super) left: Option<Duration>,
}

impl Snapshot {
    pub(super) fn take(monitor: &Monitor, estimate: &mut Estimate) -> Self {
        let progress = monitor.progress();
        estimate.add(progress.phase, progress.elapsed, progress.bytes_done, progress.work);
        Self {
            phase: progress.phase,
            bytes: progress.bytes_done,
            total_bytes: progress.bytes_total,
            rows: progress.rows,
            elapsed: progress.elapsed,
            rate: estimate.rate() as u64,
            fraction: progress.fraction,
            left: estimate.left(),
        }
    }

    /// The share that is done, in percent. At most 99, because the set is not published yet.
    pub(super) fn percent(&self) -> Option<u64> {
        self.fraction.map(|fraction| ((fraction * 100.0) as u64).min(99))
    }

    /// Whether the phase processes bytes, so that a rate is meaningful.
    pub(super) fn reads(&self) -> bool {
        matches!(self.phase, Phase::Customers | Phase::Purchases | Phase::Verifying | Phase::Generating)
    }

    /// Whether the phase can be part of a join, which makes rows.
    pub(super) fn joins(&self) -> bool {
        !matches!(self.phase, Phase::Verifying | Phase::Generating)
    }

    /// What the job is doing, in a few words.
    pub(super) fn activity(&self) -> &'static str {
        match self.phase {
            Phase::Opening => "opening",
            Phase::Customers => "loading customers",
            Phase::Purchases => "joining purchases",
            Phase::UnmatchedCustomers => "appending unmatched customers",
            Phase::Finishing => "writing totals, chart and report",
            Phase::Syncing => "waiting for the disk",
            Phase::Publishing => "publishing",
            Phase::Verifying => "verifying",
            Phase::Generating => "generating",
        }
    }

    /// [`activity`](Self::activity) in one or two words.
    pub(super) fn short_activity(&self) -> &'static str {
        match self.phase {
            Phase::Customers => "customers",
            Phase::Purchases => "purchases",
            Phase::UnmatchedCustomers => "unmatched",
            Phase::Finishing => "finishing",
            Phase::Syncing => "syncing",
            _ => self.activity(),
        }
    }

    /// The value of `phase` in JSON lines (docs/contract.md#json-lines).
    fn key(&self) -> &'static str {
        match self.phase {
            Phase::Opening => "opening",
            Phase::Customers => "customers",
            Phase::Purchases => "purchases",
            // The contract fixes the names.
            Phase::UnmatchedCustomers => "remainder",
            Phase::Finishing => "finishing",
            Phase::Syncing => "syncing",
            Phase::Publishing => "publishing",
            Phase::Verifying => "verifying",
            Phase::Generating => "generating",
        }
    }

    /// The JSON line.
    pub(super) fn json(&self) -> String {
        let total = self.total_bytes.map_or("null".into(), |total| total.to_string());
        let left = self.left.map_or("null".into(), |left| format!("{:.1}", left.as_secs_f64()));
        format!(
            r#"{{"phase":"{}","bytes":{},"total_bytes":{total},"seconds":{:.3},"bytes_per_second":{},"seconds_left":{left}}}"#,
            self.key(),
            self.bytes,
            self.elapsed.as_secs_f64(),
            self.rate,
        )
    }
}
