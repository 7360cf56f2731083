//! The faults for which both customers and purchases are rejected.

use super::record::{Field, Record};
use crate::model::ragged::Ragged;
use crate::model::reject::DetailedReason;

/// The fault of highest precedence of a record, and its offset in the chunk. `expected` is the expected number of
/// fields; `ragged` says whether another number is a fault.
pub(crate) fn record_fault(
    record: &Record,
    fields: &[Field],
    expected: usize,
    ragged: Ragged,
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
    let can_be_arranged = || {
        let surplus = fields.get(expected..).unwrap_or_default();
        ragged == Ragged::Pad && surplus.iter().all(Field::is_empty)
    };
    if fields.len() != expected && !can_be_arranged() {
        return Some((
            DetailedReason::WrongFieldCount { expected: expected as u32, found: fields.len() as u32 },
            record.start,
        ));
    }
    fields.iter().all(Field::is_empty).then_some((DetailedReason::EmptyRecord, record.start))
}
