//! Runs a join and notes, from a second thread, when given numbers of input bytes were done.
//!
//! ```text
//! over_rows CUSTOMERS OUT_DIR THREADS full|totals MARK,MARK,... PURCHASES...
//! ```
//!
//! Joins as `spendfold run` does, however many records are rejected, and prints one line of JSON: for each mark, a
//! number of input bytes (customers first) in rising order, the seconds from the start until they were done, to within
//! some 2 ms. So it can be seen within one run whether a further row always takes the same.

use spendfold::{Job, Monitor};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Long against what a look takes, short against what is measured.
const PAUSE: Duration = Duration::from_millis(2);
const USAGE: &str = "over_rows CUSTOMERS OUT_DIR THREADS full|totals MARK,MARK,... PURCHASES...";

/// Says that the run is over however it ended, so that nobody waits for what does not come.
struct SaysOver<'a>(&'a AtomicBool);

impl Drop for SaysOver<'_> {
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
        return Err("the marks do not rise".into());
    }
    let combined = match kind.as_str() {
        "full" => true,
        "totals" => false,
        other => return Err(format!("neither full nor totals: {other}").into()),
    };
    let job = Job::new(customers, purchases).out_dir(out_dir).threads(threads.parse()?).combined(combined);

    let (monitor, over) = (Monitor::new(), AtomicBool::new(false));
    let seconds = thread::scope(|scope| {
        let watcher = scope.spawn(|| watch(&monitor, &marks, started, &over));
        let report = {
            let _says_over = SaysOver(&over);
            job.run_monitored(&monitor)
        };
        let seconds = watcher.join().map_err(|_| "the watcher panicked")?;
        report?;
        Result::Ok(seconds)
    })?;
    if seconds.len() < marks.len() {
        return Err(format!("the input ends before mark {}", marks[seconds.len()]).into());
    }
    let texts: Vec<String> = seconds.iter().map(|seconds| format!("{seconds:.5}")).collect();
    Ok(format!(r#"{{"seconds_at":[{}]}}"#, texts.join(",")))
}

/// The seconds until each mark was reached, those that were. Between two looks, work is taken to have gone on evenly; a
/// mark at the very end has the time of the look that saw it.
fn watch(monitor: &Monitor, marks: &[u64], started: Instant, over: &AtomicBool) -> Vec<f64> {
    let mut reached = vec![];
    let mut before = (0, 0.0);
    loop {
        // Asked before the look: the last look is after the end.
        let last = over.load(Ordering::Relaxed);
        let (done, now) = (monitor.progress().bytes_done, started.elapsed().as_secs_f64());
        while let Some(&mark) = marks.get(reached.len()).filter(|&&mark| mark <= done) {
            let share = mark.saturating_sub(before.0) as f64 / done.saturating_sub(before.0).max(1) as f64;
            reached.push(before.1 + share * (now - before.1));
        }
        if last {
            return reached;
        }
        before = (done, now);
        thread::sleep(PAUSE);
    }
}
