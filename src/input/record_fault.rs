//! The faults for which both customers and purchases are rejected.

use super::record::{Field, Record};
use crate::model::reject::DetailedReason;

/// The fault of highest precedence of a record, and its offset in the chunk. `expected` is the expected number of
/// fields.
pub(crate) fn record_fault(record: &Record, fields: &[Field], expected: usize) -> Option<(DetailedReason, u32)> {
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
    fields.iter().all(Field::is_empty).then_some((DetailedReason::EmptyRecord, record.start))
}
