use super::*;
use crate::input::cursor::RecordCursor;
use crate::input::record_end::cut;
use proptest::prelude::*;

/// A record as the contract's automaton sees it, one byte at a time.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    start: usize,
    raw: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    after_quote: bool,
    bare_cr: bool,
    open: bool,
}

fn naive(bytes: &[u8], dialect: Dialect) -> Vec<Seen> {
    let mut records = vec![];
    let mut place = 0;
    while place < bytes.len() {
        let mut seen = Seen { start: place, ..Seen::default() };
        'record: loop {
            let (mut raw, mut value) = (vec![], vec![]);
            let mut unquoted = true;
            let mut malformed = false;
            if place < bytes.len() && Some(bytes[place]) == dialect.quote {
                unquoted = false;
                raw.push(bytes[place]);
                place += 1;
                loop {
                    if place == bytes.len() {
                        seen.open = true;
                        break;
                    }
                    let byte = bytes[place];
                    raw.push(byte);
                    place += 1;
                    if Some(byte) != dialect.quote {
                        value.push(byte);
                    } else if place < bytes.len() && Some(bytes[place]) == dialect.quote {
                        raw.push(byte);
                        value.push(byte);
                        place += 1;
                    } else {
                        break;
                    }
                }
            }
            loop {
                let end = place == bytes.len();
                let lf = bytes[place..].starts_with(b"\n");
                let crlf = bytes[place..].starts_with(b"\r\n");
                if end || lf || crlf || bytes[place] == dialect.delimiter {
                    let delimiter = !(end || lf || crlf);
                    place += if end { 0 } else { 1 + usize::from(crlf) };
                    seen.raw.extend_from_slice(&raw);
                    seen.fields.push((raw.clone(), if unquoted || malformed { raw } else { value }));
                    if delimiter {
                        seen.raw.push(dialect.delimiter);
                        continue 'record;
                    }
                    break 'record;
                }
                if !unquoted {
                    seen.after_quote = true;
                    malformed = true;
                }
                seen.bare_cr |= bytes[place] == b'\r';
                raw.push(bytes[place]);
                place += 1;
            }
        }
        records.push(seen);
    }
    records
}

/// All records of one chunk, each read from its marks and from its bytes.
fn marked(bytes: &[u8], base: usize, dialect: Dialect) -> Vec<Seen> {
    let mut marks = StructuralIndex::default();
    marks.find(bytes, dialect);
    let (mut cursor, mut fields, mut exact_fields, mut records) = (RecordCursor::default(), vec![], vec![], vec![]);
    while let Some(record) = cursor.parse_next(bytes, &marks, dialect, &mut fields) {
        let exact = parse_record(bytes, record.start as usize, dialect, &mut exact_fields);
        assert_eq!((record, &fields), (exact, &exact_fields));
        let seen = Seen {
            start: base + record.start as usize,
            raw: bytes[record.start as usize..record.end as usize].to_vec(),
            fields: match record.open_quote {
                Some(_) => vec![],
                None => fields.iter().map(|f| (f.raw(bytes).to_vec(), f.value(bytes, dialect).to_vec())).collect(),
            },
            after_quote: record.flaws.after_quote.is_some(),
            bare_cr: record.flaws.bare_cr.is_some(),
            open: record.open_quote.is_some(),
        };
        assert_eq!(record.is_blank(), seen.raw.is_empty());
        for field in fields.iter().filter(|_| !seen.open) {
            assert_eq!(field.is_empty(), field.value(bytes, dialect).is_empty());
        }
        records.push(seen);
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn marks_and_bytes_agree_at_every_chunk_size(
        text in "[ab,\"\r\n]{0,80}|((a|\"b\"|\"\"\"\"|\"\r\n\"|\"x\"y|\"x\"y\"|5\" n|5\"\"|\r|),(b|\"c,\"|)(\r\n|\n)){0,12}",
        quoting in any::<bool>(),
        want in 1usize..100,
    ) {
        let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"') };
        let bytes = text.as_bytes();
        let mut expected = naive(bytes, dialect);
        for seen in expected.iter_mut().filter(|seen| seen.open) {
            seen.fields.clear();
        }
        let mut found = vec![];
        let mut base = 0;
        while base < bytes.len() {
            let len = cut(&bytes[base..], want, dialect).unwrap_or(bytes.len() - base);
            found.extend(marked(&bytes[base..base + len], base, dialect));
            base += len;
        }
        prop_assert_eq!(found, expected);
    }
}
