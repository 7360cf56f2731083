//! Clap's errors in the form of all others: one line that says what is wrong, one that says what to do.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind as Kind};
use spendfold::text::escape;
use spendfold::{Error, ErrorKind};
use std::ffi::OsString;

/// What clap says of `arguments`, the program's name first.
pub(super) fn error(error: &clap::Error, cli: &Command, arguments: &[OsString]) -> Error {
    let command = arguments.get(1).and_then(|name| cli.find_subcommand(name));
    let what = Told { error, command, arguments }.what();
    let help = match command {
        Some(command) => format!("for all options: spendfold {} --help", command.get_name()),
        None => "for all commands: spendfold --help".to_owned(),
    };
    let likely = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let likely: Vec<String> = likely.into_iter().filter_map(|kind| text(error, kind)).collect();
    let hint = if likely.is_empty() { help } else { format!("perhaps {}; {help}", likely.join(" or ")) };
    Error::new(ErrorKind::Config, what).hint(hint)
}

struct Told<'a> {
    error: &'a clap::Error,
    command: Option<&'a Command>,
    arguments: &'a [OsString],
}

impl Told<'_> {
    fn what(&self) -> String {
        let context = |kind| text(self.error, kind).unwrap_or_default();
        let option = context(ContextKind::InvalidArg);
        match self.error.kind() {
            Kind::InvalidValue if context(ContextKind::InvalidValue).is_empty() => {
                format!("{}: the value is missing", self.name(&option))
            }
            Kind::InvalidValue => {
                let (valid, value) = (context(ContextKind::ValidValue), context(ContextKind::InvalidValue));
                format!("{}: not one of {valid}: {}", self.name(&option), shown(&value))
            }
            Kind::ValueValidation => {
                let reason =
                    std::error::Error::source(self.error).map_or("cannot be".to_owned(), |why| why.to_string());
                format!("{}: {reason}: {}", self.name(&option), shown(&context(ContextKind::InvalidValue)))
            }
            Kind::UnknownArgument if option.starts_with('-') => format!("no such option: {}", shown(&option)),
            Kind::UnknownArgument => format!("an argument too many: {}", shown(&option)),
            Kind::InvalidSubcommand => format!("no such command: {}", shown(&context(ContextKind::InvalidSubcommand))),
            Kind::MissingSubcommand | Kind::DisplayHelpOnMissingArgumentOrSubcommand => {
                "no command is given".to_owned()
            }
            Kind::MissingRequiredArgument => format!("not given: {option}"),
            Kind::ArgumentConflict => format!("{}: given twice", first_word(&option)),
            Kind::TooManyValues => format!("{}: takes no value", first_word(&option)),
            Kind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
            // Whatever else clap may come to say: its first line.
            _ => {
                let text = self.error.to_string();
                let line = text.lines().next().unwrap_or_default();
                shown(line.strip_prefix("error: ").unwrap_or(line))
            }
        }
    }

    /// `--join <JOIN>` → `--join`, or its variable when no argument names it.
    fn name(&self, option: &str) -> String {
        let long = first_word(option);
        let arg = self.command.and_then(|command| {
            command.get_arguments().find(|arg| arg.get_long().is_some_and(|name| long == format!("--{name}")))
        });
        let short = arg.and_then(clap::Arg::get_short).map(|short| format!("-{short}"));
        let given = self.arguments.iter().filter_map(|argument| argument.to_str()).any(|argument| {
            first_word(argument) == long || short.as_ref().is_some_and(|short| argument.starts_with(short))
        });
        match arg.and_then(clap::Arg::get_env) {
            Some(variable) if !given => variable.to_string_lossy().into_owned(),
            _ => long.to_owned(),
        }
    }
}

/// `--sync[=<BOOL>]`, `--join <JOIN>`, `--join=outer` → the name alone.
fn first_word(option: &str) -> &str {
    option.split([' ', '=', '[']).next().unwrap_or(option)
}

fn shown(value: &str) -> String {
    escape(value.as_bytes())
}

/// A piece of what clap knows, lists with commas between.
fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) if !texts.is_empty() => Some(texts.join(", ")),
        _ => None,
    }
}
