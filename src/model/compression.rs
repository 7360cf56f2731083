//! The compression of the combined data (docs/contract.md#compression).

use crate::error::{Error, Result, Setting};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How the combined data is compressed: a format and a level.
///
/// ```
/// use spendfold::{Compression, CompressionFormat};
///
/// # fn main() -> Result<(), spendfold::Error> {
/// assert_eq!(Compression::parse("zst")?, Compression::new(CompressionFormat::Zstd));
/// assert_eq!(Compression::parse("gz:9")?.to_string(), "gz:9");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Compression {
    format: CompressionFormat,
    level: u32,
}

/// The format of compressed combined data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CompressionFormat {
    /// Zstandard (RFC 8878), in a file that ends in `.zst`. The levels are 1 to 22, the default is 3.
    Zstd,
    /// gzip (RFC 1952), in a file that ends in `.gz`. The levels are 1 to 9, the default is 6.
    Gzip,
}

impl CompressionFormat {
    /// The name, which is also the ending of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zstd => "zst",
            Self::Gzip => "gz",
        }
    }

    /// The lowest, the default and the highest level. The defaults are those of the commands `zstd` and `gzip`.
    const fn levels(self) -> [u32; 3] {
        match self {
            Self::Zstd => [1, 3, 22],
            Self::Gzip => [1, 6, 9],
        }
    }
}

impl Compression {
    /// A format with its default level.
    pub fn new(format: CompressionFormat) -> Self {
        let [_, level, _] = format.levels();
        Self { format, level }
    }

    /// Parses `FORMAT` or `FORMAT:LEVEL`, where the format is `zst` or `gz`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for anything else, with [`Setting::Compress`].
    pub fn parse(text: &str) -> Result<Self> {
        let bad = |reason: &str| {
            Error::config(Setting::Compress, reason, Some(text.as_bytes()))
                .hint("give a format, zst or gz, or a format and a level, such as zst:19 or gz:9")
        };
        let (name, level) = text.split_once(':').map_or((text, None), |(name, level)| (name, Some(level)));
        let format =
            [CompressionFormat::Zstd, CompressionFormat::Gzip].into_iter().find(|format| format.name() == name);
        let format = format.ok_or_else(|| bad("not zst or gz, with or without a level"))?;
        let [lowest, default, highest] = format.levels();
        let level = match level {
            None => default,
            // `parse` would accept a plus sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().unwrap_or(0),
            Some(_) => 0,
        };
        if !(lowest..=highest).contains(&level) {
            return Err(bad(&format!("the level is not from {lowest} to {highest}")));
        }
        Ok(Self { format, level })
    }

    /// The format.
    pub fn format(self) -> CompressionFormat {
        self.format
    }

    /// The level: a higher one takes longer and compresses better.
    pub fn level(self) -> u32 {
        self.level
    }
}

/// `FORMAT:LEVEL`, as on the command line and in the report.
impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.format.name(), self.level)
    }
}

impl From<Compression> for String {
    fn from(compression: Compression) -> Self {
        compression.to_string()
    }
}

impl TryFrom<String> for Compression {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn formats_and_levels_are_parsed_and_written() {
        for (text, written) in
            [("zst", "zst:3"), ("gz", "gz:6"), ("zst:1", "zst:1"), ("zst:22", "zst:22"), ("gz:9", "gz:9")]
        {
            let compression = Compression::parse(text).expect(text);
            assert_eq!(compression.to_string(), written);
            assert_eq!(Compression::parse(written).expect(written), compression);
        }
        for text in ["", "zstd", "gzip", "ZST", "zst:", "zst:0", "zst:23", "gz:10", "gz:+1", "gz:-1", "gz:1:2", ":3"] {
            assert_eq!(Compression::parse(text).expect_err(text).kind(), ErrorKind::Config, "{text}");
        }
    }
}
