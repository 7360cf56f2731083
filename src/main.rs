//! The command `spendfold`: arguments → run → exit status.

mod allocator;
mod cli;
mod progress;
mod signals;
mod summary;

use cli::{Command, GenerateArgs, ProgressArgs, ProgressMode, RunArgs, VerifyArgs};
use progress::Progress;
use spendfold::{Error, ErrorKind, Monitor, Result};
use std::io::Write;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Arc;

/// More was rejected than `--max-rejects` allows.
const TOO_MANY_REJECTS: u8 = 3;

fn main() -> ExitCode {
    // A panic is caught and becomes an error with a message; its own text would be a second one.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = catch_unwind(|| match cli::parse()? {
        Command::Run(args) => run(*args),
        Command::Verify(args) => verify(args),
        Command::Generate(args) => generate(*args),
        Command::Completions { shell } => completions(shell),
    });
    match outcome {
        Ok(Ok(status)) => ExitCode::from(status),
        Err(_) => {
            say("internal error; nothing was published\nthis is a bug; please report it with the options used");
            ExitCode::FAILURE
        }
        Ok(Err(error)) => {
            say(&error.to_string());
            ExitCode::from(error.exit_status())
        }
    }
}

fn run(args: RunArgs) -> Result<u8> {
    allocator::say_then(
        "; nothing was published\n\
        the customers must fit in memory; fewer --threads and smaller --chunk-bytes need less",
    );
    let quiet = args.progress.quiet;
    let mode = mode(&args.progress);
    let config = args.into_config()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let progress = Progress::start(mode, &monitor);
    let outcome = spendfold::run(&config, &monitor);
    drop(progress);
    for notice in monitor.notices() {
        say(&notice);
    }
    let report = outcome?;
    match mode {
        // Whoever asked for JSON lines reads no table.
        ProgressMode::Json => say(&summary::json(&report)),
        _ if quiet => {}
        _ => say(summary::summary(&config, &report).trim_end()),
    }
    if spendfold::within_max_rejects(&config, &report) {
        return Ok(0);
    }
    say(&summary::too_many_rejects(&config, &report));
    Ok(TOO_MANY_REJECTS)
}

fn verify(args: VerifyArgs) -> Result<u8> {
    allocator::say_then("\nfewer --threads need less");
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let threads = args.threads()?;
    let progress = Progress::start(mode(&args.progress), &monitor);
    let outcome = spendfold::verify(&args.dir, threads, &monitor);
    drop(progress);
    let mut differences = outcome?;
    let of_set = differences.len();
    if let Some(expected) = &args.expected {
        differences.extend(spendfold::compare(&args.dir, expected, &monitor)?);
    }
    for difference in &differences {
        say(&difference.to_string());
    }
    let dir = spendfold::escape_path(&args.dir);
    if differences.is_empty() {
        if !args.progress.quiet {
            let key = if args.expected.is_some() { " and with the answer key" } else { "" };
            say(&format!("{dir}: the set agrees with its report{key}"));
        }
        return Ok(0);
    }
    let count =
        if differences.len() == 1 { "1 difference".to_owned() } else { format!("{} differences", differences.len()) };
    let mend = match of_set {
        0 => {
            "the set agrees with its report, but not with the answer key: is that of these inputs, and of a full join?"
        }
        _ => "run again into it, or restore it from a copy",
    };
    say(&format!("{dir}: {count}; {mend}"));
    Ok(1)
}

fn generate(args: GenerateArgs) -> Result<u8> {
    allocator::say_then("; nothing was published\nfewer --threads need less");
    let quiet = args.progress.quiet;
    let mode = mode(&args.progress);
    let options = args.into_options()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let clock = std::time::Instant::now();
    let progress = Progress::start(mode, &monitor);
    let outcome = spendfold::generate(&options, &monitor);
    drop(progress);
    let made = outcome?;
    if !quiet {
        say(summary::generated(&options, &made, clock.elapsed()).trim_end());
    }
    Ok(0)
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::described(), "spendfold", &mut script);
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&script).and_then(|()| stdout.flush()) {
        // A reader that went away wants no more of it.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io(ErrorKind::Output, "standard output".as_ref(), "cannot write", error))
        }
        _ => Ok(0),
    }
}

fn mode(args: &ProgressArgs) -> ProgressMode {
    if args.quiet { ProgressMode::Off } else { args.progress }
}

/// A text to standard error; nobody there to read it is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
