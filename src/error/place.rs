//! Places in files.

use super::escape::escape_path;
use std::fmt;
use std::path::Path;

/// A place in a file. Positions count from the start of that file. A line ends at LF, inside quotes too; a column is a
/// byte of its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path as given, [escaped](escape_path) for a terminal.
    pub path: String,
    /// Line and column, both from 1; `None` for the file as a whole.
    pub line_column: Option<(u64, u64)>,
    /// Byte offset, from 0; `None` for the file as a whole.
    pub byte: Option<u64>,
}

impl Place {
    /// A file as a whole.
    pub fn file(path: &Path) -> Self {
        Self { path: escape_path(path), line_column: None, byte: None }
    }

    /// A position in a file: line and column from 1, byte offset from 0.
    pub fn at(path: &Path, line: u64, column: u64, byte: u64) -> Self {
        Self { path: escape_path(path), line_column: Some((line, column)), byte: Some(byte) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        match self.line_column {
            Some((line, column)) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}
