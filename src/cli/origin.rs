//! The origin of each option's value. Flags override variables, and variables override defaults.

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use spendfold::{Error, ErrorKind, Result, Setting};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// The origin of a value, in rising precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    Default,
    Variable,
    Flag,
}

/// The origin and the variable of each option of a command, by its long name without dashes.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins(BTreeMap<String, (Origin, String)>);

impl Origins {
    /// The origins of the options of `command`, which was parsed into `matches`.
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

    /// The origin of an option's value.
    pub(super) fn origin(&self, option: &str) -> Origin {
        self.0.get(option).map_or(Origin::Default, |(origin, _)| *origin)
    }

    /// Whether the option `both`, which sets both sides, overrides that of one side: a flag overrides a variable.
    pub(super) fn overrides_side(&self, both: &str, side: &str) -> bool {
        self.origin(both) == Origin::Flag && self.origin(side) == Origin::Variable
    }

    /// Compares the precedence of two options that exclude each other; the greater one applies.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] if both are flags or both are variables.
    pub(super) fn compare(&self, one: &str, other: &str) -> Result<Ordering> {
        let order = self.origin(one).cmp(&self.origin(other));
        if order == Ordering::Equal && self.origin(one) != Origin::Default {
            return Err(self.exclude_each_other(one, other));
        }
        Ok(order)
    }

    /// The error for two options that exclude each other.
    pub(super) fn exclude_each_other(&self, one: &str, other: &str) -> Error {
        let text = format!("{} and {} exclude each other", self.origin_name(one), self.origin_name(other));
        Error::new(ErrorKind::Config, text).hint("give one of the two")
    }

    /// The name under which an option was set: its variable or its flag.
    fn origin_name(&self, option: &str) -> String {
        match self.0.get(option) {
            Some((Origin::Variable, variable)) => variable.clone(),
            _ => format!("--{option}"),
        }
    }

    /// An error that names each setting by the flag or the variable that set it.
    pub(super) fn with_origin_names(&self, error: Error) -> Error {
        error.with_setting_names(|setting| self.origin_name(&flag_name(setting)))
    }
}

/// The long name of a setting's flag, without dashes.
fn flag_name(setting: Setting) -> String {
    setting.name().replace('_', "-")
}

/// An error that names each setting by its flag.
pub(crate) fn with_flags(error: Error) -> Error {
    error.with_setting_names(|setting| format!("--{}", flag_name(setting)))
}

/// The name of an option's environment variable.
fn variable(arg: &Arg) -> Option<String> {
    arg.get_env().map(|name| name.to_string_lossy().into_owned())
}

/// Lets a switch take a value, so that `--sync=false` can override a variable that turned it on.
pub(super) fn with_switch_value(arg: Arg) -> Arg {
    if !matches!(arg.get_action(), ArgAction::SetTrue) {
        return arg;
    }
    arg.action(ArgAction::Set)
        .value_parser(clap::builder::BoolishValueParser::new())
        .value_name("BOOL")
        // The value must follow a `=`: the next argument is never the value of a switch.
        .require_equals(true)
        .num_args(0..=1)
        .default_missing_value("true")
        .default_value("false")
        .hide_default_value(true)
        .hide_possible_values(true)
}

/// Removes the variable from an option if its value is empty: an empty variable counts as not set.
pub(super) fn without_empty_variable(arg: Arg) -> Arg {
    let value = arg.get_env().and_then(std::env::var_os);
    if value.is_some_and(|value| value.is_empty()) { arg.env(None::<&'static str>) } else { arg }
}

/// Hides the value of a variable in the help text if it needs escaping on a terminal.
pub(super) fn with_safe_help(arg: Arg) -> Arg {
    let value = arg.get_env().and_then(std::env::var_os).unwrap_or_default();
    let safe = spendfold::text::escape_path(value.as_ref()).as_bytes() == value.as_encoded_bytes();
    if safe { arg } else { arg.hide_env_values(true) }
}
