//! What a record looks like whose number of fields is not that of the header.

use super::amount::{self, Amount};
use super::columns::NeededColumns;
use super::delimiters::CANDIDATES;
use super::dialect::Dialect;
use super::reject_pattern::{PatternName, RejectLook};

/// What a record with `found` instead of `expected` fields looks like.
pub(super) fn look_of_record(
    record: &[u8],
    dialect: Dialect,
    columns: NeededColumns,
    expected: u32,
    found: u32,
) -> RejectLook {
    if found == 1 && is_comment(record) && dialect.comment.is_none() {
        return PatternName::Comment.into();
    }
    if let Some(delimiter) = other_delimiter(record, dialect, columns, expected, found) {
        return RejectLook { pattern: PatternName::OtherDelimiter, delimiter: Some(delimiter) };
    }
    // Padding and trimming move no field, so the fields that the join needs must be in place.
    let is_usable = has_needed_fields(record, dialect, columns, found);
    if found < expected {
        let pattern = if is_usable { PatternName::MissingFields } else { PatternName::IncompleteRecord };
        return pattern.into();
    }
    let is_empty = |raw| dialect.value(raw).is_empty();
    let pattern = if is_usable && fields(record, dialect).skip(expected as usize).all(is_empty) {
        PatternName::SurplusEmptyFields
    } else if is_in_single_quotes(record, dialect, columns, expected) {
        PatternName::SingleQuotes
    } else {
        PatternName::UnquotedDelimiter
    };
    pattern.into()
}

/// Whether a record begins like a comment. A number after `#` is more likely a value, such as that of an order.
fn is_comment(record: &[u8]) -> bool {
    record.strip_prefix(b"#").is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_digit))
}

/// Another delimiter that gives a record the right number of fields; of several, one with which the join can use it. For
/// a record of one field, more fields are accepted: one of its values may contain that delimiter.
fn other_delimiter(record: &[u8], dialect: Dialect, columns: NeededColumns, expected: u32, found: u32) -> Option<u8> {
    let special = [Some(dialect.delimiter), dialect.quote, dialect.escape, dialect.comment];
    let others = CANDIDATES.iter().map(|candidate| candidate.byte).filter(|byte| !special.contains(&Some(*byte)));
    let ranked = others.filter_map(|delimiter| {
        let other = Dialect { delimiter, ..dialect };
        let number = fields(record, other).count() as u32;
        let is_right = number == expected || (found == 1 && number > expected);
        is_right.then(|| ((has_needed_fields(record, other, columns, number), number == expected), delimiter))
    });
    // `max_by_key` returns the last of several, and the first candidate is the likeliest.
    let ranked: Vec<_> = ranked.collect();
    ranked.into_iter().rev().max_by_key(|(rank, _)| *rank).map(|(_, delimiter)| delimiter)
}

/// Whether a record has the right number of fields with single quotes, each of which is closed, and no other quotes.
fn is_in_single_quotes(record: &[u8], dialect: Dialect, columns: NeededColumns, expected: u32) -> bool {
    let has_other_quotes = dialect.quote.is_some_and(|quote| memchr::memchr(quote, record).is_some());
    let single = Dialect { quote: Some(b'\''), ..dialect };
    let is_closed = |raw: &[u8]| raw.strip_prefix(b"'").is_none_or(|rest| rest.ends_with(b"'"));
    dialect.quote != single.quote
        && !has_other_quotes
        && fields(record, single).count() as u32 == expected
        && fields(record, single).all(is_closed)
        && has_needed_fields(record, single, columns, expected)
}

/// Whether a record has in place what the join needs of it: a purchase has an amount, and a customer both names and no
/// age that is not a number. Otherwise it may be part of a record with a line break, or a value may contain the
/// delimiter, as in `12,50`.
fn has_needed_fields(record: &[u8], dialect: Dialect, columns: NeededColumns, found: u32) -> bool {
    let is_found = |columns: &[usize]| columns.iter().all(|&column| column < found as usize);
    let value = |column| dialect.value(dialect.field(record, column));
    match columns {
        NeededColumns::Customers(columns) => {
            is_found(&[columns.key, columns.first_name, columns.last_name])
                && matches!(amount::parse(&value(columns.age)), Amount::Exact { .. } | Amount::Missing)
        }
        NeededColumns::Purchases(columns) => {
            let is_whole = value(columns.amount).iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
            let next = value(columns.amount + 1);
            let may_be_decimal_comma = is_whole && next.len() == 2 && next.iter().all(u8::is_ascii_digit);
            is_found(&[columns.key, columns.amount])
                && matches!(amount::parse(&value(columns.amount)), Amount::Exact { .. })
                && !(dialect.delimiter == b',' && may_be_decimal_comma)
        }
    }
}

