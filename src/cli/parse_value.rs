//! Parses the values of options into the types of the library.

use spendfold::{Error, Job, Result, Setting};
use std::ffi::OsStr;

/// The error for an invalid value.
pub(super) fn bad(setting: Setting, what: &str, text: &OsStr) -> Error {
    Error::config(setting, what, Some(text.as_encoded_bytes()))
}

/// Parses a byte, given as itself or as one of the escapes `\xNN`, `\t` and `\\`. `names` lists the other values of the
/// setting for the hint, each followed by a comma.
pub(super) fn byte(setting: Setting, text: &OsStr, names: &str) -> Result<u8> {
    match text.as_encoded_bytes() {
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        b"\\\\" => Ok(b'\\'),
        [b'\\', b'x', high, low] => match [high, low].map(|&digit| char::from(digit).to_digit(16)) {
            // Proof: both are below 16.
            [Some(high), Some(low)] => Ok((16 * high + low) as u8),
            _ => Err(bad(setting, r"not an escape such as \x01", text)),
        },
        _ => {
            let error = bad(setting, "not one byte", text);
            Err(error.hint(format!(r"give one byte, {names}or an escape such as \x01")))
        }
    }
}

/// Parses a number of worker threads, from 1 to [`Job::MAX_THREADS`]. Default: the number of processors.
pub(super) fn threads(text: Option<&str>) -> Result<usize> {
    let Some(text) = text else {
        return Ok(std::thread::available_parallelism().map_or(1, usize::from));
    };
    match count(Setting::Threads, text)? {
        threads @ 1..=Job::MAX_THREADS => Ok(threads),
        _ => Err(bad(Setting::Threads, &format!("not from 1 to {}", Job::MAX_THREADS), text.as_ref())),
    }
}

/// Parses a whole number that fits `usize`.
pub(super) fn count(setting: Setting, text: &str) -> Result<usize> {
    usize::try_from(number(setting, text)?).map_err(|_| bad(setting, "too large", text.as_ref()))
}

/// Parses a whole number that fits `u64`.
pub(super) fn number(setting: Setting, text: &str) -> Result<u64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad(setting, "not a whole number", text.as_ref()));
    }
    text.parse().map_err(|_| bad(setting, "too large", text.as_ref()))
}

/// Parses a decimal ≥ 0 into an integer in units of the last of `fraction` digits.
pub(super) fn decimal(setting: Setting, text: &str, fraction: usize) -> Result<u64> {
    spendfold::generate::fixed_point(text, fraction)
        .ok_or_else(|| bad(setting, &format!("not a decimal with at most {fraction} fraction digits"), text.as_ref()))
}

/// Parses a size in bytes, with units that are powers of 1000 or of 1024.
pub(super) fn size(setting: Setting, text: &str) -> Result<u64> {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit: u64 = match unit.trim_start() {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        _ => {
            let error = bad(setting, "not a size", text.as_ref());
            return Err(error.hint("write a whole number with a unit, such as 500MB or 10GB"));
        }
    };
    let number = number(setting, digits).map_err(|_| bad(setting, "not a size", text.as_ref()))?;
    number.checked_mul(unit).ok_or_else(|| bad(setting, "too large", text.as_ref()))
}

/// Parses a number of bytes; K, M and G (also KiB, MiB, GiB) are powers of 1024.
pub(super) fn bytes(setting: Setting, text: Option<String>, default: usize) -> Result<usize> {
    let Some(text) = text else { return Ok(default) };
    let not_bytes = || {
        let error = bad(setting, "not a number of bytes", text.as_ref());
        error.hint("write a whole number, alone or with K, M or G (powers of 1024)")
    };
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim_start() {
        "" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        _ => return Err(not_bytes()),
    };
    let number = count(setting, number).map_err(|_| not_bytes())?;
    number.checked_mul(1 << shift).ok_or_else(|| bad(setting, "too large", text.as_ref()))
}
