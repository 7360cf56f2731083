use super::*;
use crate::input::cursor::RecordCursor;
use crate::input::record_end::cut;
use proptest::prelude::*;

/// A record as the oracle parses it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parsed {
    start: usize,
    raw: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    after_quote: bool,
    bare_cr: bool,
    last_escape: bool,
    open: bool,
}

/// The oracle: the automaton of the contract, one byte at a time.
fn naive(bytes: &[u8], dialect: Dialect) -> Vec<Parsed> {
    let mut records = vec![];
    let mut at = 0;
    while at < bytes.len() {
        let mut parsed = Parsed { start: at, ..Parsed::default() };
        if Some(bytes[at]) == dialect.comment {
            let line = &bytes[at..at + bytes[at..].iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len() - at)];
            let raw = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
            at = (at + line.len() + 1).min(bytes.len());
            parsed.fields.push((raw.clone(), raw.clone()));
            parsed.raw = raw;
            records.push(parsed);
            continue;
        }
        'record: loop {
            let (mut raw, mut value) = (vec![], vec![]);
            while dialect.skip_initial_space && at < bytes.len() && bytes[at] == b' ' {
                raw.push(b' ');
                at += 1;
            }
            let blanks = raw.len();
            let mut unquoted = true;
            let mut malformed = false;
            if at < bytes.len() && Some(bytes[at]) == dialect.quote {
                unquoted = false;
                raw.push(bytes[at]);
                at += 1;
                loop {
                    if at == bytes.len() {
                        parsed.open = true;
                        break;
                    }
                    let byte = bytes[at];
                    raw.push(byte);
                    at += 1;
                    if Some(byte) == dialect.escape && at < bytes.len() {
                        raw.push(bytes[at]);
                        value.push(bytes[at]);
                        at += 1;
                    } else if Some(byte) != dialect.quote {
                        value.push(byte);
                    } else if at < bytes.len() && Some(bytes[at]) == dialect.quote {
                        raw.push(byte);
                        value.push(byte);
                        at += 1;
                    } else {
                        break;
                    }
                }
            }
            let mut decoded = vec![];
            loop {
                let end = at == bytes.len();
                let lf = bytes[at..].starts_with(b"\n");
                let crlf = bytes[at..].starts_with(b"\r\n");
                if end || lf || crlf || bytes[at] == dialect.delimiter {
                    let delimiter = !(end || lf || crlf);
                    at += if end { 0 } else { 1 + usize::from(crlf) };
                    parsed.raw.extend_from_slice(&raw);
                    let is_null = dialect.escape.is_some_and(|escape| raw[blanks..] == [escape, b'N']);
                    parsed.fields.push(match (unquoted, malformed) {
                        (true, _) if !is_null => (raw, decoded),
                        (false, false) => (raw, value),
                        _ => (raw.clone(), raw[blanks..].to_vec()),
                    });
                    if delimiter {
                        parsed.raw.push(dialect.delimiter);
                        continue 'record;
                    }
                    break 'record;
                }
                if !unquoted {
                    parsed.after_quote = true;
                    malformed = true;
                }
                parsed.bare_cr |= bytes[at] == b'\r';
                if Some(bytes[at]) == dialect.escape {
                    match bytes.get(at + 1) {
                        None => parsed.last_escape = true,
                        Some(_) => {
                            raw.push(bytes[at]);
                            at += 1;
                        }
                    }
                }
                raw.push(bytes[at]);
                decoded.push(bytes[at]);
                at += 1;
            }
        }
        records.push(parsed);
    }
    records
}

/// Parses all records of a chunk, each with the index and without it.
fn parse_both_ways(bytes: &[u8], base: usize, dialect: Dialect) -> Vec<Parsed> {
    let mut index = StructuralIndex::default();
    index.find(bytes, dialect);
    let (mut cursor, mut fields, mut exact_fields, mut records) = (RecordCursor::default(), vec![], vec![], vec![]);
    while let Some(record) = cursor.parse_next(bytes, &index, dialect, &mut fields) {
        let exact = parse_record(bytes, record.start as usize, dialect, &mut exact_fields);
        assert_eq!((record, &fields), (exact, &exact_fields));
        let parsed = Parsed {
            start: base + record.start as usize,
            raw: bytes[record.start as usize..record.end as usize].to_vec(),
            fields: match record.open_quote {
                Some(_) => vec![],
                None => fields.iter().map(|f| (f.raw(bytes).to_vec(), f.value(bytes, dialect).to_vec())).collect(),
            },
            after_quote: record.flaws.after_quote.is_some(),
            bare_cr: record.flaws.bare_cr.is_some(),
            last_escape: record.flaws.last_escape.is_some(),
            open: record.open_quote.is_some(),
        };
        assert_eq!(record.is_blank(), parsed.raw.is_empty());
        for field in fields.iter().filter(|_| !parsed.open) {
            assert_eq!(field.is_empty(), field.value(bytes, dialect).is_empty());
        }
        records.push(parsed);
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn both_parsers_agree_with_the_oracle_at_every_chunk_size(
        text in "[ab,\"\\\\N\r\n# ]{0,80}|((a|\\\\N|\\\\,|\\\\\n|\"\\\\\"b\"|\"\\\\\"|\"b\"|# \"|  \"b\"| |\"\"\"\"|\"\r\n\"|\"x\"y|\"x\"y\"|5\" n|5\"\"|\r|),(b|\"c,\"|)(\r\n|\n)){0,12}",
        quoting in any::<bool>(),
        escapes in any::<bool>(),
        comments in any::<bool>(),
        skip_initial_space in any::<bool>(),
        want in 1usize..100,
    ) {
        let (quote, escape) = (quoting.then_some(b'"'), escapes.then_some(b'\\'));
        let comment = comments.then_some(b'#');
        let dialect = Dialect { delimiter: b',', quote, escape, comment, skip_initial_space };
        let bytes = text.as_bytes();
        let mut expected = naive(bytes, dialect);
        for parsed in expected.iter_mut().filter(|parsed| parsed.open) {
            parsed.fields.clear();
        }
        let mut found = vec![];
        let mut base = 0;
        while base < bytes.len() {
            let len = cut(&bytes[base..], want, dialect).unwrap_or(bytes.len() - base);
            found.extend(parse_both_ways(&bytes[base..base + len], base, dialect));
            base += len;
        }
        prop_assert_eq!(found, expected);
    }
}