/// The raw fields of a record.
fn fields(record: &[u8], dialect: Dialect) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(record);
    std::iter::from_fn(move || {
        let raw = dialect.first_field(rest?);
        rest = rest?.get(raw.len() + 1..);
        Some(raw)
    })
}

#[cfg(test)]
mod tests {
    use super::super::columns::{CustomerColumns, PurchaseColumns};
    use super::*;

    fn look_with(record: &str, columns: NeededColumns, expected: u32, dialect: Dialect) -> RejectLook {
        let found = fields(record.as_bytes(), dialect).count() as u32;
        look_of_record(record.as_bytes(), dialect, columns, expected, found)
    }

    /// The pattern of a purchase whose amount is in the second column.
    fn look(record: &str, expected: u32) -> PatternName {
        let columns = PurchaseColumns { count: expected as usize, key: 0, amount: 1 };
        look_with(record, NeededColumns::Purchases(columns), expected, Dialect::RFC_4180).pattern
    }

    #[test]
    fn surplus_fields_are_recognised() {
        assert_eq!(look("1,2,3,,\"\"", 3), PatternName::SurplusEmptyFields);
        assert_eq!(look("1,2,3,4", 3), PatternName::UnquotedDelimiter);
        assert_eq!(look("1,\"2,2\",3,4", 3), PatternName::UnquotedDelimiter);
        assert_eq!(look("'1','3','Pen, blue'", 3), PatternName::SingleQuotes);
        for record in ["1,3,'tis nice, really", "\"1\",'3','Pen, blue'", "'1','Pen','3','4'", "1,12,50,", "1,x,2,"] {
            assert_eq!(look(record, 3), PatternName::UnquotedDelimiter, "{record}");
        }
    }

    #[test]
    fn other_delimiters_and_comments_are_recognised() {
        // Decimal commas give the record a second field.
        for record in ["1;2;3", "1;a;12,50", "1;a;b;c", "\"1;2\";a;3", "#1;2;3"] {
            assert_eq!(look(record, 3), PatternName::OtherDelimiter, "{record}");
        }
        let columns = NeededColumns::Purchases(PurchaseColumns { count: 2, key: 0, amount: 1 });
        let piped = look_with("1|2.50", columns, 2, Dialect::RFC_4180);
        assert_eq!(piped.delimiter, Some(b'|'));
        let columns = NeededColumns::Purchases(PurchaseColumns { count: 3, key: 0, amount: 1 });
        let piped = look_with("1|12.50|a;b;c", columns, 3, Dialect::RFC_4180);
        assert_eq!(piped.delimiter, Some(b'|'), "with semicolons there is no amount");
        assert_eq!(look("# page 2", 3), PatternName::Comment);
        assert_eq!(look("#1002", 3), PatternName::IncompleteRecord);
        assert_eq!(look("#1002,1", 3), PatternName::MissingFields);
        let comment = Dialect { comment: Some(b'%'), ..Dialect::RFC_4180 };
        assert_eq!(look_with("# page 2", columns, 2, comment).pattern, PatternName::IncompleteRecord);
    }

    #[test]
    fn fields_are_added_only_to_records_that_the_join_can_use() {
        for (record, pattern) in [
            ("1,2", PatternName::MissingFields),
            ("1,\"2.50\",x", PatternName::MissingFields),
            // Parts of `1,2,"line\nbreak",4` without the quotes, and others.
            ("break,four", PatternName::IncompleteRecord),
            ("break,", PatternName::IncompleteRecord),
            ("total", PatternName::IncompleteRecord),
            // A decimal comma.
            ("1,12,50", PatternName::IncompleteRecord),
        ] {
            assert_eq!(look(record, 4), pattern, "{record}");
        }
        let columns = CustomerColumns { count: 5, key: 0, first_name: 1, last_name: 2, age: 3 };
        for (record, pattern) in [
            ("1,Ada,Byron", PatternName::MissingFields),
            ("1,Ada,Byron,36", PatternName::MissingFields),
            ("1,Ada", PatternName::IncompleteRecord),
            ("Street,36,x,y", PatternName::IncompleteRecord),
        ] {
            let look = look_with(record, NeededColumns::Customers(columns), 5, Dialect::RFC_4180);
            assert_eq!(look.pattern, pattern, "{record}");
        }
    }
}
