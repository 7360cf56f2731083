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
    if record.starts_with(b"#") && dialect.comment.is_none() {
        return PatternName::Comment.into();
    }
    if let Some(delimiter) = other_delimiter(record, dialect, expected, found) {
        return RejectLook { pattern: PatternName::OtherDelimiter, delimiter: Some(delimiter) };
    }
    if found < expected {
        return match has_needed_fields(record, dialect, columns, found) {
            true => PatternName::MissingFields.into(),
            false => PatternName::IncompleteRecord.into(),
        };
    }
    let (mut single, mut surplus) = (false, false);
    for (number, raw) in fields(record, dialect).enumerate() {
        single |= raw.starts_with(b"'");
        surplus |= number >= expected as usize && !dialect.value(raw).is_empty();
    }
    let pattern = match (surplus, single && dialect.quote != Some(b'\'')) {
        (true, true) => PatternName::SingleQuotes,
        (true, false) => PatternName::UnquotedDelimiter,
        (false, _) => PatternName::SurplusEmptyFields,
    };
    pattern.into()
}

/// Another delimiter that gives a record the right number of fields. For a record of one field, more are accepted: one
/// of its values may contain that delimiter.
fn other_delimiter(record: &[u8], dialect: Dialect, expected: u32, found: u32) -> Option<u8> {
    let special = [Some(dialect.delimiter), dialect.quote, dialect.escape, dialect.comment];
    let others = CANDIDATES.iter().map(|candidate| candidate.byte).filter(|byte| !special.contains(&Some(*byte)));
    let expected = expected as usize;
    others.into_iter().find(|&delimiter| {
        let number = fields(record, Dialect { delimiter, ..dialect }).count();
        number == expected || (found == 1 && number > expected)
    })
}

/// Whether a record with too few fields has those that the join needs, so that it is valid once empty fields are added.
/// Otherwise it may be part of a record with a line break. The age of a customer may be missing.
fn has_needed_fields(record: &[u8], dialect: Dialect, columns: NeededColumns, found: u32) -> bool {
    let is_found = |columns: &[usize]| columns.iter().all(|&column| column < found as usize);
    let number = |column| amount::parse(&dialect.value(dialect.field(record, column)));
    match columns {
        NeededColumns::Customers(columns) => {
            is_found(&[columns.key, columns.first_name, columns.last_name])
                && matches!(number(columns.age), Amount::Exact { .. } | Amount::Missing)
        }
        NeededColumns::Purchases(columns) => {
            is_found(&[columns.key, columns.amount]) && matches!(number(columns.amount), Amount::Exact { .. })
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
        assert_eq!(look("'1','Pen, blue','3'", 3), PatternName::SingleQuotes);
    }

    #[test]
    fn other_delimiters_and_comments_are_recognised() {
        // Decimal commas give the record a second field.
        for record in ["1;2;3", "1;a;12,50", "1;a;b;c", "\"1;2\";a;3"] {
            assert_eq!(look(record, 3), PatternName::OtherDelimiter, "{record}");
        }
        let columns = NeededColumns::Purchases(PurchaseColumns { count: 2, key: 0, amount: 1 });
        let piped = look_with("1|2.50", columns, 2, Dialect::RFC_4180);
        assert_eq!(piped.delimiter, Some(b'|'));
        assert_eq!(look("# page 2", 3), PatternName::Comment);
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
