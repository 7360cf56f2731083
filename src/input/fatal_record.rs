//! Records after which nothing can be read for certain; they end the run.

use super::record::Record;
use crate::error::{Error, ErrorKind, Place};
use crate::model::dialect::Dialect;

/// A record that ends the run: nothing after it can be read for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FatalRecord {
    /// Where the quote, or else the record, opened.
    pub(crate) place: u32,
    pub(crate) kind: FatalRecordKind,
}

/// Why a record ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FatalRecordKind {
    /// A quote is still open at the end of the input.
    OpenQuote,
    /// The record is longer than the limit, with no quote open there.
    TooLong,
    /// The record is longer than the limit, and a quote is open there.
    TooLongInQuote,
}

/// Whether a record is longer than `max_record` bytes (its line ending not counted) or never ends.
#[inline]
pub(crate) fn fatal(bytes: &[u8], record: &Record, max_record: usize, dialect: Dialect) -> Option<FatalRecord> {
    if (record.end - record.start) as usize > max_record {
        let start = record.start as usize;
        return Some(match open_quote(&bytes[start..], max_record + 1, dialect) {
            Some(place) => FatalRecord { place: record.start + place as u32, kind: FatalRecordKind::TooLongInQuote },
            None => FatalRecord { place: record.start, kind: FatalRecordKind::TooLong },
        });
    }
    record.open_quote.map(|place| FatalRecord { place, kind: FatalRecordKind::OpenQuote })
}

/// Where the quote opened that is open after the first `len` of these bytes, which begin a record. The byte
/// behind them is looked at: it may double the last one.
fn open_quote(bytes: &[u8], len: usize, dialect: Dialect) -> Option<usize> {
    let quote = dialect.quote?;
    let mut opened = None;
    let mut place = 0;
    while place < len {
        let starts_field = place == 0 || bytes[place - 1] == dialect.delimiter;
        match opened {
            None if bytes[place] == quote && starts_field => opened = Some(place),
            Some(_) if bytes[place] == quote && bytes.get(place + 1) == Some(&quote) => place += 1,
            Some(_) if bytes[place] == quote => opened = None,
            _ => {}
        }
        place += 1;
    }
    opened
}

impl FatalRecord {
    /// The error it means, at its place.
    pub(crate) fn error(&self, place: Place, max_record: usize) -> Error {
        const MEND: &str = "if quotes mean nothing in this file, use --no-quoting";
        let error = |text: String| Error::new(ErrorKind::Malformed, text).at(place);
        match self.kind {
            FatalRecordKind::OpenQuote => error("the quote that opens here never closes".to_owned()).hint(MEND),
            FatalRecordKind::TooLong => error(format!("the record that begins here is longer than {max_record} bytes"))
                .hint("if that is right, allow it with --max-record-bytes"),
            FatalRecordKind::TooLongInQuote => {
                error(format!("the quote that opens here makes the record longer than {max_record} bytes"))
                    .hint(format!("{MEND}; if the record is right, allow it with --max-record-bytes"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::record::parse_record;

    /// Past fault: the limit fell between the two quotes of a doubled one, and the quote was taken for closed.
    #[test]
    fn the_limit_may_split_a_doubled_quote() {
        let bytes = b"x,\"aa\"\"b\",y";
        let dialect = Dialect::default();
        let open = |max_record: usize| {
            let record = parse_record(bytes, 0, dialect, &mut vec![]);
            fatal(bytes, &record, max_record, dialect).map(|fatal| (fatal.place, fatal.kind))
        };
        assert_eq!(open(1), Some((0, FatalRecordKind::TooLong)));
        for max_record in 2..8 {
            assert_eq!(open(max_record), Some((2, FatalRecordKind::TooLongInQuote)), "{max_record}");
        }
        assert_eq!(open(8), Some((0, FatalRecordKind::TooLong)), "the quote closes at byte 8");
        assert_eq!(open(bytes.len()), None);
    }
}
