//! Texts that usually mean a missing value.

/// Texts that usually mean a missing value, in keys and amounts.
pub(crate) const MISSING_VALUES: [&str; 16] = [
    "NULL",
    "null",
    "Null",
    "\\N",
    "N/A",
    "n/a",
    "#N/A",
    "NaN",
    "nan",
    "None",
    "none",
    "(null)",
    "undefined",
    "unknown",
    "-",
    "--",
];

/// Whether a text usually means a missing value.
pub(crate) fn means_missing(text: &str) -> bool {
    MISSING_VALUES.contains(&text)
}
