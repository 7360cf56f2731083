//! The part of a report that says how the files of each side were read.

use crate::model::delimiter_source::DelimiterSource;
use crate::model::dialect::Dialect;
use crate::model::sides::Sides;
use serde::{Deserialize, Serialize};

/// How the files of one side were read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InputDialect {
    /// The delimiter, as the Unicode character with the value of the byte.
    pub delimiter: char,
    /// Where the delimiter comes from.
    pub delimiter_source: DelimiterSource,
    /// The quote, in the same form as the delimiter; `None` without quoting.
    pub quote: Option<char>,
}

impl InputDialect {
    /// The dialects of both sides, whose delimiters come from these sources.
    pub(crate) fn of(dialects: Sides<Dialect>, sources: Sides<DelimiterSource>) -> Sides<Self> {
        Sides {
            customers: Self::new(dialects.customers, sources.customers),
            purchases: Self::new(dialects.purchases, sources.purchases),
        }
    }

    fn new(dialect: Dialect, delimiter_source: DelimiterSource) -> Self {
        let Dialect { delimiter, quote } = dialect;
        Self { delimiter: char::from(delimiter), delimiter_source, quote: quote.map(char::from) }
    }

    /// The dialect of a report that has only one for both sides, as versions before this part wrote it.
    pub(crate) fn given(delimiter: char, quote: Option<char>) -> Self {
        Self { delimiter, delimiter_source: DelimiterSource::Option, quote }
    }

    /// The dialect as bytes; `None` if a run would refuse it.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        let byte =
            |character: char| u8::try_from(u32::from(character)).ok().filter(|byte| !matches!(byte, b'\r' | b'\n'));
        let delimiter = byte(self.delimiter)?;
        let quote = match self.quote {
            Some(quote) => Some(byte(quote)?),
            None => None,
        };
        (quote != Some(delimiter)).then_some(Dialect { delimiter, quote })
    }
}
