//! The rate of the last seconds, and the time left.
//!
//! The time left is the remaining work divided by the current speed. Work is comparable between phases (see
//! [`spendfold::Progress::work`]), but only roughly, because the costs depend on the machine. So the speed is measured
//! in the current phase; until that is possible, the speed of the phases before is used.

use spendfold::Phase;
use std::collections::VecDeque;
use std::time::Duration;

/// The window of the displayed rate, in seconds.
const RATE_WINDOW: f64 = 3.0;
/// The window of the speed, as a share of the time of the phase so far. A longer window is steadier; a shorter one
/// follows a change of speed sooner.
const SPEED_WINDOW_SHARE: f64 = 0.5;
/// The shortest and the longest window of the speed, in seconds.
const SPEED_WINDOW: (f64, f64) = (4.0, 20.0);
/// Seconds of a phase that are needed to measure its speed.
const MIN_IN_PHASE: f64 = 0.3;
/// A longer time without any work done, in seconds, counts as slow work.
const MAX_STALL: f64 = 5.0;
/// A longer gap between two samples, in seconds, was a pause: the process was stopped or the computer was asleep.
const PAUSE: f64 = 2.0;
/// The usual time between two samples, in seconds.
const SAMPLED: f64 = 0.1;

/// The state of a job at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    /// Seconds since the start, without pauses.
    time: f64,
    bytes: f64,
    /// Nanoseconds of work done; `None` if the total is unknown.
    work: Option<f64>,
}

/// Estimates from regular samples of the progress.
#[derive(Debug, Default)]
pub(super) struct Estimate {
    /// Oldest first.
    samples: VecDeque<Sample>,
    phase: Option<Phase>,
    /// When the work of the current phase began to advance, in seconds without pauses. With --sync this is some time
    /// after the phase began, because the first rows only fill the page cache.
    phase_start: f64,
    /// Work done when the current phase began.
    phase_work: Option<f64>,
    /// Seconds of all pauses so far.
    paused: f64,
    last_elapsed: f64,
    /// Work that is left, in nanoseconds.
    work_left: Option<f64>,
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
            self.samples.push_back(Sample { time: 0.0, bytes: 0.0, work: work.map(|_| 0.0) });
        }
        if self.phase != Some(phase) && !is_last(phase) {
            let last = self.samples.back().copied();
            self.phase_start = last.map_or(0.0, |sample| sample.time);
            self.phase_work = last.and_then(|sample| sample.work);
            self.phase = Some(phase);
        }
        if work.is_some() && work == self.phase_work {
            self.phase_start = time;
        }
        self.samples.push_back(Sample { time, bytes: bytes as f64, work });
        let oldest = time - SPEED_WINDOW.1 - 1.0;
        while self.samples.get(1).is_some_and(|sample| sample.time < oldest) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second over the last three seconds.
    pub(super) fn rate(&self) -> f64 {
        let Some(now) = self.samples.back() else { return 0.0 };
        let from = now.time - RATE_WINDOW;
        let slope = self.since(from, now.time).map(|then| (now.bytes - then.bytes) / (now.time - then.time));
        slope.unwrap_or(0.0).max(0.0)
    }

    /// The time left; `None` if the total is unknown or the speed cannot be measured yet.
    pub(super) fn left(&self) -> Option<Duration> {
        let now = self.speed_end()?;
        let then = self.since(self.window_start(now.time), now.time).filter(|then| then.work.is_some());
        let then = then.or_else(|| self.samples.iter().find(|sample| sample.work.is_some()))?;
        let (work, seconds) = (now.work? - then.work?, now.time - then.time);
        // If the total has only just become known, the speed is still unknown.
        if work <= 0.0 || seconds < MIN_IN_PHASE / 2.0 {
            return None;
        }
        Duration::try_from_secs_f64(self.work_left? * seconds / work).ok()
    }

    /// Where the window for the speed ends: at the last advance of the work. A stall says nothing about the speed after
    /// it: the customer map grows, or a phase prepares its work. A long stall counts as slow work.
    fn speed_end(&self) -> Option<&Sample> {
        let now = self.samples.back()?;
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1)).rev();
        let advanced = pairs.map(|(before, after)| (before.work, after)).find(|(before, after)| after.work > *before);
        let advanced = advanced.map(|(_, sample)| sample).filter(|sample| now.time - sample.time < MAX_STALL);
        Some(advanced.unwrap_or(now))
    }

    /// Where the window for the speed begins.
    fn window_start(&self, now: f64) -> f64 {
        let in_phase = now - self.phase_start;
        let window = (in_phase * SPEED_WINDOW_SHARE).clamp(SPEED_WINDOW.0, SPEED_WINDOW.1);
        if in_phase < MIN_IN_PHASE { now - window } else { (now - window).max(self.phase_start) }
    }

    /// The latest sample not after `time` and before `now`, else the first before `now`.
    fn since(&self, time: f64, now: f64) -> Option<&Sample> {
        let earlier = self.samples.iter().filter(|sample| sample.time < now);
        earlier.clone().take_while(|sample| sample.time <= time).last().or_else(|| earlier.clone().next())
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
    fn the_time_left_follows_the_speed_of_the_phase() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Customers, (1, 100), |time| (0.0, Some((time * 2e8, 1e10))));
        assert!((left(&estimate) - 40.1).abs() < 0.1, "{}", left(&estimate));
        // The next phase is half as fast as planned: known after a fraction of a second.
        run(&mut estimate, Phase::Purchases, (100, 105), |time| (0.0, Some((9.9e8 + time * 1e8, 1e10))));
        assert!((left(&estimate) - 79.6).abs() < 5.0, "{}", left(&estimate));
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
    fn a_phase_counts_from_its_first_advance() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Customers, (1, 10), |time| (0.0, Some((time * 1e9, 1e10))));
        let work = |time: f64| 9e8 + (time - 3.0).max(0.0) * 1e9;
        run(&mut estimate, Phase::Purchases, (10, 40), |time| (0.0, Some((work(time), 1e10))));
        assert!((left(&estimate) - 8.2).abs() < 0.1, "{}", left(&estimate));
    }

    /// Before customers are appended, those without purchases are collected, and no work advances.
    #[test]
    fn the_preparation_of_a_phase_is_no_slow_work() {
        let mut estimate = Estimate::default();
        run(&mut estimate, Phase::Purchases, (1, 100), |time| (0.0, Some((time * 1e8, 2e9))));
        for end in [101, 110, 130] {
            run(&mut estimate, Phase::UnmatchedCustomers, (end - 1, end), |_| (0.0, Some((9.9e8, 2e9))));
            assert!((left(&estimate) - 10.1).abs() < 0.2, "{} at {end}", left(&estimate));
        }
        run(&mut estimate, Phase::UnmatchedCustomers, (130, 140), |time| {
            (0.0, Some((9.9e8 + (time - 12.9) * 3e8, 2e9)))
        });
        assert!((left(&estimate) - 2.4).abs() < 0.2, "{}", left(&estimate));
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
