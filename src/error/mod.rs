//! The error type of the library.
//!
//! An [`Error`] has an [`ErrorKind`] to match on, a one-line message and, if known, a [`Place`] in a file and a hint.
//! Messages refer to settings as data ([`Setting`]), so that an interface can show its own names for them.

mod escape;
mod json;
mod kind;
mod message;
mod place;
mod setting;

pub(crate) use crate::error::escape::escape_line;
pub use crate::error::escape::{escape, escape_path, shell_word};
pub use kind::ErrorKind;
pub(crate) use message::{Piece, Words, words};
pub use place::Place;
pub use setting::Setting;
use std::fmt;
use std::path::Path;

/// The hint for an I/O error (EIO) of an input.
const IO_ERROR_HINT: &str = "the disk, or the connection to it, is failing: check the kernel log (dmesg), \
    and run on a copy of the file on another disk";

/// An error of the library. It is displayed as one line, `path:line:column: message`, and a second line with the hint
/// if there is one. If several faults were found together ([`Error::others`]), there is a line for each, then each hint
/// once.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    place: Option<Place>,
    message: Words,
    /// The message as text, with the current names of the settings.
    rendered: String,
    hint: Option<Words>,
    config: Option<ConfigError>,
    source: Option<std::io::Error>,
    others: Vec<Error>,
}

/// The settings that an [`ErrorKind::Config`] refers to, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConfigError {
    /// The invalid setting, or the settings that contradict each other.
    pub settings: Vec<Setting>,
    /// The invalid value, [escaped](escape), if there is one.
    pub value: Option<String>,
    /// Why the setting is invalid.
    pub reason: String,
}

