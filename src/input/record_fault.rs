//! The faults for which both customers and purchases are rejected.

use super::record::{Field, Record};
use super::repeated_header::RepeatedHeader;
use crate::model::dialect::Dialect;
use crate::model::reject::DetailedReason;

/// The fault of highest precedence of a record of the chunk `bytes`, and its offset. `expected` is the expected number
/// of fields.
pub(crate) fn record_fault(
    bytes: &[u8],
    record: &Record,
    fields: &[Field],
    dialect: Dialect,
    expected: usize,
    header: RepeatedHeader<'_>,
) -> Option<(DetailedReason, u32)> {
    if let Some(place) = record.flaws.after_quote {
        return Some((DetailedReason::TextAfterClosingQuote, place));
    }
    if let Some(place) = record.flaws.bare_cr {
        return Some((DetailedReason::BareCarriageReturn, place));
    }
    if let Some(place) = record.flaws.last_escape {
        return Some((DetailedReason::LastEscape, place));
    }
    if fields.len() != expected {
        return Some((
            DetailedReason::WrongFieldCount { expected: expected as u32, found: fields.len() as u32 },
            record.start,
        ));
    }
    if fields.iter().all(Field::is_empty) {
        return Some((DetailedReason::EmptyRecord, record.start));
    }
    header.is(bytes, fields, dialect).then_some((DetailedReason::RepeatedHeader, record.start))
}
