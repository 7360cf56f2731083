//! The fast path against the exact one, and what an entry holds.

use super::*;
use crate::customers::entry::Entry;
use crate::input::record_end::cut;
use crate::purchases::row_suffix::RowSuffixes;
use proptest::prelude::*;

const DIALECT: Dialect = Dialect { delimiter: b',', quote: Some(b'"') };

/// Fields told apart in other ways, some by the blank that stands between two names.
const DIALECTS: [Dialect; 5] = [
    DIALECT,
    Dialect { delimiter: b',', quote: None },
    Dialect { delimiter: b' ', quote: Some(b'"') },
    Dialect { delimiter: b' ', quote: None },
    Dialect { delimiter: b',', quote: Some(b' ') },
];

/// Where the needed columns stand: spread, in another order, and two of them in one place.
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
    ];
    let ending = prop_oneof![6 => Just("\n"), 2 => Just("\r\n"), 1 => Just("\n\n")];
    let fields = prop_oneof![6 => 5usize..6, 2 => 3usize..4, 2 => 1usize..2, 1 => 0usize..7];
    let record = (fields, prop::collection::vec(field, 7), ending)
        .prop_map(|(count, fields, end)| fields[..count].join(",") + end);
    prop::collection::vec(record, 0..40).prop_map(|records| records.concat())
}

/// The customers of a chunk, and of each entry its key and its tail: the two ways may put the full name elsewhere.
fn told(loaded: &CustomerBatch, tails: &RowSuffixes) -> Vec<(NewCustomer, Vec<u8>, Vec<u8>)> {
    let each = |new: &NewCustomer| {
        let entry = Entry::read(&loaded.entries[new.entry as usize..]);
        let mut tail = Vec::new();
        tails.write(&entry, usize::from(new.group), &mut tail);
        (NewCustomer { entry: 0, ..*new }, entry.key().to_vec(), tail)
    };
    loaded.customers.iter().map(each).collect()
}

/// The oracle: every record takes the slow path.
fn parse_slowly(parser: &CustomerParser<'_>, bytes: &[u8], scratch: &mut ParseScratch, out: &mut CustomerBatch) {
    parser.start(bytes, scratch, out);
    let ParseScratch { index, fields, name } = scratch;
    let mut cursor = RecordCursor::default();
    while parser.slow_record(bytes, &mut cursor, index, fields, name, out) {}
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn the_fast_path_agrees_with_the_exact_one(
        text in records(),
        dialect in prop::sample::select(&DIALECTS[..]),
        columns in prop::sample::select(&COLUMNS[..]),
        max_record in prop_oneof![Just(1000usize), 5usize..30],
        tails in any::<bool>(),
        chopped in 0usize..4,
        want in prop_oneof![1usize..80, Just(1 << 20)],
    ) {
        let text = if dialect.delimiter == b' ' { text.replace(',', " ") } else { text };
        let bytes = &text.as_bytes()[..text.len() - chopped.min(text.len())];
        let groups = AgeGroups::default();
        let mut fast = CustomerParser::new(dialect, columns, &groups, RandomState::new(), max_record);
        fast.tails = tails;
        let mut exact = CustomerParser::new(dialect, columns, &groups, fast.hasher.clone(), max_record);
        exact.tails = tails;
        let tails_of = RowSuffixes::new(dialect, &groups);
        let mut scratch = ParseScratch::default();
        let (mut found, mut expected) = (CustomerBatch::default(), CustomerBatch::default());
        let mut rest = bytes;
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(cut(rest, want, dialect).unwrap_or(rest.len()));
            rest = after;
            fast.parse(chunk, &mut scratch, &mut found);
            parse_slowly(&exact, chunk, &mut scratch, &mut expected);
            prop_assert_eq!(told(&found, &tails_of), told(&expected, &tails_of));
            let counts = |loaded: &CustomerBatch| (loaded.fatal, loaded.records, loaded.blank_lines, loaded.lines);
            prop_assert_eq!((counts(&found), &found.rejects), (counts(&expected), &expected.rejects));
            let ends = found.customers.iter().skip(1).map(|next| next.entry).chain([found.entries.len() as u32]);
            for (new, end) in found.customers.iter().zip(ends) {
                let entry = Entry::read(&found.entries[new.entry as usize..end as usize]);
                prop_assert_eq!(Key::new(&dialect.value(entry.key()), &fast.hasher), new.key);
                prop_assert_eq!((entry.line(), dialect.value(entry.key()).is_empty()), (new.line, !new.has_key()));
                if let (true, Some(entry)) = (new.has_key(), Entry::read_short(entry.bytes)) {
                    let (start, len) = entry.key_value(dialect.quote);
                    prop_assert_eq!(&entry.bytes[start..start + len], &*dialect.value(entry.key()));
                }
                prop_assert_eq!(entry.shape.fields_len > 0, tails && columns.count > 1);
            }
        }
    }
}

/// What rows end with, spelled out.
#[test]
fn a_tail_is_what_follows_the_purchase() {
    let groups = AgeGroups::default();
    let loader = CustomerParser::new(DIALECT, COLUMNS[1], &groups, RandomState::new(), 1000);
    let mut loaded = CustomerBatch::default();
    loader.parse(b"33,Lee,x,Ann,7\n,\"O,K\",,Bo,8\r\n150.5,,y,,9\n", &mut ParseScratch::default(), &mut loaded);
    let told = told(&loaded, &RowSuffixes::new(DIALECT, &groups));
    let tails: Vec<&[u8]> = told.iter().map(|(_, _, tail)| tail.as_slice()).collect();
    let expected: [&[u8]; 3] =
        [b",33,Lee,x,Ann,Ann Lee,Middle-aged\n", b",,\"O,K\",,Bo,\"Bo O,K\",Unknown\n", b",150.5,,y,,,Unknown\n"];
    assert_eq!(tails, expected);
    let ages: Vec<AgeStatus> = loaded.customers.iter().map(|new| new.age).collect();
    assert_eq!(ages, [AgeStatus::Valid, AgeStatus::Missing, AgeStatus::Invalid]);
}
