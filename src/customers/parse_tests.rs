//! Compares the fast path with the slow path, and tests the content of entries.

use super::*;
use crate::customers::batch::{AgeStatus, ParsedCustomer};
use crate::customers::entry::Entry;
use crate::customers::entry_pieces::fields_and_name;
use crate::input::record_end::cut;
use crate::model::reject::DetailedReason;
use proptest::prelude::*;

const DIALECT: Dialect = Dialect { delimiter: b',', quote: Some(b'"'), ..Dialect::RFC_4180 };

/// Dialects, some of which use the space that separates first and last name.
const DIALECTS: [Dialect; 5] = [
    DIALECT,
    Dialect { delimiter: b',', quote: None, ..Dialect::RFC_4180 },
    Dialect { delimiter: b' ', quote: Some(b'"'), ..Dialect::RFC_4180 },
    Dialect { delimiter: b' ', quote: None, ..Dialect::RFC_4180 },
    Dialect { delimiter: b',', quote: Some(b' '), ..Dialect::RFC_4180 },
];

/// Column layouts: names apart or in another order, and columns with several roles.
const COLUMNS: [CustomerColumns; 4] = [
    CustomerColumns { count: 5, key: 0, first_name: 1, last_name: 2, age: 4 },
    CustomerColumns { count: 5, key: 4, first_name: 3, last_name: 1, age: 0 },
    CustomerColumns { count: 3, key: 1, first_name: 0, last_name: 0, age: 2 },
    CustomerColumns { count: 1, key: 0, first_name: 0, last_name: 0, age: 0 },
];

fn records() -> impl Strategy<Value = String> {
    let field = prop_oneof![
        6 => "[a-z0-9]{0,10}",
        2 => "[0-9]{1,3}",
        1 => Just("34.50".to_owned()),
        1 => Just(String::new()),
        2 => "\"[a-z,\r\n]{0,5}\"",
        1 => "\"[0-9]{0,3}\"",
        1 => Just("\"\"".to_owned()),
        1 => Just("\"a\"\"b\"".to_owned()),
        1 => Just("5\" n".to_owned()),
        1 => "[a\"\r ]{0,4}",
        1 => "[a,\"\\\\N]{0,5}",
    ];
    let ending = prop_oneof![6 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\n\n")];
    let fields = prop_oneof![6 => 5usize..6, 2 => 3usize..4, 2 => 1usize..2, 1 => 0usize..7];
    let record = (fields, prop::collection::vec(field, 7), ending)
        .prop_map(|(count, fields, end)| fields[..count].join(",") + end);
    prop::collection::vec(record, 0..40).prop_map(|records| records.concat())
}

/// A customer, the key of its entry, and its fields and full name.
type Parsed = (ParsedCustomer, Vec<u8>, (Vec<u8>, Vec<u8>));

/// The customers of a batch, whatever the place of the full name: the two paths may store it in different places.
fn parsed(batch: &CustomerBatch) -> Vec<Parsed> {
    let each = |new: &ParsedCustomer| {
        let entry = Entry::read(&batch.entries[new.entry as usize..]);
        (ParsedCustomer { entry: 0, ..*new }, entry.key().to_vec(), fields_and_name(&entry))
    };
    batch.customers.iter().map(each).collect()
}

/// The oracle: every record takes the slow path.
fn parse_slowly(parser: &CustomerParser<'_>, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
    parser.start(bytes, scratch, out);
    let mut cursor = RecordCursor::default();
    while parser.slow_record(bytes, None, &mut cursor, scratch, out) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_fast_path_agrees_with_the_slow_path(
        text in records(),
        dialect in prop::sample::select(&DIALECTS[..]),
        columns in prop::sample::select(&COLUMNS[..]),
        max_record in prop_oneof![Just(1000usize), 5usize..30],
        mode in prop::sample::select(&[Mode::Rows, Mode::TotalsOnly]),
        chopped in 0usize..4,
        want in prop_oneof![1usize..80, Just(1 << 20)],
    ) {
        let text = if dialect.delimiter == b' ' { text.replace(',', " ") } else { text };
        let bytes = &text.as_bytes()[..text.len() - chopped.min(text.len())];
        let groups = AgeGroups::default();
        let parser = CustomerParser::new(Sides::both(dialect), columns, &groups, RandomState::new(), max_record, mode);
        let mut scratch = ParseScratch::default();
        let (mut fast, mut slow) = (CustomerBatch::default(), CustomerBatch::default());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(cut(rest, want, dialect).unwrap_or(rest.len()));
            rest = after;
            parser.parse(chunk, None, &mut scratch, &mut fast);
            parse_slowly(&parser, chunk, &mut scratch, &mut slow);
            prop_assert_eq!(parsed(&fast), parsed(&slow));
            let counts = |batch: &CustomerBatch| (batch.fatal, batch.records, batch.blank_lines, batch.lines);
            prop_assert_eq!((counts(&fast), &fast.rejects), (counts(&slow), &slow.rejects));
            let ends = fast.customers.iter().skip(1).map(|next| next.entry).chain([fast.entries.len() as u32]);
            for (new, end) in fast.customers.iter().zip(ends) {
                let entry = Entry::read(&fast.entries[new.entry as usize..end as usize]);
                prop_assert_eq!(Key::new(&dialect.value(entry.key()), &parser.maker.hasher), new.key);
                prop_assert_eq!((entry.line(), dialect.value(entry.key()).is_empty()), (new.line, !new.has_key()));
                if let (true, Some(entry)) = (new.has_key(), Entry::read_short(entry.bytes)) {
                    let (start, len) = entry.key_value(dialect.quote);
                    prop_assert_eq!(&entry.bytes[start..start + len], &*dialect.value(entry.key()));
                }
                prop_assert_eq!(entry.shape.fields_len > 0, mode == Mode::Rows && columns.count > 1);
            }
        }
    }
}