/// The result type of the library.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error with a kind and a one-line message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self::from_words(kind, message.into().into())
    }

    /// Creates an error whose message names settings.
    pub(crate) fn from_words(kind: ErrorKind, message: Words) -> Self {
        let rendered = message.render(|setting| setting.to_string());
        let (place, hint, config, source, others) = (None, None, None, None, vec![]);
        Self(Box::new(Inner { kind, place, message, rendered, hint, config, source, others }))
    }

    /// Creates an [`ErrorKind::Config`] for an invalid setting: `reason` says why it is invalid.
    pub fn config(setting: Setting, reason: &str, value: Option<&[u8]>) -> Self {
        Self::config_of(&[setting], reason, value)
    }

    /// Creates an [`ErrorKind::Config`] for settings that contradict each other.
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
            Some(value) if value.is_empty() => format!(": {reason}: ''").into(),
            Some(value) => format!(": {reason}: {value}").into(),
            None => format!(": {reason}").into(),
        });
        let mut error = Self::from_words(ErrorKind::Config, Words::new(pieces));
        error.0.config = Some(ConfigError { settings: settings.to_vec(), value, reason: reason.to_owned() });
        error
    }

    /// Combines faults that were found together: the first one, with the rest as its [`others`](Self::others). A fault
    /// with the same place and message as an earlier one is dropped. `None` if there are no faults.
    pub(crate) fn all(faults: Vec<Self>) -> Option<Self> {
        let mut distinct: Vec<Self> = vec![];
        for fault in faults {
            if !distinct.iter().any(|known| known.place() == fault.place() && known.message() == fault.message()) {
                distinct.push(fault);
            }
        }
        let mut rest = distinct.into_iter();
        let mut first = rest.next()?;
        first.0.others = rest.collect();
        Some(first)
    }

    /// Adds a hint that names settings.
    #[must_use]
    pub(crate) fn hint_words(mut self, hint: Words) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// Replaces the names of the settings in the message and the hint. `name` returns the name of a setting in the
    /// interface of the caller, such as a flag.
    #[must_use]
    pub fn with_setting_names(self, name: impl Fn(Setting) -> String) -> Self {
        self.with_setting_names_by(&name)
    }

    fn with_setting_names_by(mut self, name: &dyn Fn(Setting) -> String) -> Self {
        self.0.rendered = self.0.message.render(name);
        self.0.message = self.0.rendered.clone().into();
        self.0.hint = self.0.hint.map(|hint| hint.render(name).into());
        self.0.others = self.0.others.into_iter().map(|error| error.with_setting_names_by(name)).collect();
        self
    }

    /// The invalid settings, for errors of kind [`ErrorKind::Config`] that refer to settings.
    pub fn config_error(&self) -> Option<&ConfigError> {
        self.0.config.as_ref()
    }

    /// The hint: what to do about the error.
    pub fn hint_text(&self) -> Option<String> {
        self.0.hint.as_ref().map(|hint| hint.render(|setting| setting.to_string()))
    }

    /// Creates an error for a failed system call on `path`. `what` says what failed, such as "cannot open".
    pub fn io(kind: ErrorKind, path: &Path, what: &str, source: std::io::Error) -> Self {
        let mut error = Self::new(kind, format!("{what}: {}", os_text(&source))).at(Place::file(path));
        match source.raw_os_error() {
            // The cause is the limit of the process, not this path.
            Some(libc::EMFILE) => error = error.hint("raise the limit on open files (ulimit -n)"),
            Some(libc::EIO) if kind == ErrorKind::Input => error = error.hint(IO_ERROR_HINT),
            _ => {}
        }
        error.0.source = Some(source);
        error
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    /// Changes the kind, for a caller to which the error means something else.
    #[must_use]
    pub(crate) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into().into());
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message, without the place and the hint.
    pub fn message(&self) -> &str {
        &self.0.rendered
    }

    /// The errno of the failed system call, if there was one.
    pub(crate) fn os_error(&self) -> Option<i32> {
        self.0.source.as_ref().and_then(std::io::Error::raw_os_error)
    }

    /// Further faults that were found together with this one, in reading order: every fault of the headers of a run is
    /// reported at once. Empty for other errors. Each has its own message, place and hint, and no others.
    pub fn others(&self) -> &[Self] {
        &self.0.others
    }

    /// The place of the error, if known.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The exit status of the command for this error; see [`ErrorKind::exit_status`].
    pub fn exit_status(&self) -> u8 {
        self.0.kind.exit_status()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut hints = vec![];
        for (number, fault) in [self].into_iter().chain(self.others()).enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            if let Some(place) = fault.place() {
                write!(f, "{place}: ")?;
            }
            f.write_str(fault.message())?;
            hints.extend(fault.hint_text().filter(|hint| !hints.contains(hint)));
        }
        hints.iter().try_for_each(|hint| write!(f, "\n{hint}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

/// The text of an operating system error, without the suffix "(os error N)" that the standard library adds.
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
    fn display_has_place_message_and_hint() {
        let error = Error::new(ErrorKind::Malformed, "quote never closes")
            .at(Place::at(Path::new("a\u{1b}.csv"), 3, 7, 40))
            .hint("try --no-quoting");
        assert_eq!(error.to_string(), "a\\u{1b}.csv:3:7: quote never closes\ntry --no-quoting");
        assert_eq!(error.exit_status(), 1);
    }

    #[test]
    fn faults_found_together_are_displayed_with_each_hint_once() {
        let fault = |message: &str, hint: &str| Error::new(ErrorKind::Header, message).hint(hint);
        let faults = vec![fault("one", "rename"), fault("two", "name it"), fault("one", "again"), fault("3", "rename")];
        let error = Error::all(faults).expect("faults");
        assert_eq!(error.to_string(), "one\ntwo\n3\nrename\nname it");
        assert_eq!(error.others().len(), 2);
        assert!(Error::all(vec![]).is_none());
        let error = Error::config(Setting::Age, "a", None);
        let error = Error::all(vec![error, Error::config(Setting::Join, "b", None)]).expect("faults");
        assert_eq!(error.with_setting_names(|setting| format!("<{setting}>")).to_string(), "<age>: a\n<join>: b");
    }

    #[test]
    fn too_many_open_files_has_a_hint_about_the_limit() {
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
    fn io_errors_of_inputs_have_a_hint() {
        let text = |kind| {
            let source = std::io::Error::from_raw_os_error(libc::EIO);
            Error::io(kind, Path::new("a.csv"), "cannot read", source).to_string()
        };
        assert!(text(ErrorKind::Input).starts_with("a.csv: cannot read: Input/output error\nthe disk"));
        assert_eq!(text(ErrorKind::Output), "a.csv: cannot read: Input/output error");
    }

    #[test]
    fn exit_statuses_follow_the_shell_convention() {
        assert_eq!(ErrorKind::Interrupted(2).exit_status(), 130);
        assert_eq!(ErrorKind::Interrupted(1).exit_status(), 129);
        assert_eq!(ErrorKind::Interrupted(15).exit_status(), 143);
        assert_eq!(ErrorKind::Header.exit_status(), 2);
        assert_eq!(ErrorKind::Strict.exit_status(), 4);
    }
}
