//! Fatal records: after an open quote or an oversized record, the record boundaries are uncertain.

use super::record::Record;
use super::record_scanner::RecordScanner;
use crate::error::{Error, ErrorKind, Place, Setting, words};
use crate::model::dialect::Dialect;
use crate::model::sides::Side;

/// A record that ends the run, because the record boundaries after it are uncertain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FatalRecord {
    /// The offset in the chunk of the opening quote if it is still open, else of the record.
    pub place: u32,
    /// Why it ends the run.
    pub kind: FatalRecordKind,
}

/// Why a record ends the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FatalRecordKind {
    /// A quote is still open at the end of the input.
    OpenQuote,
    /// The record exceeds the size limit, outside quotes.
    TooLong,
    /// The record exceeds the size limit inside quotes.
    TooLongInQuote,
}

/// Checks that a record has no open quote and at most `max_record` bytes without its line ending.
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

/// The offset of the quote that is open after the first `len` bytes of a record. The next byte is read too: it may
/// double a quote at the end of these bytes.
fn open_quote(bytes: &[u8], len: usize, dialect: Dialect) -> Option<usize> {
    let mut scanner = RecordScanner::new(dialect);
    let (mut opened, mut was_inside) = (0, false);
    for (at, &byte) in bytes[..len].iter().enumerate() {
        scanner.step(byte);
        let inside = scanner.is_inside_quotes(bytes.get(at + 1).copied());
        if inside && !was_inside {
            opened = at;
        }
        was_inside = inside;
    }
    was_inside.then_some(opened)
}

impl FatalRecord {
    /// The error for the user; `place` is that of the quote or record, in an input of `side`.
    pub(crate) fn error(&self, place: Place, max_record: usize, side: Side) -> Error {
        const QUOTING: &str = "if quotes mean nothing in this file, use ";
        let no_quoting = side.setting(Setting::NoQuoting);
        let error = |text: String| Error::new(ErrorKind::Malformed, text).at(place);
        match self.kind {
            FatalRecordKind::OpenQuote => error("the quote that opens here never closes".to_owned())
                .hint_words(words!["the file may be truncated; ", QUOTING, no_quoting]),
            FatalRecordKind::TooLong => error(format!("the record that begins here is longer than {max_record} bytes"))
                .hint_words(words!["if that is right, allow it with ", Setting::MaxRecordBytes]),
            FatalRecordKind::TooLongInQuote => {
                error(format!("the quote that opens here makes the record longer than {max_record} bytes")).hint_words(
                    words![QUOTING, no_quoting, "; if the record is right, allow it with ", Setting::MaxRecordBytes],
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::record::parse_record;

    /// Regression: the size limit between the two bytes of a doubled quote made the quote look closed.
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
