//! The encoding of an input.

use crate::error::Setting;

/// The encoding of an input. UTF-16 and Latin-1 are converted to UTF-8 while they are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// UTF-8, or UTF-16 if the input begins with its byte order mark. UTF-8 is not converted or checked, so any other
    /// encoding that extends ASCII can be read too, and keeps its bytes.
    #[default]
    Auto,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// Latin-1, as web browsers read it: Windows-1252, which has more characters.
    Latin1,
}

impl Encoding {
    /// All encodings.
    pub(crate) const ALL: [Self; 4] = [Self::Auto, Self::Utf16Le, Self::Utf16Be, Self::Latin1];

    /// The name, as in the option and the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Latin1 => "latin1",
        }
    }

    /// The encoding with this name; `None` if there is none.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// The encoding to convert from; `None` if the bytes are kept.
    pub(crate) fn standard(self) -> Option<&'static encoding_rs::Encoding> {
        match self {
            Self::Auto => None,
            Self::Utf16Le => Some(encoding_rs::UTF_16LE),
            Self::Utf16Be => Some(encoding_rs::UTF_16BE),
            Self::Latin1 => Some(encoding_rs::WINDOWS_1252),
        }
    }
}

/// The encoding that the options give for an input, and the setting for messages about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EncodingOption {
    pub(crate) encoding: Encoding,
    pub(crate) setting: Setting,
}
