//! Signals: the first SIGINT or SIGTERM asks the run to end and put everything back, the second ends the
//! process at once.

use signal_hook::consts::{SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;
use spendfold::{Error, ErrorKind, Monitor, Result};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Takes the signals over for one run.
///
/// # Errors
/// [`ErrorKind::Resources`] when the system refuses a handler.
pub(crate) fn install(monitor: &Monitor) -> Result<()> {
    let cannot = |error| Error::new(ErrorKind::Resources, format!("cannot handle signals: {error}"));
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // In this order: the second one finds the flag that the first one set.
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again)).map_err(cannot)?;
        flag::register(signal, Arc::clone(&again)).map_err(cannot)?;
        flag::register_usize(signal, monitor.signal(), signal as usize).map_err(cannot)?;
    }
    spendfold::catch_sudden_ends()?;
    // A write past the file size limit then fails with "File too large" instead of ending the process.
    flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false))).map_err(cannot)?;
    Ok(())
}
