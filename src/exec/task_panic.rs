//! Converts a caught panic to an error.

use crate::error::{Error, ErrorKind};
use std::any::Any;

/// The error for the payload of a panic.
pub(super) fn panic_error(payload: &(dyn Any + Send)) -> Error {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let text = format!("internal error: {}", text.unwrap_or("no message"));
    Error::new(ErrorKind::Panic, text).hint("this is a bug; please report it with the options used")
}
