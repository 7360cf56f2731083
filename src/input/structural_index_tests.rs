//! The block-wise index agrees with a byte-wise oracle.

use super::*;
use crate::exec::cpu::{Portable, run_baseline};
use crate::input::cursor::RecordCursor;
use proptest::prelude::*;

/// The oracle: the automaton of the contract, one byte at a time.
fn naive(bytes: &[u8], dialect: Dialect) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        FieldStart,
        Unquoted,
        Escape,
        Quoted,
        AfterQuote,
        QuotedEscape,
    }
    let (mut positions, mut lines, mut quoted_lfs, mut slow_path) = (vec![u32::MAX], vec![], vec![], 0);
    let mut state = State::FieldStart;
    for (at, &byte) in bytes.iter().enumerate() {
        let quote = Some(byte) == dialect.quote;
        let crlf = byte == b'\r' && bytes.get(at + 1) == Some(&b'\n');
        let escape = Some(byte) == dialect.escape;
        state = match state {
            State::Quoted if quote => State::AfterQuote,
            State::Quoted if escape => State::QuotedEscape,
            State::Quoted | State::QuotedEscape | State::Escape => {
                if byte == b'\n' {
                    quoted_lfs.push(at as u32);
                }
                if state == State::Escape { State::Unquoted } else { State::Quoted }
            }
            State::AfterQuote if quote => {
                slow_path = SLOW_PATH;
                State::Quoted
            }
            State::FieldStart if quote => State::Quoted,
            _ if byte == b'\n' || byte == dialect.delimiter => {
                if byte == b'\n' {
                    lines.push(positions.len() as u32 | slow_path);
                    slow_path = 0;
                }
                positions.push(at as u32);
                State::FieldStart
            }
            _ if escape => State::Escape,
            _ => {
                if (state == State::AfterQuote || byte == b'\r') && !crlf {
                    slow_path = SLOW_PATH;
                }
                State::Unquoted
            }
        };
    }
    // An LF that is data does not end the last record.
    if !bytes.is_empty() && positions[positions.len() - 1].wrapping_add(1) as usize != bytes.len()
        || bytes.last().is_some_and(|&byte| byte != b'\n')
    {
        lines.push(positions.len() as u32 | SLOW_PATH);
        positions.push(bytes.len() as u32);
    }
    (positions, lines, quoted_lfs)
}

/// Compares an index with the oracle.
fn agree(index: &StructuralIndex, bytes: &[u8], dialect: Dialect) -> Result<(), TestCaseError> {
    let (positions, lines, quoted_lfs) = naive(bytes, dialect);
    let view = index.view();
    prop_assert_eq!((view.positions, view.lines, &index.quoted_lfs), (&positions[..], &lines[..], &quoted_lfs));
    prop_assert_eq!(view.cr, bytes.contains(&b'\r'));
    prop_assert_eq!(index.line_feeds(), bytes.iter().filter(|&&byte| byte == b'\n').count() as u64);
    prop_assert!(index.quote == dialect.quote.filter(|quote| bytes.contains(quote)));
    Ok(())
}

fn texts() -> impl Strategy<Value = String> {
    let field = "[ab]{0,9}|\"[ab]{0,30}\"|\"([ab,\n\r]|\"\"){0,90}\"|a\"b|5\" n|\"x\"y|a\"{1,70}|\"\"|\r";
    let regular = prop::collection::vec((field, ",|,|\n|\r\n"), 0..60);
    prop_oneof![
        "[a,\"\r\n]{0,300}",
        "[ab,\n]{0,300}",
        // Blocks that contain only structural bytes.
        "[,\n]{0,300}|(\n{60,200}|,{60,200}|a){0,4}",
        "([a-f]{0,9},[a-z]{3},\"?[0-9]{2}\"?\r?\n){0,30}",
        regular.prop_map(|fields| fields.iter().map(|(field, end)| format!("{field}{end}")).collect::<String>()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn the_index_agrees_with_the_oracle(text in texts(), dropped in 0usize..4, quoting in any::<bool>()) {
        let dialect = Dialect { delimiter: b',', quote: quoting.then_some(b'"'), ..Dialect::RFC_4180 };
        let bytes = &text.as_bytes()[..text.len() - dropped.min(text.len())];
        let mut index = StructuralIndex::default();
        index.find(bytes, dialect);
        agree(&index, bytes, dialect)?;
        IndexChunk { index: &mut index, bytes, dialect }.run(Portable);
        agree(&index, bytes, dialect)?;
        #[cfg(target_arch = "x86_64")]
        {
            run_baseline(IndexChunk { index: &mut index, bytes, dialect });
            agree(&index, bytes, dialect)?;
        }
    }

    /// The index of a dialect that is not plain has only the record ends.
    #[test]
    fn the_slow_index_has_the_record_ends_of_the_oracle(
        text in prop_oneof!["[a,\"\\\\\r\n]{0,100}", "(a|\\\\[,\"\r\n]|\"(\\\\[\"\n]|\n)\"|,|\n){0,50}"],
        quoting in any::<bool>(),
    ) {
        let dialect = Dialect { quote: quoting.then_some(b'"'), escape: Some(b'\\'), ..Dialect::RFC_4180 };
        let bytes = text.as_bytes();
        let mut index = StructuralIndex::default();
        index.find(bytes, dialect);
        let (positions, lines, quoted_lfs) = naive(bytes, dialect);
        let ends = lines.iter().map(|line| positions[(line & !SLOW_PATH) as usize]);
        let ends: Vec<u32> = [u32::MAX].into_iter().chain(ends).collect();
        prop_assert_eq!((index.view().positions, &index.quoted_lfs), (&ends[..], &quoted_lfs));
        prop_assert!(index.lines.iter().enumerate().all(|(line, entry)| *entry == (line as u32 + 1) | SLOW_PATH));
        prop_assert_eq!(index.line_feeds(), bytes.iter().filter(|&&byte| byte == b'\n').count() as u64);
    }

    #[test]
    fn the_line_of_a_record_counts_all_line_feeds_before_it(text in texts()) {
        let mut index = StructuralIndex::default();
        index.find(text.as_bytes(), Dialect::default());
        let mut cursor = RecordCursor::default();
        for line in 0..index.lines.len() {
            let start = index.positions[line.checked_sub(1).map_or(0, |line| (index.lines[line] & !SLOW_PATH) as usize)].wrapping_add(1);
            let expected = text.as_bytes()[..start as usize].iter().filter(|&&byte| byte == b'\n').count();
            prop_assert_eq!(cursor.line(index.view(), start) as usize, expected);
            cursor.advance(index.view());
        }
    }
}
