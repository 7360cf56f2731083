//! The rate of the last seconds, and the time left.
//!
//! The time left is the remaining work divided by the speed. Work is comparable between phases (see
//! [`spendfold::Progress::work`]), so the speed is measured over all phases. It is a weighted mean: the weight of a
//! moment grows in proportion to its time since the start, which follows a change of the speed and is not misled by a
//! short slow spell. The costs of the phases are known only roughly, so each new phase reduces the weight of the
//! earlier ones.

use spendfold::Phase;
use std::collections::VecDeque;
use std::time::Duration;

/// The window of the displayed rate, in seconds.
const RATE_WINDOW: f64 = 3.0;
/// After this time, in seconds, the weights no longer fall in proportion but exponentially, with this time constant. So
/// a long run follows a change of the speed as soon as a shorter one.
const MEMORY: f64 = 60.0;
/// What the weight of the earlier phases is multiplied by when a phase begins.
const EARLIER_PHASES: f64 = 0.25;
/// Weighted seconds that are needed for an estimate.
const MIN_SECONDS: f64 = 0.15;
/// A longer gap between two samples, in seconds, was a pause: the process was stopped or the computer was asleep.
const PAUSE: f64 = 2.0;
/// The usual time between two samples, in seconds.
const SAMPLED: f64 = 0.1;

/// Bytes processed at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Seconds since the start, without pauses.
    time: f64,
    bytes: f64,
}

/// Weighted sums over the run, from which the speed follows.
#[derive(Debug, Default)]
struct Speed {
    seconds: f64,
    /// Nanoseconds of work done in these seconds.
    work: f64,
}

impl Speed {
    fn scale(&mut self, factor: f64) {
        self.seconds *= factor;
        self.work *= factor;
    }

    /// Adds the work of the last `seconds` before `time`. Multiplying all earlier weights by 1 − seconds / time makes
    /// them proportional to the time: a moment at t is left with the product of (u − seconds) / u from t to `time`,
    /// which is t / `time`.
    fn add(&mut self, time: f64, seconds: f64, work: f64) {
        self.scale((1.0 - seconds / time.min(MEMORY)).max(0.0));
        self.seconds += seconds;
        self.work += work;
    }
}

/// Estimates from regular samples of the progress.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    /// Those of the rate window, oldest first.
    samples: VecDeque<Sample>,
    phase: Option<Phase>,
    speed: Speed,
    /// Nanoseconds of work done at the last sample; `None` if the total was unknown.
    work: Option<f64>,
    /// Nanoseconds of work that are left.
    work_left: Option<f64>,
    /// Seconds of all pauses so far.
    paused: f64,
    last_elapsed: f64,
}

