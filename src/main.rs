//! The command `spendfold`: parses the arguments, runs the command and returns the exit status.

mod cli;

use cli::console::{Console, write_line};
use cli::origin::with_flags;
use cli::progress::Progress;
use cli::{
    AcceptArgs, Command, GenerateArgs, ProgressArgs, ProgressMode, RunArgs, VerifyArgs, allocator, signals, summary,
};
use spendfold::{Accepted, Against, Error, ErrorKind, InputsChecked, Monitor, Report, Result, Verification, Verifier};
use std::io::Write;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit status of a run that exceeds a limit.
const OVER_LIMIT: u8 = 3;

fn main() -> ExitCode {
    // A panic is caught and reported as an error, so the default hook would print a second message.
    std::panic::set_hook(Box::new(|_| {}));
    let format = cli::message_format();
    spendfold::process::set_last_words_format(format);
    let console = Console::new(format);
    let outcome = catch_unwind(|| match cli::parse()? {
        Command::Run(args) => run(*args, console),
        Command::Verify(args) => verify(args, console),
        Command::Accept(args) => accept(&args, console),
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
    let (quiet, json) = (args.progress.quiet, args.output.json);
    let mode = progress_mode(&args.progress);
    let job = args.into_job()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let progress = Progress::start(mode, &monitor);
    let outcome = job.run_monitored(&monitor);
    drop(progress);
    console.notices(&monitor);
    let report = outcome?;
    if json {
        print_report(&report, console);
    }
    if console.is_json() && !quiet {
        write_line(&summary::json(&report));
    } else if !quiet {
        write_line(summary::summary(&job, &report).trim_end());
    }
    console.report_notices(&report);
    if report.within_limits() {
        return Ok(0);
    }
    console.over_limit(job.out_dir_path(), &report, !quiet, OVER_LIMIT);
    Ok(OVER_LIMIT)
}

fn accept(args: &AcceptArgs, console: Console) -> Result<u8> {
    allocator::set_out_of_memory_hint("; nothing was published\nfewer --threads need less");
    let acceptor = args.acceptor()?;
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let progress = Progress::start(progress_mode(&args.progress), &monitor);
    let outcome = acceptor.run_monitored(&monitor);
    drop(progress);
    console.notices(&monitor);
    match outcome? {
        Accepted::Differs(differences) => {
            let hint = "nothing was published, and the set is still held; run again to replace it";
            console.differences(&args.dir.join("held"), &differences, hint);
            Ok(1)
        }
        accepted => {
            if let Some(report) = accepted.report().filter(|_| args.output.json) {
                print_report(report, console);
            }
            let acceptance = accepted.report().and_then(|report| report.acceptance.as_ref());
            if let Some(acceptance) = acceptance.filter(|_| !args.progress.quiet) {
                console.accepted(&args.dir, acceptance);
            }
            Ok(0)
        }
    }
}

fn verify(args: VerifyArgs, console: Console) -> Result<u8> {
    allocator::set_out_of_memory_hint("\nfewer --threads need less");
    let monitor = Arc::new(Monitor::new());
    signals::install(&monitor)?;
    let threads = args.threads()?;
    let progress = Progress::start(progress_mode(&args.progress), &monitor);
    let mut verifier = Verifier::new(&args.dir).threads(threads).inputs(args.inputs);
    if let Some(expected) = &args.expected {
        verifier = verifier.answer_key(expected);
    }
    let outcome = verifier.verify(&monitor);
    drop(progress);
    console.notices(&monitor);
    let Verification { differences, inputs, .. } = outcome?;
    let only_key = differences.iter().all(|difference| difference.against == Against::AnswerKey);
    if differences.is_empty() {
        if !args.progress.quiet {
            let (joined, unchecked) = inputs.map_or(("", String::new()), |inputs| match inputs {
                InputsChecked { joined: true, .. } => (" and with its inputs", String::new()),
                // A notice has named each of them, or why they were not joined.
                InputsChecked { listed, checked, .. } if checked < listed => (
                    "",
                    format!("; {} of {listed} inputs were not checked, and none were joined again", listed - checked),
                ),
                _ => ("", "; the inputs are those of the report, but were not joined again".to_owned()),
            });
            let key = if args.expected.is_some() { " and with the answer key" } else { "" };
            let message = format!("the set agrees with its report{joined}{key}{unchecked}");
            console.verdict(&args.dir, 0, &message, None, 0);
        }
        return Ok(0);
    }
    let hint = match only_key {
        true => {
            "the set agrees with its report, but not with the answer key; check that the key belongs to these inputs and that the join is full"
        }
        false => "run again into this directory, or restore the set from a copy",
    };
    console.differences(&args.dir, &differences, hint);
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

/// Writes the report to standard output. A failure gives a notice; it changes neither the set nor the exit status.
fn print_report(report: &Report, console: Console) {
    // Serializing a report cannot fail: it is plain data with text as keys.
    let text = serde_json::to_string_pretty(report).unwrap_or_default() + "\n";
    match write_stdout(text.as_bytes()) {
        // A closed pipe is not an error: the reader needs no more.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let error = Error::io(ErrorKind::Output, "standard output".as_ref(), "cannot write the report", error);
            console.notice(&error.to_string());
        }
        _ => {}
    }
}

fn write_stdout(bytes: &[u8]) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush())
}

fn completions(shell: clap_complete::Shell) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command_definition(), "spendfold", &mut script);
    match write_stdout(&script) {
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
