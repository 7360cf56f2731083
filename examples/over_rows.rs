//! Measures how fast a join progresses: at which times given numbers of input bytes were processed.
//!
//! ```text
//! over_rows CUSTOMERS OUT_DIR THREADS full|totals MARK,MARK,... PURCHASES...
//! ```
//!
//! Joins as `spendfold run` does, with no limit on rejected records. A mark is a number of input bytes, customers
//! included; marks must be in rising order. Prints one line of JSON with the seconds from the start until each mark was
//! reached, to within about 2 ms. The times show whether the cost per row stays constant during a run.

use spendfold::{Job, Monitor};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The time between two samples: long compared with the cost of a sample, short compared with the measured times.
const SAMPLE_INTERVAL: Duration = Duration::from_millis(2);
const USAGE: &str = "over_rows CUSTOMERS OUT_DIR THREADS full|totals MARK,MARK,... PURCHASES...";

/// Sets the flag when dropped, so that the sampling thread ends even if the run panics.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn main() -> ExitCode {
    match measure() {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<String> {
    let started = Instant::now();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [customers, out_dir, threads, kind, marks, purchases @ ..] = args.as_slice() else {
        return Err(USAGE.into());
    };
    let marks: Vec<u64> = marks.split(',').map(str::parse).collect::<std::result::Result<_, _>>()?;
    if !marks.is_sorted() {
        return Err("the marks are not in rising order".into());
    }
    let combined = match kind.as_str() {
        "full" => true,
        "totals" => false,
        other => return Err(format!("neither full nor totals: {other}").into()),
    };
    let job = Job::new(customers, purchases).out_dir(out_dir).threads(threads.parse()?).combined(combined);

    let (monitor, finished) = (Monitor::new(), AtomicBool::new(false));
    let seconds = thread::scope(|scope| {
        let sampler = scope.spawn(|| sample(&monitor, &marks, started, &finished));
        let report = {
            let _guard = SetOnDrop(&finished);
            job.run_monitored(&monitor)
        };
        let seconds = sampler.join().map_err(|_| "the sampling thread panicked")?;
        report?;
        Result::Ok(seconds)
    })?;
    if seconds.len() < marks.len() {
        return Err(format!("the input ends before mark {}", marks[seconds.len()]).into());
    }
    let texts: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.5}")).collect();
    Ok(format!(r#"{{"seconds_at":[{}]}}"#, texts.join(",")))
}

/// The seconds until each mark was reached; marks that were not reached are left out. Interpolates linearly between two
/// samples.
fn sample(monitor: &Monitor, marks: &[u64], started: Instant, finished: &AtomicBool) -> Vec<f64> {
    let mut reached = vec![];
    let mut previous = (0, 0.0);
    loop {
        // The flag is read before the sample, so that the last sample is taken after the end of the run.
        let last = finished.load(Ordering::Relaxed);
        let (done, now) = (monitor.progress().bytes_done, started.elapsed().as_secs_f64());
        while let Some(&mark) = marks.get(reached.len()).filter(|&&mark| mark <= done) {
            let share = mark.saturating_sub(previous.0) as f64 / done.saturating_sub(previous.0).max(1) as f64;
            reached.push(previous.1 + share * (now - previous.1));
        }
        if last {
            return reached;
        }
        previous = (done, now);
        thread::sleep(SAMPLE_INTERVAL);
    }
}
