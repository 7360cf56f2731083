//! Definitions of the options about the format of the inputs. Each exists for both sides, for the customers alone and for
//! the purchases alone.

use clap::Args;
use std::ffi::OsString;

/// The values of the options, for both sides or for one.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) delimiter: Option<OsString>,
    pub(super) quote: Option<OsString>,
    pub(super) no_quoting: bool,
}

/// Defines the options of both sides or of one side. All of them have the same names except for the prefix.
macro_rules! format_args {
    ($name:ident, $prefix:literal, $variable:literal, $heading:literal, $($short:ident)?, [$($help:expr),* $(,)?]) => {
        format_args!(@define $name, $prefix, $variable, $heading, ($($short)?), $($help),*);
    };
    (@define $name:ident, $prefix:literal, $variable:literal, $heading:literal, ($($short:ident)?), $delimiter:expr, $quote:expr, $no_quoting:expr) => {
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
        }

        impl From<$name> for Given {
            fn from(args: $name) -> Self {
                Self { delimiter: args.delimiter, quote: args.quote, no_quoting: args.no_quoting }
            }
        }
    };
}

format_args!(
    BothSidesArgs,
    "",
    "SPENDFOLD_",
    "Reading CSV",
    short,
    [
        "Delimiter of the inputs: one byte, `auto`, `comma`, `semicolon`, `pipe`, `space`, `tab`, or an escape such as \
     `\\x01`. `auto` finds it in the header of each side, by the names of the columns [default: auto]",
        "Quote of the inputs: one byte [default: \"]",
        "Treat the quote as an ordinary byte",
    ]
);

format_args!(CustomersArgs, "customers-", "SPENDFOLD_CUSTOMERS_", "Reading CSV: the customers alone", , [
    "`--delimiter` for the customers alone",
    "`--quote` for the customers alone",
    "`--no-quoting` for the customers alone",
]);

format_args!(PurchasesArgs, "purchases-", "SPENDFOLD_PURCHASES_", "Reading CSV: the purchases alone", , [
    "`--delimiter` for the purchases alone",
    "`--quote` for the purchases alone",
    "`--no-quoting` for the purchases alone",
]);

/// The options about the format of the inputs.
#[derive(Debug, Args)]
pub(super) struct FormatArgs {
    #[command(flatten)]
    pub(super) both: BothSidesArgs,
    #[command(flatten)]
    pub(super) customers: CustomersArgs,
    #[command(flatten)]
    pub(super) purchases: PurchasesArgs,
}