/// The values of the fields of an entry without its key, and of the full name.
fn values(entry: &Entry<'_>, dialect: Dialect) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (fields, name) = fields_and_name(entry);
    let mut rest = &fields[..];
    let mut values = vec![];
    while !rest.is_empty() {
        // The delimiter before the field.
        rest = &rest[1..];
        let field = dialect.first_field(rest);
        values.push(dialect.value(field).into_owned());
        rest = &rest[field.len()..];
    }
    (values, dialect.value(&name).into_owned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Entries in another dialect have the same values as those in the dialect of the file. Only values that cannot be
    /// written are rejected.
    #[test]
    fn entries_in_another_dialect_have_the_same_values(
        text in records(),
        dialect in prop::sample::select(&[
            DIALECT,
            Dialect { escape: Some(b'\\'), ..DIALECT },
            Dialect { escape: Some(b'\\'), quote: None, ..DIALECT },
            Dialect { escape: Some(b'\\'), skip_initial_space: true, ..DIALECT },
        ][..]),
        entry_dialect in prop::sample::select(&[
            Dialect { delimiter: b';', quote: Some(b'"'), ..Dialect::RFC_4180 },
            Dialect { delimiter: b',', quote: Some(b'\''), ..Dialect::RFC_4180 },
            Dialect { delimiter: b'a', quote: Some(b'b'), ..Dialect::RFC_4180 },
            Dialect { delimiter: b'a', quote: None, ..Dialect::RFC_4180 },
            Dialect { delimiter: b';', escape: Some(b'\\'), ..Dialect::RFC_4180 },
            Dialect { delimiter: b'a', escape: Some(b'\\'), quote: None, ..Dialect::RFC_4180 },
            Dialect { escape: Some(b'a'), quote: None, skip_initial_space: true, ..Dialect::RFC_4180 },
        ][..]),
        columns in prop::sample::select(&COLUMNS[..]),
        mode in prop::sample::select(&[Mode::Rows, Mode::TotalsOnly]),
    ) {
        let (groups, hasher) = (AgeGroups::default(), RandomState::new());
        let parser = |entries| {
            let dialects = Sides { customers: dialect, purchases: entries };
            CustomerParser::new(dialects, columns, &groups, hasher.clone(), 1000, mode)
        };
        let mut scratch = ParseScratch::default();
        let (mut own, mut other) = (CustomerBatch::default(), CustomerBatch::default());
        parser(dialect).parse(text.as_bytes(), None, &mut scratch, &mut own);
        parser(entry_dialect).parse(text.as_bytes(), None, &mut scratch, &mut other);
        prop_assert_eq!((own.fatal, own.records, own.lines), (other.fatal, other.records, other.lines));
        let mut written = other.customers.iter();
        for new in &own.customers {
            let entry = Entry::read(&own.entries[new.entry as usize..]);
            let key = dialect.value(entry.key()).into_owned();
            let record = &text.as_bytes()[new.start as usize..new.end as usize];
            let fields = (0..columns.count).map(|column| dialect.value(dialect.field(record, column)).into_owned());
            let fields: Vec<Vec<u8>> = fields.collect();
            if fields.iter().any(|value| !entry_dialect.can_write(value)) {
                let reject = other.rejects.iter().find(|reject| reject.start == new.start).expect("a reject");
                prop_assert_eq!(reject.reason, DetailedReason::CannotBeWritten);
                continue;
            }
            let found = written.next().expect("a customer");
            prop_assert_eq!(ParsedCustomer { entry: 0, ..*found }, ParsedCustomer { entry: 0, ..*new });
            let entry_found = Entry::read(&other.entries[found.entry as usize..]);
            prop_assert_eq!(&*entry_dialect.value(entry_found.key()), &key[..]);
            if let Some(short) = Entry::read_short(entry_found.bytes) {
                let (start, len) = short.key_value(entry_dialect.quote);
                prop_assert_eq!(&short.bytes[start..start + len], &key[..]);
            }
            if mode == Mode::Rows {
                prop_assert_eq!(values(&entry_found, entry_dialect), values(&entry, dialect));
            }
        }
        prop_assert!(written.next().is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Records in another order or number give the customers that the same records, arranged beforehand, give.
    #[test]
    fn arranging_while_parsing_agrees_with_arranging_before(
        records in prop::collection::vec((prop::collection::vec(prop_oneof![
            4 => "[a-z0-9]{0,4}",
            1 => "[0-9]{1,3}",
            1 => "\"[a-z,\n]{0,5}\"",
            1 => Just("\"a\"\"b\"".to_owned()),
            1 => Just("\"\"".to_owned()),
        ], 1..8), any::<bool>()), 0..40),
        sources in prop_oneof![Just(vec![0usize, 1, 2, 3, 4]), Just(vec![0usize, 1, 2, 3, 4]).prop_shuffle()],
        ragged in prop::sample::select(&[Ragged::Reject, Ragged::Pad]),
        entry_dialect in prop::sample::select(&[DIALECT, Dialect { delimiter: b';', quote: Some(b'\''), ..DIALECT }]),
        columns in prop::sample::select(&COLUMNS[..2]),
        mode in prop::sample::select(&[Mode::Rows, Mode::TotalsOnly]),
    ) {
        let first: Vec<Vec<u8>> = (0..5).map(|column| vec![column]).collect();
        let place = |column: &usize| sources.iter().position(|source| source == column).expect("a permutation");
        let names: Vec<Vec<u8>> = (0..5).map(|column| vec![place(&column) as u8]).collect();
        let order = ColumnOrder::find(&first, &names).expect("the same columns");
        let is_empty = |field: &String| field.is_empty() || field == "\"\"";
        let (mut text, mut expected_text, mut changed) = (String::new(), String::new(), (0, 0));
        for (fields, empty_surplus) in records {
            let mut fields = fields;
            if empty_surplus {
                fields.iter_mut().skip(5).for_each(String::clear);
            }
            if fields.iter().all(|field| field.is_empty()) {
                fields[0] = "\"\"".to_owned();
            }
            text += &(fields.join(",") + "\n");
            let fits = fields.len() == 5 || ragged == Ragged::Pad && fields.iter().skip(5).all(is_empty);
            if fits && !fields.iter().all(is_empty) {
                changed = (changed.0 + u64::from(fields.len() < 5), changed.1 + u64::from(fields.len() > 5));
            }
            if fits {
                fields = sources.iter().map(|&source| fields.get(source).cloned().unwrap_or_default()).collect();
            }
            expected_text += &(fields.join(",") + "\n");
        }
        let (groups, hasher) = (AgeGroups::default(), RandomState::new());
        let parser = |ragged| {
            let dialects = Sides { customers: DIALECT, purchases: entry_dialect };
            CustomerParser::new(dialects, columns, &groups, hasher.clone(), 1000, mode).ragged(ragged)
        };
        let mut scratch = ParseScratch::default();
        let (mut found, mut expected) = (CustomerBatch::default(), CustomerBatch::default());
        parser(ragged).parse(text.as_bytes(), order.as_ref(), &mut scratch, &mut found);
        parser(Ragged::Reject).parse(expected_text.as_bytes(), None, &mut scratch, &mut expected);
        let without_places = |batch: &CustomerBatch| parsed(batch).into_iter().map(|(new, key, fields)| {
            (ParsedCustomer { start: 0, end: 0, key_start: 0, ..new }, key, fields)
        }).collect::<Vec<_>>();
        prop_assert_eq!(without_places(&found), without_places(&expected));
        let rejects = |batch: &CustomerBatch| batch.rejects.iter().map(|reject| (reject.line, reject.reason.kind())).collect::<Vec<_>>();
        prop_assert_eq!((found.records, rejects(&found)), (expected.records, rejects(&expected)));
        prop_assert_eq!((found.padded, found.trimmed), changed);
        let unescaped = |batch: &CustomerBatch| batch.customers.iter().map(|new| {
            Entry::read_short(&batch.entries[new.entry as usize..]).is_some()
        }).collect::<Vec<_>>();
        prop_assert_eq!(unescaped(&found), unescaped(&expected));
        // The places of the records are those of the text.
        for new in &found.customers {
            let (start, end) = (new.start as usize, new.end as usize);
            prop_assert_eq!(text[..start].matches('\n').count(), new.line as usize);
            prop_assert!(text[..start].is_empty() || text[..start].ends_with('\n'));
            prop_assert!(text[end..].starts_with('\n') && (start..=end).contains(&(new.key_start as usize)));
        }
    }
}

/// A short record may become many times as large. A batch of them is bounded, and the rest of the chunk follows.
#[test]
fn records_that_grow_are_parsed_in_batches() {
    let (groups, count) = (AgeGroups::default(), 100_000);
    let columns = CustomerColumns { count, key: 0, first_name: 1, last_name: 2, age: 3 };
    let hasher = RandomState::new();
    let parser = CustomerParser::new(Sides::both(DIALECT), columns, &groups, hasher.clone(), 1000, Mode::Rows);
    let parser = parser.ragged(Ragged::Pad);
    let text: String = (0..200).map(|key| format!("\n{key}\n")).collect();
    let (mut scratch, mut batch, mut keys) = (ParseScratch::default(), CustomerBatch::default(), vec![]);
    parser.parse(text.as_bytes(), None, &mut scratch, &mut batch);
    loop {
        assert!(batch.entries.len() < MAX_ENTRY_BYTES + 2 * count);
        for new in &batch.customers {
            let entry = Entry::read(&batch.entries[new.entry as usize..]);
            assert_eq!((entry.shape.fields_len as usize, new.line), (count - 1, 2 * keys.len() as u32 + 1));
            keys.push(new.key);
        }
        // The rest needs no more than the chunk and the batch.
        if !parser.parse_rest(text.as_bytes(), None, &mut ParseScratch::default(), &mut batch) {
            break;
        }
    }
    assert_eq!((batch.records, batch.blank_lines, batch.padded, batch.lines), (200, 200, 200, 400));
    assert_eq!(keys, (0..200).map(|key| Key::new(key.to_string().as_bytes(), &hasher)).collect::<Vec<_>>());
}

#[test]
fn ages_are_classified() {
    let groups = AgeGroups::default();
    let parser = CustomerParser::new(Sides::both(DIALECT), COLUMNS[1], &groups, RandomState::new(), 1000, Mode::Rows);
    let mut batch = CustomerBatch::default();
    parser.parse(b"33,Lee,x,Ann,7\n,\"O,K\",,Bo,8\r\n150.5,,y,,9\n", None, &mut ParseScratch::default(), &mut batch);
    let ages: Vec<AgeStatus> = batch.customers.iter().map(|new| new.age).collect();
    assert_eq!(ages, [AgeStatus::Valid, AgeStatus::Missing, AgeStatus::Invalid]);
}
