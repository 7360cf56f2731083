//! The command `spendfold`: parses the arguments, runs the command and returns the exit status.

mod cli;

use cli::console::{Console, write_line};
use cli::origin::with_flags;
use cli::progress::Progress;
use cli::{Command, GenerateArgs, ProgressArgs, ProgressMode, RunArgs, VerifyArgs, allocator, signals, summary};
use spendfold::{Against, Error, ErrorKind, Monitor, Result, Verifier};
use std::io::Write;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit status if more records are rejected than `--max-rejects` allows.
const TOO_MANY_REJECTS: u8 = 3;

fn main() -> ExitCode {
    // A panic is caught and reported as an error, so the default hook would print a second message.
    std::panic::set_hook(Box::new(|_| {}));
    let format = cli::message_format();
    spendfold::process::set_last_words_format(format);
    let console = Console::new(format);
    let outcome = catch_unwind(|| match cli::parse()? {
        Command::Run(args) => run(*args, console),
        Command::Verify(args) => verify(args, console),
        Command::Generate(args) => generate(*args, console),
        Command::Completions { shell } => completions(shell),
    });
    match outcome {
        Ok(Ok(status)) => ExitCode::from(status),
        Err(_) => {
            console.internal_error();
            ExitCode::FAILURE
        }
        Ok(Err(error)) => {
            let error = with_flags(error);
            console.error(&error);
            ExitCode::from(error.exit_status())
        }
    }
}

fn run(args: RunArgs, console: Console) -> Result<u8> {
    allocator::set_out_of_memory_hint(
        "; nothing was published\n\
        the customers must fit in memory; fewer --threads and smaller --chunk-bytes need less",
    );
    let quiet = args.progress.quiet;
    let mode = progress_mode(&args.progress);
    let job = args.into_job()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let progress = Progress::start(mode, &monitor);
    let outcome = job.run_monitored(&monitor);
    drop(progress);
    console.notices(&monitor);
    let report = outcome?;
    if console.is_json() && !quiet {
        write_line(&summary::json(&report));
    } else if !quiet {
        write_line(summary::summary(&job, &report).trim_end());
    }
    if report.within_max_rejects() {
        return Ok(0);
    }
    console.too_many_rejects(&job, &report, TOO_MANY_REJECTS);
    Ok(TOO_MANY_REJECTS)
}

fn verify(args: VerifyArgs, console: Console) -> Result<u8> {
    allocator::set_out_of_memory_hint("\nfewer --threads need less");
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let threads = args.threads()?;
    let progress = Progress::start(progress_mode(&args.progress), &monitor);
    let mut verifier = Verifier::new(&args.dir).threads(threads);
    if let Some(expected) = &args.expected {
        verifier = verifier.answer_key(expected);
    }
    let outcome = verifier.run_monitored(&monitor);
    drop(progress);
    console.notices(&monitor);
    let differences = outcome?;
    let report_differences = differences.iter().filter(|difference| difference.against == Against::Report).count();
    for difference in &differences {
        console.difference(difference);
    }
    if differences.is_empty() {
        if !args.progress.quiet {
            let key = if args.expected.is_some() { " and with the answer key" } else { "" };
            console.verdict(&args.dir, 0, &format!("the set agrees with its report{key}"), None, 0);
        }
        return Ok(0);
    }
    let count =
        if differences.len() == 1 { "1 difference".to_owned() } else { format!("{} differences", differences.len()) };
    let hint = match report_differences {
        0 => {
            "the set agrees with its report, but not with the answer key; check that the key belongs to these inputs and that the join is full"
        }
        _ => "run again into it, or restore it from a copy",
    };
    console.verdict(&args.dir, differences.len(), &count, Some(hint), 1);
    Ok(1)
}

fn generate(args: GenerateArgs, console: Console) -> Result<u8> {
    allocator::set_out_of_memory_hint("; nothing was published\nfewer --threads need less");
    let quiet = args.progress.quiet;
    let mode = progress_mode(&args.progress);
    let options = args.into_options()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let progress = Progress::start(mode, &monitor);
    let outcome = spendfold::generate::generate(&options, &monitor);
    drop(progress);
    console.notices(&monitor);
    let generated = outcome?;
    if console.is_json() && !quiet {
        write_line(&summary::generated_json(&generated, monitor.elapsed()));
    } else if !quiet {
        write_line(summary::generated(&options, &generated, monitor.elapsed()).trim_end());
    }
    Ok(0)
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command_definition(), "spendfold", &mut script);
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(&script).and_then(|()| stdout.flush()) {
        // A closed pipe is not an error: the reader needs no more.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::io(ErrorKind::Output, "standard output".as_ref(), "cannot write", error))
        }
        _ => Ok(0),
    }
}

/// The progress mode in effect: `--quiet` turns progress off.
fn progress_mode(args: &ProgressArgs) -> ProgressMode {
    if args.quiet { ProgressMode::Off } else { args.progress }
}