impl Estimate {
    /// Adds a sample. They should be taken several times a second.
    pub(super) fn add(&mut self, phase: Phase, elapsed: Duration, bytes: u64, work: Option<(u64, u64)>) {
        let elapsed = elapsed.as_secs_f64();
        let gap = elapsed - self.last_elapsed;
        if gap > PAUSE && !self.samples.is_empty() {
            self.paused += gap - SAMPLED;
        }
        self.last_elapsed = elapsed;
        let time = elapsed - self.paused;
        self.work_left = work.map(|(done, total)| total.saturating_sub(done) as f64);
        let work = work.map(|(done, _)| done as f64);
        if self.samples.is_empty() {
            // The state at the start, so that the first sample has one to be compared with.
            self.samples.push_back(Sample { time: 0.0, bytes: 0.0 });
            self.work = work.map(|_| 0.0);
        }
        if self.phase != Some(phase) && !is_last(phase) {
            self.speed.scale(EARLIER_PHASES);
            self.phase = Some(phase);
        }
        let last = self.samples.back().map_or(0.0, |sample| sample.time);
        if let (Some(before), Some(now)) = (self.work, work)
            && time > last
        {
            self.speed.add(time, time - last, now - before);
        }
        self.work = work;
        self.samples.push_back(Sample { time, bytes: bytes as f64 });
        while self.samples.get(1).is_some_and(|sample| sample.time <= time - RATE_WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second over the last three seconds.
    pub(super) fn rate(&self) -> f64 {
        let (Some(then), Some(now)) = (self.samples.front(), self.samples.back()) else { return 0.0 };
        let seconds = now.time - then.time;
        if seconds > 0.0 { ((now.bytes - then.bytes) / seconds).max(0.0) } else { 0.0 }
    }

    /// The time left; `None` if the total is unknown or the speed cannot be measured yet.
    pub(super) fn left(&self) -> Option<Duration> {
        let Speed { seconds, work } = self.speed;
        if work <= 0.0 || seconds < MIN_SECONDS {
            return None;
        }
        Duration::try_from_secs_f64(self.work_left? * seconds / work).ok()
    }
}

/// Whether a phase is one of the short ones at the end, whose speed is no basis for an estimate.
fn is_last(phase: Phase) -> bool {
    matches!(phase, Phase::Finishing | Phase::Publishing)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a sample every tenth of a second until `end`; `at` gives bytes and work.
    fn run(
        estimate: &mut Estimate,
        phase: Phase,
        (start, end): (u32, u32),
        at: impl Fn(f64) -> (f64, Option<(f64, f64)>),
    ) {
        for tenth in start..end {
            let (bytes, work) = at(f64::from(tenth) / 10.0);
            let work = work.map(|(done, total)| (done as u64, total as u64));
            estimate.add(phase, Duration::from_millis(u64::from(tenth) * 100), bytes as u64, work);
        }
    }

    fn left(estimate: &Estimate) -> f64 {
        estimate.left().expect("known").as_secs_f64()
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Purchases, (1, 101), |time| (time * 1e6, None));
        assert!((estimate.rate() - 1e6).abs() < 1.0, "{}", estimate.rate());
        run(&mut estimate, Phase::Purchases, (101, 132), |time| (1e7 + (time - 10.0) * 5e6, None));
        assert!((estimate.rate() - 5e6).abs() < 2e5, "{}", estimate.rate());
        assert_eq!(estimate.left(), None);
        run(&mut estimate, Phase::Purchases, (132, 165), |_| (1e7 + 3.1 * 5e6, None));
        assert!(estimate.rate() < 1.0, "a stalled input: {}", estimate.rate());
    }

    #[test]
    fn a_steady_speed_gives_the_exact_time_left() {
        for end in [4, 20, 400, 3000] {
            let mut estimate = Estimate::default();
            run(&mut estimate, Phase::Purchases, (1, end + 1), |time| (0.0, Some((time * 1e8, 1e11))));
            assert!((left(&estimate) - (1000.0 - f64::from(end) / 10.0)).abs() < 1e-3, "{}", left(&estimate));
        }
    }

    /// A moment weighs in proportion to its time: with half of the speed from 10 to 20 seconds, the mean of the speed
    /// is (1 · 10² + 0.5 · (20² − 10²)) / 20² = 0.625.
    #[test]
    fn later_moments_weigh_more() {
        let mut estimate = Estimate::default();
        let work = |time: f64| 1e8 * (time.min(10.0) + 0.5 * (time - 10.0).max(0.0));
        run(&mut estimate, Phase::Purchases, (1, 201), |time| (0.0, Some((work(time), 3e9))));
        assert!((left(&estimate) - 15.0 / 0.625).abs() < 0.2, "{}", left(&estimate));
    }

    /// A second at a tenth of the speed, after ten seconds, adds less than a quarter to the time left; so does a second
    /// without any work, such as that before the first rows are on the disk.
    #[test]
    fn a_short_slow_spell_hardly_counts() {
        for slow in [0.1, 0.0] {
            let mut estimate = Estimate::default();
            let work = |time: f64| 1e8 * (time.min(10.0) + slow * (time - 10.0).max(0.0));
            run(&mut estimate, Phase::Purchases, (1, 111), |time| (0.0, Some((work(time), 3e9))));
            let true_left = 30.0 - work(11.0) / 1e8;
            assert!((left(&estimate) / true_left - 1.0).abs() < 0.25, "{} {true_left}", left(&estimate));
        }
    }

    /// The memory has an end, so that a long run is as quick to notice a change as a shorter one.
    #[test]
    fn a_long_run_follows_a_lasting_change() {
        let mut estimate = Estimate::default();
        let work = |time: f64| 1e8 * (time.min(3600.0) + 0.5 * (time - 3600.0).max(0.0));
        run(&mut estimate, Phase::Purchases, (1, 38_001), |time| (0.0, Some((work(time), 1e12))));
        let true_left = (1e12 - work(3800.0)) / 5e7;
        assert!((left(&estimate) / true_left - 1.0).abs() < 0.05, "{} {true_left}", left(&estimate));
    }

    /// If a phase takes twice as long as its costs say, this is known within 20 % once it has run for half as long as
    /// the phases before.
    #[test]
    fn the_current_phase_outweighs_the_earlier_ones() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Customers, (1, 100), |time| (0.0, Some((time * 2e8, 1e10))));
        assert!((left(&estimate) - 40.1).abs() < 0.1, "{}", left(&estimate));
        run(&mut estimate, Phase::Purchases, (100, 150), |time| (0.0, Some((9.9e8 + time * 1e8, 1e10))));
        let true_left = (1e10 - 9.9e8 - 14.9e8) / 1e8;
        assert!((left(&estimate) / true_left - 1.0).abs() < 0.2, "{} {true_left}", left(&estimate));
    }

    /// The short phases at the end have their own speed, and it is not that of the phases before.
    #[test]
    fn the_last_phases_keep_the_evidence() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Purchases, (1, 100), |time| (0.0, Some((time * 1e8, 1e9))));
        let before = estimate.speed.seconds;
        run(&mut estimate, Phase::Finishing, (100, 101), |time| (0.0, Some((time * 1e8, 1e9))));
        assert!(estimate.speed.seconds > before);
        run(&mut estimate, Phase::Syncing, (101, 102), |_| (0.0, Some((1e9, 1e9))));
        assert!(estimate.speed.seconds < before && left(&estimate) == 0.0);
    }

    #[test]
    fn a_total_that_becomes_known_late_gives_an_estimate_soon() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Customers, (1, 100), |time| (time, None));
        run(&mut estimate, Phase::Purchases, (100, 101), |_| (0.0, Some((1e9, 1e10))));
        assert_eq!(estimate.left(), None);
        run(&mut estimate, Phase::Purchases, (101, 105), |time| (0.0, Some((1e9 + (time - 10.0) * 1e9, 1e10))));
        assert!((left(&estimate) - 8.6).abs() < 0.2, "{}", left(&estimate));
    }

    #[test]
    fn a_pause_does_not_count() {
        let mut estimate = Estimate::default();
        let speed = |time: f64| (time * 1e6, Some((time * 1e8, 1e10)));
        run(&mut estimate, Phase::Purchases, (1, 100), speed);
        let before = left(&estimate);
        run(&mut estimate, Phase::Purchases, (1100, 1103), |time| speed(time - 100.0));
        assert!((left(&estimate) - before).abs() < 2.0, "{} {before}", left(&estimate));
        assert!((estimate.rate() - 1e6).abs() < 1e5, "{}", estimate.rate());
    }
}
