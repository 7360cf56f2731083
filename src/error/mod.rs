//! What can go wrong, where, and how to mend it.
//!
//! Every failure in this crate is an [`Error`]: a [`ErrorKind`] to match on, a [`Place`] where there is
//! one, one line that says what is wrong, and a hint where there is something to do about it.

mod escape;
mod json;
mod setting;
mod words;

pub(crate) use crate::error::escape::escape_line;
pub use crate::error::escape::{escape, escape_path};
pub use setting::Setting;
use std::fmt;
use std::path::Path;
pub(crate) use words::{Piece, Words, words};

/// The kind of a failure; tests and callers match on this, never on texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option or a combination of options that cannot be carried out.
    Config,
    /// A header that does not hold what the options ask for.
    Header,
    /// An input that cannot be opened or read.
    Input,
    /// An input that cannot be parsed any further.
    Malformed,
    /// An input that was changed while it was read.
    Changed,
    /// The sum of the amounts does not fit 128 bits.
    Overflow,
    /// An output that cannot be written or moved to its name.
    Output,
    /// An output name that cannot or must not be taken.
    OutputName,
    /// Another run holds the output directory.
    Locked,
    /// A rejected record under `--strict`.
    Strict,
    /// A signal asked for an end; the number is the signal's.
    Interrupted(i32),
    /// The program cancelled the job.
    Cancelled,
    /// Threads, memory or file descriptors ran out.
    Resources,
    /// A ledger invariant does not hold. This is a bug; it was detected before publication.
    Invariant,
    /// A thread panicked. This is a bug; nothing was published.
    Panic,
    /// There is no report to verify a directory against.
    NoReport,
}

impl ErrorKind {
    /// The exit status this kind means for the process.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Config | Self::Header | Self::OutputName | Self::NoReport => 2,
            Self::Strict => 4,
            // By convention of the shells: 128 and the number of the signal.
            Self::Interrupted(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(2)),
            _ => 1,
        }
    }
}

/// A place in an input: the path as given, then (from the start of that file) line and column from 1,
/// byte from 0. A line ends at LF; columns count bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The path as given, control characters escaped.
    pub path: String,
    /// Line and column, both from 1.
    pub line_column: Option<(u64, u64)>,
    /// Byte offset from 0.
    pub byte: Option<u64>,
}

impl Place {
    /// The file as a whole.
    pub fn file(path: &Path) -> Self {
        Self { path: escape_path(path), line_column: None, byte: None }
    }

    /// A byte of the file.
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

/// The hint for an input that the disk cannot read.
const BAD_DISK: &str = "the disk, or the connection to it, is failing: check the kernel log (dmesg), \
    and run on a copy of the file on another disk";

/// A failure as a value. Its `Display` is one line, `path:line:column: what is wrong`, and where there
/// is one a second line with what to do about it.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: Option<Place>,
    message: Words,
    /// The message in the library's words.
    rendered: String,
    hint: Option<Words>,
    config: Option<ConfigError>,
    source: Option<std::io::Error>,
}

