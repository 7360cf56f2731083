//! The command line. Each command has a type that clap fills in, and one fallible conversion of it into the types of
//! the library. No other part of the program uses clap.
//!
//! [`console`] writes all messages, [`progress`] shows the progress, and [`summary`] and [`over_limit`] word what a run
//! ends with.

mod accept;
pub(crate) mod allocator;
pub(crate) mod console;
mod format;
mod format_args;
mod generate;
pub(crate) mod origin;
pub(crate) mod over_limit;
mod parse_value;
pub(crate) mod progress;
mod run;
pub(crate) mod signals;
pub(crate) mod summary;
mod usage;

pub(crate) use accept::AcceptArgs;
pub(crate) use generate::GenerateArgs;
pub(crate) use run::RunArgs;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use origin::{Origin, Origins};
use spendfold::Result;
use spendfold::process::MessageFormat;
use std::ffi::OsString;
use std::path::PathBuf;

/// The join you can sign off on: customers × purchases, every row, exact totals, every record accounted for.
#[derive(Debug, Parser)]
#[command(name = "spendfold", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Join customers and purchases into an output set
    Run(Box<RunArgs>),
    /// Re-read an output set and compare it with its report.json
    Verify(VerifyArgs),
    /// Publish the held set of an output directory although it exceeds a limit
    Accept(AcceptArgs),
    /// Write a synthetic pair of inputs and its answer key
    Generate(Box<GenerateArgs>),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
}

/// How progress is shown on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressMode {
    /// A bar on a terminal, plain lines elsewhere
    #[default]
    Auto,
    /// A line every five seconds
    Plain,
    /// JSON lines, for both progress and messages
    Json,
    /// No progress
    Off,
}

/// Progress options, shared by the commands.
#[derive(Debug, Args)]
pub(crate) struct ProgressArgs {
    /// How to show progress on standard error
    #[arg(long, value_enum, default_value = "auto", env = "SPENDFOLD_PROGRESS")]
    pub(crate) progress: ProgressMode,
    /// Print only errors and warnings
    #[arg(short, long, env = "SPENDFOLD_QUIET")]
    pub(crate) quiet: bool,
}

/// Whether the report goes to standard output, shared by the commands that publish a set.
#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// Print the report to standard output, as in report.json
    #[arg(long, env = "SPENDFOLD_JSON")]
    pub(crate) json: bool,
}

impl ProgressArgs {
    /// `--quiet` overrides `--progress`, but the flag `--progress` overrides the variable of `--quiet`.
    fn resolve_conflicts(&mut self, origins: &Origins) {
        let progress_flag = origins.origin("progress") == Origin::Flag && self.progress != ProgressMode::Off;
        if progress_flag && origins.origin("quiet") == Origin::Variable {
            self.quiet = false;
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// Directory of the output set
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
    /// Also compare the report with this answer key, which `spendfold generate` wrote
    #[arg(long, value_name = "FILE", env = "SPENDFOLD_EXPECTED")]
    pub(crate) expected: Option<PathBuf>,
    /// Also check the inputs that the report names, and join them again
    #[arg(long, env = "SPENDFOLD_INPUTS")]
    pub(crate) inputs: bool,
    /// Worker threads, 1 to 1024 [default: all cores]
    #[arg(short, long, value_name = "N", env = "SPENDFOLD_THREADS", allow_hyphen_values = true)]
    threads: Option<String>,
    #[command(flatten)]
    pub(crate) progress: ProgressArgs,
    #[arg(skip)]
    origins: Origins,
}

impl VerifyArgs {
    /// The number of worker threads. Default: the number of processors.
    ///
    /// # Errors
    /// [`spendfold::ErrorKind::Config`] unless it is from 1 to [`Job::MAX_THREADS`].
    pub(crate) fn threads(&self) -> Result<usize> {
        parse_value::threads(self.threads.as_deref()).map_err(|error| self.origins.with_origin_names(error))
    }
}

/// The format of messages: JSON lines if `--progress` is `json` or, without that option, if its variable is. It is
/// determined before the command line is parsed, because usage errors are messages too.
pub(crate) fn message_format() -> MessageFormat {
    let variable = std::env::var_os("SPENDFOLD_PROGRESS");
    format_of(std::env::args_os().skip(1), variable)
}

fn format_of(arguments: impl Iterator<Item = OsString>, variable: Option<OsString>) -> MessageFormat {
    let arguments: Vec<OsString> = arguments.take_while(|argument| argument != "--").collect();
    let modes = arguments.iter().enumerate().filter_map(|(place, argument)| match argument.to_str()? {
        "--progress" => arguments.get(place + 1)?.to_str(),
        joined => joined.strip_prefix("--progress="),
    });
    // A repeated option is a usage error; it is reported as JSON if any of its values is `json`.
    let modes: Vec<&str> = modes.collect();
    let variable_is_json = modes.is_empty() && variable.is_some_and(|mode| mode == "json");
    if variable_is_json || modes.contains(&"json") { MessageFormat::Json } else { MessageFormat::Text }
}

/// Parses the command line and the environment variables. Ends the process after `--help` and `--version`.
///
/// # Errors
/// [`spendfold::ErrorKind::Config`] for an unknown command, an unknown option or an invalid value.
pub(crate) fn parse() -> Result<Command> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let full_command = command_definition();
    let effective = command_definition().mut_subcommands(|command| command.mut_args(origin::without_empty_variable));
    let usage_error = |error: clap::Error| match error.use_stderr() {
        true => usage::error(&error, &full_command, &arguments),
        // The help must also list the variables that are set to an empty value, which `effective` lacks.
        false => full_command.clone().try_get_matches_from(&arguments).err().unwrap_or(error).exit(),
    };
    let matches = effective.try_get_matches_from(&arguments).map_err(&usage_error)?;
    let mut command = Cli::from_arg_matches(&matches).map_err(&usage_error)?.command;
    let origins = match matches.subcommand() {
        Some((name, given)) => full_command.find_subcommand(name).map(|command| Origins::of(command, given)),
        None => None,
    };
    let origins = origins.unwrap_or_default();
    match &mut command {
        Command::Run(args) => args.resolve_conflicts(origins)?,
        Command::Accept(args) => args.resolve_conflicts(origins),
        Command::Generate(args) => args.resolve_conflicts(origins)?,
        Command::Verify(args) => {
            args.progress.resolve_conflicts(&origins);
            args.origins = origins;
        }
        Command::Completions { .. } => {}
    }
    Ok(command)
}

/// The definition of all commands and options.
pub(crate) fn command_definition() -> clap::Command {
    let arg = |arg| origin::with_safe_help(origin::with_switch_value(arg));
    Cli::command().mut_subcommands(|command| command.mut_args(arg))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_format_is_determined_before_parsing() {
        for (arguments, variable, json) in [
            ("run", None, false),
            ("run", Some("json"), true),
            ("run", Some("plain"), false),
            ("run --progress json", None, true),
            ("run --progress=json", Some("off"), true),
            ("run --progress plain", Some("json"), false),
            ("run --progress", Some("json"), true),
            ("--progress json run", None, true),
            ("run --progress plain --progress json", None, true),
            ("run --nonsense --progress=json -x", None, true),
            ("verify -- --progress=json", None, false),
            ("run -o json", None, false),
        ] {
            let expected = if json { MessageFormat::Json } else { MessageFormat::Text };
            let found = format_of(arguments.split(' ').map(OsString::from), variable.map(OsString::from));
            assert_eq!(found, expected, "{arguments} {variable:?}");
        }
    }
}
