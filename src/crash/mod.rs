//! Ends of the process that cannot return an error: SIGBUS (a mapped input can no longer be read), out of memory, and
//! SIGABRT. Each one removes the staged sets, writes a message to standard error and exits with status 1.
//!
//! A signal handler may only call async-signal-safe functions (signal-safety(7)). So everything is prepared beforehand:
//! each mapped input registers its address range and its messages ([`watch`]), and each staged set registers the names
//! to remove ([`Cleanup`]). The handlers only read these registries.
//!
//! Invariant: this module keeps no process-wide state until the program calls [`install_handlers`]. Before that,
//! registering does nothing, and the publication state is not recorded.
//!
//! Dependencies: the handlers `sigbus` and `sigabrt` → `last_words` (the messages) → `exit` → `cleanup` (the staged
//! sets); all of them → `signal_handler`, which knows whether handlers are installed.

mod cleanup;
mod exit;
mod last_words;
mod publication_state;
mod sigabrt;
mod sigbus;
mod signal_handler;

pub(crate) use cleanup::Cleanup;
pub use exit::set_status_line;
pub use last_words::{MessageFormat, end_out_of_memory, set_last_words_format};
pub(crate) use publication_state::{Moving, enter_held, enter_staged};
pub use publication_state::{PublicationState, publication_state};
pub(crate) use sigbus::{LastWords, Watch, watch};

use crate::error::Result;

/// Installs process-wide handlers for SIGBUS and SIGABRT.
///
/// With them, three ends of the process remove the staged output files, write an error message and exit with status 1:
/// an input that was truncated, or that the disk cannot read, while it is mapped (SIGBUS); an abort (SIGABRT), such as
/// the standard library's when no memory is left for a thread that it has just started; and
/// [`end_out_of_memory`](crate::process::end_out_of_memory). A SIGBUS outside a mapped input takes its default action.
///
/// By default no handlers are installed, and the library keeps no process-wide state: a crash leaves a staging
/// directory, which the next run removes. Programs call this once, before the first run; a set staged earlier is not
/// registered. Libraries should leave the choice to the program.
///
/// # Errors
/// [`ErrorKind::Resources`](crate::ErrorKind::Resources) when the system refuses a handler.
pub fn install_handlers() -> Result<()> {
    sigbus::install()?;
    sigabrt::install()?;
    signal_handler::set_installed();
    Ok(())
}
