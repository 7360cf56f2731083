//! Compares the three ways to write a suffix, and tests suffixes of parsed customers.

use super::*;
use crate::customers::batch::CustomerBatch;
use crate::customers::parse::{CustomerParser, ParseScratch};
use crate::model::columns::CustomerColumns;
use crate::model::mode::Mode;
use crate::model::sides::Sides;
use ahash::RandomState;
use proptest::prelude::*;

/// An entry of these pieces. `name` is the position of the full name in the fields; without it, `written` is appended.
fn entry(key: &str, fields: &str, name: Option<(usize, usize, usize)>, written: &str, slack: usize) -> Vec<u8> {
    let (start, len, space_at) = name.unwrap_or((fields.len(), written.len(), 0));
    let [key_len, fields_len, name_start, name_len, space_at] =
        [key.len(), fields.len(), start, len, space_at].map(|number| number as u32);
    let mut bytes = Vec::new();
    Shape { key_len, fields_len, name_start, name_len, space_at }.write(1, false, &mut bytes);
    for piece in [key, fields, written] {
        bytes.extend_from_slice(piece.as_bytes());
    }
    bytes.resize(bytes.len() + slack, b'#');
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn fast_path_buffer_and_vector_agree(
        purchase in "[a-z,]{0,90}",
        key in "[0-9]{1,12}|[0-9]{60,70}",
        fields in prop_oneof![8 => "(,[a-z]{0,12}){2,6}", 1 => "(,[a-z]{0,90}){1,4}"],
        name in prop_oneof![3 => any::<(prop::sample::Index, prop::sample::Index, prop::sample::Index)>().prop_map(Some), 1 => Just(None)],
        written in "[a-z ]{0,70}",
        group in 0usize..5,
        slack in prop_oneof![Just(0usize), Just(READ_SLACK)],
        max_size in prop_oneof![4 => Just(1usize << 20), 1 => 0usize..900],
    ) {
        let name = name.map(|(start, len, blank)| {
            let start = start.index(fields.len());
            let len = len.index(fields.len() - start + 1);
            (start, len, if len > 2 { blank.index(len - 1) } else { 0 })
        });
        let written = if name.is_some() { String::new() } else { written };
        let bytes = entry(&key, &fields, name, &written, slack);
        let entry = Entry::read(&bytes);
        let suffixes = RowSuffixes::new(Dialect::default(), &AgeGroups::default());
        let (mut expected, purchase) = (purchase.clone().into_bytes(), [purchase.as_bytes(), &[b'#'; 64]].concat());
        let len = expected.len();
        suffixes.write(&entry, group, &mut expected);
        prop_assert_eq!(expected.len() - len, suffixes.len(&entry, group));
        let mut rows = RowBuffer::new(1 << 20);
        prop_assert!(rows.reserve(expected.len()));
        rows.push(&purchase, 0, len);
        suffixes.push(&entry, group, &mut rows);
        prop_assert_eq!(rows.bytes(), &expected);
        let mut rows = RowBuffer::new(max_size);
        if suffixes.push_short_row(&purchase, len, &entry, group, &mut rows) {
            prop_assert_eq!(rows.bytes(), &expected);
        } else {
            let Shape { name_start, name_len, .. } = entry.shape;
            let long = len.max(fields.len()).max(key.len()).max(name_len as usize) > SHORT || name_start >= 128;
            prop_assert!(rows.bytes().is_empty() && (long || slack == 0 || max_size < SHORT_ROW));
        }
    }
}

#[test]
fn a_suffix_has_the_fields_the_full_name_and_the_group() {
    let groups = AgeGroups::default();
    let columns = CustomerColumns { count: 5, key: 4, first_name: 3, last_name: 1, age: 0 };
    let hasher = RandomState::new();
    let parser = CustomerParser::new(Sides::both(Dialect::default()), columns, &groups, hasher, 1000, Mode::Rows);
    let mut batch = CustomerBatch::default();
    parser.parse(b"33,Lee,x,Ann,7\n,\"O,K\",,Bo,8\r\n150.5,,y,,9\n", None, &mut ParseScratch::default(), &mut batch);
    let suffixes = RowSuffixes::new(Dialect::default(), &groups);
    let found: Vec<Vec<u8>> = batch
        .customers
        .iter()
        .map(|new| {
            let mut suffix = Vec::new();
            let entry = Entry::read(&batch.entries[new.entry as usize..]);
            suffixes.write(&entry, usize::from(new.group), &mut suffix);
            suffix
        })
        .collect();
    let expected: [&[u8]; 3] =
        [b",33,Lee,x,Ann,Ann Lee,Middle-aged\n", b",,\"O,K\",,Bo,\"Bo O,K\",Unknown\n", b",150.5,,y,,,Unknown\n"];
    assert_eq!(found, expected);
}