/// Which settings an [`ErrorKind::Config`] is about, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The setting, or those that contradict each other.
    pub settings: Vec<Setting>,
    /// The refused value as text, if there is one.
    pub value: Option<String>,
    /// Why it is refused.
    pub reason: String,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure with a kind and one line of text.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::from_words(kind, message.into().into())
    }

    /// A failure whose message names settings.
    pub(crate) fn from_words(kind: ErrorKind, message: Words) -> Self {
        let rendered = message.render(|setting| setting.to_string());
        Self(Box::new(Inner { kind, place: None, message, rendered, hint: None, config: None, source: None }))
    }

    /// A refused setting: `reason` says why, `value` is the refused value.
    pub fn config(setting: Setting, reason: &str, value: Option<&[u8]>) -> Self {
        Self::config_of(&[setting], reason, value)
    }

    /// Settings that contradict each other.
    pub(crate) fn config_of(settings: &[Setting], reason: &str, value: Option<&[u8]>) -> Self {
        let value = value.map(escape);
        let mut pieces = Vec::new();
        for (number, setting) in settings.iter().enumerate() {
            match number {
                0 => {}
                _ if number + 1 == settings.len() => pieces.push(" and ".into()),
                _ => pieces.push(", ".into()),
            }
            pieces.push((*setting).into());
        }
        pieces.push(match &value {
            Some(value) => format!(": {reason}: {value}").into(),
            None => format!(": {reason}").into(),
        });
        let mut error = Self::from_words(ErrorKind::Config, Words::new(pieces));
        error.0.config = Some(ConfigError { settings: settings.to_vec(), value, reason: reason.to_owned() });
        error
    }

    /// The same failure with a hint that names settings.
    #[must_use]
    pub(crate) fn hint_words(mut self, hint: Words) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// The same failure, with each setting in its texts called as `name` says: an interface over this library has its
    /// own names, such as flags.
    #[must_use]
    pub fn with_setting_names(mut self, name: impl Fn(Setting) -> String) -> Self {
        self.0.rendered = self.0.message.render(&name);
        self.0.message = self.0.rendered.clone().into();
        self.0.hint = self.0.hint.map(|hint| hint.render(&name).into());
        self
    }

    /// Which settings the failure is about, for [`ErrorKind::Config`].
    pub fn config_error(&self) -> Option<&ConfigError> {
        self.0.config.as_ref()
    }

    /// What to do about the failure.
    pub fn hint_text(&self) -> Option<String> {
        self.0.hint.as_ref().map(|hint| hint.render(|setting| setting.to_string()))
    }

    /// A failed call of the operating system on `path`; `what` says what was tried ("cannot open").
    pub fn io(kind: ErrorKind, path: &Path, what: &str, source: std::io::Error) -> Self {
        let mut error = Self::new(kind, format!("{what}: {}", os_text(&source))).at(Place::file(path));
        match source.raw_os_error() {
            // Not a problem of this path: the process has no descriptors left.
            Some(libc::EMFILE) => error = error.hint("raise the limit on open files (ulimit -n)"),
            Some(libc::EIO) if kind == ErrorKind::Input => error = error.hint(BAD_DISK),
            _ => {}
        }
        error.0.source = Some(source);
        error
    }

    /// The same failure at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// The same failure under another kind, for a caller to which it means something else.
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same failure with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into().into());
        self
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What is wrong, without the place and without what to do about it.
    pub fn message(&self) -> &str {
        &self.0.rendered
    }

    /// The errno of the system call that failed, if one did.
    pub(crate) fn os_error(&self) -> Option<i32> {
        self.0.source.as_ref().and_then(std::io::Error::raw_os_error)
    }

    /// Where it happened.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The exit status it means for the process.
    pub fn exit_status(&self) -> u8 {
        self.0.kind.exit_status()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.rendered)?;
        match self.hint_text() {
            Some(hint) => write!(f, "\n{hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

/// The text of an operating system's error without Rust's "(os error N)".
pub(crate) fn os_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_place_problem_and_hint() {
        let error = Error::new(ErrorKind::Malformed, "quote never closes")
            .at(Place::at(Path::new("a\u{1b}.csv"), 3, 7, 40))
            .hint("try --no-quoting");
        assert_eq!(error.to_string(), "a\\u{1b}.csv:3:7: quote never closes\ntry --no-quoting");
        assert_eq!(error.exit_status(), 1);
    }

    #[test]
    fn too_many_open_files_are_a_matter_of_the_limit() {
        let text = |number| {
            let source = std::io::Error::from_raw_os_error(number);
            Error::io(ErrorKind::Input, Path::new("a.csv"), "cannot open", source).to_string()
        };
        assert_eq!(
            text(libc::EMFILE),
            "a.csv: cannot open: Too many open files\nraise the limit on open files (ulimit -n)"
        );
        assert_eq!(text(libc::ENOENT), "a.csv: cannot open: No such file or directory");
    }

    #[test]
    fn an_input_that_the_disk_does_not_deliver_comes_with_a_hint() {
        let text = |kind| {
            let source = std::io::Error::from_raw_os_error(libc::EIO);
            Error::io(kind, Path::new("a.csv"), "cannot read", source).to_string()
        };
        assert!(text(ErrorKind::Input).starts_with("a.csv: cannot read: Input/output error\nthe disk"));
        assert_eq!(text(ErrorKind::Output), "a.csv: cannot read: Input/output error");
    }

    #[test]
    fn statuses_follow_the_shells() {
        assert_eq!(ErrorKind::Interrupted(2).exit_status(), 130);
        assert_eq!(ErrorKind::Interrupted(1).exit_status(), 129);
        assert_eq!(ErrorKind::Interrupted(15).exit_status(), 143);
        assert_eq!(ErrorKind::Header.exit_status(), 2);
        assert_eq!(ErrorKind::Strict.exit_status(), 4);
    }
}
