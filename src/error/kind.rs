//! The kinds of errors.

/// The kind of an error. Match on the kind; message texts may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A setting, or a combination of settings, is invalid. [`Error::config_error`](crate::Error::config_error) has the details.
    Config,
    /// A header lacks a configured column or has unusable names.
    Header,
    /// An input is a file of another kind, such as a workbook, or an archive with several files.
    Format,
    /// An input cannot be opened or read.
    Input,
    /// An input cannot be parsed beyond some point.
    Malformed,
    /// An input changed while it was read.
    Changed,
    /// A sum of amounts exceeds 128 bits.
    Overflow,
    /// An output cannot be written or published.
    Output,
    /// The output directory or the name of an output cannot be used.
    OutputName,
    /// Another run uses the output directory.
    Locked,
    /// A record was rejected and [`Job::strict`](crate::Job::strict) is set.
    Strict,
    /// A signal interrupted the job; the value is its number.
    Interrupted(i32),
    /// The program cancelled the job.
    Cancelled,
    /// Threads, memory or file descriptors ran out.
    Resources,
    /// A ledger invariant does not hold. This is a bug; it was detected before publication.
    Invariant,
    /// A thread panicked. This is a bug; nothing was published.
    Panic,
    /// A held set is out of date: the set that was published when it was held has been replaced or removed.
    Stale,
    /// A report or an answer key is missing or cannot be read.
    NoReport,
}

impl ErrorKind {
    /// The exit status of the command for this kind: 1, 2, 4, or 128 plus the number of a signal.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Config | Self::Header | Self::Format | Self::OutputName | Self::NoReport => 2,
            Self::Strict => 4,
            // The shell convention: 128 plus the number of the signal.
            Self::Interrupted(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(2)),
            _ => 1,
        }
    }
}
