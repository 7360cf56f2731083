//! Recognises records with too few fields that continue the one before: halves of a record with a line break in a value
//! without quotes.

use super::reject_source::RejectSource;
use crate::model::reject::{DetailedReason, Reject};
use crate::model::reject_pattern::{PatternName, RejectLook};
use crate::model::sides::Side;

/// The last record with too few fields.
#[derive(Debug, Default)]
pub(crate) struct ShortRecords {
    last: Option<ShortRecord>,
}

#[derive(Debug)]
struct ShortRecord {
    side: Side,
    file: usize,
    /// The byte of the file after the record, from 0, without the line ending.
    end: u64,
    found: u32,
    has_numeric_key: bool,
}

impl ShortRecords {
    /// The look of a record, which is [`PatternName::IncompleteRecord`] if it continues the short record before it: both
    /// together have as many fields as the header, and only one of them has a number as its key. A second half may
    /// happen to have all that the join needs.
    pub(crate) fn check(&mut self, source: &RejectSource<'_>, reject: &Reject, look: RejectLook) -> RejectLook {
        let DetailedReason::WrongFieldCount { expected, found } = reject.reason else { return look };
        if !matches!(look.pattern, PatternName::MissingFields | PatternName::IncompleteRecord) {
            return look;
        }
        let start = source.byte_of(reject);
        let key = source.key(reject);
        let this = ShortRecord {
            side: source.side(),
            file: source.chunk.file,
            end: start + u64::from(reject.end - reject.start),
            found,
            has_numeric_key: !key.is_empty() && key.iter().all(u8::is_ascii_digit),
        };
        let continues = self.last.as_ref().is_some_and(|last| {
            (last.side, last.file) == (this.side, this.file)
                && (1..=2).contains(&start.saturating_sub(last.end))
                && last.found + found == expected + 1
                && last.has_numeric_key != this.has_numeric_key
        });
        self.last = (!continues).then_some(this);
        if continues { PatternName::IncompleteRecord.into() } else { look }
    }
}
