//! Definitions of the options about the format of the inputs. Each exists for both sides, for the customers alone and
//! for the purchases alone.

use clap::{Args, ValueEnum};
use spendfold::Ragged;
use std::ffi::OsString;

/// The values of the options, for both sides or for one.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) delimiter: Option<OsString>,
    pub(super) quote: Option<OsString>,
    pub(super) no_quoting: bool,
    pub(super) escape: Option<OsString>,
    pub(super) comment: Option<OsString>,
    pub(super) skip_lines: Option<String>,
    pub(super) no_header: bool,
    pub(super) skip_initial_space: bool,
    pub(super) ragged: Option<RaggedArg>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum RaggedArg {
    Reject,
    Pad,
}

impl From<RaggedArg> for Ragged {
    fn from(ragged: RaggedArg) -> Self {
        match ragged {
            RaggedArg::Reject => Self::Reject,
            RaggedArg::Pad => Self::Pad,
        }
    }
}

/// Defines the options of both sides or of one side. All of them have the same names except for the prefix.
macro_rules! define_format_args {
    ($name:ident, $prefix:literal, $variable:literal, $heading:literal, $($short:ident)?, [$($help:expr),* $(,)?]) => {
        define_format_args!(@define $name, $prefix, $variable, $heading, ($($short)?), $($help),*);
    };
    (@define $name:ident, $prefix:literal, $variable:literal, $heading:literal, ($($short:ident)?), $delimiter:expr, $quote:expr, $no_quoting:expr,
     $escape:expr, $comment:expr, $skip_lines:expr, $no_header:expr, $skip_initial_space:expr, $ragged:expr) => {
        #[derive(Debug, Args)]
        pub(super) struct $name {
            #[arg(
                id = concat!($prefix, "delimiter"), long = concat!($prefix, "delimiter"), $($short,)?
                value_name = "BYTE", env = concat!($variable, "DELIMITER"), help_heading = $heading, help = $delimiter
            )]
            delimiter: Option<OsString>,
            #[arg(
                id = concat!($prefix, "quote"), long = concat!($prefix, "quote"),
                value_name = "BYTE", env = concat!($variable, "QUOTE"), help_heading = $heading, help = $quote
            )]
            quote: Option<OsString>,
            #[arg(
                id = concat!($prefix, "no-quoting"), long = concat!($prefix, "no-quoting"),
                env = concat!($variable, "NO_QUOTING"), help_heading = $heading, help = $no_quoting
            )]
            no_quoting: bool,
            #[arg(
                id = concat!($prefix, "escape"), long = concat!($prefix, "escape"),
                value_name = "BYTE", env = concat!($variable, "ESCAPE"), help_heading = $heading, help = $escape
            )]
            escape: Option<OsString>,
            #[arg(
                id = concat!($prefix, "comment"), long = concat!($prefix, "comment"),
                value_name = "BYTE", env = concat!($variable, "COMMENT"), help_heading = $heading, help = $comment
            )]
            comment: Option<OsString>,
            #[arg(
                id = concat!($prefix, "skip-lines"), long = concat!($prefix, "skip-lines"),
                value_name = "N", env = concat!($variable, "SKIP_LINES"), help_heading = $heading, help = $skip_lines
            )]
            skip_lines: Option<String>,
            #[arg(
                id = concat!($prefix, "no-header"), long = concat!($prefix, "no-header"),
                env = concat!($variable, "NO_HEADER"), help_heading = $heading, help = $no_header
            )]
            no_header: bool,
            #[arg(
                id = concat!($prefix, "skip-initial-space"), long = concat!($prefix, "skip-initial-space"),
                env = concat!($variable, "SKIP_INITIAL_SPACE"), help_heading = $heading, help = $skip_initial_space
            )]
            skip_initial_space: bool,
            #[arg(
                id = concat!($prefix, "ragged"), long = concat!($prefix, "ragged"), value_enum,
                value_name = "RAGGED", env = concat!($variable, "RAGGED"), help_heading = $heading, help = $ragged
            )]
            ragged: Option<RaggedArg>,
        }

        impl From<$name> for Given {
            fn from(args: $name) -> Self {
                let $name {
                    delimiter,
                    quote,
                    no_quoting,
                    escape,
                    comment,
                    skip_lines,
                    no_header,
                    skip_initial_space,
                    ragged,
                } = args;
                Self {
                    delimiter,
                    quote,
                    no_quoting,
                    escape,
                    comment,
                    skip_lines,
                    no_header,
                    skip_initial_space,
                    ragged,
                }
            }
        }
    };
}

define_format_args!(
    BothSidesArgs,
    "",
    "SPENDFOLD_",
    "Reading CSV",
    short,
    [
        "Delimiter of the inputs: one byte, `auto`, `comma`, `semicolon`, `pipe`, `space`, `tab`, or an escape such as \
     `\\x01`. `auto` finds it in the header of each side, by the names of the columns [default: auto]",
        "Quote of the inputs: one byte, or an escape such as `\\x27` [default: \"]",
        "Treat the quote as an ordinary byte",
        "Escape byte: the byte after it is data, inside quotes and outside, such as \\ in exports of MySQL",
        "Skip records that begin with this byte, such as #",
        "Skip this many lines at the start of each file, whatever they contain [default: 0]",
        "The files have no header; --customers-columns and --purchases-columns name their columns",
        "Blanks at the start of a field do not belong to its value",
        "What happens to a record with fewer or more fields than the header. reject: it is rejected; pad: missing fields \
     are filled with empty ones, and surplus empty fields are dropped [default: reject]",
    ]
);

define_format_args!(CustomersArgs, "customers-", "SPENDFOLD_CUSTOMERS_", "Reading CSV: the customers alone", , [
    "`--delimiter` for the customers alone",
    "`--quote` for the customers alone",
    "`--no-quoting` for the customers alone",
    "`--escape` for the customers alone",
    "`--comment` for the customers alone",
    "`--skip-lines` for the customers alone",
    "`--no-header` for the customers alone",
    "`--skip-initial-space` for the customers alone",
    "`--ragged` for the customers alone",
]);

define_format_args!(PurchasesArgs, "purchases-", "SPENDFOLD_PURCHASES_", "Reading CSV: the purchases alone", , [
    "`--delimiter` for the purchases alone",
    "`--quote` for the purchases alone",
    "`--no-quoting` for the purchases alone",
    "`--escape` for the purchases alone",
    "`--comment` for the purchases alone",
    "`--skip-lines` for the purchases alone",
    "`--no-header` for the purchases alone",
    "`--skip-initial-space` for the purchases alone",
    "`--ragged` for the purchases alone",
]);

/// The options about the format of the inputs.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    #[command(flatten)]
    pub(super) both: BothSidesArgs,
    /// Names of the columns of customers without a header, separated by commas
    #[arg(long, value_name = "NAMES", env = "SPENDFOLD_CUSTOMERS_COLUMNS", help_heading = "Reading CSV")]
    pub(super) customers_columns: Option<OsString>,
    /// Names of the columns of purchases without a header, separated by commas
    #[arg(long, value_name = "NAMES", env = "SPENDFOLD_PURCHASES_COLUMNS", help_heading = "Reading CSV")]
    pub(super) purchases_columns: Option<OsString>,
    #[command(flatten)]
    pub(super) customers: CustomersArgs,
    #[command(flatten)]
    pub(super) purchases: PurchasesArgs,
}
