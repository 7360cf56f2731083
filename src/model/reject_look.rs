//! What a rejected record looks like, by the reason for which it was rejected.

use super::amount_look::{has_rounding_error_digits, pattern_of_amount};
use super::columns::NeededColumns;
use super::dialect::{Dialect, trim_blanks};
use super::record_look::look_of_record;
use super::reject::DetailedReason;
use super::reject_pattern::{PatternName, RejectLook};
use std::borrow::Cow;

/// What a reject looks like. `value` returns the value of the faulty field; `record` is the bytes of the record.
pub(crate) fn look_of_reject<'v>(
    reason: DetailedReason,
    value: impl FnOnce() -> Cow<'v, [u8]>,
    record: &[u8],
    dialect: Dialect,
    columns: NeededColumns,
) -> Option<RejectLook> {
    match reason {
        DetailedReason::AmountNotDecimal => {
            let pattern = pattern_of_amount(trim_blanks(&value()))?;
            // A file has one quote.
            let has_other_quote =
                || dialect.quote.is_some_and(|quote| quote == b'\'' || memchr::memchr(quote, record).is_some());
            (pattern != PatternName::SingleQuotes || !has_other_quote()).then_some(pattern.into())
        }
        DetailedReason::AmountFractionTooLong => {
            has_rounding_error_digits(&value()).then_some(PatternName::BinaryFraction.into())
        }
        DetailedReason::TextAfterClosingQuote => {
            let escaped = |quote| memchr::memmem::find(record, &[b'\\', quote]).is_some();
            let may_escape = dialect.escape.is_none() && dialect.quote.is_some_and(escaped);
            may_escape.then_some(PatternName::EscapedQuote.into())
        }
        DetailedReason::WrongFieldCount { expected, found } => {
            Some(look_of_record(record, dialect, columns, expected, found))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::columns::PurchaseColumns;
    use super::*;

    #[test]
    fn escaped_quotes_are_recognised() {
        let columns = NeededColumns::Purchases(PurchaseColumns { count: 2, key: 0, amount: 1 });
        let quoted = |record: &str, dialect| {
            look_of_reject(DetailedReason::TextAfterClosingQuote, || b"".into(), record.as_bytes(), dialect, columns)
        };
        assert_eq!(quoted(r#"1,"5\" nail""#, Dialect::RFC_4180), Some(PatternName::EscapedQuote.into()));
        assert_eq!(quoted(r#"1,"5" nail""#, Dialect::RFC_4180), None);
    }
    #[test]
    fn single_quotes_are_not_suggested_beside_other_quotes() {
        let columns = NeededColumns::Purchases(PurchaseColumns { count: 2, key: 0, amount: 1 });
        let amount = |record: &str, dialect| {
            look_of_reject(DetailedReason::AmountNotDecimal, || b"'2'".into(), record.as_bytes(), dialect, columns)
        };
        assert_eq!(amount("1,'2'", Dialect::RFC_4180), Some(PatternName::SingleQuotes.into()));
        assert_eq!(amount("\"1\",'2'", Dialect::RFC_4180), None);
        assert_eq!(amount("1, '2'", Dialect { quote: Some(b'\''), ..Dialect::RFC_4180 }), None);
    }
}
