//! Where each option's value came from. Flags win over variables, variables over defaults.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use spendfold::{Error, ErrorKind, Result, Setting};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Where a value came from, the weaker first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Default,
    Variable,
    Flag,
}

/// The origins of one command's options, by their long name without dashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(BTreeMap<String, (Origin, String)>);

impl Origins {
    /// Those of the options of `command`, which was parsed into `matches`.
    pub(super) fn of(command: &Command, matches: &ArgMatches) -> Self {
        let option = |arg: &Arg| {
            let origin = match matches.value_source(arg.get_id().as_str()) {
                Some(ValueSource::CommandLine) => Origin::Flag,
                Some(ValueSource::EnvVariable) => Origin::Variable,
                _ => Origin::Default,
            };
            Some((arg.get_long()?.to_owned(), (origin, variable(arg).unwrap_or_default())))
        };
        Self(command.get_arguments().filter_map(option).collect())
    }

    /// Where an option's value came from.
    pub(super) fn origin(&self, option: &str) -> Origin {
        self.0.get(option).map_or(Origin::Default, |(origin, _)| *origin)
    }

    /// How two options that exclude each other compare; the greater one counts.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when both are given in the same way, so that neither can win.
    pub(super) fn stronger(&self, one: &str, other: &str) -> Result<Ordering> {
        let order = self.origin(one).cmp(&self.origin(other));
        if order == Ordering::Equal && self.origin(one) != Origin::Default {
            let text = format!("{} and {} exclude each other", self.shown(one), self.shown(other));
            return Err(Error::new(ErrorKind::Config, text).hint("give one of the two"));
        }
        Ok(order)
    }

    /// An option as whoever set it knows it: by its flag or its variable.
    fn shown(&self, option: &str) -> String {
        match self.0.get(option) {
            Some((Origin::Variable, variable)) => variable.clone(),
            _ => format!("--{option}"),
        }
    }

    /// An error with each setting called by the name under which it was given: its flag or its variable.
    pub(super) fn named(&self, error: Error) -> Error {
        error.with_setting_names(|setting| self.shown(&option(setting)))
    }
}

/// The long name of a setting's flag, without dashes.
fn option(setting: Setting) -> String {
    setting.name().replace('_', "-")
}

/// An error with each setting called by its flag.
pub(crate) fn with_flags(error: Error) -> Error {
    error.with_setting_names(|setting| format!("--{}", option(setting)))
}

/// The variable of an option.
fn variable(arg: &Arg) -> Option<String> {
    arg.get_env().map(|name| name.to_string_lossy().into_owned())
}

/// A switch that can be turned off too: `--sync=false` against a variable that turned it on.
pub(super) fn with_values(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    arg.action(ArgAction::Set)
        .value_parser(clap::builder::BoolishValueParser::new())
        .value_name("BOOL")
        // Only behind a `=`: what follows a switch is never taken for its value.
        .require_equals(true)
        .num_args(0..=1)
        .default_missing_value("true")
        .default_value("false")
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// Without its variable when that is empty: set to nothing counts as not set.
pub(super) fn without_empty_variable(arg: Arg) -> Arg {
    let value = arg.get_env().and_then(std::env::var_os);
    if value.is_some_and(|value| value.is_empty()) { arg.env(None::<&'static str>) } else { arg }
}

/// Hides the value of a variable from the help if it would have to be escaped on a terminal.
pub(super) fn with_safe_help(arg: Arg) -> Arg {
    let value = arg.get_env().and_then(std::env::var_os).unwrap_or_default();
    let safe = spendfold::text::escape_path(value.as_ref()).as_bytes() == value.as_encoded_bytes();
    if safe { arg } else { arg.hide_env_values(true) }
}
