//! Converts clap's errors into [`Error`]: one line that says what is wrong, and a hint.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};
use spendfold::text::escape;
use spendfold::{Error, ErrorKind};
use std::ffi::OsString;

/// Converts an error that clap reports for `arguments`, whose first is the name of the program.
pub(super) fn error(error: &clap::Error, cli: &Command, arguments: &[OsString]) -> Error {
    let command = arguments.get(1).and_then(|name| cli.find_subcommand(name));
    let message = UsageError { error, command, arguments }.message();
    let help = match command {
        Some(command) => format!("for all options: spendfold {} --help", command.get_name()),
        None => "for all commands: spendfold --help".to_owned(),
    };
    let suggestion_kinds = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let suggestions: Vec<String> = suggestion_kinds.into_iter().filter_map(|kind| context_text(error, kind)).collect();
    let hint = if suggestions.is_empty() { help } else { format!("try {}; {help}", suggestions.join(" or ")) };
    Error::new(ErrorKind::Config, message).hint(hint)
}

/// An error of clap and its context.
struct UsageError<'a> {
    error: &'a clap::Error,
    command: Option<&'a Command>,
    arguments: &'a [OsString],
}

impl UsageError<'_> {
    fn message(&self) -> String {
        let context = |kind| context_text(self.error, kind).unwrap_or_default();
        let option = context(ContextKind::InvalidArg);
        match self.error.kind() {
            Kind::InvalidValue if context(ContextKind::InvalidValue).is_empty() => {
                format!("{}: the value is missing", self.name(&option))
            }
            Kind::InvalidValue => {
                let (valid, value) = (context(ContextKind::ValidValue), context(ContextKind::InvalidValue));
                format!("{}: not one of {valid}: {}", self.name(&option), escaped(&value))
            }
            Kind::ValueValidation => {
                let reason =
                    std::error::Error::source(self.error).map_or("not valid".to_owned(), |why| why.to_string());
                let reason = reason.strip_prefix("value was ").unwrap_or(&reason);
                format!("{}: {reason}: {}", self.name(&option), escaped(&context(ContextKind::InvalidValue)))
            }
            Kind::UnknownArgument if option.starts_with('-') => format!("no such option: {}", escaped(&option)),
            Kind::UnknownArgument => format!("unexpected argument: {}", escaped(&option)),
            Kind::InvalidSubcommand => {
                format!("no such command: {}", escaped(&context(ContextKind::InvalidSubcommand)))
            }
            Kind::MissingSubcommand | Kind::DisplayHelpOnMissingArgumentOrSubcommand => {
                "no command is given".to_owned()
            }
            Kind::MissingRequiredArgument => format!("missing: {option}"),
            Kind::ArgumentConflict => format!("{}: given twice", flag_of(&option)),
            Kind::TooManyValues => format!("{}: takes no value", flag_of(&option)),
            Kind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
            // Any other error: the first line of its text.
            _ => {
                let text = self.error.to_string();
                let line = text.lines().next().unwrap_or_default();
                escaped(line.strip_prefix("error: ").unwrap_or(line))
            }
        }
    }

    /// The name under which an option was set, from its usage text: `--join <JOIN>` gives `--join`, or the variable if
    /// no argument names the option.
    fn name(&self, option: &str) -> String {
        let long = flag_of(option);
        let arg = self.command.and_then(|command| {
            command.get_arguments().find(|arg| arg.get_long().is_some_and(|name| long == format!("--{name}")))
        });
        let short = arg.and_then(clap::Arg::get_short).map(|short| format!("-{short}"));
        let given = self.arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
            flag_of(argument) == long || short.as_ref().is_some_and(|short| argument.starts_with(short))
        });
        match arg.and_then(clap::Arg::get_env) {
            Some(variable) if !given => variable.to_string_lossy().into_owned(),
            _ => long.to_owned(),
        }
    }
}

/// The flag alone: `--sync[=<BOOL>]`, `--join <JOIN>` and `--join=outer` give `--sync` and `--join`.
fn flag_of(option: &str) -> &str {
    option.split([' ', '=', '[']).next().unwrap_or(option)
}

fn escaped(value: &str) -> String {
    escape(value.as_bytes())
}

/// A value from the context of clap's error; lists are joined with commas.
fn context_text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}
